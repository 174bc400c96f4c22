/**
 * A voucher as a till reads it: a JSON Web Signature in compact form (RFC 7515) over JWT claims (RFC 7519), signed with
 * Ed25519 (RFC 8032, RFC 8037). Names are short because it has to fit a QR code.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
} from "node:crypto";
import { promisify } from "node:util";
import { z } from "zod";

/** Nothing else is ever accepted: what a token says about itself decides nothing. */
const algorithm = "EdDSA";
const tokenType = "voucher+jwt";

const claimsSchema = z.object({
  /** The project. */
  iss: z.string(),
  /** The voucher: its single-use number. */
  jti: z.string(),
  /** Seconds since 1970; `exp` not included. */
  nbf: z.int(),
  exp: z.int(),
  /** The promotion's key. */
  prm: z.string(),
  /** The customer it is for. */
  sub: z.string().optional(),
  code: z.string().optional(),
  /** Currency, and the most that may be taken off. */
  cur: z.string(),
  max: z.int(),
  /** Off the order, one of them: minor units, or percent. */
  amt: z.int().optional(),
  pct: z.number().optional(),
  /** How a percentage is rounded; `half_up` if left out. */
  rnd: z.enum(["half_even", "down"]).optional(),
  /** The least that the goods must be worth. */
  min: z.int().optional(),
});
export type Claims = z.output<typeof claimsSchema>;

const headerSchema = z.strictObject({
  alg: z.literal(algorithm),
  kid: z.string().min(1).max(100),
  typ: z.literal(tokenType),
});

export interface KeyPair {
  readonly id: string;
  /** 32 bytes each. */
  readonly publicKey: Buffer;
  readonly privateKey: Buffer;
}

export function newKeyPair(): KeyPair {
  const { x, d } = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
  return {
    id: keyIdOf(x!),
    publicKey: Buffer.from(x!, "base64url"),
    privateKey: Buffer.from(d!, "base64url"),
  };
}

/** The thumbprint of RFC 7638, cut to what tells keys of one project apart and still fits. */
function keyIdOf(x: string): string {
  const members = JSON.stringify({ crv: "Ed25519", kty: "OKP", x });
  return createHash("sha256").update(members).digest("base64url").slice(0, 11);
}

export function signVoucher(key: KeyPair, claims: Claims): string {
  const header = encode({ alg: algorithm, kid: key.id, typ: tokenType });
  const signed = `${header}.${encode(claims)}`;
  const jwk = {
    kty: "OKP",
    crv: "Ed25519",
    x: key.publicKey.toString("base64url"),
    d: key.privateKey.toString("base64url"),
  };
  const signature = sign(null, Buffer.from(signed), createPrivateKey({ key: jwk, format: "jwk" }));
  return `${signed}.${signature.toString("base64url")}`;
}

/** A token taken apart; nothing in it is proven yet. */
export interface UnprovenVoucher {
  readonly keyId: string;
  readonly claims: Claims;
  readonly signed: Buffer;
  readonly signature: Buffer;
}

export function readVoucher(token: string): UnprovenVoucher | null {
  const [header, payload, signature, ...rest] = token.split(".").map(decode);
  if (header == null || payload == null || signature == null || rest.length > 0) return null;
  const head = headerSchema.safeParse(parsed(header));
  const claims = claimsSchema.safeParse(parsed(payload));
  if (!head.success || !claims.success || signature.length !== 64) return null;
  return {
    keyId: head.data.kid,
    claims: claims.data,
    signed: Buffer.from(token.slice(0, token.lastIndexOf("."))),
    signature,
  };
}

const verifyInPool = promisify(verify);

/** Away from the event loop: a batch has hundreds. */
export function isSignedBy(publicKey: Buffer, { signed, signature }: UnprovenVoucher): Promise<boolean> {
  const jwk = { kty: "OKP", crv: "Ed25519", x: publicKey.toString("base64url") };
  return verifyInPool(null, signed, createPublicKey({ key: jwk, format: "jwk" }), signature);
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/** Null unless it is exactly what encoding gives: one voucher has one text. */
function decode(text: string): Buffer | null {
  const bytes = Buffer.from(text, "base64url");
  return bytes.toString("base64url") === text ? bytes : null;
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return null;
  }
}

import { describe, expect, test } from "vitest";
import {
  type Claims,
  isSignedBy,
  newKeyPair,
  readVoucher,
  signVoucher,
} from "../../../src/features/offline/voucher-token.ts";

const claims: Claims = {
  iss: "prj_1",
  jti: "vch_1",
  nbf: 1_790_000_000,
  exp: 1_790_086_400,
  prm: "ten-off",
  cur: "CNY",
  max: 1_000,
  amt: 1_000,
};

const base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

const isGood = async (publicKey: Buffer, token: string) => {
  const unproven = readVoucher(token);
  return unproven !== null && (await isSignedBy(publicKey, unproven));
};

test("the example of RFC 8037, A.4, is proven by its key, and by no other", async () => {
  const publicKey = Buffer.from("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "base64url");
  const signed = Buffer.from("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc");
  const signature = Buffer.from(
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
    "base64url",
  );
  expect(await isSignedBy(publicKey, { keyId: "", claims, signed, signature })).toBe(true);
  expect(await isSignedBy(newKeyPair().publicKey, { keyId: "", claims, signed, signature })).toBe(false);
});

test("a voucher says what was signed, and fits a QR code of medium size", async () => {
  const key = newKeyPair();
  const token = signVoucher(key, claims);
  expect(readVoucher(token)).toMatchObject({ keyId: key.id, claims });
  expect(await isGood(key.publicKey, token)).toBe(true);
  // Version 15 with medium error correction holds 412 bytes.
  expect(token.length).toBeLessThan(412);
});

test("no character of a voucher can be changed, left out or added", async () => {
  const key = newKeyPair();
  const token = signVoucher(key, claims);
  const believed: string[] = [];
  for (let place = 0; place < token.length; place++) {
    const before = token.slice(0, place);
    const after = token.slice(place + 1);
    const own = token.charAt(place);
    // The neighbour differs in a bit that the last character does not use.
    const neighbour = base64url.charAt(base64url.indexOf(own) ^ 1);
    for (const other of ["A", "_", "", neighbour, `${own}A`, `${own}=`, `${own} `, `${own}\n`])
      if (other !== own && (await isGood(key.publicKey, before + other + after)))
        believed.push(before + other + after);
  }
  expect(believed).toEqual([]);
});

describe("what a token says about itself decides nothing", () => {
  const key = newKeyPair();
  const [, payload, signature] = signVoucher(key, claims).split(".");
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  test.each([
    { alg: "none", kid: key.id, typ: "voucher+jwt" },
    { alg: "HS256", kid: key.id, typ: "voucher+jwt" },
    { alg: "EdDSA", kid: key.id, typ: "JWT" },
    { alg: "EdDSA", kid: key.id, typ: "voucher+jwt", crit: ["b64"], b64: false },
    { alg: "EdDSA", kid: key.id, typ: "voucher+jwt", jwk: { kty: "OKP" } },
    { alg: "EdDSA", typ: "voucher+jwt" },
    "EdDSA",
    null,
  ])("%j is not read", (header) => {
    expect(readVoucher(`${encode(header)}.${payload}.${signature}`)).toBeNull();
    expect(readVoucher(`${encode(header)}.${payload}.`)).toBeNull();
  });
  test.each(["", ".", "..", "a.b.c", "a.b.c.d", "🎟", `${payload}.${payload}.${signature}`])(
    "%j is no voucher",
    (text) => {
      expect(readVoucher(text)).toBeNull();
    },
  );
});

/** A till that knows the public keys and nothing else: its own reading of a voucher, by WebCrypto instead of ours. */
import { webcrypto } from "node:crypto";
import { expect } from "vitest";
import type { TestDatabase } from "../../database.ts";
import type { Answer, Api, CallOptions } from "../api.ts";
import { activePromotion } from "../redemptions/redemption-fixture.ts";

export interface PublishedKey {
  kid: string;
  kty: string;
  crv: string;
  x: string;
  alg: string;
}

export interface ReadByTill {
  iss: string;
  jti: string;
  nbf: number;
  exp: number;
  cur: string;
  max: number;
  amt?: number;
  pct?: number;
  min?: number;
  sub?: string;
}

/** What the till reads; null if it does not believe it. */
export async function readByTill(
  token: string,
  keys: readonly PublishedKey[],
  now: number,
): Promise<ReadByTill | null> {
  const [header = "", payload = "", signature = ""] = token.split(".");
  const { kid, alg } = fromBase64(header) as { kid: string; alg: string };
  const jwk = keys.find((key) => key.kid === kid);
  if (jwk === undefined || alg !== "EdDSA") return null;
  const key = await webcrypto.subtle.importKey(
    "jwk",
    { kty: jwk.kty, crv: jwk.crv, x: jwk.x },
    { name: "Ed25519" },
    false,
    ["verify"],
  );
  const isSigned = await webcrypto.subtle.verify(
    "Ed25519",
    key,
    Buffer.from(signature, "base64url"),
    Buffer.from(`${header}.${payload}`),
  );
  const claims = fromBase64(payload) as ReadByTill;
  const seconds = now / 1_000;
  return isSigned && claims.nbf <= seconds && seconds < claims.exp ? claims : null;
}

function fromBase64(part: string): unknown {
  return JSON.parse(Buffer.from(part, "base64url").toString());
}

/** What the till takes off goods of this worth. */
export function discountAtTill({ amt, pct, max, min = 0 }: ReadByTill, subtotal: number): number {
  if (subtotal < min) return 0;
  const off = amt ?? Math.round((subtotal * pct!) / 100);
  return Math.min(off, max, subtotal);
}

export async function publishedKeys(api: Api): Promise<PublishedKey[]> {
  const { status, body } = await api.rest("GET", "/v1/offline/keys", { role: "pos" });
  expect(status).toBe(200);
  return body.keys;
}

let count = 0;
/** A promotion of its own, behind a code of its own so that it meets no other test's: ten yuan off the order. */
export async function somePromotion(
  api: Api,
  overrides: object = {},
): Promise<{ id: string; key: string; code: string }> {
  count += 1;
  const key = `offline-${count}`;
  const code = `OFFLINE${count}`;
  const id = await activePromotion(api, key, { trigger: { type: "code", code }, ...overrides });
  return { id, key, code };
}

export function issue(api: Api, request: object, options: CallOptions = {}): Promise<Answer> {
  return api.rest("POST", "/v1/offline/vouchers", {
    role: "marketing",
    body: { currency: "CNY", ...request },
    ...options,
  });
}

/** A voucher that was issued; the request has to be right. */
export async function issued(api: Api, request: object) {
  const { status, body, text } = await issue(api, request);
  expect([status, text]).toEqual([201, expect.any(String)]);
  return body as { id: string; token: string; maxAmount: number; expiresAt: string; heldUntil: string };
}

/** What a till says of a voucher; ten yuan off goods for a hundred, now. */
export function reportOf(api: Api, token: string, overrides: object = {}) {
  count += 1;
  return {
    voucher: token,
    orderRef: `till-order-${count}`,
    source: "till-1",
    at: new Date(api.clock.now()).toISOString(),
    currency: "CNY",
    discount: 1_000,
    lines: [{ id: "1", sku: "MUG", quantity: 2, unitPrice: 5_000 }],
    total: 9_000,
    ...overrides,
  };
}

export async function report(api: Api, ...redemptions: object[]) {
  const { status, body, text } = await api.rest("POST", "/v1/redemptions/offline", {
    role: "pos",
    body: { redemptions },
  });
  expect([status, text]).toEqual([200, expect.any(String)]);
  return body.results as {
    status: string;
    voucher: string | null;
    redemption: string | null;
    flags: string[];
  }[];
}

/** Used and reserved of every counter of the promotion that is not empty, by measure and holder; but those by its shared code. */
export async function countersOf(
  { pool }: TestDatabase,
  projectId: string,
  rule: string,
): Promise<Record<string, [used: number, reserved: number]>> {
  const { rows } = await pool.query<{ name: string; used: number; reserved: number }>(
    `select trim(measure || ' ' || holder) as name, used, reserved from counters
      where project_id = $1 and rule_id = $2 and (used <> 0 or reserved <> 0) and holder not like 'code:OFFLINE%'
      order by 1`,
    [projectId, rule],
  );
  return Object.fromEntries(rows.map(({ name, used, reserved }) => [name, [used, reserved]]));
}

/** As if its time had run out; whoever sweeps next gives it back. */
export async function letLapse({ pool }: TestDatabase, projectId: string, id: string): Promise<void> {
  const { rowCount } = await pool.query(
    "update redemptions set expires_at = now() - interval '1 second' where project_id = $1 and id = $2",
    [projectId, id],
  );
  expect(rowCount).toBe(1);
}

import { sql } from "drizzle-orm";
import { expect } from "vitest";
import { hashCustomer } from "../../../src/features/ledger/promotion-counters.ts";
import { newId } from "../../../src/platform/ids.ts";
import type { TestDatabase } from "../../database.ts";
import type { Answer, Api } from "../api.ts";

/** Ten units at 100.00 each: amounts are easy to see through. */
export const cartLines = [{ id: "1", sku: "MUG", quantity: 1, unitPrice: 10_000 }];

let orders = 0;
/** A request nobody has made before. */
export function orderOf(overrides: object = {}): Record<string, unknown> {
  orders += 1;
  return { currency: "CNY", lines: cartLines, orderRef: `order-${orders}`, ...overrides };
}

/** Creates the promotion and puts it into force; ten yuan off the order unless it says otherwise. */
export async function activePromotion(api: Api, key: string, overrides: object = {}): Promise<string> {
  const created = await api.rest("POST", "/v1/promotions", {
    body: {
      key,
      trigger: { type: "automatic" },
      benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 1_000 } }],
      ...overrides,
    },
  });
  expect([created.status, created.text]).toEqual([201, expect.any(String)]);
  const active = await api.rest("POST", `/v1/promotions/${created.body.id}/activate`);
  expect(active.status).toBe(200);
  return created.body.id;
}

/** Puts coupons into the database as a generation would, without waiting for a job. */
export async function couponsOf(
  database: TestDatabase,
  projectId: string,
  pool: string,
  codes: readonly string[],
  columns: { maxUses?: number; expiresAt?: string | null; customerId?: string | null } = {},
): Promise<string> {
  const { maxUses = 1, expiresAt = null, customerId = null } = columns;
  const id = newId("pol");
  const document = { key: pool, alphabet: "0123456789ABCDEFGHJKMNPQRSTVWXYZ" };
  await database.orm.execute(sql`
    insert into coupon_pools (project_id, id, key, version, document, created_at, updated_at)
    values (${projectId}, ${id}, ${pool}, 1, ${JSON.stringify(document)}::jsonb, now(), now())`);
  await database.orm.execute(sql`
    insert into coupons (project_id, code, pool_id, max_uses, expires_at, customer_id, claimed_at, created_at)
    select ${projectId}, code, ${id}, ${maxUses}, ${expiresAt}::timestamptz, ${customerId}::text,
           case when ${customerId}::text is not null then now() end, now()
      from unnest(${sql.param(codes)}::text[]) as u (code)`);
  return id;
}

export function redeem(api: Api, request: object, headers: Record<string, string> = {}): Promise<Answer> {
  return api.rest("POST", "/v1/redemptions", { body: request, headers, role: "checkout" });
}

/** The counter's used and reserved, or zeros. Of a customer it is asked by their name, which books do not know. */
export async function counter(
  database: TestDatabase,
  projectId: string,
  rule: string,
  measure: string,
  holder = "",
): Promise<{ used: number; reserved: number }> {
  const customer = /^customer:(.*)$/.exec(holder)?.[1];
  const stored = customer === undefined ? holder : `customer:${await hashOf(database, projectId, customer)}`;
  const { rows } = await database.orm.execute<{ used: number; reserved: number }>(sql`
    select coalesce(sum(used), 0)::bigint as used, coalesce(sum(reserved), 0)::bigint as reserved from counters
     where project_id = ${projectId} and rule_id = ${rule} and measure = ${measure} and holder = ${stored}`);
  return rows[0]!;
}

async function hashOf(database: TestDatabase, projectId: string, customer: string): Promise<string> {
  const { rows } = await database.orm.execute<{ key: Buffer }>(
    sql`select identifier_key as key from projects where id = ${projectId}`,
  );
  return hashCustomer(rows[0]!.key, customer);
}

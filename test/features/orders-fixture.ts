import { expect } from "vitest";
import type { Role } from "../../src/platform/auth.ts";
import type { TestDatabase } from "../database.ts";
import type { Answer, Api } from "./api.ts";

/** Three teas for 9999 and 1200 of shipping. */
export function orderOf(fields: object = {}) {
  return {
    version: 1,
    status: "placed",
    currency: "CNY",
    placedAt: "2026-11-10T10:00:00+08:00",
    customer: "c-1",
    channel: "web",
    store: "sh-001",
    dealer: "d-9",
    lines: [{ id: "1", sku: "TEA", quantity: 3, unitPrice: 3333, unitCost: 1000 }],
    shipping: 1200,
    total: 11199,
    ...fields,
  };
}

let count = 0;
export function newOrderId(): string {
  count += 1;
  return `SO-${count}`;
}

export function putOrder(api: Api, id: string, fields: object = {}, role: Role = "erp"): Promise<Answer> {
  return api.rest("PUT", `/v1/orders/${encodeURIComponent(id)}`, { role, body: orderOf(fields) });
}

export async function storedOrder(api: Api, fields: object = {}): Promise<string> {
  const id = newOrderId();
  const { status, text } = await putOrder(api, id, fields);
  expect(status, text).toBe(200);
  return id;
}

/** The first problem of an answer: "409 stale_version /version stale_version". */
export function faultOf({ status, body }: Answer): string {
  const [first] = body.errors ?? [];
  return [status, body.code, ...(first === undefined ? [] : [first.path, first.code])].join(" ");
}

/** A redemption as the committer writes one; for what orders look at, not for its money. */
export async function insertRedemption(
  database: TestDatabase,
  projectId: string,
  fields: Partial<
    Record<"source" | "orderRef" | "state" | "customer" | "committedAt" | "currency", string | null>
  > & {
    total?: number;
    refunded?: number;
  } = {},
): Promise<string> {
  count += 1;
  const id = `rdm_${count}`;
  const row = {
    source: "till",
    orderRef: id,
    state: "committed",
    customer: null,
    currency: "CNY",
    total: 700,
    refunded: 0,
    committedAt: "2026-11-09T00:00:00Z",
    ...fields,
  };
  await database.pool.query(
    `insert into redemptions (project_id, id, source, order_ref, state, mode, customer_id, currency, total, discount, refunded,
       steps, holds, expires_at, created_at, committed_at, request_hash, revision, evaluated_at, request, facts, settings, quote, created_by)
     values ($1, $2, $3, $4, $5, 'commit', $6, $7, $8, 0, $9, 0, '[]', $10, $10, $11, '', 1, $10, '{}', '{}', '{}', '{}', '')`,
    [
      projectId,
      id,
      row.source,
      row.orderRef,
      row.state,
      row.customer,
      row.currency,
      row.total,
      row.refunded,
      "2026-11-09T00:00:00Z",
      row.committedAt,
    ],
  );
  return id;
}

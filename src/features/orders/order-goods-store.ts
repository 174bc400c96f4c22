import { sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import type { RefundedLine } from "./order-refunds.ts";
import type { OrderDocument, OrderStatus } from "./order-schemas.ts";

export interface StoredGoods extends Record<string, unknown> {
  readonly externalId: string;
  readonly dealer: string | null;
  readonly customerId: string | null;
  readonly redemptionId: string | null;
  readonly currency: string;
  readonly status: OrderStatus;
  /** Epoch milliseconds. */
  readonly placedAt: number;
  readonly document: OrderDocument;
  readonly returned: readonly RefundedLine[];
  /** Units by line, of the order's redemption. */
  readonly redemptionReturned: Readonly<Record<string, number>> | null;
}

/** Redemptions are only looked at. */
export async function storedGoods(
  connection: Connection,
  projectId: string,
  externalIds: readonly string[],
  { isHeld }: { isHeld: boolean },
): Promise<StoredGoods[]> {
  if (externalIds.length === 0) return [];
  const { rows } = await connection.execute<StoredGoods>(sql`
    select o.external_id as "externalId", o.dealer, o.customer_id as "customerId", o.redemption_id as "redemptionId", o.currency, o.status, o.document, o.returned,
           floor(extract(epoch from o.placed_at) * 1000)::bigint as "placedAt", r.returned -> 'lines' as "redemptionReturned"
      from orders o
      left join lateral (select returned from redemptions where project_id = o.project_id and id = o.redemption_id offset 0) as r on true
     where o.project_id = ${projectId} and o.external_id = any (${sql.param([...externalIds])}::text[])
     order by o.external_id ${isHeld ? sql`for share of o` : sql``}`);
  return rows;
}

/** A place in the list of dealers' orders; null: its beginning. */
export type GoodsPlace = readonly [placedAt: number, externalId: string] | null;

/** Of a dealer, or of all of them where that is null: the next ones placed in this time, as they were placed. */
export async function ordersOfDealers(
  connection: Connection,
  projectId: string,
  { dealer, from, until }: { dealer: string | null; from: number; until: number },
  { after, most }: { after: GoodsPlace; most: number },
): Promise<{ externalId: string; placedAt: number }[]> {
  const instant = (at: number) => sql`${new Date(at).toISOString()}::timestamptz`;
  const { rows } = await connection.execute<{ externalId: string; placedAt: number }>(sql`
    select external_id as "externalId", floor(extract(epoch from placed_at) * 1000)::bigint as "placedAt" from orders
     where project_id = ${projectId} and dealer is not null ${dealer === null ? sql`` : sql`and dealer = ${dealer}`}
       and placed_at >= ${instant(from)} and placed_at < ${instant(until)}
       ${after === null ? sql`` : sql`and (placed_at, external_id) > (${instant(after[0])}, ${after[1]})`}
     order by placed_at, external_id limit ${most}`);
  return rows;
}

/** What a customer bought in a year, with what it was priced by. It looks into the tables of several features. */
import { type SQL, sql } from "drizzle-orm";
import type { Cart } from "../../engine/cart.ts";
import type { Quote } from "../../engine/quote.ts";
import type { Settings } from "../../engine/settings.ts";
import type { Connection } from "../../platform/database.ts";
import type { StoredFacts } from "../evaluations/evaluation-facts.ts";

export interface Span {
  readonly projectId: string;
  readonly customer: string;
  readonly currency: string;
  readonly from: Date;
  readonly to: Date;
}

export interface PricedOrder {
  readonly paid: number;
  readonly request: Cart;
  readonly facts: StoredFacts;
  readonly settings: Settings;
  /** Epoch milliseconds. */
  readonly evaluatedAt: number;
  readonly rewards: Quote["rewards"];
  /** Units that came back, by line. */
  readonly returned: Readonly<Record<string, number>>;
}

const within = (at: SQL, { from, to }: Span): SQL =>
  sql`${at} >= ${from.toISOString()}::timestamptz and ${at} < ${to.toISOString()}::timestamptz`;

/** Kept orders that a redemption priced, the earliest first. */
export async function pricedOrders(connection: Connection, span: Span, most: number): Promise<PricedOrder[]> {
  const { projectId, customer, currency } = span;
  const { rows } = await connection.execute<Record<keyof PricedOrder, never>>(sql`
    select greatest(coalesce(o.total, r.total) - r.refunded - coalesce(o.refunded, 0), 0) as paid, r.request, r.facts, r.settings,
           floor(extract(epoch from r.evaluated_at) * 1000)::bigint as "evaluatedAt", r.quote -> 'rewards' as rewards,
           coalesce(r.returned -> 'lines', '{}') as returned
      from redemptions r
      left join orders o on o.project_id = r.project_id and o.redemption_id = r.id
     where r.project_id = ${projectId} and r.customer_id = ${customer} and r.currency = ${currency}
       and r.state in ('committed', 'partially_returned') and not r.is_deposit
       and o.status is distinct from 'cancelled' and o.status is distinct from 'returned' and ${within(sql`r.committed_at`, span)}
     order by r.committed_at, r.id limit ${most}`);
  return rows;
}

/** Those that the ERP tells of alone. */
export async function otherOrders(
  connection: Connection,
  span: Span,
): Promise<{ orders: number; paid: number }> {
  const { projectId, customer, currency } = span;
  const { rows } = await connection.execute<{ orders: number; paid: number }>(sql`
    select count(*)::int as orders, coalesce(sum(total), 0)::bigint as paid from order_history h
     where h.project_id = ${projectId} and h.customer_id = ${customer} and h.currency = ${currency}
       and h.external_id is not null and h.order_ref is null and ${within(sql`h.at`, span)}`);
  return rows[0]!;
}

export async function isKnown(connection: Connection, { projectId, customer }: Span): Promise<boolean> {
  const { rows } = await connection.execute(
    sql`select from customers where project_id = ${projectId} and id = ${customer}`,
  );
  return rows.length > 0;
}

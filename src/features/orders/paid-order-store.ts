import { type SQL, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";

/** An order that was paid and kept: of the ERP, or a redemption that no stored order stands for. */
export interface PaidOrder extends Record<string, unknown> {
  /** By which it is found again: the ERP's number, or the shop's own. */
  readonly ref: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly currency: string;
  /** What was paid less what was refunded. */
  readonly total: number;
}

export interface PaidOrderQuery {
  /** Placed at this instant or later, epoch milliseconds. */
  readonly from?: number | undefined;
  /** Placed before. */
  readonly until?: number | undefined;
  /** Only this one, by its `ref`; whether it is paid is not asked, as an ERP may tell of that later than a redemption. */
  readonly ref?: string | undefined;
  readonly most: number;
}

/** A customer's, the earliest first. */
export async function paidOrders(
  connection: Connection,
  projectId: string,
  customerId: string,
  { from, until, ref, most }: PaidOrderQuery,
): Promise<PaidOrder[]> {
  const instant = (at: number): SQL => sql`${new Date(at).toISOString()}::timestamptz`;
  const filters = [
    ...(from === undefined ? [] : [sql`h.at >= ${instant(from)}`]),
    ...(until === undefined ? [] : [sql`h.at < ${instant(until)}`]),
    ref === undefined ? isPaid(projectId) : sql`(h.external_id = ${ref} or h.order_ref = ${ref})`,
  ];
  const { rows } = await connection.execute<PaidOrder>(sql`
    select coalesce(h.external_id, h.order_ref) as ref, floor(extract(epoch from h.at) * 1000)::bigint as at, h.currency, h.total
      from order_history h
     where h.project_id = ${projectId} and h.customer_id = ${customerId}
       and ${sql.join(filters, sql` and `)}
     order by h.at, ref limit ${most}`);
  return rows;
}

const isPaid = (projectId: string): SQL => sql`(h.external_id is null or exists (
  select from orders o where o.project_id = ${projectId} and o.external_id = h.external_id and o.status in ('paid', 'fulfilled')))`;

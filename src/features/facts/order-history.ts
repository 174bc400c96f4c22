/** What is known of a customer's earlier orders: those of the ERP, and redemptions that no stored order stands for. */
import type { Facts } from "../../engine/facts.ts";
import { millisecondsPerDay } from "../../engine/zone.ts";

/** Names of parameters or other SQL expressions: `$1`, `question.customer`. */
export interface OrderHistoryParameters {
  readonly projectId: string;
  readonly customerId: string;
  /** The order that is being priced, which is not history: text, both null for a mere quote. */
  readonly source: string;
  readonly orderRef: string;
  /** Epoch milliseconds, bigint: `now` less `limits.orderWindowDays` days. Orders since then are listed. */
  readonly since: string;
  /** Orders from this instant on are no history yet: timestamptz. Left out, all that there are count. */
  readonly before?: string;
}

/** What the expression of `orderHistorySql` is, once parsed. */
export type OrderHistory = Required<Pick<Facts, "completedOrders" | "lastOrderAt" | "orders">>;

/**
 * A scalar expression of type json, to be put into the one statement that loads the facts of an evaluation.
 *
 * Orders of one day, counted back from now, come as one with the last of their times: windows are whole days, so none
 * tells them apart, and a customer with ten thousand orders costs no more than one with one a day. Everything is looked
 * up by the customer's or the order's index.
 */
export function orderHistorySql({
  projectId,
  customerId,
  source,
  orderRef,
  since,
  before,
}: OrderHistoryParameters): string {
  const instant = `to_timestamp(${since}::bigint / 1000.0)`;
  // Ends of days belong to the day before: a window of a day is (now - 1 day, now].
  const day = `ceil((extract(epoch from at) * 1000 - ${since}::bigint) / ${millisecondsPerDay})`;
  return `(
  with history as (
    select at, currency, total from order_history
     where project_id = ${projectId} and customer_id = ${customerId} and (external_id <> ${orderRef}::text) is not false
       and (order_ref = ${orderRef}::text and source = ${source}::text) is not true${before === undefined ? "" : ` and at < ${before}`}
  ), days as (
    select max(at) as at, currency, least(sum(total), ${Number.MAX_SAFE_INTEGER})::bigint as total
      from history where at > ${instant} group by ${day}, currency
  )
  select json_build_object(
    'completedOrders', (select count(*) from history),
    'lastOrderAt', (select floor(extract(epoch from max(at)) * 1000)::bigint from history),
    'orders', (select coalesce(json_agg(json_build_object(
        'at', floor(extract(epoch from at) * 1000)::bigint, 'currency', currency, 'total', total) order by at, currency), '[]')
      from days)))`;
}

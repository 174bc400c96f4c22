/** Past orders and the rules of a simulation, read as JSON text that only the threads which price them look into. */
import { sql } from "drizzle-orm";
import { limits } from "../../engine/limits.ts";
import { allowSlowStatements, type Connection, type ProjectConnection } from "../../platform/database.ts";
import { orderHistorySql } from "../facts/order-history.ts";
import { isGiftLine } from "../orders/gift-line.ts";
import { isSameSale, isSold } from "../redemptions/told-order.ts";
import type { ReplayNeeds } from "./past-order.ts";

export interface OrderPeriod {
  /** As PostgreSQL reads it. */
  readonly from: string;
  readonly to: string;
  readonly channel: string | null;
}

/** The last order read; its time as PostgreSQL writes it, which JavaScript would round. */
export interface Reached {
  readonly at: string;
  readonly id: string;
}

export interface OrderBatch {
  /** `PastOrder`s as a JSON array. */
  readonly orders: string;
  readonly count: number;
  readonly reached: Reached;
}

const isReplayed = "status not in ('cancelled', 'returned')";
/** A million orders are counted in about a second, on a slow disk in some more. */
const countingMilliseconds = 60_000;
/** Documents as they are stored, which is compressed: a batch of the largest orders stays within some megabytes. */
const batchBytes = 1_000_000;
const daysBefore = limits.orderWindowDays + 1;

export async function countOrders(
  connection: Connection,
  projectId: string,
  { from, to, channel }: OrderPeriod,
): Promise<number> {
  await allowSlowStatements(connection, countingMilliseconds);
  const { rows } = await connection.execute<{ count: number }>(sql`
    select count(*)::bigint as count from orders
     where project_id = ${projectId} and placed_at >= ${from}::timestamptz and placed_at < ${to}::timestamptz
       and ${sql.raw(isReplayed)} and (${channel}::text is null or channel = ${channel})`);
  return rows[0]!.count;
}

/** The next orders by their time, with what is known of their customers; null when there are no more. */
export async function readOrders(
  connection: ProjectConnection,
  projectId: string,
  { from, to, channel }: OrderPeriod,
  { after, limit, needs }: { after: Reached | null; limit: number; needs: ReplayNeeds },
): Promise<OrderBatch | null> {
  const { rows } = await connection.$client.query<{
    orders: string | null;
    count: number;
    at: string;
    id: string;
  }>({
    text: batchSql(needs),
    values: [projectId, after?.at ?? from, after?.id ?? "", to, channel, limit],
  });
  const [row] = rows;
  if (row === undefined || row.orders === null) return null;
  return { orders: row.orders, count: row.count, reached: { at: row.at, id: row.id } };
}

/** Everything of a customer is looked up by their own index entries: a batch costs the same at whatever number of orders. */
function batchSql(needs: ReplayNeeds): string {
  const history = orderHistorySql({
    projectId: "$1",
    customerId: "b.customer_id",
    source: "null",
    orderRef: "null",
    since: `((extract(epoch from b.placed_at) * 1000)::bigint - ${daysBefore} * 86400000::bigint)`,
    before: "b.placed_at",
  });
  const fields = [
    `'document', b.document`,
    `'given', (select json_agg(l ->> 'id') from redemptions r, jsonb_array_elements(b.document -> 'lines') as l
       where r.project_id = $1 and ${isGiftLine("l", "r")} and r.id = coalesce(b.redemption_id,
         (select min(s.id) from redemptions s
           where s.project_id = $1 and s.order_ref = b.external_id and ${isSold("s")} and ${isSameSale("b", "s")})))`,
    `'customer', b.customer_id`,
    `'at', floor(extract(epoch from b.placed_at) * 1000)::bigint`,
    `'history', ${needs.history ? `case when b.customer_id is not null then ${history} end` : "null"}`,
    `'profile', ${
      needs.profile
        ? `(select json_strip_nulls(json_build_object('groups', document -> 'groups', 'tags', document -> 'tags',
             'attributes', document -> 'attributes', 'birthday', document -> 'birthday',
             'consents', document -> 'consents'))
             from customers where project_id = $1 and id = b.customer_id)`
        : "null"
    }`,
    `'segments', (select coalesce(json_agg(s.key order by s.key), '[]')
       from (select segment_id from segment_members where project_id = $1 and customer_id = b.customer_id offset 0) as m,
            lateral (select key from segments where project_id = $1 and id = m.segment_id offset 0) as s)`,
    `'tier', ${needs.tier ? "(select tier from customer_tiers where project_id = $1 and customer_id = b.customer_id)" : "null"}`,
    `'scored', ${
      needs.scores
        ? `(select json_build_object('borders', r.borders, 'spent', (
             select coalesce(sum(h.total), 0)::bigint from order_history h
              where h.project_id = $1 and h.customer_id = b.customer_id and h.at < b.placed_at
                and h.currency = r.document ->> 'currency'))
             from rfm_settings r where r.project_id = $1 and r.borders is not null)`
        : "null"
    }`,
  ];
  return `
with found as (
  select project_id, external_id, customer_id, redemption_id, currency, total, placed_at, document,
         sum(pg_column_size(document)) over (order by placed_at, external_id) - pg_column_size(document) as bytes_before
    from (select * from orders
           where project_id = $1 and (placed_at, external_id) > ($2::timestamptz, $3) and placed_at < $4::timestamptz
             and ${isReplayed} and ($5::text is null or channel = $5)
           order by placed_at, external_id limit $6) as next
), batch as materialized (
  select * from found where bytes_before < ${batchBytes}
)
select json_agg(json_build_object(${fields.join(",\n")}) order by b.placed_at, b.external_id)::text as orders,
       count(*)::int as count,
       (select placed_at::text from batch order by placed_at desc, external_id desc limit 1) as at,
       (select external_id from batch order by placed_at desc, external_id desc limit 1) as id
  from batch b`;
}

/** The rules that were in force at `revision`: `StoredRule`s as a JSON array. */
export async function readRules(
  connection: ProjectConnection,
  projectId: string,
  revision: number,
): Promise<string> {
  const { rows } = await connection.$client.query<{ rules: string }>({
    text: `select coalesce(json_agg(json_build_object('id', promotion_id, 'document', document)), '[]')::text as rules
             from (select distinct on (promotion_id) promotion_id, status, document from promotion_versions
                    where project_id = $1 and revision <= $2 order by promotion_id, version desc) as latest
            where status = 'active'`,
    values: [projectId, revision],
  });
  return rows[0]!.rules;
}

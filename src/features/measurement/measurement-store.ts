/** What those who met a campaign or an experiment bought. It looks into the tables of several features. */
import { type SQL, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import { isGiftLine } from "../orders/gift-line.ts";
import { isSameSale, isSold } from "../redemptions/told-order.ts";
import type { ArmSums } from "./arm-comparison.ts";
import { historyOf } from "./purchase-history.ts";

export interface ArmQuestion {
  readonly kind: "campaign" | "experiment";
  readonly name: string;
  readonly currency: string;
  /** Sales before this instant count, of customers who met it before. */
  readonly until: Date;
  /** Until when what was bought afterwards counts. */
  readonly afterwards: Date;
  readonly now: Date;
}

/** What groups customers; "segment": a customer is in as many groups as segments. */
export type Grouping = "all" | "channel" | "segment";

export interface GroupedArm extends ArmSums {
  readonly by: Grouping;
  readonly group: string | null;
}

const instant = (at: Date): SQL => sql`${at.toISOString()}::timestamptz`;

/** Orders are timed by shops, exposures by us; and whoever redeems at once first meets it with the order itself. */
const grace = sql`interval '1 hour'`;

/** Who met it, each once. */
export const exposed = (projectId: string, { kind, name, until }: ArmQuestion): SQL => sql`
  select customer_id, arm, at, channel from exposures
   where project_id = ${projectId} and kind = ${kind} and name = ${name} and at < ${instant(until)}`;

/**
 * By group and arm, of all groupings in one pass over what was bought. Of a customer what they bought from the first time they met it on, up to `until`; and then, up to `afterwards`.
 * Buyers bought again if their second order came within 30 days of the first. `isWhole`: as `isWholeCheaper` says of those who are exposed.
 */
export async function sumArms(
  connection: Connection,
  projectId: string,
  question: ArmQuestion,
  groupings: readonly Grouping[],
  isWhole: boolean,
): Promise<GroupedArm[]> {
  const { currency, until, afterwards, now } = question;
  const grouped: Readonly<Record<Grouping, SQL>> = {
    all: sql`select 'all' as by, null::text as "group", b.* from bought b`,
    channel: sql`select 'channel', b.channel, b.* from bought b`,
    segment: sql`
      select 'segment', s.key, b.* from bought b
        join segment_members m on m.project_id = ${projectId} and m.customer_id = b.customer_id
        join segments s on s.project_id = m.project_id and s.id = m.segment_id`,
  };
  const parts = groupings.map((by) => grouped[by]);
  const isBought = sql`h.currency = ${currency} and h.at >= e.at - ${grace} and h.at < ${instant(now)}`;
  const isBefore = sql`${isBought} and h.at < ${instant(until)}`;
  const { rows } = await connection.execute<Record<keyof GroupedArm, never>>(sql`
    with exposed as materialized (${exposed(projectId, question)}),
    bought as materialized (
      select e.customer_id, e.arm, e.channel, count(*) filter (where ${isBefore}) as orders,
             coalesce(sum(h.total) filter (where ${isBefore}), 0)::float8 as revenue,
             coalesce(sum(h.total) filter (where ${isBought} and h.at >= ${instant(until)} and h.at < ${instant(afterwards)}), 0)::float8 as afterwards,
             array_agg(h.at order by h.at) filter (where ${isBought}) as times,
             count(*) filter (where ${isBefore}) > 0 and not bool_or(h.at < e.at - ${grace}) as is_new
        from exposed e ${historyOf(projectId, sql`e.customer_id`, isWhole)}
       group by e.customer_id, e.at, e.arm, e.channel)
    select by, "group", arm, count(*)::int as customers, (count(*) filter (where orders > 0))::int as buyers,
           sum(orders)::int as orders, sum(revenue) as revenue, (count(*) filter (where is_new))::int as "newCustomers",
           avg(revenue) as mean, coalesce(var_samp(revenue), 0) as variance,
           avg(afterwards) as "meanAfter", coalesce(var_samp(afterwards), 0) as "varianceAfter",
           (count(*) filter (where ${isMature(now)} and orders > 0))::int as matured,
           (count(*) filter (where ${isMature(now)} and orders > 0 and times[2] <= times[1] + interval '30 days'))::int as again
      from (${sql.join(parts, sql` union all `)}) as grouped group by 1, 2, 3 order by 1, 2 nulls last, 3`);
  return rows;
}

const isMature = (now: Date): SQL => sql`times[1] <= ${instant(now)} - interval '30 days'`;

export interface SkuUnits {
  readonly sku: string;
  readonly treatment: number;
  readonly holdout: number;
}

/** Units of an order's or redemption's line that came back. */
const backOfOrder = sql`coalesce((select max((x ->> 'quantity')::int) from jsonb_array_elements(o.returned) as x where x ->> 'id' = l ->> 'id'), 0)`;
const backOfRedemption = sql`coalesce((r.returned -> 'lines' ->> (l ->> 'id'))::int, 0)`;

const isGift = sql.raw(isGiftLine("l", "r"));

/** Of the ERP's orders that name no redemption those that are the same sale as one, with its id. `which`: of the orders `o`. */
const sameSales = (projectId: string, which: SQL): SQL => sql`
  select o.external_id, min(r.id) as redemption_id
    from orders o join redemptions r on ${sql.raw(isSameSale("o", "r"))} and ${sql.raw(isSold("r"))}
   where o.project_id = ${projectId} and r.project_id = ${projectId} and o.redemption_id is null and ${which}
   group by 1`;

/**
 * By line, of what `sold` names by `external_id` or by `source` and `order_ref`: its other columns, `sku`, and the units that were
 * kept. `only`: of this SKU.
 */
const unitsSold = (projectId: string, only?: string): SQL => {
  const isAsked = only === undefined ? sql`true` : sql`l ->> 'sku' = ${only}`;
  return sql`
  select s.*, l ->> 'sku' as sku, greatest(0, (l ->> 'quantity')::int - greatest(${backOfOrder}, ${backOfRedemption})) as units
    from sold s join orders o on o.project_id = ${projectId} and o.external_id = s.external_id
    left join (${sameSales(projectId, sql`o.external_id in (select external_id from sold)`)}) as same on same.external_id = o.external_id
    left join redemptions r on r.project_id = ${projectId} and r.id = coalesce(o.redemption_id, same.redemption_id)
    cross join jsonb_array_elements(o.document -> 'lines') as l
   where ${isAsked} and ${isGift} is not true
  union all
  select s.*, l ->> 'sku', greatest(0, (l ->> 'quantity')::int - ${backOfRedemption})
    from sold s join redemptions r on r.project_id = ${projectId} and r.source = s.source and r.order_ref = s.order_ref
     and r.state not in ('cancelled', 'expired')
    cross join json_array_elements(r.request -> 'lines') as l
   where s.external_id is null and ${isAsked}`;
};

/** Units by SKU and arm, of what was sold most, less those that came back. */
export async function unitsBySku(
  connection: Connection,
  projectId: string,
  question: ArmQuestion,
  most: number,
  isWhole: boolean,
): Promise<SkuUnits[]> {
  const { currency, until } = question;
  const { rows } = await connection.execute<Record<keyof SkuUnits, never>>(sql`
    with exposed as materialized (${exposed(projectId, question)}),
    sold as (
      select e.arm, h.external_id, h.source, h.order_ref
        from exposed e ${historyOf(projectId, sql`e.customer_id`, isWhole)}
       where h.currency = ${currency} and h.at >= e.at - ${grace} and h.at < ${instant(until)}),
    lines as (${unitsSold(projectId)})
    select sku, coalesce(sum(units) filter (where arm = 'treatment'), 0)::int as treatment,
           coalesce(sum(units) filter (where arm = 'holdout'), 0)::int as holdout
      from lines group by sku order by sum(units) desc, sku limit ${most}`);
  return rows;
}

/**
 * All sales of the project, whoever bought: orders that stand, and redemptions that no order tells of. A refund that both a
 * redemption and an order with no more than its number tell of is one.
 */
const salesOf = (projectId: string, from: Date, to: Date): SQL => {
  const isPlaced = sql`o.placed_at >= ${instant(from)} and o.placed_at < ${instant(to)}`;
  return sql`
  select o.currency,
         greatest(o.total - case when same.redemption_id is null then o.refunded + coalesce(r.refunded, 0)
                                 else greatest(o.refunded, r.refunded) end, 0) as total,
         o.external_id, null::text as source, null::text as order_ref
    from orders o
    left join (${sameSales(projectId, isPlaced)}) as same on same.external_id = o.external_id
    left join redemptions r on r.project_id = ${projectId} and r.id = coalesce(o.redemption_id, same.redemption_id)
   where o.project_id = ${projectId} and ${isPlaced}
     and o.status not in ('cancelled', 'returned') and r.state is distinct from 'returned' and r.is_deposit is not true
  union all
  select r.currency, greatest(r.total - r.refunded, 0), null, r.source, r.order_ref
    from redemptions r
   where r.project_id = ${projectId} and r.committed_at >= ${instant(from)} and r.committed_at < ${instant(to)}
     and r.state in ('committed', 'partially_returned') and not r.is_deposit
     and not exists (select from orders o where o.project_id = ${projectId} and o.redemption_id = r.id)
     and not exists (select from orders o where o.project_id = ${projectId} and ${sql.raw(isSameSale("o", "r"))})`;
};

export async function salesBetween(
  connection: Connection,
  projectId: string,
  currency: string,
  from: Date,
  to: Date,
): Promise<{ orders: number; revenue: number }> {
  const { rows } = await connection.execute<{ orders: number; revenue: number }>(sql`
    select count(*)::int as orders, coalesce(sum(total), 0)::bigint as revenue
      from (${salesOf(projectId, from, to)}) as sold where currency = ${currency}`);
  return rows[0]!;
}

export interface StockSold extends Record<string, unknown> {
  readonly sku: string;
  /** Units that there are, everywhere together. */
  readonly stock: number;
  /** The oldest of their counts, epoch milliseconds. */
  readonly countedAt: number;
  readonly sold: number;
}

/** Of SKUs whose stock was told: what lasts longest first. */
export async function stockSold(
  connection: Connection,
  projectId: string,
  { sku, from, to, most }: { sku: string | undefined; from: Date; to: Date; most: number },
): Promise<StockSold[]> {
  const { rows } = await connection.execute<StockSold>(sql`
    with sold as (${salesOf(projectId, from, to)}),
    units as (select sku, sum(units)::bigint as sold from (${unitsSold(projectId, sku)}) as lines group by sku)
    select l.sku, l.stock, l.counted as "countedAt", coalesce(u.sold, 0) as sold
      from (select sku, sum(quantity)::bigint as stock, floor(extract(epoch from min(as_of)) * 1000)::bigint as counted
              from stock_levels where project_id = ${projectId} and (${sku ?? null}::text is null or sku = ${sku ?? null})
             group by sku) as l
      left join units u on u.sku = l.sku
     order by case when l.stock = 0 then 0 when coalesce(u.sold, 0) = 0 then 'infinity' else l.stock / u.sold::float8 end desc, l.sku
     limit ${most}`);
  return rows;
}

/** Of the campaign's discounts, and those of them that customers got who are known. */
export async function sumDiscounts(
  connection: Connection,
  projectId: string,
  campaign: string,
  currency: string,
): Promise<{ discount: number; known: number }> {
  const { rows } = await connection.execute<{ discount: number; known: number }>(sql`
    select coalesce(sum(s.discount), 0)::bigint as discount,
           coalesce(sum(s.discount) filter (where r.customer_id is not null or o.customer_id is not null), 0)::bigint as known
      from campaign_sales s
      join redemptions r on r.project_id = ${projectId} and r.id = s.redemption_id
      left join lateral (select customer_id from orders
        where project_id = ${projectId} and redemption_id = s.redemption_id and r.customer_id is null limit 1) as o on true
     where s.project_id = ${projectId} and s.campaign = ${campaign} and s.promotion = '' and s.currency = ${currency}`);
  return rows[0]!;
}

export interface Look {
  readonly projectId: string;
  readonly kind: "campaign" | "experiment";
  readonly name: string;
  /** Each day on which somebody looks counts once. */
  readonly day: string;
}

/** The how many-th look this is. */
export async function countLooks(
  connection: Connection,
  { projectId, kind, name, day }: Look,
): Promise<number> {
  const { rows } = await connection.execute<{ others: number }>(sql`
    select count(*)::int as others from measurement_looks
     where project_id = ${projectId} and kind = ${kind} and name = ${name} and day <> ${day}::date`);
  return rows[0]!.others + 1;
}

export async function noteLook(connection: Connection, { projectId, kind, name, day }: Look): Promise<void> {
  await connection.execute(sql`
    insert into measurement_looks (project_id, kind, name, day) values (${projectId}, ${kind}, ${name}, ${day}::date)
        on conflict do nothing`);
}

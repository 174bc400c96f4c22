/** Sales as they are stored now, and what they add to the figures. It looks into the tables of several features, and writes its own. */
import { type SQL, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import { type Contribution, saleMeasures } from "./campaign-sale.ts";
import { columnOf } from "./campaign-sale-columns.ts";
import { skuMeasures } from "./campaign-sale-given.ts";
import type { StoredSale } from "./campaign-stored-sale.ts";

export interface CampaignVersion {
  readonly promotionId: string;
  readonly revision: number;
  readonly campaign: string | null;
  /** By the number of the benefit, what a unit that it gives costs in minor units of each currency; null: of none it is said. */
  readonly giftCosts: Readonly<Record<string, Readonly<Record<string, number>>>> | null;
}

/** Whether any promotion of the project ever was in a campaign. */
export async function hasCampaignVersions(connection: Connection, projectId: string): Promise<boolean> {
  const { rows } = await connection.execute(sql`
    select 1 from promotion_versions where project_id = ${projectId} and document ? 'campaign' limit 1`);
  return rows.length > 0;
}

/** Every version of those promotions that applied in these redemptions and ever were in a campaign, in order. */
export async function campaignVersions(
  connection: Connection,
  projectId: string,
  redemptions: readonly string[],
): Promise<CampaignVersion[]> {
  const { rows } = await connection.execute<Record<keyof CampaignVersion, never>>(sql`
    with applied as materialized (
      select distinct p.applied ->> 'promotionId' as id
        from redemptions r cross join json_array_elements(r.quote -> 'promotions') as p (applied)
       where r.project_id = ${projectId} and r.id in (select id from ${texts(redemptions)} as u (id)))
    select v.promotion_id as "promotionId", v.revision, v.document ->> 'campaign' as campaign,
           (select json_object_agg(nth - 1, benefit -> 'unitCost')
              from jsonb_array_elements(v.document -> 'benefits') with ordinality as b (benefit, nth)
             where benefit ? 'unitCost') as "giftCosts"
      from applied a join promotion_versions v on v.project_id = ${projectId} and v.promotion_id = a.id
     where exists (select from promotion_versions c
                    where c.project_id = ${projectId} and c.promotion_id = a.id and c.document ? 'campaign')
     order by v.promotion_id, v.version`);
  return rows;
}

const sold = sql`('committed', 'partially_returned', 'returned')`;
const paid = sql`('paid', 'fulfilled', 'returned')`;
const texts = (values: readonly string[]): SQL => sql`unnest(${sql.param(values)}::text[])`;

/** Forgets where orders stood before they were moved: for a project that has no campaigns. */
export async function forgetMovedOrders(connection: Connection, projectId: string): Promise<void> {
  await connection.execute(sql`delete from campaign_moved_orders where project_id = ${projectId}`);
}

/**
 * Beside the redemptions themselves those that the orders stand for, and of each customer the purchase that follows: whether that
 * one is a first, or comes after a long time, depends on what was before. Asked once for each batch: moved orders are forgotten.
 */
export async function salesConcerned(
  connection: Connection,
  projectId: string,
  { redemptions, orders }: { readonly redemptions: readonly string[]; readonly orders: readonly string[] },
): Promise<string[]> {
  const { rows } = await connection.execute<{ id: string }>(sql`
    with moved as (
      delete from campaign_moved_orders where project_id = ${projectId} returning customer_id, placed_at),
    told as materialized (
      select o.external_id, o.redemption_id, o.customer_id, o.placed_at
        from ${texts(orders)} as u (id) join orders o on o.project_id = ${projectId} and o.external_id = u.id),
    own as materialized (
      select id from ${texts(redemptions)} as u (id)
      union select redemption_id from told where redemption_id is not null
      union select s.redemption_id from told join campaign_sales s
              on s.project_id = ${projectId} and s.order_ref = told.external_id and s.promotion = ''),
    purchase as materialized (
      select coalesce(r.customer_id, o.customer_id) as customer_id, r.created_at as at, r.id
        from own join redemptions r on r.project_id = ${projectId} and r.id = own.id
        left join orders o on r.customer_id is null and o.project_id = ${projectId} and o.redemption_id = r.id
      -- No id of ours comes after this one: whatever was bought at the same instant is not later.
      union all select customer_id, placed_at, 'zzz' from told
      union all select customer_id, placed_at, 'zzz' from moved)
    select id from own
    union
    select next.id from purchase p cross join lateral (
      (select n.id from redemptions n
        where n.project_id = ${projectId} and n.customer_id = p.customer_id and n.created_at >= p.at
          and (n.created_at, n.id) > (p.at, p.id) and n.state in ${sold} and not n.is_deposit
        order by n.created_at, n.id limit 1)
      union all
      (select o.redemption_id from orders o
        where o.project_id = ${projectId} and o.customer_id = p.customer_id and o.placed_at >= p.at and o.redemption_id is not null
        order by o.placed_at limit 1)) as next
     where p.customer_id is not null`);
  return rows.map(({ id }) => id);
}

/** Of those in which a promotion applied that ever was in a campaign. A deposit counts with the order that uses it. */
export async function storedSales(
  connection: Connection,
  projectId: string,
  ids: readonly string[],
  promotionIds: readonly string[],
): Promise<StoredSale[]> {
  const { rows } = await connection.execute<Record<keyof StoredSale, never>>(sql`
    select r.id, r.order_ref as "orderRef", r.state, r.currency, r.total, r.refunded, r.revision,
           ${milliseconds(sql`coalesce(r.committed_at, r.created_at)`)} as at,
           r.request ->> 'channel' as channel, r.request -> 'lines' as request,
           r.quote -> 'lines' as lines, r.quote -> 'promotions' as promotions,
           r.quote -> 'rewards' as rewards, r.returned, o.document as "order",
           c.id is not null as "isKnownCustomer", ${milliseconds(sql`r.created_at`)} as "boughtAt",
           ${milliseconds(sql`greatest(before.redeemed_at, before.ordered_at)`)} as "boughtBefore"
      from redemptions r
      left join lateral (
        select o.customer_id, json_build_object('status', o.status, 'total', o.total, 'channel', o.channel,
                 'lines', o.document -> 'lines', 'refunded', o.refunded, 'returned', o.returned, 'isLinked', true) as document
          from orders o where o.project_id = ${projectId} and o.redemption_id = r.id
        union all
        select o.customer_id, json_build_object('status', o.status, 'total', o.total, 'channel', o.channel,
                 'lines', o.document -> 'lines', 'refunded', o.refunded, 'returned', o.returned, 'isLinked', false)
          from orders o
         where o.project_id = ${projectId} and o.external_id = r.order_ref and o.redemption_id is null
           and o.currency = r.currency and (o.customer_id is null or r.customer_id is null or o.customer_id = r.customer_id)
         limit 1) as o on true
      -- Behind walls nothing but a column finds rows by an index: the expression is worked out before.
      cross join lateral (select coalesce(r.customer_id, o.customer_id) as id offset 0) as c
      cross join lateral (
        select (select x.created_at from redemptions x
                 where x.project_id = ${projectId} and x.customer_id = c.id and x.created_at <= r.created_at
                   and (x.created_at, x.id) < (r.created_at, r.id) and x.state in ${sold} and not x.is_deposit
                 order by x.created_at desc limit 1) as redeemed_at,
               (select y.placed_at from orders y
                 where y.project_id = ${projectId} and y.customer_id = c.id and y.placed_at < r.created_at and y.status in ${paid}
                   and y.redemption_id is distinct from r.id and y.external_id <> r.order_ref
                 order by y.placed_at desc limit 1) as ordered_at) as before
     where r.project_id = ${projectId} and r.id in (select id from ${texts(ids)} as u (id)) and not r.is_deposit
       and exists (select from json_array_elements(r.quote -> 'promotions') as p (applied)
                    where p.applied ->> 'promotionId' in (select id from ${texts(promotionIds)} as u (id)))`);
  return rows;
}

const milliseconds = (instant: SQL): SQL => sql`floor(extract(epoch from ${instant}) * 1000)::bigint`;

/** The next redemptions by their ids, whatever their state. */
export async function redemptionsAfter(
  connection: Connection,
  projectId: string,
  after: string,
  most: number,
): Promise<string[]> {
  const { rows } = await connection.execute<{ id: string }>(sql`
    select id from redemptions where project_id = ${projectId} and id > ${after} order by id limit ${most}`);
  return rows.map(({ id }) => id);
}

const measures = saleMeasures.map(columnOf);
const list = (names: readonly string[]): SQL => sql.raw(names.join(", "));
const grain = ["campaign", "promotion", "currency", "quarter", "channel"];

const skuSums = skuMeasures.map(columnOf);
/** As they are in the list that a sale has of its SKUs. */
const skuFields = skuMeasures.map((name) => `"${name}" bigint`);

/**
 * Puts what these sales add in the place of what those of them that are in `replaced` added before. Under the lock with which the
 * project's events are numbered.
 */
export async function replaceContributions(
  connection: Connection,
  projectId: string,
  replaced: readonly string[],
  contributions: readonly Contribution[],
): Promise<void> {
  const of = (redemptions: readonly string[]) =>
    sql`project_id = ${projectId} and redemption_id in (select id from ${texts(redemptions)} as u (id))`;
  if (replaced.length > 0) {
    await addToSums(connection, projectId, -1, of(replaced));
    await connection.execute(sql`delete from campaign_sales where ${of(replaced)}`);
  }
  if (contributions.length === 0) return;
  await insertContributions(connection, projectId, contributions);
  await addToSums(
    connection,
    projectId,
    1,
    of([...new Set(contributions.map(({ redemption }) => redemption))]),
  );
}

/** Without the sums. */
export async function insertContributions(
  connection: Connection,
  projectId: string,
  contributions: readonly Contribution[],
): Promise<void> {
  const rows = contributions.map((row) => ({ ...row, quarter: new Date(row.quarter).toISOString() }));
  await connection.execute(sql`
    insert into campaign_sales (project_id, redemption_id, order_ref, ${list(grain)}, skus, ${list(measures)})
    select ${projectId}::text, redemption, "orderRef", ${list(grain)}, skus, ${list(saleMeasures.map((name) => `"${name}"`))}
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as added (
        redemption text, "orderRef" text, campaign text, promotion text, currency text, quarter timestamptz, channel text,
        skus jsonb, ${list(saleMeasures.map((name) => `"${name}" bigint`))})`);
}

/** Where there are no sums: of all contributions there are. */
export async function sumContributions(connection: Connection, projectId: string): Promise<void> {
  await addToSums(connection, projectId, 1, sql`project_id = ${projectId}`);
}

async function addToSums(connection: Connection, projectId: string, sign: 1 | -1, which: SQL): Promise<void> {
  await connection.execute(sql`
    insert into campaign_kpis as k (project_id, ${list(grain)}, ${list(measures)})
    select ${projectId}::text, ${list(grain)}, ${list(measures.map((name) => `${sign} * sum(${name})`))}
      from campaign_sales where ${which} group by ${list(grain)}
    on conflict (project_id, ${list(grain)}) do update
      set ${list(measures.map((name) => `${name} = k.${name} + excluded.${name}`))}`);
  await connection.execute(sql`
    insert into campaign_sku_kpis as k (project_id, campaign, currency, sku, ${list(skuSums)})
    select ${projectId}::text, campaign, currency, sku, ${list(skuMeasures.map((name) => `${sign} * sum(sold."${name}")`))}
      from campaign_sales cross join jsonb_to_recordset(skus) as sold (sku text, ${list(skuFields)})
     where ${which} and promotion = '' group by campaign, currency, sku
    on conflict (project_id, campaign, currency, sku) do update
      set ${list(skuSums.map((name) => `${name} = k.${name} + excluded.${name}`))}`);
}

/** What these sales add so far. */
export async function contributionsSoFar(
  connection: Connection,
  projectId: string,
  redemptions: readonly string[],
): Promise<Contribution[]> {
  const shown = saleMeasures.map((name) => `${columnOf(name)} as "${name}"`);
  const { rows } = await connection.execute<Record<keyof Contribution, never>>(sql`
    select redemption_id as redemption, campaign, promotion, order_ref as "orderRef", currency, channel, skus,
           ${milliseconds(sql`quarter`)} as quarter, ${list(shown)}
      from campaign_sales
     where project_id = ${projectId} and redemption_id in (select id from ${texts(redemptions)} as u (id))`);
  return rows;
}

export async function deleteFigures(connection: Connection, projectId: string): Promise<void> {
  await connection.execute(sql`delete from campaign_sales where project_id = ${projectId}`);
  await connection.execute(sql`delete from campaign_kpis where project_id = ${projectId}`);
  await connection.execute(sql`delete from campaign_sku_kpis where project_id = ${projectId}`);
}

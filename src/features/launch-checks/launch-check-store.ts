/** Checks as they are kept, and what is read for them; of other features' tables nothing is written. */
import { and, desc, eq, gte, lt, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import { type CheckedPromotion, type LaunchCheckRow, launchChecks } from "./launch-check-tables.ts";

export async function insertLaunchCheck(connection: Connection, row: LaunchCheckRow): Promise<void> {
  await connection.insert(launchChecks).values(row);
}

/** Newest first. */
export async function listLaunchChecks(
  connection: Connection,
  { projectId, campaign }: { projectId: string; campaign: string },
  { before, limit }: { before: string | null; limit: number },
): Promise<LaunchCheckRow[]> {
  return connection
    .select()
    .from(launchChecks)
    .where(
      and(
        eq(launchChecks.projectId, projectId),
        eq(launchChecks.campaign, campaign),
        before === null ? undefined : lt(launchChecks.id, before),
      ),
    )
    .orderBy(desc(launchChecks.id))
    .limit(limit);
}

/** The newest one, unless it is older. */
export async function latestLaunchCheck(
  connection: Connection,
  projectId: string,
  campaign: string,
  since: Date,
): Promise<LaunchCheckRow | undefined> {
  const [row] = await connection
    .select()
    .from(launchChecks)
    .where(
      and(
        eq(launchChecks.projectId, projectId),
        eq(launchChecks.campaign, campaign),
        gte(launchChecks.createdAt, since),
      ),
    )
    .orderBy(desc(launchChecks.id))
    .limit(1);
  return row;
}

/** Whether the promotion was in force with this very document before. */
export async function wasInForce(
  connection: Connection,
  projectId: string,
  id: string,
  document: unknown,
): Promise<boolean> {
  const { rowCount } = await connection.execute(sql`
    select from promotion_versions
     where project_id = ${projectId} and promotion_id = ${id} and status = 'active' and document = ${JSON.stringify(document)}::jsonb limit 1`);
  return rowCount === 1;
}

/**
 * Whether the promotion stood as it is in a check that passed and by which the campaign was launched: one of those in that check
 * came into force while it was young.
 */
export async function wasLaunchedWith(
  connection: Connection,
  { projectId, campaign }: { projectId: string; campaign: string },
  { id, fingerprint }: Pick<CheckedPromotion, "id" | "fingerprint">,
  withinHours: number,
): Promise<boolean> {
  const { rowCount } = await connection.execute(sql`
    select from launch_checks c
     where c.project_id = ${projectId} and c.campaign = ${campaign} and c.passed
       and c.promotions @> ${JSON.stringify([{ id, fingerprint }])}::jsonb
       and exists (select from jsonb_array_elements(c.promotions) as checked
                     join promotion_versions v on v.project_id = ${projectId} and v.promotion_id = checked ->> 'id'
                    where v.status = 'active' and v.change = 'activated' and v.document ->> 'campaign' = ${campaign}
                      and v.created_at between c.created_at and c.created_at + make_interval(hours => ${withinHours}::int))
     limit 1`);
  return rowCount === 1;
}

export interface StoredPromotion {
  readonly id: string;
  readonly key: string;
  readonly document: unknown;
}

/** A campaign of more promotions fails its check. */
export const mostPromotionsChecked = 1_000;

/** Those of a campaign that are in force or may come into force; one too many where there are more than are checked. */
export async function campaignPromotions(
  connection: Connection,
  projectId: string,
  campaign: string,
): Promise<StoredPromotion[]> {
  const { rows } = await connection.execute<StoredPromotion & Record<string, unknown>>(sql`
    select id, key, document from promotions
     where project_id = ${projectId} and document ->> 'campaign' = ${campaign} and status not in ('ended', 'archived')
     order by key limit ${mostPromotionsChecked + 1}`);
  return rows;
}

export interface SoldGoods {
  readonly sku: string;
  readonly product: string | null;
  readonly brand: string | null;
  readonly categories: string[] | null;
  readonly unitPrice: number;
  readonly unitCost: number | null;
  readonly currency: string;
}

const ordersLookedAt = 2_000;
const skusLookedAt = 300;

/** Goods of the latest orders, each as it was sold last; those whose cost is known first. */
export async function soldLately(connection: Connection, projectId: string): Promise<SoldGoods[]> {
  const { rows } = await connection.execute<SoldGoods & Record<string, unknown>>(sql`
    with latest as (
      select placed_at, currency, document from orders where project_id = ${projectId}
       order by placed_at desc, external_id desc limit ${ordersLookedAt}
    ), lines as (
      select distinct on (line ->> 'sku') line ->> 'sku' as sku, line ->> 'product' as product, line ->> 'brand' as brand,
             line -> 'categories' as categories, (line ->> 'unitPrice')::bigint as "unitPrice",
             (line ->> 'unitCost')::bigint as "unitCost", currency
        from latest, jsonb_array_elements(document -> 'lines') as line
       order by line ->> 'sku', line ->> 'unitCost' is null, placed_at desc
    )
    select * from lines order by "unitCost" is null, sku limit ${skusLookedAt}`);
  return rows;
}

/** By key, the uses that the codes of a pool still have; pools that are not there are not in it. */
export async function usesLeft(
  connection: Connection,
  projectId: string,
  pools: readonly string[],
  now: Date,
): Promise<Map<string, number>> {
  if (pools.length === 0) return new Map();
  const { rows } = await connection.execute<{ key: string; left: number }>(sql`
    select p.key, coalesce((
             select sum(c.max_uses - c.used - c.reserved) from coupons c
              where c.project_id = p.project_id and c.pool_id = p.id and c.status = 'active'
                and (c.expires_at is null or c.expires_at > ${now.toISOString()}::timestamptz)), 0)::bigint as left
      from coupon_pools p where p.project_id = ${projectId} and p.key = any (${sql.param([...pools])}::text[])`);
  return new Map(rows.map(({ key, left }) => [key, Number(left)]));
}

/** When anything was told of stock last, and what is on hand of these SKUs in all places. */
export async function stockOnHand(
  connection: Connection,
  projectId: string,
  skus: readonly string[],
): Promise<{ receivedAt: Date | null; onHand: Map<string, number> }> {
  const feed = await connection.execute<{ receivedAt: string }>(sql`
    select received_at as "receivedAt" from stock_feeds where project_id = ${projectId}`);
  const receivedAt = feed.rows[0] === undefined ? null : new Date(feed.rows[0].receivedAt);
  if (skus.length === 0) return { receivedAt, onHand: new Map() };
  const { rows } = await connection.execute<{ sku: string; units: number }>(sql`
    select sku, sum(quantity)::bigint as units from stock_levels
     where project_id = ${projectId} and sku = any (${sql.param([...skus])}::text[]) group by sku`);
  return { receivedAt, onHand: new Map(rows.map(({ sku, units }) => [sku, Number(units)])) };
}

/** Tracked events that named the campaign; counted to a thousand. */
export async function trackedSince(
  connection: Connection,
  projectId: string,
  campaign: string,
  since: Date,
): Promise<number> {
  const { rows } = await connection.execute<{ count: number }>(sql`
    select count(*)::int as count from (
      select 1 from tracked_events
       where project_id = ${projectId} and campaign = ${campaign} and occurred_at >= ${since.toISOString()}::timestamptz
       limit 1000) as found`);
  return rows[0]!.count;
}

export async function roundTrip(connection: Connection): Promise<void> {
  await connection.execute(sql`select 1`);
}

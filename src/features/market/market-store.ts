/** It writes what competitors offer, and reads the figures of our own campaigns. */
import { and, asc, eq, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import { type CompetitorOfferRow, competitorOffers } from "./market-tables.ts";

type Name = Pick<CompetitorOfferRow, "projectId" | "key">;
const named = ({ projectId, key }: Name) =>
  and(eq(competitorOffers.projectId, projectId), eq(competitorOffers.key, key));

export async function lockOffer(connection: Connection, name: Name): Promise<CompetitorOfferRow | undefined> {
  const [row] = await connection.select().from(competitorOffers).where(named(name)).for("update");
  return row;
}

export async function saveOffer(connection: Connection, row: CompetitorOfferRow): Promise<void> {
  const { projectId: _project, key: _key, ...set } = row;
  await connection
    .insert(competitorOffers)
    .values(row)
    .onConflictDoUpdate({ target: [competitorOffers.projectId, competitorOffers.key], set });
}

export async function deleteOffer(connection: Connection, name: Name): Promise<void> {
  await connection.delete(competitorOffers).where(named(name));
}

/** By their beginning. */
export async function listOffers(
  connection: Connection,
  projectId: string,
  competitor: string | undefined,
  { after, limit }: { after: readonly [number, string] | null; limit: number },
): Promise<CompetitorOfferRow[]> {
  return connection
    .select()
    .from(competitorOffers)
    .where(
      and(
        eq(competitorOffers.projectId, projectId),
        competitor === undefined
          ? undefined
          : sql`${competitorOffers.document} ->> 'competitor' = ${competitor}`,
        after === null
          ? undefined
          : sql`(${competitorOffers.startsAt}, ${competitorOffers.key}) > (${new Date(after[0]).toISOString()}::timestamptz, ${after[1]}::text)`,
      ),
    )
    .orderBy(asc(competitorOffers.startsAt), asc(competitorOffers.key))
    .limit(limit);
}

export interface Span {
  readonly from: Date;
  readonly to: Date;
}

const overlaps = ({ from, to }: Span) =>
  sql`starts_at < ${to.toISOString()}::timestamptz and ends_at > ${from.toISOString()}::timestamptz`;

export async function offersIn(
  connection: Connection,
  projectId: string,
  span: Span,
  limit: number,
): Promise<CompetitorOfferRow[]> {
  return connection
    .select()
    .from(competitorOffers)
    .where(and(eq(competitorOffers.projectId, projectId), overlaps(span)))
    .orderBy(asc(competitorOffers.startsAt), asc(competitorOffers.key))
    .limit(limit);
}

export interface OwnCampaign extends Record<string, unknown> {
  readonly campaign: string;
  readonly name: string | null;
  /** Epoch milliseconds. */
  readonly startsAt: number;
  readonly endsAt: number;
  /** Costs that were entered. */
  readonly entered: number;
}

/** By their beginning. */
export async function campaignsIn(
  connection: Connection,
  projectId: string,
  span: Span,
  currency: string,
  limit: number,
): Promise<OwnCampaign[]> {
  const { rows } = await connection.execute<OwnCampaign>(sql`
    select key as campaign, document ->> 'name' as name,
           floor(extract(epoch from starts_at) * 1000)::bigint as "startsAt", floor(extract(epoch from ends_at) * 1000)::bigint as "endsAt",
           (select coalesce(sum(amount), 0)::bigint from campaign_costs t
             where t.project_id = c.project_id and t.campaign = c.key and t.currency = ${currency}) as entered
      from campaigns c where project_id = ${projectId} and ${overlaps(span)}
     order by starts_at, key limit ${limit}`);
  return rows;
}

export interface Earned extends Record<string, unknown> {
  readonly campaign: string;
  /** Empty: of all of them. */
  readonly promotion: string;
  readonly orders: number;
  readonly revenue: number;
  readonly discount: number;
  readonly giftCost: number;
}

export async function earnedBy(
  connection: Connection,
  projectId: string,
  campaigns: readonly string[],
  currency: string,
): Promise<Earned[]> {
  const { rows } = await connection.execute<Earned>(sql`
    select campaign, promotion, sum(orders - returned_orders)::bigint as orders, sum(revenue - refunded)::bigint as revenue,
           sum(discount)::bigint as discount, sum(gift_cost)::bigint as "giftCost"
      from campaign_kpis
     where project_id = ${projectId} and campaign = any (${sql.param([...campaigns])}::text[]) and currency = ${currency}
     group by campaign, promotion order by campaign, promotion`);
  return rows;
}

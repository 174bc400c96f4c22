/** What was summed up of a campaign, read. */
import { type SQL, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import type { SaleFigures } from "./campaign-sale.ts";
import { summedSales } from "./campaign-sale-columns.ts";

export interface Span {
  readonly projectId: string;
  readonly campaign: string;
  /** Epoch milliseconds, a whole quarter hour; null: whatever there is. */
  readonly until: number | null;
}

export interface SalesOf extends SaleFigures {
  /** Empty: the campaign as a whole. */
  readonly promotion: string;
  /** Empty: not told. */
  readonly channel: string;
  readonly currency: string;
}

const instant = (at: number): SQL => sql`${new Date(at).toISOString()}::timestamptz`;
const before = (column: SQL, until: number | null): SQL =>
  until === null ? sql`true` : sql`${column} < ${instant(until)}`;
/** A sale is only here because a promotion of the campaign applied to it: it counts however late it was paid. */
const within = ({ projectId, campaign, until }: Span): SQL => sql`
  project_id = ${projectId} and campaign = ${campaign} and ${before(sql`quarter`, until)}`;
/** Whole quarter hours, epoch milliseconds. Whoever looks in before or after it is no visitor of the campaign. */
export interface VisitSpan extends Span {
  readonly from: number;
  readonly until: number;
}
const visitedWithin = (span: VisitSpan): SQL => sql`${within(span)} and quarter >= ${instant(span.from)}`;

/** By promotion, channel and currency. `wholeOnly`: the campaign as a whole alone. */
export async function sumSales(connection: Connection, span: Span, wholeOnly = false): Promise<SalesOf[]> {
  const { rows } = await connection.execute<Record<keyof SalesOf, never>>(sql`
    select promotion, channel, currency, ${summedSales} from campaign_kpis
     where ${within(span)} and ${wholeOnly ? sql`promotion = ''` : sql`true`}
     group by promotion, channel, currency having sum(orders) > 0`);
  return rows;
}

export interface VisitsOf {
  readonly channel: string;
  readonly visits: number;
}

export async function sumVisits(connection: Connection, span: VisitSpan): Promise<VisitsOf[]> {
  const { rows } = await connection.execute<Record<keyof VisitsOf, never>>(sql`
    select channel, sum(events)::bigint as visits from campaign_event_counts
     where ${visitedWithin(span)} and type = 'view' group by channel`);
  return rows;
}

export interface CostsOf {
  readonly channel: string | null;
  readonly element: string;
  readonly currency: string;
  readonly amount: number;
}

/** Entered for times before `until`; bills that come when all is over are the campaign's as well. */
export async function sumCosts(
  connection: Connection,
  { projectId, campaign, until }: Span,
): Promise<CostsOf[]> {
  const { rows } = await connection.execute<Record<keyof CostsOf, never>>(sql`
    select channel, element, currency, sum(amount)::bigint as amount from campaign_costs
     where project_id = ${projectId} and campaign = ${campaign} and ${before(sql`at`, until)} group by 1, 2, 3`);
  return rows;
}

export interface PointOf {
  /** Epoch milliseconds. */
  readonly from: number;
  readonly visits: number;
  readonly orders: number;
  readonly gmv: number;
  readonly discountCost: number;
}

/** By the hours or days of the zone, the latest `most` of them in order. */
export async function timelineOf(
  connection: Connection,
  span: VisitSpan,
  {
    currency,
    timezone,
    by,
    most,
  }: { currency: string | null; timezone: string; by: "hour" | "day"; most: number },
): Promise<PointOf[]> {
  // An hour that is there twice when clocks go back stays two.
  const bucket =
    by === "hour"
      ? sql`date_trunc('hour', quarter, ${timezone})`
      : sql`date_trunc('day', quarter, ${timezone})`;
  const { rows } = await connection.execute<Record<keyof PointOf, never>>(sql`
    select floor(extract(epoch from at) * 1000)::bigint as "from", sum(visits)::bigint as visits, sum(orders)::bigint as orders,
           sum(gmv)::bigint as gmv, sum(discount)::bigint as "discountCost"
      from (
        select ${bucket} as at, 0 as visits, orders - returned_orders as orders, revenue - refunded as gmv, discount
          from campaign_kpis where ${within({ ...span, until: null })} and promotion = '' and currency = ${currency}
        union all
        select ${bucket}, events, 0, 0, 0 from campaign_event_counts where ${visitedWithin(span)} and type = 'view') as counted
     group by at order by at desc limit ${most}`);
  return rows.reverse();
}

export interface PromotionOf {
  readonly id: string;
  readonly key: string;
  readonly campaign: string | null;
  readonly name: string | null;
  readonly status: "draft" | "active" | "paused" | "ended" | "archived";
  /** Epoch milliseconds. */
  readonly startsAt: number | null;
  readonly endsAt: number | null;
  readonly usesLimit: number | null;
  readonly budget: number | null;
  /** Gifts, services, points or coupons. */
  readonly givesAway: boolean;
  /** Points or coupons, of which no cost is known. */
  readonly givesBeyondCost: boolean;
  /** When the last quarter hour began in which it was sold with, epoch milliseconds. */
  readonly lastSoldAt: number | null;
}

/** Those that are in the campaign, and those named that were. */
export async function promotionsOf(
  connection: Connection,
  { projectId, campaign }: Pick<Span, "projectId" | "campaign">,
  keys: readonly string[],
  currency: string | null,
  most: number,
): Promise<PromotionOf[]> {
  const milliseconds = (at: SQL) => sql`floor(extract(epoch from ${at}) * 1000)::bigint`;
  const { rows } = await connection.execute<Record<keyof PromotionOf, never>>(sql`
    select id, key, document ->> 'campaign' as campaign, document ->> 'name' as name, status,
           ${milliseconds(sql`starts_at`)} as "startsAt", ${milliseconds(sql`ends_at`)} as "endsAt",
           (document -> 'limits' ->> 'total')::bigint as "usesLimit",
           (document -> 'budget' -> 'amount' ->> ${currency}::text)::bigint as budget,
           document @? '$.benefits.**.kind ? (@ == "gift" || @ == "service" || @ == "points" || @ == "issue_coupon")' as "givesAway",
           document @? '$.benefits.**.kind ? (@ == "points" || @ == "issue_coupon")' as "givesBeyondCost",
           ${milliseconds(sql`(select max(quarter) from campaign_kpis k where k.project_id = ${projectId}
               and k.campaign = ${campaign} and k.promotion = p.key and k.orders > 0)`)} as "lastSoldAt"
      from promotions p
     where project_id = ${projectId}
       and (document ->> 'campaign' = ${campaign} or key in (select key from unnest(${sql.param(keys)}::text[]) as u (key)))
     order by key limit ${most}`);
  return rows;
}

/** Gifts of which nobody said what they cost. */
export async function uncostedSkusOf(
  connection: Connection,
  { projectId, key: campaign }: { readonly projectId: string; readonly key: string },
  currency: string | null,
  most: number,
): Promise<string[]> {
  const { rows } = await connection.execute<{ sku: string }>(sql`
    select sku from campaign_sku_kpis
     where project_id = ${projectId} and campaign = ${campaign} and currency = ${currency} and uncosted_gifts > 0
     order by sku limit ${most}`);
  return rows.map(({ sku }) => sku);
}

/** The figures of a campaign in parts. It looks into the tables of several features. */
import { type SQL, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";

export interface PartSums {
  readonly orders: number;
  readonly units: number;
  /** Null: not told apart from other units. */
  readonly gifts: number | null;
  readonly revenue: number;
  readonly discount: number;
  readonly giftCost: number;
  readonly uncostedGifts: number;
  readonly goods: number;
  readonly costedGoods: number;
  readonly goodsCost: number;
  /** Null: of a SKU. */
  readonly newCustomers: number | null;
}

/** What is in no other part. */
export interface Part extends PartSums {
  /** Of which rows it is: one, those of all segments that its customers are in, or none. */
  readonly names: readonly string[];
}

interface Question {
  readonly projectId: string;
  readonly campaign: string;
  readonly currency: string;
}

const ofCampaign = ({ projectId, campaign, currency }: Question): SQL => sql`
  s.project_id = ${projectId} and s.campaign = ${campaign} and s.promotion = '' and s.currency = ${currency}`;

const summed = sql`
  coalesce(sum(s.orders - s.returned_orders), 0)::bigint as orders, coalesce(sum(s.units - s.returned_units), 0)::bigint as units,
  null::bigint as gifts, coalesce(sum(s.revenue - s.refunded), 0)::bigint as revenue, coalesce(sum(s.discount), 0)::bigint as discount,
  coalesce(sum(s.gift_cost), 0)::bigint as "giftCost", coalesce(sum(s.uncosted_gifts), 0)::bigint as "uncostedGifts",
  coalesce(sum(s.goods), 0)::bigint as goods, coalesce(sum(s.costed_goods), 0)::bigint as "costedGoods",
  coalesce(sum(s.goods_cost), 0)::bigint as "goodsCost", coalesce(sum(s.new_customers), 0)::bigint as "newCustomers"`;

export async function sumWhole(connection: Connection, question: Question): Promise<PartSums> {
  const { rows } = await connection.execute<Record<keyof PartSums, never>>(
    sql`select ${summed} from campaign_kpis s where ${ofCampaign(question)}`,
  );
  return rows[0]!;
}

export async function partsByChannel(connection: Connection, question: Question): Promise<Part[]> {
  const { rows } = await connection.execute<Record<keyof Part, never>>(sql`
    select case when s.channel = '' then '{}' else array[s.channel] end as names, ${summed}
      from campaign_kpis s where ${ofCampaign(question)} group by s.channel`);
  return rows;
}

/** Without what belongs to no SKU. */
export async function partsBySku(
  connection: Connection,
  { projectId, campaign, currency }: Question,
): Promise<Part[]> {
  const { rows } = await connection.execute<Record<keyof Part, never>>(sql`
    select array[sku] as names, orders, units, gifts, goods as revenue, discount, gift_cost as "giftCost",
           uncosted_gifts as "uncostedGifts", goods, costed_goods as "costedGoods", goods_cost as "goodsCost",
           null::bigint as "newCustomers"
      from campaign_sku_kpis where project_id = ${projectId} and campaign = ${campaign} and currency = ${currency}`);
  return rows;
}

/** Whoever is in the very same segments is one part, so that each sale is in one, however segments overlap. */
export async function partsBySegments(connection: Connection, question: Question): Promise<Part[]> {
  const { projectId } = question;
  const { rows } = await connection.execute<Record<keyof Part, never>>(sql`
    with sold as materialized (
      select coalesce(r.customer_id, o.customer_id) as customer_id, s.*
        from campaign_sales s
        join redemptions r on r.project_id = ${projectId} and r.id = s.redemption_id
        left join lateral (select customer_id from orders
          where project_id = ${projectId} and redemption_id = s.redemption_id and r.customer_id is null limit 1) as o on true
       where ${ofCampaign(question)}),
    -- By the customers who bought: a project has far more memberships than a small campaign has sales.
    members as materialized (
      select b.customer_id, m.names
        from (select distinct customer_id from sold) as b cross join lateral (
          select array_agg(g.key order by g.key) as names
            from segment_members m join segments g on g.project_id = ${projectId} and g.id = m.segment_id
           where m.project_id = ${projectId} and m.customer_id = b.customer_id) as m)
    select coalesce(m.names, '{}') as names, ${summed}
      from sold s left join members m on m.customer_id = s.customer_id group by 1`);
  return rows;
}

/** Cost entries by the channel that they name; null: none. */
export async function enteredCosts(
  connection: Connection,
  { projectId, campaign, currency }: Question,
): Promise<{ channel: string | null; amount: number }[]> {
  const { rows } = await connection.execute<{ channel: string | null; amount: number }>(sql`
    select nullif(channel, '') as channel, sum(amount)::bigint as amount from campaign_costs
     where project_id = ${projectId} and campaign = ${campaign} and currency = ${currency} group by 1`);
  return rows;
}

/** The figures of a campaign in parts. It looks into the tables of several features. */
import { sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import type { SaleFigures } from "../campaigns/campaign-sale.ts";
import { partlySummedSales, summedSales } from "../campaigns/campaign-sale-columns.ts";
import type { SkuFigures } from "../campaigns/campaign-sale-given.ts";

export interface CampaignQuestion {
  readonly projectId: string;
  readonly campaign: string;
  readonly currency: string;
}

/** Without what belongs to no SKU. */
export async function sumSkus(
  connection: Connection,
  { projectId, campaign, currency }: CampaignQuestion,
): Promise<(SkuFigures & { readonly sku: string })[]> {
  const { rows } = await connection.execute<Record<keyof SkuFigures | "sku", never>>(sql`
    select sku, orders, units, goods, costed_goods as "costedGoods", goods_cost as "goodsCost", discount, gifts,
           gift_cost as "giftCost", uncosted_gifts as "uncostedGifts"
      from campaign_sku_kpis where project_id = ${projectId} and campaign = ${campaign} and currency = ${currency}`);
  return rows;
}

/** Whoever is in the very same segments is one part, so that each sale is in one, however segments overlap. */
export async function sumSegments(
  connection: Connection,
  { projectId, campaign, currency }: CampaignQuestion,
): Promise<(SaleFigures & { readonly names: readonly string[] })[]> {
  const { rows } = await connection.execute<Record<keyof SaleFigures | "names", never>>(sql`
    with sold as materialized (
      select coalesce(r.customer_id, o.customer_id) as customer_id, ${partlySummedSales}
        from campaign_sales s
        join redemptions r on r.project_id = ${projectId} and r.id = s.redemption_id
        left join lateral (select customer_id from orders
          where project_id = ${projectId} and redemption_id = s.redemption_id and r.customer_id is null limit 1) as o on true
       where s.project_id = ${projectId} and s.campaign = ${campaign} and s.promotion = '' and s.currency = ${currency}
       group by 1),
    -- By the customers who bought: a project has far more memberships than a small campaign has sales.
    members as materialized (
      select b.customer_id, m.names
        from sold b cross join lateral (
          select array_agg(g.key order by g.key) as names
            from segment_members m join segments g on g.project_id = ${projectId} and g.id = m.segment_id
           where m.project_id = ${projectId} and m.customer_id = b.customer_id) as m)
    select coalesce(m.names, '{}') as names, ${summedSales}
      from sold s left join members m on m.customer_id = s.customer_id group by 1`);
  return rows;
}

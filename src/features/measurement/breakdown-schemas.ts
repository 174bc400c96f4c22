import { z } from "zod";
import { currencyCode } from "../../engine/money.ts";
import { campaignMargin } from "../campaigns/campaign-board-schemas.ts";
import { caution } from "../planning/calculation.ts";

const money = z.int().describe("Minor units.");

export const breakdownQuery = z.strictObject({
  by: z.enum(["channel", "segment", "sku"]).meta({ id: "BreakdownBy" }),
  currency: currencyCode.optional().describe("Of the sales; left out, the one of the campaign's budget."),
  limit: z.int().min(1).max(500).default(50).describe("Rows; what is after them is in `others`."),
});
export type BreakdownQuery = z.output<typeof breakdownQuery>;

const figures = z
  .object({
    orders: z
      .int()
      .describe(
        "In which a promotion of the campaign applied, less those returned whole. By SKU: in which it was sold and kept; an order of several is in each.",
      ),
    units: z.int().describe("Sold and kept."),
    gifts: z.int().nullable().describe("Units given as gifts and kept, of a SKU; else null."),
    revenue: money.describe("What was paid, less refunds. Of a SKU: for the units that were kept."),
    discountCost: money.describe(
      "What the campaign's promotions took off, to the cent as it was on each line.",
    ),
    giftCost: money,
    uncostedGifts: z.int().describe("Units of gifts and services of which nobody said what they cost."),
    enteredCost: money.describe(
      "Its part of the cost entries: those that name its channel, where it is by channel; all others by revenue, to the cent (largest remainder), as they belong to no customer and no SKU.",
    ),
    cost: money.describe("Discounts, gifts and entered costs."),
    roi: z.number().nullable().describe("(revenue − cost) ÷ cost. Null where it cost nothing."),
    newCustomers: z.int().nullable().describe("Null by SKU: a customer is new with a whole order."),
    acquisitionCost: z.number().nullable().describe("Cost ÷ new customers, in minor units."),
    margin: campaignMargin,
  })
  .meta({ id: "BreakdownFigures" });
export type BreakdownFigures = z.output<typeof figures>;

const row = figures
  .extend({
    name: z
      .string()
      .nullable()
      .describe(
        "The channel, the key of the segment, or the SKU. Null: no channel was told; customers whom nobody knows or who are in no segment; what belongs to no SKU, as shipping, taxes, services and refunds of no line.",
      ),
  })
  .meta({ id: "BreakdownRow" });
export type BreakdownRow = z.output<typeof row>;

export const breakdown = z
  .object({
    campaign: z.string(),
    currency: z.string(),
    by: breakdownQuery.shape.by,
    whole: figures.describe("Of the campaign, each order once: as on its board."),
    rows: z.array(row).describe("The largest revenue first."),
    others: figures
      .nullable()
      .describe(
        "Of all rows after `limit` together, by segment without those whom a row has. Null: there are none.",
      ),
    inSeveral: z
      .int()
      .describe(
        "Orders of customers in several segments, which are in the row of each: rows add up to more than the whole by them. 0: rows and `others` add up to the whole, to the cent.",
      ),
    cautions: z.array(caution),
  })
  .meta({ id: "CampaignBreakdown" });
export type Breakdown = z.output<typeof breakdown>;

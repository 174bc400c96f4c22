import { z } from "zod";
import { limits } from "../../engine/limits.ts";
import { type Caution, defineCalculation, toFourDecimals } from "./calculation.ts";
import { fewOrders } from "./significance.ts";

const amount = z.int().min(0).max(limits.amount);
/** (revenue − cost) ÷ cost: 3.2 is 1 : 3.2. Null for what cost nothing. */
export function roiOf(revenue: number, cost: number): number | null {
  return cost === 0 ? null : toFourDecimals((revenue - cost) / cost);
}

/** Minor units for each new customer; null without any. */
export function acquisitionCostOf(cost: number, newCustomers: number): number | null {
  return newCustomers === 0 ? null : toFourDecimals(cost / newCustomers);
}

/** Null of nothing. */
export const percentOf = (part: number, whole: number) =>
  whole === 0 ? null : toFourDecimals((part / whole) * 100);

const input = z
  .strictObject({
    revenue: amount.describe("Minor units, as are the others."),
    cost: amount.describe("Of the promotion: discounts, advertising, service, hidden costs."),
    goodsCost: amount.optional(),
    revenueWithout: amount
      .optional()
      .describe("Of the holdout, or of the same period last year, at the same size."),
    orders: z.int().min(0).optional(),
    newCustomers: z.int().min(0).optional(),
  })
  .meta({ id: "CampaignReturnsQuestion" });
type CampaignReturnsQuestion = z.output<typeof input>;

export const campaignReturnsResult = z
  .object({
    roi: z.number().nullable().describe("1 is a hundred percent. Null: it cost nothing."),
    incrementalRevenue: z.int().nullable(),
    incrementalRoi: z.number().nullable().describe("The same, of what was added alone."),
    acquisitionCost: z.number().nullable().describe("Minor units for each new customer."),
    grossMargin: z.number().nullable().describe("Percent."),
    netMargin: z.number().nullable().describe("Percent."),
  })
  .meta({ id: "CampaignReturns" });

export const campaignReturns = defineCalculation({
  name: "campaign-returns",
  id: "campaignReturns",
  summary: "What a campaign earned: ROI, what it added, what a new customer cost, margins.",
  formula:
    "ROI = (revenue − cost) ÷ cost; incremental = revenue − revenue without; acquisition cost = cost ÷ new customers; gross margin = (revenue − goods) ÷ revenue; net margin = (revenue − goods − cost) ÷ revenue",
  source: "The usual definitions of return on marketing, margin and acquisition cost.",
  input,
  result: campaignReturnsResult,
  example: {
    revenue: 3_250_000_00,
    cost: 600_000_00,
    goodsCost: 1_300_000_00,
    revenueWithout: 1_900_000_00,
    orders: 12_000,
    newCustomers: 5_800,
  },
  compute: returnsOf,
});

/** Of a campaign, all of it. `revenueWithout` may be below 0 where it added more than it sold itself. */
export function returnsOf({
  revenue,
  cost,
  goodsCost,
  revenueWithout,
  orders,
  newCustomers,
}: CampaignReturnsQuestion) {
  const incremental = revenueWithout === undefined ? null : revenue - revenueWithout;
  return {
    result: {
      roi: roiOf(revenue, cost),
      incrementalRevenue: incremental,
      incrementalRoi: incremental === null ? null : roiOf(incremental, cost),
      acquisitionCost: newCustomers === undefined ? null : acquisitionCostOf(cost, newCustomers),
      grossMargin: goodsCost === undefined ? null : percentOf(revenue - goodsCost, revenue),
      netMargin: goodsCost === undefined ? null : percentOf(revenue - goodsCost - cost, revenue),
    },
    cautions: cautionsOn(goodsCost, revenueWithout, orders),
  };
}

function cautionsOn(
  goodsCost: number | undefined,
  revenueWithout: number | undefined,
  orders: number | undefined,
): Caution[] {
  const cautions: Caution[] = [];
  if (goodsCost === undefined)
    cautions.push({
      code: "margin_unknown",
      message: "Revenue says nothing of profit: name what the goods cost.",
    });
  if (revenueWithout === undefined)
    cautions.push({
      code: "increment_unknown",
      message: "Some of it would have been sold anyway: compare with a holdout or with last year.",
    });
  if (orders !== undefined && orders < fewOrders)
    cautions.push({
      code: "few_orders",
      message: `Under ${fewOrders} orders chance decides: draw no conclusion yet.`,
    });
  return cautions;
}

import { z } from "zod";
import { currencyCode } from "../../engine/money.ts";
import { campaignKey, campaignMetric } from "./campaign-schemas.ts";

const instant = z.iso.datetime();
const amount = z.int().describe("Minor units.");
const share = z.number().nullable();

export const attainment = z
  .object({
    metric: campaignMetric,
    target: z.number(),
    currency: currencyCode.nullable().describe("Of amounts and of ROI; null for what is counted."),
    by: instant.describe(
      "When it is to be reached. Where that is before the campaign's end, what comes after it does not count.",
    ),
    actual: z
      .number()
      .nullable()
      .describe(
        "In the same unit as the target; null where it cannot be told, as conversion without visits.",
      ),
    percent: z.number().nullable().describe("actual ÷ target × 100, to two decimals."),
    expected: z
      .number()
      .describe(
        "What should be there by now: of what adds up, the target's share of the time that has passed; of ratios and averages the target itself.",
      ),
    isOnTrack: z
      .boolean()
      .nullable()
      .describe("actual ≥ expected. Null before the campaign begins, and where `actual` is."),
    isReached: z.boolean(),
  })
  .meta({ id: "CampaignAttainment" });
export type Attainment = z.output<typeof attainment>;

export const campaignAttainment = z
  .object({
    campaign: campaignKey,
    asOf: instant,
    elapsed: z.number().describe("How much of the campaign's time has passed, 0 to 1."),
    goals: z.array(attainment),
  })
  .meta({ id: "CampaignAttainments" });
export type CampaignAttainments = z.output<typeof campaignAttainment>;

export const campaignMargin = z
  .object({
    knownShare: share.describe(
      "Of what was paid for goods, the share whose cost is known (`unitCost` of orders and carts), 0 to 1. Below 1 the margin is that of this share only. Null while nothing is sold.",
    ),
    amount: z
      .int()
      .nullable()
      .describe(
        "What was paid for goods of known cost, less that cost, in minor units; null where no cost is known.",
      ),
    grossPercent: z.number().nullable().describe("The same in percent of what was paid for them."),
    netPercent: z
      .number()
      .nullable()
      .describe(
        "GMV less goods, gifts and other costs, in percent of GMV (discounts are off GMV already); null unless all costs of goods are known.",
      ),
  })
  .meta({ id: "CampaignMargin" });

const figures = {
  visits: z.int().describe("Tracked events `view` that name the campaign."),
  orders: z.int().describe("In which a promotion of the campaign applied, less those returned whole."),
  units: z.int().describe("Goods of these orders, less those returned."),
  unitsPerOrder: z.number().nullable(),
  gmv: amount.describe("What was paid for these orders, less what was refunded, in minor units."),
  margin: campaignMargin.describe("GMV is never told without it."),
  refunded: amount,
  averageOrderValue: z.int().nullable().describe("GMV ÷ orders, in minor units."),
  conversion: z
    .number()
    .nullable()
    .describe("Orders of all currencies ÷ visits, 0 to 1; null without visits."),
  discountCost: amount.describe(
    "What the campaign's promotions took off goods that were kept, in minor units.",
  ),
  giftValue: amount.describe("What their gifts and services are said to be worth to customers. In no cost."),
  giftCost: amount.describe(
    "What the gifts and services cost that were given and kept: as the order's line of the gift says (`unitCost`), else the promotion's benefit, by the version that priced the order.",
  ),
  uncostedGifts: z.int().describe("Units of gifts and services of which neither says what they cost."),
  otherCosts: amount.describe("The cost entries, in minor units."),
  cost: amount.describe("Discounts, gifts and cost entries, in minor units."),
  roi: z.number().nullable().describe("(GMV − cost) ÷ cost: 3.2 is 1 : 3.2. Null where there was no cost."),
  newCustomers: z.int().describe("Whose first paid order it was."),
  winBacks: z.int().describe("Whose last paid order was more than 90 days before."),
  acquisitionCost: z.number().nullable().describe("Cost ÷ new customers, in minor units; null without any."),
  promotedUnits: z.int().describe("Units that the campaign's promotions discounted or gave away."),
};
export const campaignFigures = z.object(figures).meta({ id: "CampaignFigures" });
export type CampaignFigures = z.output<typeof campaignFigures>;

const boardChannel = campaignFigures
  .extend({
    channel: z
      .string()
      .nullable()
      .describe("Null: none was told. Cost entries without a channel are in the whole alone."),
  })
  .meta({ id: "CampaignBoardChannel" });

const boardPromotion = z
  .object({
    promotion: z.string().describe("Its key."),
    name: z.string().nullable(),
    status: z
      .enum(["draft", "scheduled", "active", "paused", "ended", "archived", "moved"])
      .meta({ id: "CampaignPromotionStatus" })
      .describe("`moved`: it is not in this campaign any more; what it sold while it was still counts."),
    orders: z
      .int()
      .describe(
        "In which it applied. Several may apply to one order, so promotions do not add up to the campaign.",
      ),
    gmv: amount.describe("What was paid for these orders, less refunds, in minor units."),
    discountCost: amount.describe("What it took off, in minor units. Of promotions this does add up."),
    givesAway: z.boolean().describe("It gives gifts, services, points or coupons."),
    hasUnknownCost: z
      .boolean()
      .describe(
        "It gave points or coupons, which are in no cost here, or gifts or services of which nobody said what they cost.",
      ),
    usesLeft: z.int().nullable().describe("Null: as often as wanted."),
    budget: amount.nullable().describe("In the board's currency; null without one."),
    budgetLeft: amount.nullable(),
    lastSoldAt: instant
      .nullable()
      .describe("When the last quarter of an hour began in which it applied to an order."),
  })
  .meta({ id: "CampaignBoardPromotion" });
export type BoardPromotion = z.output<typeof boardPromotion>;

export const alertCodes = [
  "goal_behind",
  "conversion_low",
  "roi_low",
  "budget_nearly_spent",
  "budget_spent",
  "promotion_budget_nearly_spent",
  "promotion_exhausted",
  "cost_unknown",
  "gifts_not_in_cost",
  "visits_unknown",
  "few_orders",
] as const;
const alert = z
  .object({
    code: z.enum(alertCodes).meta({
      id: "CampaignAlertCode",
      description:
        "`goal_behind`: less than the time that has passed asks for. `conversion_low`: under 0.7 × the goal. `roi_low`: under 0.8 × the goal. `…nearly_spent`: four fifths are gone. `promotion_exhausted`: no uses or no budget left. " +
        "`cost_unknown`: of part of the goods nobody said what they cost. `gifts_not_in_cost`: points or coupons were given, or gifts or services of which nobody said what they cost (`uncostedSkus`): more than `cost` says, and ROI has it. `visits_unknown`: orders, but no `view` events. `few_orders`: under 100, by which nothing is decided yet.",
    }),
    severity: z.enum(["info", "warning", "critical"]).meta({ id: "CampaignAlertSeverity" }),
    subject: z.string().describe("A metric, a promotion's key, or `campaign`."),
    message: z.string(),
    actual: z.number().nullable(),
    threshold: z.number().nullable().describe("What it is held against."),
  })
  .meta({ id: "CampaignAlert" });
export type CampaignAlert = z.output<typeof alert>;

const element = z
  .object({
    name: z
      .string()
      .describe(
        "Of the budget, of cost entries, or `discounts`: what promotions took off; or `gifts`: what it cost that they gave.",
      ),
    planned: amount.nullable().describe("Minor units; null: no element of the budget has this name."),
    spent: amount.describe("Minor units."),
  })
  .meta({ id: "CampaignElement" });
export type CampaignElement = z.output<typeof element>;
export const campaignElements = z
  .array(element)
  .describe(
    "What was planned and spent by element and hidden cost of the budget. Stages are a plan alone: no cost entry names one.",
  );

const point = z
  .object({
    from: instant,
    visits: z.int(),
    orders: z.int(),
    gmv: amount,
    discountCost: amount,
  })
  .meta({ id: "CampaignBoardPoint" });
export type BoardPoint = z.output<typeof point>;

export const campaignBoard = z
  .object({
    campaign: campaignKey,
    name: z.string(),
    status: z.enum(["planned", "running", "over", "archived"]).meta({ id: "CampaignBoardStatus" }),
    asOf: instant,
    startsAt: instant,
    endsAt: instant,
    timezone: z.string().describe("In which days are told."),
    elapsed: z.number().describe("How much of the campaign's time has passed, 0 to 1."),
    currency: currencyCode
      .nullable()
      .describe(
        "Of all amounts: the budget's, else the first goal's, else that of most orders; null where there is none of these.",
      ),
    otherCurrencies: z
      .array(
        z
          .object({ currency: currencyCode, orders: z.int(), gmv: amount })
          .meta({ id: "CampaignOtherCurrency" }),
      )
      .describe("What was sold in others. Nothing is converted: it is in no figure here."),
    budget: amount.nullable().describe("All that it may cost; null without one."),
    budgetLeft: amount
      .nullable()
      .describe("Less discounts, gifts and cost entries; below zero where it is exceeded."),
    elements: campaignElements,
    figures: campaignFigures.describe("Of the campaign as a whole, each order once."),
    goals: z.array(attainment),
    channels: z.array(boardChannel).describe("The largest GMV first; at most 100."),
    promotions: z.array(boardPromotion).describe("The largest discount first; at most 200."),
    uncostedSkus: z
      .array(z.string())
      .describe("Gifts of which nobody said what they cost, by SKU; at most 100. Services have none."),
    timeline: z
      .array(point)
      .describe(
        "By hours where the campaign takes up to three days, else by its days; at most the last 400. What came back counts where it was sold.",
      ),
    alerts: z.array(alert).describe("The gravest first."),
  })
  .meta({
    id: "CampaignBoard",
    description:
      "All that there is to watch of a campaign: whatever its promotions sold and whatever was entered for it, bills and payments after its end included; of visits those between its dates. It is counted by quarter hours, those at the borders whole. About a second behind the orders.",
  });
export type CampaignBoard = z.output<typeof campaignBoard>;

/** What of the board policies go by: the campaign and its channels as wholes, all of them. */
export type CampaignStanding = Pick<
  CampaignBoard,
  "status" | "startsAt" | "endsAt" | "currency" | "figures" | "goals" | "channels"
>;

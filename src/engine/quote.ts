/** The result of an evaluation. A quote promises nothing. */
import { z } from "zod";
import { stockReasons } from "./allotment.ts";
import { guarantees } from "./guarantees.ts";
import { currencyCode, minorUnits } from "./money.ts";
import { orderRules } from "./price-list.ts";
import { strategy } from "./settings.ts";

export const stage = z.enum(["item", "order", "shipping", "reward"]).meta({ id: "Stage" });
const promotion = z.string().describe("The promotion's key.");

export const unitRunSchema = z
  .strictObject({ units: z.int(), amount: minorUnits.describe("Off each of these units.") })
  .meta({ id: "UnitRun" });

const fundedPartSchema = z
  .strictObject({ funder: z.string(), percent: z.number(), amount: minorUnits })
  .meta({ id: "FundedPart", description: "What one funder bears of a discount." });
const funding = z
  .array(fundedPartSchema)
  .optional()
  .describe("Only where several fund the promotion: their parts, which come to the amount.");

const adjustmentSchema = z
  .strictObject({
    promotion,
    stage,
    amount: minorUnits.describe("What this promotion takes off this line."),
    code: z.string().nullable().describe("The code that triggered it, as entered."),
    runs: z
      .array(unitRunSchema)
      .describe(
        "The amount by units; the sum of units × amount is exact. Where several promotions touch the line, the runs of all begin with its first unit, and units that one leaves out have 0: so it can be told what each unit costs.",
      ),
    funding,
  })
  .meta({ id: "Adjustment" });

const priceBreakSchema = z
  .strictObject({ from: z.int(), unitPrice: minorUnits })
  .meta({ id: "PriceBreak", description: "From so many units of the SKU on, each costs so much." });

export const linePriceSchema = z
  .strictObject({
    list: z.string().describe("The key of the price list."),
    from: z.int().describe("The break that was reached: from so many units of the SKU on."),
    unitPrice: minorUnits.describe("What a unit costs before promotions, instead of what the request said."),
    requestedUnitPrice: minorUnits.describe("What the request said."),
    nextBreak: priceBreakSchema.nullable().describe("The next one up; null where there is none."),
  })
  .meta({ id: "LinePrice" });

const brokenOrderRuleSchema = z
  .strictObject({
    list: z.string().describe("The key of the price list whose rule it is."),
    rule: z.enum(orderRules).meta({
      id: "OrderRule",
      description:
        "`amount`, `quantity`: of all goods that the list prices, at its prices before promotions. `sku_quantity`, `sku_multiple`: units of one SKU.",
    }),
    sku: z.string().nullable(),
    required: z.int().describe("The least that would do: minor units for `amount`, else units."),
    actual: z.int(),
    gap: z.int(),
  })
  .meta({ id: "BrokenOrderRule" });

const quoteLineSchema = z
  .strictObject({
    id: z.string(),
    subtotal: minorUnits,
    discount: minorUnits,
    total: minorUnits,
    adjustments: z.array(adjustmentSchema),
    priceList: linePriceSchema
      .optional()
      .describe("Only of a line that a price list of the shopper's has priced."),
  })
  .meta({ id: "QuoteLine" });

const shippingLineSchema = z
  .strictObject({
    id: z.string(),
    amount: minorUnits,
    discount: minorUnits,
    total: minorUnits,
    adjustments: z.array(adjustmentSchema),
  })
  .meta({ id: "ShippingLine" });

const appliedPromotionSchema = z
  .strictObject({
    promotion,
    promotionId: z.string().nullable().describe("Null for a draft."),
    stage,
    amount: minorUnits,
    times: z.int().describe("How many times it was applied."),
    label: z.string(),
    funder: z.string(),
    funding,
    unappliedAmount: minorUnits.describe("What a floor, a budget or the price itself refused."),
    stock: z
      .array(
        z
          .strictObject({
            sku: z.string(),
            units: z
              .int()
              .describe("Units that it discounts or uses up: taken from its stock when redeemed."),
            missing: z.int().describe("Units in the cart that it could not touch."),
            reason: z.enum(stockReasons).meta({ id: "StockReason" }).nullable(),
          })
          .meta({ id: "StockUse" }),
      )
      .optional()
      .describe(
        "Only of a promotion with a stock of its own or a safety stock: the goods of which it is limited.",
      ),
  })
  .meta({ id: "AppliedPromotion" });

const rewardSchema = z
  .strictObject({
    promotion,
    benefit: z.int().describe("Which of the promotion's benefits gives it, counted from 0."),
    kind: z.enum(["gift", "points", "issue_coupon", "service"]).meta({ id: "RewardKind" }),
    sku: z.string().nullable().optional(),
    choices: z.array(z.string()).optional().describe("The customer picks one; `sku` is null."),
    name: z.string().optional(),
    quantity: z.int().optional(),
    value: minorUnits.nullable().optional().describe("Worth of one unit."),
    points: z.int().nullable().optional().describe("Null when only a multiplier is given."),
    multiplier: z.number().optional(),
    programme: z.string().optional().describe("The currency of points; left out, `points`."),
    pool: z.string().optional(),
    to: z.enum(["customer", "referrer"]).meta({ id: "CouponReceiver" }).optional(),
    validFor: z.string().nullable().optional(),
  })
  .meta({ id: "Reward" });

const codeStatusSchema = z
  .strictObject({
    code: z.string(),
    status: z.enum(["applied", "rejected"]).meta({ id: "CodeStatus" }),
    promotion: z.string().nullable(),
    reason: z.string().nullable(),
  })
  .meta({ id: "CodeResult" });

export const optimalitySchema = z
  .strictObject({
    proven: z.boolean().describe("No plan that the rules allow is cheaper."),
    bound: minorUnits.nullable().describe("The most that any plan could still save beyond this one."),
  })
  .meta({ id: "Optimality" });

const notAppliedSchema = z
  .strictObject({
    promotion,
    reason: z.string(),
    message: z.string().describe("The reason in words."),
    required: z.int().optional(),
    actual: z.int().optional(),
    gap: z.int().optional().describe("What is missing: minor units, or units of goods."),
    wouldSave: minorUnits
      .optional()
      .describe("What the promotion would take off, on its own, if the gap were closed."),
    path: z.string().optional().describe("Where a missing fact was looked for."),
    displacedBy: z
      .array(z.string())
      .optional()
      .describe("Promotions that applied in its place, or whose thresholds it would have cost."),
    costOfForcing: z
      .int()
      .optional()
      .describe(
        "How much more the customer would pay, in minor units, if the plan had to contain this promotion. Told with `explain: all` of those that another plan could have. Below zero only where the quote's own plan is not proven to be the cheapest, or where that plan does without a code that is to be honoured.",
      ),
    costOptimality: optimalitySchema
      .optional()
      .describe("Of the plan behind `costOfForcing`: not proven, forcing might cost up to `bound` less."),
  })
  .meta({ id: "NotApplied" });

const hintSchema = z
  .strictObject({
    kind: z.enum(["amount", "units"]).meta({
      id: "HintKind",
      description: "More goods of whatever kind, or more units of goods in the cart.",
    }),
    line: z.string().nullable().describe("The line of which more units are meant; null: any goods."),
    sku: z.string().nullable(),
    quantity: z.int().nullable().describe("Units to add; null: goods worth `amount`."),
    amount: minorUnits.describe("What the added goods cost by themselves."),
    total: minorUnits.describe("The total with them, as an evaluation would answer it."),
    saving: minorUnits.describe("total of this quote + amount − total with them: what they would take off."),
    promotions: z.array(z.string()).describe("Those that then take off more."),
    message: z.string().describe("The hint in words."),
  })
  .meta({ id: "Hint" });

export const degradation = {
  degraded: z
    .boolean()
    .describe(
      "The database is away, and `asOf` and `missing` say what that means for this answer; or the project's promotions are stopped.",
    ),
  asOf: z
    .string()
    .optional()
    .describe("Only while the database is away: when the rules were last known to be the newest."),
  missing: z
    .array(z.enum(guarantees).meta({ id: "Guarantee" }))
    .optional()
    .describe(
      "Only while the database is away: what could not be had. Promotions that need it were left out, and are told of in `notApplied`.",
    ),
};

const quoteFields = {
  rulebook: z.string().describe("The version of the rules."),
  at: z.string(),
  currency: currencyCode,
  strategy,
  ...degradation,
  subtotal: minorUnits,
  discount: minorUnits.describe("Off the goods."),
  shipping: minorUnits,
  shippingDiscount: minorUnits,
  total: minorUnits.describe("subtotal − discount + shipping − shippingDiscount"),
  due: z
    .int()
    .describe("total − deposits already paid, in minor units; below zero where more was paid than is due."),
  lines: z.array(quoteLineSchema),
  shippingLines: z.array(shippingLineSchema),
  promotions: z.array(appliedPromotionSchema),
  rewards: z.array(rewardSchema),
  codes: z.array(codeStatusSchema),
  notApplied: z.array(notAppliedSchema),
  brokenOrderRules: z
    .array(brokenOrderRuleSchema)
    .optional()
    .describe(
      "Only where the cart breaks minimum order rules of a price list: it cannot be redeemed like this.",
    ),
  hints: z
    .array(hintSchema)
    .optional()
    .describe("Only where the request says `hints: true`: the largest saving first."),
  optimality: optimalitySchema,
};

export const quoteSchema = z.strictObject({ id: z.string(), ...quoteFields }).meta({ id: "Quote" });

/** What the engine answers; the shell gives it its id. */
export type Quote = Omit<z.output<typeof quoteSchema>, "id">;
export type QuoteLine = z.output<typeof quoteLineSchema>;
export type Adjustment = z.output<typeof adjustmentSchema>;
export type NotApplied = z.output<typeof notAppliedSchema>;
export type Hint = z.output<typeof hintSchema>;
export type CodeResult = z.output<typeof codeStatusSchema>;

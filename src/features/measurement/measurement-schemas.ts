import { z } from "zod";
import { limits } from "../../engine/limits.ts";
import { currencyCode } from "../../engine/money.ts";
import { caution } from "../planning/calculation.ts";
import { campaignReturnsResult } from "../planning/campaign-returns.ts";
import { verdict } from "../planning/significance.ts";

const name = z.string().min(1).max(limits.nameLength);
const money = z.int().describe("Minor units.");
const perCustomer = z.number().describe("Minor units.");
const share = z.number().nullable().describe("Percent. Null: of nobody.");

export const measurementQuery = z.strictObject({
  currency: currencyCode.optional().describe("Of the sales; left out, the one of the campaign's budget."),
  confidence: z.number().min(50).max(99.9).default(95).describe("Percent."),
});
export type MeasurementQuery = z.output<typeof measurementQuery>;

export const experimentParams = z.strictObject({ name });
export const experimentQuery = measurementQuery.extend({
  currency: currencyCode,
  to: z.iso
    .datetime({ offset: true })
    .optional()
    .describe("Sales before this instant, of customers who met it before; left out, until now."),
});
export type ExperimentQuery = z.output<typeof experimentQuery>;

const arm = z
  .object({
    arm: z.string().describe("`holdout` or `treatment`; of an experiment a variant's name, or `control`."),
    customers: z.int().describe("Noted as having met it. They are measured, whatever they got."),
    buyers: z.int(),
    orders: z.int(),
    revenue: money.describe("What they paid from then on, less refunds, with promotions and without."),
    newCustomers: z.int().describe("Buyers who had not bought before they met it."),
    revenuePerCustomer: perCustomer,
    repurchase: share.describe(
      "Percent of buyers who bought again within 30 days, of those whose first order is 30 days old. Null: there are none.",
    ),
  })
  .meta({ id: "MeasuredArm" });
export type MeasuredArm = z.output<typeof arm>;

const comparison = z
  .object({
    arm: z.string().describe("Which arm, against the one it is compared with."),
    against: z.string(),
    verdict,
    orders: z.int().describe("Of both arms: what the verdict stands on."),
    difference: perCustomer.describe("Revenue per customer, less that of the other arm."),
    uplift: share.describe("The same, in percent of the other arm's. Null: that is 0."),
    t: z.number().nullable(),
    degreesOfFreedom: z.number().nullable(),
    pValue: z.number().nullable().describe("Welch's t-test of revenue per customer, two-sided."),
    level: z
      .number()
      .describe("What it must stay under: by confidence, days on which somebody looked, and comparisons."),
    interval: z.array(z.number()).nullable().describe("Of the difference, low and high, at that level."),
    incremental: z
      .object({
        revenue: money.describe("The difference times the customers of the arm, scaled up by the sample."),
        revenueInterval: z.array(z.int()).nullable(),
        orders: z.number().describe("Scaled by the sizes of the arms."),
        newCustomers: z.number(),
      })
      .meta({ id: "IncrementalSales" }),
  })
  .meta({ id: "ArmComparison" });
export type ArmComparison = z.output<typeof comparison>;

const group = z
  .object({ name: z.string().nullable().describe("Null: not told."), comparison })
  .meta({ id: "MeasuredGroup" });
export type MeasuredGroup = z.output<typeof group>;

const sku = z
  .object({
    sku: z.string(),
    treatment: z.number().describe("Units per 1,000 customers of the arm."),
    holdout: z.number(),
    incrementalUnits: z.number().describe("Scaled by the sizes of the arms and the sample."),
  })
  .meta({ id: "MeasuredSku" });
export type MeasuredSku = z.output<typeof sku>;

const looks = z
  .object({
    days: z
      .int()
      .describe(
        "On which somebody looked, today included; after a campaign's end all together count as one.",
      ),
    level: z
      .number()
      .describe("(100 − confidence) ÷ 100, of which the k-th day has 1 ÷ (k · (k + 1)); by comparisons."),
  })
  .meta({ id: "MeasurementLooks" });

const period = z
  .object({ from: z.iso.datetime(), to: z.iso.datetime(), orders: z.int(), revenue: money })
  .meta({ id: "SalesOfPeriod" });
export type SalesOfPeriod = z.output<typeof period>;

export const measurement = z
  .object({
    campaign: z.string(),
    currency: z.string(),
    from: z.iso.datetime(),
    to: z.iso.datetime().describe("The campaign's end, or now."),
    isOver: z.boolean(),
    returns: campaignReturnsResult
      .extend({
        revenue: money.describe("Of orders in which a promotion of it applied, less refunds."),
        cost: money.describe(
          "Discounts, gifts of which it is known what they cost, and the costs entered, as on the board.",
        ),
      })
      .meta({ id: "MeasuredReturns" }),
    arms: z.array(arm).describe("Of those of whom it is noted that they met the campaign."),
    comparison: comparison.nullable().describe("Treatment against holdout. Null: one of them is empty."),
    dip: z
      .object({
        days: z.int().describe("After the end: as many as it lasted, at most 30, so far."),
        treatment: perCustomer,
        holdout: perCustomer,
        difference: perCustomer.describe("Below 0: what was bought was bought ahead."),
        pValue: z.number().nullable(),
        revenue: money.describe(
          "The difference times the customers of the treatment, scaled up by the sample.",
        ),
      })
      .meta({ id: "PostPromotionDip" })
      .nullable()
      .describe("Null while it runs."),
    channels: z.array(group).describe("By the channel in which customers first met it."),
    segments: z.array(group).describe("By the segments they are in now. A customer may be in several."),
    skus: z.array(sku).describe("Those that brought most; at most 50."),
    lastYear: z
      .object({ now: period, before: period, change: share })
      .meta({ id: "LastYear" })
      .describe("All sales of the project, and those of the same dates of the year before."),
    looks,
    cautions: z.array(caution),
  })
  .meta({ id: "CampaignMeasurement" });
export type Measurement = z.output<typeof measurement>;

export const experimentMeasurement = z
  .object({
    experiment: z.string(),
    currency: z.string(),
    arms: z.array(arm),
    comparisons: z
      .array(comparison)
      .describe("Each arm against the `control`; where there is none, against the first by name."),
    looks,
    cautions: z.array(caution),
  })
  .meta({ id: "ExperimentMeasurement" });
export type ExperimentMeasurement = z.output<typeof experimentMeasurement>;

export const attributionQuery = z.strictObject({
  currency: currencyCode.optional().describe("Left out, the one of the campaign's budget."),
  windowDays: z.int().min(1).max(90).default(30).describe("Touches so long before an order count for it."),
});
export type AttributionQuery = z.output<typeof attributionQuery>;

const credit = z.object({ orders: z.number(), revenue: money }).meta({ id: "AttributedCredit" });

export const attribution = z
  .object({
    campaign: z.string(),
    currency: z.string(),
    orders: z.int().describe("Of customers who were touched in the window before."),
    revenue: money,
    channels: z
      .array(
        z
          .object({
            channel: z.string().nullable(),
            touches: z.int().describe("In the windows of those orders."),
            first: credit.describe("All to the first touch."),
            last: credit.describe("All to the last touch before the order."),
            linear: credit.describe("To every touch alike, to the cent."),
          })
          .meta({ id: "AttributedChannel" }),
      )
      .describe("The largest by last touch first."),
  })
  .meta({ id: "CampaignAttribution" });
export type Attribution = z.output<typeof attribution>;

import { z } from "zod";
import { dealerFilter } from "../../engine/dealer.ts";
import { limits } from "../../engine/limits.ts";
import { currencyCode, minorUnits } from "../../engine/money.ts";
import { goodsSelector } from "../../engine/selectors/selector.ts";
import { timezone } from "../../engine/settings.ts";
import { pageOf, pageQuery } from "../../platform/pagination.ts";

export const mostAgreements = 200;
export const mostPeriods = 120;
const mostSteps = 50;

const name = z.string().min(1).max(limits.nameLength);
const measure = z.int().min(0).max(limits.amount);

export const agreementKey = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[a-z0-9][a-z0-9._-]*$/)
  .meta({ id: "RebateAgreementKey" });
export const agreementParams = z.strictObject({ key: agreementKey });

const rate = {
  percent: z.number().min(0).max(100).optional().describe("Of the amount; at most four decimals."),
  perUnit: minorUnits.max(limits.amount).optional().describe("For each unit of goods."),
};

export const rebateBasis = z.enum(["amount", "quantity"]).meta({ id: "RebateBasis" });
const tiersSchema = z
  .strictObject({
    mode: z.enum(["volume", "graduated"]).meta({
      id: "RebateTierMode",
      description: "`volume`: the reached tier for everything. `graduated`: each slice at its own tier.",
    }),
    steps: z
      .array(z.strictObject({ from: measure, ...rate }).meta({ id: "RebateTier" }))
      .min(1)
      .max(mostSteps)
      .describe("From the lowest up, each in what the basis is measured in, with `percent` or `perUnit`."),
  })
  .meta({ id: "RebateTiers" });
const growthSchema = z
  .strictObject({
    of: z.enum(["total", "increase"]).meta({ id: "RebateGrowthOf" }).default("total"),
    steps: z
      .array(
        z
          .strictObject({ overPercent: z.number().min(0).max(10_000), ...rate })
          .meta({ id: "RebateGrowthStep" }),
      )
      .min(1)
      .max(mostSteps),
  })
  .meta({ id: "RebateGrowth" });
const launchSchema = z
  .strictObject({
    name,
    products: goodsSelector,
    launchedOn: z.iso.date(),
    days: z.int().min(1).max(366).describe("How long it counts, the first day included."),
    ...rate,
  })
  .meta({ id: "RebateLaunch" });
const targetSchema = z
  .strictObject({
    value: measure.min(1),
    byDealer: z
      .record(z.string().min(1).max(limits.nameLength), measure.min(1))
      .optional()
      .meta({ id: "RebateTargets", scalar: true, description: "Targets of their own, by dealer." }),
    bonus: z
      .strictObject({ amount: minorUnits.max(limits.amount).optional(), ...rate })
      .meta({ id: "RebateBonus" })
      .optional()
      .describe("One of `amount`, `percent` and `perUnit`, for whoever reaches it."),
  })
  .meta({ id: "RebateTarget" });

export const rebateAgreementDocument = z
  .strictObject({
    name: name.optional(),
    currency: currencyCode.describe("Orders in another currency do not count."),
    funders: z
      .array(z.strictObject({ name, percent: z.number().min(0).max(100) }).meta({ id: "RebateFunder" }))
      .min(1)
      .max(10)
      .default([{ name: "merchant", percent: 100 }])
      .describe("Who bears it, in shares of together 100 percent."),
    dealers: dealerFilter
      .meta({ id: "DealerFilter" })
      .default({})
      .describe("Inside a field any of, across fields all of; empty: every dealer with an account."),
    products: goodsSelector.optional().describe("Left out: all goods."),
    schedule: z
      .strictObject({
        startsOn: z.iso.date(),
        endsOn: z.iso.date().describe("The last day that counts."),
        every: z
          .enum(["month", "quarter", "year", "once"])
          .meta({ id: "RebatePeriodLength" })
          .describe("Calendar periods, which the dates must begin and end; or `once` for all of it."),
        timezone: timezone.optional().describe("The project's, if left out."),
      })
      .meta({ id: "RebateSchedule" }),
    basis: rebateBasis,
    countsFrom: z
      .enum(["placed", "paid", "fulfilled"])
      .meta({ id: "RebateCountsFrom" })
      .default("paid")
      .describe("From which status on an order counts. In which period it does, `placedAt` says."),
    netOfDiscounts: z.boolean().default(true).describe("What was paid; false: units at their price."),
    netOfReturns: z.boolean().default(true).describe("Without what came back."),
    tiers: tiersSchema.optional(),
    growth: growthSchema.optional().describe("Over the same period of the year before."),
    launches: z.array(launchSchema).max(10).optional(),
    target: targetSchema.optional(),
    cap: minorUnits.max(limits.amount).optional().describe("The most that a dealer gets for a period."),
  })
  .meta({ id: "RebateAgreementDocument" });
export type RebateAgreementDocument = z.output<typeof rebateAgreementDocument>;

export const periodState = z.enum(["open", "closed"]).meta({ id: "RebatePeriodState" });
const periodKey = z.string().min(1).max(50);
const period = z
  .object({
    key: z.string(),
    startsAt: z.iso.datetime().nullable().describe("Null where only adjustments are booked."),
    endsAt: z.iso.datetime().nullable(),
    state: periodState,
  })
  .meta({ id: "RebatePeriod" });
export type ShownPeriod = z.output<typeof period>;

export const rebateAgreement = rebateAgreementDocument
  .extend({
    key: z.string(),
    version: z.int().describe("The ETag."),
    updatedAt: z.iso.datetime(),
    periods: z.array(period),
  })
  .meta({ id: "RebateAgreement" });
export type RebateAgreement = z.output<typeof rebateAgreement>;
export const rebateAgreementPage = pageOf(rebateAgreement, "RebateAgreementPage");
export const rebateAgreementQuery = pageQuery;

export const periodParams = z.strictObject({ key: agreementKey, period: periodKey });

export const shownLine = z
  .object({
    kind: z.enum(["tier", "growth", "launch", "target", "cap", "adjustment"]).meta({ id: "RebateLineKind" }),
    name: z.string().nullable().describe("Of a launch; of an adjustment the period it is for."),
    from: z.number().nullable().describe("The threshold that was reached; of growth in percent."),
    of: z.int().nullable().describe("What the rate was applied to; null for a fixed amount."),
    percent: z.number().nullable(),
    perUnit: minorUnits.nullable(),
    amount: z.int().describe("Minor units. The lines add up to the total."),
  })
  .meta({ id: "RebateLine" });
export type ShownLine = z.output<typeof shownLine>;

const figures = {
  agreement: z.string(),
  period: z.string(),
  dealer: z.string(),
  currency: currencyCode,
  basis: rebateBasis,
  amount: z.int().describe("What counts of the period's orders, minor units."),
  quantity: z.int(),
  amountYearBefore: z.int(),
  quantityYearBefore: z.int(),
  target: z.int().nullable(),
  attainmentPercent: z.number().nullable().describe("Of the target; rounded down to four decimals."),
  lines: z.array(shownLine),
  total: z.int().describe("Earned in the period and adjusted in it, minor units."),
};

export const rebateStanding = z
  .object({
    ...figures,
    periodState,
    next: z
      .object({
        kind: z.enum(["tier", "growth", "target"]).meta({ id: "RebateThresholdKind" }),
        at: z.int().describe("As the basis is measured."),
        missing: z.int(),
        reward: z.int().describe("What the period earns there."),
        worth: z.int().describe("How much more that is than now."),
      })
      .meta({ id: "NextRebateThreshold" })
      .nullable()
      .describe("The nearest threshold above; null in the highest."),
  })
  .meta({ id: "RebateStanding" });
export type RebateStanding = z.output<typeof rebateStanding>;
export const rebateStandingPage = pageOf(rebateStanding, "RebateStandingPage");
export const rebateStandingQuery = pageQuery.extend({
  agreement: agreementKey,
  period: periodKey,
  dealer: name.optional(),
});
export type RebateStandingQuery = z.output<typeof rebateStandingQuery>;

export const dealerRebatesParams = z.strictObject({ id: name });
export const dealerRebatesQuery = z.strictObject({
  at: z.iso.datetime({ offset: true }).optional().describe("Of the periods of this instant; left out: now."),
});
export const dealerRebates = z
  .object({ dealer: z.string(), items: z.array(rebateStanding) })
  .meta({ id: "DealerRebates" });
export type DealerRebates = z.output<typeof dealerRebates>;

export const statementState = z.enum(["closed", "approved", "paid"]).meta({ id: "RebateStatementState" });
export const rebateStatement = z
  .object({
    id: z.string(),
    state: statementState,
    ...figures,
    funding: z
      .array(z.object({ name: z.string(), amount: z.int() }).meta({ id: "RebateFunding" }))
      .describe("Who bears how much of the total; to the cent."),
    closedAt: z.iso.datetime(),
    approvedAt: z.iso.datetime().nullable(),
    approvedBy: z.string().nullable().describe("The id of the API key."),
    paidAt: z.iso.datetime().nullable(),
    paidBy: z.string().nullable(),
    reference: z.string().nullable().describe("Of the payment."),
  })
  .meta({ id: "RebateStatement" });
export type RebateStatement = z.output<typeof rebateStatement>;
export type StatementFigures = Pick<
  RebateStatement,
  | "basis"
  | "amount"
  | "quantity"
  | "amountYearBefore"
  | "quantityYearBefore"
  | "target"
  | "attainmentPercent"
  | "lines"
  | "funding"
>;
export const rebateStatementPage = pageOf(rebateStatement, "RebateStatementPage");
export const rebateStatementQuery = pageQuery.extend({
  agreement: agreementKey.optional(),
  period: periodKey.optional(),
  dealer: name.optional(),
  state: statementState.optional(),
});
export type RebateStatementQuery = z.output<typeof rebateStatementQuery>;
export const statementParams = z.strictObject({ id: z.string().min(1).max(100) });
export const payment = z.strictObject({ reference: name }).meta({ id: "RebatePayment" });

export const closedPeriod = z
  .object({
    agreement: z.string(),
    period: z.string(),
    closedAt: z.iso.datetime(),
    statements: z.int(),
    total: z.int(),
  })
  .meta({ id: "ClosedRebatePeriod" });
export type ClosedPeriod = z.output<typeof closedPeriod>;

export const rebateEntry = z
  .object({
    id: z.string(),
    agreement: z.string(),
    period: z.string().describe("In which it is booked."),
    dealer: z.string(),
    ofPeriod: z.string().describe("For which it was earned."),
    cause: z.enum(["accrue", "adjust", "close", "pay"]).meta({ id: "RebateCause" }),
    from: z.string(),
    to: z.string(),
    amount: minorUnits,
    order: z.string().nullable(),
    createdBy: z.string().nullable(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: "RebateEntry" });
export type ShownEntry = z.output<typeof rebateEntry>;
export const rebateEntryPage = pageOf(rebateEntry, "RebateEntryPage");
export const rebateEntryQuery = pageQuery.extend({
  agreement: agreementKey,
  period: periodKey,
  dealer: name,
});
export type RebateEntryQuery = z.output<typeof rebateEntryQuery>;

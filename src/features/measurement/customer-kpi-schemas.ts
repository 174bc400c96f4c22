import { z } from "zod";
import { currencyCode, minorUnits } from "../../engine/money.ts";
import { caution } from "../planning/calculation.ts";

export const customerKpiQuery = z.strictObject({
  currency: currencyCode,
  from: z.iso
    .datetime({ offset: true })
    .describe("Of customers who bought for the first time at this instant or later."),
  to: z.iso.datetime({ offset: true }).describe("And before this one; at most 366 days later."),
  by: z
    .enum(["all", "channel", "cohort", "channel_and_cohort"])
    .meta({
      id: "CustomerKpiGrouping",
      description:
        "`channel`: of their first order. `cohort`: the month of their first order, in the project's time zone.",
    })
    .default("all"),
  repurchaseDays: z.int().min(1).max(366).default(30),
  periodDays: z.int().min(7).max(366).default(90).describe("The period of the retention model."),
  margin: z
    .number()
    .min(0)
    .max(100)
    .optional()
    .describe("Percent of the revenue that is left after the goods. Left out: values are revenue."),
  discountRate: z.number().min(0).max(100).default(10).describe("Percent a year, of the retention model."),
});
export type CustomerKpiQuery = z.output<typeof customerKpiQuery>;

const kpiRow = z
  .object({
    channel: z.string().nullable().describe("Null: none was told, or rows are not by channel."),
    cohort: z.string().nullable().describe("A month, such as `2026-11`; null unless rows are by cohort."),
    customers: z.int().describe("Who bought for the first time."),
    orders: z.int().describe("Theirs, until now."),
    revenue: minorUnits.describe("Of these, less what was refunded."),
    cost: z.int().describe("Cost entries of campaigns in the period, corrections included. Minor units."),
    acquisitionCost: z
      .number()
      .nullable()
      .describe("CAC, minor units: cost ÷ customers. Null without customers."),
    matured: z.int().describe("Customers whose first order is `repurchaseDays` old."),
    repurchaseRate: z
      .number()
      .nullable()
      .describe("Percent of these who bought again within `repurchaseDays`. Null without any."),
    historicalValue: z
      .number()
      .nullable()
      .describe("Historical CLV, minor units: margin × revenue until now ÷ customers."),
    observed: z
      .int()
      .describe("Customers whose first order is two periods old: what the model is fitted to."),
    retention: z
      .number()
      .nullable()
      .describe("Percent of these who bought in the second period as well. Null under 100 of them."),
    lifetimeValue: z
      .number()
      .nullable()
      .describe("CLV by the retention model, minor units. Null where retention is."),
  })
  .meta({ id: "CustomerKpiRow" });
export type CustomerKpiRow = z.output<typeof kpiRow>;

export const customerKpis = z
  .object({
    currency: currencyCode,
    rows: z.array(kpiRow),
    model: z.object({ formula: z.string(), source: z.string() }).meta({ id: "CustomerValueModel" }),
    cautions: z.array(caution),
  })
  .meta({ id: "CustomerKpis" });
export type CustomerKpis = z.output<typeof customerKpis>;

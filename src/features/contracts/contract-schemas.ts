import { z } from "zod";
import { limits } from "../../engine/limits.ts";
import { currencyCode, minorUnits } from "../../engine/money.ts";
import { pageOf, pageQuery } from "../../platform/pagination.ts";

const name = z.string().min(1).max(limits.nameLength);
const day = z.iso.date();

export const contractId = name.describe("As the shop numbers the contract.");
export const contractParams = z.strictObject({ id: contractId });

const terms = {
  kind: name.optional().describe("Such as `maintenance`: what automations and promotions go by."),
  name: name.optional(),
  value: minorUnits.max(limits.amount).describe("Of the whole term, in minor units."),
};

export const contractDocument = z
  .strictObject({
    customer: name,
    ...terms,
    currency: currencyCode,
    startsOn: day,
    endsOn: day.describe("The last day, by the calendar of the project's zone."),
    autoRenew: z
      .boolean()
      .default(false)
      .describe("At its end a term of the same length and value follows by itself."),
  })
  .meta({ id: "ContractDocument" });
export type ContractDocument = z.output<typeof contractDocument>;

export const contractStates = ["active", "renewed", "ended", "cancelled"] as const;
export type ContractState = (typeof contractStates)[number];
export const contractState = z.enum(contractStates).meta({
  id: "ContractState",
  description:
    "`renewed`: another term follows, or has begun. `ended`: its last day is over, and none does. `cancelled`: given up, before that.",
});

export const contract = contractDocument
  .extend({
    id: z.string(),
    autoRenew: z.boolean(),
    state: contractState,
    renews: z.string().nullable().describe("The contract whose next term this is."),
    renewedBy: z.string().nullable().describe("The contract that is the next term."),
    renewal: z.string().nullable().describe("The order or redemption by which this term was bought."),
    closedAt: z.iso.datetime().nullable().describe("When it was renewed, ended or cancelled."),
    version: z.int().describe("The ETag."),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: "Contract" });
export type Contract = z.output<typeof contract>;
export const contractPage = pageOf(contract, "ContractPage");

export const contractQuery = pageQuery.extend({
  customer: name.optional(),
  kind: name.optional(),
  state: contractState.optional(),
  endsFrom: day.optional().describe("Ends on this day or later."),
  endsTo: day.optional().describe("Ends on this day or earlier."),
});
export type ContractQuery = z.output<typeof contractQuery>;

export const contractRenewal = z
  .strictObject({
    id: contractId.describe("Of the new term, which begins on the day after the last."),
    endsOn: day.optional().describe("Left out, the new term is as long as the one before."),
    value: terms.value.optional().describe("Left out, as before."),
    kind: terms.kind.describe("Left out, as before."),
    autoRenew: z.boolean().optional().describe("Left out, as before."),
    order: name
      .optional()
      .describe(
        "The customer's order (its external id) or redemption by which it was bought: it renews one contract, once.",
      ),
  })
  .meta({ id: "ContractRenewal" });
export type ContractRenewal = z.output<typeof contractRenewal>;

export const renewalQuery = z.strictObject({
  by: z.enum(["month", "quarter", "year"]).meta({ id: "RenewalCohort" }).default("month"),
  kind: name.optional(),
  endsFrom: day.optional(),
  endsTo: day.optional(),
});
export type RenewalQuery = z.output<typeof renewalQuery>;

export const mostCohorts = 200;
const cohort = z
  .object({
    cohort: z.string().describe("In which the contracts end: `2026-06`, `2026-Q2` or `2026`."),
    contracts: z.int(),
    renewed: z.int(),
    ended: z.int(),
    cancelled: z.int(),
    open: z.int().describe("Not decided yet."),
    renewalPercent: z
      .number()
      .nullable()
      .describe("Renewed ones of all that are decided, cancelled ones among them; null while none is."),
  })
  .meta({ id: "ContractCohort" });
export type ContractCohort = z.output<typeof cohort>;
export const renewalReport = z
  .object({ cohorts: z.array(cohort).describe(`The latest ${mostCohorts}, in order.`) })
  .meta({ id: "ContractRenewals" });
export type RenewalReport = z.output<typeof renewalReport>;

export const valueReportParams = z.strictObject({ id: name.describe("The customer's id.") });
export const valueReportQuery = z.strictObject({
  year: z
    .int()
    .min(2000)
    .max(9999)
    .optional()
    .describe("By the calendar of the project's zone; left out, this year so far."),
  currency: currencyCode,
});
export type ValueReportQuery = z.output<typeof valueReportQuery>;

/** Of one customer and year; further ones are not priced again. */
export const mostReplayed = 5_000;
export const valueReport = z
  .object({
    customer: z.string(),
    year: z.int(),
    currency: currencyCode,
    orders: z.int().describe("Kept at least in part; a deposit counts with the order that uses it."),
    paid: minorUnits.describe("Less refunds."),
    withoutPromotions: z
      .int()
      .describe(
        "What the kept goods of these orders come to, priced again as they were then, without any promotion. Of orders that no redemption priced, what was paid.",
      ),
    saved: z.int().describe("The difference."),
    replayed: z
      .int()
      .describe(`Orders that were priced again: all with a redemption, up to ${mostReplayed}.`),
    isComplete: z.boolean().describe("False: there were more orders than that."),
    services: z
      .array(
        z
          .object({
            service: z.string(),
            count: z.int(),
            value: minorUnits.describe("What they are said to be worth."),
          })
          .meta({ id: "ServiceUsed" }),
      )
      .describe("That came with orders, the most frequent first."),
    giftValue: minorUnits.describe("What gifts are said to be worth."),
    contracts: z.array(z.string()).describe("Contracts of theirs that ran in the year, by id; at most 100."),
  })
  .meta({ id: "CustomerValueReport" });
export type ValueReport = z.output<typeof valueReport>;

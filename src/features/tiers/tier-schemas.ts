import { z } from "zod";
import { limits } from "../../engine/limits.ts";
import { currencyCode, moneyMap } from "../../engine/money.ts";

const name = z.string().min(1).max(limits.nameLength);
const months = z.int().min(1).max(120);
export const mostTiers = 20;

export const tierKey = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[a-z0-9][a-z0-9._-]*$/)
  .meta({ id: "TierKey", description: "What the condition `tier` names." });

export const tierMeasure = z.enum(["amount", "orders", "points"]).meta({
  id: "TierMeasure",
  description:
    "`amount`: what was paid, less what came back, by currency. `orders`: how many were neither cancelled nor returned as a whole. " +
    "`points`: what orders earned of one programme, less what came back.",
});
export type TierMeasure = z.output<typeof tierMeasure>;

export const tierProgrammeDocument = z
  .strictObject({
    measure: tierMeasure,
    pointsProgramme: z
      .string()
      .max(64)
      .regex(/^[a-z0-9][a-z0-9-]*$/)
      .default("points")
      .describe("Whose points count, with the measure `points`."),
    qualification: z
      .strictObject({
        kind: z.enum(["rolling_months", "calendar_year"]).meta({ id: "TierQualificationKind" }),
        months: months.default(12).describe("Of `rolling_months`."),
      })
      .meta({ id: "TierQualification" })
      .prefault({ kind: "rolling_months" })
      .describe("Over what is counted: the last so many months, or the year so far, in the project's zone."),
    validity: z
      .strictObject({
        kind: z.enum(["months", "calendar_years"]).meta({ id: "TierValidityKind" }),
        count: months.default(12),
      })
      .meta({ id: "TierValidity" })
      .prefault({ kind: "months" })
      .describe(
        "How long a tier is kept once it is reached: to the end of the day so many months later, or of the year so many years after that one.",
      ),
    downgrade: z
      .enum(["to_qualified", "one_level"])
      .meta({ id: "TierDowngrade" })
      .default("to_qualified")
      .describe(
        "What follows when a tier ends: the one that the customer then qualifies for, or no less than one level below. The same tier goes on for another time where they still qualify for it.",
      ),
    tiers: z
      .array(
        z
          .strictObject({
            key: tierKey,
            name: name.optional(),
            amounts: moneyMap
              .optional()
              .describe(
                "At least so much in one of these currencies, which are never added up. Of the measure `amount`.",
              ),
            count: z
              .int()
              .min(1)
              .max(limits.amount)
              .optional()
              .describe("At least so many. Of the measures `orders` and `points`."),
          })
          .meta({ id: "Tier" }),
      )
      .max(mostTiers)
      .describe("From the lowest to the highest. None: nobody is in a tier any more."),
  })
  .meta({ id: "TierProgrammeDocument" });
export type TierProgrammeDocument = z.output<typeof tierProgrammeDocument>;

export const tierProgramme = tierProgrammeDocument
  .extend({
    isCurrent: z
      .boolean()
      .describe("False while everybody is looked at for the first time since the rules were written."),
    version: z.int().describe("The ETag."),
  })
  .meta({ id: "TierProgramme" });
export type TierProgramme = z.output<typeof tierProgramme>;

export const tierParams = z.strictObject({ id: name.describe("As the shop calls the customer.") });

export const tierSetting = z
  .strictObject({
    tier: tierKey.nullable().describe("Null: none, whatever they bought."),
    until: z.iso.datetime({ offset: true }).describe("From then on what they bought decides again."),
    reason: z.string().min(1).max(limits.textLength).describe("For the audit trail: nothing personal."),
  })
  .meta({ id: "TierSetting" });
export type TierSetting = z.output<typeof tierSetting>;

const instant = z.iso.datetime().nullable();
const amounts = z.array(
  z.object({ currency: currencyCode, amount: z.int() }).meta({ id: "QualifyingAmount" }),
);

export const customerTier = z
  .object({
    customer: z.string(),
    tier: tierKey.nullable(),
    name: z.string().nullable(),
    since: instant,
    until: instant.describe("Kept at least until then, unless goods come back."),
    isManual: z.boolean().describe("Somebody has set it by hand, until `until`."),
    reason: z.string().nullable().describe("Why it was set by hand."),
    measure: tierMeasure,
    countedFrom: z.iso.datetime().describe("What was done since then counts towards the next tier."),
    amounts: amounts.describe("What counts, with the measure `amount`."),
    count: z.int().nullable().describe("What counts, with the other measures."),
    next: z
      .object({
        tier: tierKey,
        name: z.string().nullable(),
        missingAmounts: amounts.describe("One of them is enough."),
        missingCount: z.int().nullable(),
      })
      .meta({ id: "NextTier" })
      .nullable()
      .describe("Null in the highest."),
  })
  .meta({ id: "CustomerTier" });
export type CustomerTier = z.output<typeof customerTier>;

import { z } from "zod";
import { minorUnits } from "../../engine/money.ts";
import { promotionKey } from "../../engine/promotion.ts";
import { optimalitySchema, stage, unitRunSchema } from "../../engine/quote.ts";
import { explanation } from "../promotions/promotion-schemas.ts";

export const explanationQuery = z.strictObject({
  promotion: promotionKey.optional().describe("Only the story of the promotion with this key."),
});

const explainedCondition = z
  .object({
    path: z.string().describe("Where it stands in the promotion's document, as a JSON Pointer."),
    kind: z.string(),
    words: explanation,
    isWanted: z.boolean().describe("False under a `not`: there it must not hold."),
    holds: z.boolean().nullable().describe("Null: a fact is missing."),
    reason: z.string().nullable(),
    required: z.int().nullable(),
    actual: z.int().nullable(),
    gap: z.int().nullable().describe("What is missing: minor units, or units of goods."),
    missingFact: z.string().nullable().describe("Where it was looked for."),
  })
  .meta({ id: "ExplainedCondition" });

const rival = z
  .object({
    promotion: z.string(),
    by: z
      .enum(["group", "exclusive", "excludes", "threshold"])
      .meta({ id: "RivalryKind" })
      .describe(
        "`group`: one promotion of the group touches a unit or the order. `threshold`: it would miss one beside this promotion.",
      ),
    group: z.string().nullable(),
  })
  .meta({ id: "Rival" });

const appliedPart = z
  .object({
    stage,
    amount: minorUnits,
    times: z.int(),
    unappliedAmount: minorUnits,
    limitedBy: z.array(z.enum(["cap", "floor", "budget"]).meta({ id: "DiscountLimit" })),
  })
  .meta({ id: "AppliedPart" });

const forcing = z
  .object({
    total: minorUnits.describe("Of the cheapest plan found that contains it."),
    cost: z.int().describe("That total less the quote's, in minor units."),
    optimality: optimalitySchema,
  })
  .meta({ id: "Forcing" });

const takenUnits = z
  .object({
    line: z.string().describe("A line of the request, or a shipment."),
    stage,
    amount: minorUnits,
    runs: z.array(unitRunSchema),
  })
  .meta({ id: "TakenUnits" });

const promotionStory = z
  .object({
    promotion: z.string(),
    promotionId: z.string().nullable().describe("Null for a draft."),
    isCandidate: z.boolean().describe("False: nothing in the cart or among its codes called for it."),
    applied: z.boolean(),
    reason: z.string().nullable().describe("Null if it applied."),
    required: z.int().nullable(),
    actual: z.int().nullable(),
    gap: z.int().nullable(),
    missingFact: z.string().nullable(),
    wouldSave: minorUnits.nullable().describe("What it would take off by itself if the gap were closed."),
    conditions: z.array(explainedCondition).describe("Each as it was asked, in the order of the document."),
    parts: z.array(appliedPart).describe("What it gave, stage by stage."),
    displacedBy: z.array(rival).describe("Those in whose favour it was left out."),
    forcing: forcing.nullable().describe("The plan with it, where another plan could have contained it."),
    units: z
      .array(takenUnits)
      .describe("The units it took something off; of one left out, those of the plan with it."),
    words: explanation,
  })
  .meta({ id: "PromotionStory" });
export type PromotionStory = z.output<typeof promotionStory>;

export const evaluationExplanation = z
  .object({
    id: z.string(),
    rulebook: z.string(),
    currency: z.string(),
    total: minorUnits,
    optimality: optimalitySchema,
    promotions: z.array(promotionStory).describe("By priority, then key."),
    isComplete: z.boolean().describe("False: more promotions touch the cart than are told of at once."),
  })
  .meta({ id: "EvaluationExplanation" });
export type EvaluationExplanation = z.output<typeof evaluationExplanation>;

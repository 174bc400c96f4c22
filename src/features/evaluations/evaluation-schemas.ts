import { z } from "zod";
import { cartLineSchema, cartSchema } from "../../engine/cart.ts";
import { limits } from "../../engine/limits.ts";
import { currencyCode, minorUnits } from "../../engine/money.ts";
import { promotionSchema } from "../../engine/promotion.ts";
import { degradation, linePriceSchema, quoteSchema } from "../../engine/quote.ts";

const drafts = {
  promotions: z
    .array(promotionSchema)
    .max(limits.draftsPerEvaluation)
    .optional()
    .describe(
      "Drafts priced beside the live rules; one replaces the live promotion with its key. Needs the marketing role.",
    ),
  only: z.boolean().optional().describe("The drafts instead of the live rules. Needs the marketing role."),
};

export const evaluationRequest = cartSchema
  .extend({
    ...drafts,
    groupBuy: z
      .string()
      .min(1)
      .max(limits.nameLength)
      .optional()
      .describe(
        "The key of a group-buying promotion: the cart as a member of a group would pay for it, before there is one. Holds no seat and promises nothing.",
      ),
    save: z
      .boolean()
      .optional()
      .describe("Keeps the evaluation with all that went in, to be read and replayed."),
  })
  .meta({ id: "EvaluationRequest" });
export type EvaluationRequest = z.output<typeof evaluationRequest>;

export const quote = quoteSchema;
export type IdentifiedQuote = z.output<typeof quoteSchema>;

export const batchRequest = z
  .strictObject({ evaluations: z.array(evaluationRequest).min(1).max(limits.cartsPerBatch) })
  .meta({ id: "EvaluationBatchRequest" });

const batchProblem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int().max(599),
    code: z.string(),
    detail: z.string().optional(),
    errors: z
      .array(
        z.object({ path: z.string(), code: z.string(), message: z.string() }).meta({ id: "ProblemError" }),
      )
      .optional(),
    requestId: z.string(),
  })
  .meta({ id: "BatchProblem", description: "What this evaluation alone would have been refused with." });

export const batchResult = z
  .object({
    items: z
      .array(
        z
          .object({ quote: quoteSchema.optional(), problem: batchProblem.optional() })
          .meta({ id: "EvaluationBatchItem", description: "Either the quote or the problem." }),
      )
      .describe("One for each evaluation, in the order of the request."),
  })
  .meta({ id: "EvaluationBatch" });
export type BatchResult = z.output<typeof batchResult>;

export const storedEvaluation = z
  .object({
    id: z.string(),
    rulebook: z.string(),
    at: z.iso.datetime().describe("The instant it was priced for."),
    createdAt: z.iso.datetime(),
    createdBy: z.string().describe("The id of the API key."),
    request: z.record(z.string(), z.unknown()).meta({
      id: "StoredEvaluationRequest",
      scalar: true,
      description:
        "The request as it came, but that devices, phones and addresses are kept as keyed hashes, and what it says of the customer and in its attributes only where a rule looks at it.",
    }),
    quote: quoteSchema,
  })
  .meta({ id: "StoredEvaluation" });
export type StoredEvaluation = z.output<typeof storedEvaluation>;

const catalogItem = cartLineSchema
  .omit({ id: true, quantity: true })
  .meta({ id: "CatalogItem", description: "One unit of a SKU, on its own." });

export const catalogRequest = cartSchema
  .omit({ lines: true, shipping: true, deposits: true, explain: true, hints: true, maxHints: true })
  .extend({ ...drafts, items: z.array(catalogItem).min(1).max(limits.skusPerCatalogRequest) })
  .meta({ id: "CatalogPriceRequest" });
export type CatalogRequest = z.output<typeof catalogRequest>;

export const catalogPrices = z
  .object({
    rulebook: z.string().describe("The version of the rules."),
    at: z.iso.datetime(),
    currency: currencyCode,
    ...degradation,
    items: z
      .array(
        z
          .object({
            sku: z.string(),
            unitPrice: minorUnits,
            listPrice: minorUnits,
            priceList: linePriceSchema
              .optional()
              .describe(
                "Only where a price list of the shopper's has priced it: `unitPrice` is what was asked.",
              ),
            price: minorUnits.describe(
              "What one unit costs after all promotions that apply to it on its own.",
            ),
            discount: minorUnits,
            promotions: z.array(
              z
                .object({ promotion: z.string(), label: z.string(), amount: minorUnits })
                .meta({ id: "CatalogPromotion" }),
            ),
          })
          .meta({ id: "CatalogPrice" }),
      )
      .describe("In the order of the request."),
  })
  .meta({ id: "CatalogPrices" });
export type CatalogPrices = z.output<typeof catalogPrices>;

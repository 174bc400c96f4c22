import { z } from "zod";
import type { Role } from "../../platform/auth.ts";
import { defineOperation, type Operation } from "../../platform/operation.ts";
import type { CatalogPriceService } from "./catalog-price-service.ts";
import {
  batchRequest,
  batchResult,
  catalogPrices,
  catalogRequest,
  evaluationRequest,
  quote,
  storedEvaluation,
} from "./evaluation-schemas.ts";
import type { EvaluationService } from "./evaluation-service.ts";
import { evaluationExplanation, explanationQuery } from "./explanation-schemas.ts";

const byId = z.strictObject({ id: z.string().min(1).max(64) });
const evaluators: readonly Role[] = ["checkout", "pos", "erp", "marketing"];
const readers: readonly Role[] = [...evaluators, "viewer"];
const tag = "evaluations";
/** About as many lines as a cart has. */
const itemsPerUnit = 20;

export function evaluationOperations(service: EvaluationService, catalog: CatalogPriceService): Operation[] {
  return [
    defineOperation({
      id: "evaluate",
      method: "POST",
      path: "/v1/evaluations",
      graphql: "query",
      jsonField: "evaluateJson",
      tag,
      summary: "Price a cart: what each line, unit and shipment costs, and why.",
      description:
        "A quote promises nothing and, unless `save` is set, leaves no trace. `at`, `promotions`, `only`, `rounding`, `marginFloor`, `timezone`, `customer.facts` and inline deposits need the marketing role.",
      roles: evaluators,
      body: evaluationRequest,
      result: quote,
      example: {
        currency: "CNY",
        channel: "mini-program",
        customer: { id: "c-42" },
        lines: [{ id: "1", sku: "TEA", categories: ["drinks"], quantity: 2, unitPrice: 12_000 }],
        shipping: [{ id: "s1", method: "express", amount: 1_200 }],
        codes: ["WELCOME20"],
      },
      problems: ["invalid-promotion", "evaluation-too-complex", "guarantee-unavailable"],
      isComputed: true,
      handler: ({ body, context }) => service.evaluate(context, body),
    }),
    defineOperation({
      id: "evaluateBatch",
      method: "POST",
      path: "/v1/evaluations/batch",
      graphql: "query",
      tag,
      summary: "Price up to 100 carts, each on its own.",
      description: "One that is refused has its problem in its place; the others are priced.",
      roles: evaluators,
      body: batchRequest,
      result: batchResult,
      cost: 10_000,
      example: {
        evaluations: [
          { currency: "CNY", lines: [{ id: "1", sku: "TEA", quantity: 1, unitPrice: 12_000 }] },
          { currency: "CNY", lines: [{ id: "1", sku: "MUG", quantity: 3, unitPrice: 9_900 }] },
        ],
      },
      problems: [],
      units: ({ evaluations }) => evaluations.length,
      handler: ({ body, context }) => service.evaluateAll(context, body.evaluations),
    }),
    defineOperation({
      id: "evaluation",
      method: "GET",
      path: "/v1/evaluations/{id}",
      graphql: "query",
      tag,
      summary: "A saved evaluation, as it was requested and answered.",
      roles: readers,
      params: byId,
      result: storedEvaluation,
      problems: ["evaluation-not-found"],
      handler: ({ params: { id }, context }) => service.stored(context.projectId, id),
    }),
    defineOperation({
      id: "replayEvaluation",
      method: "POST",
      path: "/v1/evaluations/{id}/replay",
      graphql: "query",
      tag,
      summary: "Compute a saved evaluation again, by the rules and facts it was made with.",
      description: "The answer is the saved quote, to the byte, whatever became of the promotions since.",
      roles: readers,
      params: byId,
      result: quote,
      problems: ["evaluation-not-found", "invalid-promotion", "evaluation-too-complex"],
      handler: ({ params: { id }, context }) => service.replay(context.projectId, id),
    }),
    defineOperation({
      id: "explainEvaluation",
      method: "POST",
      path: "/v1/evaluations/{id}/explain",
      graphql: "query",
      tag,
      summary: "The whole story of one promotion, or of all that touch the cart, in a saved evaluation.",
      description:
        "Which conditions hold and what is missing, what it took, who took its place and why, and what the customer would pay if the plan had to contain it; in data and in words. Computed anew from what was saved. Private promotions are told of only to marketing, viewer and admin.",
      roles: readers,
      params: byId,
      query: explanationQuery,
      result: evaluationExplanation,
      problems: [
        "evaluation-not-found",
        "promotion-not-found",
        "invalid-promotion",
        "evaluation-too-complex",
      ],
      handler: ({ params: { id }, query: { promotion }, context }) =>
        service.explain(context, id, promotion ?? null),
    }),
    defineOperation({
      id: "catalogPrices",
      method: "POST",
      path: "/v1/catalog-prices",
      graphql: "query",
      tag,
      summary: "Prices for lists and product pages: one unit of each of up to 500 SKUs, on its own.",
      description: "The same engine and rules as an evaluation.",
      roles: evaluators,
      body: catalogRequest,
      result: catalogPrices,
      cost: 10_000,
      example: {
        currency: "CNY",
        items: [
          { sku: "TEA", unitPrice: 12_000 },
          { sku: "MUG", unitPrice: 9_900 },
        ],
      },
      problems: ["invalid-promotion", "evaluation-too-complex", "guarantee-unavailable"],
      units: ({ items }) => Math.ceil(items.length / itemsPerUnit),
      handler: ({ body, context }) => catalog.prices(context, body),
    }),
  ];
}

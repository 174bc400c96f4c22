import { setImmediate as nextTurn } from "node:timers/promises";
import { mayBeNamedTo } from "../../engine/audience.ts";
import { type EvaluateOptions, pricedAgain } from "../../engine/evaluate.ts";
import { explain } from "../../engine/explain.ts";
import type { CompiledPromotion } from "../../engine/promotion.ts";
import type { Settings } from "../../engine/settings.ts";
import type { Role } from "../../platform/auth.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database.ts";
import { DatabaseAway } from "../../platform/database-watch.ts";
import { newId } from "../../platform/ids.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { problem, problemBody } from "../../platform/problem.ts";
import { problemOf } from "../../platform/server.ts";
import type { ExposureService } from "../exposures/exposure-service.ts";
import { cartOf } from "../facts/facts-question.ts";
import type { FactsService, QuoteFacts } from "../facts/facts-service.ts";
import { asKept } from "../facts/kept-facts.ts";
import { compileDrafts } from "../promotions/promotion-document.ts";
import type { ProjectRules, RulebookService } from "../promotions/rulebook-service.ts";
import { restoreFacts, storeFacts } from "./evaluation-facts.ts";
import { requirePrivileges, requireSense, requireSenseAtListPrices } from "./evaluation-request.ts";
import type {
  BatchResult,
  EvaluationRequest,
  IdentifiedQuote,
  StoredEvaluation,
} from "./evaluation-schemas.ts";
import { findEvaluation, insertEvaluation } from "./evaluation-store.ts";
import type { EvaluationRow } from "./evaluation-tables.ts";
import type { EvaluationExplanation } from "./explanation-schemas.ts";
import type { PricingService } from "./pricing-service.ts";
import { explanationAnswer } from "./story-answer.ts";

export interface EvaluationService {
  /** At once, without a promise, where nothing has to be read or written. */
  evaluate(context: OperationContext, request: EvaluationRequest): IdentifiedQuote | Promise<IdentifiedQuote>;
  /** Each on its own: one that is refused does not touch the others. */
  evaluateAll(context: OperationContext, requests: readonly EvaluationRequest[]): Promise<BatchResult>;
  stored(projectId: string, id: string): Promise<StoredEvaluation>;
  /** With all that went into it. */
  saved(projectId: string, id: string): Promise<EvaluationRow>;
  /** Computes a stored evaluation again, from what was stored with it and the rules of its revision. */
  replay(projectId: string, id: string): Promise<IdentifiedQuote>;
  /** The story of one promotion (null: of every candidate) in a stored evaluation, from what was stored with it. */
  explain(context: OperationContext, id: string, promotion: string | null): Promise<EvaluationExplanation>;
}

export interface EvaluationServiceOptions {
  database: Database;
  clock: Clock;
  rulebooks: RulebookService;
  facts: FactsService;
  pricing: PricingService;
  exposures: Pick<ExposureService, "noterOf">;
}

/** Private promotions are told of to those who may read them anyway. */
const readersOfPrivate: readonly Role[] = ["marketing", "viewer", "admin"];

/** Carts of a batch are priced for so long before other requests get their turn. */
const turnMilliseconds = 10;

export function evaluationService({
  database,
  clock,
  rulebooks,
  facts,
  pricing,
  exposures,
}: EvaluationServiceOptions): EvaluationService {
  function start(
    context: OperationContext,
    request: EvaluationRequest,
  ): IdentifiedQuote | Promise<IdentifiedQuote> {
    requirePrivileges(request, context.role);
    requireSense(request);
    const rules = rulebooks.rulesForQuote(context.projectId);
    if (rules instanceof Promise) return rules.then((loaded) => finish(context, request, loaded));
    return finish(context, request, rules);
  }

  function finish(
    context: OperationContext,
    request: EvaluationRequest,
    rules: ProjectRules,
  ): IdentifiedQuote | Promise<IdentifiedQuote> {
    const { timezone } = request;
    if (timezone !== undefined && timezone !== rules.settings.timezone) {
      return rulebooks.inTimezone(rules, timezone).then((zoned) => finish(context, request, zoned));
    }
    const now = request.at === undefined ? clock.now() : Date.parse(request.at);
    const known = facts.forQuote(rules, request, now, context.apiKeyId);
    return known instanceof Promise
      ? known.then((loaded) => priced(context, request, rules, loaded, now))
      : priced(context, request, rules, known, now);
  }

  function priced(
    context: OperationContext,
    request: EvaluationRequest,
    rules: ProjectRules,
    facts: QuoteFacts,
    now: number,
  ): IdentifiedQuote | Promise<IdentifiedQuote> {
    const { mergedInto } = facts;
    if (mergedInto !== undefined) {
      const { mergedInto: _, ...theirs } = facts;
      return priced(context, cartOf(request, mergedInto), rules, theirs, now);
    }
    const { groupBuy } = request;
    if (groupBuy !== undefined && facts.groupOf === undefined)
      return priced(context, request, rules, asMember(rules, request, facts, groupBuy, now), now);
    requireSenseAtListPrices(request, facts);
    const options = optionsOf(request, rules.settings);
    const quote = pricing.quote(
      rules.rulebook,
      request,
      facts,
      now,
      options,
      exposures.noterOf(rules, request),
    );
    // Nobody else holds the quote, so it need not be copied.
    const identified: IdentifiedQuote = Object.assign(quote, { id: newId("evl", clock.now()) });
    if (request.save !== true) return identified;
    // Nothing is kept that the database could not vouch for.
    if (facts.rulesAsOf !== undefined) throw new DatabaseAway();
    const kept = asKept(
      { request, facts },
      rules.identifierKey,
      rules.rulebook.promotions,
      options.drafts?.promotions,
    );
    return insertEvaluation(database.of(context.projectId), {
      projectId: context.projectId,
      id: identified.id,
      revision: rules.revision,
      evaluatedAt: new Date(now),
      request: kept.request,
      facts: storeFacts(kept.facts),
      settings: rules.settings,
      quote: identified,
      createdBy: context.apiKeyId,
      createdAt: new Date(clock.now()),
    }).then(() => identified);
  }

  async function find(projectId: string, id: string): Promise<EvaluationRow> {
    const row = await findEvaluation(database.of(projectId), projectId, id);
    if (row === undefined) throw problem("evaluation-not-found");
    return row;
  }

  /** All that went into a stored evaluation. */
  async function inputsOf(projectId: string, id: string) {
    const { revision, evaluatedAt, request, facts, settings } = await find(projectId, id);
    return {
      rulebook: await rulebooks.rulebookAsOf(projectId, revision, settings.timezone),
      request,
      facts: restoreFacts(facts),
      now: evaluatedAt.getTime(),
      options: optionsOf(request, settings),
    };
  }

  return {
    evaluate: start,

    async evaluateAll(context, requests) {
      const items: BatchResult["items"] = [];
      let began = performance.now();
      for (const request of requests) {
        try {
          items.push({ quote: await start(context, request) });
        } catch (error) {
          const refusal = problemOf(error);
          if (refusal.status >= 500 && refusal.code !== "guarantee-unavailable") throw error;
          const { errors, ...body } = problemBody(refusal, context.requestId);
          items.push({ problem: { ...body, ...(errors !== undefined && { errors: [...errors] }) } });
        }
        if (performance.now() - began > turnMilliseconds) {
          await nextTurn();
          began = performance.now();
        }
      }
      return { items };
    },

    async stored(projectId, id) {
      const { revision, evaluatedAt, createdAt, createdBy, request, quote } = await find(projectId, id);
      return {
        id,
        rulebook: String(revision),
        at: evaluatedAt.toISOString(),
        createdAt: createdAt.toISOString(),
        createdBy,
        request: { ...request },
        quote,
      };
    },

    saved: find,

    async replay(projectId, id) {
      const { rulebook, request, facts, now, options } = await inputsOf(projectId, id);
      const quote = pricedAgain(options, (budgeted) =>
        pricing.quote(rulebook, request, facts, now, budgeted),
      );
      return { id, ...quote };
    },

    async explain({ projectId, role }, id, key) {
      const { rulebook, request, facts, now, options } = await inputsOf(projectId, id);
      const isTold = ({ document }: CompiledPromotion) =>
        document.visibility === "public" || readersOfPrivate.includes(role);
      const explained = pricedAgain(options, (budgeted) =>
        explain(rulebook, request, facts, now, budgeted, { key, isTold }),
      );
      if (explained === null) throw problem("promotion-not-found");
      return explanationAnswer(id, explained, isTold);
    },
  };
}

/** Outside its audience a private promotion is one that there is not. */
function asMember(
  { rulebook }: ProjectRules,
  request: EvaluationRequest,
  facts: QuoteFacts,
  key: string,
  now: number,
): QuoteFacts {
  const promotion = rulebook.promotions.find((one) => one.key === key && one.document.group !== undefined);
  if (promotion !== undefined && mayBeNamedTo(promotion, request, facts, now))
    return { ...facts, groupOf: promotion.key };
  const message = "No group-buying promotion in force has this key.";
  throw problem("invalid-request", {
    errors: [{ path: "/groupBuy", code: "group_promotion_unknown", message }],
  });
}

/** The drafts of a request compile in its time zone, which `settings` already has. */
export function optionsOf(
  { promotions, only }: Pick<EvaluationRequest, "promotions" | "only">,
  settings: Settings,
): EvaluateOptions {
  if (promotions === undefined && only === undefined) return { settings };
  const drafts = compileDrafts(promotions ?? [], settings.timezone);
  return { settings, drafts: { promotions: drafts, only: only ?? false } };
}

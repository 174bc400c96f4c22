/**
 * Quotes that hold: a saved evaluation with an instant until which an order may be redeemed by it, at exactly its price, whatever
 * became of promotions and price lists. It holds the price and nothing else: limits, budgets, stock and codes are taken, and may
 * be gone, when it is redeemed (`quote-redemption-service.ts`).
 */
import { z } from "zod";
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database.ts";
import { newId } from "../../platform/ids.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { problem } from "../../platform/problem.ts";
import { restoreFacts } from "../evaluations/evaluation-facts.ts";
import type { EvaluationService } from "../evaluations/evaluation-service.ts";
import type { HeldQuote, HeldQuoteQuery, HeldQuoteRequest, HeldQuoteSummary } from "./quote-schemas.ts";
import { findQuote, insertQuote, listQuotes, type StandingQuote } from "./quote-store.ts";
import { outcomeFaultOf } from "./redemption-problems.ts";

export interface QuoteService {
  hold(context: OperationContext, request: HeldQuoteRequest): Promise<HeldQuote>;
  quote(projectId: string, id: string): Promise<HeldQuote>;
  list(projectId: string, query: HeldQuoteQuery): Promise<Page<HeldQuoteSummary>>;
}

export interface QuoteOptions {
  database: Database;
  clock: Clock;
  evaluations: Pick<EvaluationService, "evaluate" | "saved" | "stored">;
}

const cursor = cursorOf("quotes", z.string());

export function quoteService({ database, clock, evaluations }: QuoteOptions): QuoteService {
  return {
    async hold(context, { validSeconds, ...request }) {
      const { projectId } = context;
      const quote = await evaluations.evaluate(context, { ...request, save: true });
      const saved = await evaluations.saved(projectId, quote.id);
      // What no redemption would take is not promised.
      const fault = outcomeFaultOf(request, quote, restoreFacts(saved.facts));
      if (fault !== null) throw fault;
      const now = clock.now();
      const row = {
        projectId,
        id: newId("qte", now),
        evaluationId: quote.id,
        customerId: saved.request.customer?.id ?? null,
        currency: quote.currency,
        total: quote.total,
        validUntil: new Date(now + validSeconds * 1_000),
        redemptionId: null,
        createdBy: context.apiKeyId,
        createdAt: new Date(now),
      };
      await insertQuote(database.of(projectId), row);
      return { ...shown({ ...row, used: 0, reserved: 0 }, now), quote };
    },

    async quote(projectId, id) {
      const row = await findQuote(database.of(projectId), projectId, id);
      if (row === undefined) throw problem("quote-not-found");
      const { quote } = await evaluations.stored(projectId, row.evaluationId);
      return { ...shown(row, clock.now()), quote };
    },

    async list(projectId, { after, ...query }) {
      const rows = await listQuotes(database.of(projectId), projectId, query, cursor.decode(after));
      return cursor.page(
        rows,
        query.limit,
        ({ id }) => id,
        (row) => shown(row, clock.now()),
      );
    },
  };
}

function shown(row: StandingQuote, now: number): HeldQuoteSummary {
  const { id, validUntil, createdAt, customerId, currency, total, redemptionId } = row;
  return {
    id,
    state: stateOf(row, now),
    validUntil: validUntil.toISOString(),
    createdAt: createdAt.toISOString(),
    customer: customerId,
    currency,
    total,
    redemption: redemptionId,
  };
}

function stateOf({ used, reserved, validUntil }: StandingQuote, now: number): HeldQuoteSummary["state"] {
  if (used > 0) return "redeemed";
  if (reserved > 0) return "reserved";
  return validUntil.getTime() <= now ? "expired" : "open";
}

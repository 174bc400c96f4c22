/** An order redeemed by a quote that holds: at its price, by its version of the rules, once. */
import type { Cart } from "../../engine/cart.ts";
import type { CompiledPromotion } from "../../engine/promotion.ts";
import type { Shortage } from "../../ledger/admit.ts";
import { orderKey } from "../../ledger/books.ts";
import { idempotencyOf, requestHash, requireSameRequest, whileHolding } from "../../platform/idempotency.ts";
import { newId } from "../../platform/ids.ts";
import type { Answered, OperationContext } from "../../platform/operation.ts";
import { type Problem, problem } from "../../platform/problem.ts";
import { restoreFacts } from "../evaluations/evaluation-facts.ts";
import type { EvaluationService } from "../evaluations/evaluation-service.ts";
import { codeOf, isOfCode, quoteCounter, type Who } from "../ledger/promotion-counters.ts";
import type { ProjectRules } from "../promotions/rulebook-service.ts";
import { keptSale } from "./kept-sale.ts";
import { findQuote, noteRedemption } from "./quote-store.ts";
import { beginningOf } from "./redemption-answer-service.ts";
import { holdsOf } from "./redemption-holds.ts";
import { priceChanged, problemOf, projectStopped, promotionKilled } from "./redemption-problems.ts";
import { redeemOperation, redemptionRepeats } from "./redemption-repeats-service.ts";
import { promisedBy } from "./redemption-rewards.ts";
import type { QuotedRedemptionRequest, Redemption } from "./redemption-schemas.ts";
import type { RedemptionServiceOptions } from "./redemption-service.ts";

export interface QuoteRedemptionService {
  redeem(
    context: OperationContext,
    request: QuotedRedemptionRequest,
    idempotencyKey: string | null,
  ): Promise<Answered<Redemption>>;
}

type Options = Pick<
  RedemptionServiceOptions,
  "database" | "clock" | "rulebooks" | "facts" | "committer" | "alarms"
> & { evaluations: Pick<EvaluationService, "saved"> };

export function quoteRedemptionService(options: Options): QuoteRedemptionService {
  const { database, clock, rulebooks, facts, committer, alarms, evaluations } = options;
  const { redemption, asAnswered, answeredBefore } = redemptionRepeats(database);

  async function redeem(
    context: OperationContext,
    request: QuotedRedemptionRequest,
    idempotencyKey: string | null,
  ): Promise<Answered<Redemption>> {
    const { projectId } = context;
    const held = await findQuote(database.of(projectId), projectId, request.quoteId);
    if (held === undefined) throw problem("quote-not-found");
    const saved = await evaluations.saved(projectId, held.evaluationId);
    const rules = await rulebooks.rulesOf(projectId);
    const now = clock.now();
    const id = newId("rdm", now);
    const { source, orderRef = id, mode, ttlSeconds, identifiers } = request;
    const hash = requestHash(redeemOperation, request);
    const order =
      request.orderRef === undefined && idempotencyKey === null ? null : { source, orderRef, idempotencyKey };
    const { identifiers: kept, ...cart } = saved.request;
    // Kept ones are hashes already: they are not hashed again.
    const asked: Cart = { ...cart, ...(identifiers !== undefined && { identifiers }) };
    const known = await facts.forOrder(rules, { ...asked, priceLists: false }, now, order, context.apiKeyId);
    const before = await answeredBefore(projectId, known, hash);
    if (before !== null) return before;
    if (rules.isStopped) throw projectStopped();
    if (held.validUntil.getTime() <= now) throw problem("quote-expired");
    requireSameCart(request, saved.request);
    const { quote } = saved;
    const killed = quote.promotions.find(({ promotionId }) => rules.killed.has(promotionId ?? ""));
    if (killed !== undefined) throw promotionKilled(killed.promotion);
    if (request.expectedTotal !== undefined && request.expectedTotal !== quote.total)
      throw priceChanged(request.expectedTotal, quote);
    const { timezone } = saved.settings;
    const rulebook = await rulebooks.rulebookAsOf(projectId, saved.revision, timezone);
    const quotedFacts = restoreFacts(saved.facts);
    const result = await committer.submit(projectId, {
      command: {
        kind: "redeem",
        redemption: id,
        mode,
        order: orderKey(source, orderRef),
        requestHash: hash,
        ttlMilliseconds: ttlSeconds * 1_000,
        requires: (cart.deposits ?? []).flatMap(({ redemption, promotion }) =>
          promotion === undefined ? redemption : [],
        ),
        holds: [
          ...holdsOf({
            quote,
            promotionOf: underLimitsOf(rules, rulebook.promotions),
            campaigns: rules.campaigns,
            who: whoOf(known.who, kept),
            store: cart.store,
            coupons: known.coupons,
            deposits: quotedFacts.deposits?.keys() ?? [],
            at: now,
            timezone,
          }),
          { counter: quoteCounter(held.id), amount: 1, limit: 1 },
        ],
      },
      newRedemption: {
        source,
        orderRef,
        mode,
        customerId: known.mergedInto ?? cart.customer?.id ?? null,
        currency: quote.currency,
        total: quote.total,
        discount: quote.discount + quote.shippingDiscount,
        revision: saved.revision,
        evaluatedAt: saved.evaluatedAt.getTime(),
        ...keptSale(saved.request, quotedFacts, quote),
        settings: JSON.stringify(saved.settings),
        quote: JSON.stringify(quote),
        createdBy: context.apiKeyId,
        ...promisedBy(quote),
      },
      idempotency: idempotencyOf(idempotencyKey, redeemOperation, hash),
      answer: beginningOf,
      alongside: (client) => noteRedemption(client, projectId, held.id, id),
    });
    switch (result.type) {
      case "granted":
        alarms.redeemed(rules, { ...quote, discount: quote.discount + quote.shippingDiscount });
        return {
          answer: {
            id,
            source,
            orderRef,
            customer: known.mergedInto ?? cart.customer?.id ?? null,
            quote,
            ...beginningOf(result),
          },
          isReplay: false,
        };
      case "repeated":
        return { answer: await redemption(projectId, result.redemption.id), isReplay: true };
      case "answered":
        requireSameRequest(result.record, redeemOperation, hash);
        return { answer: await asAnswered(projectId, result.record), isReplay: true };
      case "merged":
        // A moment ago: whoever asks again is asked about by the other name.
        throw problem("unavailable", { headers: { "retry-after": "1" } });
      case "refused": {
        const { refusal } = result;
        throw refusal.reason === "short" ? goneSince(refusal.shortages, quote) : problemOf(refusal);
      }
    }
  }

  return {
    redeem: (context, request, key) =>
      whileHolding({ projectId: context.projectId, key }, () => redeem(context, request, key)),
  };
}

/** What the request says of the cart beside the quote must be what was quoted. */
function requireSameCart({ currency, lines, customer }: QuotedRedemptionRequest, quoted: Cart): void {
  const told = (cart: Pick<Cart, "lines">) =>
    JSON.stringify(cart.lines.map(({ id, sku, quantity }) => [id, sku, quantity]).sort());
  const differs = (path: string) =>
    problem("quote-mismatch", {
      errors: [{ path, code: "not_as_quoted", message: "The quote says something else." }],
    });
  if (currency !== undefined && currency !== quoted.currency) throw differs("/currency");
  if (lines !== undefined && told({ lines }) !== told(quoted)) throw differs("/lines");
  if (customer?.id !== undefined && customer.id !== quoted.customer?.id) throw differs("/customer/id");
}

/** The promotions as they were quoted, with the limits and the budget that they have now; one that is not in force keeps its own. */
function underLimitsOf(
  { rulebook }: ProjectRules,
  quoted: readonly CompiledPromotion[],
): (key: string) => CompiledPromotion | undefined {
  const live = new Map(rulebook.promotions.map((promotion) => [promotion.id, promotion.document]));
  const byKey = new Map(quoted.map((promotion) => [promotion.key, promotion]));
  return (key) => {
    const promotion = byKey.get(key);
    const now = promotion === undefined ? undefined : live.get(promotion.id);
    if (promotion === undefined || now === undefined) return promotion;
    const { limits, budget, ...document } = promotion.document;
    return {
      ...promotion,
      document: {
        ...document,
        ...(now.limits !== undefined && { limits: now.limits }),
        ...(now.budget !== undefined && { budget: now.budget }),
      },
    };
  };
}

function whoOf(said: Who, kept: Cart["identifiers"] = {}): Who {
  return {
    customer: said.customer,
    device: said.device ?? kept.device ?? null,
    phone: said.phone ?? kept.phone ?? null,
    ip: said.ip ?? kept.ip ?? null,
  };
}

/** The price holds, and something that it takes is gone. */
function goneSince(shortages: readonly Shortage[], quote: Redemption["quote"]): Problem {
  if (shortages.some(({ counter }) => counter.measure === quoteCounter("").measure))
    return problem("quote-redeemed");
  const keys = new Map(quote.promotions.map(({ promotionId, promotion }) => [promotionId, promotion]));
  const names = new Map<string, string>();
  for (const { counter } of shortages) {
    const name = isOfCode(counter) ? codeOf(counter) : (keys.get(counter.rule) ?? counter.rule);
    const [measure] = counter.measure.split(":");
    names.set(`${name} ${measure}`, `Of ${name} there is not enough left (${measure}).`);
  }
  return problem("quote-exhausted", {
    errors: [...names.values()].map((message) => ({ path: "/quoteId", code: "exhausted", message })),
    extensions: { quote },
  });
}

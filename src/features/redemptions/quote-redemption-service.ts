/** An order redeemed by a quote that holds: at its price, by its version of the rules, once. */
import type { Cart } from "../../engine/cart.ts";
import { normalizeCode } from "../../engine/codes.ts";
import { evaluate, pricedAgain } from "../../engine/evaluate.ts";
import type { Facts } from "../../engine/facts.ts";
import type { CompiledPromotion } from "../../engine/promotion.ts";
import { couponReason, reasonWords } from "../../engine/reasons.ts";
import type { Shortage } from "../../ledger/admit.ts";
import { firstOrderMeasure, orderKey } from "../../ledger/books.ts";
import { idempotencyOf, requestHash, requireSameRequest, whileHolding } from "../../platform/idempotency.ts";
import { newId } from "../../platform/ids.ts";
import type { Answered, OperationContext } from "../../platform/operation.ts";
import { type Problem, problem } from "../../platform/problem.ts";
import { customersMeant } from "../customers/customer-alias-service.ts";
import { restoreFacts } from "../evaluations/evaluation-facts.ts";
import type { EvaluationService } from "../evaluations/evaluation-service.ts";
import { cartOf } from "../facts/facts-question.ts";
import { codeOf, isOfCode, quoteCounter, type Who, whoIs } from "../ledger/promotion-counters.ts";
import { requireOwnSource } from "../ledger/reserved-source.ts";
import type { ProjectRules } from "../promotions/rulebook-service.ts";
import { isByFirstOrder } from "./first-order.ts";
import { keptSale } from "./kept-sale.ts";
import { findQuote, noteRedemption } from "./quote-store.ts";
import { beginningOf } from "./redemption-answer-service.ts";
import { holdsOf, usedCoupons } from "./redemption-holds.ts";
import { priceChanged, problemOf, projectStopped, promotionKilled } from "./redemption-problems.ts";
import { redeemOperation, redemptionRepeats } from "./redemption-repeats-service.ts";
import { promisedBy } from "./redemption-rewards.ts";
import type { QuotedRedemptionRequest, Redemption } from "./redemption-schemas.ts";
import type { RedemptionService, RedemptionServiceOptions } from "./redemption-service.ts";

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
> & { evaluations: Pick<EvaluationService, "saved">; redemptions: Pick<RedemptionService, "commitHeld"> };

export function quoteRedemptionService(options: Options): QuoteRedemptionService {
  const { database, clock, rulebooks, facts, committer, alarms, evaluations, redemptions } = options;
  const { asAnswered, answeredBefore, repeated } = redemptionRepeats(database);

  /** `meant`: whom the customer turned out to be merged into, null at first; `isAgain`: a coupon became somebody's while we looked. */
  async function redeem(
    context: OperationContext,
    request: QuotedRedemptionRequest,
    idempotencyKey: string | null,
    meant: string | null = null,
    isAgain = false,
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
    const { quote } = saved;
    const quotedFacts = restoreFacts(saved.facts);
    const named = meant ?? held.customerId;
    const { identifiers: kept, ...cart } = named === null ? saved.request : cartOf(saved.request, named);
    const codes = couponsOf(quote, quotedFacts);
    const asked: Cart = {
      ...cart,
      // Others were found when they were quoted: nobody guesses them now.
      codes,
      // Kept ones are hashes already: they are not hashed again.
      ...(identifiers !== undefined && { identifiers }),
    };
    const known = await facts.forOrder(rules, { ...asked, priceLists: false }, now, order, context.apiKeyId);
    const idempotency = idempotencyOf(idempotencyKey, redeemOperation, hash);
    const redeeming = { hash, idempotency, request };
    const before =
      (await answeredBefore(projectId, known, redeeming)) ??
      (await redemptions.commitHeld(context, known, redeeming));
    if (before !== null) return before;
    if (rules.isStopped) throw projectStopped();
    if (held.validUntil.getTime() <= now) throw problem("quote-expired");
    const customerId = known.mergedInto ?? named;
    requireSameCart(request, saved.request);
    await requireSameCustomer(projectId, request, customerId);
    const { timezone } = saved.settings;
    const promotionIds = quote.promotions.flatMap(({ promotionId }) => promotionId ?? []);
    const rulebook = await rulebooks.rulebookAsOf(projectId, saved.revision, timezone, promotionIds);
    const promotionOf = underLimitsOf(rules, rulebook.promotions);
    const used = new Set(usedCoupons(quote, promotionOf, quotedFacts.coupons).values());
    requireCoupons(
      codes.filter((code) => used.has(normalizeCode(code))),
      known.facts,
      quote,
    );
    const killed = quote.promotions.find(({ promotionId }) => rules.killed.has(promotionId ?? ""));
    if (killed !== undefined) throw promotionKilled(killed.promotion);
    if (request.expectedTotal !== undefined && request.expectedTotal !== quote.total)
      throw priceChanged(request.expectedTotal, quote);
    const who = whoIs(rules.identifierKey, { customer: { id: customerId ?? undefined }, identifiers });
    const plain = { ...saved.request, explain: "none" as const };
    const pricedBy = (others: Facts) =>
      pricedAgain(saved, (pricing) =>
        evaluate(rulebook, plain, others, saved.evaluatedAt.getTime(), pricing),
      );
    // For how long it was reserved is asked of the commit of this very request.
    const soldAs = {
      ...(customerId === null ? saved.request : cartOf(saved.request, customerId)),
      ttlSeconds,
    };
    const result = await committer.submit(projectId, {
      isAbandoned: context.isGone,
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
            promotionOf,
            campaigns: rules.campaigns,
            who: whoOf(who, kept),
            store: cart.store,
            coupons: known.coupons,
            quotedCoupons: quotedFacts.coupons,
            isByFirstOrder: isByFirstOrder(quote, quotedFacts, promotionOf, pricedBy),
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
        customerId,
        currency: quote.currency,
        total: quote.total,
        discount: quote.discount + quote.shippingDiscount,
        revision: saved.revision,
        evaluatedAt: saved.evaluatedAt.getTime(),
        ...keptSale(
          {
            request: soldAs,
            facts: quotedFacts,
          },
          quote,
        ),
        settings: JSON.stringify(saved.settings),
        quote: JSON.stringify(quote),
        createdBy: context.apiKeyId,
        ...promisedBy(quote),
      },
      idempotency,
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
            customer: customerId,
            quote,
            ...beginningOf(result),
          },
          isReplay: false,
        };
      case "repeated":
        return repeated(projectId, result.redemption.id, idempotency);
      case "answered":
        requireSameRequest(result.record, redeemOperation, hash);
        return { answer: await asAnswered(projectId, result.record), isReplay: true };
      case "merged":
        if (meant !== null) throw problem("unavailable", { headers: { "retry-after": "1" } });
        return redeem(context, request, idempotencyKey, result.customer, isAgain);
      case "refused": {
        const { refusal } = result;
        if (refusal.reason === "short") {
          const hasNewOwner = refusal.shortages.some(({ closed }) => closed === couponReason.owned);
          if (hasNewOwner && !isAgain) return redeem(context, request, idempotencyKey, meant, true);
          throw goneSince(refusal.shortages, quote);
        }
        throw refusal.reason === "changed" ? depositGone(quote) : problemOf(refusal);
      }
    }
  }

  /** By whichever of their names; whoever is not named is taken for the one who was quoted. */
  async function requireSameCustomer(
    projectId: string,
    { customer }: QuotedRedemptionRequest,
    quoted: string | null,
  ): Promise<void> {
    if (customer?.id === undefined || customer.id === quoted) return;
    const meant = await customersMeant(database.of(projectId), projectId, [customer.id]);
    if (meant(customer.id) !== quoted) throw notAsQuoted("/customer/id");
  }

  return {
    async redeem(context, request, key) {
      requireOwnSource(request.source);
      return whileHolding({ projectId: context.projectId, key }, () => redeem(context, request, key));
    },
  };
}

/** What the request says of the cart beside the quote must be what was quoted. */
function requireSameCart({ currency, lines }: QuotedRedemptionRequest, quoted: Cart): void {
  const told = (cart: Pick<Cart, "lines">) =>
    JSON.stringify(cart.lines.map(({ id, sku, quantity }) => [id, sku, quantity]).sort());
  if (currency !== undefined && currency !== quoted.currency) throw notAsQuoted("/currency");
  if (lines !== undefined && told({ lines }) !== told(quoted)) throw notAsQuoted("/lines");
}

function notAsQuoted(path: string): Problem {
  return problem("quote-mismatch", {
    errors: [{ path, code: "not_as_quoted", message: "The quote says something else." }],
  });
}

/** Codes of coupons that applied, if only because all customers share them as well. */
function couponsOf({ codes }: Redemption["quote"], { coupons }: Facts): string[] {
  return codes.flatMap(({ code, status }) =>
    status === "applied" && coupons?.get(normalizeCode(code))?.status === "usable" ? [code] : [],
  );
}

/** Whether one is used up, void or expired the ledger says; here it must be found at all, and be nobody else's by now. */
function requireCoupons(codes: readonly string[], facts: Facts, quote: Redemption["quote"]): void {
  const errors = codes.flatMap((code) => {
    const reason = whyWithout(code, facts);
    return reason === null
      ? []
      : [{ path: "/quoteId", code: reason, message: `${code}: ${reasonWords(reason, "en")}` }];
  });
  if (errors.length > 0) throw problem("code-not-applied", { errors, extensions: { quote } });
}

function whyWithout(code: string, { areCodesWithheld, coupons }: Facts): string | null {
  if (areCodesWithheld === true) return "too_many_attempts";
  const status = coupons?.get(normalizeCode(code))?.status;
  if (status === undefined) return "code_unknown";
  return status === "owned" ? couponReason.owned : null;
}

function depositGone(quote: Redemption["quote"]): Problem {
  return problem("deposit-not-usable", {
    errors: [
      {
        path: "/quoteId",
        code: "deposit_not_usable",
        message: "A deposit that the quote counts is not there any more.",
      },
    ],
    extensions: { quote },
  });
}

/** The promotions as they were quoted, with the limits, budget and stocks that they have now; one that is not in force keeps its own. */
function underLimitsOf(
  { rulebook }: ProjectRules,
  quoted: readonly CompiledPromotion[],
): (key: string) => CompiledPromotion | undefined {
  const live = new Map(rulebook.promotions.map((promotion) => [promotion.id, promotion]));
  const byKey = new Map(quoted.map((promotion) => [promotion.key, promotion]));
  return (key) => {
    const promotion = byKey.get(key);
    const now = promotion === undefined ? undefined : live.get(promotion.id);
    if (promotion === undefined || now === undefined) return promotion;
    const { limits, budget, ...document } = promotion.document;
    return {
      ...promotion,
      unitStocks: now.unitStocks,
      document: {
        ...document,
        benefits: document.benefits.map((benefit, at) => underStockOf(benefit, now.document.benefits[at])),
        ...(now.document.limits !== undefined && { limits: now.document.limits }),
        ...(now.document.budget !== undefined && { budget: now.document.budget }),
      },
    };
  };
}

type Benefit = CompiledPromotion["document"]["benefits"][number];

/** Another kind in its place is another promise: then it goes on by what it was quoted with. */
function underStockOf(quoted: Benefit, now: Benefit | undefined): Benefit {
  if (now?.kind !== quoted.kind) return quoted;
  const { stock: _stock, quota: _quota, ...benefit } = quoted as Benefit & WithStock;
  const { stock, quota } = now as WithStock;
  return {
    ...benefit,
    ...(stock !== undefined && { stock }),
    ...(quota !== undefined && { quota }),
  };
}

interface WithStock {
  readonly stock?: number;
  readonly quota?: number;
}

function whoOf(said: Who, kept: Cart["identifiers"] = {}): Who {
  return {
    customer: said.customer,
    device: said.device ?? kept.device ?? null,
    phone: said.phone ?? kept.phone ?? null,
    ip: said.ip ?? kept.ip ?? null,
  };
}

const notFirst = "not_first_order";

/** The price holds, and something that it takes is gone. */
function goneSince(shortages: readonly Shortage[], quote: Redemption["quote"]): Problem {
  if (shortages.some(({ counter }) => counter.measure === quoteCounter("").measure))
    return problem("quote-redeemed");
  const keys = new Map(quote.promotions.map(({ promotionId, promotion }) => [promotionId, promotion]));
  const names = new Map<string, string>();
  if (shortages.some(({ counter }) => counter.measure === firstOrderMeasure))
    return problem("quote-exhausted", {
      errors: [{ path: "/quoteId", code: notFirst, message: reasonWords(notFirst, "en") }],
      extensions: { quote },
    });
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

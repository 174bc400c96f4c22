/**
 * Redemptions: the outcome that was quoted, made binding. Everything an order takes — codes, uses, budget, stock — is taken
 * together or not at all; how that stays exact is the committer's business (features/ledger).
 */

import { z } from "zod";
import { foldLookAlikes, normalizeCode } from "../../engine/codes.ts";
import { evaluate } from "../../engine/evaluate.ts";
import type { Facts } from "../../engine/facts.ts";
import { orderKey } from "../../ledger/books.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database.ts";
import { idempotencyOf, requestHash, requireSameRequest, whileHolding } from "../../platform/idempotency.ts";
import { newId } from "../../platform/ids.ts";
import type { Answered, OperationContext } from "../../platform/operation.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { problem } from "../../platform/problem.ts";
import {
  requirePrivileges,
  requireSense,
  requireSenseAtListPrices,
} from "../evaluations/evaluation-request.ts";
import type { PricingService } from "../evaluations/pricing-service.ts";
import type { ExposureService } from "../exposures/exposure-service.ts";
import { cartOf } from "../facts/facts-question.ts";
import type { FactsService } from "../facts/facts-service.ts";
import { asKept } from "../facts/kept-facts.ts";
import type { CommitterService } from "../ledger/committer-service.ts";
import type { Submission } from "../ledger/ledger-commands.ts";
import { requireOwnSource } from "../ledger/reserved-source.ts";
import type { AlarmService } from "../limits/alarm-service.ts";
import type { Asker, WrongCodeService } from "../limits/wrong-code-service.ts";
import type { ProjectRules, RulebookService } from "../promotions/rulebook-service.ts";
import { isByFirstOrder } from "./first-order.ts";
import { keptSale } from "./kept-sale.ts";
import { beginningOf, pastReturnOf, shown } from "./redemption-answer-service.ts";
import { promotionsByKey } from "./redemption-holds.ts";
import type { Ledger } from "./redemption-ledger-schemas.ts";
import {
  closedCodes,
  contended,
  faultOf,
  problemOf,
  projectStopped,
  requirePaidDeposit,
} from "./redemption-problems.ts";
import { redeemOperation, redemptionRepeats } from "./redemption-repeats-service.ts";
import { promisedBy } from "./redemption-rewards.ts";
import type { Redemption, RedemptionQuery, RedemptionRequest } from "./redemption-schemas.ts";
import { type Seat, seated, withSeat } from "./redemption-seat-service.ts";
import { type RedemptionSettling, redemptionSettling } from "./redemption-settling-service.ts";
import { ledgerOf, listRedemptions, listRedemptionsOfCode } from "./redemption-store.ts";
import type { RedemptionRow } from "./redemption-tables.ts";
import { returnsOf } from "./return-store.ts";

export interface RedemptionService extends RedemptionSettling {
  redeem(
    context: OperationContext,
    request: RedemptionRequest,
    idempotencyKey: string | null,
    seat?: Seat,
  ): Promise<Answered<Redemption>>;
  redemption(projectId: string, id: string): Promise<Redemption>;
  list(asker: Asker, query: RedemptionQuery): Promise<Page<Redemption>>;
  ledger(projectId: string, id: string): Promise<Ledger>;
}

export interface RedemptionServiceOptions {
  database: Database;
  clock: Clock;
  rulebooks: RulebookService;
  facts: FactsService;
  pricing: PricingService;
  committer: CommitterService;
  wrongCodes: WrongCodeService;
  alarms: AlarmService;
  exposures: Pick<ExposureService, "noterOf">;
  /** Whether the group of which the redemption holds a seat is complete. */
  isGroupComplete: (projectId: string, redemption: string) => Promise<boolean>;
}

/** Each time others were quicker. A counter that is truly gone is known to be after the first. */
const mostAttempts = 6;

export function redemptionService(options: RedemptionServiceOptions): RedemptionService {
  const { database, clock, rulebooks, facts, pricing, committer, wrongCodes, alarms, exposures } = options;
  const { existing, redemption, asAnswered, answeredBefore, repeated } = redemptionRepeats(database);
  const settling = redemptionSettling(options);

  async function redeem(
    context: OperationContext,
    request: RedemptionRequest,
    idempotencyKey: string | null,
    seat?: Seat,
  ): Promise<Answered<Redemption>> {
    const { projectId } = context;
    const id = newId("rdm", clock.now());
    const { source, orderRef = id } = request;
    const hash = requestHash(
      redeemOperation,
      seat === undefined ? request : { ...request, ttlSeconds: 0, seat: seat.name },
    );
    const rules = await zonedRules(projectId, request.timezone);
    const mustNotBegin = rules.isStopped ? projectStopped() : null;
    const at = request.at === undefined ? clock.now() : Date.parse(request.at);
    const order =
      request.orderRef === undefined && idempotencyKey === null ? null : { source, orderRef, idempotencyKey };
    /** As the customer's whom the one that it names is merged into. */
    let cart = request;
    const ask = async () => {
      const answer = await facts.forOrder(rules, cart, at, order, context.apiKeyId);
      if (answer.mergedInto !== null) cart = cartOf(cart, answer.mergedInto);
      return answer;
    };
    let known = seated(await ask(), seat);
    const idempotency = idempotencyOf(idempotencyKey, redeemOperation, hash);
    const redeeming = { hash, idempotency, request: seat === undefined ? request : null };
    const before =
      (await answeredBefore(projectId, known, redeeming)) ??
      (await settling.commitHeld(context, known, redeeming));
    if (before !== null) return before;
    // A till that repeats itself still gets the answer it had.
    if (mustNotBegin !== null) throw mustNotBegin;
    // First the counters, then what the order has: if a twin of this request took the last, its answer is seen as well.
    const lookAgain = async () => {
      const exact = await facts.sharedCounters(rules);
      known = seated((await ask()).withCounters(exact), seat);
      return answeredBefore(projectId, known, redeeming);
    };
    for (let attempt = 1; ; attempt++) {
      const { settings } = rules;
      const exposed = exposures.noterOf(rules, cart);
      requireSenseAtListPrices(cart, known.facts);
      const quote = pricing.quote(rules.rulebook, cart, known.facts, at, { settings }, exposed);
      const identified = { id: newId("evl", clock.now()), ...quote };
      const fault = faultOf(request, identified, known.facts) ?? seat?.faultOf(identified) ?? null;
      if (fault !== null) {
        // Counters in memory may be a second behind, or ahead of what was read: nobody is refused on their word.
        if (attempt > 1 || (known.facts.usage ?? known.facts.campaigns) === undefined) throw fault;
        const answered = await lookAgain();
        if (answered !== null) return answered;
        continue;
      }
      const promotionOf = promotionsByKey(rules);
      requirePaidDeposit(request, quote.total, promotionOf, known.facts, at);
      const plain = { ...cart, explain: "none" as const };
      const pricedBy = (others: Facts) => evaluate(rules.rulebook, plain, others, at, { settings });
      const submission: Submission = {
        command: {
          kind: "redeem",
          redemption: id,
          mode: request.mode,
          order: orderKey(source, orderRef),
          requestHash: hash,
          ttlMilliseconds: request.ttlSeconds * 1_000,
          requires: recordedDeposits(request),
          holds: withSeat(seat, cart.customer?.id, {
            quote,
            promotionOf,
            campaigns: rules.campaigns,
            who: known.who,
            store: request.store,
            coupons: known.coupons,
            quotedCoupons: known.facts.coupons,
            // Who pays a deposit has not bought yet.
            isByFirstOrder:
              request.deposit === undefined && isByFirstOrder(quote, known.facts, promotionOf, pricedBy),
            deposits: known.facts.deposits?.keys() ?? [],
            at,
            timezone: rules.settings.timezone,
          }),
        },
        newRedemption: {
          source,
          orderRef,
          mode: request.mode,
          customerId: cart.customer?.id ?? null,
          currency: quote.currency,
          total: quote.total,
          discount: quote.discount + quote.shippingDiscount,
          revision: rules.revision,
          evaluatedAt: at,
          ...keptSale(
            asKept({ request: cart, facts: known.facts }, rules.identifierKey, rules.rulebook.promotions),
            quote,
          ),
          settings: JSON.stringify(rules.settings),
          quote: JSON.stringify(identified),
          createdBy: context.apiKeyId,
          ...promisedBy(quote),
        },
        idempotency,
        isAbandoned: context.isGone,
        answer: beginningOf,
        ...(seat !== undefined && { alongside: seat.alongside }),
      };
      const result = await committer.submit(projectId, submission);
      switch (result.type) {
        case "granted":
          alarms.redeemed(rules, { ...quote, discount: quote.discount + quote.shippingDiscount });
          return {
            answer: {
              id,
              source,
              orderRef,
              customer: cart.customer?.id ?? null,
              quote: identified,
              ...beginningOf(result),
            },
            isReplay: false,
          };
        case "repeated":
          return repeated(projectId, result.redemption.id, idempotency);
        case "answered":
          requireSameRequest(result.record, redeemOperation, hash);
          return { answer: await asAnswered(projectId, result.record), isReplay: true };
        case "merged": {
          if (attempt >= mostAttempts) throw problem("unavailable");
          cart = cartOf(cart, result.customer);
          const answered = await lookAgain();
          if (answered !== null) return answered;
          break;
        }
        case "refused": {
          const { refusal } = result;
          seat?.requireOthers(refusal);
          // A deposit was cancelled or returned while we looked.
          const isToBeSeen = refusal.reason === "short" || refusal.reason === "changed";
          if (attempt >= mostAttempts && refusal.reason === "short")
            throw contended(refusal.shortages, identified);
          if (!isToBeSeen || attempt >= mostAttempts) throw problemOf(refusal);
          const closed =
            attempt === 1 || refusal.reason !== "short"
              ? null
              : closedCodes(request, refusal.shortages, identified, known.coupons);
          if (closed !== null) throw closed;
          const answered = await lookAgain();
          if (answered !== null) return answered;
        }
      }
    }
  }

  function zonedRules(projectId: string, timezone: string | undefined): Promise<ProjectRules> {
    const rules = Promise.resolve(rulebooks.rulesOf(projectId));
    return timezone === undefined ? rules : rules.then((live) => rulebooks.inTimezone(live, timezone));
  }

  /** By either form in which the code may be stored, each redemption once. */
  async function usersOf(projectId: string, query: RedemptionQuery, code: string, beforeId: string | null) {
    const normalized = normalizeCode(code);
    const found = new Map<string, RedemptionRow>();
    for (const form of new Set([normalized, foldLookAlikes(normalized)]))
      for (const row of await listRedemptionsOfCode(database.of(projectId), projectId, query, form, beforeId))
        found.set(row.id, row);
    return [...found.values()].sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, query.limit + 1);
  }

  return {
    async redeem(context, request, idempotencyKey, seat) {
      requirePrivileges(request, context.role);
      requireSense(request);
      requireOwnSource(request.source);
      return whileHolding({ projectId: context.projectId, key: idempotencyKey }, () =>
        redeem(context, request, idempotencyKey, seat),
      );
    },
    ...settling,
    redemption,
    async list(asker, query) {
      const { projectId } = asker;
      const beforeId = cursor.decode(query.after)?.id ?? null;
      const { code } = query;
      const rows =
        code === undefined
          ? await listRedemptions(database.of(projectId), projectId, query, beforeId)
          : ((await wrongCodes.guard(asker, code, async (requireTry) => {
              const found = await usersOf(projectId, query, code, beforeId);
              requireTry();
              return found.length === 0 && beforeId === null ? undefined : found;
            })) ?? []);
      return cursor.page(rows, query.limit, ({ id }) => ({ id }), shown);
    },
    async ledger(projectId, id) {
      const { state, quote } = await existing(projectId, id);
      const entries = await ledgerOf(database.of(projectId), projectId, id);
      const returns = await returnsOf(database.of(projectId), projectId, id);
      const keys = new Map(quote.promotions.map(({ promotionId, promotion }) => [promotionId, promotion]));
      return {
        redemption: id,
        state,
        items: entries.flatMap(({ step, createdAt, cause, postings }) =>
          postings.map(([rule, measure, holder, period, reserved, used], place) => ({
            step: step + place,
            at: createdAt.toISOString(),
            cause,
            promotion: keys.get(rule) ?? null,
            rule,
            measure,
            holder,
            period,
            reserved,
            used,
          })),
        ),
        returns: returns.map(pastReturnOf),
      };
    },
  };
}

const cursor = cursorOf("redemptions", z.strictObject({ id: z.string() }));

/** Deposits that a redemption of ours is to prove; others were vouched for by whoever may. */
function recordedDeposits({ deposits = [] }: RedemptionRequest): string[] {
  return deposits.filter(({ promotion }) => promotion === undefined).map(({ redemption }) => redemption);
}

/** Issues vouchers: what one promises is set aside first, as a reservation like any other, and only then signed away. */
import { whyApart } from "../../engine/assignment.ts";
import type { Cart } from "../../engine/cart.ts";
import { normalizeCode } from "../../engine/codes.ts";
import { evaluate } from "../../engine/evaluate.ts";
import type { CompiledPromotion } from "../../engine/promotion.ts";
import { couponReason, reasonWords } from "../../engine/reasons.ts";
import { buildRulebook } from "../../engine/rulebook.ts";
import { millisecondsPerDay } from "../../engine/zone.ts";
import type { Shortage } from "../../ledger/admit.ts";
import { orderKey, voucherSource } from "../../ledger/books.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database.ts";
import {
  findIdempotencyRecord,
  type IdempotencyRecord,
  requestHash,
  requireSameRequest,
  whileHolding,
} from "../../platform/idempotency.ts";
import { newId } from "../../platform/ids.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { type ProblemError, problem } from "../../platform/problem.ts";
import { customersMeant } from "../customers/customer-alias-service.ts";
import type { FactsService } from "../facts/facts-service.ts";
import type { GuardedCampaign } from "../ledger/campaign-counters.ts";
import type { CommitterService } from "../ledger/committer-service.ts";
import { holderOf, type Who, whoIs } from "../ledger/promotion-counters.ts";
import type { ProjectRules, RulebookService } from "../promotions/rulebook-service.ts";
import type { OfflineKeyService } from "./offline-key-service.ts";
import type { Voucher, VoucherRequest } from "./offline-schemas.ts";
import { insertVoucher } from "./offline-store.ts";
import { holdsOfPromise, isAmount, type PromiseQuestion, storedPromise } from "./voucher-holds.ts";
import { type Terms, termsOf } from "./voucher-terms.ts";
import { type Claims, signVoucher } from "./voucher-token.ts";

export interface OfflineVoucherService {
  issue(
    context: OperationContext,
    request: VoucherRequest,
    idempotencyKey: string | null,
  ): Promise<{ voucher: Voucher; isReplay: boolean }>;
}

export interface OfflineVoucherOptions {
  database: Database;
  clock: Clock;
  rulebooks: RulebookService;
  facts: FactsService;
  committer: CommitterService;
  keys: OfflineKeyService;
}

const operation = "issueOfflineVoucher";

export function offlineVoucherService(options: OfflineVoucherOptions): OfflineVoucherService {
  const { database, clock, rulebooks, facts, committer, keys } = options;

  async function issue(
    context: OperationContext,
    stated: VoucherRequest,
    idempotencyKey: string | null,
  ): Promise<{ voucher: Voucher; isReplay: boolean }> {
    const { projectId } = context;
    const hash = requestHash(operation, stated);
    const record =
      idempotencyKey === null
        ? undefined
        : await findIdempotencyRecord(database.of(projectId), projectId, idempotencyKey);
    if (record !== undefined) return replayed(record, hash);

    const meant = await customersMeant(database.of(projectId), projectId, [stated.customer]);
    const request = stated.customer === undefined ? stated : { ...stated, customer: meant(stated.customer) };
    const now = clock.now();
    const rules = await rulebooks.rulesOf(projectId);
    if (rules.isStopped) throw problem("project-stopped");
    const who = whoIs(rules.identifierKey, {
      customer: { id: request.customer },
      identifiers: request.identifiers,
    });
    const { promotion, code, coupon } = await promisedBy(rules, request, now, context.apiKeyId);
    const campaign = rules.campaigns.get(promotion.document.campaign ?? "");
    requireKnown(promotion, campaign, who);
    requireTheirs(promotion, rules, request.customer);
    const { terms, faults } = termsOf(promotion, request.currency, request.maxAmount);
    if (faults !== null) throw refused(...faults);
    const window = windowOf(promotion, request, now);
    const key = await keys.signingKey(projectId);
    const id = newId("vch", now);
    const holds = holdsOfPromise({
      promotion,
      campaign,
      who,
      code,
      coupon,
      currency: request.currency,
      maxAmount: terms.maxAmount,
      at: now,
      timezone: rules.settings.timezone,
    });
    const claims = claimsOf({ projectId, id, promotion, code, request, terms, window, rules });
    const voucher: Voucher = {
      id,
      token: signVoucher(key, claims),
      keyId: key.id,
      promotion: promotion.key,
      code,
      customer: request.customer ?? null,
      currency: request.currency,
      ...terms,
      validFrom: new Date(window.from).toISOString(),
      expiresAt: new Date(window.to).toISOString(),
      heldUntil: new Date(window.to + request.reportWithinSeconds * 1_000).toISOString(),
    };
    const nothing: Cart = { currency: request.currency, lines: [], explain: "none" };
    const quote = evaluate(buildRulebook(String(rules.revision), []), nothing, {}, now, {
      settings: rules.settings,
    });
    const result = await committer.submit(projectId, {
      command: {
        kind: "redeem",
        redemption: id,
        mode: "reserve",
        order: orderKey(voucherSource, id),
        requestHash: hash,
        ttlMilliseconds: Date.parse(voucher.heldUntil) - now,
        holds,
      },
      newRedemption: {
        source: voucherSource,
        orderRef: id,
        mode: "reserve",
        // It is no order of the customer's yet.
        customerId: null,
        currency: request.currency,
        total: 0,
        discount: 0,
        revision: rules.revision,
        evaluatedAt: now,
        request: JSON.stringify(nothing),
        facts: "{}",
        settings: JSON.stringify(rules.settings),
        quote: JSON.stringify({ id: newId("evl", now), ...quote }),
        createdBy: context.apiKeyId,
      },
      idempotency: idempotencyKey === null ? null : { key: idempotencyKey, operation, requestHash: hash },
      answer: () => voucher,
      alongside: (client) =>
        insertVoucher(client, {
          projectId,
          id,
          keyId: key.id,
          ruleId: promotion.id!,
          promotion: promotion.key,
          code,
          pool: coupon === null ? null : promotion.pool,
          customerId: request.customer ?? null,
          currency: request.currency,
          maxAmount: terms.maxAmount,
          minSubtotal: terms.minSubtotal,
          validFrom: new Date(window.from),
          expiresAt: new Date(window.to),
          revision: rules.revision,
          holds: storedPromise(holds),
          issuedBy: context.apiKeyId,
          createdAt: new Date(now),
        }),
    });
    switch (result.type) {
      case "granted":
      // The batch was written and its answer lost: it is the very same voucher.
      case "repeated":
        return { voucher, isReplay: false };
      case "answered":
        return replayed(result.record, hash);
      case "merged":
        throw new Error("what is set aside for a voucher is nobody's redemption");
      case "refused":
        if (result.refusal.reason !== "short")
          throw new Error(`a voucher was refused as ${result.refusal.reason}`);
        throw refused(...result.refusal.shortages.map(shortageError));
    }
  }

  async function promisedBy(
    rules: ProjectRules,
    request: VoucherRequest,
    now: number,
    apiKeyId: string,
  ): Promise<Pick<PromiseQuestion, "promotion" | "code" | "coupon">> {
    const { promotion: key, code: entered, currency, customer } = request;
    const { promotions } = rules.rulebook;
    const named =
      key === undefined
        ? undefined
        : promotions.find((promotion) => promotion.key === key && !hasAudience(promotion));
    if (key !== undefined && named === undefined)
      throw problem("promotion-not-found", { detail: "No promotion in force has this key." });
    if (entered === undefined) {
      if (named === undefined)
        throw refused(error("/promotion", "nothing_named", "Name a promotion, a code, or both."));
      if (named.pool !== null)
        throw refused(error("/code", "code_required", "The promotion needs a code of its pool."));
      return { promotion: named, code: named.code, coupon: null };
    }
    const cart: Cart = {
      currency,
      lines: [],
      codes: [entered],
      ...(customer !== undefined && { customer: { id: customer } }),
      ...(request.identifiers !== undefined && { identifiers: request.identifiers }),
    };
    const normalized = normalizeCode(entered);
    const known = await facts.forOrder(rules, cart, now, null, apiKeyId);
    if (known.facts.areCodesWithheld)
      throw refused(error("/code", "too_many_attempts", "Too many wrong codes were tried."));
    const fact = known.facts.coupons?.get(normalized);
    const coupon = known.coupons.get(normalized);
    const behind = promotions.filter(
      (promotion) =>
        !hasAudience(promotion) &&
        (promotion.code === normalized || (fact !== undefined && promotion.pool === fact.pool)),
    );
    const [first, second] = named === undefined ? behind : behind.filter((promotion) => promotion === named);
    if (first === undefined)
      throw refused(error("/code", "code_unknown", "No promotion in force is behind this code."));
    if (second !== undefined)
      throw refused(
        error("/promotion", "several_promotions", "Say which of the promotions behind the code."),
      );
    if (first.pool === null) return { promotion: first, code: normalized, coupon: null };
    if (fact!.status !== "usable")
      throw refused(error("/code", couponReason[fact!.status], "The coupon cannot be used."));
    return { promotion: first, code: coupon!.code, coupon: coupon! };
  }

  return {
    issue: (context, request, key) =>
      whileHolding({ projectId: context.projectId, key }, () => issue(context, request, key)),
  };
}

function replayed(record: IdempotencyRecord, hash: string): { voucher: Voucher; isReplay: boolean } {
  requireSameRequest(record, operation, hash);
  return { voucher: record.answer as Voucher, isReplay: true };
}

/** Nobody is ever counted as one shared stranger. */
function requireKnown(
  { document: { limits } }: CompiledPromotion,
  campaign: GuardedCampaign | undefined,
  who: Who,
): void {
  const { perCustomer = campaign?.perCustomer?.orders, ...others } = limits ?? {};
  const { perDevice, perPhone, perIp, perPeriod } = others;
  const asked = { customer: perCustomer, device: perDevice, phone: perPhone, ip: perIp };
  for (const scope of ["customer", "device", "phone", "ip"] as const) {
    if (asked[scope] === undefined && perPeriod?.per !== scope) continue;
    if (holderOf(scope, who) !== null) continue;
    const path = scope === "customer" ? "/customer" : `/identifiers/${scope}`;
    throw refused(error(path, `${scope}_required`, "A limit of the promotion needs to know it."));
  }
}

/** A voucher must not give what the shop withholds: from whoever is held out, or in another arm of an experiment. */
function requireTheirs(
  { document }: CompiledPromotion,
  { splits }: ProjectRules,
  customer: string | undefined,
): void {
  const apart = whyApart(document, splits ?? {}, customer);
  if (apart === null) return;
  const path = apart.reason === "customer_required" ? "/customer" : "/promotion";
  throw refused(error(path, apart.reason, reasonWords(apart.reason, "en")));
}

interface Window {
  readonly from: number;
  readonly to: number;
}

/** Whole seconds, as claims have them; never beyond the promotion's own time. */
function windowOf({ schedule }: CompiledPromotion, request: VoucherRequest, now: number): Window {
  const asked = request.validFrom === undefined ? now : Date.parse(request.validFrom);
  const from = Math.floor(Math.max(asked, schedule?.startsAt ?? asked) / 1_000) * 1_000;
  const to = Math.min(from + request.validForSeconds * 1_000, schedule?.endsAt ?? Number.POSITIVE_INFINITY);
  const end = Math.floor(to / 1_000) * 1_000;
  if (end <= Math.max(from, now))
    throw refused(error("/validFrom", "time_over", "The promotion, or the time asked for, is over by then."));
  if (from > now + 366 * millisecondsPerDay)
    throw refused(error("/validFrom", "time_too_far", "That is more than a year ahead."));
  return { from, to: end };
}

function claimsOf({
  projectId,
  id,
  promotion,
  code,
  request,
  terms,
  window,
  rules,
}: {
  projectId: string;
  id: string;
  promotion: CompiledPromotion;
  code: string | null;
  request: VoucherRequest;
  terms: Terms;
  window: Window;
  rules: ProjectRules;
}): Claims {
  const { rounding } = rules.settings;
  return {
    iss: projectId,
    jti: id,
    nbf: window.from / 1_000,
    exp: window.to / 1_000,
    prm: promotion.key,
    ...(request.customer !== undefined && { sub: request.customer }),
    ...(code !== null && { code }),
    cur: request.currency,
    max: terms.maxAmount,
    ...(terms.amount !== null && { amt: terms.amount }),
    ...(terms.percent !== null && { pct: terms.percent }),
    ...(terms.percent !== null && rounding !== "half_up" && { rnd: rounding }),
    ...(terms.minSubtotal !== null && { min: terms.minSubtotal }),
  };
}

function shortageError({ counter, closed }: Shortage): ProblemError {
  if (closed !== null) return error("/code", closed, "The coupon cannot be used.");
  if (counter.measure === "coupon") return error("/code", "code_used", "The coupon is used up.");
  return isAmount(counter)
    ? error("/maxAmount", "budget_exhausted", "The budget has not so much left.")
    : error("/promotion", "limit_reached", "A limit of the promotion is reached.");
}

function error(path: string, code: string, message: string): ProblemError {
  return { path, code, message };
}

function refused(...errors: ProblemError[]) {
  return problem("voucher-refused", { errors });
}

/** A till could not check who the customer is; and of a private sale with an audience nobody is told outside it, not even that. */
function hasAudience({ document, conditions }: CompiledPromotion): boolean {
  return document.visibility === "private" && conditions?.isAboutCustomer === true;
}

/** What is known beside a request, gathered in one round trip at most, and in none where nobody would ask. */

import { compareBytes } from "../../engine/canonical-cart.ts";
import type { Cart } from "../../engine/cart.ts";
import { foldLookAlikes } from "../../engine/codes.ts";
import type { CouponFact, DepositFact, Facts } from "../../engine/facts.ts";
import type { PriceListFact } from "../../engine/price-list.ts";
import { rfmScores } from "../../engine/rfm.ts";
import { counterKey } from "../../ledger/books.ts";
import type { Clock } from "../../platform/clock.ts";
import { isErased, pseudonymOf } from "../../platform/customer-data.ts";
import { type Database, isConnectionLost } from "../../platform/database.ts";
import { DatabaseAway } from "../../platform/database-watch.ts";
import type { IdempotencyRecord } from "../../platform/idempotency.ts";
import { defaultOutage, type Outage } from "../../platform/outage.ts";
import { guardedAmong } from "../ledger/campaign-counters.ts";
import {
  couponCounter,
  depositCounter,
  firstOrderCounter,
  hashCustomer,
  type Who,
} from "../ledger/promotion-counters.ts";
import { sharedCodes, type WrongCodeService } from "../limits/wrong-code-service.ts";
import type { PromotionDayService } from "../promotion-days/promotion-day-service.ts";
import type { ProjectRules } from "../promotions/rulebook-service.ts";
import type { StockLevelsService } from "../stock/stock-levels-service.ts";
import { CampaignFacts } from "./campaign-facts.ts";
import {
  type Asked,
  askedOf,
  asksStock,
  type CartWithDrafts,
  cartOf,
  hasDrafts,
  type InMemory,
  type OrderName,
  questionFor,
  withholdCodes,
} from "./facts-question.ts";
import { factsReader, type Turn } from "./facts-reader.ts";
import {
  type FactsAnswer,
  type FoundCoupon,
  type FoundPriceList,
  nothingRead,
  readSharedCounters,
  type StandingRedemption,
} from "./facts-store.ts";
import { factsWithoutDatabase } from "./facts-without-database.ts";
import { customerFacts, inlineDeposits } from "./given-facts.ts";
import { RestingFacts } from "./resting-facts.ts";
import { StockFacts } from "./stock-facts.ts";
import { type Taken, takenFrom, UsageFacts } from "./usage-facts.ts";
import type { UsageService } from "./usage-service.ts";

/** A coupon behind an entered code. */
export interface KnownCoupon {
  /** As it is stored. */
  readonly code: string;
  readonly poolId: string;
  /** The pool's key. */
  readonly pool: string;
  /** Whose it is; null: nobody's. */
  readonly customerId: string | null;
}

export interface Knowledge {
  readonly facts: Facts;
  readonly who: Who;
  /** Of whom all this is known, where the customer who was named is merged into another; else null. */
  readonly mergedInto: string | null;
  /** By entered code, normalised. */
  readonly coupons: ReadonlyMap<string, KnownCoupon>;
  /** The order's live redemption, and the answer this very request got before; null where there is none. */
  readonly standing: StandingRedemption | null;
  readonly record: IdempotencyRecord | null;
  /** The same with these counters, which somebody read under locks, instead of those in memory. */
  withCounters(taken: ReadonlyMap<string, number>): Knowledge;
}

/** `mergedInto`: whose facts they are, where the customer who was named is merged into another. */
export type QuoteFacts = Facts & { readonly mergedInto?: string };

export interface FactsService {
  /** For a quote. At once where nothing has to be read, as it is while the database is away. */
  forQuote(
    rules: ProjectRules,
    request: CartWithDrafts,
    at: number,
    apiKeyId: string,
  ): QuoteFacts | Promise<QuoteFacts>;
  /** For an order that is to be redeemed. */
  forOrder(
    rules: ProjectRules,
    request: Cart,
    at: number,
    order: OrderName | null,
    apiKeyId: string,
  ): Promise<Knowledge>;
  /** The shared counters of the project as the database has them now. */
  sharedCounters(rules: ProjectRules): Promise<ReadonlyMap<string, number>>;
}

export interface FactsServiceOptions {
  database: Database;
  clock: Clock;
  usage: UsageService;
  stock: Pick<StockLevelsService, "levelsOf">;
  promotionDays: Pick<PromotionDayService, "restingOf">;
  wrongCodes: WrongCodeService;
  /** When to read for orders that are to be redeemed. */
  turn?: Turn | undefined;
  outage?: Outage | undefined;
}

export function factsService({
  database,
  turn,
  clock,
  usage,
  stock,
  promotionDays,
  wrongCodes,
  outage = defaultOutage,
}: FactsServiceOptions): FactsService {
  const readForQuotes = factsReader(database);
  const readForOrders = factsReader(database, turn);

  function gather(
    rules: ProjectRules,
    request: CartWithDrafts,
    at: number,
    order: OrderName | null,
    apiKeyId: string,
    inMemory: InMemory,
    mergedInto: string | null = null,
  ): Knowledge | Promise<Knowledge> {
    const asked = askedOf(rules, request, at, inMemory, mergedInto);
    if (asked.codes.length > 0 && !wrongCodes.mayTry(rules, apiKeyId, request)) withholdCodes(asked);
    const question = questionFor(asked, order);
    if (question === null) return noted(apiKeyId, asked, nothingRead(), []);
    const read = order === null ? readForQuotes : readForOrders;
    return read(question).then((answer) => {
      const other = answer.mergedInto;
      // Aliases take one step, so this does not go on.
      if (other !== null) return gather(rules, cartOf(request, other), at, order, apiKeyId, inMemory, other);
      // Of many who asked at once, those that are beyond the limit by now are told nothing.
      if (asked.codes.length > 0 && !wrongCodes.mayTry(rules, apiKeyId, request)) withholdCodes(asked);
      return noted(apiKeyId, asked, answer, [answer.taken]);
    });
  }

  /** Codes that are neither coupons nor shared by all customers were guessed, or mistyped: they are counted. */
  function noted(
    apiKeyId: string,
    asked: Asked,
    answer: FactsAnswer,
    tables: readonly ReadonlyMap<string, number>[],
  ): Knowledge {
    const { rules, request, codes } = asked;
    const result = knowledge(asked, answer, tables);
    // While the project is stopped all codes are answered alike, whatever they are.
    if (codes.length === 0 || rules.isStopped || hasDrafts(request)) return result;
    const shared = sharedCodes(rules.rulebook);
    const wrong = codes.filter((code) => !result.coupons.has(code) && !shared.has(code));
    wrongCodes.note(rules, apiKeyId, request, wrong);
    return result;
  }

  function inMemoryOf(
    rules: ProjectRules,
    request: CartWithDrafts,
    at: number,
  ): InMemory | Promise<InMemory> {
    const used = usage.usageOf(rules);
    const levels = asksStock(rules, request) ? stock.levelsOf(rules.projectId) : null;
    const resting = promotionDays.restingOf(rules, at);
    if (!(used instanceof Promise || levels instanceof Promise || resting instanceof Promise))
      return { used, levels, resting };
    return Promise.all([used, levels, resting]).then(([loaded, told, skus]) => ({
      used: loaded,
      levels: told,
      resting: skus,
    }));
  }

  function fromDatabase(
    rules: ProjectRules,
    request: CartWithDrafts,
    at: number,
    apiKeyId: string,
  ): QuoteFacts | Promise<QuoteFacts> {
    const inMemory = inMemoryOf(rules, request, at);
    if (inMemory instanceof Promise)
      return inMemory.then(async (loaded) =>
        quoteFacts(await gather(rules, request, at, null, apiKeyId, loaded)),
      );
    const known = gather(rules, request, at, null, apiKeyId, inMemory);
    return known instanceof Promise ? known.then(quoteFacts) : known.facts;
  }

  function withoutDatabase(rules: ProjectRules, request: CartWithDrafts): Facts {
    if (clock.now() - rules.asOf() > outage.milliseconds) throw new DatabaseAway();
    return factsWithoutDatabase(rules, request);
  }

  return {
    forQuote(rules, request, at, apiKeyId) {
      if (rules.isFromDisk || database.watch.isAway()) return withoutDatabase(rules, request);
      const facts = fromDatabase(rules, request, at, apiKeyId);
      if (!(facts instanceof Promise)) return facts;
      return facts.catch(async (error: unknown) => {
        if (!isConnectionLost(error)) throw error;
        const isAway = await database.watch.confirm();
        // A lost connection alone is no outage: there are others.
        return isAway ? withoutDatabase(rules, request) : fromDatabase(rules, request, at, apiKeyId);
      });
    },
    async forOrder(rules, request, at, order, apiKeyId) {
      return gather(rules, request, at, order, apiKeyId, await inMemoryOf(rules, request, at));
    },
    async sharedCounters(rules) {
      const counted = (await usage.usageOf(rules)).rules;
      return counted.length === 0
        ? new Map()
        : readSharedCounters(database.of(rules.projectId).$client, rules.projectId, counted);
    },
  };
}

function knowledge(
  asked: Asked,
  answer: FactsAnswer,
  tables: readonly ReadonlyMap<string, number>[],
): Knowledge {
  const { rules, request, at, used, who, codes } = asked;
  const isTheirs = ownershipOf(rules, request);
  const found = couponsBehind(codes, answer.coupons);
  const shared = takenFrom(...tables, used.taken);
  const taken: Taken =
    answer.own.size === 0 ? shared : (name) => shared(name) - (answer.own.get(counterKey(name)) ?? 0);
  const facts: Facts = { ...customerFacts(request, answer.history, answer) };
  const first = asked.needs.hasHistory ? firstOrderCounter(who) : null;
  if (first !== null && taken(first) > 0) facts.isFirstOrderTaken = true;
  if (answer.profile !== null) facts.profile = answer.profile;
  if (answer.birthday !== null) facts.birthday = answer.birthday;
  // Of whom nothing is stored nobody has consented to anything; of whom nobody was asked it is not known.
  if (asked.needs.hasProfile && request.customer?.id !== undefined) facts.consents = answer.consents;
  if (answer.scored !== null) facts.rfm = rfmScores(answer.scored.activity, answer.scored.borders, at);
  if (rules.splits !== null) facts.holdouts = rules.splits.holdouts;
  if (answer.contracts !== null) facts.contracts = answer.contracts;
  if (asked.needs.hasDealer && request.dealer !== undefined) facts.dealer = answer.dealer;
  if (answer.priceLists.length > 0) facts.priceLists = ranked(answer.priceLists);
  if (rules.isStopped) facts.arePromotionsStopped = true;
  if (asked.areCodesWithheld) facts.areCodesWithheld = true;
  if (found.size > 0)
    facts.coupons = new Map(
      [...found].map(([code, coupon]) => [code, couponFact(coupon, isTheirs, at, answer.own)]),
    );
  const deposits = depositsOf(request, isTheirs, answer);
  if (deposits.size > 0) facts.deposits = deposits;
  if (used.promotions.size > 0)
    facts.usage = new UsageFacts(used.promotions, {
      taken,
      who,
      codes,
      coupons: found,
      currency: request.currency,
      lines: request.lines,
      store: request.store,
      at,
      timezone: rules.settings.timezone,
    });
  const guarded = guardedAmong(rules.campaigns);
  if (guarded.size > 0)
    facts.campaigns = new CampaignFacts(guarded, {
      taken,
      who,
      currency: request.currency,
      channel: request.channel,
      at,
      timezone: rules.settings.timezone,
    });
  if (asked.levels !== null) facts.stock = new StockFacts(asked.levels);
  if (asked.resting !== null && asked.resting.size > 0) facts.resting = new RestingFacts(asked.resting);
  return {
    facts,
    who,
    mergedInto: asked.mergedInto,
    coupons: found,
    standing: answer.standing,
    record: answer.record,
    withCounters: (exact) => knowledge(asked, answer, [exact, ...tables]),
  };
}

/** The one that goes first first. */
function ranked(lists: readonly FoundPriceList[]): PriceListFact[] {
  return [...lists]
    .sort((a, b) => b.priority - a.priority || compareBytes(a.list, b.list))
    .map(({ priority: _priority, ...fact }) => fact);
}

function quoteFacts({ facts, mergedInto }: Knowledge): QuoteFacts {
  return mergedInto === null ? facts : { ...facts, mergedInto };
}

/** The plain form goes before the folded one; the folded one counts only in pools that fold. */
function couponsBehind(
  entered: readonly string[],
  coupons: readonly FoundCoupon[],
): Map<string, FoundCoupon> {
  const found = new Map<string, FoundCoupon>();
  for (const code of entered) {
    const folded = foldLookAlikes(code);
    const coupon =
      coupons.find((candidate) => candidate.code === code) ??
      coupons.find((candidate) => candidate.folds && candidate.code === folded);
    if (coupon !== undefined) found.set(code, coupon);
  }
  return found;
}

/** Whether what is kept under this customer id is the buyer's. */
type Ownership = (owner: string) => boolean;

/** Also since the customer was erased: what stands there then follows from the id that the shop still knows. */
function ownershipOf({ identifierKey }: ProjectRules, { customer }: Cart): Ownership {
  const id = customer?.id;
  return (owner) =>
    owner === id ||
    (id !== undefined && isErased(owner) && owner === pseudonymOf(hashCustomer(identifierKey, id)));
}

function couponFact(
  { pool, poolId, code, isVoid, isUsedUp, expiresAt, customerId }: FoundCoupon,
  isTheirs: Ownership,
  at: number,
  own: ReadonlyMap<string, number>,
): CouponFact {
  // Held by this very order's reservation, it is not used up for the order.
  const isOwn = own.has(counterKey(couponCounter(poolId, code)));
  if (isVoid) return { pool, status: "void" };
  if (isUsedUp && !isOwn) return { pool, status: "used" };
  if (expiresAt !== null && expiresAt <= at) return { pool, status: "expired" };
  if (customerId !== null && !isTheirs(customerId)) return { pool, status: "owned" };
  return { pool, status: "usable" };
}

/** Proven inline by whoever may, or by a committed redemption that paid for it; none that an order has counted already. */
function depositsOf(request: Cart, isTheirs: Ownership, answer: FactsAnswer): Map<string, DepositFact> {
  const inline = inlineDeposits(request);
  if (inline.size === 0 && answer.deposits.length === 0) return inline;
  const proven = new Map<string, DepositFact>();
  // What one customer paid is not another's.
  for (const { redemption, promotion, units, customerId } of answer.deposits)
    if (customerId === null || isTheirs(customerId)) proven.set(redemption, { promotion, units });
  for (const [redemption, fact] of inline) proven.set(redemption, fact);
  for (const redemption of proven.keys()) {
    const key = counterKey(depositCounter(redemption));
    if ((answer.taken.get(key) ?? 0) - (answer.own.get(key) ?? 0) > 0) proven.delete(redemption);
  }
  return proven;
}

/**
 * Start reading here. `evaluate(rulebook, cart, facts, now) → quote` is a plain function: no I/O, no clock, no randomness.
 *
 *   price lists → canonical cart → candidates → judgement → plan → price → quote
 *
 * REST, GraphQL, redemptions, the simulator, the scenario tests and the benchmarks all call this one.
 */
import { judgeAll } from "./candidates.ts";
import { type CanonicalCart, canonicalCart } from "./canonical-cart.ts";
import type { Cart } from "./cart.ts";
import { normalizeCode } from "./codes.ts";
import type { Facts } from "./facts.ts";
import { isBeyond } from "./least-spend.ts";
import { limits } from "./limits.ts";
import type { Outcome } from "./outcome.ts";
import { planExactly } from "./plan/exact/plan-exactly.ts";
import { withoutOutdone } from "./plan/outdone.ts";
import type { Planner } from "./plan/planner.ts";
import { planByPriority } from "./plan/priority.ts";
import { atListPrices } from "./price-list.ts";
import { withProfile } from "./profile.ts";
import type { CompiledPromotion } from "./promotion.ts";
import type { Quote } from "./quote.ts";
import { compareByRank, nothingFound, type Rulebook, type Search } from "./rulebook.ts";
import { defaultSettings, type Settings, type Strategy } from "./settings.ts";
import { type EnteredCode, makeGround } from "./situation.ts";
import { EvaluationTooComplex, WorkBudget } from "./work-budget.ts";
import { writeQuote } from "./write-quote.ts";

const planners: Readonly<Record<Strategy, Planner>> = {
  best: withoutOutdone(planExactly),
  priority: planByPriority,
};

export interface EvaluateOptions {
  /** The project's; what the cart says of them goes first. */
  settings?: Settings;
  /** Priced beside the rulebook, or instead of it; a draft replaces the promotion with its key. */
  drafts?: { promotions: readonly CompiledPromotion[]; only: boolean };
  /** How many operations it may take; otherwise as many as any cart may. */
  operations?: number;
}

/** `now`: epoch milliseconds. */
export function evaluate(
  rulebook: Rulebook,
  request: Cart,
  facts: Facts,
  now: number,
  options: EvaluateOptions = {},
): Quote {
  return writeQuote(assess(rulebook, request, facts, now, options));
}

/**
 * For what was priced before, and is priced again whole or in part: as ever where that is enough, and otherwise with more work. What
 * could be sold, also while carts had a larger budget, can always come back.
 */
export function pricedAgain<Priced>(
  options: EvaluateOptions,
  price: (options: EvaluateOptions) => Priced,
): Priced {
  try {
    return price(options);
  } catch (error) {
    if (!(error instanceof EvaluationTooComplex)) throw error;
    return price({ ...options, operations: moreForAgain * limits.operationsPerEvaluation });
  }
}

const moreForAgain = 4;

/** Everything but the writing: for those who want to know more of it than a quote says. */
export function assess(
  rulebook: Rulebook,
  given: Cart,
  facts: Facts,
  now: number,
  options: EvaluateOptions = {},
): Outcome {
  const asked = withProfile(given, facts);
  const listed = atListPrices(asked, facts.priceLists);
  const request = listed.cart;
  const settings = settingsFor(request, options.settings ?? defaultSettings);
  const cart = canonicalCart(request, settings.marginFloor, facts.resting);
  const codes = enteredCodes(request);
  const heard = facts.areCodesWithheld ? [] : codes;
  const { within, beyond } = findCandidates(rulebook, options.drafts, cart, heard, facts, request, now);
  const situation = judgeAll(
    within,
    heard,
    makeGround(
      cart,
      withoutUses(facts, options.drafts),
      now,
      settings.rounding,
      new WorkBudget(options.operations),
    ),
    request.identifiers,
  );
  const proposed = planners[settings.strategy](situation);
  return {
    request,
    listed,
    given: asked,
    settings,
    rulebookVersion: rulebook.version,
    codes,
    beyond,
    situation,
    proposed,
  };
}

function settingsFor(request: Cart, settings: Settings): Settings {
  const { strategy, rounding, marginFloor, locale } = request;
  if (strategy === undefined && rounding === undefined && marginFloor === undefined && locale === undefined)
    return settings;
  return {
    ...settings,
    ...(strategy !== undefined && { strategy }),
    ...(rounding !== undefined && { rounding }),
    ...(marginFloor !== undefined && { marginFloor }),
    ...(locale !== undefined && { locale }),
  };
}

/** The codes of the cart, each once, as first entered; `honour` counts wherever it was said. */
export function enteredCodes(request: Cart): EnteredCode[] {
  if (request.codes === undefined) return [];
  const codes = new Map<string, EnteredCode>();
  for (const entry of request.codes) {
    const text = typeof entry === "string" ? entry : entry.code;
    const honour = typeof entry !== "string" && entry.honour;
    const normalized = normalizeCode(text);
    const before = codes.get(normalized);
    if (before === undefined) codes.set(normalized, { text, normalized, honour });
    else if (honour && !before.honour) codes.set(normalized, { ...before, honour });
  }
  return [...codes.values()];
}

interface Candidates {
  readonly within: CompiledPromotion[];
  readonly beyond: () => readonly CompiledPromotion[];
}

function findCandidates(
  rulebook: Rulebook,
  drafts: EvaluateOptions["drafts"],
  cart: CanonicalCart,
  entered: readonly EnteredCode[],
  facts: Facts,
  request: Cart,
  now: number,
): Candidates {
  const codes = entered.map((code) => code.normalized);
  const pools = codes.flatMap((text) => facts.coupons?.get(text)?.pool ?? []);
  const breadth = breadthFor(request, facts);
  const found =
    drafts?.only || facts.arePromotionsStopped
      ? nothingFound
      : rulebook.candidates(cart, { codes, pools, breadth, now });
  const live = promotionsAt(rulebook, found.ranks);
  if (drafts === undefined || drafts.promotions.length === 0)
    return { within: live, beyond: () => promotionsAt(rulebook, found.beyond()) };
  const replaced = new Set(drafts.promotions.map((draft) => draft.key));
  const isOutOfReach = (promotion: CompiledPromotion) =>
    breadth === "reached" && isBeyond(promotion, cart.currency, cart.subtotal);
  const both = (others: readonly CompiledPromotion[], areBeyond: boolean) => [
    ...others.filter((promotion) => !replaced.has(promotion.key)),
    ...drafts.promotions.filter(
      (draft) => isTriggered(draft, codes, pools) && isOutOfReach(draft) === areBeyond,
    ),
  ];
  const asked = ({ leastSpend }: CompiledPromotion) => leastSpend!.get(cart.currency)!;
  return {
    within: both(live, false).sort(compareByRank),
    beyond: () =>
      both(promotionsAt(rulebook, found.beyond()), true).sort(
        (a, b) => asked(a) - asked(b) || compareByRank(a, b),
      ),
  };
}

function promotionsAt({ promotions }: Rulebook, ranks: readonly number[]): CompiledPromotion[] {
  return ranks.map((rank) => promotions[rank]!);
}

/**
 * What the cart is not worth enough for changes no plan. It is looked at where all reasons are told, where more goods are tried, and
 * where it is counted what a promotion lacks or whom it met.
 */
function breadthFor({ explain, hints }: Cart, { rulesAsOf, holdouts }: Facts): Search["breadth"] {
  if (explain === "all") return "wide";
  const isAllAsked = hints === true || rulesAsOf !== undefined || (holdouts?.size ?? 0) > 0;
  return isAllAsked ? "usual" : "reached";
}

function isTriggered(
  { code, pool }: CompiledPromotion,
  codes: readonly string[],
  pools: readonly string[],
): boolean {
  return (
    (code === null && pool === null) ||
    (code !== null && codes.includes(code)) ||
    (pool !== null && pools.includes(pool))
  );
}

/** A draft has no uses and its whole budget, also where it replaces a promotion that has been used. */
function withoutUses(facts: Facts, drafts: EvaluateOptions["drafts"]): Facts {
  const { usage } = facts;
  if (usage === undefined || drafts === undefined) return facts;
  const keys = new Set(drafts.promotions.map(({ key }) => key));
  return { ...facts, usage: { get: (key) => (keys.has(key) ? undefined : usage.get(key)) } };
}

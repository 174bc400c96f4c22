/** A campaign's promotions, compiled, and what they do to each other, to the goods and to one cart. Without a database. */
import type { Cart } from "../../engine/cart.ts";
import { evaluate } from "../../engine/evaluate.ts";
import { findOverlaps, type Overlap } from "../../engine/overlaps.ts";
import type { CompiledPromotion, PromotionDocument } from "../../engine/promotion.ts";
import { buildRulebook, type Rulebook } from "../../engine/rulebook.ts";
import type { Settings } from "../../engine/settings.ts";
import { requestHash } from "../../platform/idempotency.ts";
import { checkDocument } from "../promotions/promotion-document.ts";
import type {
  ConflictEvidence,
  FloorEvidence,
  LatencyEvidence,
  PromotionEvidence,
} from "./launch-check-lines.ts";

export interface CampaignPromotion {
  readonly id: string;
  readonly key: string;
  readonly document: unknown;
}

export interface CampaignRules {
  readonly mine: readonly CompiledPromotion[];
  /** The same for whoever meets every condition, is in every arm and has every code. */
  readonly mineAtBest: readonly CompiledPromotion[];
  /** In force beside them. */
  readonly others: readonly CompiledPromotion[];
  readonly unsound: readonly string[];
  /** The rules in force with all of the campaign's promotions. */
  readonly rulebook: Rulebook;
  readonly settings: Settings;
}

/** Tells documents apart, whatever the order of their keys. */
export const fingerprintOf = (document: unknown) => requestHash("promotion", document);

export function campaignRules(
  promotions: readonly CampaignPromotion[],
  live: Rulebook,
  settings: Settings,
): CampaignRules {
  const selectors = new Map();
  const mine: CompiledPromotion[] = [];
  const mineAtBest: CompiledPromotion[] = [];
  const unsound: string[] = [];
  const compile = (id: string, document: unknown) =>
    checkDocument(document, { id, timezone: settings.timezone, selectors }).compiled;
  for (const { id, key, document } of promotions) {
    const compiled = compile(id, document);
    if (compiled === null) unsound.push(key);
    else {
      mine.push(compiled);
      mineAtBest.push(compile(id, unconditional(compiled.document)) ?? compiled);
    }
  }
  const keys = new Set(mine.map(({ key }) => key));
  const others = live.promotions.filter(({ key }) => !keys.has(key));
  const rulebook = buildRulebook("launch-check", [...others, ...mine]);
  return { mine, mineAtBest, others, unsound, rulebook, settings };
}

/** What it takes off, on which goods and beside what; not for whom, when and how often. */
function unconditional({ key, campaign, priority, funder, stacking, tags, benefits }: PromotionDocument) {
  return { key, campaign, priority, funder, stacking, tags, benefits, trigger: { type: "automatic" } };
}

/** `startsAt`, `endsAt`: of the campaign, epoch milliseconds. */
export function promotionEvidence(
  promotions: readonly CampaignPromotion[],
  { mine, unsound }: CampaignRules,
  {
    startsAt,
    endsAt,
    cutAt,
  }: { readonly startsAt: number; readonly endsAt: number; readonly cutAt: number | null },
): PromotionEvidence {
  const isOnWithin = ({ schedule }: CompiledPromotion) => {
    if (schedule === null || schedule.contains(startsAt)) return true;
    const next = schedule.nextChange(startsAt);
    return next !== null && next < endsAt;
  };
  return {
    keys: promotions.map(({ key }) => key),
    unsound,
    outside: mine.filter((promotion) => !isOnWithin(promotion)).map(({ key }) => key),
    cutAt,
  };
}

const mostOverlaps = 200;
/** Calls of the search, each of which is bounded. */
const mostCalls = 20;

export async function conflictEvidence(
  { mine, rulebook }: CampaignRules,
  now: number,
  nextTurn: () => Promise<void>,
): Promise<ConflictEvidence> {
  const keys = new Set(mine.map(({ key }) => key));
  const found = { undecided: [] as string[], sharedCodes: [] as string[], others: [] as string[] };
  const across = { elsewhere: [] as string[], elsewhereWithOthers: [] as string[] };
  const pairOf = ({ first, second }: Overlap) => `${first.key} and ${second.key}`;
  const look = async (isAcross: boolean, note: (overlap: Overlap) => void): Promise<boolean> => {
    let after: readonly [string, string] | null = null;
    for (let calls = 0; calls < mostCalls; calls += 1) {
      const question = { now, limit: mostOverlaps, after, key: null, isAcross };
      const { overlaps, next } = findOverlaps(rulebook.promotions, question);
      for (const overlap of overlaps)
        if (keys.has(overlap.first.key) || keys.has(overlap.second.key)) note(overlap);
      after = next;
      await nextTurn();
      if (after === null) return true;
    }
    return false;
  };
  // By themselves: pairs that meet nowhere must not use up the bound of those that do.
  const isComplete = await look(false, (overlap) => {
    const { first, second, outcome } = overlap;
    const isEven = first.document.priority === second.document.priority;
    if (first.code !== null && first.code === second.code) found.sharedCodes.push(pairOf(overlap));
    else if (outcome !== "stack" && isEven) found.undecided.push(pairOf(overlap));
    else found.others.push(pairOf(overlap));
  });
  const isCompleteAcross = await look(true, (overlap) => {
    if (overlap.outcome !== "elsewhere") return;
    const isOwn = keys.has(overlap.first.key) && keys.has(overlap.second.key);
    across[isOwn ? "elsewhere" : "elsewhereWithOthers"].push(pairOf(overlap));
  });
  return { compared: rulebook.promotions.length, ...found, ...across, isComplete, isCompleteAcross };
}

export interface Goods {
  readonly sku: string;
  readonly product: string | null;
  readonly brand: string | null;
  readonly categories: readonly string[] | null;
  readonly unitPrice: number;
  readonly unitCost: number | null;
  readonly currency: string;
}

/** The goods, as whoever has all codes would buy them. */
function cartOf(
  { sku, product, brand, categories, unitPrice, unitCost, currency }: Goods,
  codes: string[],
  quantity = 1,
): Cart {
  return {
    currency,
    lines: [
      {
        id: "1",
        sku,
        quantity,
        unitPrice,
        ...(product !== null && { product }),
        ...(brand !== null && { brand }),
        ...(categories !== null && { categories: [...categories] }),
        ...(unitCost !== null && { unitCost }),
      },
    ],
    codes,
    explain: "none",
  };
}

const mostCodes = 20;
const codesOf = (mine: readonly CompiledPromotion[]) =>
  mine.flatMap(({ code }) => code ?? []).slice(0, mostCodes);

/** Enough for what depends on a quantity, such as the second unit at half the price. */
const several = 10;

/**
 * Priced without the floor, to see what it would have to hold up: one unit for a customer of whom nothing is known, then one
 * and several for whoever meets all conditions. What has not lowered a price by then is tried alone on all goods together.
 */
export async function floorEvidence(
  { mine, mineAtBest, others, rulebook, settings }: CampaignRules,
  goods: readonly Goods[],
  now: number,
  nextTurn: () => Promise<void>,
): Promise<FloorEvidence> {
  const { marginFloor } = settings;
  const options = { settings: { ...settings, marginFloor: null } };
  const known = goods.filter(({ unitCost }) => unitCost !== null);
  const tried = new Set<string>();
  const price = (rules: Rulebook, cart: Cart) => evaluate(rules, cart, {}, now, options);
  const priceAtBest = (rules: Rulebook, cart: Cart) => {
    const quote = price(rules, cart);
    for (const { promotion } of quote.promotions) tried.add(promotion);
    return quote;
  };
  // The margin is of the price: a floor of 20 % asks for cost ÷ 0.8.
  const isBelow = ({ unitCost, unitPrice }: Goods, total: number, units: number) =>
    total < (units * unitCost!) / (1 - (marginFloor ?? 0) / 100) && total < units * unitPrice;

  const atBest = buildRulebook("launch-check-at-best", [...others, ...mineAtBest]);
  const below = new Set<string>();
  const belowAtBest = new Set<string>();
  for (const [index, item] of known.entries()) {
    if (index % 10 === 9) await nextTurn();
    if (isBelow(item, price(rulebook, cartOf(item, codesOf(mine))).total, 1)) below.add(item.sku);
    for (const units of [1, several])
      if (isBelow(item, priceAtBest(atBest, cartOf(item, [], units)).total, units)) belowAtBest.add(item.sku);
  }

  const carts = [...new Set(known.map(({ currency }) => currency))].map((currency) => {
    const items = known.filter((item) => item.currency === currency);
    const lines = items.map((item, index) => ({
      ...cartOf(item, [], several).lines[0]!,
      id: String(index),
    }));
    return { items, cart: { ...cartOf(items[0]!, []), lines } };
  });
  const lowering = mineAtBest.filter(({ parts }) =>
    parts.some(({ stage }) => stage === "item" || stage === "order"),
  );
  for (const promotion of lowering.filter(({ key }) => !tried.has(key))) {
    await nextTurn();
    const alone = buildRulebook("launch-check-alone", [promotion]);
    for (const { items, cart } of carts)
      for (const [index, { total }] of priceAtBest(alone, cart).lines.entries())
        if (isBelow(items[index]!, total, several)) belowAtBest.add(items[index]!.sku);
  }
  return {
    marginFloor,
    skus: known.length,
    below: [...below],
    belowAtBest: [...belowAtBest].filter((sku) => !below.has(sku)),
    untried: lowering.filter(({ key }) => !tried.has(key)).map(({ key }) => key),
  };
}

const samples = 100;
const warmUps = 20;
const linesOfSelfTest = 10;

/** The engine with everything that will be in force, on a cart of goods that were sold; or of goods that nobody knows. */
export async function evaluationLatency(
  { mine, rulebook, settings }: CampaignRules,
  goods: readonly Goods[],
  now: number,
  nextTurn: () => Promise<void>,
): Promise<LatencyEvidence> {
  const [first] = goods;
  const unknown: Goods = {
    sku: "launch-check",
    product: null,
    brand: null,
    categories: null,
    unitPrice: 10_000,
    unitCost: null,
    currency: "CNY",
  };
  const cart = cartOf(first ?? unknown, codesOf(mine));
  cart.lines = goods
    .filter(({ currency }) => currency === cart.currency)
    .slice(0, linesOfSelfTest)
    .map((item, index) => ({ ...cartOf(item, []).lines[0]!, id: String(index) }));
  if (cart.lines.length === 0) cart.lines = cartOf(unknown, []).lines;
  const { explain: _explain, ...asSent } = cart;
  const took: number[] = [];
  for (let i = 0; i < warmUps + samples; i += 1) {
    const began = performance.now();
    evaluate(rulebook, asSent, {}, now, { settings });
    if (i >= warmUps) took.push(performance.now() - began);
    if (i % 10 === 9) await nextTurn();
  }
  return latencyOf(took);
}

export function latencyOf(milliseconds: readonly number[]): LatencyEvidence {
  const sorted = [...milliseconds].sort((a, b) => a - b);
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? 0;
  return { samples: sorted.length, medianMilliseconds: at(0.5), slowMilliseconds: at(0.95) };
}

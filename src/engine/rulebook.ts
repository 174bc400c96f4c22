/**
 * The rulebook: a project's promotions, compiled once, as an immutable value with a version, and the indexes that find the
 * candidates of a cart. So cost follows the promotions that touch the cart, not those that exist.
 *
 * Each promotion is filed once, under the most selective thing it cannot apply without: its code, then the goods it needs,
 * then a value of the request's context, then what the goods must be worth, then its currency; under nothing only if it fits
 * every cart.
 */
import { type Experiments, experimentsOf, type Variant } from "./assignment.ts";
import type { CanonicalCart } from "./canonical-cart.ts";
import { compareBytes } from "./canonical-cart.ts";
import { isBeyond } from "./least-spend.ts";
import type { CompiledPromotion } from "./promotion.ts";
import { type CompiledSelector, type SelectorField, selectorFields } from "./selectors/selector.ts";
import { sortNumbers } from "./short-lists.ts";

const contextFields = ["channel", "store", "region", "country", "paymentMethod"] as const;

/** Ranks that are filed under one thing. */
interface Filed {
  readonly ranks: number[];
  /** The stamp of the search that found it last: the lines of a cart have much in common. */
  stamp: number;
}

type Index = Map<string, Filed>;

export interface Rulebook {
  readonly version: string;
  /** By priority (higher first), then key: the position is the rank. */
  readonly promotions: readonly CompiledPromotion[];
  /** All their variants, by experiment, and those that rest. */
  readonly experiments: Experiments;
  readonly resting: readonly Variant[];
  candidates(cart: CanonicalCart, search: Search): Found;
}

export interface Search {
  /** Entered codes, normalised, and the pools of those that are coupons. */
  readonly codes: readonly string[];
  readonly pools: readonly string[];
  /**
   * `wide`: also those of other contexts and currencies, to say why not. `reached`: those for which the cart is not worth enough
   * come apart. But for `wide`, none that are not on at `now` are found, unless by a code.
   */
  readonly breadth: "wide" | "usual" | "reached";
  /** Epoch milliseconds. */
  readonly now: number;
}

export interface Found {
  /** Ranks of the promotions that may touch the cart, rising. */
  readonly ranks: number[];
  /** Ranks of those for which the cart is not worth enough; the least that is asked for first, then by rank. */
  beyond(): number[];
}

const nothingBeyond = (): number[] => [];
export const nothingFound: Found = { ranks: [], beyond: nothingBeyond };

export function compareByRank(a: CompiledPromotion, b: CompiledPromotion): number {
  return b.document.priority - a.document.priority || compareBytes(a.key, b.key);
}

/** `resting`: arms of its experiments whose promotions are out of force. */
export function buildRulebook(
  version: string,
  promotions: readonly CompiledPromotion[],
  resting: readonly Variant[] = [],
): Rulebook {
  const ranked = [...promotions].sort(compareByRank);
  const files = new Files();
  for (const [rank, promotion] of ranked.entries()) files.add(promotion, rank);
  files.close();
  // A promotion is filed under several SKUs; a stamp of the search keeps it from being found twice.
  const stamps = new Uint32Array(ranked.length);
  const marks = new Uint32Array(Math.ceil(ranked.length / 32));
  let stamp = 0;
  return {
    version,
    promotions: ranked,
    experiments: experimentsOf(
      ranked.map(({ document }) => document),
      resting,
    ),
    resting,
    candidates(cart, search) {
      // The stamps have 32 bits.
      if (stamp === 0xffffffff) {
        stamps.fill(0);
        files.forgetStamps();
        stamp = 0;
      }
      stamp += 1;
      const { currency, subtotal } = cart;
      const isCut = search.breadth === "reached";
      const isNow = search.breadth !== "wide";
      const found: number[] = [];
      const tooDear: number[] = [];
      const beyondOnFile = files.find(cart, search, stamp, (ranks) => {
        for (const rank of ranks) {
          if (stamps[rank] === stamp) continue;
          stamps[rank] = stamp;
          if (isNow && isOff(ranked[rank]!, search.now)) continue;
          if (isCut && isBeyond(ranked[rank]!, currency, subtotal)) tooDear.push(rank);
          else found.push(rank);
        }
      });
      const ranks = inOrder(found, marks);
      if (!isCut) return { ranks, beyond: nothingBeyond };
      const asked = (rank: number) => ranked[rank]!.leastSpend!.get(currency)!;
      return {
        ranks,
        beyond() {
          const onFile = beyondOnFile();
          if (tooDear.length === 0) return onFile;
          return [...tooDear, ...onFile].sort((a, b) => asked(a) - asked(b) || a - b);
        },
      };
    },
  };
}

/** Sorts in place. `marks`: a bit for each rank there is, all off; many are put in order faster by it than by comparing. */
function inOrder(ranks: number[], marks: Uint32Array): number[] {
  if (ranks.length * 8 < marks.length) return sortNumbers(ranks);
  for (const rank of ranks) marks[rank >>> 5]! |= 1 << (rank & 31);
  let at = 0;
  for (let word = 0; at < ranks.length; word++) {
    for (let bits = marks[word]!; bits !== 0; bits &= bits - 1)
      ranks[at++] = word * 32 + 31 - Math.clz32(bits & -bits);
    marks[word] = 0;
  }
  return ranks;
}

/** Whoever entered a code is told that it is not on. */
function isOff({ schedule, code, pool }: CompiledPromotion, now: number): boolean {
  return schedule !== null && code === null && pool === null && !schedule.contains(now);
}

class Files {
  private readonly byCode: Index = new Map();
  private readonly byPool: Index = new Map();
  private readonly byGoods: Record<SelectorField, Index> = {
    skus: new Map(),
    products: new Map(),
    categories: new Map(),
    brands: new Map(),
    tags: new Map(),
  };
  private readonly byContext: Record<(typeof contextFields)[number], Index> = {
    channel: new Map(),
    store: new Map(),
    region: new Map(),
    country: new Map(),
    paymentMethod: new Map(),
  };
  private readonly bySpend = new Map<string, SpendFile>();
  private readonly byCurrency: Index = new Map();
  private readonly always: number[] = [];

  add(promotion: CompiledPromotion, rank: number): void {
    const { code, pool } = promotion;
    if (code !== null) file(this.byCode, code, rank);
    else if (pool !== null) file(this.byPool, pool, rank);
    else this.addAutomatic(promotion, rank);
  }

  private addAutomatic(promotion: CompiledPromotion, rank: number): void {
    const { conditions, currencies, leastSpend } = promotion;
    const goods = neededGoods(promotion);
    if (goods !== null) {
      for (const { field, values } of goods)
        for (const value of values) file(this.byGoods[field], value, rank);
      return;
    }
    const context = conditions?.requiresContext[0];
    if (context !== undefined)
      for (const value of context.values) file(this.byContext[context.field], value, rank);
    else if (leastSpend !== null) this.addBySpend(leastSpend, currencies, rank);
    else if (currencies !== null || conditions?.currencies)
      for (const currency of currencies ?? conditions!.currencies!) file(this.byCurrency, currency, rank);
    else this.always.push(rank);
  }

  private addBySpend(
    leastSpend: ReadonlyMap<string, number>,
    currencies: CompiledPromotion["currencies"],
    rank: number,
  ): void {
    for (const [currency, amount] of leastSpend) {
      if (currencies !== null && !currencies.has(currency)) continue;
      const spendFile = this.bySpend.get(currency);
      if (spendFile === undefined) this.bySpend.set(currency, { entries: [{ amount, rank }], ranks: [] });
      else spendFile.entries.push({ amount, rank });
    }
  }

  forgetStamps(): void {
    const { byCode, byPool, byGoods, byContext, byCurrency } = this;
    for (const index of [byCode, byPool, byCurrency, ...Object.values(byGoods), ...Object.values(byContext)])
      for (const filed of index.values()) filed.stamp = 0;
  }

  /** When everything is filed. */
  close(): void {
    for (const spendFile of this.bySpend.values()) {
      spendFile.entries.sort((a, b) => a.amount - b.amount || a.rank - b.rank);
      spendFile.ranks = spendFile.entries.map(({ rank }) => rank);
    }
  }

  /** Answers a function for those that were not even looked at, for they ask for more than the cart is worth. */
  find(
    cart: CanonicalCart,
    { codes, pools, breadth }: Search,
    stamp: number,
    report: (ranks: readonly number[]) => void,
  ): () => number[] {
    const look = (index: Index, value: string | undefined) => {
      const filed = value === undefined || index.size === 0 ? undefined : index.get(value);
      if (filed === undefined || filed.stamp === stamp) return;
      filed.stamp = stamp;
      report(filed.ranks);
    };
    report(this.always);
    for (const code of codes) look(this.byCode, code);
    for (const pool of pools) look(this.byPool, pool);
    const { skus, products, categories, brands, tags } = this.byGoods;
    for (const line of cart.lines) {
      look(skus, line.sku);
      look(products, line.product);
      look(brands, line.brand);
      if (categories.size > 0) for (const category of line.categories) look(categories, category);
      if (tags.size > 0) for (const tag of line.tags) look(tags, tag);
    }
    if (breadth === "wide") {
      for (const field of contextFields)
        for (const { ranks } of this.byContext[field].values()) report(ranks);
      for (const { ranks } of this.bySpend.values()) report(ranks);
      for (const { ranks } of this.byCurrency.values()) report(ranks);
      return nothingBeyond;
    }
    for (const field of contextFields) look(this.byContext[field], cart[field]);
    look(this.byCurrency, cart.currency);
    const spendFile = this.bySpend.get(cart.currency);
    if (spendFile === undefined) return nothingBeyond;
    const { ranks } = spendFile;
    const reached = breadth === "reached" ? countReached(spendFile, cart.subtotal) : ranks.length;
    report(reached === ranks.length ? ranks : ranks.slice(0, reached));
    return () => ranks.slice(reached);
  }
}

interface SpendFile {
  /** By amount, then by rank. */
  readonly entries: { readonly amount: number; readonly rank: number }[];
  ranks: readonly number[];
}

function countReached({ entries }: SpendFile, worth: number): number {
  let [from, to] = [0, entries.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (entries[middle]!.amount <= worth) from = middle + 1;
    else to = middle;
  }
  return from;
}

function file(index: Index, value: string, rank: number): void {
  const filed = index.get(value);
  if (filed === undefined) index.set(value, { ranks: [rank], stamp: 0 });
  else if (filed.ranks.at(-1) !== rank) filed.ranks.push(rank);
}

interface GoodsKey {
  readonly field: SelectorField;
  readonly values: readonly string[];
}

/** Goods of which the cart must hold at least some; null when it need hold none in particular. */
function neededGoods(promotion: CompiledPromotion): GoodsKey[] | null {
  const ofConditions = mostSelective((promotion.conditions?.requires ?? []).map(keyOf));
  const ofBenefits: GoodsKey[] = [];
  for (const part of promotion.parts) {
    for (const benefit of part.benefits) {
      const key =
        part.stage === "item" || part.stage === "order" ? mostSelective(benefit.selectors.map(keyOf)) : null;
      if (key === null) return ofConditions === null ? null : [ofConditions];
      ofBenefits.push(key);
    }
  }
  return ofBenefits;
}

function keyOf(select: CompiledSelector): GoodsKey | null {
  for (const field of selectorFields) {
    const values = select.source[field];
    if (values !== undefined) return { field, values };
  }
  return null;
}

/** Of goods that are all needed, those that say most: SKUs before products before categories, few before many. */
function mostSelective(keys: readonly (GoodsKey | null)[]): GoodsKey | null {
  let best: GoodsKey | null = null;
  for (const key of keys) {
    if (key === null) continue;
    const byField =
      best === null ? -1 : selectorFields.indexOf(key.field) - selectorFields.indexOf(best.field);
    if (byField < 0 || (byField === 0 && key.values.length < best!.values.length)) best = key;
  }
  return best;
}

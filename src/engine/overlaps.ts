/**
 * Which promotions can meet on the same goods at the same time, and what happens when both would apply.
 *
 * Two promotions meet unless something rules it out: disjoint goods, contexts, currencies, times or arms of an experiment. Goods of different
 * categories (or tags) count as different goods, although one line may carry both: a report of every pair that is
 * merely conceivable would be read by nobody.
 */
import { neverMeet } from "./assignment.ts";
import { compareBytes } from "./canonical-cart.ts";
import { areInConflict, type CompiledPromotion } from "./promotion.ts";
import { compareByRank } from "./rulebook.ts";
import type { CompiledSchedule } from "./schedule.ts";
import { type CompiledSelector, type SelectorField, selectorFields } from "./selectors/selector.ts";

/** `elsewhere`: never in one order, for they are for other channels, stores or regions; the same goods get other prices there. */
export type OverlapOutcome = "stack" | "group" | "excluded" | "exclusive" | "elsewhere";

export interface Overlap {
  /** By key, in byte order. */
  readonly first: CompiledPromotion;
  readonly second: CompiledPromotion;
  readonly outcome: OverlapOutcome;
  /** Which goes first by priority; null where both apply. */
  readonly winner: CompiledPromotion | null;
  /** Exclusivity groups they share. */
  readonly groups: readonly string[];
  /** The first instant, from `now` on, at which both are on. */
  readonly from: number;
}

export interface OverlapQuestion {
  readonly now: number;
  readonly limit: number;
  /** Keys of the pair after which to go on. */
  readonly after: readonly [string, string] | null;
  /** Only pairs with the promotion of this key. */
  readonly key: string | null;
  /** Also pairs that only their contexts keep apart. */
  readonly isAcross?: boolean;
}

export interface OverlapAnswer {
  /** In the order of their keys. */
  readonly overlaps: readonly Overlap[];
  /** Where to go on: the limit, or the work that one call may take, was reached. Null: that was all. */
  readonly next: readonly [string, string] | null;
}

/** Bounds the time of one call; the caller goes on from `next`. */
const mostPairsPerCall = 100_000;

export function findOverlaps(
  promotions: readonly CompiledPromotion[],
  question: OverlapQuestion,
): OverlapAnswer {
  const { now, limit, after, key, isAcross = false } = question;
  const byKey = [...promotions].sort((a, b) => compareBytes(a.key, b.key));
  const partnersAfter = key === null ? filedPartners(byKey) : partnersOfOne(byKey, key);
  const overlaps: Overlap[] = [];
  let pairs = 0;
  for (const [i, first] of byKey.entries()) {
    if (after !== null && compareBytes(first.key, after[0]) < 0) continue;
    for (const j of partnersAfter(i)) {
      const second = byKey[j]!;
      if (after !== null && first.key === after[0] && compareBytes(second.key, after[1]) <= 0) continue;
      const overlap = overlapOf(first, second, now) ?? (isAcross ? priceElsewhere(first, second, now) : null);
      if (overlap !== null) overlaps.push(overlap);
      pairs += 1;
      if (overlaps.length === limit || pairs === mostPairsPerCall)
        return { overlaps, next: [first.key, second.key] };
    }
  }
  return { overlaps, next: null };
}

function partnersOfOne(
  byKey: readonly CompiledPromotion[],
  key: string,
): (index: number) => readonly number[] {
  const one = byKey.findIndex((promotion) => promotion.key === key);
  const later = byKey.map((_, index) => index).filter((index) => index > one);
  return (index) => (index === one ? later : index < one ? [one] : []);
}

function overlapOf(first: CompiledPromotion, second: CompiledPromotion, now: number): Overlap | null {
  if (!contextsMeet(first, second) || !currenciesMeet(first, second)) return null;
  if (neverMeet(first.document, second.document)) return null;
  const isConflict = areInConflict(first, second);
  const groups = sharedGroups(first, second);
  // Goods and shipping, or a reward, are different things; only being in conflict brings them together.
  const areOfOneKind = onGoods(first).length > 0 && onGoods(second).length > 0;
  if (groups.length === 0 && !(isConflict && !areOfOneKind) && !goodsMeet(first, second)) return null;
  const from = firstCommonInstant(first.schedule, second.schedule, now);
  if (from === null) return null;
  const isExclusive = first.document.stacking.exclusive || second.document.stacking.exclusive;
  const outcome = isExclusive ? "exclusive" : isConflict ? "excluded" : groups.length > 0 ? "group" : "stack";
  const winner = outcome === "stack" ? null : compareByRank(first, second) <= 0 ? first : second;
  return { first, second, outcome, winner, groups, from };
}

/** The same goods at other prices in another place: online and in stores, say. */
function priceElsewhere(first: CompiledPromotion, second: CompiledPromotion, now: number): Overlap | null {
  if (contextsMeet(first, second) || !currenciesMeet(first, second)) return null;
  if (neverMeet(first.document, second.document)) return null;
  if (!someMeet(onGoods(first), onGoods(second))) return null;
  if (JSON.stringify(first.document.benefits) === JSON.stringify(second.document.benefits)) return null;
  const from = firstCommonInstant(first.schedule, second.schedule, now);
  return from === null ? null : { first, second, outcome: "elsewhere", winner: null, groups: [], from };
}

// ---------------------------------------------------------------- goods

/** What its money benefits touch in a cart's goods. */
function onGoods({ parts }: CompiledPromotion): readonly CompiledSelector[] {
  return parts.flatMap(({ stage, benefits }) =>
    stage === "item" || stage === "order" ? benefits.flatMap((benefit) => benefit.selectors) : [],
  );
}

function onShipments({ parts }: CompiledPromotion): readonly CompiledSelector[] {
  return parts.flatMap(({ stage, benefits }) =>
    stage === "shipping" ? benefits.flatMap((benefit) => benefit.selectors) : [],
  );
}

function goodsMeet(a: CompiledPromotion, b: CompiledPromotion): boolean {
  return someMeet(onGoods(a), onGoods(b)) || someMeet(onShipments(a), onShipments(b));
}

function someMeet(some: readonly CompiledSelector[], others: readonly CompiledSelector[]): boolean {
  return some.some((select) => others.some((other) => selectorsMeet(select, other)));
}

function selectorsMeet(a: CompiledSelector, b: CompiledSelector): boolean {
  for (const field of selectorFields) {
    const ofA = a.source[field];
    const ofB = b.source[field];
    if (ofA !== undefined && ofB !== undefined && !intersect(ofA, ofB)) return false;
    if (isLeftOut(ofA, b, field) || isLeftOut(ofB, a, field)) return false;
  }
  return true;
}

/** All that one selector names in a field, the other excludes by that field alone. */
function isLeftOut(
  values: readonly string[] | undefined,
  { source }: CompiledSelector,
  field: SelectorField,
): boolean {
  const { exclude } = source;
  const excluded = exclude?.[field];
  if (values === undefined || exclude === undefined || excluded === undefined) return false;
  const isByFieldAlone = Object.values(exclude).filter((value) => value !== undefined).length === 1;
  return isByFieldAlone && values.every((value) => excluded.includes(value));
}

/** Groups in which both would claim the same unit, or the same order or shipment. */
function sharedGroups(a: CompiledPromotion, b: CompiledPromotion): string[] {
  const shared: string[] = [];
  for (const part of a.parts) {
    const other = b.parts.find(({ stage, group }) => stage === part.stage && group === part.group);
    if (other === undefined || shared.includes(part.group)) continue;
    const selectors = (of: typeof part) => of.benefits.flatMap((benefit) => benefit.selectors);
    // Rewards touch no goods: in one group they always meet.
    if (part.stage === "reward" || someMeet(selectors(part), selectors(other))) shared.push(part.group);
  }
  return shared;
}

// ---------------------------------------------------------------- where and when

/** The channels (stores, regions) it is limited to; null: all. */
export function placesOf(
  promotion: CompiledPromotion,
  field: "channel" | "store" | "region",
): string[] | null {
  return neededValues(promotion, field)?.slice() ?? null;
}

const contextFields = ["channel", "store", "region", "country", "paymentMethod"] as const;

function neededValues(
  { conditions }: CompiledPromotion,
  field: (typeof contextFields)[number],
): readonly string[] | null {
  const lists = (conditions?.requiresContext ?? []).filter((needed) => needed.field === field);
  const [first, ...others] = lists;
  if (first === undefined) return null;
  return first.values.filter((value) => others.every(({ values }) => values.includes(value)));
}

function contextsMeet(a: CompiledPromotion, b: CompiledPromotion): boolean {
  return contextFields.every((field) => {
    const ofA = neededValues(a, field);
    const ofB = neededValues(b, field);
    return ofA === null || ofB === null || intersect(ofA, ofB);
  });
}

/** Currencies are limited by amounts and by conditions; some currency must pass all of these limits. */
function currenciesMeet(a: CompiledPromotion, b: CompiledPromotion): boolean {
  const limits = [a, b].flatMap(({ currencies, conditions }) => {
    const ofConditions = conditions?.currencies ?? null;
    return [
      ...(currencies === null ? [] : [[...currencies]]),
      ...(ofConditions === null ? [] : [ofConditions]),
    ];
  });
  const [first, ...others] = limits;
  return first === undefined || first.some((currency) => others.every((limit) => limit.includes(currency)));
}

/** Two schedules that keep missing each other for so many windows are taken to meet: the report errs to that side. */
const mostChanges = 500;

function firstCommonInstant(
  a: CompiledSchedule | null,
  b: CompiledSchedule | null,
  now: number,
): number | null {
  let instant = now;
  for (let change = 0; change < mostChanges; change++) {
    const off = [a, b].find((schedule) => schedule !== null && !schedule.contains(instant));
    if (off === undefined || off === null) return instant;
    const next = off.nextChange(instant);
    if (next === null) return null;
    instant = next;
  }
  return now;
}

// ---------------------------------------------------------------- finding pairs without trying all

interface File {
  readonly field: SelectorField | null;
  readonly members: number[];
  readonly byValue: Map<string, number[]>;
}

/**
 * Promotions filed by the most selective field that all their selectors name: two filed under the same field must share
 * a value. Answers the positions after one that may meet it, rising.
 */
function filedPartners(promotions: readonly CompiledPromotion[]): (index: number) => readonly number[] {
  const files: File[] = [...selectorFields, null].map((field) => ({
    field,
    members: [],
    byValue: new Map(),
  }));
  const keys = promotions.map((promotion, index) => {
    const key = fileKey(promotion);
    const file = files.find(({ field }) => field === key.field)!;
    file.members.push(index);
    for (const value of key.values) {
      const members = file.byValue.get(value);
      if (members === undefined) file.byValue.set(value, [index]);
      else members.push(index);
    }
    return key;
  });
  return (index) => {
    const { field, values } = keys[index]!;
    const partners = new Set<number>();
    for (const file of files) {
      const isOwn = field !== null && file.field === field;
      const lists = isOwn ? values.map((value) => file.byValue.get(value) ?? []) : [file.members];
      for (const list of lists) for (const other of list) if (other > index) partners.add(other);
    }
    return [...partners].sort((a, b) => a - b);
  };
}

function fileKey(promotion: CompiledPromotion): { field: SelectorField | null; values: readonly string[] } {
  const selectors = onGoods(promotion);
  const isOnlyAboutGoods = promotion.parts.every(({ stage }) => stage === "item" || stage === "order");
  for (const field of selectorFields) {
    const values = selectors.map(({ source }) => source[field]);
    if (isOnlyAboutGoods && values.length > 0 && values.every((list) => list !== undefined)) {
      return { field, values: [...new Set(values.flat() as string[])] };
    }
  }
  return { field: null, values: [] };
}

function intersect(a: readonly string[], b: readonly string[]): boolean {
  if (a.length * b.length <= 64) return a.some((value) => b.includes(value));
  const set = new Set(a);
  return b.some((value) => set.has(value));
}

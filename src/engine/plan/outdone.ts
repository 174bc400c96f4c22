/**
 * Fewer to choose from: of amounts off the order that exclude each other, one that asks for no less and gives no more than another is
 * never what makes a plan the cheapest. Strategy `best` looks for its plan without them. They get the reasons that they would have had.
 *
 * That holds where nothing else turns on how much the order is given: all discounts of the order are in one group, are whole promotions,
 * and none of those on shipping asks what the goods cost. Where the goods come to nothing a smaller amount would have done as well, so
 * then all are looked at.
 */
import { priceAndWatch } from "../price.ts";
import type { CompiledPromotion } from "../promotion.ts";
import { type Rejection, type Situation, withCandidates } from "../situation.ts";
import { fieldsOf } from "./exact/benefit-fields.ts";
import { inMerchantsOrder, withRewards } from "./greedy.ts";
import type { Trial } from "./in-order.ts";
import type { Planner, Proposed } from "./planner.ts";

const outdone: Rejection = { reason: "displaced" };

/** A planner that takes the plan that follows from the merchant's order as one who has priced it. */
type PlannerFrom = (situation: Situation, from: { readonly first: Trial }) => Proposed;

/** The planner, asked without those that are outdone. What that takes beside the planner itself is a search, which may come to nothing. */
export function withoutOutdone(planner: PlannerFrom): Planner {
  return (situation) => {
    const { work } = situation;
    const first = inMerchantsOrder(situation);
    const fewer = work.searching(() => fewerThan(situation));
    if (fewer !== null) {
      const found = planner(fewer.situation, fewer);
      if (found.priced.goods.total > 0) {
        const told = work.searching(() => withReasons(situation, found, fewer.left, first));
        if (told !== null) return told;
      }
    }
    return planner(situation, { first });
  };
}

/** Null: nobody is outdone, or the others are in each other's way all the same. Then a model is built, to which a few amounts more are nothing. */
function fewerThan(
  situation: Situation,
): { situation: Situation; first: Trial; left: ReadonlySet<number> } | null {
  const left = outdoneIn(situation);
  if (left.size === 0) return null;
  const candidates = situation.candidates.map((candidate, index) =>
    left.has(index) ? { ...candidate, rejection: outdone } : candidate,
  );
  const fewer = withCandidates(situation, candidates);
  const first = inMerchantsOrder(fewer);
  return first.priced.contenders.size > 0 ? null : { situation: fewer, first, left };
}

function withReasons(
  situation: Situation,
  found: Proposed,
  left: ReadonlySet<number>,
  first: Trial,
): Proposed {
  const plan = withRewards(situation, found.plan);
  const asked = priceAndWatch(situation, plan);
  // Where the merchant's order would have applied one of them, this plan is another one, and whoever is not in it was asked like this.
  for (const index of left)
    if (first.rejections[index] === null)
      return { ...found, plan, priced: asked, rejections: asked.rejections };
  const told = (rejections: readonly (Rejection | null)[]) =>
    rejections.map((rejection, index) => (left.has(index) ? asked.rejections[index]! : rejection));
  return {
    ...found,
    priced: { ...found.priced, rejections: told(found.priced.rejections) },
    rejections: told(found.rejections),
  };
}

interface PlainAmount {
  readonly index: number;
  readonly amount: number;
  readonly atLeast: number;
}

function outdoneIn(situation: Situation): ReadonlySet<number> {
  const { candidates, inStage, hasConflicts, forced, cart } = situation;
  if (inStage.order.length < 2 || hasConflicts || forced !== null) return nobody;
  if (candidates.some(({ code }) => code?.honour)) return nobody;
  const [first] = candidates[inStage.order[0]!]!.promotion.parts;
  for (const index of inStage.order) {
    const { parts } = candidates[index]!.promotion;
    if (parts.length > 1 || parts[0]!.group !== first!.group) return nobody;
  }
  for (const index of inStage.shipping) {
    const { parts, asksAtStage } = candidates[index]!.promotion;
    if (parts.length > 1 || asksAtStage) return nobody;
  }
  if (cart.lines.some(({ floor }) => floor > 0)) return nobody;
  return beyondBest(
    inStage.order.flatMap((index) => plainAmount(candidates[index]!.promotion, index, cart.currency) ?? []),
  );
}

const nobody: ReadonlySet<number> = new Set();

/** Those that ask for no less than one that gives more, or as much and goes first. */
function beyondBest(amounts: PlainAmount[]): ReadonlySet<number> {
  amounts.sort((a, b) => b.amount - a.amount || a.index - b.index);
  const left = new Set<number>();
  let leastAsked = Number.POSITIVE_INFINITY;
  for (const { index, atLeast } of amounts)
    if (atLeast >= leastAsked) left.add(index);
    else leastAsked = atLeast;
  return left;
}

/** An amount off all goods that turns on nothing but what they are worth; null: something else. */
function plainAmount(promotion: CompiledPromotion, index: number, currency: string): PlainAmount | null {
  const { document, isGuarded, code, pool, parts } = promotion;
  const [benefit, ...more] = fieldsOf(promotion, "order");
  if (isGuarded || code !== null || pool !== null || benefit?.kind !== "amount_off" || more.length > 0)
    return null;
  const { amount, every, maxUnits } = benefit;
  const [goods] = parts[0]!.benefits[0]!.selectors;
  if (every !== undefined || maxUnits !== undefined || !goods!.coversEverything) return null;
  const atLeast = thresholdIn(document.conditions, currency);
  return atLeast === null ? null : { index, amount: amount![currency]!, atLeast };
}

/** Null: it asks for more than that all goods are worth so much. */
function thresholdIn(
  conditions: CompiledPromotion["document"]["conditions"],
  currency: string,
): number | null {
  if (conditions === undefined) return 0;
  if (!("kind" in conditions) || conditions.kind !== "subtotal") return null;
  const { atLeast, atMost, base, select } = conditions as unknown as SubtotalFields;
  if (atMost !== undefined || base !== "current" || select !== undefined) return null;
  return atLeast?.[currency] ?? 0;
}

interface SubtotalFields {
  readonly atLeast?: Readonly<Record<string, number>>;
  readonly atMost?: object;
  readonly base?: string;
  readonly select?: object;
}

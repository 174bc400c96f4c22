/**
 * The oracle: every plan there is, priced by the evaluator. A plan says of each promotion of the item stage how many units of
 * each line it may use, and of each later one whether it takes part. Written without looking at the planner.
 */
import { type Plan, type Priced, price } from "../../../src/engine/price.ts";
import type { Situation } from "../../../src/engine/situation.ts";
import { WorkBudget } from "../../../src/engine/work-budget.ts";

export interface Cheapest {
  readonly total: number;
  readonly priced: Priced;
  readonly plan: Plan;
}

/**
 * Null: more plans than `most`, or none. `containing`: of those in which this candidate applies. `placed`: the same, but what is got
 * carries its discount alone (`allocate: "target"`), by which it is known; absent where that is so anyway.
 */
export function cheapestOfAll(
  asked: Situation,
  most: number,
  containing?: number,
  placed: Situation = asked,
): Cheapest | null {
  const situation = unhurried(asked);
  const showing = placed === asked ? situation : unhurried(placed);
  const choices = situation.candidates.map((_, index) => choicesOf(situation, index));
  if (choices.reduce((product, { length }) => product * length, 1) > most) return null;
  let best: (Cheapest & { readonly honoured: number }) | null = null;
  const chosen: (Choice | undefined)[] = [];
  const visit = (index: number): void => {
    if (index < choices.length) {
      for (const choice of choices[index]!) {
        chosen[index] = choice;
        visit(index + 1);
      }
      return;
    }
    const plan: Plan = {
      members: chosen.map((choice) => choice!.isMember),
      allowances: chosen.map((choice) => choice!.allowance),
    };
    const priced = price(situation, plan);
    const honoured = honouredIn(situation, priced);
    if (
      best !== null &&
      (honoured < best.honoured || (honoured === best.honoured && priced.total >= best.total))
    )
      return;
    if (containing !== undefined && priced.rejections[containing] !== null) return;
    if (isLegal(situation, plan, priced, showing)) best = { total: priced.total, priced, plan, honoured };
  };
  visit(0);
  return best;
}

/** How many codes that are to be honoured apply, which goes before any total. */
export function honouredIn({ candidates }: Situation, { rejections }: Priced): number {
  return candidates.filter(({ code }, index) => code?.honour && rejections[index] === null).length;
}

/** All plans together may well take more than one evaluation is allowed to. */
function unhurried(situation: Situation): Situation {
  return { ...situation, work: new WorkBudget(Number.POSITIVE_INFINITY) };
}

interface Choice {
  readonly isMember: boolean;
  readonly allowance: readonly number[] | null;
}

function choicesOf(situation: Situation, index: number): Choice[] {
  const { promotion, rejection } = situation.candidates[index]!;
  const out: Choice = { isMember: false, allowance: null };
  if (rejection !== null) return [out];
  const item = promotion.parts.find(({ stage }) => stage === "item");
  if (item === undefined)
    return promotion.parts[0]!.stage === "reward"
      ? [{ isMember: true, allowance: null }]
      : [out, { isMember: true, allowance: null }];
  const covered = new Set(
    item.benefits.flatMap(({ selectors }) => selectors.flatMap((select) => situation.coverage.of(select))),
  );
  let allowances: number[][] = [[]];
  situation.cart.lines.forEach(({ quantity }, line) => {
    const most = covered.has(line) ? quantity : 0;
    allowances = allowances.flatMap((allowance) =>
      Array.from({ length: most + 1 }, (_, units) => [...allowance, units]),
    );
  });
  return [out, ...allowances.map((allowance) => ({ isMember: true, allowance }))];
}

/**
 * `pick` binds the search: no unit may lie idle that goes before one that was got. Which units were got is read off the
 * discounts where they are allocated to the target; and the instances have no promotion beside it that counts units it does not use.
 */
function isLegal(situation: Situation, plan: Plan, asAsked: Priced, showing: Situation): boolean {
  const priced = showing === situation ? asAsked : price(showing, plan);
  const order = situation.candidates.map((_, index) => index);
  let claimed: readonly (readonly number[] | null)[] | null = null;
  for (const { candidate, stage, discount } of priced.applications) {
    if (stage !== "item") continue;
    const { promotion } = situation.candidates[candidate]!;
    const [first] = promotion.document.benefits as readonly { [field: string]: unknown }[];
    const part = promotion.parts[0]!;
    const selectors = part.benefits[0]!.selectors;
    const isTwoHeaps = first!.kind === "buy_x_get_y" && selectors.length === 2;
    if (!isTwoHeaps && first!.maxUnits === undefined) continue;
    const pick = first!.pick ?? (isTwoHeaps ? "cheapest" : "dearest");
    claimed ??= price(situation, plan, order).claimed;
    const got = discount.runs().map(({ line }) => situation.cart.lines[line]!.unitPrice);
    for (const line of situation.coverage.of(selectors.at(-1)!)) {
      const { quantity, unitPrice, floor } = situation.cart.lines[line]!;
      const taken = claimed.reduce(
        (sum, lines, other) =>
          sum +
          (situation.candidates[other]!.promotion.parts[0]!.group === part.group ? (lines?.[line] ?? 0) : 0),
        0,
      );
      if (taken >= quantity || unitPrice === 0 || floor === unitPrice) continue;
      if (isSoldOut(situation, candidate, line, claimed)) continue;
      const isSkipped =
        pick === "cheapest" ? got.some((price) => unitPrice < price) : got.some((price) => unitPrice > price);
      const isMeant = first!.kind !== "fixed_price" || unitPrice > (first!.price as { CNY: number }).CNY;
      if (isSkipped && isMeant) return false;
    }
  }
  return true;
}

/** The promotion has taken all that it was given of the line's SKU. */
function isSoldOut(
  { cart, candidates }: Situation,
  candidate: number,
  line: number,
  claimed: readonly (readonly number[] | null)[],
): boolean {
  const { sku } = cart.lines[line]!;
  const stock = candidates[candidate]!.promotion.document.limits?.stock?.find((one) => one.sku === sku);
  const taken = cart.lines.reduce(
    (sum, other, i) => sum + (other.sku === sku ? (claimed[candidate]?.[i] ?? 0) : 0),
    0,
  );
  return stock !== undefined && taken >= stock.units;
}

/**
 * A promotion that takes only some units takes them in its own order: no unit may lie idle that goes before one it has got. The model
 * sees to that as long as it knows what everybody takes. Of a promotion that it only bounds (a stock of its own, a budget that
 * refuses) it may count on units that are left in the end.
 */
import { stockLeft } from "../../allotment.ts";
import { type Plan, type Priced, price } from "../../price.ts";
import type { Situation } from "../../situation.ts";
import { byPriority } from "../priority.ts";
import { type BenefitFields, fieldsOf } from "./benefit-fields.ts";

/** By candidate, then line: how many units it has. */
type Claimed = readonly (readonly number[] | null)[];

/** A candidate that the plan denies units which lie idle; null: there is none. `priced`: the plan's price. */
export function deniedIn(situation: Situation, plan: Plan, { applications }: Priced): number | null {
  let claimed: Claimed | undefined;
  for (const { candidate, stage, discount } of applications) {
    if (stage !== "item" || plan.allowances?.[candidate] == null) continue;
    const { promotion } = situation.candidates[candidate]!;
    const { benefits, group } = promotion.parts[0]!;
    const fields = fieldsOf(promotion, "item");
    for (let i = 0; i < benefits.length; i++) {
      const { selectors } = benefits[i]!;
      const pick = pickOf(fields[i]!, selectors.length);
      if (pick === null) continue;
      claimed ??= price(situation, plan, byPriority(situation)).claimed;
      const got = discount.runs().map(({ line }) => situation.cart.lines[line]!.unitPrice);
      const isDenied = (line: number) => {
        const { unitPrice } = situation.cart.lines[line]!;
        const goesBefore = (other: number) => (pick === "cheapest" ? unitPrice < other : unitPrice > other);
        return got.some(goesBefore) && isLeft(situation, candidate, group, line, fields[i]!, claimed!);
      };
      if (situation.coverage.of(selectors.at(-1)!).some(isDenied)) return candidate;
    }
  }
  return null;
}

/** In which order it takes units; null: it takes all that it can. */
function pickOf({ kind, maxUnits, pick }: BenefitFields, selectors: number): "cheapest" | "dearest" | null {
  if (kind === "buy_x_get_y" && selectors === 2) return pick ?? "cheapest";
  return maxUnits === undefined ? null : (pick ?? "dearest");
}

/** Nobody of the group has all of the line's units, and the candidate could have taken off something of one. */
function isLeft(
  situation: Situation,
  candidate: number,
  group: string,
  line: number,
  { price: fixed }: BenefitFields,
  claimed: Claimed,
): boolean {
  const { cart, candidates } = situation;
  const { sku, quantity, unitPrice, floor } = cart.lines[line]!;
  if (unitPrice <= Math.max(floor, fixed?.[cart.currency] ?? 0)) return false;
  let taken = 0;
  for (let other = 0; other < claimed.length; other++)
    if (candidates[other]!.promotion.parts[0]!.group === group) taken += claimed[other]?.[line] ?? 0;
  if (taken >= quantity) return false;
  const own = claimed[candidate];
  const ofSku = cart.lines.reduce((sum, one, i) => sum + (one.sku === sku ? (own?.[i] ?? 0) : 0), 0);
  return ofSku < (stockLeft(situation, candidate, sku)?.units ?? Number.POSITIVE_INFINITY);
}

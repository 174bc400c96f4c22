/** The item stage as the planner sees it: the groups, what they can take off together, and how. */
import type { Situation } from "../../situation.ts";
import { withFewest } from "./fewest.ts";
import { withForced } from "./forced.ts";
import { grain } from "./grain.ts";
import { itemOffers } from "./item-offers.ts";
import { LimitedStage } from "./limited-stage.ts";
import type { Offer } from "./offer.ts";
import type { Limit } from "./search.ts";
import { type Solved, solveComponent, solvePlain } from "./solve-items.ts";
import { byGroup, modelAll } from "./stage-model.ts";
import { note, type Uses } from "./uses.ts";
import type { Work } from "./work.ts";

export interface ItemStage {
  readonly offers: readonly Offer[];
  /** The best plan found, and what no plan passes; in millionths. Minus infinity: no plan has all that it must. */
  readonly solved: Solved;
  /** The model says of every plan exactly what it brings, so plans may be sought that bring no more than so much. */
  readonly isExact: boolean;
  /** The best plan that brings more than `above` but stays, as the quote counts, within the limit. Null: it cannot be sought. */
  within(above: number, limit: Limit): Solved | null;
}

/** What modelling a line counts for, for each promotion that covers it. */
const perCoveredLine = 8;

/** `forced`: without these no plan will do. Null: too large to be modelled. */
export function itemStage(
  situation: Situation,
  candidates: readonly number[],
  forced: ReadonlySet<number>,
  work: Work,
): ItemStage | null {
  const { lines } = situation.cart;
  let isPossible = true;
  const offers = candidates.flatMap((index) => {
    const ofPromotion = withForced(forced.has(index), itemOffers(situation, index));
    if (ofPromotion.length === 0 && forced.has(index)) isPossible &&= !isAboutItems(situation, index);
    for (const { slots } of ofPromotion)
      for (const covered of slots) situation.work.spend(perCoveredLine * covered.length);
    return ofPromotion;
  });
  const groups = byGroup(offers);
  const stage = modelAll(groups, lines, work);
  if (stage === null) return null;
  let value = 0;
  let most = stage.lumps;
  const uses: Uses = new Map();
  for (const { component, relaxation } of stage.parts) {
    const solved =
      relaxation === null
        ? solvePlain(component, (line) => lines[line]!.quantity)
        : solveComponent(relaxation, work);
    // Those that have to be in the plan cannot all be.
    isPossible &&= solved.most !== Number.NEGATIVE_INFINITY;
    if (solved.value > 0) value += solved.value;
    most += Math.max(0, solved.most);
    for (const [candidate, ofLines] of solved.uses)
      for (const [line, count] of ofLines) note(uses, candidate, line, count);
  }
  const isExact = offers.every((offer) => offer.isExact && offer.type !== "lump") && !groupsMeet(groups);
  const limited = new LimitedStage(offers, stage, situation, work);
  return {
    offers,
    solved: {
      value,
      most: isPossible ? Math.min(most, roomsOf(offers, situation)) : Number.NEGATIVE_INFINITY,
      uses: withFewest(
        uses,
        stage.parts.map(({ component }) => component),
      ),
    },
    isExact,
    within: (above, limit) => (isExact ? limited.best(above, limit) : null),
  };
}

const isAboutItems = ({ candidates }: Situation, index: number): boolean =>
  candidates[index]!.promotion.parts[0]!.stage === "item";

/** Promotions of different groups add up on a unit, each on what the one before left: the model, on list prices, overstates them. */
function groupsMeet(groups: ReadonlyMap<string, readonly Offer[]>): boolean {
  if (groups.size < 2) return false;
  const seen = new Set<number>();
  for (const offers of groups.values()) {
    const own = new Set(offers.flatMap(({ slots }) => slots.flat()));
    for (const line of own) if (seen.has(line)) return true;
    for (const line of own) seen.add(line);
  }
  return false;
}

function roomsOf(offers: readonly Offer[], { cart }: Situation): number {
  let rooms = 0;
  for (const line of new Set(offers.flatMap(({ slots }) => slots.flat()))) {
    const { unitPrice, floor, quantity } = cart.lines[line]!;
    rooms += (unitPrice - floor) * quantity;
  }
  return rooms * grain;
}

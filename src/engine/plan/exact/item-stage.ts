/** The item stage as the planner sees it: the groups, what they can take off together, and how. */
import type { Situation } from "../../situation.ts";
import { Relaxation } from "./bound.ts";
import { type Component, type Lines, modelGroup } from "./component.ts";
import { withFewest } from "./fewest.ts";
import { withForced } from "./forced.ts";
import { grain } from "./grain.ts";
import { itemOffers } from "./item-offers.ts";
import type { Offer } from "./offer.ts";
import { roundedOffer } from "./rounding.ts";
import type { Limit } from "./search.ts";
import { isShared, losslessOffer, sharedOffer } from "./shares.ts";
import { type Solved, solveComponent, solvePlain, solveWithin } from "./solve-items.ts";
import { note, type Uses } from "./uses.ts";
import type { Work } from "./work.ts";

export interface ItemStage {
  readonly offers: readonly Offer[];
  /** The best plan found, and what no plan passes; in millionths. */
  readonly solved: Solved;
  /** The model says of every plan exactly what it brings, so plans may be sought that bring no more than so much. */
  readonly isExact: boolean;
  /** The best plan that brings more than `above` but stays, as the quote counts, within the limit. Null: it cannot be sought. */
  within(above: number, limit: Limit): Solved | null;
}

/** What modelling a line counts for, for each promotion that covers it. */
const perCoveredLine = 8;

/** Null: too large to be modelled. */
export function itemStage(situation: Situation, candidates: readonly number[], work: Work): ItemStage | null {
  const { lines } = situation.cart;
  const offers = candidates.flatMap((index) => {
    const ofPromotion = withForced(situation, index, itemOffers(situation, index));
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
    if (solved.value > 0) value += solved.value;
    most += Math.max(0, solved.most);
    for (const [candidate, ofLines] of solved.uses)
      for (const [line, count] of ofLines) note(uses, candidate, line, count);
  }
  const isExact = offers.every((offer) => offer.isExact && offer.type !== "lump") && !groupsMeet(groups);
  let counted: StageModel | null | undefined;
  return {
    offers,
    solved: {
      value,
      most: Math.min(most, roomsOf(offers, situation)),
      uses: withFewest(
        uses,
        stage.parts.map(({ component }) => component),
      ),
    },
    isExact,
    within(above, limit) {
      if (!isExact) return null;
      if (limit.lines !== null)
        return seekBeside(offers, stage.parts, lines, above, { ...limit, lines: limit.lines }, work);
      counted ??= modelAsCounted(offers, stage, situation, work);
      if (counted !== null) return seek(counted.parts, lines, above, limit, work);
      const slack = offers.filter(({ isWhole }) => !isWhole).length * grain;
      return seek(stage.parts, lines, above, { ...limit, atMost: limit.atMost + slack }, work);
    },
  };
}

function byGroup(offers: readonly Offer[]): ReadonlyMap<string, readonly Offer[]> {
  const groups = new Map<string, Offer[]>();
  for (const offer of offers) {
    const ofGroup = groups.get(offer.group);
    if (ofGroup === undefined) groups.set(offer.group, [offer]);
    else ofGroup.push(offer);
  }
  return groups;
}

interface Part {
  readonly component: Component;
  /** Null where nobody but promotions that take units one by one wants the goods. */
  readonly relaxation: Relaxation | null;
}

interface StageModel {
  readonly parts: readonly Part[];
  readonly lumps: number;
}

function modelAll(
  groups: ReadonlyMap<string, readonly Offer[]>,
  lines: Lines,
  work: Work,
): StageModel | null {
  const parts: Part[] = [];
  let lumps = 0;
  for (const ofGroup of groups.values()) {
    const model = modelGroup(ofGroup, lines);
    if (model === null) return null;
    lumps += model.lumps;
    for (const component of model.components)
      parts.push({
        component,
        relaxation: component.players.length === 0 ? null : new Relaxation(component, work),
      });
  }
  return { parts, lumps };
}

/** Beyond this a plan of limited worth is not sought: every unit tells plans of different worth apart. */
const maxJoinedUnits = 120;

/** Through all components, one after the other, every line cut into its units. */
function seek(parts: readonly Part[], lines: Lines, above: number, limit: Limit, work: Work): Solved | null {
  let units = 0;
  const relaxations: Relaxation[] = [];
  for (const { component, relaxation } of parts) {
    const size = relaxation === null ? lines[component.units[0]!.line]!.quantity : component.units.length;
    units += size;
    if (units > maxJoinedUnits) return null;
    relaxations.push(relaxation ?? new Relaxation(cutUp(component, size), work));
  }
  return solveWithin(relaxations, above, limit, work);
}

/** Where it depends on how much exactly is taken off: rounded, and without bundles that are not applied. Null: too large. */
function modelAsCounted(
  offers: readonly Offer[],
  stage: StageModel,
  { cart, rounding }: Situation,
  work: Work,
): StageModel | null {
  const asCounted = offers.flatMap((offer) => roundedOffer(losslessOffer(offer), rounding) ?? []);
  if (asCounted.every((offer, i) => offer === offers[i])) return stage;
  const model = modelAll(byGroup(asCounted), cart.lines, work);
  return model === null || model.lumps > 0 ? null : model;
}

/** Where only what falls on some lines is limited: as much of it as can be told. */
function seekBeside(
  offers: readonly Offer[],
  parts: readonly Part[],
  lines: Lines,
  above: number,
  limit: Limit & { readonly lines: ReadonlySet<number> },
  work: Work,
): Solved | null {
  // How an amount falls on single lines in whole minor units is not modelled; it moves each of them by less than one.
  const moved = offers.filter((offer) => !offer.isWhole || isShared(offer, limit.lines)).length;
  const fractions = offers.filter(({ isWhole }) => !isWhole).length;
  const loose = {
    ...limit,
    atMost: limit.atMost + moved * grain * limit.lines.size,
    ...(limit.inAll !== undefined && { inAll: limit.inAll + fractions * grain }),
  };
  const quantityOf = (line: number) => lines[line]!.quantity;
  const shared = offers.map((offer) => sharedOffer(offer, limit.lines, quantityOf) ?? offer);
  if (shared.every((offer, i) => offer === offers[i])) return seek(parts, lines, above, loose, work);
  const model = modelAll(byGroup(shared), lines, work);
  return seek(model === null || model.lumps > 0 ? parts : model.parts, lines, above, loose, work);
}

function cutUp({ units, alternatives, allAlternatives }: Component, size: number): Component {
  const copies = <Value>([value]: readonly Value[]) => new Array<Value>(size).fill(value!);
  return {
    units: copies(units),
    alternatives: copies(alternatives),
    allAlternatives: copies(allAlternatives),
    players: [],
  };
}

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

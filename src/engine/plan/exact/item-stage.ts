/** The item stage as the planner sees it: the groups, what they can take off together, and how. */
import type { Situation } from "../../situation.ts";
import { type Component, type GroupModel, modelGroup, type Player } from "./component.ts";
import { withFewest } from "./fewest.ts";
import { grain } from "./grain.ts";
import { itemOffers } from "./item-offers.ts";
import type { Automaton } from "./machine.ts";
import type { Offer } from "./offer.ts";
import { roundedOffer } from "./rounding.ts";
import { type Limit, note, type Uses } from "./search.ts";
import { type Solved, solveComponent, solveWithin } from "./solve-items.ts";
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

/** Null: too large to be modelled. */
export function itemStage(situation: Situation, candidates: readonly number[], work: Work): ItemStage | null {
  const { lines } = situation.cart;
  const offers = candidates.flatMap((index) => itemOffers(situation, index));
  const groups = byGroup(offers);
  const models = modelAll(groups, lines);
  if (models === null) return null;
  let value = 0;
  let most = 0;
  const uses: Uses = new Map();
  for (const { components, lumps } of models) {
    most += lumps;
    for (const component of components) {
      const solved = solveComponent(component, (line) => lines[line]!.quantity, work);
      if (solved.value > 0) value += solved.value;
      most += Math.max(0, solved.most);
      for (const [candidate, ofLines] of solved.uses)
        for (const [line, count] of ofLines) note(uses, candidate, line, count);
    }
  }
  const isExact = offers.every((offer) => offer.isExact && offer.type !== "lump") && !groupsMeet(groups);
  return {
    offers,
    solved: {
      value,
      most: Math.min(most, roomsOf(offers, situation)),
      uses: withFewest(
        uses,
        models.flatMap(({ components }) => components),
      ),
    },
    isExact,
    within(above, limit) {
      if (!isExact) return null;
      const fractions = offers.filter(({ isWhole }) => !isWhole).length;
      if (fractions === 0) return seek(models, lines, above, limit, work);
      if (limit.lines === null) {
        const asCounted = offers.flatMap((offer) => roundedOffer(offer, situation.rounding) ?? []);
        const rounded = modelAll(byGroup(asCounted), lines);
        if (rounded?.every(({ lumps }) => lumps === 0)) return seek(rounded, lines, above, limit, work);
      }
      // How a rounded amount falls on single lines is not modelled; it moves each of them by less than a minor unit.
      const slack = fractions * grain * (limit.lines?.size ?? 1);
      return seek(models, lines, above, { ...limit, atMost: limit.atMost + slack }, work);
    },
  };
}

type Lines = readonly { readonly quantity: number; readonly unitPrice: number; readonly floor: number }[];

function byGroup(offers: readonly Offer[]): ReadonlyMap<string, readonly Offer[]> {
  const groups = new Map<string, Offer[]>();
  for (const offer of offers) {
    const ofGroup = groups.get(offer.group);
    if (ofGroup === undefined) groups.set(offer.group, [offer]);
    else ofGroup.push(offer);
  }
  return groups;
}

function modelAll(groups: ReadonlyMap<string, readonly Offer[]>, lines: Lines): GroupModel[] | null {
  const models: GroupModel[] = [];
  for (const ofGroup of groups.values()) {
    const model = modelGroup(ofGroup, lines);
    if (model === null) return null;
    models.push(model);
  }
  return models;
}

function seek(
  models: readonly GroupModel[],
  lines: Lines,
  above: number,
  limit: Limit,
  work: Work,
): Solved | null {
  const joined = joinAll(models, lines);
  return joined === null ? null : solveWithin(joined, above, limit, work);
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

/** Beyond this a plan of limited worth is not sought: every unit tells plans of different worth apart. */
const maxJoinedUnits = 120;

/** All components as one, one after the other, every line cut into its units. */
function joinAll(models: readonly GroupModel[], lines: Lines): Component | null {
  const units: Component["units"][number][] = [];
  const alternatives: Component["alternatives"][number][] = [];
  const parts: { component: Component; offset: number }[] = [];
  for (const component of models.flatMap(({ components }) => components)) {
    parts.push({ component, offset: units.length });
    const copies = component.players.length > 0 ? 1 : lines[component.units[0]!.line]!.quantity;
    if (units.length + component.units.length * copies > maxJoinedUnits) return null;
    component.units.forEach((unit, i) => {
      const ofUnit = component.allAlternatives[i]!.map(({ candidate, gain }) => ({
        candidate,
        gain: gain / copies,
      }));
      for (let copy = 0; copy < copies; copy++) {
        units.push(unit);
        alternatives.push(ofUnit);
      }
    });
  }
  const players = parts.flatMap(({ component, offset }) =>
    component.players.map((player) => shifted(player, offset, units.length)),
  );
  return { units, alternatives, allAlternatives: alternatives, players };
}

function shifted(player: Player, offset: number, size: number): Player {
  const { automaton } = player;
  const placeOf = new Int32Array(size).fill(-1);
  placeOf.set(player.placeOf, offset);
  const nextPlace = new Int32Array(size + 1);
  for (let i = 0; i <= size; i++)
    nextPlace[i] = player.nextPlace[Math.min(Math.max(i - offset, 0), player.nextPlace.length - 1)]!;
  const copy: Automaton = Object.assign(
    Object.create(Object.getPrototypeOf(automaton)) as Automaton,
    automaton,
    {
      units: automaton.units.map((unit) => unit + offset),
      completion: new Float64Array(automaton.completion.length),
    },
  );
  return { ...player, automaton: copy, placeOf, nextPlace };
}

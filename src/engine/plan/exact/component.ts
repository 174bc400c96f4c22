/**
 * Units and promotions that hang together: two promotions of one group that cover a common line compete, and whoever competes
 * with one of them belongs to them. Components are solved one by one.
 */
import { type Automaton, compile, copyOf } from "./automaton.ts";
import type { Place, Unit } from "./machine.ts";
import { memory } from "./memory.ts";
import type { EachOffer, MachineOffer, Offer } from "./offer.ts";

/** A promotion that takes the unit alone, and what it brings. */
export interface Alternative {
  readonly candidate: number;
  readonly gain: number;
}

export interface Player {
  readonly candidate: number;
  readonly offer: MachineOffer;
  readonly automaton: Automaton;
  /** In the planner's memory, by unit of the component: its place in the automaton, or -1. */
  readonly placesAt: number;
  /** And by unit, and one more: the first place at or after it. */
  readonly nextPlacesAt: number;
  readonly most: number;
  readonly lines: readonly number[];
  readonly isLocal: boolean;
}

export interface Component {
  /** Dearest first, then line, then position: the canonical order. */
  readonly units: readonly Unit[];
  /** By unit; the best first, and another only where it comes later in the arithmetic, which leaves more to count. */
  readonly alternatives: readonly (readonly Alternative[])[];
  /** All of them: where a plan must not bring too much, a smaller one may be wanted. */
  readonly allAlternatives: readonly (readonly Alternative[])[];
  /** None where a line is wanted only by promotions that take units one by one: then the one unit stands for all of the line. */
  readonly players: readonly Player[];
}

export interface GroupModel {
  readonly components: readonly Component[];
  /** Promotions that could not be modelled: at most this much, on top, in millionths. */
  readonly lumps: number;
}

export type Lines = readonly {
  readonly quantity: number;
  readonly unitPrice: number;
  readonly floor: number;
}[];

/** More units than this are not told apart. */
const maxUnits = 300;

/** `offers`: those of one exclusivity group. Null: the cart is too large to be modelled. */
export function modelGroup(offers: readonly Offer[], lines: Lines): GroupModel | null {
  const each = new Map<number, EachOffer[]>();
  const machines: MachineOffer[] = [];
  let lumps = 0;
  for (const offer of offers) {
    if (offer.type === "lump") lumps += offer.most;
    else if (offer.type === "machine") machines.push(offer);
    else for (const line of offer.slots[0]!) note(each, line, offer);
  }
  const { clusters, isCompeting } = connect(machines, lines.length);
  const components: Component[] = [];
  // Lines that only such promotions want need not be cut into units: all units of the line fare alike.
  for (const [line, ofLine] of each) if (!isCompeting(line)) components.push(plainLine(line, lines, ofLine));
  for (const { members, covered } of clusters) {
    let size = 0;
    for (const line of covered) size += lines[line]!.quantity;
    if (size > maxUnits) return null;
    const units = cut(covered, lines);
    const players: Player[] = [];
    for (const offer of members) {
      const player = play(offer, units);
      if (player === null) lumps += offer.most;
      else players.push(player);
    }
    const allAlternatives = alternativesOn(units, each);
    const counts = players.some(({ automaton }) => automaton.countsWhatIsLeft);
    components.push({
      units,
      alternatives: allAlternatives.map((all) => (counts ? laterOnes(all) : bestOf(all))),
      allAlternatives,
      players,
    });
  }
  return { components, lumps };
}

function note(byLine: Map<number, EachOffer[]>, line: number, offer: EachOffer): void {
  const ofLine = byLine.get(line);
  if (ofLine === undefined) byLine.set(line, [offer]);
  else ofLine.push(offer);
}

interface Cluster {
  /** By candidate. */
  readonly members: MachineOffer[];
  readonly covered: number[];
}

/** Offers that share a line stand together: union-find over the lines. */
function connect(
  machines: readonly MachineOffer[],
  lines: number,
): { clusters: Cluster[]; isCompeting(line: number): boolean } {
  const leader = new Int32Array(lines).fill(-1);
  const find = (line: number): number => {
    let top = line;
    while (leader[top] !== top) top = leader[top]!;
    leader[line] = top;
    return top;
  };
  for (const { slots } of machines) {
    let first = -1;
    for (const ofSlot of slots)
      for (const line of ofSlot) {
        if (leader[line] === -1) leader[line] = line;
        if (first === -1) first = find(line);
        else leader[find(line)] = first;
      }
  }
  const byLeader = new Map<number, Cluster>();
  for (const offer of machines) {
    const first = offer.slots.find((ofSlot) => ofSlot.length > 0)?.[0];
    if (first === undefined) continue;
    const top = find(first);
    const cluster = byLeader.get(top);
    if (cluster === undefined) byLeader.set(top, { members: [offer], covered: [] });
    else cluster.members.push(offer);
  }
  for (let line = 0; line < lines; line++)
    if (leader[line] !== -1) byLeader.get(find(line))!.covered.push(line);
  return { clusters: [...byLeader.values()], isCompeting: (line) => leader[line] !== -1 };
}

function plainLine(line: number, lines: Lines, each: readonly EachOffer[]): Component {
  const { unitPrice, floor } = lines[line]!;
  const unit = { line, price: unitPrice, room: unitPrice - floor };
  const all = offeredFor(unit, each);
  return { units: [unit], alternatives: [bestOf(all)], allAlternatives: [all], players: [] };
}

function cut(covered: readonly number[], lines: Lines): Unit[] {
  const units: Unit[] = [];
  for (const line of [...covered].sort((a, b) => lines[b]!.unitPrice - lines[a]!.unitPrice || a - b)) {
    const { unitPrice, floor, quantity } = lines[line]!;
    const unit = { line, price: unitPrice, room: unitPrice - floor };
    for (let i = 0; i < quantity; i++) units.push(unit);
  }
  return units;
}

const none: readonly never[] = [];

/** By unit, the best first; units of one line share their list. */
function alternativesOn(
  units: readonly Unit[],
  each: ReadonlyMap<number, readonly EachOffer[]>,
): (readonly Alternative[])[] {
  const lists: (readonly Alternative[])[] = [];
  for (let i = 0; i < units.length; i++) {
    const unit = units[i]!;
    if (i > 0 && units[i - 1] === unit) lists.push(lists[i - 1]!);
    else lists.push(offeredFor(unit, each.get(unit.line) ?? none));
  }
  return lists;
}

function offeredFor(unit: Unit, each: readonly EachOffer[]): readonly Alternative[] {
  if (each.length === 0) return none;
  const all: Alternative[] = [];
  for (const { candidate, gainOn } of each) {
    const gain = gainOn(unit);
    if (gain > 0) all.push({ candidate, gain });
  }
  return all.length < 2 ? all : all.sort((a, b) => b.gain - a.gain || a.candidate - b.candidate);
}

function bestOf(all: readonly Alternative[]): readonly Alternative[] {
  return all.length < 2 ? all : all.slice(0, 1);
}

/** The best, and of the others those that come later in the arithmetic than all better ones: they leave more to be counted. */
function laterOnes(all: readonly Alternative[]): readonly Alternative[] {
  if (all.length < 2) return all;
  let latest = -1;
  return all.filter(({ candidate }) => {
    const isLater = candidate > latest;
    latest = Math.max(latest, candidate);
    return isLater;
  });
}

function play(offer: MachineOffer, units: readonly Unit[]): Player | null {
  const { slots } = offer;
  const lines = slots.length === 1 ? slots[0]! : [...new Set(slots.flat())];
  const slotsOf = (line: number): number => {
    let bits = 0;
    for (let slot = 0; slot < slots.length; slot++) if (slots[slot]!.includes(line)) bits |= 1 << slot;
    return bits;
  };
  const numbers: number[] = [];
  const places: Place[] = [];
  const placesAt = memory.takeInts(units.length * 2 + 1);
  const nextPlacesAt = placesAt + units.length;
  let bits = 0;
  for (let i = 0; i < units.length; i++) {
    const unit = units[i]!;
    const isFirstOfLine = i === 0 || units[i - 1] !== unit;
    if (isFirstOfLine) bits = slotsOf(unit.line);
    memory.ints[placesAt + i] = bits === 0 ? -1 : numbers.length;
    if (bits === 0) continue;
    numbers.push(i);
    places.push({ unit, slots: bits, isFirstOfLine, isLastOfPrice: false });
  }
  for (let place = 0; place < places.length; place++) {
    const after = places[place + 1];
    (places[place] as { isLastOfPrice: boolean }).isLastOfPrice =
      after === undefined || after.unit.price < places[place]!.unit.price;
  }
  const automaton = compileWithin(offer, places, numbers);
  if (automaton === null) return null;
  const { ints } = memory;
  ints[nextPlacesAt + units.length] = numbers.length;
  for (let i = units.length - 1; i >= 0; i--)
    ints[nextPlacesAt + i] = ints[placesAt + i] === -1 ? ints[nextPlacesAt + i + 1]! : ints[placesAt + i]!;
  return playerOf(offer, automaton, placesAt, nextPlacesAt, lines);
}

function playerOf(
  offer: MachineOffer,
  automaton: Automaton,
  placesAt: number,
  nextPlacesAt: number,
  lines: readonly number[],
): Player {
  const { candidate, most, isLocal } = offer;
  return { candidate, offer, automaton, placesAt, nextPlacesAt, most, lines, isLocal };
}

/**
 * The component where some offers' automata remember more; all others stay as they are. `again`: what is offered instead, covering the
 * same lines. Null: an automaton would be too large.
 */
export function replayed(
  component: Component,
  again: (offer: MachineOffer) => MachineOffer,
): Component | null {
  const players: Player[] = [];
  for (const player of component.players) {
    const offer = again(player.offer);
    if (offer === player.offer) {
      const { placesAt, nextPlacesAt, lines } = player;
      players.push(playerOf(offer, copyOf(player.automaton), placesAt, nextPlacesAt, lines));
      continue;
    }
    const next = play(offer, component.units);
    if (next === null) return null;
    players.push(next);
  }
  const { units, alternatives, allAlternatives } = component;
  return { units, alternatives, allAlternatives, players };
}

/** Coarser and coarser, until it is small enough. */
function compileWithin(
  offer: MachineOffer,
  places: readonly Place[],
  numbers: readonly number[],
): Automaton | null {
  for (const scale of [1, 2]) {
    const machine = offer.machine(scale);
    const automaton = machine === null ? null : compile(machine, places, numbers, offer.templates);
    if (automaton !== null) return automaton;
  }
  return null;
}

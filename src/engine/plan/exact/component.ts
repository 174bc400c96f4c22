/**
 * Units and promotions that hang together: two promotions of one group that cover a common line compete, and whoever competes
 * with one of them belongs to them. Components are solved one by one.
 */
import { type Automaton, compile, type Machine, type Place, type Unit } from "./machine.ts";
import type { EachOffer, MachineOffer, Offer } from "./offer.ts";

/** A promotion that takes the unit alone, and what it brings. */
export interface Alternative {
  readonly candidate: number;
  readonly gain: number;
}

export interface Player {
  readonly candidate: number;
  readonly automaton: Automaton;
  /** By unit of the component: its place in the automaton, or -1. */
  readonly placeOf: Int32Array;
  /** By unit, and one more: the first place at or after it. */
  readonly nextPlace: Int32Array;
  readonly most: number;
  readonly lines: ReadonlySet<number>;
  readonly isLocal: boolean;
}

export interface Component {
  /** Dearest first, then line, then position: the canonical order. */
  readonly units: readonly Unit[];
  /** By unit; the best first, and another only where it comes later in the arithmetic, which leaves more to count. */
  readonly alternatives: readonly (readonly Alternative[])[];
  /** All of them: where a plan must not bring too much, a smaller one may be wanted. */
  readonly allAlternatives: readonly (readonly Alternative[])[];
  readonly players: readonly Player[];
}

export interface GroupModel {
  readonly components: readonly Component[];
  /** Promotions that could not be modelled: at most this much, on top, in millionths. */
  readonly lumps: number;
}

/** More units than this are not told apart. */
const maxUnits = 300;

/** `offers`: those of one exclusivity group. Null: the cart is too large to be modelled. */
export function modelGroup(
  offers: readonly Offer[],
  lines: readonly { readonly quantity: number; readonly unitPrice: number; readonly floor: number }[],
): GroupModel | null {
  const each = new Map<number, EachOffer[]>();
  const machines: MachineOffer[] = [];
  let lumps = 0;
  for (const offer of offers) {
    if (offer.type === "lump") lumps += offer.most;
    else if (offer.type === "machine") machines.push(offer);
    else for (const line of offer.slots[0]!) note(each, line, offer);
  }
  const bundles = connect(machines);
  const competing = new Set(machines.flatMap(({ slots }) => slots.flat()));
  const components: Component[] = [];
  for (const line of each.keys()) {
    // Lines that only such promotions want need not be cut into units: all units of the line fare alike.
    if (!competing.has(line)) components.push(plainLine(line, lines[line]!, each));
  }
  for (const { members, covered } of bundles) {
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
      alternatives: allAlternatives.map((all) => (counts ? laterOnes(all) : all.slice(0, 1))),
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

interface Bundle {
  members: MachineOffer[];
  covered: Set<number>;
}

function connect(machines: readonly MachineOffer[]): Bundle[] {
  let bundles: Bundle[] = [];
  for (const offer of machines) {
    const covered = new Set(offer.slots.flat());
    const members = [offer];
    const apart: Bundle[] = [];
    for (const bundle of bundles) {
      if ([...covered].some((line) => bundle.covered.has(line))) {
        members.push(...bundle.members);
        for (const line of bundle.covered) covered.add(line);
      } else apart.push(bundle);
    }
    bundles = [...apart, { members, covered }];
  }
  for (const { members } of bundles) members.sort((a, b) => a.candidate - b.candidate);
  return bundles;
}

/** One unit stands for all of the line. */
function plainLine(
  line: number,
  { quantity, unitPrice, floor }: { quantity: number; unitPrice: number; floor: number },
  each: ReadonlyMap<number, readonly EachOffer[]>,
): Component {
  const units = [{ line, price: unitPrice, room: unitPrice - floor }];
  const allAlternatives = alternativesOn(units, each).map((all) =>
    all.map(({ candidate, gain }) => ({ candidate, gain: gain * quantity })),
  );
  return { units, alternatives: allAlternatives.map((all) => all.slice(0, 1)), allAlternatives, players: [] };
}

function cut(
  covered: ReadonlySet<number>,
  lines: readonly { readonly quantity: number; readonly unitPrice: number; readonly floor: number }[],
): Unit[] {
  const sorted = [...covered].sort((a, b) => lines[b]!.unitPrice - lines[a]!.unitPrice || a - b);
  return sorted.flatMap((line) => {
    const { unitPrice, floor, quantity } = lines[line]!;
    const unit = { line, price: unitPrice, room: unitPrice - floor };
    return new Array<Unit>(quantity).fill(unit);
  });
}

/** By unit, the best first; units of one line share their list. */
function alternativesOn(
  units: readonly Unit[],
  each: ReadonlyMap<number, readonly EachOffer[]>,
): (readonly Alternative[])[] {
  const byLine = new Map<number, Alternative[]>();
  return units.map((unit) => {
    let all = byLine.get(unit.line);
    if (all === undefined) {
      all = [];
      for (const { candidate, gainOn } of each.get(unit.line) ?? []) {
        const gain = gainOn(unit);
        if (gain > 0) all.push({ candidate, gain });
      }
      all.sort((a, b) => b.gain - a.gain || a.candidate - b.candidate);
      byLine.set(unit.line, all);
    }
    return all;
  });
}

/** The best, and of the others those that come later in the arithmetic than all better ones: they leave more to be counted. */
function laterOnes(all: readonly Alternative[]): Alternative[] {
  let latest = -1;
  return all.filter(({ candidate }) => {
    const isLater = candidate > latest;
    latest = Math.max(latest, candidate);
    return isLater;
  });
}

function play(offer: MachineOffer, units: readonly Unit[]): Player | null {
  const bits = new Map<number, number>();
  offer.slots.forEach((lines, slot) => {
    for (const line of lines) bits.set(line, (bits.get(line) ?? 0) | (1 << slot));
  });
  const numbers: number[] = [];
  units.forEach((unit, i) => {
    if (bits.has(unit.line)) numbers.push(i);
  });
  const places = numbers.map((number, i): Place => {
    const unit = units[number]!;
    const before = i === 0 ? null : units[numbers[i - 1]!]!;
    const after = i + 1 === numbers.length ? null : units[numbers[i + 1]!]!;
    return {
      unit,
      slots: bits.get(unit.line)!,
      isFirstOfLine: before?.line !== unit.line,
      isLastOfPrice: after === null || after.price < unit.price,
    };
  });
  const automaton = compileWithin(offer, places, numbers);
  if (automaton === null) return null;
  const placeOf = new Int32Array(units.length).fill(-1);
  numbers.forEach((number, place) => {
    placeOf[number] = place;
  });
  const nextPlace = new Int32Array(units.length + 1).fill(numbers.length);
  for (let i = units.length - 1; i >= 0; i--)
    nextPlace[i] = placeOf[i] === -1 ? nextPlace[i + 1]! : placeOf[i]!;
  return {
    candidate: offer.candidate,
    automaton,
    placeOf,
    nextPlace,
    most: offer.most,
    lines: new Set(bits.keys()),
    isLocal: offer.isLocal,
  };
}

/** Coarser and coarser, until it is small enough. */
function compileWithin(
  offer: MachineOffer,
  places: readonly Place[],
  numbers: readonly number[],
): Automaton | null {
  for (const scale of [1, 2]) {
    const machine: Machine | null = offer.machine(scale);
    if (machine === null) continue;
    const automaton = compile(machine, places, numbers);
    if (automaton !== null) return automaton;
  }
  return null;
}

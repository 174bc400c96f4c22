/** What the offers of all kinds have in common: the goods covered, and simple sums over them. */
import { type BenefitFields, capOf } from "./benefit-fields.ts";
import type { FormGroups } from "./formed-groups.ts";
import { grain, rateOf } from "./grain.ts";
import type { Machine, Unit } from "./machine.ts";

/** What is known of the goods a benefit covers. Units that cost nothing are not among them. */
export interface Covered {
  readonly fields: BenefitFields;
  readonly currency: string;
  /** All units of all its selectors, each once; by selector, how many; and how many cost nothing. */
  readonly units: readonly CoveredLine[];
  readonly slotUnits: readonly number[];
  /** By selector, how many units one application of a bundle takes. */
  readonly quantities: readonly number[];
  readonly freeUnits: number;
  /** The rest of a budget, in millionths. */
  readonly budget: number;
}
export interface CoveredLine {
  readonly unit: Unit;
  readonly count: number;
}

export type Shape =
  | { type: "each"; gainOn(unit: Unit): number; isExact: boolean; isWhole: boolean; most: number }
  | {
      type: "machine";
      machine(scale: number): Machine | null;
      formGroups?: FormGroups;
      isExact: boolean;
      isWhole: boolean;
      most: number;
    }
  | { type: "lump"; isExact: boolean; isWhole: boolean; most: number };

export function lump({ units, budget, fields, currency }: Covered): Shape {
  const rooms = units.reduce((sum, { unit, count }) => sum + unit.room * count, 0) * grain;
  const cap = capOf(fields, currency);
  return { type: "lump", isExact: false, isWhole: false, most: Math.min(rooms, cap, budget) };
}

export const roomOf = (unit: Unit): number => unit.room * grain;

export function percentOf(percent: number): (unit: Unit) => number {
  const rate = rateOf(percent);
  return (unit) => Math.min(unit.price * rate, roomOf(unit));
}

/** What one unit may get, by the kinds that work unit by unit. */
type UnitFields = Pick<BenefitFields, "kind" | "percent" | "amount" | "price">;
export function gainOf(fields: UnitFields, currency: string): (unit: Unit) => number {
  if (fields.kind === "percent_off") return percentOf(fields.percent);
  if (fields.kind === "fixed_price") {
    const fixed = fields.price![currency]!;
    return (unit) => Math.max(0, Math.min((unit.price - fixed) * grain, roomOf(unit)));
  }
  const amount = fields.amount![currency]! * grain;
  return (unit) => Math.min(amount, roomOf(unit));
}

export const sumOf = ({ units }: Covered, gainOn: (unit: Unit) => number): number =>
  units.reduce((sum, { unit, count }) => sum + gainOn(unit) * count, 0);

export const areWhole = ({ units }: Covered, gainOn: (unit: Unit) => number): boolean =>
  units.every(({ unit }) => gainOn(unit) % grain === 0);

export const hasFloors = ({ units }: Covered): boolean => units.some(({ unit }) => unit.room < unit.price);

export const unitsIn = ({ units }: Covered): number => units.reduce((sum, { count }) => sum + count, 0);

export function machineShape(
  { budget }: Covered,
  machine: (scale: number) => Machine | null,
  { isWhole, most, isExact = true }: { isWhole: boolean; most: number; isExact?: boolean },
): Shape {
  return {
    type: "machine",
    machine: (scale) => (scale === 1 ? machine(scale) : null),
    isExact: isExact && most <= budget,
    isWhole,
    most: Math.min(most, budget),
  };
}

/** The amount never passes what that many of the cheapest units cost, so it is never cut. */
export function fitsCheapest({ units }: Covered, amount: number, count: number): boolean {
  return units.every(({ unit }) => amount <= unit.price * grain * count);
}

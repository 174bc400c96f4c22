/** Buy some of these, get some of those: what its machines have in common. */
import type { Unit } from "./machine.ts";

export interface TwoHeaps {
  readonly buy: number;
  readonly get: number;
  readonly buyUnits: number;
  readonly getUnits: number;
  readonly maxTimes: number;
  readonly pick: "cheapest" | "dearest";
  /** Some units may be bought as well as got. */
  readonly haveBoth: boolean;
  gainOn(unit: Unit): number;
}

/** By the selectors that cover a unit, as bits. */
export const bought = 1;
export const got = 2;
export const both = 3;

/** Has it happened: not yet; at the present price; at a dearer one. */
export const open = 0;
export const now = 1;
export const dearer = 2;

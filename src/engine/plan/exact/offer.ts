/** What a promotion can do in the item stage, in the planner's own words. */
import type { Templates } from "./automaton.ts";
import type { FormGroups } from "./formed-groups.ts";
import type { Machine, Unit } from "./machine.ts";

interface Common {
  /** Index of the candidate, which is its place in the arithmetic as well. */
  readonly candidate: number;
  readonly group: string;
  /** Canonical lines it covers, by selector. */
  readonly slots: readonly (readonly number[])[];
  /** No plan gives more than this, in millionths; infinite where nothing is known to bind. */
  readonly most: number;
  /**
   * What the model says a plan brings is what it brings (but for rounding), not merely an upper bound. Only then may plans
   * be ruled out because they would bring too much.
   */
  readonly isExact: boolean;
  /** What a unit brings when it is taken lies on that very unit, and is not shared with others. */
  readonly isLocal: boolean;
  /** Every amount is in whole minor units, so nothing is rounded. */
  readonly isWhole: boolean;
  /** Divides every amount, in millionths, and a whole minor unit. */
  readonly fraction: number;
}

/** Takes each unit on its own, any number of them: an alternative at the unit, and no automaton. */
export interface EachOffer extends Common {
  readonly type: "each";
  gainOn(unit: Unit): number;
}

/** Uses units up together. */
export interface MachineOffer extends Common {
  readonly type: "machine";
  /** `scale`: 1, or larger to have fewer states at the price of a coarser bound. Null: cannot be had. */
  machine(scale: number): Machine | null;
  /** Null where its automaton fills one group after the other, or none at all. */
  readonly formGroups: FormGroups | null;
  readonly templates: Templates;
}

/** Not understood: nothing is known but the most that it may bring, whatever others do. */
export interface LumpOffer extends Common {
  readonly type: "lump";
}

export type Offer = EachOffer | MachineOffer | LumpOffer;

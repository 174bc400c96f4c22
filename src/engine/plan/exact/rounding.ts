/**
 * Rounding, where it decides. A promotion is rounded once, on all it takes off; where a threshold hangs on a minor unit the model
 * must do so too. The fraction taken so far becomes part of an automaton's state, and what a step brings is what it adds to the
 * rounded sum.
 */
import type { RoundingMode } from "../../money.ts";
import { unlimited } from "./benefit-fields.ts";
import { grain } from "./grain.ts";
import type { Machine } from "./machine.ts";
import type { Offer } from "./offer.ts";
import { perUnitMachine } from "./unit-machines.ts";

/** By so much, in millionths, rounding may change one amount. */
export function mostRounded(rounding: RoundingMode): number {
  return rounding === "down" ? grain : grain / 2;
}

/** `amount`: millionths. */
export function rounded(amount: number, rounding: RoundingMode): number {
  const rest = amount % grain;
  const whole = amount - rest;
  if (rounding === "down" || rest * 2 < grain) return whole;
  const staysEven = rounding === "half_even" && rest * 2 === grain && (whole / grain) % 2 === 0;
  return staysEven ? whole : whole + grain;
}

/** Null where it could not be built, or is no automaton to begin with. */
export function roundedOffer(offer: Offer, rounding: RoundingMode): Offer | null {
  if (offer.type === "lump") return null;
  if (offer.isWhole) return offer;
  const machine = (scale: number): Machine | null => {
    if (scale > 1) return null;
    if (offer.type === "machine") return offer.machine(scale);
    return perUnitMachine({ gainOn: offer.gainOn, maxUnits: unlimited, cap: unlimited, pick: null, step: 1 });
  };
  return {
    ...offer,
    type: "machine",
    templates: new Map(),
    formGroups: null,
    isWhole: true,
    machine(scale) {
      const inner = machine(scale);
      return inner === null ? null : roundedMachine(inner, offer.fraction, rounding);
    },
  };
}

/** `fraction` divides all that the machine ever brings. */
function roundedMachine(machine: Machine, fraction: number, rounding: RoundingMode): Machine {
  // To the even neighbour: whether the whole part is even matters as well.
  const period = rounding === "half_even" ? 2 * grain : grain;
  const parts = period / fraction;
  const { leave, gains } = machine;
  return {
    start: machine.start * parts,
    ...(machine.countsWhatIsLeft && { countsWhatIsLeft: true }),
    take(state, place) {
      const part = state % parts;
      const before = part * fraction;
      return machine.take((state - part) / parts, place).map(({ next, gain, of }) => {
        const sum = before + gain + (of === undefined ? 0 : gains![of]!(place.unit));
        return {
          next: next * parts + (sum % period) / fraction,
          gain: rounded(sum, rounding) - rounded(before, rounding),
        };
      });
    },
    ...(leave !== undefined && {
      leave(state, place, fate) {
        const part = state % parts;
        const next = leave((state - part) / parts, place, fate);
        return next === -1 ? -1 : next * parts + part;
      },
    }),
    accepts: (state) => machine.accepts(Math.floor(state / parts)),
  };
}

/**
 * A promotion that has to be in the plan, because its code is to be honoured or somebody asks what that would cost. In the item
 * stage its automaton gets one more bit, whether it has brought anything yet, and accepts nothing else.
 */
import type { Situation } from "../../situation.ts";
import type { Machine, Place } from "./machine.ts";
import { noSteps } from "./machine.ts";
import type { Offer } from "./offer.ts";
import { losslessOffer } from "./shares.ts";

/** With several parts any of them may do, which the model does not weigh: then it is not told, and its bound holds anyway. */
export function canBeForced({ candidates }: Situation, index: number): boolean {
  const { parts } = candidates[index]!.promotion;
  return parts.length === 1 && parts[0]!.stage !== "reward";
}

/** The offers of a candidate; one that has to be in the plan and has only one offer takes nothing but what brings something. */
export function withForced(isForced: boolean, offers: Offer[]): Offer[] {
  if (!isForced || offers.length !== 1) return offers;
  // A group whose first unit brings something may bring less than nothing in all, and is then not applied.
  const offer = losslessOffer(offers[0]!);
  if (offer.type === "lump") return offers;
  const { gainOn, ...common } = offer.type === "each" ? offer : { ...offer, gainOn: null };
  const inner = (scale: number): Machine | null =>
    gainOn === null ? (offer as { machine(scale: number): Machine | null }).machine(scale) : oneByOne(gainOn);
  return [
    {
      ...common,
      type: "machine",
      templates: new Map(),
      formGroups: offer.type === "machine" ? offer.formGroups : null,
      machine(scale) {
        const machine = inner(scale);
        return machine === null ? null : bringsSomething(machine);
      },
    },
  ];
}

function oneByOne(gainOn: (unit: Place["unit"]) => number): Machine {
  return {
    start: 0,
    take(state, { unit }) {
      const gain = gainOn(unit);
      return gain > 0 ? [{ next: state, gain }] : noSteps;
    },
    accepts: () => true,
  };
}

function bringsSomething(machine: Machine): Machine {
  const { leave, gains } = machine;
  return {
    start: machine.start * 2,
    ...(machine.countsWhatIsLeft && { countsWhatIsLeft: true }),
    take(state, place) {
      const bit = state % 2;
      return machine.take((state - bit) / 2, place).map(({ next, gain, of }) => {
        const brought = gain + (of === undefined ? 0 : gains![of]!(place.unit));
        return { next: next * 2 + (brought > 0 ? 1 : bit), gain: brought };
      });
    },
    ...(leave !== undefined && {
      leave(state: number, place: Place, fate: 0 | 1 | 2) {
        const bit = state % 2;
        const next = leave((state - bit) / 2, place, fate);
        return next === -1 ? -1 : next * 2 + bit;
      },
    }),
    accepts: (state) => state % 2 === 1 && machine.accepts((state - 1) / 2),
  };
}

/**
 * A promotion that has to be in the plan, because somebody asks what that would cost: its automaton gets one more bit, whether
 * it has brought anything yet, and accepts nothing else.
 */
import type { Situation } from "../../situation.ts";
import type { Machine, Place } from "./machine.ts";
import { noSteps } from "./machine.ts";
import type { Offer } from "./offer.ts";

/** With several parts any of them may do, which the model does not weigh: then it is not told, and its bound holds anyway. */
const hasOnePart = ({ candidates }: Situation, index: number): boolean =>
  candidates[index]!.promotion.parts.length === 1;

export function isForcedLater(situation: Situation, index: number): boolean {
  const { parts } = situation.candidates[index]!.promotion;
  return hasOnePart(situation, index) && (parts[0]!.stage === "order" || parts[0]!.stage === "shipping");
}

/** The offers of a candidate, as they are unless it is the forced one. */
export function withForced(situation: Situation, index: number, offers: Offer[]): Offer[] {
  const [offer] = offers;
  if (index !== situation.forced || offers.length !== 1 || !hasOnePart(situation, index)) return offers;
  if (offer!.type === "lump") return offers;
  const { gainOn, ...common } = offer!.type === "each" ? offer! : { ...offer!, gainOn: null };
  const inner = (scale: number): Machine | null =>
    gainOn === null ? (offer as { machine(scale: number): Machine | null }).machine(scale) : oneByOne(gainOn);
  return [
    {
      ...common,
      type: "machine",
      templates: new Map(),
      formGroups: offer!.type === "machine" ? offer!.formGroups : null,
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

/**
 * Buy some of these, get some of those. The got are picked, cheapest or dearest first, and `pick` binds the search: no unit may
 * lie idle that goes before one that was got. The bought are the dearest left.
 *
 * Units that serve for both are what is difficult. Where both sides choose the dearest they go to whoever chooses next; where
 * the cheapest are got, see `crossing-machine.ts`.
 */
import { crossingMachine } from "./crossing-machine.ts";
import { idle, type Machine, noSteps, type Place, type Step } from "./machine.ts";
import { both, bought, dearer, got, now, open, type TwoHeaps } from "./two-heaps.ts";

interface State {
  /** Dearest first: a unit was passed over. Cheapest first: a unit was got. */
  picked: number;
  /** Complete sets; counted only where their number is limited. */
  used: number;
  /** Taken beyond the complete sets. */
  bought: number;
  got: number;
}

/** `isCoarse`: cheapest first, whoever serves for both may do either; more plans than there are, and fewer states. Null: more states than a number can hold. */
export function twoHeapMachine(offer: TwoHeaps, isCoarse: boolean): Machine | null {
  const { buy, get, pick, gainOn } = offer;
  if (pick === "cheapest" && offer.haveBoth && !isCoarse) return crossingMachine(offer);
  const possible = Math.min(Math.floor(offer.buyUnits / buy), Math.floor(offer.getUnits / get));
  const most = Math.min(possible, offer.maxTimes);
  const isLimited = possible > offer.maxTimes;
  const radices = [3, isLimited ? most + 1 : 1, buy * most + 1, get * most + 1];
  if (radices.reduce((product, radix) => product * radix, 1) > 2 ** 50) return null;

  const decode = (state: number): State => {
    let rest = state;
    const [picked, used, ofBuy, ofGet] = radices.map((radix) => {
      const digit = rest % radix;
      rest = (rest - digit) / radix;
      return digit;
    });
    return { picked: picked!, used: used!, bought: ofBuy!, got: ofGet! };
  };
  const encode = (state: State, place: Place): number => {
    const picked = state.picked === now && place.isLastOfPrice ? dearer : state.picked;
    const digits = [picked, isLimited ? state.used : 0, state.bought, state.got];
    let encoded = 0;
    for (let i = digits.length - 1; i >= 0; i--) encoded = encoded * radices[i]! + digits[i]!;
    return encoded;
  };

  const complete = (state: State, place: Place, isGot: boolean): Step | null => {
    const sets = Math.max(Math.ceil(state.bought / buy), Math.ceil(state.got / get));
    if (state.used + sets > most) return null;
    const done = Math.min(Math.floor(state.bought / buy), Math.floor(state.got / get));
    const after = {
      ...state,
      used: state.used + done,
      bought: state.bought - done * buy,
      got: state.got - done * get,
    };
    const next = encode(after, place);
    return isGot ? { next, gain: 0, of: 0 } : { next, gain: 0 };
  };

  const getUnit = (state: State, place: Place): Step | null => {
    if (pick === "dearest" && state.picked === dearer) return null;
    const picked = pick === "cheapest" && state.picked === open ? now : state.picked;
    return complete({ ...state, picked, got: state.got + 1 }, place, true);
  };

  return {
    start: 0,
    gains: [gainOn],
    name: `two heaps, ${most}, ${isLimited}`,
    isOneByOne: most === 1,
    take(encoded, place) {
      if (most === 0) return noSteps;
      const state = decode(encoded);
      const steps: Step[] = [];
      const isGotFirst = Math.floor(state.got / get) <= Math.floor(state.bought / buy);
      // Where both choose the dearest, a unit goes to whoever chooses next; getting comes before buying.
      const isChosen = pick === "dearest" && place.slots === both;
      const asGot = (place.slots & got) !== 0 && !(isChosen && !isGotFirst) ? getUnit(state, place) : null;
      const asBought =
        (place.slots & bought) !== 0 && !(isChosen && isGotFirst)
          ? complete({ ...state, bought: state.bought + 1 }, place, false)
          : null;
      if (asGot !== null) steps.push(asGot);
      if (asBought !== null) steps.push(asBought);
      return steps;
    },
    leave(encoded, place, fate) {
      const state = decode(encoded);
      if ((place.slots & got) !== 0 && fate === idle) {
        if (pick === "cheapest" && state.picked === dearer) return -1;
        if (pick === "dearest" && state.picked === open) state.picked = now;
      }
      return encode(state, place);
    },
    accepts(encoded) {
      const state = decode(encoded);
      return state.bought === 0 && state.got === 0;
    },
  };
}

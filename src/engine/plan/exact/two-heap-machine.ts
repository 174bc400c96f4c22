/**
 * Buy some of these, get some of those. The got are picked, cheapest or dearest first, and `pick` binds the search: no unit may
 * lie idle that goes before one that was got. The bought are the dearest left.
 */
import { idle, type Machine, noSteps, type Place, type Step, type Unit } from "./machine.ts";

export interface TwoHeaps {
  readonly buy: number;
  readonly get: number;
  readonly buyUnits: number;
  readonly getUnits: number;
  readonly maxTimes: number;
  readonly pick: "cheapest" | "dearest";
  gainOn(unit: Unit): number;
}

const bought = 1;
const got = 2;
const both = 3;

/** Has it happened: not yet; at the present price; at a dearer one. */
const open = 0;
const now = 1;
const dearer = 2;

interface State {
  /** Dearest first: a unit was passed over. Cheapest first: a unit was got. */
  picked: number;
  /** A unit was got that might have been bought. */
  gotBoth: number;
  /** At most so many sets more, those begun included. */
  sets: number;
  /** Complete sets; counted only where their number is limited. */
  used: number;
  /** Taken beyond the complete sets. */
  bought: number;
  got: number;
}

/** Null: more states than a number can hold. */
export function twoHeapMachine(offer: TwoHeaps): Machine | null {
  const { buy, get, pick, gainOn } = offer;
  const possible = Math.min(Math.floor(offer.buyUnits / buy), Math.floor(offer.getUnits / get));
  const most = Math.min(possible, offer.maxTimes);
  const isLimited = possible > offer.maxTimes;
  const radices = [3, 3, most + 1, isLimited ? most + 1 : 1, buy * most + 1, get * most + 1];
  if (radices.reduce((product, radix) => product * radix, 1) > 2 ** 50) return null;

  const decode = (state: number): State => {
    let rest = state;
    const [picked, gotBoth, sets, used, ofBuy, ofGet] = radices.map((radix) => {
      const digit = rest % radix;
      rest = (rest - digit) / radix;
      return digit;
    });
    // Counted downwards, so that the start is zero.
    return {
      picked: picked!,
      gotBoth: gotBoth!,
      sets: most - sets!,
      used: used!,
      bought: ofBuy!,
      got: ofGet!,
    };
  };
  const encode = (state: State, place: Place): number => {
    const settled = (flag: number) => (flag === now && place.isLastOfPrice ? dearer : flag);
    const digits = [
      settled(state.picked),
      settled(state.gotBoth),
      most - state.sets,
      isLimited ? state.used : 0,
      state.bought,
      state.got,
    ];
    let encoded = 0;
    for (let i = digits.length - 1; i >= 0; i--) encoded = encoded * radices[i]! + digits[i]!;
    return encoded;
  };

  const complete = (state: State, place: Place, isGot: boolean): Step | null => {
    const sets = Math.max(Math.ceil(state.bought / buy), Math.ceil(state.got / get));
    if (sets > state.sets || state.used + sets > most) return null;
    const done = Math.min(Math.floor(state.bought / buy), Math.floor(state.got / get));
    const after = {
      ...state,
      sets: pick === "cheapest" ? Math.min(most, state.sets - (isBounded(state) ? done : 0)) : most,
      used: state.used + done,
      bought: state.bought - done * buy,
      got: state.got - done * get,
    };
    const next = encode(after, place);
    return isGot ? { next, gain: 0, of: 0 } : { next, gain: 0 };
  };
  /** The number of sets to come is settled once a unit was got that might have been bought; before, there may be any. */
  const isBounded = (state: State) => state.gotBoth !== open;

  const getUnit = (state: State, place: Place): Step | null => {
    if (pick === "dearest" && state.picked === dearer) return null;
    const next = { ...state, got: state.got + 1 };
    if (pick === "cheapest") {
      if (state.picked === open) next.picked = now;
      if (place.slots === both && state.gotBoth === open) {
        // Sets are made one after the other, each buying the dearest unit left. This one is left for a later set only if the
        // sets before it have been served with dearer ones.
        next.gotBoth = now;
        next.sets = Math.min(most, Math.floor(state.got / get) + 1 + Math.floor(state.bought / buy));
      }
    }
    return complete(next, place, true);
  };

  const buyUnit = (state: State, place: Place): Step | null =>
    // Each set gets the cheapest left before it buys: of units that serve for both, none is bought below one that is got.
    pick === "cheapest" && place.slots === both && state.gotBoth === dearer
      ? null
      : complete({ ...state, bought: state.bought + 1 }, place, false);

  return {
    start: 0,
    gains: [gainOn],
    name: `two heaps, ${most}, ${isLimited}`,
    take(encoded, place) {
      if (most === 0) return noSteps;
      const state = decode(encoded);
      const steps: Step[] = [];
      const isGotFirst = Math.floor(state.got / get) <= Math.floor(state.bought / buy);
      // Where both choose the dearest, a unit goes to whoever chooses next; getting comes before buying.
      const mayGet =
        (place.slots & got) !== 0 && !(pick === "dearest" && place.slots === both && !isGotFirst);
      const mayBuy =
        (place.slots & bought) !== 0 && !(pick === "dearest" && place.slots === both && isGotFirst);
      const asGot = mayGet ? getUnit(state, place) : null;
      const asBought = mayBuy ? buyUnit(state, place) : null;
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

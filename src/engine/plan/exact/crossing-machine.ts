/**
 * Buy some, get the cheapest of others, where some units serve for both.
 *
 * Set after set the cheapest unit left is got and the dearest left is bought, so the two sides come towards each other from
 * both ends of the price list. With `m` sets in all, a unit that serves for both is got in set `k` only if the `k − 1` sets before
 * have bought dearer ones, and bought in set `j` only if the `j` sets up to then have got cheaper ones. Read dearest first, and
 * with `begun` the groups of bought and of got units that are complete by then: such a unit may be bought while `begun < m`, and
 * got once `begun ≥ m − 1`. So there is one moment, the crossing, before which those units are bought and after which they are got;
 * the machine guesses it, which tells it `m`: as many groups as came before the crossing come after it.
 *
 * In the midst of a got group a unit counts as bought for the next: then the crossing has to wait for one group more. Never too
 * strict: of units at one price on different lines it allows more than there is.
 */
import { idle, type Machine, noSteps, type Place, type Step } from "./machine.ts";
import { both, bought, dearer, got, now, open, type TwoHeaps } from "./two-heaps.ts";

interface State {
  /** Was a unit got? */
  picked: number;
  /** How near the crossing is; see below. */
  crossed: number;
  /** A unit was got too early, which is right if one at the same price is got on a later line: no; on this line; on one before. */
  owed: number;
  /** Before the crossing: units taken so far. After it: units still to be taken. */
  bought: number;
  got: number;
}

/** Before: freely; after a unit was got at the present price; and where it has to wait for one group more. */
const ahead = 0;
const aheadBeside = 1;
const held = 2;
/** After: at the present price, on this line; at the present price, on a line before; at a dearer price. */
const here = 3;
const beside = 4;
const behind = 5;
/** Of what is owed. */
const onThisLine = 1;
const onOneBefore = 2;
const flagsInAll = 54;

function atNextPrice(crossed: number): number {
  if (crossed >= here) return behind;
  return crossed === aheadBeside ? ahead : crossed;
}

/** Null: more states than a number can hold. */
export function crossingMachine({
  buy,
  get,
  buyUnits,
  getUnits,
  maxTimes,
  gainOn,
}: Omit<TwoHeaps, "pick" | "haveBoth">): Machine | null {
  const most = Math.min(Math.floor(buyUnits / buy), Math.floor(getUnits / get), maxTimes);
  const ofBuy = buy * most + 1;
  const ofGet = get * most + 1;
  if (ofBuy * ofGet * flagsInAll > 2 ** 50) return null;

  const decode = (state: number): State => {
    const flags = state % flagsInAll;
    const rest = (state - flags) / flagsInAll;
    const units = rest % ofBuy;
    return {
      picked: flags % 3,
      crossed: Math.floor(flags / 3) % 6,
      owed: Math.floor(flags / 18),
      bought: units,
      got: (rest - units) / ofBuy,
    };
  };
  /** -1: such a state leads nowhere. */
  const encode = (state: State, { isLastOfPrice }: Place): number => {
    if (isLastOfPrice && state.owed > 0) return -1;
    const picked = state.picked === now && isLastOfPrice ? dearer : state.picked;
    const crossed = isLastOfPrice ? atNextPrice(state.crossed) : state.crossed;
    return (state.got * ofBuy + state.bought) * flagsInAll + state.owed * 18 + crossed * 3 + picked;
  };
  const begun = (state: State) => Math.floor(state.bought / buy) + Math.floor(state.got / get);
  const at = (encoded: number, { isFirstOfLine }: Place): State => {
    const state = decode(encoded);
    if (isFirstOfLine && state.crossed === here) state.crossed = beside;
    if (isFirstOfLine && state.owed === onThisLine) state.owed = onOneBefore;
    return state;
  };

  /** The state as it is after the crossing, if there are `sets` in all; null: they cannot be so few, or so many. */
  const cross = (state: State, sets: number): State | null => {
    const crossed = state.crossed === aheadBeside && state.owed !== onThisLine ? beside : here;
    const left = { ...state, crossed, bought: sets * buy - state.bought, got: sets * get - state.got };
    return sets > most || left.bought < 0 || left.got < 0 ? null : left;
  };

  /** With one more unit got. */
  const withGot = (state: State, got: number): State => ({
    ...state,
    got,
    picked: state.picked === open ? now : state.picked,
    owed: state.owed === onOneBefore ? 0 : state.owed,
  });
  const note = (steps: Step[], next: State | null, place: Place, isGot: boolean) => {
    const to = next === null ? -1 : encode(next, place);
    if (to !== -1) steps.push(isGot ? { next: to, gain: 0, of: 0 } : { next: to, gain: 0 });
  };

  const before = (state: State, place: Place): Step[] => {
    const steps: Step[] = [];
    const groups = begun(state);
    const go = (next: State, isGot: boolean) => {
      const after = begun(next);
      const isFree = next.crossed !== held;
      if (after > groups && !isFree) next.crossed = aheadBeside;
      if (after < most) note(steps, next, place, isGot);
      if (after > groups && isFree) note(steps, cross(next, after), place, isGot);
    };
    if (groups >= most) return steps;
    // Of equal units on one line those that are bought go first.
    if ((place.slots & bought) !== 0 && !(place.slots === both && state.owed === onThisLine)) {
      const isAmid = place.slots === both && state.crossed === ahead && state.got % get !== 0;
      go({ ...state, bought: state.bought + 1, crossed: isAmid ? held : state.crossed }, false);
    }
    if ((place.slots & got) !== 0) {
      const next = withGot(state, state.got + 1);
      const crossed = next.crossed === ahead ? aheadBeside : next.crossed;
      if (place.slots !== both) go({ ...next, crossed }, true);
      else {
        if (state.crossed !== held) note(steps, cross(next, groups + 1), place, true);
        go({ ...next, crossed, owed: onThisLine }, true);
      }
    }
    return steps;
  };

  const after = (state: State, place: Place): Step[] => {
    const steps: Step[] = [];
    const mayBuy = place.slots === bought || (place.slots === both && state.crossed === beside);
    if (mayBuy && state.bought > 0) note(steps, { ...state, bought: state.bought - 1 }, place, false);
    if ((place.slots & got) !== 0 && state.got > 0) note(steps, withGot(state, state.got - 1), place, true);
    return steps;
  };

  return {
    start: 0,
    gains: [gainOn],
    name: `crossing, ${most}`,
    isOneByOne: most === 1,
    take(encoded, place) {
      if (most === 0) return noSteps;
      const state = at(encoded, place);
      return state.crossed < here ? before(state, place) : after(state, place);
    },
    leave(encoded, place, fate) {
      const state = at(encoded, place);
      if ((place.slots & got) !== 0 && fate === idle && state.picked === dearer) return -1;
      return encode(state, place);
    },
    accepts(encoded) {
      const state = decode(encoded);
      return state.bought === 0 && state.got === 0 && state.owed === 0;
    },
  };
}

/** From a benefit's document to an offer: one function per kind. What has no faithful model becomes a lump. */
import type { BenefitFields, TierFields } from "./benefit-fields.ts";
import { unlimited } from "./benefit-fields.ts";
import { grain, rateOf } from "./grain.ts";
import { groupMachine, nthMachine } from "./group-machines.ts";
import type { Machine, Unit } from "./machine.ts";
import { setMachine, wholePrice } from "./set-machines.ts";
import { everyMachine, ladderMachine, slicedMachine, type Tier, tierMachine } from "./sum-machines.ts";
import { twoHeapMachine } from "./two-heap-machine.ts";
import { perLineMachine, perUnitMachine } from "./unit-machines.ts";

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
      isExact: boolean;
      isWhole: boolean;
      most: number;
    }
  | { type: "lump"; isExact: boolean; isWhole: boolean; most: number };

export function shapeOf(covered: Covered): Shape {
  switch (covered.fields.kind) {
    case "percent_off":
    case "fixed_price":
      return unitsOnTheirOwn(covered);
    case "amount_off":
      return amountOff(covered);
    case "nth_unit":
      return nthUnit(covered);
    case "buy_x_get_y":
      return covered.slotUnits.length === 1 ? oneHeap(covered) : twoHeaps(covered);
    case "bundle":
      return bundle(covered);
    case "tiered":
      return tiered(covered);
    default:
      return lump(covered);
  }
}

function lump({ units, budget, fields, currency }: Covered): Shape {
  const rooms = units.reduce((sum, { unit, count }) => sum + unit.room * count, 0) * grain;
  const cap = fields.maxAmount === undefined ? unlimited : fields.maxAmount[currency]! * grain;
  return { type: "lump", isExact: false, isWhole: false, most: Math.min(rooms, cap, budget) };
}

const roomOf = (unit: Unit): number => unit.room * grain;

function percentOf(percent: number): (unit: Unit) => number {
  const rate = rateOf(percent);
  return (unit) => Math.min(unit.price * rate, roomOf(unit));
}

/** What one unit may get, by the kinds that work unit by unit. */
type UnitFields = Pick<BenefitFields, "kind" | "percent" | "amount" | "price">;
function gainOf(fields: UnitFields, currency: string): (unit: Unit) => number {
  if (fields.kind === "percent_off") return percentOf(fields.percent);
  if (fields.kind === "fixed_price") {
    const fixed = fields.price![currency]!;
    return (unit) => Math.max(0, Math.min((unit.price - fixed) * grain, roomOf(unit)));
  }
  const amount = fields.amount![currency]! * grain;
  return (unit) => Math.min(amount, roomOf(unit));
}

const sumOf = ({ units }: Covered, gainOn: (unit: Unit) => number): number =>
  units.reduce((sum, { unit, count }) => sum + gainOn(unit) * count, 0);

const areWhole = ({ units }: Covered, gainOn: (unit: Unit) => number): boolean =>
  units.every(({ unit }) => gainOn(unit) % grain === 0);

const hasFloors = ({ units }: Covered): boolean => units.some(({ unit }) => unit.room < unit.price);

const unitsIn = ({ units }: Covered): number => units.reduce((sum, { count }) => sum + count, 0);

/** Percent, fixed price and amount per unit, with at most so many units and at most so much. */
function unitsOnTheirOwn(covered: Covered): Shape {
  const gainOn = gainOf(covered.fields, covered.currency);
  const { fields, currency, budget } = covered;
  const own = fields.maxAmount === undefined ? unlimited : fields.maxAmount[currency]! * grain;
  return limitedUnits(covered, gainOn, Math.min(own, budget), budget < sumOf(covered, gainOn));
}

function limitedUnits(
  covered: Covered,
  gainOn: (unit: Unit) => number,
  cap: number,
  isShort: boolean,
): Shape {
  const { fields } = covered;
  const all = sumOf(covered, gainOn);
  const maxUnits =
    fields.maxUnits !== undefined && fields.maxUnits < unitsIn(covered) ? fields.maxUnits : unlimited;
  const isCapped = cap < all;
  const isWhole = areWhole(covered, gainOn);
  const most = Math.min(all, cap);
  if (!isCapped && maxUnits === unlimited) return { type: "each", gainOn, isExact: !isShort, isWhole, most };
  return {
    type: "machine",
    machine: (scale) =>
      perUnitMachine({
        gainOn,
        maxUnits,
        cap: isCapped ? cap : unlimited,
        pick: maxUnits === unlimited ? null : (fields.pick ?? "dearest"),
        step: scale === 1 ? 1 : Math.max(1, Math.ceil(cap / 64) * scale),
      }),
    isExact: !isShort,
    isWhole,
    most,
  };
}

function amountOff(covered: Covered): Shape {
  const { fields, currency, budget } = covered;
  const amount = fields.amount![currency]! * grain;
  const rooms = sumOf(covered, roomOf);
  if (fields.per === "unit") {
    const gainOn = gainOf(covered.fields, covered.currency);
    return limitedUnits(covered, gainOn, budget, budget < sumOf(covered, gainOn));
  }
  if (fields.per === "line") {
    if (fields.maxUnits !== undefined) return lump(covered);
    return machineShape(covered, () => perLineMachine(amount), { isWhole: true, most: rooms });
  }
  if (fields.every === undefined)
    return limitedUnits(covered, roomOf, Math.min(amount, budget), budget < amount);
  if (fields.maxUnits !== undefined) return lump(covered);
  const byAmount = "amount" in fields.every;
  const every = "amount" in fields.every ? fields.every.amount[currency]! : fields.every.quantity;
  const base = byAmount ? sumOf(covered, (unit) => unit.price) : unitsIn(covered) + covered.freeUnits;
  const times = Math.min(Math.floor(base / every), fields.maxTimes ?? unlimited);
  const most = Math.min(rooms, amount * times);
  if (!byAmount && covered.freeUnits > 0)
    return { type: "lump", isExact: false, isWhole: true, most: Math.min(most, budget) };
  const measure = byAmount ? (unit: Unit) => unit.price : () => 1;
  return machineShape(
    covered,
    () => everyMachine(amount, every, fields.maxTimes ?? unlimited, Math.floor(base / every), measure),
    {
      isWhole: true,
      most,
      isExact:
        !hasFloors(covered) && (byAmount ? amount <= every * grain : fitsCheapest(covered, amount, every)),
    },
  );
}

/** The amount never passes what that many of the cheapest units cost, so it is never cut. */
function fitsCheapest({ units }: Covered, amount: number, count: number): boolean {
  return units.every(({ unit }) => amount <= unit.price * grain * count);
}

function machineShape(
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

// ---------------------------------------------------------------- groups and sets

function nthUnit(covered: Covered): Shape {
  const { fields } = covered;
  const gainOn = percentOf(fields.percent);
  return machineShape(
    covered,
    () => nthMachine(fields.n, gainOn, fields.maxTimes ?? unlimited, unitsIn(covered)),
    { isWhole: areWhole(covered, gainOn), most: sumOf(covered, gainOn) },
  );
}

/** On the got units alone a floor cuts at the unit; shared, what it refuses goes to the bought ones. */
function gotGain({ fields }: Covered): (unit: Unit) => number {
  if (fields.allocate === "target") return percentOf(fields.percent);
  const rate = rateOf(fields.percent);
  return (unit) => unit.price * rate;
}

function oneHeap(covered: Covered): Shape {
  const { fields } = covered;
  const gainOn = gotGain(covered);
  const size = fields.buy.quantity + fields.get.quantity;
  const isRewarded =
    fields.pick === "dearest"
      ? (position: number) => position < fields.get.quantity
      : (position: number) => position >= fields.buy.quantity;
  return machineShape(
    covered,
    () =>
      groupMachine({
        size,
        isRewarded,
        gainOn,
        onOpening: 0,
        onCompletion: 0,
        maxTimes: fields.maxTimes ?? unlimited,
        units: unitsIn(covered),
      }),
    {
      isWhole: areWhole(covered, gainOn),
      most: sumOf(covered, gainOn),
      isExact: fields.allocate === "target" || !hasFloors(covered),
    },
  );
}

function twoHeaps(covered: Covered): Shape {
  const { fields, slotUnits } = covered;
  const gainOn = gotGain(covered);
  return machineShape(
    covered,
    () =>
      twoHeapMachine({
        buy: fields.buy.quantity,
        get: fields.get.quantity,
        buyUnits: slotUnits[0]!,
        getUnits: slotUnits[1]!,
        maxTimes: fields.maxTimes ?? unlimited,
        pick: fields.pick ?? "cheapest",
        gainOn,
      }),
    {
      isWhole: areWhole(covered, gainOn),
      most: sumOf(covered, gainOn),
      isExact: fields.allocate === "target" || !hasFloors(covered),
    },
  );
}

function bundle(covered: Covered): Shape {
  const { fields, currency, slotUnits, quantities, budget } = covered;
  const size = quantities.reduce((sum, quantity) => sum + quantity, 0);
  const maxTimes = fields.maxTimes ?? unlimited;
  const isPercent = fields.price === undefined && fields.amount === undefined;
  const onOpening = -(fields.price?.[currency] ?? 0) * grain;
  const onCompletion = (fields.amount?.[currency] ?? 0) * grain;
  const gainOn = fields.price !== undefined ? wholePrice : isPercent ? percentOf(fields.percent) : () => 0;
  const ofAnyUnits = () =>
    groupMachine({
      size,
      isRewarded: () => true,
      gainOn,
      onOpening,
      onCompletion,
      maxTimes,
      units: unitsIn(covered),
    });
  const ofComponents = () =>
    setMachine({
      slots: slotUnits.map((units, i) => ({ quantity: quantities[i]!, units })),
      maxTimes,
      gainOn,
      onOpening,
      onCompletion,
    });
  const most = Math.min(budget, sumOf(covered, isPercent ? gainOn : roomOf));
  return {
    type: "machine",
    // Too many states to tell the components apart: any units of any of them, which bounds it from above.
    machine: (scale) => (slotUnits.length === 1 || scale > 1 ? ofAnyUnits() : ofComponents()),
    isWhole: !isPercent || areWhole(covered, gainOn),
    most,
    isExact:
      (isPercent || (!hasFloors(covered) && fitsCheapest(covered, onCompletion, size))) &&
      sumOf(covered, isPercent ? gainOn : roomOf) <= budget,
  };
}

// ---------------------------------------------------------------- tiers

function tiered(covered: Covered): Shape {
  const { fields, currency } = covered;
  const byAmount = fields.by === "amount";
  const isSliced = fields.mode === "graduated";
  const tiers = fields.tiers.map((tier) => tierOf(tier, covered));
  const isUnderstood = fields.tiers.every(
    ({ benefit }) => benefit.maxAmount === undefined && !(isSliced && !byAmount && isOnce(benefit)),
  );
  // A unit that a tier gives nothing is counted without being touched, which no automaton here remembers.
  const isEachTouched = tiers.every(
    (tier) => tier.bonus > 0 || covered.units.every(({ unit }) => tier.gainOn(unit) > 0),
  );
  const most = sumOf(covered, roomOf);
  if (!isUnderstood || (!byAmount && covered.freeUnits > 0)) return lump(covered);
  const measure = byAmount ? (unit: Unit) => unit.price : () => 1;
  const isWhole = fields.tiers.every(
    ({ benefit }, i) => benefit.kind !== "percent_off" || (!isSliced && areWhole(covered, tiers[i]!.gainOn)),
  );
  if (isSliced && byAmount) {
    const worthOf = slicedWorth(fields.tiers, currency);
    return machineShape(covered, () => slicedMachine(worthOf, measure), {
      isWhole: false,
      most: Math.min(most, worthOf(sumOf(covered, (unit) => unit.price))),
      isExact: !hasFloors(covered),
    });
  }
  if (!isEachTouched) return lump(covered);
  if (isSliced) return machineShape(covered, () => ladderMachine(tiers), { isWhole, most });
  const tops = sumOf(covered, measure);
  return machineShape(covered, () => tierMachine(tiers, measure, tops), {
    isWhole,
    most,
    isExact: tiers.every(
      ({ bonus, from }) => bonus === 0 || (!hasFloors(covered) && bonus <= (byAmount ? from * grain : 0)),
    ),
  });
}

const isOnce = (benefit: TierFields["benefit"]): boolean =>
  benefit.kind === "amount_off" && benefit.per !== "unit";

export function fromOf({ from }: TierFields, currency: string): number {
  return typeof from === "number" ? from : from[currency]!;
}

function tierOf(tier: TierFields, { currency }: Covered): Tier {
  const { benefit } = tier;
  const from = fromOf(tier, currency);
  if (isOnce(benefit)) return { from, gainOn: () => 0, bonus: benefit.amount[currency]! * grain };
  return { from, gainOn: gainOf(benefit, currency), bonus: 0 };
}

/** What a sum brings when each slice of it is at its tier. */
export function slicedWorth(tiers: readonly TierFields[], currency: string): (sum: number) => number {
  return (sum) => {
    let worth = 0;
    tiers.forEach((tier, i) => {
      const from = fromOf(tier, currency);
      const next = tiers[i + 1];
      const slice = Math.min(sum, next === undefined ? sum : fromOf(next, currency)) - from;
      if (slice <= 0) return;
      const { benefit } = tier;
      const most =
        benefit.kind !== "percent_off"
          ? Math.min(slice, benefit.amount[currency]!) * grain
          : slice * rateOf(benefit.percent);
      worth += Math.min(
        most,
        benefit.maxAmount === undefined ? unlimited : benefit.maxAmount[currency]! * grain,
      );
    });
    return worth;
  };
}

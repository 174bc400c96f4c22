/** From a benefit's document to an offer: one function per kind. What has no faithful model becomes a lump. */
import { capOf, unlimited } from "./benefit-fields.ts";
import { groupsOf } from "./formed-groups.ts";
import { grain, rateOf } from "./grain.ts";
import { groupMachine, nthMachine } from "./group-machines.ts";
import type { Unit } from "./machine.ts";
import { setMachine, wholePrice } from "./set-machines.ts";
import {
  areWhole,
  type Covered,
  fitsCheapest,
  gainOf,
  hasFloors,
  lump,
  machineShape,
  percentOf,
  roomOf,
  type Shape,
  sumOf,
  unitsIn,
} from "./shape.ts";
import { everyMachine } from "./sum-machines.ts";
import { tiered } from "./tier-offers.ts";
import { twoHeapMachine } from "./two-heap-machine.ts";
import { perLineMachine, perUnitMachine } from "./unit-machines.ts";

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

/** Percent, fixed price and amount per unit, with at most so many units and at most so much. */
function unitsOnTheirOwn(covered: Covered): Shape {
  const gainOn = gainOf(covered.fields, covered.currency);
  const { fields, currency, budget } = covered;
  const own = capOf(fields, currency);
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
  // Also where there are no more units than that: the pick binds which of them may be left out.
  const maxUnits = fields.maxUnits === undefined ? unlimited : Math.min(fields.maxUnits, unitsIn(covered));
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
        mayLose: false,
      }),
    {
      isWhole: areWhole(covered, gainOn),
      most: sumOf(covered, gainOn),
      isExact: fields.allocate === "target" || !hasFloors(covered),
    },
  );
}

function twoHeaps(covered: Covered): Shape {
  const { fields, slotUnits, budget } = covered;
  const gainOn = gotGain(covered);
  const most = sumOf(covered, gainOn);
  return {
    type: "machine",
    machine: (scale) =>
      twoHeapMachine(
        {
          buy: fields.buy.quantity,
          get: fields.get.quantity,
          buyUnits: slotUnits[0]!,
          getUnits: slotUnits[1]!,
          maxTimes: fields.maxTimes ?? unlimited,
          pick: fields.pick ?? "cheapest",
          haveBoth: slotUnits[0]! + slotUnits[1]! > unitsIn(covered),
          gainOn,
        },
        scale > 1,
      ),
    formGroups: groupsOf(
      [
        { slot: 1, quantity: fields.get.quantity, isCheapestFirst: fields.pick !== "dearest" },
        { slot: 0, quantity: fields.buy.quantity },
      ],
      ([got]) => got!.reduce((gain, unit) => gain + gainOn(unit), 0),
    ),
    isWhole: areWhole(covered, gainOn),
    most: Math.min(most, budget),
    isExact: (fields.allocate === "target" || !hasFloors(covered)) && most <= budget,
  };
}

function bundle(covered: Covered): Shape {
  const { fields, currency, slotUnits, quantities, budget } = covered;
  const size = quantities.reduce((sum, quantity) => sum + quantity, 0);
  const maxTimes = fields.maxTimes ?? unlimited;
  const isPercent = fields.price === undefined && fields.amount === undefined;
  const onOpening = -(fields.price?.[currency] ?? 0) * grain;
  const onCompletion = (fields.amount?.[currency] ?? 0) * grain;
  const gainOn = fields.price !== undefined ? wholePrice : isPercent ? percentOf(fields.percent) : () => 0;
  const mayLose = !fitsCheapest(covered, -onOpening, size);
  const ofAnyUnits = () =>
    groupMachine({
      size,
      isRewarded: () => true,
      gainOn,
      onOpening,
      onCompletion,
      maxTimes,
      units: unitsIn(covered),
      mayLose,
    });
  const ofComponents = () =>
    setMachine({
      slots: slotUnits.map((units, i) => ({ quantity: quantities[i]!, units })),
      maxTimes,
      gainOn,
      onOpening,
      onCompletion,
      mayLose,
    });
  const most = Math.min(budget, sumOf(covered, isPercent ? gainOn : roomOf));
  return {
    type: "machine",
    // Too many states to tell the components apart: any units of any of them, which bounds it from above.
    machine: (scale) => (slotUnits.length === 1 || scale > 1 ? ofAnyUnits() : ofComponents()),
    ...(!isPercent && {
      formGroups: groupsOf(
        quantities.map((quantity, slot) => ({ slot, quantity })),
        (chosen) => {
          const worth = chosen.flat().reduce((sum, unit) => sum + wholePrice(unit), 0);
          return fields.price === undefined ? Math.min(onCompletion, worth) : worth + onOpening;
        },
      ),
    }),
    isWhole: !isPercent || areWhole(covered, gainOn),
    most,
    isExact:
      (isPercent || (!hasFloors(covered) && fitsCheapest(covered, onCompletion, size))) &&
      sumOf(covered, isPercent ? gainOn : roomOf) <= budget,
  };
}

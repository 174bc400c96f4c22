/** What a promotion could take off in the order and shipping stages: never less than it does, and mostly exactly that. */
import { isStockLimited } from "../../allotment.ts";
import type { CompiledBenefit } from "../../kind.ts";
import type { CompiledPromotion, StagePart } from "../../promotion.ts";
import { depositUnitsOf, type Situation } from "../../situation.ts";
import { type BenefitFields, capOf, fieldsOf, type TierFields, unlimited } from "./benefit-fields.ts";
import { budgetOf, mayRunOut } from "./budget.ts";
import { grain, rateOf } from "./grain.ts";
import { type Slope, slopeOf, sumOfSlopes } from "./slopes.ts";
import { type Scope, stageCondition } from "./stage-conditions.ts";
import { fromOf, slicedWorth } from "./tier-offers.ts";

export interface LaterRule {
  readonly candidate: number;
  readonly group: string;
  /** Where its conditions are asked: on the goods before the order stage, or before the shipping stage. */
  readonly asksAt: "order" | "shipping";
  mayHold(worth: number): boolean;
  /** Selected goods of which so much must be left. */
  scopes(): readonly Scope[];
  /** `base`: the goods when the stage began; `left`: what is left of goods or shipping by now. In millionths. */
  off(base: number, left: number): number;
  /** What `off` says is what it takes off, but for rounding; else it is only never less. */
  readonly isExact: boolean;
  /** In minor units of the base: where `mayHold` or `off` may jump. */
  readonly thresholds: readonly number[];
  /** Of the order stage. */
  readonly slope: Slope;
  /** Null: nobody knows, for a budget may end anywhere. */
  readonly bends: Bends | null;
}

/** Where `off` goes on at another slope. */
export interface Bends {
  /** In minor units. */
  readonly ofBase: readonly number[];
  /** In millionths. */
  readonly ofLeft: readonly number[];
}

export function laterRule(
  situation: Situation,
  candidate: number,
  stage: "order" | "shipping",
): LaterRule | null {
  const { promotion } = situation.candidates[candidate]!;
  const part = promotion.parts.find((one) => one.stage === stage);
  if (part === undefined) return null;
  const condition = stageCondition(situation, promotion);
  const fields = fieldsOf(promotion, stage);
  const benefits = fields.map((ofBenefit, i) =>
    stage === "order"
      ? orderBenefit(situation, promotion, part, i, ofBenefit)
      : shippingBenefit(situation, part, i, ofBenefit),
  );
  const budget = budgetOf(situation, promotion);
  return {
    candidate,
    group: part.group,
    asksAt: promotion.parts[0]!.stage === "shipping" ? "shipping" : "order",
    mayHold: (worth) => condition.mayHold(worth),
    scopes: () => condition.scopes(),
    off: (base, left) =>
      Math.min(
        left,
        budget,
        sum(benefits, (benefit) => benefit.off(base, left)),
      ),
    isExact:
      condition.isCertain &&
      !mayRunOut(situation, promotion) &&
      !isStockLimited(promotion) &&
      situation.cart.lines.every(({ floor }) => floor === 0) &&
      fields.every(
        (ofBenefit, i) =>
          isExact(ofBenefit, part.benefits[i]!) && !asksWhichShipment(situation, part, ofBenefit),
      ),
    thresholds: [...condition.thresholds, ...benefits.flatMap(({ thresholds }) => thresholds)],
    slope: sumOfSlopes(stage === "order" ? fields.map(slopeOf) : []),
    bends: mayRunOut(situation, promotion)
      ? null
      : {
          ofBase: benefits.flatMap(({ bends }) => bends?.ofBase ?? none),
          ofLeft: benefits.flatMap(({ bends }) => bends?.ofLeft ?? none),
        },
  };
}

function isExact(fields: BenefitFields, { selectors }: CompiledBenefit): boolean {
  const isPlain = fields.maxUnits === undefined && fields.basis !== "list" && fields.kind !== "deposit";
  const isSliced = fields.mode === "graduated" && fields.by === "quantity";
  return isPlain && !isSliced && selectors.every(({ coversEverything }) => coversEverything);
}

interface LaterBenefit {
  off(base: number, left: number): number;
  readonly thresholds: readonly number[];
  readonly bends?: Partial<Bends>;
}

const none: readonly number[] = [];

function sum<Value>(values: readonly Value[], of: (value: Value) => number): number {
  return values.reduce((total, value) => total + of(value), 0);
}

/** Rounded up: products pass 2^53, and a bound may be a millionth too favourable but not too strict. */
function share(amount: number, percent: number): number {
  return Math.ceil(amount * (rateOf(percent) / grain)) + 1;
}

// ---------------------------------------------------------------- order

/** The goods a benefit covers, at the prices of the cart. */
interface CoveredGoods {
  readonly isEverything: boolean;
  readonly worth: number;
  /** Of single units, as runs. */
  readonly prices: readonly { readonly unitPrice: number; readonly quantity: number }[];
  readonly units: number;
}

function scopeOf({ cart, coverage }: Situation, part: StagePart, index: number): CoveredGoods {
  const select = part.benefits[index]!.selectors[0]!;
  const lines = coverage.of(select).map((line) => cart.lines[line]!);
  return {
    isEverything: select.coversEverything,
    worth: sum(lines, ({ unitPrice, quantity }) => unitPrice * quantity) * grain,
    prices: lines,
    units: sum(lines, ({ quantity }) => quantity),
  };
}

function dearest({ prices }: CoveredGoods, units: number): number {
  let left = units;
  let worth = 0;
  for (const { unitPrice, quantity } of [...prices].sort((a, b) => b.unitPrice - a.unitPrice)) {
    worth += unitPrice * Math.min(left, quantity);
    left -= Math.min(left, quantity);
  }
  return worth * grain;
}

function orderBenefit(
  situation: Situation,
  promotion: CompiledPromotion,
  part: StagePart,
  index: number,
  fields: BenefitFields,
): LaterBenefit {
  const scope = scopeOf(situation, part, index);
  const { currency } = situation.cart;
  const ceiling = fields.maxUnits === undefined ? scope.worth : dearest(scope, fields.maxUnits);
  const within = (amount: number) => Math.min(amount, ceiling);
  if (fields.kind === "percent_off") {
    const cap = capOf(fields, currency);
    const isOfList = fields.basis === "list";
    return {
      off: (_, left) => Math.min(left, cap, share(isOfList ? ceiling : within(left), fields.percent)),
      thresholds: none,
      bends: { ofLeft: [ceiling, worthAtCap(cap, fields.percent)] },
    };
  }
  if (fields.kind === "amount_off") {
    const amount = fields.amount![currency]! * grain;
    if (fields.every === undefined)
      return { off: (_, left) => Math.min(within(left), amount), thresholds: none };
    const maxTimes = fields.maxTimes ?? unlimited;
    if ("quantity" in fields.every) {
      const times = Math.min(Math.floor(scope.units / fields.every.quantity), maxTimes);
      return { off: (_, left) => Math.min(within(left), amount * times), thresholds: none };
    }
    const every = fields.every.amount[currency]!;
    const worth = Math.floor(situation.cart.subtotal / every);
    return {
      off(base, left) {
        const times = Math.floor(Math.ceil(within(base) / grain) / every);
        return Math.min(within(left), amount * Math.min(times, maxTimes));
      },
      thresholds: Array.from({ length: Math.min(worth, maxTimes, 1_000) }, (_, i) => (i + 1) * every),
    };
  }
  if (fields.kind === "tiered") return tieredOrder(scope, fields, currency);
  const units = Math.min(depositUnitsOf(situation, promotion), scope.units);
  const each = (fields.worth![currency]! - fields.paid![currency]!) * grain;
  return { off: (_, left) => Math.min(left, each * units), thresholds: none };
}

function tieredOrder(scope: CoveredGoods, fields: BenefitFields, currency: string): LaterBenefit {
  const { tiers } = fields;
  const byAmount = fields.by === "amount";
  const thresholds = byAmount ? tiers.map((tier) => fromOf(tier, currency)) : none;
  const offOf = (tier: (typeof tiers)[number], amount: number): number => {
    const { benefit } = tier;
    if (benefit.kind === "amount_off") return Math.min(amount, benefit.amount[currency]! * grain);
    const cap = capOf(benefit, currency);
    return Math.min(cap, share(amount, benefit.percent));
  };
  const reached = (base: number) => {
    const measured = byAmount ? Math.ceil(Math.min(base, scope.worth) / grain) : scope.units;
    return tiers.filter((tier) => fromOf(tier, currency) <= measured);
  };
  if (fields.mode === "graduated" && !byAmount) return slicesOfUnits(scope, tiers, currency);
  if (fields.mode === "graduated") {
    const worthOf = slicedWorth(tiers, currency);
    const first = fromOf(tiers[0]!, currency);
    const fullAt = tiers.map((tier) => fromOf(tier, currency) + sliceOf(tier.benefit, currency));
    return {
      off(base, left) {
        const worth = Math.ceil(Math.min(base, scope.worth) / grain);
        return worth < first ? 0 : Math.min(left, worthOf(worth));
      },
      thresholds,
      bends: { ofBase: [...fullAt, scope.worth / grain] },
    };
  }
  return {
    off(base, left) {
      const amount = Math.min(left, scope.worth);
      const open = reached(base);
      if (open.length === 0) return 0;
      // Which tier selected goods reach depends on where the item discounts fell; of all goods it is known.
      const certain = scope.isEverything ? open.slice(-1) : open;
      return Math.max(...certain.map((tier) => offOf(tier, amount)));
    },
    thresholds,
    bends: {
      ofLeft: [
        scope.worth,
        ...tiers.map(({ benefit }) => worthAtCap(capOf(benefit, currency), benefit.percent)),
      ],
    },
  };
}

/**
 * Each slice holds the next dearest units. At the prices they have by then, no slice is worth more than at those of the cart; nor are
 * all units but the dearest few worth more of what is left than their share. What is left falls on the slices that give the most.
 */
function slicesOfUnits(scope: CoveredGoods, tiers: readonly TierFields[], currency: string): LaterBenefit {
  const before = tiers.map((tier) => Math.max(0, fromOf(tier, currency) - 1));
  if (scope.units <= before[0]!) return { off: () => 0, thresholds: none };
  const sliced = 1 - before[0]! / scope.units;
  const slices = tiers
    .map(({ benefit }, i) => {
      const worth = dearest(scope, before[i + 1] ?? scope.units) - dearest(scope, before[i]!);
      if (benefit.kind === "percent_off") return { worth, percent: benefit.percent };
      return { worth: Math.min(worth, benefit.amount[currency]! * grain), percent: 100 };
    })
    .sort((a, b) => b.percent - a.percent);
  const full = slices.map((_, i) => sum(slices.slice(0, i + 1), ({ worth }) => worth) / sliced);
  return {
    off(_, left) {
      const amount = Math.min(left, scope.worth);
      let room = Math.ceil(amount * sliced);
      let off = 0;
      for (const { worth, percent } of slices) {
        const taken = Math.min(room, worth);
        off += share(taken, percent);
        room -= taken;
      }
      return Math.min(amount, off);
    },
    thresholds: none,
    bends: { ofLeft: [scope.worth, ...full] },
  };
}

/** Of so much a percentage comes to the cap; in millionths. */
function worthAtCap(cap: number, percent: number): number {
  return cap === unlimited ? unlimited : Math.ceil(cap / (rateOf(percent) / grain));
}

/** In minor units: more of a slice gives no more. */
function sliceOf(benefit: TierFields["benefit"], currency: string): number {
  if (benefit.kind === "amount_off") return benefit.amount[currency]!;
  return Math.ceil(worthAtCap(capOf(benefit, currency), benefit.percent) / grain);
}

// ---------------------------------------------------------------- shipping

function shippingBenefit(
  { shipmentCoverage, shipments, cart }: Situation,
  part: StagePart,
  index: number,
  fields: BenefitFields,
): LaterBenefit {
  const covered = shipmentCoverage.of(part.benefits[index]!.selectors[0]!);
  const amounts = covered
    .map((line) => shipments[line]!.unitPrice)
    .filter((amount) => amount > 0)
    .sort((a, b) => b - a)
    .slice(0, fields.maxUnits ?? covered.length);
  const full = sum(amounts, (amount) => amount) * grain;
  const most = Math.min(full, capOf(fields, cart.currency));
  const { currency } = cart;
  const isAlone = shipments.length === 1;
  return {
    off: (_, left) => Math.min(most, shippingOff(fields, amounts, Math.min(full, left), isAlone, currency)),
    thresholds: none,
  };
}

/** `left`: of the amounts covered there is at most so much left, in millionths; of which shipment, is only known of one alone. */
function shippingOff(
  fields: BenefitFields,
  amounts: readonly number[],
  left: number,
  isAlone: boolean,
  currency: string,
): number {
  switch (fields.kind) {
    case "percent_off":
      return share(fields.basis === "list" ? sum(amounts, (amount) => amount) * grain : left, fields.percent);
    case "fixed_price": {
      const fixed = fields.price![currency]!;
      if (isAlone) return Math.max(0, left - fixed * grain);
      return sum(amounts, (amount) => Math.max(0, amount - fixed)) * grain;
    }
    case "amount_off": {
      const amount = fields.amount![currency]!;
      if (fields.per === "line") return sum(amounts, (one) => Math.min(one, amount)) * grain;
      return fields.every === undefined ? amount * grain : left;
    }
    default:
      return left;
  }
}

/** Which shipment is reduced matters to it, and a promotion of another group may have reduced one before. */
function asksWhichShipment(
  situation: Situation,
  { stage, group }: StagePart,
  fields: BenefitFields,
): boolean {
  if (stage !== "shipping" || situation.shipments.length === 1) return false;
  if (fields.kind !== "fixed_price" && fields.per !== "line") return false;
  return situation.candidates.some(
    ({ promotion, rejection }) =>
      rejection === null &&
      promotion.parts.some((other) => other.stage === "shipping" && other.group !== group),
  );
}

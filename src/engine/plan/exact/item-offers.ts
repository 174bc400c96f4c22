/** What each candidate can do in the item stage of this cart. */
import { hasStock } from "../../allotment.ts";
import { setAmong } from "../../bounded-map.ts";
import { isDiscounted } from "../../goods.ts";
import type { CompiledBenefit } from "../../kind.ts";
import type { CompiledPromotion } from "../../promotion.ts";
import type { CompiledSelector } from "../../selectors/selector.ts";
import type { Situation } from "../../situation.ts";
import type { Templates } from "./automaton.ts";
import { type BenefitFields, fieldsOf, unlimited } from "./benefit-fields.ts";
import { budgetOf, sharesTightBudget } from "./budget.ts";
import { ceilingOf } from "./ceiling.ts";
import { grain, rateOf } from "./grain.ts";
import { shapeOf } from "./make-offer.ts";
import type { Offer } from "./offer.ts";
import type { Covered, CoveredLine, Shape } from "./shape.ts";
import { linesInStock, withinStock } from "./stock-limits.ts";

export function itemOffers(situation: Situation, index: number): Offer[] {
  const { promotion } = situation.candidates[index]!;
  const part = promotion.parts.find(({ stage }) => stage === "item");
  if (part === undefined) return [];
  const fields = fieldsOf(promotion, "item");
  const budget = budgetOf(situation, promotion);
  const isShared = sharesTightBudget(situation, promotion);
  const offers = part.benefits.flatMap((benefit, i): Offer[] => {
    const slots = slotsOf(benefit, fields[i]!);
    const listed = slots.map(({ select }) => linesInStock(situation, index, listedLines(situation, select)));
    // Of a set one part of which is not in the cart there is none; modelled all the same it would decide ties among others.
    if (listed.some((ofSlot) => ofSlot.length === 0)) return [];
    const isWanted = (line: number) => situation.cart.lines[line]!.unitPrice > 0;
    const templates = templatesOf(promotion, situation.cart.currency, i);
    const offer = (ofBenefit: BenefitFields, lines: readonly (readonly number[])[]): Offer => {
      const shape = shapeOf(coverage(situation, ofBenefit, slots, lines, budget));
      const ofSlots = lines.map((ofSlot) => (ofSlot.every(isWanted) ? ofSlot : ofSlot.filter(isWanted)));
      return offerOf(index, part.group, ofSlots, ofBenefit, shape, templates);
    };
    const lines = usefulLines(situation, fields[i]!, slots, listed);
    if (!isShared && !hasStock(situation, index)) return [offer(fields[i]!, lines)];
    const bySku = isShared ? null : withinStock(situation, index, fields[i]!, lines);
    if (bySku !== null) return bySku.map(([ofSku, ofLines]) => offer(ofSku, [ofLines]));
    // As if it had units, and budget, enough: never too little, and not known exactly.
    const whole = offer(fields[i]!, lines);
    return [{ ...whole, isExact: false, most: Math.min(whole.most, ceilingOf(situation, index)) }];
  });
  const giving = offers.filter(({ most }) => most > 0);
  return giving.length < 2 ? giving : apart(giving, budget < unlimited);
}

/** Field by field: spread objects differ in shape from kind to kind, and everything that reads them is slower for it. */
function offerOf(
  candidate: number,
  group: string,
  slots: readonly (readonly number[])[],
  fields: BenefitFields,
  shape: Shape,
  templates: Templates,
): Offer {
  const { most, isExact, isWhole } = shape;
  const fraction = fractionOf(fields);
  const isLocal = isLocalIn(fields);
  switch (shape.type) {
    case "each": {
      const { type, gainOn } = shape;
      return { candidate, group, slots, most, isExact, isLocal, isWhole, fraction, type, gainOn };
    }
    case "machine": {
      const { type, machine, formGroups = null } = shape;
      return {
        candidate,
        group,
        slots,
        most,
        isExact,
        isLocal,
        isWhole,
        fraction,
        type,
        machine,
        formGroups,
        templates,
      };
    }
    case "lump":
      return { candidate, group, slots, most, isExact, isLocal, isWhole, fraction, type: "lump" };
  }
}

/** Carts may be in any currency, so of one promotion only those of late are remembered. */
const mostCurrencies = 4;

/** By currency, for amounts are; then by benefit. Promotions are compiled once and meet many carts. */
const known = new WeakMap<CompiledPromotion, Map<string, Templates[]>>();

function templatesOf(promotion: CompiledPromotion, currency: string, benefit: number): Templates {
  let byCurrency = known.get(promotion);
  if (byCurrency === undefined) {
    byCurrency = new Map();
    known.set(promotion, byCurrency);
  }
  let byBenefit = byCurrency.get(currency);
  if (byBenefit === undefined) {
    byBenefit = [];
    setAmong(byCurrency, currency, byBenefit, mostCurrencies);
  }
  byBenefit[benefit] ??= new Map();
  return byBenefit[benefit];
}

function isLocalIn({ kind, percent, maxAmount, allocate, tiers, mode }: BenefitFields): boolean {
  if (kind === "nth_unit" || kind === "fixed_price") return true;
  if (kind === "percent_off") return maxAmount === undefined;
  if (kind === "bundle") return percent !== undefined;
  if (kind === "buy_x_get_y") return allocate === "target";
  return (
    kind === "tiered" && mode !== "graduated" && tiers.every(({ benefit }) => benefit.kind !== "amount_off")
  );
}

/** Prices are whole, so what divides all percentages divides all amounts. */
function fractionOf({ percent, tiers }: BenefitFields): number {
  let fraction = grain;
  const percents = [percent, ...(tiers ?? []).map(({ benefit }) => benefit.percent)];
  for (const one of percents) if (one !== undefined) fraction = commonDivisor(fraction, rateOf(one));
  return fraction;
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

/**
 * Several benefits of one promotion are alike to several promotions as long as they do not meet on a unit. Where they do, they
 * add up, and no unit knows it has been taken: only the sum of what each can bring is certain. A budget and a rounding are theirs together.
 */
function apart(offers: readonly Offer[], hasBudget: boolean): Offer[] {
  const seen = new Set<number>();
  const meet = offers.some(({ slots }) => {
    const lines = new Set(slots.flat());
    const meets = [...lines].some((line) => seen.has(line));
    for (const line of lines) seen.add(line);
    return meets;
  });
  const sharesSum = hasBudget || offers.some(({ isWhole }) => !isWhole);
  if (!meet) return sharesSum ? offers.map((offer) => ({ ...offer, isExact: false })) : [...offers];
  return offers.map((offer): Offer => ({ ...offer, type: "lump", isExact: false }));
}

interface Slot {
  readonly select: CompiledSelector;
  quantity: number;
}

/** The selectors with what one application takes of each; neighbouring components that mean the same goods are one. */
function slotsOf({ selectors }: CompiledBenefit, { components }: BenefitFields): Slot[] {
  const slots: Slot[] = [];
  selectors.forEach((select, i) => {
    const quantity = components?.[i]?.quantity ?? 1;
    const before = components === undefined ? undefined : slots.at(-1);
    if (before?.select.id === select.id) before.quantity += quantity;
    else slots.push({ select, quantity });
  });
  return slots;
}

/** A bundle at a price is not applied where its parts cost no more; so goods too cheap even beside the dearest are no part of it. */
function usefulLines(
  { cart }: Situation,
  { kind, price }: BenefitFields,
  slots: readonly Slot[],
  covered: readonly (readonly number[])[],
): readonly (readonly number[])[] {
  if (kind !== "bundle" || price === undefined) return covered;
  const priceOf = (line: number) => cart.lines[line]!.unitPrice;
  const dearest = covered.map((lines) => lines.reduce((most, line) => Math.max(most, priceOf(line)), 0));
  const best = dearest.reduce((sum, most, slot) => sum + most * slots[slot]!.quantity, 0);
  return covered.map((lines, slot) =>
    lines.filter((line) => best - dearest[slot]! + priceOf(line) > price[cart.currency]!),
  );
}

/** Those that the selector covers at the prices of the cart. */
export function listedLines({ cart, coverage }: Situation, select: CompiledSelector): readonly number[] {
  const lines = coverage.of(select);
  if (!select.excludeDiscounted) return lines;
  return lines.filter((line) => !isDiscounted(cart.lines[line]!, cart.lines[line]!.unitPrice));
}

function coverage(
  { cart }: Situation,
  fields: BenefitFields,
  slots: readonly Slot[],
  lines: readonly (readonly number[])[],
  budget: number,
): Covered {
  const units: CoveredLine[] = [];
  let freeUnits = 0;
  for (const line of lines.length === 1 ? lines[0]! : new Set(lines.flat())) {
    const { unitPrice, floor, quantity } = cart.lines[line]!;
    if (unitPrice === 0) freeUnits += quantity;
    else units.push({ unit: { line, price: unitPrice, room: unitPrice - floor }, count: quantity });
  }
  return {
    fields,
    currency: cart.currency,
    units,
    slotUnits: lines.map((ofSlot) =>
      ofSlot.reduce(
        (sum, line) => sum + (cart.lines[line]!.unitPrice > 0 ? cart.lines[line]!.quantity : 0),
        0,
      ),
    ),
    quantities: slots.map(({ quantity }) => quantity),
    freeUnits,
    budget,
  };
}

/** What promotions took off a sale or gave away with it, as a whole and by SKU, less what came back: pure arithmetic. */
import type { KeptReward } from "./campaign-sale-gifts.ts";
import {
  isReturnedWhole,
  partOf,
  type SoldLine,
  type StoredSale,
  sumOf,
  unitsBack,
} from "./campaign-stored-sale.ts";

/** Of a SKU in a sale, or summed up; amounts in minor units. */
export const skuMeasures = [
  "orders",
  "units",
  "goods",
  "costedGoods",
  "goodsCost",
  "discount",
  "gifts",
  "giftCost",
  "uncostedGifts",
] as const;
export type SkuMeasure = (typeof skuMeasures)[number];
export type SkuFigures = Readonly<Record<SkuMeasure, number>>;
export interface SoldSku extends SkuFigures {
  readonly sku: string;
}

export interface GivenFigures {
  readonly discount: number;
  readonly giftValue: number;
  readonly giftCost: number;
  /** Units of gifts and services of which nobody said what they cost. */
  readonly uncostedGifts: number;
  readonly promotedUnits: number;
}

export interface Given {
  readonly figures: GivenFigures;
  readonly skus: SoldSku[];
}

/** What a unit costs that this benefit gives, as it was at that revision; null: nobody said. */
export type GiftCostOf = (
  promotionId: string,
  revision: number,
  benefit: number,
  currency: string,
) => number | null;

const noFigures = Object.fromEntries(skuMeasures.map((measure) => [measure, 0])) as Record<SkuMeasure, 0>;

export function givenBy(
  sale: StoredSale,
  { lines, rewards }: { readonly lines: readonly SoldLine[]; readonly rewards: readonly KeptReward[] },
  promotions: ReadonlySet<string>,
  giftCostOf: GiftCostOf,
): Given {
  const isReturned = isReturnedWhole(sale);
  const asked = new Map(sale.request.map((line) => [line.id, line]));
  const backOf = unitsBack(sale);
  const skus = skusOf(lines);
  let promotedUnits = 0;
  let onLines = 0;
  let onLinesKept = 0;
  for (const { id, adjustments } of sale.lines) {
    const own = adjustments.filter(({ promotion }) => promotions.has(promotion));
    const { quantity = 1, sku } = asked.get(id) ?? {};
    const back = backOf(id, quantity);
    const amount = sumOf(own, (adjustment) => adjustment.amount);
    const kept = amount - partOf(amount, back, quantity);
    onLines += amount;
    onLinesKept += kept;
    add(skus, sku, { discount: kept });
    const discounted = Math.max(
      0,
      ...own.map(({ runs = [] }) => sumOf(runs, (run) => (run.amount > 0 ? run.units : 0))),
    );
    promotedUnits += Math.min(discounted, quantity - back);
  }
  // Off the shipping, which is given back with the last unit.
  const all = sumOf(sale.promotions, ({ promotion, amount }) => (promotions.has(promotion) ? amount : 0));
  const gifts = giftsOf(sale, promotions, rewards, giftCostOf);
  for (const { sku, units, cost } of gifts.given)
    add(skus, sku, { gifts: units, giftCost: cost ?? 0, uncostedGifts: cost === null ? units : 0 });
  const figures = {
    discount: isReturned ? 0 : onLinesKept + (all - onLines),
    giftValue: gifts.value,
    giftCost: sumOf(gifts.given, ({ cost }) => cost ?? 0),
    uncostedGifts: sumOf(gifts.given, ({ cost, units }) => (cost === null ? units : 0)),
    promotedUnits: promotedUnits + gifts.units,
  };
  return {
    figures,
    skus: [...skus]
      .map(([sku, sums]) => ({ sku, ...sums }))
      .filter((sums) => skuMeasures.some((measure) => sums[measure] !== 0))
      .sort((a, b) => (a.sku < b.sku ? -1 : 1)),
  };
}

type Sums = Map<string, Record<SkuMeasure, number>>;

function skusOf(lines: readonly SoldLine[]): Sums {
  const skus: Sums = new Map();
  for (const { sku, quantity, back, kept, unitCost } of lines) {
    const units = quantity - back;
    add(skus, sku, {
      units,
      goods: kept,
      costedGoods: unitCost === undefined ? 0 : kept,
      goodsCost: units * (unitCost ?? 0),
    });
    if (units > 0) skus.get(sku)!.orders = 1;
  }
  return skus;
}

/** Of what has no SKU, or one that nobody told, the campaign as a whole has the figures alone. */
function add(skus: Sums, sku: string | null | undefined, more: Partial<SkuFigures>): void {
  if (!sku) return;
  const figures = skus.get(sku) ?? { ...noFigures };
  skus.set(sku, figures);
  for (const measure of skuMeasures) figures[measure] += more[measure] ?? 0;
}

interface GivenUnits {
  /** Null: of a service, or of a choice that no order tells. */
  readonly sku: string | null;
  readonly units: number;
  /** Of all of them; null: nobody said. */
  readonly cost: number | null;
}

/** What a gift cost is told best by the ERP, on the line of the order that it is; else by the promotion's `unitCost`. */
function giftsOf(
  sale: StoredSale,
  promotions: ReadonlySet<string>,
  rewards: readonly KeptReward[],
  giftCostOf: GiftCostOf,
): { given: GivenUnits[]; value: number; units: number } {
  const idOf = new Map(sale.promotions.map(({ promotion, promotionId }) => [promotion, promotionId]));
  const own = rewards.filter(({ reward }) => promotions.has(reward.promotion));
  const given = own.flatMap(({ reward: { promotion, benefit, sku = null }, units, onLines }) => {
    const promotionId = idOf.get(promotion) ?? null;
    const said = promotionId === null ? null : giftCostOf(promotionId, sale.revision, benefit, sale.currency);
    const others = { sku, units: units - sumOf(onLines, (line) => line.units) };
    return [...onLines, others].map(
      (some: { sku: string | null; units: number; unitCost?: number }): GivenUnits => {
        const unitCost = some.unitCost ?? said;
        return {
          sku: some.sku,
          units: some.units,
          cost: unitCost === null ? null : some.units * unitCost,
        };
      },
    );
  });
  return {
    given,
    value: sumOf(own, ({ reward, units }) => units * (reward.value ?? 0)),
    units: sumOf(own, ({ reward, units }) => (reward.kind === "gift" ? units : 0)),
  };
}

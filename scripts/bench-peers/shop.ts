/**
 * One cart and its promotions in words that every contender understands, and what they must arrive at.
 *
 * Whole percents of prices that are multiples of 100, so that no way of rounding can tell the contenders apart, and goods
 * before the order in everybody's sequence: Medusa applies the larger number first, hence the small amounts off the order.
 */

export interface CartLine {
  readonly id: string;
  readonly sku: string;
  readonly categories: readonly string[];
  readonly brand: string;
  readonly quantity: number;
  /** Minor units. */
  readonly unitPrice: number;
}

/** The lines of `scripts/bench/fixture.ts`, at prices in whole units. */
export const cartLines: readonly CartLine[] = Array.from({ length: 20 }, (_, i) => ({
  id: String(i + 1),
  sku: `SKU-${i + 1}`,
  categories: [i % 2 === 0 ? "skincare" : "household", `shelf-${i % 5}`],
  brand: `brand-${i % 4}`,
  quantity: 1 + (i % 4),
  unitPrice: 2_000 + i * 700,
}));

export const lineTotal = ({ quantity, unitPrice }: CartLine): number => quantity * unitPrice;
export const subtotal = cartLines.reduce((sum, line) => sum + lineTotal(line), 0);

/** As a client of ours sends it, or a client of the empty route. */
export const cartBody = {
  currency: "CNY",
  channel: "web",
  store: "sh-001",
  region: "CN-SH",
  lines: cartLines.map((line, i) => ({
    ...line,
    product: `P-${Math.floor(i / 2) + 1}`,
    tags: i % 3 === 0 ? ["new"] : [],
    unitCost: 900 + i * 300,
    attributes: { size: "M", organic: i % 2 === 0 },
  })),
  shipping: [{ id: "s1", method: "standard", amount: 1_200 }],
  attributes: { campaign: "autumn" },
};

export interface PercentOffGoods {
  readonly kind: "percent_off_goods";
  readonly key: string;
  readonly by: "sku" | "category" | "brand";
  readonly names: readonly string[];
  readonly percent: number;
}

export interface AmountOffOrder {
  readonly kind: "amount_off_order";
  readonly key: string;
  /** Minor units, both. */
  readonly atLeast: number;
  readonly amount: number;
}

export type Rule = PercentOffGoods | AmountOffOrder;

export const sizes: readonly number[] = [10, 100, 1_000, 10_000];
export type RuleSet = "equal" | "mixed";

export const rulesOf = (set: RuleSet, count: number): Rule[] =>
  set === "equal" ? equalRules(count) : mixedRules(count);

/** Eight goods and two thresholds, twice: ten promotions hold half of the twenty. */
const touching: readonly Rule[] = [0, 8].flatMap((from): Rule[] => [
  ...Array.from({ length: 8 }, (_, i) =>
    percentOff("sku", from + i + 1, [`SKU-${from + i + 1}`], 5 + from + i),
  ),
  ...[1, 2].map(
    (n): Rule => ({
      kind: "amount_off_order",
      key: `threshold-${from / 4 + n}`,
      atLeast: (from / 4 + n) * 10_000,
      amount: (from / 4 + n) * 100,
    }),
  ),
]);

/** The same twenty touch the cart whatever there is beside them: promotions on goods it does not hold. */
function equalRules(count: number): Rule[] {
  const others = Array.from({ length: Math.max(0, count - touching.length) }, (_, i) => ({
    ...percentOff("sku", i, [`OTHER-${i}`, `OTHER-${i + 1}`], 10),
    key: `other-${i}`,
  }));
  return [...touching.slice(0, count), ...others];
}

/**
 * A shop where the more there is, the more touches the cart. Of twenty promotions seventeen name a SKU of 2,500, one a
 * category of 100, one a brand of 100, and one a threshold of up to ten times the cart.
 */
function mixedRules(count: number): Rule[] {
  const dice = diceOf(20_260_101);
  const nameOf = (prefix: string, own: number, all: number): string => {
    const n = dice(all);
    return n < own ? `${prefix}-${n}` : `other-${prefix}-${n}`;
  };
  return Array.from({ length: count }, (_, i): Rule => {
    const percent = 5 + dice(20);
    if (i % 20 === 17) return percentOff("category", i, [nameOf("shelf", 5, 100)], percent);
    if (i % 20 === 18) return percentOff("brand", i, [nameOf("brand", 4, 100)], percent);
    if (i % 20 === 19) {
      const atLeast = dice(subtotal * 10);
      return { kind: "amount_off_order", key: `threshold-${i}`, atLeast, amount: 100 + 100 * dice(50) };
    }
    return percentOff("sku", i, [`SKU-${1 + dice(2_500)}`], percent);
  });
}

function percentOff(
  by: PercentOffGoods["by"],
  number: number,
  names: readonly string[],
  percent: number,
): PercentOffGoods {
  return { kind: "percent_off_goods", key: `${by}-${number}`, by, names, percent };
}

/** Numbers below a bound, the same ones in every run (Lehmer, MINSTD; Park and Miller 1988). */
function diceOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

/** What the cart is to be given of the equal set: each of its promotions in full. */
export function discountDue(rules: readonly Rule[]): number {
  return rules.reduce((sum, rule) => sum + discountOf(rule), 0);
}

/** The arithmetic that a rule engine leaves to its caller: what one promotion that applies takes off. */
export function discountOf(rule: Rule): number {
  if (rule.kind === "amount_off_order") return subtotal >= rule.atLeast ? rule.amount : 0;
  return cartLines.reduce(
    (sum, line) => (isMeant(rule, line) ? sum + (lineTotal(line) * rule.percent) / 100 : sum),
    0,
  );
}

function isMeant({ by, names }: PercentOffGoods, { sku, brand, categories }: CartLine): boolean {
  if (by === "sku") return names.includes(sku);
  return by === "brand" ? names.includes(brand) : names.some((name) => categories.includes(name));
}

/** Carts for the demo shop's promotions, the same for the same seed. */
import { Chance } from "../simulation/random.ts";

const goods = [
  ["CLEANSER-120", "CLEANSER", "skincare", 15_900],
  ["CREAM-50", "CREAM", "skincare", 19_900],
  ["MASK-ROSE", "MASK", "skincare", 2_900],
  ["MASK-ALOE", "MASK", "skincare", 3_100],
  ["TOWEL", "TOWEL", "household", 4_500],
  ["SOAP", "SOAP", "household", 990],
  ["TEA", "TEA", "food", 3_333],
] as const;
const codes = ["welcome 20", "NO-SUCH-CODE", "VIP", "SAVE", "BIRTHDAY"];

export function randomCarts(seed: number, count: number): object[] {
  const chance = new Chance(seed);
  return Array.from({ length: count }, () => randomCart(chance));
}

function randomCart(chance: Chance): object {
  const lines = Array.from({ length: 1 + chance.below(8) }, (_, index) => {
    const [sku, product, category, price] = chance.oneOf(goods);
    return {
      id: String(index + 1),
      sku,
      product,
      categories: [category],
      quantity: 1 + chance.below(6),
      // Here and there a price that nothing divides evenly.
      unitPrice: chance.happens(0.7) ? price : price + chance.below(100),
    };
  });
  return {
    currency: chance.happens(0.9) ? "CNY" : "USD",
    channel: chance.oneOf(["web", "mini-program", "pos", "dealer"]),
    country: chance.oneOf(["CN", "US", "DE"]),
    at: new Date(Date.UTC(2026, chance.below(12), 1 + chance.below(28), chance.below(24))).toISOString(),
    ...(chance.happens(0.6) && {
      customer: {
        id: `c-${chance.below(50)}`,
        groups: [chance.oneOf(["fan", "vip", "staff"])],
        tier: chance.oneOf(["silver", "gold", "platinum"]),
      },
    }),
    lines,
    ...(chance.happens(0.7) && {
      shipping: [{ id: "s1", method: chance.oneOf(["express", "standard"]), amount: chance.below(2_000) }],
    }),
    ...(chance.happens(0.4) && { codes: [chance.oneOf(codes)] }),
  };
}

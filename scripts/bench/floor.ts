/**
 * The floor: as little as an indexed evaluator can do that reads promotions and carts as they are, and answers with lines and
 * what was taken off each. It finds the promotions that touch the cart, sees whether they are on and their threshold is
 * reached, and computes what each would take off, alone. It neither decides which may stand beside which, nor what an amount
 * off the order means for its lines, nor minds floors, limits or budgets, nor says why others did not apply.
 */
import type { Cart } from "../../src/engine/cart.ts";
import type { PromotionInput } from "../../src/engine/promotion.ts";

interface Filed {
  readonly key: string;
  readonly startsAt: number;
  readonly endsAt: number;
  readonly percent: number;
  readonly amount: Readonly<Record<string, number>>;
  /** What the goods must be worth, by currency. */
  readonly atLeast: Readonly<Record<string, number>>;
}

interface Adjustment {
  readonly promotion: string;
  readonly amount: number;
}

// biome-ignore lint/suspicious/noExplicitAny: it reads the few forms of documents that the mixed set is made of.
type Document = any;

export function floorOf(documents: readonly PromotionInput[]) {
  const bySku = new Map<string, Filed[]>();
  const byCategory = new Map<string, Filed[]>();
  const byBrand = new Map<string, Filed[]>();
  const byCurrency = new Map<string, Filed[]>();
  for (const document of documents) {
    const [{ select, percent = 0, amount = {} }] = document.benefits as Document;
    const { schedule, conditions } = document as Document;
    const filed: Filed = {
      key: document.key,
      startsAt: schedule?.startsAt ? Date.parse(schedule.startsAt) : Number.NEGATIVE_INFINITY,
      endsAt: schedule?.endsAt ? Date.parse(schedule.endsAt) : Number.POSITIVE_INFINITY,
      percent,
      amount,
      atLeast: conditions?.atLeast ?? {},
    };
    for (const name of select?.skus ?? []) file(bySku, name, filed);
    for (const name of select?.categories ?? []) file(byCategory, name, filed);
    for (const name of select?.brands ?? []) file(byBrand, name, filed);
    if (select === undefined) for (const currency of Object.keys(amount)) file(byCurrency, currency, filed);
  }
  for (const [currency, list] of byCurrency)
    list.sort((a, b) => (a.atLeast[currency] ?? 0) - (b.atLeast[currency] ?? 0));

  return (cart: Cart, now: number) => {
    const isOn = ({ startsAt, endsAt }: Filed) => startsAt <= now && now < endsAt;
    const lines = cart.lines.map(({ id, sku, brand, categories = [], quantity, unitPrice }) => {
      const subtotal = quantity * unitPrice;
      const adjustments: Adjustment[] = [];
      let discount = 0;
      const apply = (found: readonly Filed[] | undefined) => {
        if (found === undefined) return;
        for (const filed of found) {
          if (!isOn(filed)) continue;
          const amount = Math.round((subtotal * filed.percent) / 100);
          adjustments.push({ promotion: filed.key, amount });
          discount += amount;
        }
      };
      apply(bySku.get(sku));
      for (const category of categories) apply(byCategory.get(category));
      if (brand !== undefined) apply(byBrand.get(brand));
      return { id, subtotal, discount, total: subtotal - discount, adjustments };
    });
    let subtotal = 0;
    let discount = 0;
    for (const line of lines) {
      subtotal += line.subtotal;
      discount += line.discount;
    }
    const order: Adjustment[] = [];
    for (const filed of byCurrency.get(cart.currency) ?? []) {
      if ((filed.atLeast[cart.currency] ?? 0) > subtotal) break;
      const amount = filed.amount[cart.currency];
      if (amount === undefined || !isOn(filed)) continue;
      order.push({ promotion: filed.key, amount });
      discount += amount;
    }
    return { currency: cart.currency, subtotal, discount, total: subtotal - discount, lines, order };
  };
}

function file(index: Map<string, Filed[]>, name: string, filed: Filed): void {
  const others = index.get(name);
  if (others === undefined) index.set(name, [filed]);
  else others.push(filed);
}

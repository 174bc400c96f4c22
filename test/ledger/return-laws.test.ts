/** The laws of returns, for orders that the engine priced with promotions of every kind. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { cartSchema } from "../../src/engine/cart.ts";
import { evaluate } from "../../src/engine/evaluate.ts";
import { buildRulebook } from "../../src/engine/rulebook.ts";
import { keptOrderOf, keptRequest, saleOf } from "../../src/features/redemptions/return-sale.ts";
import type { Hold } from "../../src/ledger/books.ts";
import { type ReturnMode, returnedPart } from "../../src/ledger/sale.ts";
import { arbitraryCart, arbitraryPromotions, compileAll } from "../engine/arbitrary-request.ts";
import { held, ReturnDesk } from "./sale-notation.ts";

const isLong = process.env.LONG === "1";
const runs = isLong ? 10_000 : 100;
/** Each order is priced again for every return of it. */
const patience = isLong ? 1_800_000 : 120_000;
const now = Date.parse("2026-11-11T02:00:00Z");

interface Order {
  desk: () => ReturnDesk;
  quote: ReturnType<typeof evaluate>;
  /** Which line gives its next unit back; each line as often as it has units. */
  units: readonly string[];
}

/** An order, and its units in the order in which they come back. */
function orders(modes: readonly ReturnMode[]): fc.Arbitrary<Order> {
  return fc
    .record({
      documents: arbitraryPromotions,
      cart: arbitraryCart,
      modes: fc.array(fc.constantFrom(...modes), { minLength: 5, maxLength: 5 }),
      restoring: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
      shuffle: fc.array(fc.nat(), { minLength: 40, maxLength: 40 }),
    })
    .map((given) => {
      const promotions = compileAll(given.documents).map((promotion, i) => ({
        ...promotion,
        id: `prm_${promotion.key}`,
        document: {
          ...promotion.document,
          returns: given.modes[i]!,
          restoreUseOnReturn: given.restoring[i]!,
        },
      }));
      const rulebook = buildRulebook("1", promotions);
      const request = cartSchema.parse(given.cart);
      const facts = { completedOrders: 0, lastOrderAt: null };
      const quote = evaluate(rulebook, request, facts, now);
      const sale = saleOf(quote, request, promotions);
      const holds = sale.promotions.flatMap(({ rule, key, amount }): Hold[] => [
        held(rule, "uses", 1),
        ...(amount === 0 ? [] : [held(rule, "amount:CNY", amount)]),
        ...sale.gifts
          .filter((gift) => gift.promotion === key)
          .map(({ stock, quantity }) => held(rule, stock!, quantity)),
      ]);
      const priceOfKept = (quantities: ReadonlyMap<string, number>) =>
        keptOrderOf(evaluate(rulebook, keptRequest(request, quantities), facts, now));
      return {
        quote,
        desk: () => new ReturnDesk(sale, holds, priceOfKept),
        units: shuffled(
          request.lines.flatMap(({ id, quantity }) => Array.from({ length: quantity }, () => id)),
          given.shuffle,
        ),
      };
    });
}

function shuffled(ids: string[], by: readonly number[]): string[] {
  for (let i = ids.length - 1; i > 0; i--) {
    const j = by[i % by.length]! % (i + 1);
    [ids[i], ids[j]] = [ids[j]!, ids[i]!];
  }
  return ids;
}

/** Cuts the units into returns of at least one. */
function split(units: readonly string[], sizes: readonly number[]): Record<string, number>[] {
  const returns: Record<string, number>[] = [];
  for (let i = 0; i < units.length; ) {
    const part = units.slice(i, i + sizes[returns.length % sizes.length]!);
    i += part.length;
    const lines: Record<string, number> = {};
    for (const id of part) lines[id] = (lines[id] ?? 0) + 1;
    returns.push(lines);
  }
  return returns;
}

const sizes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 8 });
/** How many gifts come back, return by return. */
const giftsBack = fc.constantFrom("all at the end", "none", "all at first", "all after the last unit");
const sum = (amounts: readonly number[]) => amounts.reduce((total, amount) => total + amount, 0);

function law(
  name: string,
  modes: readonly ReturnMode[],
  holds: (order: Order, returns: Record<string, number>[], gifts: string) => void,
): void {
  test(
    name,
    () => {
      fc.assert(
        fc.property(orders(modes), sizes, giftsBack, (order, cuts, gifts) => {
          holds(order, split(order.units, cuts), gifts);
        }),
        { numRuns: runs },
      );
    },
    patience,
  );
}

function computed(outcome: ReturnType<ReturnDesk["request"]>) {
  if ("reason" in outcome) throw new Error(`refused: ${JSON.stringify(outcome)}`);
  return outcome;
}

/** All returns, with all gifts at the beginning, at the end, or not at all. */
function giveAll(desk: ReturnDesk, returns: readonly Record<string, number>[], gifts: string) {
  const all = desk.sale.gifts.map(({ sku, choices, quantity, promotion }) => ({
    sku: sku ?? choices[0]!,
    quantity,
    promotion,
  }));
  const when = { none: -1, "all at first": 0, "all at the end": returns.length - 1 }[gifts];
  const given = returns.map((lines, i) =>
    computed(
      desk.request({
        lines: Object.entries(lines).map(([id, quantity]) => ({ id, quantity })),
        gifts: i === when ? all : [],
      }),
    ),
  );
  if (gifts === "all after the last unit" && all.length > 0)
    given.push(computed(desk.request({ lines: [], gifts: all })));
  return given;
}

law("what was paid for an order is the total of its quote", ["prorate"], ({ desk, quote }) => {
  expect(desk().paid).toBe(quote.total);
});

law(
  "returns of everything, in any order and any split, refund exactly what was paid",
  ["prorate", "reevaluate"],
  ({ desk, quote }, returns, gifts) => {
    const given = giveAll(desk(), returns, gifts);
    const refunded = sum(given.map(({ refund }) => refund));
    if (gifts !== "none") expect(refunded).toBe(quote.total);
    else {
      const worth = sum(desk().sale.gifts.map(({ quantity, value }) => quantity * (value ?? 0)));
      expect(refunded).toBeGreaterThanOrEqual(Math.max(0, quote.total - worth));
      expect(refunded).toBeLessThanOrEqual(quote.total);
    }
    expect(given.map(({ isWhole }) => isWhole)).toEqual(given.map((_, i) => i >= returns.length - 1));
  },
);

law(
  "no refund is below zero, its lines and its shipping make it up, and never is more back than was paid for the units",
  ["prorate", "reevaluate"],
  ({ desk }, returns, gifts) => {
    const counter = desk();
    let refunded = 0;
    for (const one of giveAll(counter, returns, gifts)) {
      expect(one.refund).toBeGreaterThanOrEqual(0);
      // A gift that comes by itself is no line.
      if (one.lines.length > 0)
        expect(sum(one.lines.map(({ refund }) => refund)) + one.shipping).toBe(one.refund);
      for (const { refund } of one.lines) expect(refund).toBeGreaterThanOrEqual(0);
      refunded += one.refund;
      const paid = sum(
        counter.sale.lines.map((line) => returnedPart(line, one.returned.lines[line.id] ?? 0).paid),
      );
      expect(refunded).toBeLessThanOrEqual(paid + (one.isWhole ? counter.sale.shipping : 0));
      expect(one.withheld).toBe(paid + (one.isWhole ? counter.sale.shipping : 0) - refunded);
      expect(one.refunded).toBe(refunded);
    }
  },
);

law("prorated, every line gives back what was paid for its units", ["prorate"], ({ desk }, returns) => {
  const counter = desk();
  const before = new Map<string, number>();
  for (const one of giveAll(counter, returns, "all at first")) {
    for (const { id, quantity, refund } of one.lines) {
      const line = counter.sale.lines.find((sold) => sold.id === id)!;
      const back = before.get(id) ?? 0;
      before.set(id, back + quantity);
      expect(refund).toBe(returnedPart(line, back + quantity).paid - returnedPart(line, back).paid);
      expect(refund).toBeLessThanOrEqual(quantity * line.unitPrice);
    }
  }
});

law(
  "a return releases no more than is held, and in the end all that promotions restore and nothing else",
  ["prorate", "reevaluate"],
  ({ desk }, returns, gifts) => {
    const counter = desk();
    const first = counter.holds;
    for (const one of giveAll(counter, returns, gifts))
      for (const { amount } of one.release) expect(amount).toBeGreaterThan(0);
    for (const { amount } of counter.holds) expect(amount).toBeGreaterThanOrEqual(0);
    const restoring = new Set(
      counter.sale.promotions.flatMap(({ rule, restoresUse }) => (restoresUse ? [rule] : [])),
    );
    counter.holds.forEach((hold, i) => {
      const { rule, measure } = hold.counter;
      const isGone = restoring.has(rule) && (gifts !== "none" || !measure.startsWith("stock:"));
      expect(hold.amount).toBe(isGone ? 0 : first[i]!.amount);
    });
  },
);

law(
  "a promotion that forbids it lets its lines come back only with all the rest",
  ["prorate", "forbid"],
  ({ desk }, returns) => {
    const counter = desk();
    const forbidding = counter.sale.promotions.filter(({ returns: mode }) => mode === "forbid");
    const isBound = (id: string) =>
      forbidding.some(({ key }) => {
        const touched = counter.sale.lines.filter(({ adjustments }) =>
          adjustments.some(({ promotion }) => promotion === key),
        );
        return touched.length === 0 || touched.some((line) => line.id === id);
      });
    let left = sum(counter.sale.lines.map(({ quantity }) => quantity));
    for (const lines of returns) {
      const units = sum(Object.values(lines));
      const outcome = counter.give(lines);
      const mayCome = units === left || !Object.keys(lines).some(isBound);
      expect("reason" in outcome ? outcome.reason : "computed").toBe(
        mayCome ? "computed" : "whole_order_only",
      );
      if (mayCome) left -= units;
    }
  },
);

/** The laws of semantics.md §8 that hold for a quote, each for random carts and promotions of every kind. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { benefitKinds } from "../../src/engine/benefits/index.ts";
import { cartSchema } from "../../src/engine/cart.ts";
import { evaluate } from "../../src/engine/evaluate.ts";
import type { Facts } from "../../src/engine/facts.ts";
import type { PromotionInput } from "../../src/engine/promotion.ts";
import { type Quote, quoteSchema } from "../../src/engine/quote.ts";
import { buildRulebook } from "../../src/engine/rulebook.ts";
import {
  arbitraryBenefits,
  arbitraryCart,
  arbitraryPromotions,
  type CartInput,
  compileAll,
  depositKeys,
  type LineInput,
} from "./arbitrary-request.ts";

const runs = process.env.LONG === "1" ? 10_000 : 150;
const now = Date.parse("2026-11-11T02:00:00Z");

function quoteFor(
  promotions: readonly PromotionInput[],
  cart: CartInput,
  campaigns?: NonNullable<Facts["campaigns"]>,
): Quote {
  const facts: Facts = {
    ...(campaigns !== undefined && { campaigns }),
    ...(cart.customer !== undefined && {
      completedOrders: 0,
      lastOrderAt: null,
      orders: [],
      segments: [],
      tier: null,
    }),
    deposits: new Map(depositKeys.map((key) => [`rdm_${key}`, { promotion: key, units: 2 }])),
  };
  return evaluate(buildRulebook("1", compileAll(promotions)), cartSchema.parse(cart), facts, now);
}

function law(name: string, holds: (promotions: PromotionInput[], cart: CartInput) => void): void {
  test(name, () => {
    fc.assert(
      fc.property(arbitraryPromotions, arbitraryCart, (promotions, cart) => {
        holds(promotions, cart);
      }),
      { numRuns: runs },
    );
  });
}

const sum = (amounts: readonly number[]) => amounts.reduce((total, amount) => total + amount, 0);

/** What each unit of a line gets off, its runs laid one over the other. */
function unitDiscounts(adjustments: Quote["lines"][number]["adjustments"], quantity: number): number[] {
  const discounts = Array.from({ length: quantity }, () => 0);
  for (const { runs } of adjustments) {
    let unit = 0;
    for (const { units, amount } of runs) for (let i = 0; i < units; i++) discounts[unit++]! += amount;
  }
  return discounts;
}
const keyOf = ({ promotion, stage }: { promotion: string; stage: string }) => `${promotion}/${stage}`;

describe("money", () => {
  law(
    "the allocations of a promotion add up to what it takes off, and the runs to each allocation",
    (promotions, cart) => {
      const quote = quoteFor(promotions, cart);
      const allocated = new Map<string, number>();
      const units = new Map(cart.lines.map(({ id, quantity }) => [id, quantity]));
      for (const line of [...quote.lines, ...quote.shippingLines]) {
        for (const adjustment of line.adjustments) {
          expect(sum(adjustment.runs.map((run) => run.units * run.amount))).toBe(adjustment.amount);
          expect(sum(adjustment.runs.map((run) => run.units))).toBeLessThanOrEqual(units.get(line.id) ?? 1);
          expect(adjustment.amount).toBeGreaterThan(0);
          allocated.set(keyOf(adjustment), (allocated.get(keyOf(adjustment)) ?? 0) + adjustment.amount);
        }
        expect(line.discount).toBe(sum(line.adjustments.map(({ amount }) => amount)));
      }
      for (const row of quote.promotions) {
        expect(allocated.get(keyOf(row)) ?? 0).toBe(row.amount);
        expect(row.unappliedAmount).toBeGreaterThanOrEqual(0);
        allocated.delete(keyOf(row));
      }
      expect([...allocated]).toEqual([]);
      expect(quote.discount).toBe(sum(quote.lines.map((line) => line.discount)));
      expect(quote.shippingDiscount).toBe(sum(quote.shippingLines.map((line) => line.discount)));
    },
  );

  law("the total is the goods less their discount, plus shipping less its own", (promotions, cart) => {
    const quote = quoteFor(promotions, cart);
    expect(quote.subtotal).toBe(sum(cart.lines.map((line) => line.quantity * line.unitPrice)));
    expect(quote.shipping).toBe(sum((cart.shipping ?? []).map(({ amount }) => amount)));
    expect(quote.total).toBe(quote.subtotal - quote.discount + quote.shipping - quote.shippingDiscount);
    for (const line of quote.lines) expect(line.total).toBe(line.subtotal - line.discount);
    for (const line of quote.shippingLines) expect(line.total).toBe(line.amount - line.discount);
  });

  law(
    "what a unit of a line costs can be told from the runs, and is what it costs alone",
    (promotions, cart) => {
      const quote = quoteFor(promotions, cart);
      const units = quoteFor(promotions, { ...cart, lines: cart.lines.flatMap(unitByUnit) });
      for (const { id, quantity, unitPrice } of cart.lines) {
        const { adjustments } = quote.lines.find((line) => line.id === id)!;
        const told = unitDiscounts(adjustments, quantity).map((discount) => unitPrice - discount);
        const alone = units.lines.filter((line) => line.id.startsWith(id)).map(({ total }) => total);
        expect(told.sort((a, b) => a - b)).toEqual(alone.sort((a, b) => a - b));
      }
    },
  );

  law("every unit costs at least its floor, and shipping at least nothing", (promotions, cart) => {
    const units: CartInput = { ...cart, lines: cart.lines.flatMap(unitByUnit) };
    const quote = quoteFor(promotions, units);
    units.lines.forEach((line, i) => {
      expect(quote.lines[i]!.total).toBeGreaterThanOrEqual(floorOf(line, cart.marginFloor));
    });
    for (const shipment of quote.shippingLines) expect(shipment.total).toBeGreaterThanOrEqual(0);
  });

  law("a line that costs nothing gets nothing", (promotions, cart) => {
    const quote = quoteFor(promotions, cart);
    cart.lines.forEach((line, i) => {
      if (line.unitPrice === 0) expect(quote.lines[i]!.adjustments).toEqual([]);
    });
  });

  law("the promotions of a campaign never pass its budget together", (promotions, cart) => {
    const inCampaign = promotions.map((promotion) => ({ ...promotion, campaign: "summer" }));
    const budget = 1 + (sum(cart.lines.map(({ unitPrice }) => unitPrice)) % 3_000);
    const quote = quoteFor(inCampaign, cart, new Map([["summer", { budget: { CNY: budget } }]]));
    expect(sum(quote.promotions.map(({ amount }) => amount))).toBeLessThanOrEqual(budget);
  });

  law("a budget and a cap of its own are never passed", (promotions, cart) => {
    const quote = quoteFor(promotions, cart);
    for (const { key, budget, benefits } of promotions) {
      const amounts = quote.promotions.filter((row) => row.promotion === key).map(({ amount }) => amount);
      if (budget !== undefined)
        expect(sum(amounts)).toBeLessThanOrEqual((budget.amount as Record<string, number>).CNY!);
      const caps = benefits.map(
        (benefit) => (benefit as { maxAmount?: Record<string, number> }).maxAmount?.CNY,
      );
      if (caps.every((cap) => typeof cap === "number"))
        expect(sum(amounts)).toBeLessThanOrEqual(sum(caps as number[]));
    }
  });
});

describe("order does not matter", () => {
  law("permuting lines changes no byte of any line", (promotions, cart) => {
    const reversed: CartInput = { ...cart, lines: [...cart.lines].reverse() };
    const quote = quoteFor(promotions, cart);
    expect(sortedLines(quoteFor(promotions, reversed))).toBe(sortedLines(quote));
    const rotated: CartInput = { ...cart, lines: [...cart.lines.slice(1), ...cart.lines.slice(0, 1)] };
    expect(sortedLines(quoteFor(promotions, rotated))).toBe(sortedLines(quote));
  });

  law("permuting promotions changes no byte", (promotions, cart) => {
    const text = JSON.stringify(quoteFor(promotions, cart));
    expect(JSON.stringify(quoteFor([...promotions].reverse(), cart))).toBe(text);
  });

  law("splitting a line changes nothing but the line", (promotions, cart) => {
    const whole = quoteFor(promotions, cart);
    const parts = cart.lines.map(inTwo);
    const split = quoteFor(promotions, { ...cart, lines: parts.flat() });
    const { lines: wholeLines, ...wholeRest } = whole;
    const { lines: splitLines, ...splitRest } = split;
    expect(splitRest).toEqual(wholeRest);
    const byId = new Map(splitLines.map((line) => [line.id, line]));
    for (const line of wholeLines) {
      const mine = parts.flat().filter(({ id }) => id.startsWith(line.id));
      expect(sum(mine.map(({ id }) => byId.get(id)!.discount))).toBe(line.discount);
    }
  });

  law("every line unit by unit costs the same in all", (promotions, cart) => {
    const whole = quoteFor(promotions, cart);
    const single = quoteFor(promotions, { ...cart, lines: cart.lines.flatMap(unitByUnit) });
    expect({ ...single, lines: [] }).toEqual({ ...whole, lines: [] });
  });
});

describe("stacking", () => {
  law(
    "a unit takes one item promotion of a group, and the order one of a group in each other stage",
    (promotions, cart) => {
      const quote = quoteFor(promotions, { ...cart, lines: cart.lines.flatMap(unitByUnit) });
      const groupOf = (key: string, stage: string) =>
        promotions.find((promotion) => promotion.key === key)?.stacking?.group ??
        (stage === "reward" ? key : stage);
      const isUnique = (names: readonly string[]) => expect(names).toEqual([...new Set(names)]);
      for (const line of quote.lines)
        isUnique(
          line.adjustments
            .filter(({ stage }) => stage === "item")
            .map(({ promotion, stage }) => groupOf(promotion, stage)),
        );
      for (const stage of ["order", "shipping", "reward"])
        isUnique(
          quote.promotions.filter((row) => row.stage === stage).map((row) => groupOf(row.promotion, stage)),
        );
    },
  );

  law("no promotion stands beside one that it or that the other excludes", (promotions, cart) => {
    const applied = new Set(quoteFor(promotions, cart).promotions.map(({ promotion }) => promotion));
    const standing = promotions.filter(({ key }) => applied.has(key));
    for (const { key, stacking } of standing) {
      const others = standing.filter((other) => other.key !== key);
      if (stacking?.exclusive) expect(others).toEqual([]);
      const { promotions: keys = [], tags = [], groups = [] } = stacking?.excludes ?? {};
      expect(
        others.filter(
          (other) => keys.includes(other.key) || (other.tags ?? []).some((tag) => tags.includes(tag)),
        ),
      ).toEqual([]);
      expect(
        others.filter(
          (other) => other.stacking?.group !== undefined && groups.includes(other.stacking.group),
        ),
      ).toEqual([]);
    }
  });

  law("every code has one status, and an applied one a promotion that applied", (promotions, cart) => {
    const quote = quoteFor(promotions, cart);
    expect(quote.codes.map(({ code }) => code)).toEqual(cart.codes);
    const applied = new Set(quote.promotions.map(({ promotion }) => promotion));
    for (const { status, promotion, reason } of quote.codes) {
      if (status === "applied") expect([applied.has(promotion!), reason]).toEqual([true, null]);
      else expect(reason).toEqual(expect.any(String));
    }
  });

  law("a promotion either applied or has one reason", (promotions, cart) => {
    const quote = quoteFor(promotions, { ...cart, explain: "all" });
    const applied = new Set(quote.promotions.map(({ promotion }) => promotion));
    const refused = quote.notApplied.map(({ promotion }) => promotion);
    expect(refused).toEqual([...new Set(refused)]);
    expect(refused.filter((key) => applied.has(key))).toEqual([]);
    for (const { required, actual, gap } of quote.notApplied)
      if (gap !== undefined) expect(gap).toBe(required! - actual!);
  });
});

describe("allocation", () => {
  const plain = fc.record({
    percent: fc.integer({ min: 1, max: 100 }),
    target: fc.constantFrom("item" as const, "order" as const),
  });
  test("a line's part of a percentage is less than one minor unit from its exact share", () => {
    fc.assert(
      fc.property(arbitraryCart, plain, (cart, { percent, target }) => {
        const lines = cart.lines.map(({ id, sku, quantity, unitPrice }) => ({
          id,
          sku: `${sku}${id}`,
          quantity,
          unitPrice,
        }));
        const promotion: PromotionInput = {
          key: "p0",
          trigger: { type: "automatic" },
          benefits: [{ kind: "percent_off", target, percent }],
        };
        const quote = quoteFor([promotion], { currency: "CNY", lines, rounding: "half_up" });
        const exact = sum(lines.map(({ quantity, unitPrice }) => quantity * unitPrice * percent));
        expect(quote.discount).toBe(Math.floor((exact + 50) / 100));
        lines.forEach(({ quantity, unitPrice }, i) => {
          // Share of the rounded whole: compared in integers, weight × discount against amount × sum of weights.
          const share = quantity * unitPrice * percent * quote.discount;
          expect(Math.abs(quote.lines[i]!.discount * exact - share)).toBeLessThan(Math.max(exact, 1));
        });
      }),
      { numRuns: runs },
    );
  });
});

describe("answers", () => {
  law("the same input gives the same bytes", (promotions, cart) => {
    expect(JSON.stringify(quoteFor(promotions, cart))).toBe(JSON.stringify(quoteFor(promotions, cart)));
  });

  law("best costs at most what priority costs", (promotions, cart) => {
    const best = quoteFor(promotions, { ...cart, strategy: "best" });
    const priority = quoteFor(promotions, { ...cart, strategy: "priority" });
    expect(best.total).toBeLessThanOrEqual(priority.total);
  });

  law("a quote survives JSON, and its numbers are safe integers", (promotions, cart) => {
    const quote = quoteFor(promotions, cart);
    expect(JSON.parse(JSON.stringify(quote))).toEqual(quote);
    expect(quoteSchema.safeParse({ id: "evl_1", ...quote }).error).toBeUndefined();
    const numbers: unknown[] = [];
    JSON.stringify(quote, (name, value) => {
      if (typeof value === "number" && name !== "multiplier") numbers.push(value);
      return value as unknown;
    });
    expect(numbers.filter((number) => !Number.isSafeInteger(number))).toEqual([]);
  });

  law("a private promotion is not named to a customer outside its audience", (promotions, cart) => {
    const hidden = promotions.map(
      (promotion): PromotionInput => ({
        ...promotion,
        visibility: "private",
        conditions: { kind: "customer_group", in: ["club"] },
      }),
    );
    const quote = quoteFor(hidden, { ...cart, explain: "all" });
    expect(quote.notApplied).toEqual([]);
    for (const code of quote.codes)
      expect(code).toMatchObject({ status: "rejected", promotion: null, reason: "code_unknown" });
    expect(quote.total).toBe(quote.subtotal + quote.shipping);
  });

  test("promotions of every benefit kind take part", () => {
    expect(Object.keys(arbitraryBenefits).sort()).toEqual(benefitKinds.map(({ kind }) => kind).sort());
  });
});

/** Each unit a line of its own; the ids sort like the line's, right behind it. */
function unitByUnit(line: LineInput): LineInput[] {
  return Array.from({ length: line.quantity }, (_, i) => ({ ...line, id: `${line.id}-${i}`, quantity: 1 }));
}

function inTwo(line: LineInput): LineInput[] {
  if (line.quantity === 1) return [line];
  const first = Math.ceil(line.quantity / 3);
  return [
    { ...line, quantity: first },
    { ...line, id: `${line.id}-2`, quantity: line.quantity - first },
  ];
}

/** The highest of nothing, the line's own floor and the margin floor ceil(cost / (1 − m)), but not above the price. */
function floorOf(
  { unitPrice, minUnitPrice = 0, unitCost }: LineInput,
  marginFloor: number | undefined,
): number {
  let floor = minUnitPrice;
  if (marginFloor !== undefined && unitCost !== undefined) {
    const millionths = BigInt(1_000_000 - Math.round(marginFloor * 10_000));
    floor = Math.max(floor, Number((BigInt(unitCost) * 1_000_000n + millionths - 1n) / millionths));
  }
  return Math.min(floor, unitPrice);
}

function sortedLines(quote: Quote): string {
  return JSON.stringify({ ...quote, lines: [...quote.lines].sort((a, b) => (a.id < b.id ? -1 : 1)) });
}

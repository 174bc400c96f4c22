/**
 * Promotions that are not on, and those for which a cart is not worth enough, are not looked at, and nobody can tell, but that of
 * the latter only the nearest are told.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Cart, cartSchema } from "../../src/engine/cart.ts";
import { evaluate } from "../../src/engine/evaluate.ts";
import { isBeyond } from "../../src/engine/least-spend.ts";
import { limits } from "../../src/engine/limits.ts";
import type { PromotionInput } from "../../src/engine/promotion.ts";
import type { Quote } from "../../src/engine/quote.ts";
import { buildRulebook, type Rulebook } from "../../src/engine/rulebook.ts";
import { cart } from "../cart-notation.ts";
import { arbitraryCart, arbitraryPromotions } from "./arbitrary-request.ts";
import { compileAll, now, promotion, quoteFor } from "./engine-call.ts";

const runs = process.env.LONG === "1" ? 10_000 : 300;

const day = (offset: number) => new Date(now + offset * 86_400_000).toISOString();
const spend = (least: number, more: object = {}) => ({
  kind: "subtotal",
  atLeast: { CNY: least, USD: 1 },
  ...more,
});
const threshold = fc
  .record({
    least: fc.oneof(fc.integer({ min: 0, max: 120_000 }), fc.constantFrom(0, 5_000, 10_000)),
    form: fc.constantFrom<(least: number) => NonNullable<PromotionInput["conditions"]>>(
      (least) => spend(least),
      (least) => spend(least, { base: "list" }),
      (least) => ({ all: [{ kind: "channel", in: ["app"] }, spend(least)] }),
      (least) => ({ all: [{ kind: "customer_group", in: ["vip"] }, spend(least)] }),
      (least) => ({ all: [spend(least), spend(7_000), { kind: "quantity", atLeast: 2 }] }),
      (least) => ({ all: [spend(least), { kind: "quantity", atLeast: 2, select: { skus: ["A"] } }] }),
      (least) => ({ all: [spend(least), { kind: "subtotal", atMost: { CNY: 90_000 } }] }),
      (least) => ({ any: [spend(least), { kind: "channel", in: ["app"] }] }),
      (least) => ({ any: [spend(least)] }),
      (least) => ({ not: spend(least) }),
      (least) => spend(least, { select: { categories: ["home"] } }),
      (least) => spend(least, { select: { excludeDiscounted: true } }),
    ),
    benefit: fc.constantFrom<PromotionInput["benefits"][number]>(
      { kind: "amount_off", target: "order", amount: { CNY: 700 } },
      { kind: "percent_off", target: "order", percent: 7 },
      { kind: "percent_off", target: "item", percent: 9 },
      { kind: "percent_off", target: "item", select: { skus: ["A", "B"] }, percent: 11 },
      { kind: "free_shipping" },
      { kind: "gift", sku: "G" },
      { kind: "points", perAmount: { CNY: 100 } },
    ),
    fields: fc.constantFrom<Partial<PromotionInput>>(
      {},
      {},
      {},
      { visibility: "private" },
      { schedule: { startsAt: day(1) } },
      { schedule: { startsAt: day(1) }, stacking: { exclusive: true }, priority: 9 },
      { schedule: { endsAt: day(-1) }, trigger: { type: "code", code: "CODE1" } },
      { schedule: { startsAt: day(-2), endsAt: day(-1) } },
      { stacking: { exclusive: true } },
      { stacking: { group: "sale" }, priority: 3 },
      { limits: { total: 1 } },
      { budget: { amount: { CNY: 500 } } },
      { trigger: { type: "code", code: "CODE1" } },
      { campaign: "spring" },
      { campaign: "spring", variant: { experiment: "x", name: "a", from: 0, to: 100 } },
    ),
  })
  .map(({ least, form, benefit, fields }): Partial<PromotionInput> & Pick<PromotionInput, "benefits"> => ({
    conditions: form(least),
    benefits: [benefit],
    ...fields,
  }));
const thresholds = fc
  .array(threshold, { maxLength: 25 })
  .map((list) => list.map((fields, i) => promotion({ key: `t${i}`, ...fields })));

const request = fc
  .record({
    document: arbitraryCart,
    explain: fc.constantFrom("near" as const, "none" as const, "all" as const, undefined),
    at: fc.constantFrom(now, now + 2 * 86_400_000, now - 1.5 * 86_400_000),
    holdout: fc.constantFrom(0, 0, 50),
  })
  .map(({ document, explain, at, holdout }) => ({
    document: cartSchema.parse({ ...document, explain }),
    at,
    facts: { ...(holdout > 0 && { holdouts: new Map([["spring", holdout]]) }) },
  }));

/** The same promotions, all of which are looked at. */
function searchedInFull(book: Rulebook): Rulebook {
  return {
    ...book,
    candidates: (asked, search) => book.candidates(asked, { ...search, breadth: "wide" }),
  };
}

/** Of the rows about promotions for which the cart is not worth enough, those that ask for the least. */
function nearest(quote: Quote, book: Rulebook, { currency }: Cart): Quote {
  const told = quote.notApplied.flatMap((row, rank) => {
    const about = book.promotions.find(({ key }) => key === row.promotion)!;
    return isBeyond(about, currency, quote.subtotal)
      ? [{ row, rank, least: about.leastSpend!.get(currency)! }]
      : [];
  });
  const kept = new Set(
    told
      .sort((a, b) => a.least - b.least || a.rank - b.rank)
      .slice(0, limits.thresholdsTold)
      .map(({ row }) => row),
  );
  const dropped = new Set(told.map(({ row }) => row).filter((row) => !kept.has(row)));
  return { ...quote, notApplied: quote.notApplied.filter((row) => !dropped.has(row)) };
}

describe("a quote is, byte for byte, the one for which every promotion was looked at", () => {
  test("whatever the promotions, the cart and the instant", () => {
    fc.assert(
      fc.property(arbitraryPromotions, thresholds, request, (others, list, { document, facts, at }) => {
        const book = buildRulebook("1", compileAll([...others, ...list]));
        const inFull = evaluate(searchedInFull(book), document, facts, at);
        const expected = document.explain === "all" ? inFull : nearest(inFull, book, document);
        expect(JSON.stringify(evaluate(book, document, facts, at))).toBe(JSON.stringify(expected));
      }),
      { numRuns: runs },
    );
  });

  test("and it is the same where they are drafts", () => {
    fc.assert(
      fc.property(thresholds, request, (list, { document, facts, at }) => {
        const promotions = compileAll(list);
        const half = promotions.length >> 1;
        const filed = evaluate(buildRulebook("1", promotions), document, facts, at);
        const drafted = evaluate(buildRulebook("1", promotions.slice(half)), document, facts, at, {
          drafts: { promotions: promotions.slice(0, half), only: false },
        });
        // Drafts are judged wherever their goods are.
        const known = new Set(filed.notApplied.map((row) => row.promotion));
        const told = (quote: Quote) => ({
          ...quote,
          optimality: null,
          notApplied:
            document.explain === "all"
              ? quote.notApplied.filter((row) => known.has(row.promotion))
              : quote.notApplied,
        });
        expect(JSON.stringify(told(drafted))).toBe(JSON.stringify(told(filed)));
      }),
      { numRuns: runs },
    );
  });
});

describe("near misses of promotions for which the cart is not worth enough", () => {
  const many = Array.from({ length: 30 }, (_, i) =>
    promotion({
      key: `t${String(i).padStart(2, "0")}`,
      conditions: { kind: "subtotal", atLeast: { CNY: 30_000 - i * 900 } },
      benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 100 + i } }],
    }),
  );
  const rows = (explain: "near" | "none" | "all", more: readonly PromotionInput[] = []) =>
    quoteFor([...many, ...more], cartSchema.parse({ ...cart("1x A @ 30.00"), explain })).notApplied.map(
      (row) => row.promotion,
    );
  const lastTen = Array.from({ length: 10 }, (_, i) => `t${20 + i}`);

  test("are told of those that ask for the least, in the order of the promotions", () => {
    expect(rows("near")).toEqual(lastTen);
  });

  test("which are counted without those that may not be named, or are not on", () => {
    const nearer = (key: string, fields: Partial<PromotionInput>) =>
      promotion({
        key,
        conditions: { kind: "subtotal", atLeast: { CNY: 3_500 } },
        benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 50 } }],
        ...fields,
      });
    expect(
      rows("near", [
        nearer("hidden", { visibility: "private" }),
        nearer("over", { schedule: { startsAt: day(-2), endsAt: day(-1) } }),
      ]),
    ).toEqual(lastTen);
    expect(rows("near", [nearer("nearest", {})])).toEqual(["nearest", ...lastTen.slice(1)]);
  });

  test("are told to the last minor unit", () => {
    const worth = (price: string) => quoteFor(many, cart(`1x A @ ${price}`));
    expect(worth("39.00").promotions.map((row) => row.promotion)).toEqual(["t29"]);
    expect(worth("38.99").promotions).toEqual([]);
    expect(worth("38.99").notApplied.find((row) => row.promotion === "t29")).toMatchObject({ gap: 1 });
  });

  test("are as many where hints are asked for, and where it is counted who met which promotion", () => {
    const given = cartSchema.parse({ ...cart("1x A @ 30.00"), hints: true });
    const told = (quote: Quote) => quote.notApplied.map((row) => row.promotion);
    expect(told(quoteFor(many, given))).toEqual(lastTen);
    const facts = { holdouts: new Map([["spring", 10]]) };
    expect(told(quoteFor(many, cart("1x A @ 30.00"), { facts }))).toEqual(lastTen);
  });

  test("are told of none where nobody asks, and of all where all is asked", () => {
    expect(rows("none")).toEqual([]);
    expect(rows("all")).toHaveLength(30);
  });
});

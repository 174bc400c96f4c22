/** What more in the cart would make the customer pay less for it. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cartSchema } from "../../src/engine/cart.ts";
import { withGoods } from "../../src/engine/hints.ts";
import { limits } from "../../src/engine/limits.ts";
import type { PromotionInput } from "../../src/engine/promotion.ts";
import type { Hint } from "../../src/engine/quote.ts";
import { cart } from "../cart-notation.ts";
import { arbitraryCart, arbitraryPromotions } from "./arbitrary-request.ts";
import { type Given, promotion, quoteFor } from "./engine-call.ts";
import { randomInstance } from "./plan/random-instances.ts";

const runs = process.env.LONG === "1" ? 3_000 : 120;
const patience = 300_000;

const over1200 = promotion({
  key: "1200-150",
  conditions: { kind: "subtotal", atLeast: { CNY: 120000 } },
  benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 15000 } }],
});
const third = promotion({
  key: "third-free",
  benefits: [{ kind: "buy_x_get_y", buy: { quantity: 2 }, get: { quantity: 1 } }],
});
const second = promotion({ key: "second-half", benefits: [{ kind: "nth_unit", n: 2, percent: 50 }] });
const threeForTen = promotion({
  key: "3-for-10",
  benefits: [{ kind: "bundle", components: [{ quantity: 3 }], price: { CNY: 1000 } }],
});

const hintsFor = (promotions: PromotionInput[], lines: string[], fields: object = {}, given: Given = {}) =>
  quoteFor(promotions, cart(...lines, { hints: true, ...fields }), given).hints!;
const told = (hints: Hint[]) => hints.map(({ message, saving }) => `${message} (${saving})`);

describe("a hint", () => {
  test.each<[string, PromotionInput[], string[], string[]]>([
    [
      "says what to spend and what is paid less for it",
      [over1200],
      ["2x A @ 580.00"],
      ["Spend 40.00 CNY more: pay 110.00 CNY less. (15000)"],
    ],
    [
      "of the last cent that is missing",
      [over1200],
      ["1x A @ 1199.99"],
      ["Spend 0.01 CNY more: pay 149.99 CNY less. (15000)"],
    ],
    ["is none at the threshold", [over1200], ["1x A @ 1200.00"], []],
    [
      "says which unit lowers the total",
      [threeForTen],
      ["2x A @ 7.00"],
      ["Add one more A: pay 4.00 CNY less. (1100)"],
    ],
    ["says which unit is free", [third], ["2x A @ 9.00"], ["Add one more A: pay nothing more. (900)"]],
    [
      "says what a cheaper unit costs",
      [second],
      ["1x A @ 9.00"],
      ["Add one more A: pay only 4.50 CNY for goods worth 9.00 CNY. (450)"],
    ],
    [
      "of several missing units adds them all",
      [promotion({ ...over1200, key: "p", conditions: { kind: "quantity", atLeast: 5 } } as PromotionInput)],
      ["3x A @ 90.00", "1x B @ 100.00"],
      ["Add one more A: pay 60.00 CNY less. (15000)"],
    ],
    [
      "of selected goods names units of them",
      [
        promotion({
          ...over1200,
          key: "p",
          conditions: { kind: "subtotal", atLeast: { CNY: 30000 }, select: { skus: ["A"] } },
        } as PromotionInput),
      ],
      ["1x A @ 120.00", "2x B @ 250.00"],
      ["Add 2 more A: pay only 90.00 CNY for goods worth 240.00 CNY. (15000)"],
    ],
    [
      "is none of goods that are not in the cart",
      [
        promotion({
          key: "p",
          benefits: [
            {
              kind: "bundle",
              components: [
                { select: { skus: ["A"] }, quantity: 1 },
                { select: { skus: ["B"] }, quantity: 1 },
              ],
              price: { CNY: 100 },
            },
          ],
        }),
      ],
      ["1x A @ 9.00"],
      [],
    ],
    ["is none that asks to double the cart", [over1200], ["1x A @ 599.99"], []],
    [
      "is none that saves nothing",
      [
        promotion({
          key: "bag",
          conditions: { kind: "subtotal", atLeast: { CNY: 1000 } },
          benefits: [{ kind: "gift", sku: "BAG" }],
        }),
      ],
      ["1x A @ 9.00"],
      [],
    ],
  ])("%s", (_title, promotions, lines, expected) => {
    expect(told(hintsFor(promotions, lines))).toEqual(expected);
  });

  test("counts what other promotions take off the added goods", () => {
    const half = promotion({ key: "half", benefits: [{ kind: "percent_off", percent: 50 }] });
    const hintFor = (strategy: string) => hintsFor([half, over1200], ["1x A @ 2320.00"], { strategy })[0];
    // 40.00 are missing after the halving. The merchant's order halves the added goods as well, so 80.00 are needed.
    expect(hintFor("priority")).toMatchObject({
      amount: 8000,
      total: 105000,
      saving: 19000,
      promotions: ["1200-150", "half"],
    });
    // The best plan leaves them at their price.
    expect(hintFor("best")).toMatchObject({
      amount: 4000,
      total: 105000,
      saving: 15000,
      promotions: ["1200-150"],
    });
  });

  test("of a threshold that repeats, or of a next tier, is told of what applies already", () => {
    const every = promotion({
      key: "every",
      benefits: [
        { kind: "amount_off", target: "order", amount: { CNY: 5000 }, every: { amount: { CNY: 20000 } } },
      ],
    });
    const tiers = promotion({
      key: "tiers",
      benefits: [
        {
          kind: "tiered",
          target: "order",
          by: "amount",
          tiers: [
            { from: { CNY: 10000 }, benefit: { kind: "percent_off", percent: 10 } },
            { from: { CNY: 40000 }, benefit: { kind: "percent_off", percent: 20 } },
          ],
        },
      ],
    });
    expect(told(hintsFor([every], ["1x A @ 390.00"]))).toEqual([
      "Spend 10.00 CNY more: pay 40.00 CNY less. (5000)",
    ]);
    expect(told(hintsFor([tiers], ["1x A @ 390.00"]))).toEqual([
      "Spend 10.00 CNY more: pay 31.00 CNY less. (4100)",
    ]);
  });

  test("is told in Chinese", () => {
    expect(hintsFor([over1200], ["2x A @ 580.00"], { locale: "zh-CN" })[0]!.message).toBe(
      "再买40.00 CNY，反而少付110.00 CNY。",
    );
  });

  test("is never told of a private promotion, nor of what one would save", () => {
    const secret = { ...over1200, visibility: "private" } as PromotionInput;
    expect(hintsFor([secret], ["2x A @ 580.00"])).toEqual([]);
    const publicGoal = promotion({
      key: "goal",
      conditions: { kind: "subtotal", atLeast: { CNY: 120000 } },
      benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 100 } }],
      stacking: { group: "other" },
    });
    expect(hintsFor([secret, publicGoal], ["2x A @ 580.00"])).toEqual([]);
    expect(hintsFor([publicGoal], ["2x A @ 580.00"])).toHaveLength(1);
  });

  test("does not give away the next step of a private promotion that applies, but its share of more goods may grow", () => {
    const privately = (benefit: object) =>
      promotion({
        key: "private",
        visibility: "private",
        stacking: { group: "private" },
        benefits: [benefit as PromotionInput["benefits"][number]],
      });
    const goal = promotion({
      key: "goal",
      conditions: { kind: "subtotal", atLeast: { CNY: 100000 }, base: "list" },
      benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 2000 } }],
    });
    const amountOff = (amount: number) => ({ kind: "amount_off", amount: { CNY: amount } }) as const;
    const tiers = [
      { from: { CNY: 90000 }, benefit: amountOff(1000) },
      { from: { CNY: 100000 }, benefit: amountOff(40000) },
    ];
    const lines = ["1x A @ 990.01"];
    const hintsBeside = (benefit: object) =>
      hintsFor([privately(benefit), goal], lines).map(({ promotions }) => promotions);
    expect(hintsBeside({ kind: "tiered", target: "order", by: "amount", tiers })).toEqual([]);
    expect(hintsBeside({ kind: "percent_off", target: "order", percent: 10 })).toEqual([["goal"]]);
  });

  test("is told of what is missing although another promotion has the goods", () => {
    const deal = promotion({
      key: "deal",
      benefits: [{ kind: "amount_off", target: "item", amount: { CNY: 100 } }],
    });
    const four = promotion({
      key: "four",
      benefits: [{ kind: "bundle", components: [{ quantity: 4 }], price: { CNY: 1000 } }],
    });
    expect(told(hintsFor([deal, four], ["2x A @ 10.00"]))).toEqual([
      "Add 2 more A: pay 9.00 CNY less. (2900)",
    ]);
  });

  test("is told only where asked for", () => {
    expect(quoteFor([over1200], cart("2x A @ 580.00"))).not.toHaveProperty("hints");
  });

  test("stands among others by what it saves, at most as many as asked for", () => {
    const lines = ["2x A @ 9.00", "2x B @ 8.00", "2x C @ 7.00", "2x D @ 6.00"];
    const all = ["A", "B", "C", "D"].map((sku) =>
      promotion({
        key: `of-${sku}`,
        benefits: [
          {
            kind: "buy_x_get_y",
            buy: { select: { skus: [sku] }, quantity: 2 },
            get: { select: { skus: [sku] }, quantity: 1 },
          },
        ],
      }),
    );
    expect(hintsFor(all, lines).map(({ saving }) => saving)).toEqual([900, 800, 700]);
    expect(hintsFor(all, lines, { maxHints: 1 }).map(({ saving }) => saving)).toEqual([900]);
    expect(hintsFor(all, lines, { maxHints: limits.hintsPerEvaluation })).toHaveLength(4);
  });
});

describe("with the goods of a hint in the cart", () => {
  const holds = (request: ReturnType<typeof cartSchema.parse>, promotions: readonly PromotionInput[]) => {
    const quote = quoteFor(promotions, { ...request, hints: true, maxHints: limits.hintsPerEvaluation });
    const savings = quote.hints!.map(({ saving }) => saving);
    expect(savings).toEqual([...savings].sort((a, b) => b - a));
    for (const hint of quote.hints!) {
      const { total } = quoteFor(promotions, withGoods(request, hint));
      expect(total).toBe(hint.total);
      expect(quote.total + hint.amount - total).toBe(hint.saving);
      expect(hint.saving).toBeGreaterThan(0);
    }
    return savings.length;
  };

  test("an evaluation gives exactly what was promised, for whatever cart and rules", {
    timeout: patience,
  }, () => {
    fc.assert(
      fc.property(arbitraryCart, arbitraryPromotions, (input, promotions) => {
        holds(cartSchema.parse(input), promotions);
      }),
      { numRuns: runs },
    );
  });

  test("an evaluation gives exactly what was promised where promotions compete", {
    timeout: patience,
  }, () => {
    let found = 0;
    for (let seed = 1; seed <= runs; seed++) {
      const { cart: input, promotions } = randomInstance(seed, {
        groups: ["item", "second"],
        units: 6,
        itemPromotions: 4,
        oddPrices: true,
        floors: false,
        conflicts: true,
      });
      found += holds(cartSchema.parse(input), promotions);
    }
    expect(found).toBeGreaterThan(runs / 4);
  });
});

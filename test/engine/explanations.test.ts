/** Why a promotion did not apply, for whom it was left out, and what it would cost to have it all the same. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cartSchema } from "../../src/engine/cart.ts";
import { assess } from "../../src/engine/evaluate.ts";
import { noFacts } from "../../src/engine/facts.ts";
import type { PromotionInput } from "../../src/engine/promotion.ts";
import type { Quote } from "../../src/engine/quote.ts";
import { reasons } from "../../src/engine/reasons.ts";
import { buildRulebook } from "../../src/engine/rulebook.ts";
import { writeQuote } from "../../src/engine/write-quote.ts";
import { cart } from "../cart-notation.ts";
import { arbitraryCart, arbitraryPromotions, compileAll } from "./arbitrary-request.ts";
import { type BenefitInput, now, promotion, quoteFor, reasonOf } from "./engine-call.ts";

const runs = process.env.LONG === "1" ? 5_000 : 150;
const patience = 300_000;

const rowOf = (promotions: PromotionInput[], lines: string[], fields: object = {}) =>
  quoteFor(promotions, cart(...lines, { explain: "all", ...fields })).notApplied.find(
    ({ promotion: key }) => key === "p",
  );

const tenOff = promotion({ benefits: [{ kind: "percent_off", percent: 10 }] });
const twentyOff = promotion({ key: "twenty", benefits: [{ kind: "percent_off", percent: 20 }] });
const setSaves25 = promotion({
  benefits: [{ kind: "bundle", components: [{ quantity: 2 }], amount: { CNY: 2500 } }],
});
const over300 = (fields: Partial<PromotionInput> = {}) =>
  promotion({
    key: "300-50",
    conditions: { kind: "subtotal", atLeast: { CNY: 30000 } },
    benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 5000 } }],
    ...fields,
  });

describe("a promotion that another plan could have", () => {
  test("names the one that has its units, and costs what the customer would pay more", () => {
    expect(rowOf([tenOff, twentyOff], ["1x A @ 100.00"])).toMatchObject({
      reason: "displaced",
      displacedBy: ["twenty"],
      costOfForcing: 1000,
      costOptimality: { proven: true, bound: 0 },
    });
  });

  test("costs only what it takes the better one's units for: the cheapest it can", () => {
    expect(rowOf([tenOff, twentyOff], ["1x A @ 100.00", "1x B @ 1.00"])).toMatchObject({ costOfForcing: 10 });
  });

  test("names an exclusive one, and costs all that applied beside it", () => {
    const alone = promotion({
      stacking: { exclusive: true },
      benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 1500 } }],
    });
    expect(rowOf([alone, twentyOff], ["1x A @ 100.00"])).toMatchObject({
      reason: "displaced",
      displacedBy: ["twenty"],
      costOfForcing: 500,
    });
  });

  test.each<[string, object, string]>([
    [
      "too few units",
      { kind: "bundle", components: [{ quantity: 4 }], price: { CNY: 100 } },
      "quantity_too_low 2/4",
    ],
    ["a price that is none", { kind: "fixed_price", price: { CNY: 15000 } }, "nothing_to_discount"],
    [
      "a tier out of reach, its place in the order taken",
      {
        kind: "tiered",
        target: "order",
        by: "quantity",
        tiers: [{ from: 3, benefit: { kind: "percent_off", percent: 50 } }],
      },
      "quantity_too_low 2/3",
    ],
  ])("is none of those that nobody keeps from anything: %s", (_title, benefit, reason) => {
    const own = promotion({ benefits: [benefit as PromotionInput["benefits"][number]] });
    const order = promotion({
      key: "order",
      priority: 1,
      benefits: [{ kind: "percent_off", target: "order", percent: 5 }],
    });
    for (const strategy of ["best", "priority"] as const) {
      const quote = quoteFor(
        [own, { ...twentyOff, priority: 1 }, order],
        cart("2x A @ 100.00", { explain: "all", strategy }),
      );
      expect(reasonOf(quote)).toBe(reason);
      expect(quote.notApplied[0]).not.toHaveProperty("displacedBy");
    }
  });

  test("was left out to keep the threshold of another, at the edge and a cent to each side", () => {
    const at = (lines: string[]) => rowOf([setSaves25, over300()], lines);
    expect(at(["2x A @ 160.00"])).toMatchObject({
      reason: "threshold_protected",
      displacedBy: ["300-50"],
      costOfForcing: 2500,
    });
    // 325.00 less 25.00 is exactly 300.00: both apply.
    expect(at(["1x A @ 162.50", "1x B @ 162.50"])).toBeUndefined();
    expect(at(["1x A @ 162.50", "1x B @ 162.49"])).toMatchObject({ reason: "threshold_protected" });
  });

  test("was left out for two, one of which finds no units where the other has lost its threshold", () => {
    const half = promotion({
      key: "half",
      priority: 2,
      benefits: [{ kind: "nth_unit", select: { skus: ["A"] }, n: 2, percent: 50 }],
    });
    const fixed = promotion({
      key: "fixed",
      benefits: [{ kind: "fixed_price", select: { skus: ["A", "B"] }, price: { CNY: 636 } }],
    });
    const set = promotion({
      benefits: [
        {
          kind: "bundle",
          components: [{ select: { skus: ["B", "C"] }, quantity: 2 }],
          price: { CNY: 1351 },
        },
      ],
    });
    const third = promotion({
      key: "third",
      conditions: { kind: "subtotal", atLeast: { CNY: 2800 } },
      benefits: [{ kind: "percent_off", target: "order", percent: 33.3333 }],
    });
    expect(rowOf([half, fixed, set, third], ["2x A @ 6.95", "2x B @ 8.59", "1x C @ 1.01"])).toMatchObject({
      reason: "threshold_protected",
      displacedBy: ["fixed", "third"],
    });
  });

  test("was left out where a threshold that repeats would be reached once less", () => {
    const every100 = promotion({
      key: "every-100",
      benefits: [
        { kind: "amount_off", target: "order", amount: { CNY: 3000 }, every: { amount: { CNY: 10000 } } },
      ],
    });
    expect(rowOf([setSaves25, every100], ["2x A @ 100.00"])).toMatchObject({
      reason: "threshold_protected",
      displacedBy: ["every-100"],
      costOfForcing: 500,
    });
  });

  test("is a code: it is told so without being asked for everything, and what it costs only then", () => {
    const coded = { ...setSaves25, trigger: { type: "code", code: "SET" } } as PromotionInput;
    const quote = quoteFor([coded, over300()], cart("2x A @ 160.00", { codes: ["SET"] }));
    expect(quote.codes).toEqual([
      { code: "SET", status: "rejected", promotion: "p", reason: "threshold_protected" },
    ]);
    expect(quote.notApplied[0]).toMatchObject({ reason: "threshold_protected" });
    expect(quote.notApplied[0]).not.toHaveProperty("costOfForcing");
  });

  test("may cost less than nothing by strategy priority, which does not look for the cheapest", () => {
    const five = promotion({ key: "five", priority: 9, benefits: [{ kind: "percent_off", percent: 5 }] });
    expect(rowOf([tenOff, five], ["1x A @ 100.00"], { strategy: "priority" })).toMatchObject({
      reason: "displaced",
      costOfForcing: -500,
      costOptimality: { proven: false, bound: null },
    });
  });

  test("is a reward: another of its group goes first, and forcing it costs no money", () => {
    const gift = (key: string, priority: number) =>
      promotion({ key, priority, stacking: { group: "gifts" }, benefits: [{ kind: "gift", sku: "BAG" }] });
    expect(rowOf([gift("p", 0), gift("q", 1)], ["1x A @ 100.00"])).toMatchObject({
      reason: "displaced",
      displacedBy: ["q"],
      costOfForcing: 0,
    });
  });

  test("costs nothing to say where nobody asks", () => {
    const quote = quoteFor([tenOff, twentyOff], cart("1x A @ 100.00", { explain: "near" }));
    expect(quote.notApplied).toEqual([]);
  });
});

test("what others miss is counted as the plan left it, not as one that was left out would have", () => {
  const over400 = promotion({
    key: "400-100",
    conditions: { kind: "subtotal", atLeast: { CNY: 40000 } },
    benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 10000 } }],
  });
  const fivePercent = promotion({
    key: "five",
    priority: -1,
    benefits: [{ kind: "percent_off", target: "order", percent: 5 }],
  });
  const { notApplied } = quoteFor(
    [setSaves25, over300(), over400, fivePercent],
    cart("2x A @ 160.00", { explain: "all" }),
  );
  expect(notApplied).toEqual([
    expect.objectContaining({ promotion: "400-100", actual: 32000, gap: 8000, wouldSave: 10000 }),
    expect.objectContaining({ promotion: "p", reason: "threshold_protected", displacedBy: ["300-50"] }),
    expect.objectContaining({ promotion: "five", reason: "displaced", displacedBy: ["300-50"] }),
  ]);
});

test("a private promotion of another plan, which the planner tried, is named for nothing", () => {
  const promotions = [
    promotion({
      key: "sale",
      priority: 2,
      tags: ["t"],
      benefits: [{ kind: "fixed_price", select: { skus: ["B"] }, price: { CNY: 500 } }],
    }),
    promotion({
      key: "not-beside-sales",
      priority: 1,
      benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 600 }, select: { skus: ["A"] } }],
      stacking: { excludes: { tags: ["t"] } },
    }),
    promotion({ key: "ship", benefits: [{ kind: "free_shipping" }] }),
    promotion({
      key: "secret",
      visibility: "private",
      priority: 1,
      benefits: [
        { kind: "percent_off", target: "order", percent: 10 },
        { kind: "free_shipping", maxAmount: { CNY: 600 } },
      ],
    }),
  ];
  const shipping = [{ id: "s1", method: "express", amount: 1_600 }];
  const quote = quoteFor(
    promotions,
    cart("2x A @ 10.00", "4x B @ 10.00", { shipping, strategy: "best", explain: "all" }),
  );
  expect(quote.notApplied).toMatchObject([
    { promotion: "not-beside-sales", reason: "displaced", displacedBy: ["sale"] },
  ]);
});

test("one that nobody's loss explains names who would bring less in the plan that has it", () => {
  const promotions = [
    promotion({
      priority: 3,
      benefits: [
        { kind: "bundle", components: [{ select: { skus: ["A"] }, quantity: 2 }], amount: { CNY: 386 } },
        { kind: "points", fixed: 10 },
      ],
      budget: { amount: { CNY: 208 }, atEdge: "refuse" },
    }),
    promotion({
      key: "order-605",
      priority: 1,
      benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 605 }, select: { skus: ["A"] } }],
      conditions: { kind: "subtotal", atLeast: { CNY: 2_593 } },
    }),
    promotion({
      key: "each-two-258",
      priority: 3,
      visibility: "private",
      benefits: [{ kind: "amount_off", target: "item", amount: { CNY: 258 }, every: { quantity: 2 } }],
      conditions: { kind: "subtotal", atLeast: { CNY: 2_457 } },
    }),
  ];
  const quote = quoteFor(
    promotions,
    cartSchema.parse({
      currency: "CNY",
      lines: [{ id: "1", sku: "A", quantity: 2, unitPrice: 1_365 }],
      strategy: "best",
      explain: "all",
    }),
  );
  for (const row of quote.notApplied)
    if (row.reason === "displaced") expect(row.displacedBy).toEqual(["order-605"]);
  expect(quote.notApplied.map(({ reason }) => reason)).toContain("displaced");
});

test("a reward that is forced leaves the discounts of whoever shares its group and comes after it", () => {
  const points: BenefitInput = { kind: "points", perAmount: { CNY: 100 } };
  const stacking = { group: "second" };
  const promotions = [
    promotion({
      key: "pairs",
      benefits: [{ kind: "buy_x_get_y", buy: { quantity: 1 }, get: { quantity: 2 }, percent: 20 }, points],
      stacking,
    }),
    promotion({ key: "points", priority: 2, benefits: [points], stacking }),
    promotion({
      key: "alone",
      benefits: [{ kind: "amount_off", target: "item", amount: { CNY: 500 } }],
      stacking: { exclusive: true },
    }),
  ];
  const goods = ["2x A @ 12.00", "2x D @ 2.00"] as const;
  const costs = (quote: Quote) => quote.notApplied.map((row) => [row.promotion, row.costOfForcing]);
  const quote = quoteFor(promotions, cart(...goods, { strategy: "best", explain: "all" }));
  expect([quote.total, costs(quote)]).toEqual([
    2_300,
    [
      ["points", 220],
      ["pairs", 220],
    ],
  ]);
  expect(quoteFor(promotions.slice(0, 2), cart(...goods, { strategy: "best" })).total).toBe(2_300 + 220);
});

describe("for whatever cart and rules", () => {
  const request = fc.record({ cart: arbitraryCart, promotions: arbitraryPromotions });
  const assessed = (input: { cart: object; promotions: PromotionInput[] }) => {
    const parsed = cartSchema.parse({ ...input.cart, explain: "all", hints: true });
    const outcome = assess(buildRulebook("1", compileAll(input.promotions)), parsed, noFacts, now);
    return { outcome, quote: writeQuote(outcome) };
  };

  test("every public candidate that did not apply has one row, with a reason that has words", {
    timeout: patience,
  }, () => {
    fc.assert(
      fc.property(request, (input) => {
        const { outcome, quote } = assessed(input);
        const applied = new Set(quote.promotions.map(({ promotion: key }) => key));
        const rewarded = new Set(quote.rewards.map(({ promotion: key }) => key));
        for (const { promotion: one } of outcome.situation.candidates) {
          const rows = quote.notApplied.filter(({ promotion: key }) => key === one.key);
          const isIn = applied.has(one.key) || rewarded.has(one.key);
          if (one.document.visibility === "public") expect(rows, one.key).toHaveLength(isIn ? 0 : 1);
          for (const { reason } of rows) expect(reasons.has(reason), reason).toBe(true);
        }
      }),
      { numRuns: runs },
    );
  });

  test("who was displaced is told by whom: by promotions that applied", { timeout: patience }, () => {
    fc.assert(
      fc.property(request, (input) => {
        const { quote } = assessed(input);
        const applied = quote.promotions.map(({ promotion: key }) => key);
        for (const { reason, displacedBy } of quote.notApplied) {
          if (reason !== "displaced" && reason !== "threshold_protected") continue;
          if (quote.optimality.proven) expect(displacedBy ?? []).not.toEqual([]);
          expect(applied).toEqual(expect.arrayContaining(displacedBy ?? []));
        }
      }),
      { numRuns: runs },
    );
  });

  test("forcing costs nothing less than nothing where the plan is proven the cheapest", {
    timeout: patience,
  }, () => {
    fc.assert(
      fc.property(request, (input) => {
        const { quote } = assessed(input);
        const slack = quote.promotions.length + 2;
        for (const { costOfForcing } of quote.notApplied)
          if (quote.optimality.proven && costOfForcing !== undefined && input.cart.codes?.length === 0)
            expect(costOfForcing).toBeGreaterThanOrEqual(-slack);
      }),
      { numRuns: runs },
    );
  });

  test("a private promotion that did not apply is named in no hint and as nobody's rival", {
    timeout: patience,
  }, () => {
    fc.assert(
      fc.property(request, (input) => {
        const { quote } = assessed(input);
        const isPrivate = new Set(
          input.promotions.filter(({ visibility }) => visibility === "private").map(({ key }) => key),
        );
        const applied = new Set(quote.promotions.map(({ promotion: key }) => key));
        for (const { promotions } of quote.hints!)
          for (const key of promotions) expect(isPrivate.has(key)).toBe(false);
        for (const { displacedBy = [] } of quote.notApplied)
          for (const key of displacedBy) expect(isPrivate.has(key) && !applied.has(key)).toBe(false);
      }),
      { numRuns: runs },
    );
  });
});

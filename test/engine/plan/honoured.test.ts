/** Codes that are to be honoured: as many as can be, then the lowest price; and what the answer says of it is so. */
import { describe, expect, test } from "vitest";
import { Dice } from "../../../scripts/bench-planner/dice.ts";
import { planExactly } from "../../../src/engine/plan/exact/plan-exactly.ts";
import type { PromotionInput } from "../../../src/engine/promotion.ts";
import { cart } from "../../cart-notation.ts";
import { sized } from "../../faults/sizes.ts";
import { type BenefitInput, promotion, quoteFor } from "../engine-call.ts";
import { cheapestOfAll, honouredIn } from "./brute-force.ts";
import { randomInstance } from "./random-instances.ts";
import { type Instance, situationFor } from "./situation-for.ts";

const isLong = process.env.LONG === "1";
const patience = { timeout: isLong ? 3_600_000 : 300_000 };
/** The last one: a bundle whose first unit brings something and which brings less than nothing in all. */
const seeds = [...Array.from({ length: sized(150, 5_000) }, (_, i) => 80_001 + i), 83_136];

const coded = (code: string, benefit: BenefitInput, fields: Partial<PromotionInput> = {}) =>
  promotion({ key: code, trigger: { type: "code", code }, benefits: [benefit], ...fields });
const honoured = (...codes: string[]) => ({
  strategy: "best" as const,
  codes: codes.map((code) => ({ code, honour: true })),
});

describe("a code to be honoured", () => {
  test("keeps its threshold at the cost of an item discount, and the plan is proven", () => {
    const x = coded(
      "X",
      { kind: "amount_off", target: "order", amount: { CNY: 5000 } },
      {
        conditions: { kind: "subtotal", atLeast: { CNY: 90000 } },
      },
    );
    const half = promotion({ key: "half", benefits: [{ kind: "percent_off", percent: 50 }] });
    const quote = quoteFor([x, half], cart("1x A @ 1000.00", honoured("X")));
    expect(quote).toMatchObject({ total: 95000, optimality: { proven: true, bound: 0 } });
    const instance: Instance = {
      cart: {
        currency: "CNY",
        lines: [{ id: "1", sku: "A", quantity: 1, unitPrice: 100000 }],
        ...honoured("X"),
      },
      promotions: [x, half],
    };
    expect(planExactly(situationFor(instance)).disagreed).toBe(false);
  });

  test("shares the units with another, where both have enough of them", () => {
    const quote = quoteFor(
      [
        coded("X", {
          kind: "amount_off",
          target: "item",
          amount: { CNY: 100 },
          every: { amount: { CNY: 700 } },
        }),
        coded("Y", { kind: "bundle", components: [{ quantity: 2 }], price: { CNY: 600 } }),
      ],
      cart("4x A @ 4.00", honoured("X", "Y")),
    );
    expect(quote).toMatchObject({ total: 1300, optimality: { proven: true, bound: 0 } });
    expect(quote.codes.map(({ status }) => status)).toEqual(["applied", "applied"]);
  });

  test("that cannot be had beside another does not let the plan pass for proven", () => {
    const set = (code: string): PromotionInput =>
      coded(code, { kind: "bundle", components: [{ quantity: 2 }], price: { CNY: 600 } });
    const quote = quoteFor([set("X"), set("Y")], cart("2x A @ 4.00", honoured("X", "Y")));
    expect(quote).toMatchObject({ total: 600, optimality: { proven: false, bound: 0 } });
  });

  test("for which there is nothing in the cart stands in no proof's way", () => {
    const none = coded("X", { kind: "percent_off", percent: 10, select: { where: "line.sku == 'B'" } });
    const five = promotion({ key: "five", benefits: [{ kind: "percent_off", percent: 5 }] });
    const quote = quoteFor([none, five], cart("2x A @ 4.00", honoured("X")));
    expect(quote).toMatchObject({ total: 760, optimality: { proven: true, bound: 0 } });
  });
});

/** Most promotions have a code, and most of the codes are to be honoured. */
function instanceOf(seed: number): Instance {
  const dice = new Dice(seed);
  const { cart: bare, promotions } = randomInstance(seed, {
    groups: ["item"],
    units: 5,
    itemPromotions: 3,
    oddPrices: false,
    floors: false,
    conflicts: seed % 5 === 0,
  });
  const codes: { code: string; honour: boolean }[] = [];
  const withCodes = promotions.map((one): PromotionInput => {
    if (dice.chance(0.4)) return one;
    codes.push({ code: one.key, honour: dice.chance(0.7) });
    return { ...one, trigger: { type: "code", code: one.key } };
  });
  return { cart: { ...bare, codes }, promotions: withCodes };
}

test(
  "a proven plan has as many as can be, and no plan with as many is cheaper than is admitted",
  patience,
  () => {
    const counts = { compared: 0, proven: 0, several: 0 };
    for (const seed of seeds) {
      const instance = instanceOf(seed);
      const situation = situationFor(instance);
      if (!situation.candidates.some(({ code, rejection }) => code?.honour && rejection === null)) continue;
      const best = cheapestOfAll(situation, 600);
      if (best === null) continue;
      const possible = { count: honouredIn(situation, best.priced), total: best.total };
      const found = planExactly(situation);
      expect(found.disagreed, `seed ${seed}`).toBe(false);
      const { proven, bound } = found.optimality;
      const count = honouredIn(situation, found.priced);
      counts.compared++;
      if (proven) counts.proven++;
      if (count > 1) counts.several++;
      if (proven) expect(count, `seed ${seed}`).toBe(possible.count);
      if (count < possible.count) continue;
      const slack = proven ? found.priced.applications.length : 0;
      expect(found.priced.total - bound!, `seed ${seed}`).toBeLessThanOrEqual(possible.total + slack);
    }
    expect(counts.compared).toBeGreaterThan(seeds.length / 3);
    expect(counts.proven).toBeGreaterThan(counts.compared / 2);
    expect(counts.several).toBeGreaterThan(0);
  },
);

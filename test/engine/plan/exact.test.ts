/** The exact planner against every plan there is, and the laws that a proven plan obeys. */
import { describe, expect, test } from "vitest";
import { benefitKinds } from "../../../src/engine/benefits/index.ts";
import { planExactly } from "../../../src/engine/plan/exact/plan-exactly.ts";
import { planGreedily } from "../../../src/engine/plan/greedy.ts";
import { planByPriority } from "../../../src/engine/plan/priority.ts";
import { sized } from "../../faults/sizes.ts";
import { heldAgainstAllPlans, roundingOf } from "./against-all-plans.ts";
import { cheapestOfAll } from "./brute-force.ts";
import { type InstanceOptions, randomInstance } from "./random-instances.ts";
import { type Instance, situationFor } from "./situation-for.ts";

const isLong = process.env.LONG === "1";
const instancesPerFamily = sized(200, 4_000);
const plansPerInstance = isLong ? 20_000 : 600;
/** A busy machine takes its time over so many plans; nothing here is about time. */
const patience = { timeout: isLong ? 3_600_000 : 300_000 };

const plain: InstanceOptions = {
  groups: ["item"],
  units: 5,
  itemPromotions: 3,
  oddPrices: false,
  floors: false,
  conflicts: false,
};
const families: Readonly<Record<string, InstanceOptions>> = {
  "one group": plain,
  "prices that must be rounded": { ...plain, oddPrices: true },
  floors: { ...plain, floors: true },
  "stock of their own": { ...plain, stocks: true },
  "stock of their own in two groups": { ...plain, units: 4, groups: ["item", "second"], stocks: true },
  "two groups": { ...plain, units: 4, groups: ["item", "second"] },
  "every kind of benefit": { ...plain, units: 4, groups: ["item", "second"], everyKind: true },
  "every kind of benefit and promotions that exclude others": {
    ...plain,
    units: 4,
    groups: ["item", "second"],
    conflicts: true,
    everyKind: true,
  },
};

const askedOf = (instance: Instance) => {
  const found = planExactly(situationFor(instance));
  return { ...found, total: found.priced.total };
};

describe.each(Object.entries(families))("with %s", (_, options) => {
  test(
    `no plan of ${instancesPerFamily} small carts is cheaper than a proven one, or by more than the bound`,
    patience,
    () => {
      const { faults, proven, disagreed } = heldAgainstAllPlans((seed) => randomInstance(seed, options), {
        instances: instancesPerFamily,
        plans: plansPerInstance,
        isRounded: options.oddPrices || options.groups.length > 1,
      });
      expect(faults).toEqual([]);
      expect(proven).toBeGreaterThan(0.75);
      // Where the model says what a plan costs, the evaluator says the same; rarely it does not, and the proof is lost.
      expect(disagreed).toBeLessThan(0.005);
    },
  );

  test("it is never dearer than the merchant's order or the greedy planner", patience, () => {
    for (let seed = 10_001; seed <= 10_000 + instancesPerFamily / 4; seed++) {
      const instance = randomInstance(seed, options);
      const { total, priced } = askedOf(instance);
      expect(total).toBeLessThanOrEqual(planByPriority(situationFor(instance)).priced.total);
      // A proven plan is not compared with others that differ from it by rounding alone.
      const slack = options.oddPrices || options.groups.length > 1 ? roundingOf(priced) : 0;
      expect(total).toBeLessThanOrEqual(planGreedily(situationFor(instance)).priced.total + slack);
    }
  });
});

/** A further unit may then take the place of a dearer one. */
function reducesTheCheapest({ benefits }: Instance["promotions"][number]): boolean {
  return benefits.some((benefit) => "pick" in benefit && benefit.pick === "cheapest");
}

describe("a proven plan", () => {
  const provenOf = (seed: number) => {
    const instance = randomInstance(seed, { ...plain, units: 9, itemPromotions: 4 });
    const answer = askedOf(instance);
    return answer.optimality.proven ? { instance, answer } : null;
  };
  const seeds = Array.from({ length: sized(80, 2_000) }, (_, i) => 20_001 + i);

  test("does not get dearer by a further promotion, nor cheaper by one less", patience, () => {
    for (const seed of seeds) {
      const found = provenOf(seed);
      if (found === null || found.instance.promotions.length === 0) continue;
      const { cart, promotions } = found.instance;
      const fewer = askedOf({ cart, promotions: promotions.slice(1) });
      expect(found.answer.total, `seed ${seed}`).toBeLessThanOrEqual(fewer.total);
    }
  });

  test("gets dearer by a further unit by no more than the unit's price", patience, () => {
    let compared = 0;
    for (const seed of seeds) {
      const found = provenOf(seed);
      if (found === null || found.instance.promotions.some(reducesTheCheapest)) continue;
      compared++;
      const { cart, promotions } = found.instance;
      const [first, ...others] = cart.lines;
      const more = askedOf({
        cart: { ...cart, lines: [{ ...first!, quantity: first!.quantity + 1 }, ...others] },
        promotions,
      });
      if (more.optimality.proven)
        expect(more.total, `seed ${seed}`).toBeLessThanOrEqual(found.answer.total + first!.unitPrice);
    }
    expect(compared).toBeGreaterThan(seeds.length / 3);
  });

  test(
    "is the same whatever the order of lines and promotions, and however a line is split",
    patience,
    () => {
      for (const seed of seeds) {
        const found = provenOf(seed);
        if (found === null) continue;
        const { cart, promotions } = found.instance;
        const split = cart.lines.flatMap((line) =>
          line.quantity === 1
            ? [line]
            : [
                { ...line, quantity: 1 },
                { ...line, id: `${line.id}-2`, quantity: line.quantity - 1 },
              ],
        );
        const turned = askedOf({
          cart: { ...cart, lines: split.reverse() },
          promotions: [...promotions].reverse(),
        });
        expect(turned.total, `seed ${seed}`).toBe(found.answer.total);
        expect(turned.optimality).toEqual(found.answer.optimality);
      }
    },
  );
});

describe("what may happen, so nobody should count on the opposite", () => {
  const thirdFree: Instance["promotions"] = [
    {
      key: "third-free",
      trigger: { type: "automatic" },
      benefits: [{ kind: "bundle", components: [{ quantity: 3 }], price: { CNY: 1000 } }],
    },
  ];
  const units = (quantity: number, unitPrice = 700): Instance["cart"] => ({
    currency: "CNY",
    lines: [{ id: "1", sku: "A", quantity, unitPrice }],
  });

  test("one more unit makes the cart cheaper", () => {
    const two = askedOf({ cart: units(2), promotions: thirdFree });
    const three = askedOf({ cart: units(3), promotions: thirdFree });
    expect([two.total, three.total]).toEqual([1400, 1000]);
  });

  test("a further unit costs more than its price, for it is reduced in the place of a dearer one", () => {
    const cheapestFree: Instance["promotions"] = [
      {
        key: "cheapest-free",
        trigger: { type: "automatic" },
        benefits: [{ kind: "percent_off", percent: 100, maxUnits: 1, pick: "cheapest" }],
      },
    ];
    const dear = { id: "1", sku: "A", quantity: 1, unitPrice: 300 };
    const cheap = { id: "2", sku: "B", quantity: 1, unitPrice: 100 };
    const totalOf = (lines: (typeof dear)[]) =>
      askedOf({ cart: { currency: "CNY", lines }, promotions: cheapestFree }).total;
    expect([totalOf([dear]), totalOf([dear, cheap])]).toEqual([0, 300]);
  });

  test("a dearer unit makes the cart cheaper, for it reaches a threshold", () => {
    const overTen: Instance["promotions"] = [
      {
        key: "over-ten",
        trigger: { type: "automatic" },
        conditions: { kind: "subtotal", atLeast: { CNY: 1000 } },
        benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 300 } }],
      },
    ];
    expect(askedOf({ cart: units(1, 999), promotions: overTen }).total).toBe(999);
    expect(askedOf({ cart: units(1, 1000), promotions: overTen }).total).toBe(700);
  });
});

describe("thresholds of later stages", () => {
  const saves25: Instance["promotions"][number] = {
    key: "set",
    trigger: { type: "automatic" },
    benefits: [{ kind: "bundle", components: [{ quantity: 2 }], amount: { CNY: 2500 } }],
  };
  const overThreeHundred: Instance["promotions"][number] = {
    key: "300-50",
    trigger: { type: "automatic" },
    conditions: { kind: "subtotal", atLeast: { CNY: 30000 } },
    benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 5000 } }],
  };

  test("an item promotion that would cost a larger order discount is left out", () => {
    const { total, optimality } = askedOf({
      cart: { currency: "CNY", lines: [{ id: "1", sku: "A", quantity: 2, unitPrice: 16000 }] },
      promotions: [saves25, overThreeHundred],
    });
    expect(total).toBe(27000);
    expect(optimality).toEqual({ proven: true, bound: 0 });
  });

  test("goods are left as they are where that alone reaches a threshold, also if nobody can seek such plans", () => {
    const { total } = askedOf({
      cart: {
        currency: "CNY",
        lines: [
          { id: "1", sku: "A", quantity: 1, unitPrice: 1100 },
          { id: "2", sku: "B", quantity: 2, unitPrice: 800 },
        ],
      },
      promotions: [
        {
          key: "the-more-the-cheaper",
          trigger: { type: "automatic" },
          benefits: [
            {
              kind: "tiered",
              select: { skus: ["B"] },
              by: "amount",
              mode: "volume",
              tiers: [
                { from: { CNY: 600 }, benefit: { kind: "percent_off", percent: 20 } },
                { from: { CNY: 1500 }, benefit: { kind: "percent_off", percent: 30 } },
              ],
            },
          ],
        },
        {
          key: "27-6",
          trigger: { type: "automatic" },
          conditions: { kind: "subtotal", atLeast: { CNY: 2700 } },
          benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 600 } }],
        },
        {
          key: "27-tenth",
          trigger: { type: "automatic" },
          conditions: { kind: "subtotal", atLeast: { CNY: 2700 } },
          benefits: [{ kind: "percent_off", target: "order", percent: 10 }],
        },
        {
          key: "two-for-less",
          trigger: { type: "automatic" },
          benefits: [
            {
              kind: "tiered",
              select: { skus: ["B"] },
              by: "quantity",
              mode: "volume",
              tiers: [{ from: 2, benefit: { kind: "amount_off", amount: { CNY: 200 } } }],
            },
          ],
        },
      ],
    });
    expect(total).toBe(2100);
  });
});

test("goods of which a promotion has nothing left hide no others from it", () => {
  const { total, optimality } = askedOf({
    cart: {
      currency: "CNY",
      lines: [
        { id: "1", sku: "A", quantity: 1, unitPrice: 1000 },
        { id: "2", sku: "B", quantity: 2, unitPrice: 700 },
      ],
    },
    promotions: [
      {
        key: "each-line",
        priority: 1,
        trigger: { type: "automatic" },
        benefits: [{ kind: "amount_off", amount: { CNY: 100 }, per: "line" }],
      },
      {
        key: "one-at-half",
        trigger: { type: "automatic" },
        benefits: [{ kind: "percent_off", percent: 50, maxUnits: 1 }],
        limits: { stock: [{ sku: "A", units: 0 }] },
      },
    ],
  });
  expect({ total, bound: optimality.bound }).toEqual({ total: 1850, bound: 0 });
});

test("a promotion that takes the cheapest unit gets no dearer one while others cannot take all cheaper ones", () => {
  const instance: Instance = {
    cart: {
      currency: "CNY",
      lines: [
        { id: "1", sku: "A", quantity: 1, unitPrice: 900 },
        { id: "2", sku: "B", quantity: 3, unitPrice: 300 },
      ],
    },
    promotions: [
      {
        key: "cheapest-free",
        priority: 1,
        trigger: { type: "automatic" },
        benefits: [{ kind: "percent_off", percent: 100, maxUnits: 1, pick: "cheapest" }],
      },
      {
        // Of three units it could use, it was given two to sell: the third lies idle, and is the cheapest.
        key: "one-for-six",
        trigger: { type: "automatic" },
        benefits: [
          {
            kind: "amount_off",
            target: "item",
            select: { skus: ["B"] },
            amount: { CNY: 100 },
            every: { amount: { CNY: 600 } },
            maxTimes: 1,
          },
        ],
        limits: { stock: [{ sku: "B", units: 2 }] },
      },
    ],
  };
  expect(askedOf(instance).total).toBe(1400);
  // Where it was found.
  const random = randomInstance(506_345, families["stock of their own"]!);
  const { total, optimality } = askedOf(random);
  const best = cheapestOfAll(situationFor(random), plansPerInstance)!.total;
  expect(total).toBeGreaterThanOrEqual(best);
  expect(total - optimality.bound!).toBeLessThanOrEqual(best);
});

test("every benefit kind takes part in the comparison", () => {
  const drawn = new Set<string>();
  for (let seed = 1; seed <= 300; seed++)
    for (const { benefits } of randomInstance(seed, families["every kind of benefit"]!).promotions)
      for (const { kind } of benefits) drawn.add(kind);
  expect([...drawn].sort()).toEqual(benefitKinds.map(({ kind }) => kind).sort());
});

/** Buy some, get others, where units serve for both: the planner against every plan there is. */
import { expect, test } from "vitest";
import { Dice } from "../../../scripts/bench-planner/dice.ts";
import { planExactly } from "../../../src/engine/plan/exact/plan-exactly.ts";
import type { PromotionInput } from "../../../src/engine/promotion.ts";
import { sized } from "../../faults/sizes.ts";
import type { BenefitInput } from "../engine-call.ts";
import { cheapestOfAll } from "./brute-force.ts";
import { type Instance, situationFor } from "./situation-for.ts";

const isLong = process.env.LONG === "1";
const carts = sized(80, 6_000);
const plansPerCart = isLong ? 4_000 : 1_500;
const patience = { timeout: isLong ? 3_600_000 : 300_000 };

/** Up to six lines, each bought, got, both or neither; and a rival that wants some of them. */
function buyAndGet(seed: number): Instance {
  const dice = new Dice(seed);
  const lines = Array.from({ length: dice.int(3, 6) }, (_, i) => ({
    id: `${i}`,
    sku: `${i}`,
    tags: dice.of([["buy"], ["get"], ["buy", "get"], ["buy", "get"], ["buy", "rival"], ["get", "rival"]]),
    quantity: dice.of([1, 1, 1, 2]),
    unitPrice: dice.int(1, dice.of([4, 12])) * 100,
  }));
  const promotion = (key: string, benefit: object): PromotionInput => ({
    key,
    trigger: { type: "automatic" },
    benefits: [benefit as BenefitInput],
  });
  return {
    cart: { currency: "CNY", lines },
    promotions: [
      promotion("others", {
        kind: "buy_x_get_y",
        buy: { select: { tags: ["buy"] }, quantity: dice.of([1, 1, 2]) },
        get: { select: { tags: ["get"] }, quantity: dice.of([1, 1, 1, 2]) },
        percent: 100,
        pick: dice.of(["cheapest", "cheapest", "dearest"]),
        allocate: "target",
        ...(dice.chance(0.2) && { maxTimes: dice.int(1, 2) }),
      }),
      ...(dice.chance(0.6)
        ? [
            promotion("rival", {
              kind: "bundle",
              components: [{ select: { tags: ["rival"] }, quantity: 2 }],
              percent: 50,
            }),
          ]
        : []),
    ],
  };
}

test(
  `no plan of ${carts} carts is cheaper than a proven one, and the model knows what a plan brings`,
  patience,
  () => {
    const faults: string[] = [];
    let compared = 0;
    let proven = 0;
    let disagreed = 0;
    for (let seed = 1; compared < carts; seed++) {
      const instance = buyAndGet(seed);
      const best = cheapestOfAll(situationFor(instance), plansPerCart);
      if (best === null) continue;
      compared++;
      const found = planExactly(situationFor(instance));
      const { proven: isProven, bound } = found.optimality;
      if (isProven) proven++;
      if (found.disagreed) disagreed++;
      const { total } = found.priced;
      if (total - (bound ?? 0) > best.total)
        faults.push(`${seed}: pays ${total}, bound ${bound}, but ${best.total} is possible`);
      if (total < best.total) faults.push(`${seed}: pays ${total}, which no legal plan does`);
    }
    expect(faults).toEqual([]);
    expect(proven / compared).toBeGreaterThan(0.95);
    expect(disagreed / compared).toBeLessThan(0.05);
  },
);

test("goods that are bought and got may be got although dearer sets are complete already", () => {
  const line = (id: string, unitPrice: number, ...tags: string[]) => ({
    id,
    sku: id,
    tags,
    quantity: 1,
    unitPrice,
  });
  const { priced, optimality } = planExactly(
    situationFor({
      cart: {
        currency: "CNY",
        lines: [
          line("1", 10000, "buy"),
          line("2", 9000, "get"),
          line("3", 5000, "buy", "get"),
          line("4", 4000, "buy", "rival"),
          line("5", 3000, "buy", "rival"),
          line("6", 2000, "get"),
        ],
      },
      promotions: [
        {
          key: "others",
          trigger: { type: "automatic" },
          benefits: [
            {
              kind: "buy_x_get_y",
              buy: { select: { tags: ["buy"] }, quantity: 1 },
              get: { select: { tags: ["get"] }, quantity: 1 },
            },
          ],
        },
        {
          key: "rival",
          priority: 1,
          trigger: { type: "automatic" },
          benefits: [
            {
              kind: "bundle",
              components: [{ select: { tags: ["rival"] }, quantity: 2 }],
              amount: { CNY: 1000 },
            },
          ],
        },
      ],
    }),
  );
  expect(priced.total).toBe(33000 - 16000);
  expect(optimality).toEqual({ proven: true, bound: 0 });
});

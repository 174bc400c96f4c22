import { z } from "zod";
import { defineBenefit } from "../kind.ts";
import { moneyMap } from "../money.ts";
import { thresholdReasons, tooLow } from "./target.ts";

export const points = defineBenefit({
  kind: "points",
  summary:
    "Points: a fixed number, one per amount of goods after discounts, or a multiplier on the points earned anyway.",
  params: z.strictObject({
    fixed: z.int().min(1).max(1_000_000_000).optional(),
    perAmount: moneyMap.optional().describe("One point for each such amount."),
    multiplier: z.number().gt(1).max(100).optional(),
    programme: z
      .string()
      .max(64)
      .regex(/^[a-z0-9][a-z0-9-]*$/)
      .optional()
      .describe("Which currency of points; left out, `points`."),
  }),
  example: { perAmount: { CNY: 100 } },
  stages: ["reward"],
  reasons: thresholdReasons,
  compile({ fixed, perAmount, multiplier, programme }, compiler, path) {
    if ([fixed, perAmount, multiplier].filter((given) => given !== undefined).length !== 1)
      compiler.issue(
        path,
        "one_of_fixed_per_amount_multiplier",
        "Points have exactly one of `fixed`, `perAmount` and `multiplier`.",
      );
    if (perAmount !== undefined) {
      compiler.currencies(perAmount, `${path}/perAmount`);
      if (Object.values(perAmount).includes(0))
        compiler.issue(`${path}/perAmount`, "every_zero", "An amount per point must be above zero.");
    }
    const goods = compiler.selector(undefined, path);
    const named = programme === undefined ? {} : { programme };
    return {
      stage: "reward",
      selectors: [],
      grant(view) {
        if (multiplier !== undefined)
          return { reward: { kind: "points", points: null, multiplier, ...named }, times: 1 };
        if (perAmount === undefined)
          return { reward: { kind: "points", points: fixed ?? 0, ...named }, times: 1 };
        const step = perAmount[view.currency]!;
        const worth = view.subtotal(goods);
        return worth < step
          ? tooLow(step, worth, goods)
          : { reward: { kind: "points", points: Math.floor(worth / step), ...named }, times: 1 };
      },
    };
  },
  words({ fixed, perAmount, multiplier }, say) {
    if (multiplier !== undefined)
      return say.pick({ en: `${multiplier} times the points`, "zh-CN": `${multiplier}倍积分` });
    if (perAmount !== undefined)
      return say.pick({
        en: `one point for each ${say.money(perAmount)}`,
        "zh-CN": `每${say.money(perAmount)}得1积分`,
      });
    return say.pick({ en: `${fixed} points`, "zh-CN": `赠${fixed}积分` });
  },
});

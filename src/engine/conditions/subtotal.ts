import { z } from "zod";
import { defineCondition, met, unmet } from "../kind.ts";
import { moneyMap } from "../money.ts";
import { selectorSchema } from "../selectors/selector.ts";
import { checkMoneyBounds, requiredGoods } from "./bounds.ts";

export const subtotal = defineCondition({
  kind: "subtotal",
  summary:
    "The goods (all, or those selected) are worth this much. Bounds are inclusive; shipping does not count.",
  params: z.strictObject({
    atLeast: moneyMap.optional(),
    atMost: moneyMap.optional(),
    base: z
      .enum(["current", "list"])
      .default("current")
      .describe(
        "`current`: prices as left by earlier stages. `list`: prices in the cart before any promotion.",
      ),
    select: selectorSchema.optional(),
  }),
  example: { atLeast: { CNY: 20000 } },
  needs: [],
  reasons: {
    subtotal_too_low: { en: "Spend a little more to get this.", "zh-CN": "再买一点即可享受。" },
    subtotal_too_high: {
      en: "The cart is worth too much for this offer.",
      "zh-CN": "订单金额超出了此优惠的范围。",
    },
  },
  compile({ atLeast, atMost, base, select }, compiler, path) {
    const goods = compiler.selector(select, `${path}/select`);
    checkMoneyBounds({ atLeast, atMost }, compiler, path);
    return {
      // Which goods are "discounted" by now depends on the stage even where prices are the cart's own.
      dependsOnStage: base === "current" || goods.excludeDiscounted,
      staysUnmet: atMost === undefined,
      ...(atLeast !== undefined && goods.coversEverything && { requiresSpend: atLeast }),
      ...requiredGoods(goods, atLeast !== undefined && Object.values(atLeast).every((least) => least > 0)),
      test(view) {
        const { currency } = view.cart;
        const actual = view.subtotal(goods, base);
        const least = atLeast?.[currency];
        if (least !== undefined && actual < least) {
          return unmet("subtotal_too_low", {
            required: least,
            actual,
            gap: least - actual,
            gapIn: "amount",
            gapOf: goods,
          });
        }
        const most = atMost?.[currency];
        if (most !== undefined && actual > most)
          return unmet("subtotal_too_high", { required: most, actual });
        return met;
      },
    };
  },
  words({ atLeast, atMost, select }, say) {
    const goods = say.select(select);
    const parts: string[] = [];
    if (atLeast !== undefined)
      parts.push(
        say.pick({
          en: `${goods} worth at least ${say.money(atLeast)}`,
          "zh-CN": `${goods}满${say.money(atLeast)}`,
        }),
      );
    if (atMost !== undefined)
      parts.push(
        say.pick({
          en: `${goods} worth at most ${say.money(atMost)}`,
          "zh-CN": `${goods}不超过${say.money(atMost)}`,
        }),
      );
    return parts.join(say.pick({ en: " and ", "zh-CN": "且" }));
  },
});

import { z } from "zod";
import { defineCondition, met, unmet } from "../kind.ts";
import { selectorSchema } from "../selectors/selector.ts";
import { checkBounds, requiredGoods } from "./bounds.ts";

export const quantity = defineCondition({
  kind: "quantity",
  summary: "So many units of the goods (all, or those selected) are in the cart. Bounds are inclusive.",
  params: z.strictObject({
    atLeast: z.int().min(0).optional(),
    atMost: z.int().min(0).optional(),
    select: selectorSchema.optional(),
  }),
  example: { atLeast: 3, select: { categories: ["skincare"] } },
  needs: [],
  reasons: {
    quantity_too_low: { en: "Add a few more units to get this.", "zh-CN": "再加购几件即可享受。" },
    quantity_too_high: {
      en: "There are too many units in the cart for this offer.",
      "zh-CN": "商品件数超出了此优惠的范围。",
    },
  },
  compile({ atLeast = 0, atMost, select }, compiler, path) {
    const goods = compiler.selector(select, `${path}/select`);
    checkBounds({ atLeast: atLeast === 0 ? undefined : atLeast, atMost }, compiler, path);
    return {
      dependsOnStage: goods.excludeDiscounted,
      staysUnmet: atMost === undefined,
      ...requiredGoods(goods, atLeast > 0),
      test(view) {
        const actual = view.quantity(goods);
        if (actual < atLeast) {
          return unmet("quantity_too_low", {
            required: atLeast,
            actual,
            gap: atLeast - actual,
            gapIn: "units",
            gapOf: goods,
          });
        }
        if (atMost !== undefined && actual > atMost)
          return unmet("quantity_too_high", { required: atMost, actual });
        return met;
      },
    };
  },
  words({ atLeast, atMost, select }, say) {
    const goods = say.select(select);
    const parts: string[] = [];
    if (atLeast !== undefined)
      parts.push(
        say.pick({ en: `at least ${atLeast} units of ${goods}`, "zh-CN": `${goods}满${atLeast}件` }),
      );
    if (atMost !== undefined)
      parts.push(
        say.pick({ en: `at most ${atMost} units of ${goods}`, "zh-CN": `${goods}不超过${atMost}件` }),
      );
    return parts.join(say.pick({ en: " and ", "zh-CN": "且" }));
  },
});

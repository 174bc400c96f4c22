import { z } from "zod";
import { defineCondition, met, unmet } from "../kind.ts";
import { selectorSchema } from "../selectors/selector.ts";
import { checkBounds, requiredGoods } from "./bounds.ts";

export const distinct = defineCondition({
  kind: "distinct",
  summary:
    "So many different SKUs or products of the goods (all, or those selected) are in the cart. Bounds are inclusive.",
  params: z.strictObject({
    by: z.enum(["sku", "product"]).default("sku"),
    atLeast: z.int().min(0).optional(),
    atMost: z.int().min(0).optional(),
    select: selectorSchema.optional(),
  }),
  example: { by: "product", atLeast: 2 },
  needs: [],
  reasons: {
    distinct_too_low: { en: "Add another kind of goods to get this.", "zh-CN": "再加购其他款式即可享受。" },
    distinct_too_high: {
      en: "There are too many kinds of goods in the cart for this offer.",
      "zh-CN": "商品款数超出了此优惠的范围。",
    },
  },
  compile({ by, atLeast = 0, atMost, select }, compiler, path) {
    const goods = compiler.selector(select, `${path}/select`);
    checkBounds({ atLeast: atLeast === 0 ? undefined : atLeast, atMost }, compiler, path);
    return {
      dependsOnStage: goods.excludeDiscounted,
      staysUnmet: atMost === undefined,
      ...requiredGoods(goods, atLeast > 0),
      test(view) {
        const actual = view.distinct(goods, by);
        if (actual < atLeast) {
          return unmet("distinct_too_low", {
            required: atLeast,
            actual,
            gap: atLeast - actual,
            gapIn: "units",
            gapOf: goods,
          });
        }
        if (atMost !== undefined && actual > atMost)
          return unmet("distinct_too_high", { required: atMost, actual });
        return met;
      },
    };
  },
  words({ by, atLeast, atMost, select }, say) {
    const goods = say.select(select);
    const things = say.pick({
      en: by === "sku" ? "SKUs" : "products",
      "zh-CN": by === "sku" ? "个不同 SKU" : "款不同商品",
    });
    const parts: string[] = [];
    if (atLeast !== undefined)
      parts.push(
        say.pick({
          en: `at least ${atLeast} different ${things} of ${goods}`,
          "zh-CN": `${goods}至少${atLeast}${things}`,
        }),
      );
    if (atMost !== undefined)
      parts.push(
        say.pick({
          en: `at most ${atMost} different ${things} of ${goods}`,
          "zh-CN": `${goods}最多${atMost}${things}`,
        }),
      );
    return parts.join(say.pick({ en: " and ", "zh-CN": "且" }));
  },
});

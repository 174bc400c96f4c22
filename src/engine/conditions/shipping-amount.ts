import { z } from "zod";
import { defineCondition, met, unmet } from "../kind.ts";
import { moneyMap } from "../money.ts";
import { checkMoneyBounds } from "./bounds.ts";

export const shippingAmount = defineCondition({
  kind: "shipping_amount",
  summary: "Shipping costs this much, after what earlier stages took off. Bounds are inclusive.",
  params: z.strictObject({ atLeast: moneyMap.optional(), atMost: moneyMap.optional() }),
  example: { atMost: { CNY: 2000 } },
  needs: [],
  reasons: {
    shipping_amount_too_low: {
      en: "Shipping costs too little for this offer.",
      "zh-CN": "运费未达到此优惠的要求。",
    },
    shipping_amount_too_high: {
      en: "Shipping costs too much for this offer.",
      "zh-CN": "运费超出了此优惠的范围。",
    },
  },
  compile({ atLeast, atMost }, compiler, path) {
    checkMoneyBounds({ atLeast, atMost }, compiler, path);
    return {
      dependsOnStage: true,
      staysUnmet: atMost === undefined,
      test(view) {
        const { currency } = view.cart;
        const actual = view.shippingAmount();
        // No gap: nobody wants dearer shipping in order to save.
        const least = atLeast?.[currency];
        if (least !== undefined && actual < least)
          return unmet("shipping_amount_too_low", { required: least, actual });
        const most = atMost?.[currency];
        if (most !== undefined && actual > most)
          return unmet("shipping_amount_too_high", { required: most, actual });
        return met;
      },
    };
  },
  words({ atLeast, atMost }, say) {
    const parts: string[] = [];
    if (atLeast !== undefined)
      parts.push(
        say.pick({
          en: `shipping of at least ${say.money(atLeast)}`,
          "zh-CN": `运费不低于${say.money(atLeast)}`,
        }),
      );
    if (atMost !== undefined)
      parts.push(
        say.pick({
          en: `shipping of at most ${say.money(atMost)}`,
          "zh-CN": `运费不超过${say.money(atMost)}`,
        }),
      );
    return parts.join(say.pick({ en: " and ", "zh-CN": "且" }));
  },
});

import { z } from "zod";
import { defineBenefit } from "../kind.ts";
import { moneyMap, wholePercent } from "../money.ts";
import { methods, shipments } from "./target.ts";

export const freeShipping = defineBenefit({
  kind: "free_shipping",
  summary: "Shipping for nothing, or up to an amount over all shipments.",
  params: z.strictObject({ methods: methods.optional(), maxAmount: moneyMap.optional() }),
  example: { methods: ["standard"], maxAmount: { CNY: 1500 } },
  stages: ["shipping"],
  reasons: {},
  compile({ methods, maxAmount }, compiler, path) {
    const goods = shipments(methods, compiler, path);
    if (maxAmount !== undefined) compiler.currencies(maxAmount, `${path}/maxAmount`);
    return {
      stage: "shipping",
      selectors: [goods],
      propose(view) {
        const shares = view
          .free(goods, "paid")
          .map((range) => ({ range, base: range.price, percent: wholePercent }));
        return { wishes: [{ type: "each", shares }], times: 1, cap: maxAmount?.[view.currency] };
      },
    };
  },
  words({ methods, maxAmount }, say) {
    const which = methods === undefined ? "" : ` (${say.list(methods)})`;
    const most =
      maxAmount === undefined
        ? ""
        : say.pick({ en: ` up to ${say.money(maxAmount)}`, "zh-CN": `,最多减${say.money(maxAmount)}` });
    return say.pick({ en: `free shipping${which}${most}`, "zh-CN": `免运费${which}${most}` });
  },
});

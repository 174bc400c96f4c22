import { z } from "zod";
import { takeUnits } from "../goods.ts";
import { defineBenefit } from "../kind.ts";
import { moneyMap, wholePercent } from "../money.ts";
import { selectorSchema } from "../selectors/selector.ts";
import { compileTarget, inOrder, methods, unitLimit } from "./target.ts";

export const fixedPrice = defineBenefit({
  kind: "fixed_price",
  summary: "Each covered unit (or shipment) at this price, only where that is lower.",
  params: z.strictObject({
    target: z.enum(["item", "shipping"]).default("item"),
    select: selectorSchema.optional(),
    methods: methods.optional(),
    price: moneyMap,
    ...unitLimit,
  }),
  example: { target: "item", select: { skus: ["MUG"] }, price: { CNY: 9900 }, maxUnits: 2 },
  stages: ["item", "shipping"],
  reasons: {},
  compile({ price, maxUnits, pick, ...rest }, compiler, path) {
    const { stage, goods } = compileTarget(rest, compiler, path);
    compiler.currencies(price, `${path}/price`);
    return {
      stage,
      selectors: [goods],
      hasNoThreshold: true,
      propose(view) {
        const fixed = price[view.currency]!;
        const dearer = view.free(goods, "paid").filter((range) => range.price > fixed);
        const ranges =
          maxUnits === undefined ? dearer : takeUnits(inOrder(dearer, pick ?? "dearest"), maxUnits);
        return {
          wishes: [
            {
              type: "each",
              shares: ranges.map((range) => ({ range, base: range.price - fixed, percent: wholePercent })),
            },
          ],
          times: 1,
        };
      },
    };
  },
  words({ target, select, price, maxUnits }, say) {
    const goods = target === "shipping" ? say.pick({ en: "shipping", "zh-CN": "运费" }) : say.select(select);
    const units =
      maxUnits === undefined
        ? ""
        : say.pick({ en: `, at most ${maxUnits} units`, "zh-CN": `,限${maxUnits}件` });
    return say.pick({
      en: `${goods} for ${say.money(price)} each${units}`,
      "zh-CN": `${goods}一口价${say.money(price)}${units}`,
    });
  },
});

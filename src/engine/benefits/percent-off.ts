import { z } from "zod";
import { defineBenefit } from "../kind.ts";
import { moneyMap } from "../money.ts";
import { selectorSchema } from "../selectors/selector.ts";
import { compileTarget, coveredUnits, methods, unitLimit } from "./target.ts";

export const percentOff = defineBenefit({
  kind: "percent_off",
  summary: "Percent off what the selector covers.",
  params: z.strictObject({
    target: z.enum(["item", "order", "shipping"]).default("item"),
    select: selectorSchema.optional(),
    methods: methods.optional(),
    percent: z.number().describe("Above 0, at most 100, with at most four decimals."),
    maxAmount: moneyMap.optional().describe("The most the benefit takes off."),
    ...unitLimit,
    basis: z
      .enum(["running", "list"])
      .default("running")
      .describe("`list`: of the price in the cart before any promotion."),
  }),
  example: { target: "item", select: { categories: ["skincare"] }, percent: 10 },
  stages: ["item", "order", "shipping"],
  reasons: {},
  compile({ percent, maxAmount, basis, ...rest }, compiler, path) {
    const { stage, goods } = compileTarget(rest, compiler, path);
    const rate = compiler.percent(percent, `${path}/percent`);
    if (maxAmount !== undefined) compiler.currencies(maxAmount, `${path}/maxAmount`);
    return {
      stage,
      selectors: [goods],
      hasNoThreshold: true,
      propose(view) {
        const cap = maxAmount?.[view.currency];
        const all = basis === "running" && rest.maxUnits === undefined ? view.everything(goods) : null;
        if (all?.worth === 0) return { wishes: null };
        if (all !== null)
          return {
            wishes: [{ type: "everything", goods: all, as: "each", base: all.worth, percent: rate }],
            times: 1,
            cap,
          };
        const shares = coveredUnits(view, goods, rest).map((range) => ({
          range,
          base: basis === "list" ? view.unitPrice(range) : range.price,
          percent: rate,
        }));
        return { wishes: [{ type: "each", shares }], times: 1, cap };
      },
    };
  },
  words({ target, select, percent, maxAmount, maxUnits }, say) {
    const goods = target === "shipping" ? say.pick({ en: "shipping", "zh-CN": "运费" }) : say.select(select);
    const units =
      maxUnits === undefined
        ? ""
        : say.pick({ en: ` (at most ${maxUnits} units)`, "zh-CN": `(最多${maxUnits}件)` });
    const most =
      maxAmount === undefined
        ? ""
        : say.pick({ en: `, at most ${say.money(maxAmount)}`, "zh-CN": `,最多减${say.money(maxAmount)}` });
    return say.pick({
      en: `${say.percent(percent)} off ${goods}${units}${most}`,
      "zh-CN": `${goods}减${say.percent(percent)}${units}${most}`,
    });
  },
});

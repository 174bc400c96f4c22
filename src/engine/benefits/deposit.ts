import { z } from "zod";
import { takeUnits, unitsIn } from "../goods.ts";
import { defineBenefit, unmet } from "../kind.ts";
import { moneyMap, wholePercent } from "../money.ts";
import { selectorSchema } from "../selectors/selector.ts";
import { inOrder } from "./target.ts";

export const deposit = defineBenefit({
  kind: "deposit",
  summary:
    "Presale: a paid deposit counts for more against the balance. Each covered unit with a proven deposit gets `worth − paid` off.",
  params: z.strictObject({ paid: moneyMap, worth: moneyMap, select: selectorSchema.optional() }),
  example: { paid: { CNY: 5000 }, worth: { CNY: 10000 }, select: { skus: ["SET-580"] } },
  stages: ["order"],
  reasons: {
    deposit_missing: { en: "This is for those who paid the deposit.", "zh-CN": "此优惠需已支付定金。" },
  },
  compile({ paid, worth, select }, compiler, path) {
    const goods = compiler.selector(select, `${path}/select`);
    compiler.currencies(paid, `${path}/paid`);
    compiler.currencies(worth, `${path}/worth`);
    for (const [currency, amount] of Object.entries(paid)) {
      if ((worth[currency] ?? amount) < amount)
        compiler.issue(
          `${path}/worth/${currency}`,
          "worth_below_paid",
          "A deposit must be worth at least what was paid.",
        );
    }
    return {
      stage: "order",
      selectors: [goods],
      deposit: { goods, paid },
      propose(view) {
        if (view.depositUnits === 0)
          return { wishes: null, unmet: unmet("deposit_missing", { required: 1, actual: 0 }) };
        const ranges = takeUnits(inOrder(view.free(goods, "paid"), "dearest"), view.depositUnits);
        const base = worth[view.currency]! - paid[view.currency]!;
        return {
          wishes: [{ type: "each", shares: ranges.map((range) => ({ range, base, percent: wholePercent })) }],
          times: unitsIn(ranges),
        };
      },
    };
  },
  words({ paid, worth, select }, say) {
    return say.pick({
      en: `a deposit of ${say.money(paid)} counts for ${say.money(worth)} on ${say.select(select)}`,
      "zh-CN": `${say.select(select)}定金${say.money(paid)}抵${say.money(worth)}`,
    });
  },
});

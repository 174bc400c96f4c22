import { z } from "zod";
import { defineBenefit, unmet } from "../kind.ts";
import { moneyMap } from "../money.ts";
import type { UnitsAboveSafety } from "../safety-stock.ts";
import { every, thresholdReasons, tooFew, tooLow } from "./target.ts";

const sku = z.string().min(1).max(200);

export const gift = defineBenefit({
  kind: "gift",
  summary:
    "A SKU for nothing, or a choice of several, with a stock quota of its own. An extra unit outside every base.",
  params: z.strictObject({
    sku: sku.optional(),
    choices: z.array(sku).min(2).max(50).optional().describe("The customer picks one."),
    quantity: z.int().min(1).max(1_000).default(1),
    every: every.optional(),
    maxTimes: z.int().min(1).optional(),
    stock: z.int().min(1).optional().describe("How many units the promotion has to give."),
    value: moneyMap.optional().describe("What one unit is worth."),
    unitCost: moneyMap
      .optional()
      .describe("What one unit costs you: a cost of the campaign from then on, and in no quote."),
  }),
  example: { sku: "BAG", quantity: 1, stock: 1000, value: { CNY: 20000 } },
  stages: ["reward"],
  reasons: { ...thresholdReasons, gift_out_of_stock: { en: "The gifts are gone.", "zh-CN": "赠品已送完。" } },
  compile({ sku, choices, quantity, every, maxTimes, stock, value }, compiler, path) {
    if ((sku === undefined) === (choices === undefined))
      compiler.issue(path, "one_of_sku_choices", "A gift has exactly one of `sku` and `choices`.");
    if (every === undefined && maxTimes !== undefined)
      compiler.issue(`${path}/maxTimes`, "max_times_needs_every", "`maxTimes` goes with `every`.");
    if (value !== undefined) compiler.currencies(value, `${path}/value`);
    if (every !== undefined && "amount" in every) {
      compiler.currencies(every.amount, `${path}/every/amount`);
      if (Object.values(every.amount).includes(0))
        compiler.issue(`${path}/every/amount`, "every_zero", "A threshold that repeats must be above zero.");
    }
    const goods = compiler.selector(undefined, path);
    return {
      stage: "reward",
      selectors: [],
      grant(view) {
        let times = 1;
        if (every !== undefined) {
          const step = "amount" in every ? every.amount[view.currency]! : every.quantity;
          const base = "amount" in every ? view.subtotal(goods) : view.quantity(goods);
          times = Math.min(Math.floor(base / step), maxTimes ?? Number.MAX_SAFE_INTEGER);
          if (times === 0) return "amount" in every ? tooLow(step, base, goods) : tooFew(step, base, goods);
        }
        if (stock !== undefined) times = Math.min(times, Math.floor((stock - view.stockTaken) / quantity));
        if (times <= 0)
          return unmet("gift_out_of_stock", {
            required: quantity,
            actual: Math.max(0, (stock ?? 0) - view.stockTaken),
          });
        const offered = (choices ?? [sku!]).map((name) => ({ name, above: view.aboveSafety(name) }));
        const most = Math.max(...offered.map(({ above }) => giftsOf(above, quantity)));
        if (most === 0) {
          const { required, actual } = offered[0]!.above!;
          return unmet("stock_below_safety", { required, actual });
        }
        times = Math.min(times, most);
        const there = offered.flatMap(({ name, above }) => (giftsOf(above, quantity) >= times ? [name] : []));
        const reward = {
          kind: "gift",
          sku: sku ?? null,
          ...(choices !== undefined && { choices: there }),
          quantity: quantity * times,
          value: value?.[view.currency] ?? null,
        } as const;
        return { reward, times };
      },
    };
  },
  words({ sku, choices, quantity, every }, say) {
    const what =
      sku ??
      say.pick({
        en: `your choice of ${say.list(choices ?? [])}`,
        "zh-CN": `${say.list(choices ?? [])}任选`,
      });
    const each =
      every === undefined
        ? ""
        : "amount" in every
          ? say.money(every.amount)
          : say.pick({ en: `${every.quantity} units`, "zh-CN": `${every.quantity}件` });
    return say.pick({
      en: `${quantity} × ${what} as a gift${each === "" ? "" : ` for every ${each}`}`,
      "zh-CN": `${each === "" ? "" : `每满${each}`}赠送${what} × ${quantity}`,
    });
  },
});

/** How many times so many units are there to give. */
function giftsOf(above: UnitsAboveSafety | null, quantity: number): number {
  return above === null ? Number.MAX_SAFE_INTEGER : Math.floor(above.units / quantity);
}

import { z } from "zod";
import type { Range } from "../goods.ts";
import { unitsIn } from "../goods.ts";
import { defineBenefit, type Unmet, type Wish } from "../kind.ts";
import { moneyMap, wholePercent } from "../money.ts";
import { selectorSchema } from "../selectors/selector.ts";
import {
  compileTarget,
  coveredUnits,
  every,
  methods,
  stageWorth,
  thresholdReasons,
  tooFew,
  tooLow,
  unitLimit,
} from "./target.ts";

export const amountOff = defineBenefit({
  kind: "amount_off",
  summary: "An amount off, per unit, per line or once; `every` repeats it per threshold.",
  params: z.strictObject({
    target: z.enum(["item", "order", "shipping"]).default("item"),
    select: selectorSchema.optional(),
    methods: methods.optional(),
    amount: moneyMap,
    per: z.enum(["unit", "line", "order"]).default("order"),
    every: every.optional(),
    maxTimes: z.int().min(1).optional(),
    ...unitLimit,
  }),
  example: { target: "order", amount: { CNY: 3000 }, every: { amount: { CNY: 20000 } }, maxTimes: 5 },
  stages: ["item", "order", "shipping"],
  reasons: thresholdReasons,
  compile({ amount, per, every, maxTimes, ...rest }, compiler, path) {
    const { stage, goods } = compileTarget(rest, compiler, path);
    compiler.currencies(amount, `${path}/amount`);
    if (every !== undefined && "amount" in every) compiler.currencies(every.amount, `${path}/every/amount`);
    if (every !== undefined && "amount" in every && Object.values(every.amount).includes(0))
      compiler.issue(`${path}/every/amount`, "every_zero", "A threshold that repeats must be above zero.");
    if (per !== "order" && every !== undefined)
      compiler.issue(`${path}/every`, "every_needs_per_order", '`every` goes with `per: "order"`.');
    if (every === undefined && maxTimes !== undefined)
      compiler.issue(`${path}/maxTimes`, "max_times_needs_every", "`maxTimes` goes with `every`.");
    if (per === "unit" && stage !== "item")
      compiler.issue(`${path}/per`, "per_unit_needs_item", '`per: "unit"` goes with target `item`.');
    if (per === "line" && stage === "order")
      compiler.issue(
        `${path}/per`,
        "per_line_needs_item",
        '`per: "line"` goes with target `item` or `shipping`.',
      );

    /** How often the threshold is reached, or what is missing to reach it once. */
    const timesReached = (worth: () => number, units: () => number, currency: string): number | Unmet => {
      if (every === undefined) return 1;
      const step = "amount" in every ? every.amount[currency]! : every.quantity;
      const base = "amount" in every ? worth() : units();
      const times = Math.floor(base / step);
      if (times > 0) return Math.min(times, maxTimes ?? times);
      return "amount" in every ? tooLow(step, base, goods) : tooFew(step, base, goods);
    };
    return {
      stage,
      selectors: [goods],
      hasNoThreshold: every === undefined,
      propose(view) {
        const base = amount[view.currency]!;
        const all = rest.maxUnits === undefined ? view.everything(goods) : null;
        if (all !== null) {
          const times = timesReached(
            () => all.stageWorth,
            () => all.quantity,
            view.currency,
          );
          if (typeof times !== "number") return { wishes: null, unmet: times };
          if (all.worth === 0) return { wishes: null };
          return {
            wishes: [
              {
                type: "everything",
                goods: all,
                as: "shared",
                base: repeated(base, times),
                percent: wholePercent,
              },
            ],
            times,
          };
        }
        const ranges = coveredUnits(view, goods, rest);
        const times = timesReached(
          () => stageWorth(ranges),
          () => unitsIn(ranges),
          view.currency,
        );
        if (typeof times !== "number") return { wishes: null, unmet: times };
        const paid = ranges.filter((range) => range.price > 0);
        if (paid.length === 0) return { wishes: null };
        if (per === "unit") {
          const shares = paid.map((range) => ({ range, base, percent: wholePercent }));
          return { wishes: [{ type: "each", shares }], times: 1 };
        }
        if (per === "line") return { wishes: onePerLine(paid, base), times: 1 };
        return {
          wishes: [{ type: "shared", over: paid, base: repeated(base, times), percent: wholePercent }],
          times,
          ...(every !== undefined && { counted: ranges }),
        };
      },
    };
  },
  words({ target, select, amount, per, every, maxTimes }, say) {
    const goods = target === "shipping" ? say.pick({ en: "shipping", "zh-CN": "运费" }) : say.select(select);
    const money = say.money(amount);
    const times =
      maxTimes === undefined
        ? ""
        : say.pick({ en: `, at most ${maxTimes} times`, "zh-CN": `,最多${maxTimes}次` });
    if (every !== undefined) {
      const step =
        "amount" in every
          ? say.money(every.amount)
          : say.pick({ en: `${every.quantity} units`, "zh-CN": `${every.quantity}件` });
      return say.pick({
        en: `${money} off for every ${step} of ${goods}${times}`,
        "zh-CN": `${goods}每满${step}减${money}${times}`,
      });
    }
    const unit = {
      unit: say.pick({ en: " each unit of", "zh-CN": "每件" }),
      line: say.pick({ en: " each line of", "zh-CN": "每行" }),
      order: "",
    }[per];
    return say.pick({ en: `${money} off${unit} ${goods}`, "zh-CN": `${goods}${unit}减${money}` });
  },
});

/** More than any cart can be worth is as good as all. */
function repeated(amount: number, times: number): number {
  return Math.min(amount * times, Number.MAX_SAFE_INTEGER);
}

function onePerLine(ranges: readonly Range[], base: number): Wish[] {
  const byLine = new Map<number, Range[]>();
  for (const range of ranges) {
    const ofLine = byLine.get(range.line);
    if (ofLine === undefined) byLine.set(range.line, [range]);
    else ofLine.push(range);
  }
  return [...byLine.values()].map((over) => ({ type: "shared", over, base, percent: wholePercent }));
}

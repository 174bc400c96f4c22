import { z } from "zod";
import type { Range } from "../goods.ts";
import { defineBenefit, type NoProposal, type Wish } from "../kind.ts";
import { limits } from "../limits.ts";
import { moneyMap, wholePercent } from "../money.ts";
import type { CompiledSelector } from "../selectors/selector.ts";
import { selectorSchema } from "../selectors/selector.ts";
import { inOrder, tooFew } from "./target.ts";
import {
  findUnits,
  type Queue,
  type Take,
  takeOut,
  timesAlike,
  UnitPool,
  unitsLeft,
  worthOf,
} from "./unit-pool.ts";

export const bundle = defineBenefit({
  kind: "bundle",
  summary:
    "Components together for a price, a percentage or an amount off; one component makes it mix-and-match (any 3 of these for 100.00).",
  params: z.strictObject({
    components: z
      .array(z.strictObject({ select: selectorSchema.optional(), quantity: z.int().min(1).max(1000) }))
      .min(1)
      .max(limits.componentsPerBundle),
    price: moneyMap.optional().describe("What one bundle costs."),
    percent: z.number().optional(),
    amount: moneyMap.optional().describe("What one bundle saves."),
    maxTimes: z.int().min(1).optional(),
    allocate: z
      .enum(["all", "target"])
      .default("all")
      .describe("Every unit of a bundle is a target, so both mean the same here."),
  }),
  example: {
    components: [
      { select: { skus: ["CLEANSER"] }, quantity: 1 },
      { select: { skus: ["CREAM"] }, quantity: 1 },
    ],
    price: { CNY: 19900 },
  },
  stages: ["item"],
  reasons: {
    quantity_too_low: {
      en: "Add the missing goods of the set.",
      "zh-CN": "再加购套装中缺少的商品即可享受。",
    },
  },
  compile({ components, price, percent, amount, maxTimes = Number.MAX_SAFE_INTEGER }, compiler, path) {
    if ([price, percent, amount].filter((given) => given !== undefined).length !== 1)
      compiler.issue(
        path,
        "one_of_price_percent_amount",
        "A bundle has exactly one of `price`, `percent` and `amount`.",
      );
    if (price !== undefined) compiler.currencies(price, `${path}/price`);
    if (amount !== undefined) compiler.currencies(amount, `${path}/amount`);
    const rate = percent === undefined ? 0 : compiler.percent(percent, `${path}/percent`);
    const slots = components.map(({ select, quantity }, i) => ({
      goods: compiler.selector(select, `${path}/components/${i}/select`),
      quantity,
    }));

    return {
      stage: "item",
      selectors: slots.map((slot) => slot.goods),
      propose(view) {
        const pool = new UnitPool();
        const queues = slots.map((slot) => pool.queueOf(inOrder(view.free(slot.goods, "paid"), "dearest")));
        const wishes: Wish[] = [];
        let times = 0;
        while (times < maxTimes) {
          const parts = findSet(slots, queues);
          if (parts === null) break;
          const worth = parts.reduce((sum, takes) => sum + worthOf(takes), 0);
          const saving =
            price === undefined
              ? Math.min(amount?.[view.currency] ?? 0, worth)
              : worth - price[view.currency]!;
          // The dearest units come first, so once a set is not below its parts none after it is.
          if (rate === 0 && saving <= 0) break;
          const alike = timesAlike(parts, maxTimes - times);
          const over: Range[] = [];
          for (const takes of parts) over.push(...takeOut(takes, alike));
          wishes.push(
            rate > 0
              ? percentOfEach(over, rate)
              : { type: "shared", over, base: saving * alike, percent: wholePercent },
          );
          times += alike;
        }
        return times > 0 ? { wishes, times } : whatIsMissing(slots, queues);
      },
    };
  },
  words({ components, price, percent, amount }, say) {
    const parts = components.map(({ select, quantity }) => `${quantity} × ${say.select(select)}`).join(" + ");
    if (price !== undefined)
      return say.pick({
        en: `${parts} together for ${say.money(price)}`,
        "zh-CN": `${parts}组合价${say.money(price)}`,
      });
    const off = percent === undefined ? say.money(amount ?? {}) : say.percent(percent);
    return say.pick({ en: `${off} off when bought together: ${parts}`, "zh-CN": `${parts}一起购买减${off}` });
  },
});

interface Slot {
  goods: CompiledSelector;
  quantity: number;
}

/** One set: for each component in document order the dearest units still free; a unit serves one component. */
function findSet(slots: readonly Slot[], queues: readonly Queue[]): Take[][] | null {
  const parts: Take[][] = [];
  const reserved: Take[] = [];
  for (let i = 0; i < slots.length; i++) {
    const takes = findUnits(queues[i]!, slots[i]!.quantity, reserved);
    if (takes === null) return null;
    parts.push(takes);
    reserved.push(...takes);
  }
  return parts;
}

function percentOfEach(over: readonly Range[], percent: number): Wish {
  return { type: "each", shares: over.map((range) => ({ range, base: range.price, percent })) };
}

/** A near miss when units of exactly one component are missing. */
function whatIsMissing(slots: readonly Slot[], queues: readonly Queue[]): NoProposal {
  const parts: Take[] = [];
  const short: { slot: Slot; actual: number }[] = [];
  slots.forEach((slot, i) => {
    const takes = findUnits(queues[i]!, slot.quantity, parts);
    if (takes !== null) parts.push(...takes);
    else {
      const taken = parts
        .filter((take) => queues[i]!.entries.includes(take.entry))
        .reduce((sum, take) => sum + take.units, 0);
      short.push({ slot, actual: unitsLeft(queues[i]!) - taken });
    }
  });
  const only = short.length === 1 ? short[0]! : null;
  return {
    wishes: null,
    ...(only !== null &&
      (parts.length > 0 || only.actual > 0) && {
        unmet: tooFew(only.slot.quantity, only.actual, only.slot.goods),
      }),
  };
}

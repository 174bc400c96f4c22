/** Where a benefit takes its money from: goods in the item or order stage, or shipments. */
import { z } from "zod";
import { cheapestFirst, dearestFirst, type Range, takeUnits } from "../goods.ts";
import type { BenefitView, Compiler, Stage, Unmet } from "../kind.ts";
import { unmet } from "../kind.ts";
import { moneyMap } from "../money.ts";
import type { CompiledSelector, Selector } from "../selectors/selector.ts";
import { sortFew } from "../short-lists.ts";

export const methods = z
  .array(z.string().min(1))
  .min(1)
  .max(100)
  .describe("Shipping methods; left out, all. Only with target `shipping`.");

export const pick = z.enum(["cheapest", "dearest"]);

export const unitLimit = {
  maxUnits: z
    .int()
    .min(1)
    .optional()
    .describe("At most this many units; units that cost nothing are not counted."),
  pick: pick.optional().describe("Which units when `maxUnits` is set: `dearest` (default) or `cheapest`."),
};

export const every = z
  .union([z.strictObject({ amount: moneyMap }), z.strictObject({ quantity: z.int().min(1) })])
  .describe("Repeats the benefit for every such amount or quantity of goods.");

export interface Target {
  target: "item" | "order" | "shipping";
  select?: Selector | undefined;
  methods?: readonly string[] | undefined;
}

export function compileTarget(
  { target, select, methods: shippingMethods }: Target,
  compiler: Compiler,
  path: string,
): { stage: Stage; goods: CompiledSelector } {
  if (target === "shipping") {
    if (select !== undefined)
      compiler.issue(
        `${path}/select`,
        "not_for_shipping",
        "Shipping is narrowed by `methods`, not by `select`.",
      );
    return { stage: "shipping", goods: shipments(shippingMethods, compiler, path) };
  }
  if (shippingMethods !== undefined)
    compiler.issue(`${path}/methods`, "only_for_shipping", "`methods` goes with target `shipping`.");
  return { stage: target, goods: compiler.selector(select, `${path}/select`) };
}

/** In the shipping stage a shipment's method stands where a line has its SKU. */
export function shipments(
  shippingMethods: readonly string[] | undefined,
  compiler: Compiler,
  path: string,
): CompiledSelector {
  return compiler.selector(
    shippingMethods === undefined ? undefined : { skus: [...shippingMethods] },
    `${path}/methods`,
  );
}

/** The units covered, after `maxUnits`. */
export function coveredUnits(
  view: BenefitView,
  goods: CompiledSelector,
  limit: { maxUnits?: number | undefined; pick?: "cheapest" | "dearest" | undefined },
): readonly Range[] {
  if (limit.maxUnits === undefined) return view.free(goods);
  return takeUnits(inOrder(view.free(goods, "paid"), limit.pick ?? "dearest"), limit.maxUnits);
}

export function inOrder(ranges: readonly Range[], order: "cheapest" | "dearest"): Range[] {
  return sortFew([...ranges], order === "dearest" ? dearestFirst : cheapestFirst);
}

/** The covered goods' worth when the stage began: what thresholds inside a benefit are tested on. */
export function stageWorth(ranges: readonly Range[]): number {
  let worth = 0;
  for (const range of ranges) worth += range.stagePrice * range.count;
  return worth;
}

export const thresholdReasons = {
  subtotal_too_low: { en: "Spend a little more to get this.", "zh-CN": "再买一点即可享受。" },
  quantity_too_low: { en: "Add more of the goods to get this.", "zh-CN": "再加几件即可享受。" },
} as const;

export function tooLow(required: number, actual: number, goods: CompiledSelector): Unmet {
  return unmet("subtotal_too_low", {
    required,
    actual,
    gap: required - actual,
    gapIn: "amount",
    gapOf: goods,
  });
}

export function tooFew(required: number, actual: number, goods: CompiledSelector): Unmet {
  return unmet("quantity_too_low", {
    required,
    actual,
    gap: required - actual,
    gapIn: "units",
    gapOf: goods,
  });
}

/** Stock of its own as the planner knows it: the most units of each line that a promotion may touch. */
import { hasStock, stockLeft } from "../../allotment.ts";
import type { Situation } from "../../situation.ts";
import type { BenefitFields } from "./benefit-fields.ts";

/**
 * Units of one of these lines that the promotion may touch when nobody is in its way: of each SKU the dearest. Other units never
 * come to more of them, nor to more money, but where each line counts once (`per: "line"`). Null: any number.
 */
export function unitsWithinStock(
  situation: Situation,
  index: number,
  lines: readonly number[],
): ((line: number) => number) | null {
  if (!hasStock(situation, index)) return null;
  const all = situation.cart.lines;
  const leftOf = new Map<string, number>();
  const units = new Map<number, number>();
  for (const line of [...lines].sort((a, b) => all[b]!.unitPrice - all[a]!.unitPrice || a - b)) {
    const { sku, quantity } = all[line]!;
    const left = leftOf.get(sku) ?? stockLeft(situation, index, sku)?.units ?? Number.POSITIVE_INFINITY;
    const here = Math.min(quantity, left);
    leftOf.set(sku, left - here);
    units.set(line, here);
  }
  return (line) => units.get(line) ?? 0;
}

/** Without those of which the promotion has nothing left: it does not see them. */
export function linesInStock(
  situation: Situation,
  index: number,
  lines: readonly number[],
): readonly number[] {
  if (!hasStock(situation, index)) return lines;
  const { cart } = situation;
  return lines.filter((line) => stockLeft(situation, index, cart.lines[line]!.sku)?.units !== 0);
}

/**
 * A benefit that takes each unit on its own account is as many benefits as there are SKUs, each with a limit of units of which
 * the dearest come first. Null where it is more than that.
 */
export function withinStock(
  situation: Situation,
  index: number,
  fields: BenefitFields,
  slots: readonly (readonly number[])[],
): [fields: BenefitFields, lines: number[]][] | null {
  const isUnitByUnit =
    fields.kind === "fixed_price" ||
    (fields.kind === "percent_off" && fields.maxAmount === undefined) ||
    (fields.kind === "amount_off" && fields.per === "unit");
  if (!isUnitByUnit || fields.maxUnits !== undefined || slots.length !== 1) return null;
  const bySku = new Map<string | null, [fields: BenefitFields, lines: number[]]>();
  for (const line of slots[0]!) {
    const { sku } = situation.cart.lines[line]!;
    const left = stockLeft(situation, index, sku)?.units;
    const name = left === undefined ? null : sku;
    const known = bySku.get(name);
    if (known !== undefined) known[1].push(line);
    else bySku.set(name, [left === undefined ? fields : { ...fields, maxUnits: left }, [line]]);
  }
  return [...bySku.values()];
}

/** Faults that every kind with `atLeast` and `atMost` refuses in the same words. */
import type { Compiler } from "../kind.ts";
import type { MoneyMap } from "../money.ts";
import type { CompiledSelector } from "../selectors/selector.ts";

export function checkBounds(
  bounds: { atLeast?: number | undefined; atMost?: number | undefined },
  compiler: Compiler,
  path: string,
): void {
  const { atLeast, atMost } = bounds;
  if (atLeast === undefined && atMost === undefined)
    compiler.issue(path, "bounds_missing", "Give atLeast, atMost or both.");
  if (atLeast !== undefined && atMost !== undefined && atMost < atLeast) {
    compiler.issue(`${path}/atMost`, "bounds_contradict", "atMost is below atLeast.");
  }
}

export function checkMoneyBounds(
  bounds: { atLeast?: MoneyMap | undefined; atMost?: MoneyMap | undefined },
  compiler: Compiler,
  path: string,
): void {
  const { atLeast, atMost } = bounds;
  if (atLeast === undefined && atMost === undefined)
    compiler.issue(path, "bounds_missing", "Give atLeast, atMost or both.");
  for (const [name, map] of Object.entries({ atLeast, atMost })) {
    if (map !== undefined) compiler.currencies(map, `${path}/${name}`);
  }
  for (const [currency, least] of Object.entries(atLeast ?? {})) {
    const most = atMost?.[currency];
    if (most !== undefined && most < least) {
      compiler.issue(`${path}/atMost/${currency}`, "bounds_contradict", "atMost is below atLeast.");
    }
  }
}

/** The goods without which a lower bound cannot be reached; nothing for a bound of zero or for all goods. */
export function requiredGoods(goods: CompiledSelector, isNeeded: boolean): { requires?: CompiledSelector } {
  return isNeeded && !goods.coversEverything ? { requires: goods } : {};
}

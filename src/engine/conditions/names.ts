/** Lists of names a condition compares with. */
import { z } from "zod";
import { limits } from "../limits.ts";

export const oneOf = () =>
  z.array(z.string().min(1).max(limits.nameLength)).min(1).max(limits.namesPerSelector);

/** Is any of `values` among the allowed ones? */
export function includesAny(allowed: ReadonlySet<unknown>, values: readonly string[]): boolean {
  for (const value of values) if (allowed.has(value)) return true;
  return false;
}

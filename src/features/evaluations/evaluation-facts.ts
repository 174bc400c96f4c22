/** Facts as they are kept with an evaluation, so that it can be computed again. */
import type { Facts, UsageFact } from "../../engine/facts.ts";

type Entries<Map> = Map extends ReadonlyMap<infer Key, infer Value> ? [Key, Value][] : never;

/** Facts as JSON: maps become lists of entries. */
export interface StoredFacts extends Omit<Facts, "coupons" | "deposits" | "usage" | "stock"> {
  coupons?: Entries<NonNullable<Facts["coupons"]>>;
  deposits?: Entries<NonNullable<Facts["deposits"]>>;
  /** Of the promotions that were asked about. */
  usage?: [string, UsageFact][];
  stock?: [string, number][];
}

export function storeFacts({ coupons, deposits, usage, stock, ...plain }: Facts): StoredFacts {
  return {
    ...plain,
    ...(coupons !== undefined && { coupons: [...coupons] }),
    ...(deposits !== undefined && { deposits: [...deposits] }),
    ...(usage instanceof Map && { usage: [...usage] }),
    ...(stock instanceof Map && { stock: [...stock] }),
  };
}

export function restoreFacts({ coupons, deposits, usage, stock, ...plain }: StoredFacts): Facts {
  return {
    ...plain,
    ...(coupons !== undefined && { coupons: new Map(coupons) }),
    ...(deposits !== undefined && { deposits: new Map(deposits) }),
    ...(usage !== undefined && { usage: new Map(usage) }),
    ...(stock !== undefined && { stock: new Map(stock) }),
  };
}

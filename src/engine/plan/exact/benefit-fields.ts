/** The fields of benefit documents that the planner reads. It reads documents, not the compiled benefits, and does its own sums. */
import { grain } from "./grain.ts";

export type Money = Readonly<Record<string, number>>;
export interface SideFields {
  readonly quantity: number;
}

export interface TierFields {
  readonly from: Money | number;
  readonly benefit: {
    readonly kind: "percent_off" | "amount_off" | "fixed_price";
    readonly percent: number;
    readonly amount: Money;
    readonly price: Money;
    readonly per: "unit" | "order";
    readonly maxAmount?: Money;
  };
}

export interface BenefitFields {
  readonly kind: string;
  readonly select?: object;
  readonly percent: number;
  readonly amount?: Money;
  readonly price?: Money;
  readonly maxAmount?: Money;
  readonly per?: "unit" | "line" | "order";
  readonly every?: { readonly amount: Money } | { readonly quantity: number };
  readonly maxTimes?: number;
  readonly maxUnits?: number;
  readonly pick?: "cheapest" | "dearest";
  readonly basis?: "running" | "list";
  readonly n: number;
  readonly buy: SideFields;
  readonly get: SideFields;
  readonly allocate?: "all" | "target";
  readonly components: readonly SideFields[];
  readonly by: "amount" | "quantity";
  readonly mode?: "volume" | "graduated";
  readonly tiers: readonly TierFields[];
  readonly paid?: Money;
  readonly worth?: Money;
}

/** Some amount of it is a percentage, so it may have to be rounded. */
export function hasRate({ percent, tiers }: BenefitFields): boolean {
  return percent !== undefined || (tiers?.some(({ benefit }) => benefit.percent !== undefined) ?? false);
}

export const unlimited = Number.POSITIVE_INFINITY;

/** The most that it may take off, in millionths. */
export function capOf({ maxAmount }: Pick<BenefitFields, "maxAmount">, currency: string): number {
  return maxAmount === undefined ? unlimited : maxAmount[currency]! * grain;
}

/** The fields of benefit documents that the planner reads. It reads documents, not the compiled benefits, and does its own sums. */
import type { Stage } from "../../kind.ts";
import type { CompiledPromotion } from "../../promotion.ts";
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

interface StageFields {
  readonly benefits: readonly BenefitFields[];
  readonly hasRate: boolean;
}
/** Promotions are compiled once and evaluated often. */
const known = new WeakMap<CompiledPromotion, Partial<Record<Stage, StageFields>>>();
const nothing: StageFields = { benefits: [], hasRate: false };

function stageFields(promotion: CompiledPromotion, stage: Stage): StageFields {
  let byStage = known.get(promotion);
  if (byStage === undefined) {
    byStage = {};
    const documents = promotion.document.benefits as unknown as readonly BenefitFields[];
    for (const part of promotion.parts) {
      const benefits = part.positions.map((position) => documents[position]!);
      byStage[part.stage] = { benefits, hasRate: benefits.some(hasRate) };
    }
    known.set(promotion, byStage);
  }
  return byStage[stage] ?? nothing;
}

/** The documents of the benefits that act in the stage, in the order of the compiled ones. */
export function fieldsOf(promotion: CompiledPromotion, stage: Stage): readonly BenefitFields[] {
  return stageFields(promotion, stage).benefits;
}

/** What the promotion takes off in the stage may have to be rounded. */
export function hasRateIn(promotion: CompiledPromotion, stage: Stage): boolean {
  return stage !== "reward" && stageFields(promotion, stage).hasRate;
}

/** Some amount of it is a percentage. */
function hasRate({ percent, tiers }: BenefitFields): boolean {
  return percent !== undefined || (tiers?.some(({ benefit }) => benefit.percent !== undefined) ?? false);
}

export const unlimited = Number.POSITIVE_INFINITY;

/** The most that it may take off, in millionths. */
export function capOf({ maxAmount }: Pick<BenefitFields, "maxAmount">, currency: string): number {
  return maxAmount === undefined ? unlimited : maxAmount[currency]! * grain;
}

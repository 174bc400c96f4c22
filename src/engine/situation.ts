/** Everything about one evaluation that stays fixed while plans are tried: the cart, the candidates, what is known. */

import type { Bid } from "./bid.ts";
import type { CanonicalCart, CanonicalLine } from "./canonical-cart.ts";
import type { FactName, Facts } from "./facts.ts";
import { Coverage, type Goods, isDiscounted, shipmentLines } from "./goods.ts";
import { campaignOf } from "./guarantees.ts";
import type { ConditionView, Stage, Unmet } from "./kind.ts";
import type { RoundingMode } from "./money.ts";
import type { CompiledPromotion } from "./promotion.ts";
import type { CompiledSelector } from "./selectors/selector.ts";
import { filled } from "./short-lists.ts";
import { operationsPerLine, WorkBudget } from "./work-budget.ts";

/** Why a candidate did not apply. */
export interface Rejection extends Omit<Unmet, "met"> {
  /** Indexes of the candidates that applied in its place. */
  readonly displacedBy?: readonly number[];
  /** Where conditions failed: the one that more goods would meet, all others being met. */
  readonly remedy?: Unmet | null;
}

export interface EnteredCode {
  /** As the caller wrote it. */
  readonly text: string;
  readonly normalized: string;
  readonly honour: boolean;
}

/** A promotion that touches this cart. */
export interface Candidate {
  readonly promotion: CompiledPromotion;
  /** The code that triggers it, if one does. */
  readonly code: EnteredCode | null;
  /** Set when it cannot apply whatever the plan. */
  readonly rejection: Rejection | null;
  /** For one whose conditions are asked at its stage: why it could not apply even if they held. */
  readonly exhausted: Rejection | null;
}

/** The verdict of a promotion's conditions, with the way out if there is one. */
export function rejectionByConditions(
  verdict: Unmet,
  { conditions }: CompiledPromotion,
  view: StageView,
): Rejection {
  // Verdicts have many forms, which a spread would copy slowly.
  return Object.assign({ remedy: conditions!.nearMiss(view) }, verdict);
}

export interface Situation {
  readonly cart: CanonicalCart;
  readonly facts: Facts;
  readonly now: number;
  readonly rounding: RoundingMode;
  /** By priority (higher first), then key in byte order: the order of the arithmetic. */
  readonly candidates: readonly Candidate[];
  readonly coverage: Coverage;
  readonly shipments: readonly CanonicalLine[];
  readonly shipmentCoverage: Coverage;
  readonly work: WorkBudget;
  /** By stage: those that have a part in it and are not out before any plan, by index. */
  readonly inStage: Readonly<Record<Stage, readonly number[]>>;
  /** Some candidates may not stand beside others. */
  readonly hasConflicts: boolean;
  /** By candidate: its bid on untouched goods. Filled as they are asked for. */
  readonly standingBids: (Bid | undefined)[];
  /** The candidate without which no plan will do, where somebody asks what that would cost; mostly null. */
  readonly forced: number | null;
}

/** What is known of the cart before its candidates are judged. */
export type Ground = Pick<
  Situation,
  "cart" | "facts" | "now" | "rounding" | "coverage" | "shipments" | "shipmentCoverage" | "work"
>;

export function makeGround(
  cart: CanonicalCart,
  facts: Facts,
  now: number,
  rounding: RoundingMode,
  work = new WorkBudget(),
): Ground {
  const shipments = shipmentLines(cart);
  return {
    cart,
    facts,
    now,
    rounding,
    coverage: new Coverage(cart.lines, work),
    shipments,
    shipmentCoverage: new Coverage(shipments, work),
    work,
  };
}

export function withCandidates(
  { cart, facts, now, rounding, coverage, shipments, shipmentCoverage, work }: Ground,
  candidates: readonly Candidate[],
  forced: number | null = null,
): Situation {
  const inStage: Record<Stage, number[]> = { item: [], order: [], shipping: [], reward: [] };
  let hasConflicts = false;
  for (let index = 0; index < candidates.length; index++) {
    const { promotion, rejection } = candidates[index]!;
    if (rejection !== null) continue;
    if (promotion.hasConflicts) hasConflicts = true;
    for (const { stage } of promotion.parts) inStage[stage].push(index);
  }
  return {
    cart,
    facts,
    now,
    rounding,
    coverage,
    shipments,
    shipmentCoverage,
    work,
    candidates,
    inStage,
    hasConflicts,
    standingBids: filled<Bid | undefined>(candidates.length, undefined),
    forced,
  };
}

/** What the conditions of a promotion see at the start of a stage. */
export class StageView implements ConditionView<FactName> {
  readonly cart: CanonicalCart;
  readonly facts: ConditionView<FactName>["facts"];
  readonly now: number;
  private readonly coverage: Coverage;
  private readonly goods: Goods;
  private readonly shipments: Goods;
  private readonly work: WorkBudget;

  constructor(
    situation: Pick<Situation, "cart" | "facts" | "now" | "coverage" | "work">,
    goods: Goods,
    shipments: Goods,
  ) {
    this.cart = situation.cart;
    // The tree tests for missing facts before it asks a leaf.
    this.facts = situation.facts as Required<Pick<Facts, FactName>>;
    this.now = situation.now;
    this.coverage = situation.coverage;
    this.goods = goods;
    this.shipments = shipments;
    this.work = situation.work;
  }

  spend(operations: number): void {
    this.work.spend(operations);
  }

  get customer(): ConditionView["customer"] {
    return this.cart.customer as ConditionView["customer"];
  }

  subtotal(select: CompiledSelector, base: "current" | "list"): number {
    if (select.coversEverything) return base === "list" ? this.cart.subtotal : this.goods.stageTotal;
    let sum = 0;
    for (const line of this.linesOf(select)) {
      const { unitPrice } = this.cart.lines[line]!;
      for (const segment of this.goods.segmentsOf(line)) {
        if (select.excludeDiscounted && isDiscounted(this.cart.lines[line]!, segment.stagePrice)) continue;
        sum += segment.count * (base === "list" ? unitPrice : segment.stagePrice);
      }
    }
    return sum;
  }

  quantity(select: CompiledSelector): number {
    if (select.coversEverything) return this.cart.quantity;
    let units = 0;
    for (const line of this.linesOf(select)) units += this.unitsOf(line, select);
    return units;
  }

  distinct(select: CompiledSelector, by: "sku" | "product"): number {
    const seen = new Set<string>();
    for (const line of this.linesOf(select)) {
      const { sku, product } = this.cart.lines[line]!;
      if (this.unitsOf(line, select) > 0) seen.add(by === "sku" ? sku : (product ?? sku));
    }
    return seen.size;
  }

  shippingAmount(): number {
    return this.shipments.stageTotal;
  }

  private linesOf(select: CompiledSelector): readonly number[] {
    const lines = this.coverage.of(select);
    this.work.spend(lines.length * operationsPerLine);
    return lines;
  }

  private unitsOf(line: number, select: CompiledSelector): number {
    if (!select.excludeDiscounted) return this.cart.lines[line]!.quantity;
    let units = 0;
    for (const segment of this.goods.segmentsOf(line)) {
      if (!isDiscounted(this.cart.lines[line]!, segment.stagePrice)) units += segment.count;
    }
    return units;
  }
}

/** What earlier orders left of a promotion's budget, in minor units of the cart's currency; null: it has none. */
export function budgetLeft(
  { cart: { currency }, facts }: Pick<Situation, "cart" | "facts">,
  { key, document }: CompiledPromotion,
): number | null {
  if (document.budget === undefined) return null;
  const spent = facts.usage?.get(key)?.spent?.[currency] ?? 0;
  return Math.max(0, document.budget.amount[currency]! - spent);
}

/** The same of the campaign it is in, which all promotions of the campaign share. */
export function campaignBudgetLeft(
  { cart: { currency }, facts }: Pick<Situation, "cart" | "facts">,
  { document }: CompiledPromotion,
): number | null {
  const guards = campaignOf(facts, document);
  if (guards?.budget === undefined) return null;
  // A cap that names no money of this currency has none.
  return Math.max(0, (guards.budget[currency] ?? 0) - (guards.spent?.[currency] ?? 0));
}

/** How many units of paid deposits the request proves for a promotion. */
export function depositUnitsOf(situation: Pick<Situation, "facts">, promotion: CompiledPromotion): number {
  let units = 0;
  for (const deposit of situation.facts.deposits?.values() ?? [])
    if (deposit.promotion === promotion.key) units += deposit.units;
  return units;
}

/**
 * Could a promotion's conditions hold, if the goods cost so much by the time they are asked?
 *
 * Asked of the promotion's own condition tree with a view that always shows the most favourable numbers. That is never wrong
 * in the direction that matters here (a plan that is possible is called possible) as long as more money only helps; where it
 * might hurt (an upper limit, a `not`) the conditions are taken to hold.
 */
import type { CompiledTree, ConditionDocument, ConditionLeaf } from "../../conditions/tree.ts";
import type { FactName, Facts } from "../../facts.ts";
import type { ConditionView } from "../../kind.ts";
import type { CompiledPromotion } from "../../promotion.ts";
import type { CompiledSelector } from "../../selectors/selector.ts";
import type { Situation } from "../../situation.ts";
import { grain } from "./grain.ts";
import { listedLines } from "./item-offers.ts";

export interface StageCondition {
  /** `worth`: all goods, in millionths. */
  mayHold(worth: number): boolean;
  /** In minor units: where `mayHold` may change. */
  readonly thresholds: readonly number[];
  /** Selected goods of which so much, in minor units, must be left for it to hold. */
  scopes(): readonly Scope[];
  /** It holds wherever it may. */
  readonly isCertain: boolean;
}

export interface Scope {
  readonly lines: readonly number[];
  readonly atLeast: number;
}

const always: StageCondition = { mayHold: () => true, thresholds: [], scopes: () => [], isCertain: true };

export function stageCondition(situation: Situation, promotion: CompiledPromotion): StageCondition {
  const { conditions, document, asksAtStage } = promotion;
  if (!asksAtStage || conditions === null) return always;
  const tree = document.conditions as ConditionDocument;
  if (!conditions.staysUnmet) return { ...always, isCertain: false };
  const thresholds: number[] = [];
  collectThresholds(tree, situation.cart.currency, thresholds);
  /** By how many thresholds are reached. */
  const known: boolean[] = [];
  return {
    mayHold(worth) {
      const whole = Math.ceil(worth / grain);
      let reached = 0;
      for (let i = 0; i < thresholds.length; i++) if (thresholds[i]! <= whole) reached++;
      known[reached] ??= conditions.test(new FavourableView(situation, whole)).met;
      return known[reached]!;
    },
    thresholds,
    scopes: () => scopesOf(situation, tree, conditions),
    isCertain: leavesOf(tree).every((leaf) => !dependsOnPrices(leaf) || leaf.select === undefined),
  };
}

/** The selectors are those that the conditions ask for, in their order, where all of them must hold and are asked. */
function scopesOf(situation: Situation, tree: ConditionDocument, conditions: CompiledTree): Scope[] {
  const leaves = "all" in tree ? (tree.all as readonly ConditionDocument[]) : [tree];
  if (leaves.some((leaf) => "all" in leaf || "any" in leaf || "not" in leaf)) return [];
  const asking = (leaves as readonly LeafFields[]).filter(
    ({ kind, base }) => kind === "subtotal" && base !== "list",
  );
  const view = new FavourableView(situation, situation.cart.subtotal);
  conditions.test(view);
  if (view.asked.length !== asking.length) return [];
  return asking.flatMap(({ atLeast }, i) => {
    const select = view.asked[i]!;
    const least = typeof atLeast === "object" ? atLeast[situation.cart.currency] : undefined;
    if (least === undefined || select.coversEverything || select.excludeDiscounted) return [];
    return [{ lines: situation.coverage.of(select), atLeast: least }];
  });
}

interface LeafFields extends ConditionLeaf {
  readonly atLeast?: number | Readonly<Record<string, number>>;
  readonly atMost?: unknown;
  readonly base?: "current" | "list";
  readonly select?: { readonly excludeDiscounted?: boolean };
}

/** What earlier stages leave changes the leaf's answer. */
function dependsOnPrices(leaf: LeafFields): boolean {
  if (leaf.kind === "subtotal" && leaf.base !== "list") return true;
  return leaf.select?.excludeDiscounted ?? false;
}

function leavesOf(tree: ConditionDocument): LeafFields[] {
  if ("all" in tree) return (tree.all as readonly ConditionDocument[]).flatMap(leavesOf);
  if ("any" in tree) return (tree.any as readonly ConditionDocument[]).flatMap(leavesOf);
  if ("not" in tree) return leavesOf(tree.not as ConditionDocument);
  return [tree as LeafFields];
}

/** Also those of selected goods: while all goods are worth less than this, so are those selected. */
function collectThresholds(tree: ConditionDocument, currency: string, into: number[]): void {
  for (const leaf of leavesOf(tree)) {
    if (leaf.kind !== "subtotal" || !dependsOnPrices(leaf)) continue;
    const least = typeof leaf.atLeast === "object" ? leaf.atLeast[currency] : undefined;
    if (least !== undefined) into.push(least);
  }
}

/** The goods as favourable as they can be when all together cost `worth`. */
class FavourableView implements ConditionView<FactName> {
  readonly cart: Situation["cart"];
  readonly facts: Required<Pick<Facts, FactName>>;
  readonly now: number;
  /** Whose present worth was asked for. */
  readonly asked: CompiledSelector[] = [];
  private readonly situation: Situation;
  private readonly worth: number;

  constructor(situation: Situation, worth: number) {
    this.cart = situation.cart;
    this.facts = situation.facts as Required<Pick<Facts, FactName>>;
    this.now = situation.now;
    this.situation = situation;
    this.worth = worth;
  }

  get customer(): ConditionView["customer"] {
    return this.cart.customer as ConditionView["customer"];
  }

  subtotal(select: CompiledSelector, base: "current" | "list"): number {
    if (base === "current") this.asked.push(select);
    let listed = 0;
    for (const line of this.linesOf(select)) {
      const { unitPrice, quantity } = this.cart.lines[line]!;
      listed += unitPrice * quantity;
    }
    return base === "list" ? listed : Math.min(listed, this.worth);
  }

  quantity(select: CompiledSelector): number {
    return this.linesOf(select).reduce((sum, line) => sum + this.cart.lines[line]!.quantity, 0);
  }

  distinct(select: CompiledSelector, by: "sku" | "product"): number {
    const names = this.linesOf(select).map((line) => {
      const { sku, product } = this.cart.lines[line]!;
      return by === "sku" ? sku : (product ?? sku);
    });
    return new Set(names).size;
  }

  shippingAmount(): number {
    return this.cart.shippingAmount;
  }

  spend(operations: number): void {
    this.situation.work.spend(operations);
  }

  private linesOf(select: CompiledSelector): readonly number[] {
    return listedLines(this.situation, select);
  }
}

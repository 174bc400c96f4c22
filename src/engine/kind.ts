/**
 * What a registry entry is. One file declares one kind of condition or benefit; from the lists of them follow the
 * schemas, the compiler, the documents and the words.
 */
import type { z } from "zod";
import type { CanonicalCart } from "./canonical-cart.ts";
import type { Expression } from "./expression.ts";
import type { FactName, Facts } from "./facts.ts";
import type { Range } from "./goods.ts";
import type { Percent } from "./money.ts";
import type { UnitsAboveSafety } from "./safety-stock.ts";
import type { CompiledSelector, Selector } from "./selectors/selector.ts";
import type { Locale } from "./settings.ts";
import type { Sayer } from "./words.ts";

export type Stage = "item" | "order" | "shipping" | "reward";
export const stages: readonly Stage[] = ["item", "order", "shipping", "reward"];

/** A text in every language the engine speaks. */
export type Words = Readonly<Record<Locale, string>>;

// ---------------------------------------------------------------- verdicts

/** Why something did not hold, with the numbers behind it. */
export interface Unmet<Reason extends string = string> {
  readonly met: false;
  readonly reason: Reason;
  readonly required?: number;
  readonly actual?: number;
  /** What is missing: minor units or units of goods, as `gapIn` says. Present only where more of it would help. */
  readonly gap?: number;
  readonly gapIn?: "amount" | "units";
  /** The selector the gap is about; absent: the whole cart. */
  readonly gapOf?: CompiledSelector;
  /** Where a missing fact was looked for. */
  readonly path?: string;
  /** The kind of the condition that held although it stands under a `not`. */
  readonly kind?: string;
}
export interface Met {
  readonly met: true;
}
export type Verdict<Reason extends string = string> = Met | Unmet<Reason>;

export const met: Met = { met: true };

export function unmet<Reason extends string>(
  reason: Reason,
  numbers?: Omit<Unmet, "met" | "reason">,
): Unmet<Reason> {
  return { met: false, reason, ...numbers };
}

/** Any leaf may answer this; a missing fact is neither true nor false, also under `not`. */
export function missing(path: string): Unmet<"facts_missing"> {
  return { met: false, reason: "facts_missing", path };
}

// ---------------------------------------------------------------- compiling

/** A fault in a document, found when it is compiled: `path` is a JSON Pointer into the document. */
export interface Issue {
  path: string;
  code: string;
  message: string;
}

/** What rules look at. */
export interface Reads {
  customer: boolean;
  cart: boolean;
  /** `customer.groups`, `customer.attributes.level`, `customer.attributes` for all of them, `customer` for everything, `facts.tier`. */
  readonly places: Set<string>;
}

/** What a kind may ask for while it is compiled. Reporting an issue does not throw: all faults are shown at once. */
export interface Compiler {
  selector(select: Selector | undefined, path: string): CompiledSelector;
  percent(percent: number, path: string): Percent;
  expression(cel: string, path: string): Expression;
  /** Notes that amounts are given only in these currencies. */
  currencies(map: Readonly<Record<string, number>>, path: string): void;
  timezone(name: string | undefined, path: string): string;
  issue(path: string, code: string, message: string): void;
}

// ---------------------------------------------------------------- conditions

/** What a condition sees. Prices are those at the start of its promotion's stage. */
export interface ConditionView<Needed extends FactName = never> {
  readonly cart: CanonicalCart;
  readonly customer: CanonicalCart["customer"];
  readonly facts: Required<Pick<Facts, Needed>> & Pick<Facts, "isFirstOrderTaken">;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Goods that the selector covers: sum of prices. `list`: prices as in the cart before any promotion. */
  subtotal(select: CompiledSelector, base: "current" | "list"): number;
  quantity(select: CompiledSelector): number;
  distinct(select: CompiledSelector, by: "sku" | "product"): number;
  /** All shipments, after the discounts of earlier stages. */
  shippingAmount(): number;
  /** Counts what takes more than a few steps; throws where it is too much for one evaluation. */
  spend(operations: number): void;
}

export interface ConditionKind {
  readonly kind: string;
  readonly summary: string;
  readonly params: z.ZodObject;
  readonly example: Readonly<Record<string, unknown>>;
  readonly needs: readonly FactName[];
  readonly reasons: Readonly<Record<string, Words>>;
  /** Says who may have the promotion, not what must be in the cart; decides who may learn of a private one. */
  readonly isAboutCustomer: boolean;
  /** It is about who buys, but not about the customer: their record need not be read for it. */
  readonly isAboutDealer?: boolean;
  /** Only segments and automations may ask it: at a checkout what it needs is not at hand. */
  readonly isOfSegmentsAlone?: boolean;
  compile(params: never, compiler: Compiler, path: string): CompiledCondition;
  words(params: never, say: Sayer): string;
}

export interface CompiledCondition {
  test(view: ConditionView<FactName>): Verdict;
  /** The verdict changes with what earlier stages leave, so it must be asked at the promotion's stage. */
  readonly dependsOnStage?: boolean;
  /** Of one that does: what earlier stages take off can only make it fail, so unmet before them it is unmet after them. */
  readonly staysUnmet?: boolean;
  /** Goods of which at least one unit must be in the cart for the condition to hold. */
  readonly requires?: CompiledSelector;
  /** What all goods together must be worth for it to be true, by currency: at the prices of the cart, or at lower ones. */
  readonly requiresSpend?: Readonly<Record<string, number>>;
  /** Values of a context field, one of which must hold: another way to find candidates. */
  readonly requiresContext?: {
    readonly field: "channel" | "store" | "region" | "country" | "paymentMethod";
    readonly values: readonly string[];
  };
  readonly currencies?: readonly string[];
  /** Where it depends on the parameters; left out, what the kind says. */
  readonly isAboutCustomer?: boolean;
  /** Facts to load that only the parameters reveal; the leaf itself answers when one of them is missing. */
  readonly alsoNeeds?: readonly FactName[];
  /** What it looks at of the customer beside facts, and of the cart's attributes: see `Reads`. */
  readonly reads?: readonly string[];
}

export function defineCondition<
  Params extends z.ZodObject,
  Needed extends FactName,
  Reason extends string,
>(definition: {
  kind: string;
  summary: string;
  params: Params;
  example: z.input<Params>;
  needs: readonly Needed[];
  reasons: Readonly<Record<Reason, Words>>;
  isAboutCustomer?: boolean;
  isAboutDealer?: boolean;
  isOfSegmentsAlone?: boolean;
  compile(
    params: z.output<Params>,
    compiler: Compiler,
    path: string,
  ): Omit<CompiledCondition, "test"> & {
    test(view: ConditionView<Needed>): Verdict<Reason | "facts_missing">;
  };
  words(params: z.output<Params>, say: Sayer): string;
}): ConditionKind {
  return { isAboutCustomer: false, ...definition } as unknown as ConditionKind;
}

// ---------------------------------------------------------------- benefits

/** An exact amount per unit: `base × percent / 1 000 000` minor units. */
export interface UnitShare {
  readonly range: Range;
  readonly base: number;
  readonly percent: Percent;
}

/**
 * What a benefit would like to take off. `each`: an exact amount per unit, cut at the unit where a floor refuses it.
 * `shared`: one amount over a set of units by their running prices; what a floor refuses goes to the others. `everything`:
 * the same over all goods, worked out on their units only if somebody asks.
 */
export type Wish =
  | { readonly type: "each"; readonly shares: readonly UnitShare[] }
  | {
      readonly type: "shared";
      readonly over: readonly Range[];
      readonly base: number;
      readonly percent: Percent;
    }
  | {
      readonly type: "everything";
      readonly goods: Everything;
      /** Of each unit a part of its price, cut there, or one amount over all of them. */
      readonly as: "each" | "shared";
      readonly base: number;
      readonly percent: Percent;
    };

/** All goods of an order without floors: what they are worth is known without looking at their units. */
export interface Everything {
  /** What they cost by now, and what they cost when the stage began. */
  readonly worth: number;
  readonly stageWorth: number;
  readonly quantity: number;
  units(): readonly Range[];
}

export interface Proposal {
  readonly wishes: readonly Wish[];
  /** How many times the benefit was applied. */
  readonly times: number;
  /** The most that all wishes together may take off. */
  readonly cap?: number | undefined;
  /** Units used up without a discount of their own. */
  readonly used?: readonly Range[];
  /** Units that were counted to reach a threshold, beside those that get something. They stay free for others. */
  readonly counted?: readonly Range[];
  /** Wishes may name the same units more than once. */
  readonly overlaps?: boolean;
}

/** Nothing can be given; `unmet` says why, if more of something would help. */
export interface NoProposal {
  readonly wishes: null;
  readonly unmet?: Unmet;
}

/** What a benefit sees: only what its promotion may still touch in its exclusivity group. */
export interface BenefitView {
  readonly currency: string;
  /** Units the promotion may touch, in canonical order. `paid` leaves out units that already cost nothing. */
  free(select: CompiledSelector, which?: "all" | "paid"): readonly Range[];
  /** The whole order at once, where the selector means it and no floor stands in the way; else null. */
  everything(select: CompiledSelector): Everything | null;
  /** What a unit cost in the cart before any promotion. */
  unitPrice(range: Range): number;
  /** The deposits proven for this promotion, in units. */
  readonly depositUnits: number;
  /** Counts what grows with more than the number of ranges; throws where it is too much for one evaluation. */
  spend(operations: number): void;
}

export type Reward =
  | { kind: "gift"; sku: string | null; choices?: readonly string[]; quantity: number; value: number | null }
  | { kind: "points"; points: number | null; multiplier?: number }
  | {
      kind: "issue_coupon";
      pool: string;
      to: "customer" | "referrer";
      validFor: string | null;
      quantity: number;
    }
  | { kind: "service"; name: string; quantity: number; value: number | null };

export interface Grant {
  readonly reward: Reward;
  /** How many times the benefit was applied. */
  readonly times: number;
}

export interface CompiledBenefit {
  /** What was paid for each unit of these goods beforehand, where deposits are proven. */
  readonly deposit?:
    | { readonly goods: CompiledSelector; readonly paid: Readonly<Record<string, number>> }
    | undefined;
  readonly stage: Stage;
  /** What the benefit takes money off. Null for rewards. */
  readonly selectors: readonly CompiledSelector[];
  /** A money benefit's wish on the goods (or shipments) as its stage finds them. */
  readonly propose?: ((view: BenefitView) => Proposal | NoProposal) | undefined;
  /** It never answers `unmet`. */
  readonly hasNoThreshold?: boolean | undefined;
  /** A reward's grant. */
  readonly grant?: ((view: RewardView) => Grant | Unmet) | undefined;
}

/** What a reward sees: goods after the order stage. */
export interface RewardView {
  readonly currency: string;
  subtotal(select: CompiledSelector): number;
  quantity(select: CompiledSelector): number;
  readonly stockTaken: number;
  /** How many units of a SKU the promotion's safety stock leaves to give; null: any number. */
  aboveSafety(sku: string): UnitsAboveSafety | null;
}

export interface BenefitKind {
  readonly kind: string;
  readonly summary: string;
  readonly params: z.ZodObject;
  readonly example: Readonly<Record<string, unknown>>;
  readonly reasons: Readonly<Record<string, Words>>;
  readonly stages: readonly Stage[];
  compile(params: never, compiler: Compiler, path: string): CompiledBenefit;
  words(params: never, say: Sayer): string;
}

export function defineBenefit<Params extends z.ZodObject, Reason extends string>(definition: {
  kind: string;
  summary: string;
  params: Params;
  example: z.input<Params>;
  stages: readonly Stage[];
  reasons: Readonly<Record<Reason, Words>>;
  compile(params: z.output<Params>, compiler: Compiler, path: string): CompiledBenefit;
  words(params: z.output<Params>, say: Sayer): string;
}): BenefitKind {
  return definition as unknown as BenefitKind;
}

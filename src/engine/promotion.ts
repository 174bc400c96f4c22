/** The promotion document, and what it becomes when it is compiled. A broken rule fails here, with a path, not at a checkout. */
import { z } from "zod";
import { variantSchema } from "./assignment.ts";
import { benefitKind, benefitSchema } from "./benefits/index.ts";
import { normalizeCode } from "./codes.ts";
import {
  type CompiledTree,
  type ConditionDocument,
  compileConditions,
  conditionSchema,
  leavesOfSegments,
} from "./conditions/tree.ts";
import { CurrencySet } from "./currency-set.ts";
import { compileExpression, type Expression } from "./expression.ts";
import { fundingFaults, fundingSchema } from "./funding.ts";
import { isCountedOrSplit } from "./guarantees.ts";
import type { CompiledBenefit, Compiler, Issue, Reads, Stage } from "./kind.ts";
import { leastSpendOf } from "./least-spend.ts";
import { limits } from "./limits.ts";
import { moneyMap, parsePercent, wholePercent } from "./money.ts";
import { compileSafetyStock, type SafetyStock, safetyStockSchema } from "./safety-stock.ts";
import { type CompiledSchedule, compileSchedule, scheduleSchema } from "./schedule.ts";
import { type CompiledSelector, compileSelector } from "./selectors/selector.ts";
import { partsByStage } from "./stage-parts.ts";
import { compileUnitStocks, type UnitStocks, unitStockSchema } from "./unit-stock.ts";
import { findZone } from "./zone.ts";

export const promotionKey = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/)
  .meta({
    id: "PromotionKey",
    description: "The caller's own name of the promotion, unique in the project.",
  });

const names = z.array(z.string().min(1).max(limits.nameLength)).max(limits.namesPerField);

const triggerSchema = z
  .discriminatedUnion("type", [
    z.strictObject({ type: z.literal("automatic") }),
    z.strictObject({ type: z.literal("code"), code: z.string().min(1).max(limits.codeLength) }),
    z.strictObject({ type: z.literal("coupon"), pool: z.string().min(1).max(limits.nameLength) }),
  ])
  .meta({
    id: "Trigger",
    scalar: true,
    description: "`automatic`, one shared `code`, or a `coupon` of a pool.",
  });

const excludesSchema = z
  .strictObject({ promotions: names.optional(), groups: names.optional(), tags: names.optional() })
  .meta({ id: "Excludes" });

const stackingSchema = z
  .strictObject({
    group: z
      .string()
      .min(1)
      .max(limits.nameLength)
      .optional()
      .describe(
        "At most one promotion of a group touches a unit (or the order). Left out: the stage's own name.",
      ),
    exclusive: z.boolean().default(false).describe("Nothing else may apply to the order beside it."),
    excludes: excludesSchema.optional(),
  })
  .meta({ id: "Stacking" });

const count = z.int().min(1);
const scope = z.enum(["customer", "device", "phone", "ip"]);

const limitsSchema = z
  .strictObject({
    total: count.optional().describe("Of every use there ever was; the others count from when they are set."),
    perCustomer: count.optional(),
    perCode: count.optional(),
    perDevice: count.optional(),
    perPhone: count.optional(),
    perIp: count.optional(),
    perPeriod: z
      .strictObject({
        count,
        period: z.enum(["day", "week", "month"]),
        per: scope.optional().describe("Left out: all uses together."),
      })
      .optional(),
    stock: unitStockSchema.optional(),
  })
  .meta({ id: "PromotionLimits" });

const budgetSchema = z
  .strictObject({
    amount: moneyMap,
    atEdge: z
      .enum(["refuse", "partial"])
      .default("refuse")
      .describe("What happens to the discount that the rest of the budget does not cover."),
  })
  .meta({ id: "Budget" });

const groupSchema = z
  .strictObject({
    size: z.int().min(2).max(limits.groupSize).describe("So many customers get the price, or none."),
    hours: z.int().min(1).max(120).describe("How long a group may take to be complete."),
    payHours: z
      .int()
      .min(1)
      .max(24)
      .default(24)
      .describe("How long after that its members may commit what they reserved."),
    mostGroups: count.optional().describe("Groups that may be open or complete in all."),
  })
  .meta({
    id: "GroupRule",
    description: "Group buying: it applies to the orders of a group's members (`POST /v1/group-buys`) alone.",
  });

const text = z.string().max(limits.textLength).optional();
const textsSchema = z
  .record(z.string().max(35), z.strictObject({ label: text, badge: text, terms: text, description: text }))
  .meta({ id: "Texts", scalar: true, description: "Label, badge, terms and description by language." });

export const promotionSchema = z
  .strictObject({
    key: promotionKey,
    name: z.string().min(1).max(limits.nameLength).optional(),
    campaign: z.string().min(1).max(limits.nameLength).optional(),
    variant: variantSchema.optional(),
    tags: names.default([]),
    priority: z
      .int()
      .min(-1_000_000)
      .max(1_000_000)
      .default(0)
      .describe("Higher first; equal priorities go by key."),
    visibility: z
      .enum(["public", "private"])
      .default("public")
      .describe("A private promotion is never named to a customer outside its audience."),
    funder: z.string().min(1).max(limits.nameLength).default("merchant"),
    funding: fundingSchema.optional(),
    schedule: scheduleSchema.optional(),
    trigger: triggerSchema,
    conditions: conditionSchema.optional(),
    benefits: z.array(benefitSchema).min(1).max(limits.benefitsPerPromotion),
    stacking: stackingSchema.default({ exclusive: false }),
    limits: limitsSchema.optional(),
    safetyStock: safetyStockSchema.optional(),
    group: groupSchema.optional(),
    budget: budgetSchema.optional(),
    returns: z.enum(["prorate", "reevaluate", "forbid"]).default("prorate"),
    restoreUseOnReturn: z.boolean().default(false),
    texts: textsSchema.optional(),
  })
  .meta({ id: "PromotionDocument" });

export type PromotionDocument = z.output<typeof promotionSchema>;
export type PromotionInput = z.input<typeof promotionSchema>;

/** The benefits of a promotion that act in one stage. Each stage claims its exclusivity group separately. */
export interface StagePart {
  readonly stage: Stage;
  readonly group: string;
  readonly benefits: readonly CompiledBenefit[];
  /** Where each of them stands in the promotion's document. */
  readonly positions: readonly number[];
  /** Of the item stage: what its one benefit covers, where of that it may touch all that its group does not hold. Null: it is less plain. */
  readonly plainGoods: CompiledSelector | null;
}

export interface CompiledPromotion {
  /** Null for a draft that is not stored. */
  readonly id: string | null;
  readonly key: string;
  readonly document: PromotionDocument;
  /** In stage order. */
  readonly parts: readonly StagePart[];
  readonly conditions: CompiledTree | null;
  /** What is known of the customer matters to it, in a condition or in an expression about goods. */
  readonly readsCustomer: boolean;
  /** What of the customer and of the cart's attributes must be kept of a sale, to price it again: see `Reads`. */
  readonly reads: ReadonlySet<string>;
  /** The conditions depend on what the stages before the promotion's first one leave. */
  readonly asksAtStage: boolean;
  /**
   * What the goods of a cart must be worth before any discount, by currency, for it to be looked at: below that it is out, whatever
   * the plan. Null where nothing can be said so early, or where it matters that the cart met the promotion.
   */
  readonly leastSpend: ReadonlyMap<string, number> | null;
  readonly schedule: CompiledSchedule | null;
  /** Null: every currency. */
  readonly currencies: ReadonlySet<string> | null;
  /** The shared code that triggers it, normalised; null if there is none. */
  readonly code: string | null;
  readonly pool: string | null;
  readonly hasConflicts: boolean;
  /** Some of its benefits give nothing below so many units, or so much that they are worth. */
  readonly hasThresholds: boolean;
  /** More than its time, its currency and its conditions decides whether it may apply: what is left of it, who the customer is. */
  readonly isGuarded: boolean;
  /** Null: it may sell as many units as anybody likes. */
  readonly unitStocks: UnitStocks | null;
  /** Null: whatever is on the shelf may be sold. */
  readonly safetyStock: SafetyStock | null;
}

/** Selectors that say the same are one object, so that an evaluation asks each of them once. */
export type SelectorTable = Map<string, CompiledSelector>;

export interface CompileOptions {
  id: string | null;
  defaultTimezone: string;
  selectors: SelectorTable;
}

export type Compilation =
  | { promotion: CompiledPromotion; issues: null }
  | { promotion: null; issues: Issue[] };

/** Compiles a document that has the shape of `promotionSchema`; finds every fault that the shape alone does not show. */
export function compilePromotion(document: PromotionDocument, options: CompileOptions): Compilation {
  const issues: Issue[] = [];
  const currencies = new CurrencySet();
  const reads: Reads = { customer: false, cart: false, places: new Set() };
  const compiler = makeCompiler(issues, currencies, reads, options);
  const { trigger, stacking, conditions: tree, schedule: window } = document;

  const code = trigger.type === "code" ? normalizeCode(trigger.code) : null;
  if (code === "")
    compiler.issue(
      "/trigger/code",
      "code_empty",
      "Nothing is left of the code after spaces and dashes are taken out.",
    );

  const benefits = document.benefits.map((benefit, i) => {
    const { kind, ...params } = benefit;
    const compiled = benefitKind.get(kind)!.compile(params as never, compiler, `/benefits/${i}`);
    // Objects of one shape, whatever the kind: V8 then knows where to look, at every place that asks a benefit.
    const { stage, selectors, propose, grant, deposit, hasNoThreshold } = compiled;
    return { stage, selectors, propose, grant, deposit, hasNoThreshold };
  });
  const conditions =
    tree === undefined ? null : compileConditions(tree as ConditionDocument, compiler, "/conditions");
  for (const path of tree === undefined ? [] : leavesOfSegments(tree as ConditionDocument, "/conditions"))
    compiler.issue(
      `${path}/kind`,
      "not_at_checkout",
      "What customers did is not looked up at checkouts: make a segment of it, and ask `segment`.",
    );
  const schedule =
    window === undefined
      ? null
      : compileSchedule(window, options.defaultTimezone, (path, code, message) =>
          compiler.issue(`/schedule${path}`, code, message),
        );
  if (document.variant !== undefined && document.variant.from >= document.variant.to)
    compiler.issue("/variant/to", "range_empty", "No customer would be in this arm.");
  for (const { path, code, message } of fundingFaults(document.funding)) compiler.issue(path, code, message);
  if (document.budget !== undefined) compiler.currencies(document.budget.amount, "/budget/amount");
  if (document.benefits.filter((benefit) => benefit.kind === "deposit").length > 1)
    compiler.issue(
      "/benefits",
      "one_deposit",
      "A paid deposit is used once, so a promotion has at most one `deposit`.",
    );
  if (currencies.areContradictory)
    compiler.issue("", "no_common_currency", "No currency has an amount everywhere the promotion needs one.");
  const parts = partsByStage(benefits, document);
  const goodsStages = parts.filter(({ stage }) => stage === "item" || stage === "order").length;
  const unitStocks = compileUnitStocks(document, goodsStages, compiler.issue);
  const safetyStock = compileSafetyStock(
    document.safetyStock,
    { goodsStages, givesGoods: document.benefits.some(({ kind }) => kind === "gift") },
    compiler.issue,
  );
  if (issues.length > 0) return { promotion: null, issues };

  const { excludes } = stacking;
  const readsCustomer = reads.customer || (conditions?.readsCustomer ?? false);
  const asksAtStage = parts[0]!.stage !== "item" && (conditions?.dependsOnStage ?? false);
  const named = [excludes?.promotions, excludes?.groups, excludes?.tags].some(
    (list) => list !== undefined && list.length > 0,
  );
  return {
    issues: null,
    promotion: {
      id: options.id,
      key: document.key,
      document,
      parts,
      conditions,
      readsCustomer,
      reads: new Set([...reads.places, ...(conditions?.reads ?? [])]),
      asksAtStage,
      leastSpend: leastSpendOf(document, conditions, asksAtStage),
      schedule,
      currencies: currencies.allowed,
      code,
      pool: trigger.type === "coupon" ? trigger.pool : null,
      hasConflicts: stacking.exclusive || named,
      hasThresholds: benefits.some(({ hasNoThreshold }) => !hasNoThreshold),
      isGuarded: readsCustomer || isCountedOrSplit(document),
      unitStocks,
      safetyStock,
    },
  };
}

function makeCompiler(
  issues: Issue[],
  currencies: CurrencySet,
  reads: Reads,
  { selectors, defaultTimezone }: Omit<CompileOptions, "id">,
): Compiler {
  const compiler: Compiler = {
    issue: (path, code, message) => issues.push({ path, code, message }),
    selector(select, path) {
      const compiled = compileSelector(select, compiler, path);
      const known = selectors.get(compiled.id);
      if (known !== undefined) return known;
      selectors.set(compiled.id, compiled);
      return compiled;
    },
    percent(percent, path) {
      const parsed = parsePercent(percent);
      if (parsed === null)
        compiler.issue(path, "percent_too_fine", "A percentage has at most four decimals.");
      else if (parsed <= 0 || parsed > wholePercent)
        compiler.issue(path, "percent_out_of_range", "A percentage lies above 0 and is at most 100.");
      return parsed ?? 0;
    },
    expression(cel, path): Expression {
      const compiled = compileExpression(cel);
      if (!("error" in compiled)) {
        reads.customer ||= compiled.usesCustomer;
        reads.cart ||= compiled.usesCart;
        for (const place of compiled.reads) reads.places.add(place);
        return compiled;
      }
      compiler.issue(path, "expression_invalid", compiled.error);
      return {
        usesLine: false,
        usesCustomer: false,
        operations: () => 0,
        usesCart: false,
        reads: new Set(),
        test: () => ({ met: false, reason: "expression_false" }),
      };
    },
    currencies(map, path) {
      const codes = Object.keys(map);
      if (codes.length === 0) compiler.issue(path, "no_currency", "Name an amount in at least one currency.");
      else currencies.add(codes);
    },
    timezone(name, path) {
      if (name === undefined) return defaultTimezone;
      if (findZone(name) === null)
        compiler.issue(path, "timezone_unknown", `${name} is not an IANA time zone.`);
      return name;
    },
  };
  return compiler;
}

/** For conditions that belong to no promotion; what their expressions name is noted in `reads`. */
export function conditionCompiler(issues: Issue[], defaultTimezone: string, reads: Reads): Compiler {
  return makeCompiler(issues, new CurrencySet(), reads, { selectors: new Map(), defaultTimezone });
}

/** May the two not stand beside each other? Either side may say so. */
export function areInConflict(a: CompiledPromotion, b: CompiledPromotion): boolean {
  if (!a.hasConflicts && !b.hasConflicts) return false;
  return a.document.stacking.exclusive || b.document.stacking.exclusive || excludes(a, b) || excludes(b, a);
}

function excludes(a: CompiledPromotion, b: CompiledPromotion): boolean {
  const named = a.document.stacking.excludes;
  if (named === undefined) return false;
  return (
    (named.promotions?.includes(b.key) ?? false) ||
    (named.groups?.some((group) => b.parts.some((part) => part.group === group)) ?? false) ||
    (named.tags?.some((tag) => b.document.tags.includes(tag)) ?? false)
  );
}

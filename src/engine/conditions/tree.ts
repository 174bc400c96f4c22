/**
 * The condition tree: `all`, `any` and `not` over leaves.
 *
 * Three-valued. A leaf whose facts are missing is neither true nor false, and so is whatever hangs on it, also under
 * `not`. Which reason is told: `all` tells its first unmet child; `any` its first child that is plainly unmet, and a
 * missing fact only when every child misses one.
 */
import { z } from "zod";
import type { FactName } from "../facts.ts";
import type {
  CompiledCondition,
  Compiler,
  ConditionKind,
  ConditionView,
  Unmet,
  Verdict,
  Words,
} from "../kind.ts";
import { limits } from "../limits.ts";
import type { CompiledSelector } from "../selectors/selector.ts";
import { conditionKinds } from "./index.ts";
import { All, Any, type ConditionNode, Leaf, Not, nothing } from "./tree-nodes.ts";

export type ConditionLeaf = { readonly kind: string } & { readonly [parameter: string]: unknown };
export type ConditionDocument =
  | { readonly all: readonly ConditionDocument[] }
  | { readonly any: readonly ConditionDocument[] }
  | { readonly not: ConditionDocument }
  | ConditionLeaf;

const kinds: ReadonlyMap<string, ConditionKind> = new Map(conditionKinds.map((kind) => [kind.kind, kind]));

const leafSchemas = conditionKinds.map(({ kind, summary, params }) =>
  z.strictObject({ kind: z.literal(kind), ...params.shape }).describe(summary),
);

const children = () => z.array(conditionSchema).min(1).max(limits.conditionLeaves);

export const conditionSchema: z.ZodType<ConditionDocument, ConditionDocument> = z
  .union([
    z.discriminatedUnion(
      "kind",
      leafSchemas as unknown as readonly [(typeof leafSchemas)[number]],
    ) as z.ZodType<ConditionLeaf, ConditionLeaf>,
    z.strictObject({
      get all() {
        return children();
      },
    }),
    z.strictObject({
      get any() {
        return children();
      },
    }),
    z.strictObject({
      get not() {
        return conditionSchema;
      },
    }),
  ])
  .meta({
    id: "Condition",
    scalar: true,
    description: "`{ all: […] }`, `{ any: […] }`, `{ not: … }`, or one condition with its `kind`.",
  });

/** Reasons that the tree itself gives, beside those of its leaves. */
export const treeReasons: Readonly<Record<string, Words>> = {
  condition_excluded: {
    en: "This offer is not available for this cart.",
    "zh-CN": "此优惠不适用于当前订单。",
  },
};

type View = ConditionView<FactName>;
export type Audience = "in" | "out" | "anyone";

/** One condition of a tree, asked by itself. */
export interface LeafVerdict {
  /** JSON Pointer into the promotion's document. */
  readonly path: string;
  readonly document: ConditionLeaf;
  /** False under a `not`. */
  readonly isWanted: boolean;
  readonly verdict: Verdict;
}

export interface CompiledTree {
  test(view: View): Verdict;
  /** Every leaf, in the order of the document. */
  testEach(view: View): readonly LeafVerdict[];
  /**
   * Whether the customer may learn of the promotion, whatever is in the cart: only conditions about the customer are
   * decided. Whoever is not known to be in the audience is out.
   */
  audience(view: View): Audience;
  /** The one condition that stands between this cart and the whole tree, if more goods would meet it. */
  nearMiss(view: View): Unmet | null;
  readonly dependsOnStage: boolean;
  /** What earlier stages take off can only make it fail: unmet at the prices of the cart, it is unmet in every plan. */
  readonly staysUnmet: boolean;
  readonly needs: readonly FactName[];
  /** What its leaves look at, but for their expressions: see `Reads`. */
  readonly reads: readonly string[];
  /** Some leaf asks who the customer is, or what is known of them. */
  readonly isAboutCustomer: boolean;
  /** And needs what is stored of the customer for it. */
  readonly readsCustomer: boolean;
  /** Null: any currency. */
  readonly currencies: readonly string[] | null;
  /** Goods of each of which at least one unit must be in the cart. */
  readonly requires: readonly CompiledSelector[];
  /** What the goods must be worth, by currency: the largest of its thresholds. */
  readonly requiresSpend: ReadonlyMap<string, number>;
  /** Context fields each of which must have one of its values. */
  readonly requiresContext: readonly NonNullable<CompiledCondition["requiresContext"]>[];
}

/** What was left out of the leaves, filled in; where that cannot be told, as it is. Promotions are parsed as a whole. */
export function withDefaults(tree: ConditionDocument): ConditionDocument {
  return conditionSchema.safeParse(tree).data ?? tree;
}

export function compileConditions(tree: ConditionDocument, compiler: Compiler, path: string): CompiledTree {
  const growth: Growth = { compiler, leaves: [], necessary: [], isReported: false };
  const root = grow(tree, path, 1, true, growth);
  const { leaves, necessary } = growth;
  const isAboutCustomer = leaves.some((leaf) => leaf.isAboutCustomer);
  const needs = [
    ...new Set(leaves.flatMap((leaf) => [...leaf.kind.needs, ...(leaf.compiled.alsoNeeds ?? [])])),
  ];
  const currencies = necessary.flatMap(({ currencies }) => (currencies === undefined ? [] : [currencies]));
  if (currencies.length > 1 && intersection(currencies).length === 0) {
    compiler.issue(path, "no_common_currency", "No currency meets every condition about the currency.");
  }
  return {
    test: (view) => root.test(view),
    // Asked for rarely, so the places are not kept: the document is gone through in the order in which the leaves grew.
    testEach(view) {
      return leavesOf(tree, path).map((place, i) => ({ ...place, verdict: leaves[i]!.test(view) }));
    },
    audience(view) {
      if (!isAboutCustomer) return "anyone";
      return root.mayBe(view, false) === false ? "out" : "in";
    },
    nearMiss: (view) => root.remedy(view),
    isAboutCustomer,
    readsCustomer: leaves.some((leaf) => leaf.isAboutCustomer && leaf.kind.isAboutDealer !== true),
    dependsOnStage: root.dependsOnStage,
    staysUnmet: root.staysUnmet,
    needs,
    reads: [
      ...needs.map((name) => `facts.${name}`),
      ...leaves.flatMap(({ compiled }) => compiled.reads ?? []),
    ],
    currencies: currencies.length === 0 ? null : intersection(currencies),
    requires: necessary.flatMap(({ requires }) => requires ?? []),
    requiresSpend: largestByCurrency(necessary.map(({ requiresSpend = {} }) => requiresSpend)),
    requiresContext: necessary.flatMap(({ requiresContext }) => requiresContext ?? []),
  };
}

/** Where leaves stand that no promotion may ask. */
export function leavesOfSegments(tree: ConditionDocument, path: string): string[] {
  return leavesOf(tree, path).flatMap(({ path: at, document: { kind } }) =>
    kinds.get(kind as string)?.isOfSegmentsAlone === true ? [at] : [],
  );
}

/** Every leaf with its place, in the order of the document. */
export function leavesOf(
  tree: ConditionDocument,
  path: string,
  isWanted = true,
): Omit<LeafVerdict, "verdict">[] {
  if ("kind" in tree) return [{ path, document: tree as ConditionLeaf, isWanted }];
  if ("not" in tree) return leavesOf(tree.not as ConditionDocument, `${path}/not`, !isWanted);
  const [name, children] = "all" in tree ? (["all", tree.all] as const) : (["any", tree.any] as const);
  return (children as readonly ConditionDocument[]).flatMap((child, i) =>
    leavesOf(child, `${path}/${name}/${i}`, isWanted),
  );
}

interface Growth {
  readonly compiler: Compiler;
  readonly leaves: Leaf[];
  /** What the leaves ask without which the tree cannot be true. */
  readonly necessary: CompiledCondition[];
  isReported: boolean;
}

function grow(
  tree: ConditionDocument,
  path: string,
  depth: number,
  isNecessary: boolean,
  growth: Growth,
): ConditionNode {
  const { compiler } = growth;
  if (depth > limits.conditionDepth) {
    reportOnce(growth, path, "conditions_too_deep", `Conditions nest at most ${limits.conditionDepth} deep.`);
    return nothing;
  }
  if ("kind" in tree) {
    if (growth.leaves.length >= limits.conditionLeaves) {
      reportOnce(growth, path, "too_many_conditions", `At most ${limits.conditionLeaves} conditions.`);
      return nothing;
    }
    const { kind: name, ...params } = tree as ConditionLeaf;
    const kind = kinds.get(name);
    if (kind === undefined)
      throw new TypeError(`A condition tree is compiled after conditionSchema accepted it: ${name}`);
    const leaf = new Leaf(kind, kind.compile(params as never, compiler, path));
    growth.leaves.push(leaf);
    if (isNecessary) growth.necessary.push(leaf.compiled);
    return leaf;
  }
  if ("all" in tree) {
    return new All(
      tree.all.map((child, i) => grow(child, `${path}/all/${i}`, depth + 1, isNecessary, growth)),
    );
  }
  if ("any" in tree) {
    const isOnlyChild = tree.any.length === 1;
    return new Any(
      tree.any.map((child, i) =>
        grow(child, `${path}/any/${i}`, depth + 1, isNecessary && isOnlyChild, growth),
      ),
    );
  }
  return new Not(grow(tree.not, `${path}/not`, depth + 1, false, growth));
}

function reportOnce(growth: Growth, path: string, code: string, message: string): void {
  if (!growth.isReported) growth.compiler.issue(path, code, message);
  growth.isReported = true;
}

function largestByCurrency(amounts: readonly Readonly<Record<string, number>>[]): Map<string, number> {
  const largest = new Map<string, number>();
  for (const [currency, amount] of amounts.flatMap((each) => Object.entries(each)))
    largest.set(currency, Math.max(amount, largest.get(currency) ?? 0));
  return largest;
}

function intersection(lists: readonly (readonly string[])[]): string[] {
  const [first = [], ...others] = lists;
  return first.filter((value) => others.every((list) => list.includes(value)));
}

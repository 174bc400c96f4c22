/**
 * The condition tree: `all`, `any` and `not` over leaves.
 *
 * Three-valued. A leaf whose facts are missing is neither true nor false, and so is whatever hangs on it, also under
 * `not`. Which reason is told: `all` tells its first unmet child; `any` its first child that is plainly unmet, and a
 * missing fact only when every child misses one.
 */
import { z } from "zod";
import type { FactName, Facts } from "../facts.ts";
import {
  type CompiledCondition,
  type Compiler,
  type ConditionKind,
  type ConditionView,
  met,
  missing,
  type Unmet,
  unmet,
  type Verdict,
  type Words,
} from "../kind.ts";
import { limits } from "../limits.ts";
import type { CompiledSelector } from "../selectors/selector.ts";
import { conditionKinds } from "./index.ts";

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

export interface CompiledTree {
  test(view: View): Verdict;
  /**
   * Whether the customer may learn of the promotion, whatever is in the cart: only conditions about the customer are
   * decided. Whoever is not known to be in the audience is out.
   */
  audience(view: View): Audience;
  /** The one condition that stands between this cart and the whole tree, if more goods would meet it. */
  nearMiss(view: View): Unmet | null;
  readonly dependsOnStage: boolean;
  readonly needs: readonly FactName[];
  /** Null: any currency. */
  readonly currencies: readonly string[] | null;
  /** Goods of each of which at least one unit must be in the cart. */
  readonly requires: readonly CompiledSelector[];
  /** Context fields each of which must have one of its values. */
  readonly requiresContext: readonly NonNullable<CompiledCondition["requiresContext"]>[];
}

export function compileConditions(tree: ConditionDocument, compiler: Compiler, path: string): CompiledTree {
  const growth: Growth = { compiler, leaves: [], necessary: [], isReported: false };
  const root = grow(tree, path, 1, true, growth);
  const { leaves, necessary } = growth;
  const isAboutCustomer = leaves.some((leaf) => leaf.isAboutCustomer);
  const currencies = necessary.flatMap(({ currencies }) => (currencies === undefined ? [] : [currencies]));
  if (currencies.length > 1 && intersection(currencies).length === 0) {
    compiler.issue(path, "no_common_currency", "No currency meets every condition about the currency.");
  }
  return {
    test: (view) => root.test(view),
    audience(view) {
      if (!isAboutCustomer) return "anyone";
      return root.mayBe(view, false) === false ? "out" : "in";
    },
    nearMiss: (view) => root.remedy(view),
    dependsOnStage: leaves.some((leaf) => leaf.compiled.dependsOnStage ?? false),
    needs: [...new Set(leaves.flatMap((leaf) => [...leaf.kind.needs, ...(leaf.compiled.alsoNeeds ?? [])]))],
    currencies: currencies.length === 0 ? null : intersection(currencies),
    requires: necessary.flatMap(({ requires }) => requires ?? []),
    requiresContext: necessary.flatMap(({ requiresContext }) => requiresContext ?? []),
  };
}

// ---------------------------------------------------------------- nodes

/** True, false, or null: facts are missing. */
type Truth = boolean | null;

interface Node {
  test(view: View): Verdict;
  truth(view: View): Truth;
  /** The first leaf that misses a fact. */
  firstMissing(view: View): Unmet | null;
  /** The kind of the first leaf that makes a true node true. */
  cause(view: View): string;
  /** The truth with all conditions that are not about the customer unknown, and missing facts taken for the worst. */
  mayBe(view: View, isNegated: boolean): Truth;
  /** Of a node that is not true: the cheapest leaf that alone, with more goods, would make it true. */
  remedy(view: View): Unmet | null;
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
): Node {
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

class Leaf implements Node {
  readonly kind: ConditionKind;
  readonly compiled: CompiledCondition;
  readonly isAboutCustomer: boolean;
  private readonly unknown: readonly { name: FactName; withoutId: Unmet; withId: Unmet }[];

  constructor(kind: ConditionKind, compiled: CompiledCondition) {
    this.kind = kind;
    this.compiled = compiled;
    this.isAboutCustomer = compiled.isAboutCustomer ?? kind.isAboutCustomer;
    this.unknown = kind.needs.map((name) => ({
      name,
      withoutId: missing("customer.id"),
      withId: missing(`customer.facts.${name}`),
    }));
  }

  test(view: View): Verdict {
    for (const { name, withId, withoutId } of this.unknown) {
      if ((view.facts as Facts)[name] === undefined)
        return view.customer?.id === undefined ? withoutId : withId;
    }
    return this.compiled.test(view);
  }

  truth(view: View): Truth {
    const verdict = this.test(view);
    return verdict.met ? true : isMissing(verdict) ? null : false;
  }

  firstMissing(view: View): Unmet | null {
    const verdict = this.test(view);
    return isMissing(verdict) ? verdict : null;
  }

  cause(): string {
    return this.kind.kind;
  }

  mayBe(view: View, isNegated: boolean): Truth {
    if (!this.isAboutCustomer) return null;
    const truth = this.truth(view);
    return truth === null ? isNegated : truth;
  }

  remedy(view: View): Unmet | null {
    const verdict = this.test(view);
    return !verdict.met && verdict.gap !== undefined ? verdict : null;
  }
}

class All implements Node {
  private readonly children: readonly Node[];
  constructor(children: readonly Node[]) {
    this.children = children;
  }

  test(view: View): Verdict {
    for (const child of this.children) {
      const verdict = child.test(view);
      if (!verdict.met) return verdict;
    }
    return met;
  }

  truth(view: View): Truth {
    let truth: Truth = true;
    for (const child of this.children) {
      const own = child.truth(view);
      if (own === false) return false;
      if (own === null) truth = null;
    }
    return truth;
  }

  firstMissing(view: View): Unmet | null {
    return firstMissingOf(this.children, view);
  }

  cause(view: View): string {
    return this.children[0]!.cause(view);
  }

  mayBe(view: View, isNegated: boolean): Truth {
    let truth: Truth = true;
    for (const child of this.children) {
      const own = child.mayBe(view, isNegated);
      if (own === false) return false;
      if (own === null) truth = null;
    }
    return truth;
  }

  remedy(view: View): Unmet | null {
    const failing = this.children.filter((child) => child.truth(view) !== true);
    return failing.length === 1 ? failing[0]!.remedy(view) : null;
  }
}

class Any implements Node {
  private readonly children: readonly Node[];
  constructor(children: readonly Node[]) {
    this.children = children;
  }

  test(view: View): Verdict {
    let told: Unmet | null = null;
    for (const child of this.children) {
      const verdict = child.test(view);
      if (verdict.met) return verdict;
      if (told === null || (isMissing(told) && !isMissing(verdict))) told = verdict;
    }
    return told!;
  }

  truth(view: View): Truth {
    let truth: Truth = false;
    for (const child of this.children) {
      const own = child.truth(view);
      if (own === true) return true;
      if (own === null) truth = null;
    }
    return truth;
  }

  firstMissing(view: View): Unmet | null {
    return firstMissingOf(this.children, view);
  }

  cause(view: View): string {
    return (this.children.find((child) => child.truth(view) === true) ?? this.children[0]!).cause(view);
  }

  mayBe(view: View, isNegated: boolean): Truth {
    let truth: Truth = false;
    for (const child of this.children) {
      const own = child.mayBe(view, isNegated);
      if (own === true) return true;
      if (own === null) truth = null;
    }
    return truth;
  }

  remedy(view: View): Unmet | null {
    let cheapest: Unmet | null = null;
    for (const child of this.children) {
      const verdict = child.remedy(view);
      // Money and units do not compare: of two kinds of gap the first in the document stays.
      if (
        verdict !== null &&
        (cheapest === null || (verdict.gapIn === cheapest.gapIn && verdict.gap! < cheapest.gap!))
      ) {
        cheapest = verdict;
      }
    }
    return cheapest;
  }
}

class Not implements Node {
  private readonly child: Node;
  constructor(child: Node) {
    this.child = child;
  }

  test(view: View): Verdict {
    const truth = this.child.truth(view);
    if (truth === false) return met;
    if (truth === null) return this.child.firstMissing(view)!;
    return unmet("condition_excluded", { kind: this.child.cause(view) });
  }

  truth(view: View): Truth {
    return negate(this.child.truth(view));
  }

  firstMissing(view: View): Unmet | null {
    return this.child.firstMissing(view);
  }

  cause(view: View): string {
    return this.child.cause(view);
  }

  mayBe(view: View, isNegated: boolean): Truth {
    return negate(this.child.mayBe(view, !isNegated));
  }

  /** More goods make no condition false that is told with a gap, so nothing under a `not` is ever near. */
  remedy(): null {
    return null;
  }
}

/** Stands for what was refused; the document is not used. */
const nothing: Node = {
  test: () => met,
  truth: () => true,
  firstMissing: () => null,
  cause: () => "",
  mayBe: () => null,
  remedy: () => null,
};

function isMissing(verdict: Verdict): verdict is Unmet {
  return !verdict.met && verdict.reason === "facts_missing";
}

function firstMissingOf(children: readonly Node[], view: View): Unmet | null {
  for (const child of children) {
    const verdict = child.firstMissing(view);
    if (verdict !== null) return verdict;
  }
  return null;
}

function negate(truth: Truth): Truth {
  return truth === null ? null : !truth;
}

function intersection(lists: readonly (readonly string[])[]): string[] {
  const [first = [], ...others] = lists;
  return first.filter((value) => others.every((list) => list.includes(value)));
}

/** The nodes of a compiled condition tree. Each answers for itself; none knows its parent. */
import type { FactName, Facts } from "../facts.ts";
import {
  type CompiledCondition,
  type ConditionKind,
  type ConditionView,
  met,
  missing,
  type Unmet,
  unmet,
  type Verdict,
} from "../kind.ts";

type View = ConditionView<FactName>;

/** True, false, or null: facts are missing. */
type Truth = boolean | null;

export interface ConditionNode {
  readonly dependsOnStage: boolean;
  /** Unmet before any discount, it is unmet after them. */
  readonly staysUnmet: boolean;
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

/** A customer may have a hundred tags, or orders, that are gone through. */
const operationsAboutCustomer = 8;

export class Leaf implements ConditionNode {
  readonly kind: ConditionKind;
  readonly compiled: CompiledCondition;
  readonly isAboutCustomer: boolean;
  readonly dependsOnStage: boolean;
  readonly staysUnmet: boolean;
  private readonly unknown: readonly { name: FactName; withoutId: Unmet; withId: Unmet }[];

  constructor(kind: ConditionKind, compiled: CompiledCondition) {
    this.kind = kind;
    this.compiled = compiled;
    this.isAboutCustomer = compiled.isAboutCustomer ?? kind.isAboutCustomer;
    this.dependsOnStage = compiled.dependsOnStage ?? false;
    this.staysUnmet = !this.dependsOnStage || (compiled.staysUnmet ?? false);
    this.unknown = kind.needs.map((name) => ({
      name,
      withoutId: missing("customer.id"),
      withId: missing(`customer.facts.${name}`),
    }));
  }

  test(view: View): Verdict {
    view.spend(this.isAboutCustomer ? operationsAboutCustomer : 1);
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

export class All implements ConditionNode {
  readonly dependsOnStage: boolean;
  readonly staysUnmet: boolean;
  private readonly children: readonly ConditionNode[];
  constructor(children: readonly ConditionNode[]) {
    this.children = children;
    this.dependsOnStage = children.some((child) => child.dependsOnStage);
    this.staysUnmet = children.every((child) => child.staysUnmet);
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

export class Any implements ConditionNode {
  readonly dependsOnStage: boolean;
  readonly staysUnmet: boolean;
  private readonly children: readonly ConditionNode[];
  constructor(children: readonly ConditionNode[]) {
    this.children = children;
    this.dependsOnStage = children.some((child) => child.dependsOnStage);
    this.staysUnmet = children.every((child) => child.staysUnmet);
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

export class Not implements ConditionNode {
  readonly dependsOnStage: boolean;
  readonly staysUnmet: boolean;
  private readonly child: ConditionNode;
  constructor(child: ConditionNode) {
    this.child = child;
    this.dependsOnStage = child.dependsOnStage;
    this.staysUnmet = !child.dependsOnStage;
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
export const nothing: ConditionNode = {
  dependsOnStage: false,
  staysUnmet: true,
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

function firstMissingOf(children: readonly ConditionNode[], view: View): Unmet | null {
  for (const child of children) {
    const verdict = child.firstMissing(view);
    if (verdict !== null) return verdict;
  }
  return null;
}

function negate(truth: Truth): Truth {
  return truth === null ? null : !truth;
}

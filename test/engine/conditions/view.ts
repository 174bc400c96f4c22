/** Builds what a condition sees by hand, so that conditions are tested without the pipeline. */
import { canonicalCart } from "../../../src/engine/canonical-cart.ts";
import { type Cart, cartSchema } from "../../../src/engine/cart.ts";
import {
  type CompiledTree,
  type ConditionDocument,
  compileConditions,
  conditionSchema,
} from "../../../src/engine/conditions/tree.ts";
import { compileExpression } from "../../../src/engine/expression.ts";
import type { FactName, Facts } from "../../../src/engine/facts.ts";
import type { Compiler, ConditionView, Issue, Verdict } from "../../../src/engine/kind.ts";
import { compileSelector } from "../../../src/engine/selectors/selector.ts";
import { findZone } from "../../../src/engine/zone.ts";

export interface Given extends Partial<Omit<Cart, "lines">> {
  /** "2x MUG @ 1000", with `mug` as its category. */
  lines?: string[];
  cartLines?: Cart["lines"];
  facts?: Facts;
  now?: string;
  /** What shipping costs after earlier stages; the cart's if left out. */
  shippingNow?: number;
}

export function view(given: Given = {}): ConditionView<FactName> {
  const {
    lines = ["1x MUG @ 10000"],
    cartLines,
    facts = {},
    now = "2026-06-15T12:00:00Z",
    shippingNow,
    ...rest
  } = given;
  const document = cartSchema.parse({ currency: "CNY", ...rest, lines: cartLines ?? lines.map(parseLine) });
  const cart = canonicalCart(document, null);
  return {
    cart,
    customer: cart.customer,
    facts: facts as Required<Pick<Facts, FactName>>,
    now: Date.parse(now),
    subtotal: (select) => sum(cart.lines.filter(select.covers).map((line) => line.quantity * line.unitPrice)),
    quantity: (select) => sum(cart.lines.filter(select.covers).map((line) => line.quantity)),
    distinct: (select, by) =>
      new Set(
        cart.lines
          .filter(select.covers)
          .map((line) => (by === "sku" ? line.sku : (line.product ?? line.sku))),
      ).size,
    shippingAmount: () => shippingNow ?? cart.shippingAmount,
    spend: () => undefined,
  };
}

function parseLine(text: string, i: number): Cart["lines"][number] {
  const [, quantity, sku, unitPrice] = /^(\d+)x (\S+) @ (\d+)$/.exec(text)!;
  return {
    id: String(i + 1),
    sku: sku!,
    categories: [sku!.toLowerCase()],
    quantity: Number(quantity),
    unitPrice: Number(unitPrice),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

export function compile(document: unknown): { tree: CompiledTree; issues: Issue[]; currencies: string[][] } {
  const issues: Issue[] = [];
  const currencies: string[][] = [];
  const compiler: Compiler = {
    selector: (select, path) => compileSelector(select, compiler, path),
    percent: (percent) => percent,
    expression(cel, path) {
      const compiled = compileExpression(cel);
      if (!("error" in compiled)) return compiled;
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
    currencies: (map) => void currencies.push(Object.keys(map)),
    timezone(name, path) {
      if (name !== undefined && findZone(name) === null) compiler.issue(path, "timezone_unknown", name);
      return name ?? "UTC";
    },
    issue: (path, code, message) => void issues.push({ path, code, message }),
  };
  const tree = compileConditions(
    conditionSchema.parse(document) as ConditionDocument,
    compiler,
    "/conditions",
  );
  return { tree, issues, currencies };
}

export function issuesOf(document: unknown): string[] {
  return compile(document).issues.map(({ path, code }) => `${code} ${path}`);
}

/** The verdict in one line: "met", the reason, or the reason with the path that was missing. */
export function verdictOf(document: unknown, given: Given = {}): string {
  return told(compile(document).tree.test(view(given)));
}

export function told(verdict: Verdict): string {
  if (verdict.met) return "met";
  return verdict.path === undefined ? verdict.reason : `${verdict.reason} ${verdict.path}`;
}

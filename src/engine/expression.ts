/**
 * CEL expressions over the request's own names: `cart`, `customer`, `line`.
 *
 * The names have types, so a misspelt field or a comparison that can never hold is refused when the rule is saved.
 * Amounts and counts are CEL ints; other numbers are ints where they are whole, doubles otherwise, and CEL compares the
 * two. There is no `now` (schedules answer for time) and no `matches` (a regular expression's cost has no bound).
 */
import { type ASTNode, Environment } from "@marcbachmann/cel-js";
import type { CanonicalCart, CanonicalLine } from "./canonical-cart.ts";
import { faultOfCost, namesIn, requestPath, stepsOf, stepsOver } from "./expression-analysis.ts";
import {
  CartView,
  CustomerView,
  cartView,
  customerView,
  FactsView,
  LineView,
  lineView,
} from "./expression-view.ts";
import type { FactName, Facts } from "./facts.ts";
import { met, missing, unmet, type Verdict } from "./kind.ts";
import { limits } from "./limits.ts";

/** What an expression is asked about. */
export interface ExpressionScope {
  readonly cart: CanonicalCart;
  /** Left out: an expression that names `line` holds when it holds for some line. */
  readonly line?: CanonicalLine;
  /** What the shell knows; left out, only the facts given in the request. */
  readonly facts?: Facts;
}

export type ExpressionVerdict = Verdict<"expression_false" | "facts_missing">;

export interface Expression {
  readonly usesLine: boolean;
  readonly usesCustomer: boolean;
  /** Names `cart` or `line`. */
  readonly usesCart: boolean;
  readonly needs?: readonly FactName[];
  /** See `Reads`. */
  readonly reads: ReadonlySet<string>;
  /** What one run over this cart counts for in the work of an evaluation. One that names `line` is run for each of its lines. */
  operations(cart: CanonicalCart): number;
  /** met; unmet("expression_false"); or unmet("facts_missing", { path }) when it names something the request lacks. */
  test(scope: ExpressionScope): ExpressionVerdict;
}

const lineFields = {
  id: "string",
  sku: "string",
  product: "string",
  categories: "list<string>",
  brand: "string",
  tags: "list<string>",
  quantity: "int",
  unitPrice: "int",
  listPrice: "int",
  onSale: "bool",
  unitCost: "int",
  attributes: "map<string, dyn>",
};
const cartFields = {
  currency: "string",
  channel: "string",
  store: "string",
  region: "string",
  country: "string",
  paymentMethod: "string",
  dealer: "string",
  subtotal: "int",
  quantity: "int",
  shippingAmount: "int",
  attributes: "map<string, dyn>",
  lines: "list<Line>",
};
const customerFields = {
  id: "string",
  groups: "list<string>",
  tags: "list<string>",
  attributes: "map<string, dyn>",
  facts: "CustomerFacts",
};
// A tier, or the time of the last order, may be null: known to be none.
const factsFields = { completedOrders: "int", lastOrderAt: "dyn", segments: "list<string>", tier: "dyn" };

const environment = new Environment({
  homogeneousAggregateLiterals: false,
  limits: { maxAstNodes: 1_000, maxDepth: 50, maxListElements: 500 },
})
  .registerType("Line", { ctor: LineView, fields: lineFields })
  .registerType("CustomerFacts", { ctor: FactsView, fields: factsFields })
  .registerType("Customer", { ctor: CustomerView, fields: customerFields })
  .registerType("Cart", { ctor: CartView, fields: cartFields })
  .registerVariable("cart", "Cart")
  .registerVariable("customer", "Customer")
  .registerVariable("line", "Line");

/** A node takes about a fourth of the time of an operation (measured), and loops mostly end before they have seen everything. */
const stepsPerOperation = 8;

const isFalse: ExpressionVerdict = unmet("expression_false");

export function compileExpression(cel: string): Expression | { error: string } {
  if (cel.length > limits.expressionLength)
    return { error: `An expression has at most ${limits.expressionLength} characters.` };
  let program: ReturnType<typeof environment.parse>;
  try {
    program = environment.parse(cel);
  } catch (error) {
    return { error: readableFault(error) };
  }
  const names = namesIn(program.ast);
  if (names.fault !== null) return { error: names.fault };
  const steps = stepsOf(program.ast);
  const costFault = faultOfCost(steps, names.usesLine);
  if (costFault !== null) return { error: costFault };
  const checked = program.check();
  if (!checked.valid) return { error: readableFault(checked.error) };
  if (checked.type !== "bool" && checked.type !== "dyn")
    return { error: `The expression must be true or false, not ${checked.type}.` };

  const { usesLine, usesCustomer, needs, reads } = names;

  function run(
    cart: CanonicalCart,
    line: CanonicalLine | undefined,
    facts: Facts | undefined,
  ): ExpressionVerdict {
    // A missing field is an everyday answer here; without a stack trace its error costs a sixth.
    const depth = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    try {
      const answer: unknown = program({
        cart: cartView(cart),
        customer: usesCustomer ? customerView(cart, facts) : undefined,
        line: line === undefined ? undefined : lineView(line),
      });
      return answer === true ? met : isFalse;
    } catch (error) {
      const path = isMissingKey(error) ? requestPath(error.node, names.iterations, cart.customer) : null;
      return path === null ? isFalse : missing(path);
    } finally {
      Error.stackTraceLimit = depth;
    }
  }

  function test({ cart, line, facts }: ExpressionScope): ExpressionVerdict {
    if (!usesLine || line !== undefined) return run(cart, line, facts);
    let told: ExpressionVerdict | null = null;
    for (const one of cart.lines) {
      const verdict = run(cart, one, facts);
      if (verdict.met) return verdict;
      // Lines that lack the fact are simply not meant, unless every line lacks it.
      if (told === null || verdict === isFalse) told = verdict;
    }
    return told ?? isFalse;
  }

  function operations(cart: CanonicalCart): number {
    const nodes = steps.length === 1 ? steps[0]! : stepsOver(steps, cartView(cart).longestList);
    return nodes / stepsPerOperation;
  }

  return { usesLine, usesCustomer, usesCart: names.usesCart || usesLine, needs, reads, operations, test };
}

function isMissingKey(error: unknown): error is { code: string; node: ASTNode } {
  return error instanceof Error && "code" in error && error.code === "no_such_key" && "node" in error;
}

function readableFault(error: unknown): string {
  if (error instanceof Error && "summary" in error && typeof error.summary === "string") {
    const range = "range" in error ? (error.range as { start: number } | undefined) : undefined;
    return range === undefined ? error.summary : `${error.summary} (at character ${range.start + 1})`;
  }
  return "The expression cannot be read.";
}

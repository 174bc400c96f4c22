/** The conditions of a segment: the same trees as a promotion's, asked about a customer without any cart. */
import { type CanonicalCart, canonicalCart } from "./canonical-cart.ts";
import type { Cart } from "./cart.ts";
import { type ConditionDocument, compileConditions, leavesOf, withDefaults } from "./conditions/tree.ts";
import type { FactName, Facts } from "./facts.ts";
import type { ConditionView, Issue } from "./kind.ts";
import { limits } from "./limits.ts";
import { conditionCompiler } from "./promotion.ts";
import { EvaluationTooComplex, WorkBudget } from "./work-budget.ts";

/** Events of customers that conditions count. */
export interface EventsAsked {
  readonly types: readonly string[];
  /** Of the longest window. */
  readonly days: number;
}

export interface CompiledSegment {
  readonly needs: readonly FactName[];
  /** Null: none. */
  readonly events: EventsAsked | null;
  /**
   * `now`: epoch milliseconds. Where a fact is missing the answer is no, and where the expressions would take more than
   * `limits.operationsPerCustomer` over what is known of the customer.
   */
  has(customer: NonNullable<Cart["customer"]>, facts: Facts, now: number): boolean;
}

export type SegmentCompilation =
  | { readonly segment: CompiledSegment; readonly issues: null }
  | { readonly segment: null; readonly issues: readonly Issue[] };

/** What only a cart could answer, and what would make segments wait for each other. */
const aboutCustomers: ReadonlySet<string> = new Set([
  "customer",
  "customer_group",
  "customer_tag",
  "first_order",
  "order_count",
  "days_since_order",
  "order_amount",
  "event_count",
  "birthday",
  "consent",
  "rfm",
  "tier",
  "attribute",
  "expression",
]);

/** `currency`: of amounts of orders; null if the conditions name only one. */
export function compileSegment(
  given: ConditionDocument,
  { currency, timezone }: { currency: string | null; timezone: string },
): SegmentCompilation {
  const tree = withDefaults(given);
  const issues: Issue[] = [];
  const issue = (path: string, code: string, message: string) => void issues.push({ path, code, message });
  const uses = { cart: false, customer: false, places: new Set<string>() };
  const compiled = compileConditions(tree, conditionCompiler(issues, timezone, uses), "/conditions");
  const currencies = new Set<string>();
  for (const { path, document } of leavesOf(tree, "/conditions")) {
    const { kind } = document;
    if (!aboutCustomers.has(kind) || (kind === "attribute" && document.of !== "customer"))
      issue(
        `${path}/kind`,
        "not_about_customer",
        "Segments and automations ask about customers, not about carts or segments.",
      );
    for (const bound of [document.atLeast, document.atMost])
      if (kind === "order_amount" && bound !== undefined)
        for (const name of Object.keys(bound as object)) currencies.add(name);
  }
  if (compiled.needs.includes("segments") && issues.length === 0)
    issue(
      "/conditions",
      "not_about_customer",
      "An expression of a segment asks for no segments of the customer.",
    );
  if (uses.cart)
    issue(
      "/conditions",
      "not_about_customer",
      "An expression of a segment names `customer` and nothing else.",
    );
  if (currency === null && currencies.size > 1)
    issue("/currency", "currency_required", "Amounts are in several currencies: say in which orders count.");
  if (issues.length > 0) return { segment: null, issues };
  const counted = currency ?? [...currencies][0] ?? "XXX";
  return {
    issues: null,
    segment: {
      needs: compiled.needs,
      events: eventsAskedOf(tree),
      has(customer, facts, now) {
        const cart = canonicalCart({ currency: counted, customer, lines: [] }, null);
        try {
          return compiled.test(new CustomerAlone(cart, facts, now)).met;
        } catch (error) {
          if (error instanceof EvaluationTooComplex) return false;
          throw error;
        }
      },
    },
  };
}

function eventsAskedOf(tree: ConditionDocument): EventsAsked | null {
  const counted = leavesOf(tree, "").flatMap(({ document }) =>
    document.kind === "event_count" ? [document as unknown as { type: string; withinDays: number }] : [],
  );
  return counted.length === 0
    ? null
    : {
        types: [...new Set(counted.map(({ type }) => type))].sort(),
        days: Math.max(...counted.map(({ withinDays }) => withinDays)),
      };
}

/** All that any of them asks. */
export function eventsOfAll(segments: readonly Pick<CompiledSegment, "events">[]): EventsAsked | null {
  const asked = segments.flatMap(({ events }) => events ?? []);
  return asked.length === 0
    ? null
    : {
        types: [...new Set(asked.flatMap(({ types }) => types))].sort(),
        days: Math.max(...asked.map(({ days }) => days)),
      };
}

/** Somebody who buys nothing. */
class CustomerAlone implements ConditionView<FactName> {
  readonly cart: CanonicalCart;
  readonly customer: CanonicalCart["customer"];
  readonly facts: ConditionView<FactName>["facts"];
  readonly now: number;
  private readonly work = new WorkBudget(limits.operationsPerCustomer);

  constructor(cart: CanonicalCart, facts: Facts, now: number) {
    this.cart = cart;
    this.customer = cart.customer;
    // A leaf that needs a fact which is not there answers before it reads it.
    this.facts = facts as ConditionView<FactName>["facts"];
    this.now = now;
  }

  subtotal = () => 0;
  quantity = () => 0;
  distinct = () => 0;
  shippingAmount = () => 0;
  spend(operations: number): void {
    this.work.spend(operations);
  }
}

/** Two units at 10.00 unless said otherwise. */
export function cartOf(changes: object = {}) {
  return {
    currency: "CNY",
    lines: [{ id: "1", sku: "MUG", quantity: 2, unitPrice: 1000 }],
    ...changes,
  };
}

const adjustments = "adjustments { promotion stage amount code runs { units amount } }";

/** Every field of a quote. */
export const quoteFields = `
  id rulebook at currency strategy degraded subtotal discount shipping shippingDiscount total due
  lines { id subtotal discount total ${adjustments} }
  shippingLines { id amount discount total ${adjustments} }
  promotions { promotion promotionId stage amount times label funder unappliedAmount }
  rewards { promotion kind sku choices name quantity value points multiplier pool to validFor }
  codes { code status promotion reason }
  notApplied {
    promotion reason message required actual gap wouldSave path displacedBy costOfForcing costOptimality { proven bound }
  }
  hints { kind line sku quantity amount total saving promotions message }
  optimality { proven bound }
`;

/** GraphQL answers null for a field that REST leaves out. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== null)
      .map(([key, item]) => [key, withoutNulls(item)]),
  );
}

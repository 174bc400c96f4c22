/**
 * The floor: as little as an indexed evaluator can do that answers with lines and what was taken off each. It finds the
 * promotions that touch the cart and computes what each would take off, alone; it neither decides which may stand beside
 * which, nor what an amount off the order means for its lines, nor says why others did not apply.
 */
import { attend } from "./contender.ts";
import { type AmountOffOrder, type CartLine, cartLines, lineTotal, type PercentOffGoods } from "./shop.ts";

interface Adjustment {
  readonly promotion: string;
  readonly amount: number;
}

type Filed = Map<string, PercentOffGoods[]>;

attend((rules) => {
  const filed: Record<PercentOffGoods["by"], Filed> = {
    sku: new Map(),
    category: new Map(),
    brand: new Map(),
  };
  const thresholds: AmountOffOrder[] = [];
  for (const rule of rules) {
    if (rule.kind === "amount_off_order") thresholds.push(rule);
    else for (const name of rule.names) file(filed[rule.by], name, rule);
  }
  thresholds.sort((a, b) => a.atLeast - b.atLeast);
  const evaluate = () => {
    const lines = cartLines.map((line) => {
      const adjustments: Adjustment[] = [];
      take(filed.sku.get(line.sku), line, adjustments);
      for (const category of line.categories) take(filed.category.get(category), line, adjustments);
      take(filed.brand.get(line.brand), line, adjustments);
      return { id: line.id, subtotal: lineTotal(line), discount: sumOf(adjustments), adjustments };
    });
    const spent = lines.reduce((sum, line) => sum + line.subtotal, 0);
    const order: Adjustment[] = [];
    for (const { key, atLeast, amount } of thresholds) {
      if (atLeast > spent) break;
      order.push({ promotion: key, amount });
    }
    const discount = lines.reduce((sum, line) => sum + line.discount, sumOf(order));
    return { subtotal: spent, discount, lines, order };
  };
  return [{ name: "floor", discount: evaluate().discount, evaluate }];
});

function file(filed: Filed, name: string, rule: PercentOffGoods): void {
  const others = filed.get(name);
  if (others === undefined) filed.set(name, [rule]);
  else others.push(rule);
}

function take(promotions: readonly PercentOffGoods[] | undefined, line: CartLine, into: Adjustment[]): void {
  if (promotions === undefined) return;
  for (const { key, percent } of promotions)
    into.push({ promotion: key, amount: Math.round((lineTotal(line) * percent) / 100) });
}

function sumOf(adjustments: readonly Adjustment[]): number {
  return adjustments.reduce((sum, { amount }) => sum + amount, 0);
}

import type { PromotionInput } from "../../src/engine/promotion.ts";
import type { Rule, RuleSet } from "./shop.ts";

const selectorField = { sku: "skus", category: "categories", brand: "brands" } as const;

/** In the equal set everything applies beside everything, as at the peers; in the mixed one promotions compete, as they usually do. */
export function promotionOf(rule: Rule, set: RuleSet): PromotionInput {
  const stacking = set === "equal" ? { stacking: { group: rule.key } } : {};
  const common = { key: rule.key, trigger: { type: "automatic" }, ...stacking } as const;
  if (rule.kind === "amount_off_order")
    return {
      ...common,
      conditions: { kind: "subtotal", atLeast: { CNY: rule.atLeast } },
      benefits: [{ kind: "amount_off", target: "order", amount: { CNY: rule.amount } }],
    };
  return {
    ...common,
    benefits: [
      {
        kind: "percent_off",
        target: "item",
        select: { [selectorField[rule.by]]: [...rule.names] },
        percent: rule.percent,
      },
    ],
  };
}

/** Dealwright in process: the function that every face of it calls, with conditions, stacking, allocation and reasons. */
import { type Cart, cartSchema } from "../../src/engine/cart.ts";
import { evaluate } from "../../src/engine/evaluate.ts";
import {
  compilePromotion,
  type PromotionInput,
  promotionSchema,
  type SelectorTable,
} from "../../src/engine/promotion.ts";
import { buildRulebook } from "../../src/engine/rulebook.ts";
import { attend } from "./contender.ts";
import { promotionOf } from "./promotions.ts";
import { cartBody } from "./shop.ts";

attend((rules, set) => {
  const selectors: SelectorTable = new Map();
  const rulebook = buildRulebook(
    "1",
    rules.map((rule) => compiled(promotionOf(rule, set), selectors)),
  );
  const cart: Cart = cartSchema.parse(cartBody);
  const ways: readonly [string, Partial<Cart>][] = [
    ["", {}],
    [", `priority`", { strategy: "priority" }],
    [", `priority`, no reasons", { strategy: "priority", explain: "none" }],
  ];
  return ways.map(([name, way]) => {
    const asked = { ...cart, ...way };
    return {
      name: `Dealwright${name}`,
      discount: evaluate(rulebook, asked, {}, 0).discount,
      evaluate: () => evaluate(rulebook, asked, {}, 0),
    };
  });
});

function compiled(document: PromotionInput, selectors: SelectorTable) {
  const { promotion, issues } = compilePromotion(promotionSchema.parse(document), {
    id: null,
    defaultTimezone: "UTC",
    selectors,
  });
  if (promotion === null) throw new Error(JSON.stringify(issues));
  return promotion;
}

/** Dealwright in process: the function that every face of it calls, with conditions, stacking, allocation and reasons. */
import { type Cart, cartSchema } from "../../src/engine/cart.ts";
import { evaluate } from "../../src/engine/evaluate.ts";
import { rulebookOf } from "../bench/compiled.ts";
import { attend } from "./contender.ts";
import { promotionOf } from "./promotions.ts";
import { cartBody } from "./shop.ts";

attend((rules, set) => {
  const rulebook = rulebookOf(rules.map((rule) => promotionOf(rule, set)));
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

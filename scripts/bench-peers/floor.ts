/** The floor of `scripts/bench/floor.ts`, among the contenders. */
import { cartSchema } from "../../src/engine/cart.ts";
import { floorOf } from "../bench/floor.ts";
import { attend } from "./contender.ts";
import { promotionOf } from "./promotions.ts";
import { cartBody } from "./shop.ts";

attend((rules, set) => {
  const floor = floorOf(rules.map((rule) => promotionOf(rule, set)));
  const cart = cartSchema.parse(cartBody);
  const evaluate = () => floor(cart, 0);
  return [{ name: "floor", discount: evaluate().discount, evaluate }];
});

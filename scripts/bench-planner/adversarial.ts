/** Carts made to be hard: a few SKUs, many units, and promotions on random tags that all meet each other. */
import type { BenefitDocument } from "../../src/engine/benefits/index.ts";
import { Dice } from "./dice.ts";
import { cartOf, money, on, type Profile, promotionsOf, tiers } from "./profiles.ts";

/** Every promotion meets every other: `units` of a few SKUs, promotions on random tags. */
export function adversarial(units: number, promotions: number): Profile {
  return (seed) => {
    const dice = new Dice(seed);
    const goods = Array.from({ length: Math.ceil(units / 3) }, (_, i) => ({
      sku: `s${i}`,
      price: dice.int(50, 600) * 10,
      tags: ["t0", "t1", "t2", "t3"].filter(() => dice.chance(0.45)),
    }));
    const cart = cartOf(dice, goods, units, 0, 1);
    const some = () => on(...new Set([`t${dice.int(0, 3)}`, `t${dice.int(0, 3)}`]));
    const value = (size: number): object =>
      dice.of<object>([
        { price: money(Math.round(size * 3000 * (0.55 + 0.4 * dice.random()))) },
        { percent: dice.int(10, 35) },
        { amount: money(dice.int(100, 450) * size) },
      ]);
    const make = (): BenefitDocument => {
      const kind = dice.of(["percent", "mix", "mix", "mix", "one", "one", "set", "set", "two", "tiers"]);
      if (kind === "percent") return { kind: "percent_off", ...some(), percent: dice.int(5, 25) };
      if (kind === "tiers") return tiers("quantity", [2, 10], [4, 20], some());
      if (kind === "one") {
        const side = some();
        return {
          kind: "buy_x_get_y",
          buy: { ...side, quantity: dice.int(1, 2) },
          get: { ...side, quantity: 1 },
          percent: dice.of([50, 100]),
        };
      }
      if (kind === "two")
        return {
          kind: "buy_x_get_y",
          buy: { ...some(), quantity: dice.int(1, 2) },
          get: { ...some(), quantity: 1 },
          percent: dice.of([50, 100]),
        };
      const quantities = kind === "mix" ? [dice.int(2, 4)] : Array.from({ length: dice.int(2, 3) }, () => 1);
      return {
        kind: "bundle",
        components: quantities.map((quantity) => ({ ...some(), quantity })),
        ...value(quantities.reduce((sum, quantity) => sum + quantity, 0)),
      };
    };
    return {
      cart,
      promotions: promotionsOf(
        dice,
        1,
        Array.from({ length: promotions }, () => [make()]),
      ),
    };
  };
}

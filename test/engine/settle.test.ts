/** The fast road of settlement in plain numbers and the exact one in fractions lead to the same place. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalCart } from "../../src/engine/canonical-cart.ts";
import { cartSchema } from "../../src/engine/cart.ts";
import { Goods, type Range } from "../../src/engine/goods.ts";
import type { Proposal, UnitShare, Wish } from "../../src/engine/kind.ts";
import { type Settlement, settle, settleInFractions } from "../../src/engine/settle.ts";
import { arbitraryCart } from "./arbitrary-request.ts";

const runs = process.env.LONG === "1" ? 10_000 : 300;

/** For each segment: an earlier discount in percent of its price, whether it takes part, and how many of its units do. */
const part = fc.record({
  cut: fc.integer({ min: 0, max: 40 }),
  takesPart: fc.boolean(),
  units: fc.integer({ min: 1, max: 9 }),
  from: fc.integer({ min: 0, max: 3 }),
});
const percent = fc.constantFrom(1, 100_000, 125_000, 333_333, 500_000, 999_999, 1_000_000);
const shape = fc.record({
  parts: fc.array(part, { minLength: 20, maxLength: 20 }),
  type: fc.constantFrom("each" as const, "each" as const, "shared" as const, "applications" as const),
  percents: fc.oneof(
    percent.map((only) => [only]),
    fc.array(percent, { minLength: 2, maxLength: 4 }),
  ),
  amount: fc.option(fc.integer({ min: 0, max: 9_000 }), { nil: undefined }),
  cap: fc.option(fc.integer({ min: 0, max: 5_000 }), { nil: undefined, freq: 3 }),
  budget: fc.option(fc.integer({ min: 0, max: 5_000 }), { nil: null, freq: 3 }),
  rounding: fc.constantFrom("half_up" as const, "half_even" as const, "down" as const),
});

test("numbers and fractions settle every proposal alike", () => {
  fc.assert(
    fc.property(arbitraryCart, shape, (cart, { parts, type, percents, amount, cap, budget, rounding }) => {
      const goods = new Goods(canonicalCart(cartSchema.parse(cart), cart.marginFloor ?? null).lines);
      goods.lines.forEach((line, i) => {
        const room = Math.max(
          0,
          Math.min(Math.floor((line.unitPrice * parts[i]!.cut) / 100), line.unitPrice - line.floor),
        );
        if (room === 0) return;
        const count = Math.min(parts[i]!.units, line.quantity);
        goods.discount(
          { amount: room * count, runs: () => [{ line: i, from: 0, count, amount: room }] },
          null,
        );
      });
      const ranges = goods.lines
        .flatMap((_, i) => goods.segmentsOf(i))
        .filter((range, i) => range.price > 0 && parts[i % 20]!.takesPart)
        .map((range, i): Range => {
          const { from, units } = parts[i % 20]!;
          const start = from % range.count;
          return {
            line: range.line,
            from: range.from + start,
            count: Math.min(units, range.count - start),
            price: range.price,
            stagePrice: range.stagePrice,
          };
        });
      if (ranges.length === 0) return;
      const proposal: Proposal = { wishes: wishesOf(ranges), times: 1, cap };
      const [fast, exact] = [settle, settleInFractions].map((road) =>
        road(goods, [proposal], rounding, budget),
      );
      expect(result(fast!)).toEqual(result(exact!));

      function wishesOf(over: readonly Range[]): Wish[] {
        const first = percents[0]!;
        if (type === "shared")
          return [
            { type, over, base: amount ?? over[0]!.price, percent: amount === undefined ? first : 1_000_000 },
          ];
        if (type === "applications")
          return over.map((range, i) => ({
            type: "shared",
            over: [range],
            base: range.price * range.count,
            percent: percents[i % percents.length]!,
          }));
        const shares = over.map(
          (range, i): UnitShare => ({
            range,
            base: amount ?? range.price,
            percent: amount === undefined ? percents[i % percents.length]! : 1_000_000,
          }),
        );
        return [{ type: "each", shares }];
      }
    }),
    { numRuns: runs },
  );
});

function result(settlement: Settlement): object {
  const { amount, wished, limitedBy } = settlement;
  // A settlement of nothing is not applied, so nobody asks which units it touched.
  const touched =
    amount === 0 ? [] : settlement.touched().map(({ line, from, count }) => ({ line, from, count }));
  return { amount, wished, limitedBy, runs: settlement.runs(), touched };
}

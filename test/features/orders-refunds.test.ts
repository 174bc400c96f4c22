import fc from "fast-check";
import { expect, test } from "vitest";
import { type OrderGoods, refundOf, unitsLeft } from "../../src/features/orders/order-refunds.ts";

const runs = process.env.LONG === "1" ? 10_000 : 300;

const line = fc.record(
  {
    quantity: fc.integer({ min: 1, max: 6 }),
    unitPrice: fc.nat(10_000),
    total: fc.oneof(fc.nat(60_000), fc.integer({ min: 2 ** 40, max: 2 ** 41 })),
  },
  { requiredKeys: ["quantity", "unitPrice"] },
);
const order = fc
  .record({
    lines: fc.array(line, { minLength: 1, maxLength: 5 }),
    shipping: fc.nat(2_000),
    total: fc.oneof(fc.nat(100_000), fc.integer({ min: 2 ** 40, max: 2 ** 41 })),
  })
  .map(
    ({ lines, ...rest }): OrderGoods => ({
      ...rest,
      lines: lines.map((fields, index) => ({ id: `l${index}`, sku: "A", ...fields })),
    }),
  );

test("all units in any order and any split come to what was paid, and none costs less than nothing", () => {
  fc.assert(
    fc.property(order, fc.infiniteStream(fc.nat()), (goods, choices) => {
      let past = { returned: [] as ReturnType<typeof refundOf>["returned"], refunded: 0 };
      for (;;) {
        const left = [...unitsLeft(goods, past.returned)].filter(([, units]) => units > 0);
        if (left.length === 0) break;
        const next = () => Number(choices.next().value);
        const [id, units] = left[next() % left.length]!;
        const { lines, refund, shipping, returned } = refundOf(goods, past, [
          { id, quantity: 1 + (next() % units) },
        ]);
        expect(Math.min(refund, shipping, ...lines.map((row) => row.refund))).toBeGreaterThanOrEqual(0);
        expect(refund).toBe(shipping + lines.reduce((sum, row) => sum + row.refund, 0));
        past = { returned, refunded: past.refunded + refund };
        expect(past.refunded).toBeLessThanOrEqual(goods.total);
      }
      expect(past.refunded).toBe(goods.total);
    }),
    { numRuns: runs },
  );
});

test("at once they come to the same for each line", () => {
  fc.assert(
    fc.property(order, (goods) => {
      const nothing = { returned: [], refunded: 0 };
      const all = goods.lines.map(({ id, quantity }) => ({ id, quantity }));
      const atOnce = refundOf(goods, nothing, all);
      expect(atOnce.refund).toBe(goods.total);
      for (const { id, refund, quantity } of atOnce.lines) {
        let past: { returned: ReturnType<typeof refundOf>["returned"]; refunded: number } = nothing;
        let sum = 0;
        for (let unit = 0; unit < quantity; unit += 1) {
          const one = refundOf(goods, past, [{ id, quantity: 1 }]);
          sum += one.lines[0]?.refund ?? 0;
          past = { returned: one.returned, refunded: past.refunded + one.refund };
        }
        expect(sum).toBe(refund);
      }
    }),
    { numRuns: runs },
  );
});

test("goods that cost what the order says cost that; a discount nobody mentions is shared out", () => {
  const goods = {
    lines: [
      { id: "1", sku: "A", quantity: 3, unitPrice: 1000 },
      { id: "2", sku: "B", quantity: 1, unitPrice: 1000, discount: 1000 },
    ],
    total: 2000,
  };
  const back = refundOf(goods, { returned: [], refunded: 0 }, [
    { id: "1", quantity: 1 },
    { id: "2", quantity: 1 },
  ]);
  expect(back.lines).toEqual([
    { id: "1", quantity: 1, refund: 667 },
    { id: "2", quantity: 1, refund: 0 },
  ]);
});

test("what a later version says was paid for goods that are back comes with the last unit", () => {
  const at = (unitPrice: number, total: number) => ({
    lines: [
      { id: "1", sku: "A", quantity: 1, unitPrice },
      { id: "2", sku: "B", quantity: 1, unitPrice: 50 },
    ],
    total,
  });
  const first = refundOf(at(50, 100), { returned: [], refunded: 0 }, [{ id: "1", quantity: 1 }]);
  const last = refundOf(at(100, 150), { returned: first.returned, refunded: first.refund }, [
    { id: "2", quantity: 1 },
  ]);
  expect([first.refund, last.refund, last.lines]).toEqual([50, 100, [{ id: "2", quantity: 1, refund: 100 }]]);
});

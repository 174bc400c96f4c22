import { expect, test } from "vitest";
import { cart, minorUnitsOf } from "./cart-notation.ts";

test("a line says quantity, SKU and price, and what else it must", () => {
  expect(cart("2x MUG @ 10.00", "1x TEA @ 3.50 in drinks, hot list 5.00 cost 1.00 floor 2.00 sale")).toEqual({
    currency: "CNY",
    lines: [
      { id: "1", sku: "MUG", quantity: 2, unitPrice: 1000 },
      {
        id: "2",
        sku: "TEA",
        quantity: 1,
        unitPrice: 350,
        categories: ["drinks", "hot"],
        listPrice: 500,
        unitCost: 100,
        minUnitPrice: 200,
        onSale: true,
      },
    ],
  });
});

test("what is not a line belongs to the cart, whose currency decides the decimals", () => {
  expect(cart({ currency: "JPY", channel: "app" }, "1x BOOK @ 1234")).toEqual({
    currency: "JPY",
    channel: "app",
    lines: [{ id: "1", sku: "BOOK", quantity: 1, unitPrice: 1234 }],
  });
  expect(minorUnitsOf("1.234", "KWD")).toBe(1234);
});

test("a slip of the pen is refused", () => {
  expect(() => cart("2 MUG @ 10.00")).toThrow();
  expect(() => cart("2x MUG @ 10.0")).toThrow();
  expect(() => cart("2x MUG @ 10.00", { currency: "JPY" })).toThrow();
});

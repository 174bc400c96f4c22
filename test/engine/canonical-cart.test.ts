import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalCart, compareBytes } from "../../src/engine/canonical-cart.ts";
import { type CartLine, cartSchema } from "../../src/engine/cart.ts";
import { cart } from "../cart-notation.ts";

const runs = process.env.LONG === "1" ? 10_000 : 500;
const line = (id: string, fields: Partial<CartLine> = {}) => ({
  id,
  sku: "A",
  quantity: 1,
  unitPrice: 1000,
  ...fields,
});
const linesOf = (lines: object[], marginFloor: number | null = null) =>
  canonicalCart(cartSchema.parse({ currency: "CNY", lines }), marginFloor).lines;

describe("compareBytes", () => {
  test.each([
    ["shorter first", "a", "aa"],
    ["digits by their characters, not their value", "10", "9"],
    ["capitals before small letters", "B", "a"],
    ["a private-use character before one beyond the basic plane", "\uffff", "\u{10000}"],
    ["the last of the basic plane before the first emoji", "a\ufffd", "a\u{1f600}"],
    ["two characters beyond the basic plane by their code point", "\u{1f600}", "\u{1f601}"],
  ])("sorts %s", (_title, first, second) => {
    expect(compareBytes(first, second)).toBeLessThan(0);
    expect(compareBytes(second, first)).toBeGreaterThan(0);
    expect(compareBytes(first, first)).toBe(0);
  });

  test("is the order of the UTF-8 bytes for every two texts", () => {
    const text = fc.string({ unit: "binary", maxLength: 4 });
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareBytes(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
      }),
      { numRuns: runs },
    );
  });
});

describe("units are one canonical line", () => {
  test("when nothing tells them apart, the earlier id first", () => {
    const [only, ...others] = linesOf([line("b", { quantity: 2 }), line("10"), line("9", { quantity: 3 })]);
    expect(others).toEqual([]);
    expect(only).toMatchObject({ id: "10", quantity: 6 });
    expect(only!.parts).toEqual([
      { position: 1, quantity: 1 },
      { position: 2, quantity: 3 },
      { position: 0, quantity: 2 },
    ]);
  });

  test.each<[string, Partial<CartLine>, Partial<CartLine>]>([
    ["a list price that is the price", {}, { listPrice: 1000 }],
    ["not being on sale", {}, { onSale: false }],
    ["no attributes", {}, { attributes: {} }],
    ["the order of attributes", { attributes: { a: 1, b: 2 } }, { attributes: { b: 2, a: 1 } }],
    ["the order of categories", { categories: ["x", "y"] }, { categories: ["y", "x", "x"] }],
    ["no tags", {}, { tags: [] }],
  ])("whether or not they say %s", (_title, a, b) => {
    expect(linesOf([line("1", a), line("2", b)])).toHaveLength(1);
  });

  test.each<[string, Partial<CartLine>]>([
    ["SKU", { sku: "B" }],
    ["price", { unitPrice: 1001 }],
    ["list price", { listPrice: 1001 }],
    ["sale", { onSale: true }],
    ["floor", { minUnitPrice: 1 }],
    ["cost", { unitCost: 1 }],
    ["attributes", { attributes: { colour: "red" } }],
    ["product", { product: "P" }],
    ["categories", { categories: ["x"] }],
    ["brand", { brand: "xb" }],
    ["tags", { tags: ["new"] }],
  ])("but not when their %s differs", (_title, fields) => {
    expect(linesOf([line("1"), line("2", fields)])).toHaveLength(2);
  });
});

test("canonical lines stand by their earliest id, shipments by theirs", () => {
  expect(
    linesOf([line("c"), line("b", { sku: "B" }), line("a", { sku: "C" }), line("0")]).map(
      ({ id, sku }) => id + sku,
    ),
  ).toEqual(["0A", "aC", "bB"]);
  const shipping = ["s2", "s10", "s1"].map((id) => ({ id, amount: 1 }));
  expect(canonicalCart(cart("1x A @ 1.00", { shipping }), null).shipments.map(({ id }) => id)).toEqual([
    "s1",
    "s10",
    "s2",
  ]);
});

test("a cart knows its goods apart from its shipping", () => {
  const { subtotal, quantity, shippingAmount } = canonicalCart(
    cart("2x A @ 1.00", "3x B @ 0.50", { shipping: [{ id: "s", amount: 70 }] }),
    null,
  );
  expect({ subtotal, quantity, shippingAmount }).toEqual({ subtotal: 350, quantity: 5, shippingAmount: 70 });
});

describe("the floor of a unit", () => {
  test.each<[string, Partial<CartLine>, number | null, number]>([
    ["is nothing by default", {}, null, 0],
    ["is its least price", { minUnitPrice: 999 }, null, 999],
    ["is its price where its least price is above", { minUnitPrice: 1001 }, null, 1000],
    ["needs a cost to keep a margin", {}, 20, 0],
    ["keeps no margin where none is asked", { unitCost: 400 }, null, 0],
    ["is the cost where the margin is zero", { unitCost: 400 }, 0, 400],
    ["is the cost over one minus the margin", { unitCost: 400 }, 20, 500],
    ["is rounded up to a whole cent", { unitCost: 401 }, 20, 502],
    ["is exact with four decimals", { unitCost: 500 }, 33.3333, 750],
    ["is the higher of margin and least price", { unitCost: 400, minUnitPrice: 501 }, 20, 501],
    ["is the margin where that is higher", { unitCost: 400, minUnitPrice: 499 }, 20, 500],
    ["is the price of a unit sold below cost", { unitCost: 2000 }, 20, 1000],
  ])("%s", (_title, fields, marginFloor, expected) => {
    expect(linesOf([line("1", fields)], marginFloor)[0]!.floor).toBe(expected);
  });
});

import { describe, expect, it, test } from "vitest";
import { compileExpression, type Expression } from "../../src/engine/expression.ts";
import type { Facts } from "../../src/engine/facts.ts";
import { limits } from "../../src/engine/limits.ts";
import { type Given, told, view } from "./conditions/view.ts";

function compiled(cel: string): Expression {
  const expression = compileExpression(cel);
  if ("error" in expression) throw new Error(expression.error);
  return expression;
}

const carol: Given["customer"] = {
  id: "c-42",
  groups: ["vip"],
  attributes: { level: 3, score: 3.5, isFan: true, likes: ["tea"] },
};
const given: Given = {
  channel: "app",
  customer: carol,
  attributes: { note: "hi" },
  shipping: [{ id: "s", amount: 1200 }],
  cartLines: [
    {
      id: "1",
      sku: "A",
      quantity: 2,
      unitPrice: 12000,
      brand: "xb",
      categories: ["skincare"],
      attributes: { colour: "red" },
    },
    { id: "2", sku: "B", quantity: 1, unitPrice: 6000, unitCost: 2000 },
  ],
};
const answer = (cel: string, other: Partial<Given> = {}, facts?: Facts) =>
  told(
    compiled(cel).test(
      facts === undefined
        ? { cart: view({ ...given, ...other }).cart }
        : { cart: view({ ...given, ...other }).cart, facts },
    ),
  );

describe("answers", () => {
  it.each([
    ["cart.subtotal / 100 >= 300", "met"],
    ["cart.subtotal == 30000", "met"],
    ["cart.subtotal > 29999.5", "met"],
    ["cart.quantity == 3 && cart.shippingAmount == 1200", "met"],
    ["double(cart.subtotal) * 0.1 == 3000.0", "met"],
    ["customer.attributes.level >= 3", "met"],
    ["customer.attributes.level >= 2.5", "met"],
    ["customer.attributes.score >= 3", "met"],
    ["customer.attributes.level == 3.0", "met"],
    ["customer.attributes.isFan", "met"],
    ["!customer.attributes.isFan", "expression_false"],
    ["customer.attributes.level", "expression_false"],
    ['customer.attributes["level"] > 2', "met"],
    ['"tea" in customer.attributes.likes', "met"],
    ['cart.lines.exists(l, l.sku == "A")', "met"],
    ['cart.lines.all(l, l.sku == "A")', "expression_false"],
    ["cart.lines.filter(l, l.quantity > 1).size() == 1", "met"],
    ["cart.lines.exists(a, cart.lines.exists(b, a.sku != b.sku && a.unitPrice == 2 * b.unitPrice))", "met"],
    ["has(customer.attributes.level)", "met"],
    ["has(customer.attributes.age)", "expression_false"],
    ["has(cart.store)", "expression_false"],
    ['cart.store == "x" || cart.subtotal > 0', "met"],
    ['customer.attributes.level > "x"', "expression_false"],
    ["cart.subtotal / 0 > 1", "expression_false"],
    ['cart.lines[9].sku == "A"', "expression_false"],
  ])("%s → %s", (cel, verdict) => {
    expect(answer(cel)).toBe(verdict);
  });
});

describe("a missing field names its place in the request", () => {
  it.each([
    ['cart.store == "x"', {}, "store"],
    ["cart.attributes.nope == 1", {}, "attributes.nope"],
    ["cart.attributes.constructor == 1", {}, "attributes.constructor"],
    ['cart.attributes["nope"] == 1', {}, "attributes.nope"],
    ["customer.attributes.age > 3", {}, "customer.attributes.age"],
    ['"vip" in customer.groups', { customer: undefined }, "customer"],
    ['customer.id == "c"', { customer: {} }, "customer.id"],
    ['customer.facts.tier == "gold"', {}, "customer.facts.tier"],
    ['customer.facts.tier == "gold"', { customer: {} }, "customer.id"],
    ['cart.lines.all(l, l.brand == "xb")', {}, "lines[].brand"],
    [
      "cart.lines.filter(l, l.quantity > 0).all(k, k.attributes.colour == 'red')",
      {},
      "lines[].attributes.colour",
    ],
    ["line.attributes.size > 3", {}, "lines[].attributes.size"],
  ] as [string, Partial<Given>, string][])("%s, %j", (cel, other, path) => {
    expect(answer(cel, other)).toBe(`facts_missing ${path}`);
  });
  it("a customer given without groups has none", () => {
    expect(answer('"vip" in customer.groups', { customer: {} })).toBe("expression_false");
  });
});

describe("facts", () => {
  it("are those the shell loaded", () => {
    expect(
      answer(
        'customer.facts.completedOrders == 0 && "new" in customer.facts.segments',
        {},
        { completedOrders: 0, segments: ["new"] },
      ),
    ).toBe("met");
  });
  it("are those of the request where the shell loaded none", () => {
    expect(
      answer("customer.facts.completedOrders > 1", { customer: { ...carol, facts: { completedOrders: 2 } } }),
    ).toBe("met");
  });
  it("known to be none are false, not missing", () => {
    expect(answer('customer.facts.tier == "gold"', {}, { tier: null })).toBe("expression_false");
    expect(
      answer('customer.facts.lastOrderAt < timestamp("2026-01-01T00:00:00Z")', {}, { lastOrderAt: null }),
    ).toBe("expression_false");
  });
  it("the last order is an instant", () => {
    expect(
      answer(
        'customer.facts.lastOrderAt < timestamp("2026-01-01T00:00:00Z")',
        {},
        { lastOrderAt: Date.parse("2025-12-31T23:59:59Z") },
      ),
    ).toBe("met");
  });
  it("are declared as needed", () => {
    expect(compiled('customer.facts.tier == "x" || customer.facts.completedOrders > 1').needs).toEqual([
      "tier",
      "completedOrders",
    ]);
    expect(compiled('customer.id == "x"').needs).toEqual([]);
    expect(compiled('customer["facts"].tier == "x"').needs).toHaveLength(4);
  });
});

describe("lines", () => {
  it("an expression about the line holds when it holds for some line", () => {
    expect(answer('line.unitPrice > 10000 && "vip" in customer.groups')).toBe("met");
    expect(answer("line.unitPrice > 12000")).toBe("expression_false");
    expect(answer("line.unitPrice > 0", { cartLines: [] })).toBe("expression_false");
  });
  it("lines that lack the field are not meant, unless all do", () => {
    expect(answer('line.brand == "xb"')).toBe("met");
    expect(answer('line.brand == "other"')).toBe("expression_false");
    expect(answer('line.product == "P"')).toBe("facts_missing lines[].product");
  });
  it("a given line is the only one asked", () => {
    const { cart } = view(given);
    const isCheap = compiled("line.unitPrice < 10000");
    expect(cart.lines.map((line) => isCheap.test({ cart, line }).met)).toEqual([false, true]);
  });
  it("says which names it uses", () => {
    expect(compiled("line.unitPrice > 1")).toMatchObject({ usesLine: true, usesCustomer: false });
    expect(compiled('customer.id == "c"')).toMatchObject({ usesLine: false, usesCustomer: true });
  });
});

describe("refused when compiled", () => {
  it.each([
    "cart.subtotal >",
    "nope > 1",
    "now > 1",
    "cart.nope > 1",
    "line.nope > 1",
    "customer.facts.nope > 1",
    "cart.lines.exists(l, l.nope == 1)",
    "cart.subtotal",
    '"text"',
    "cart.subtotal * 1.5 > 10.0",
    "cart.channel > 3",
    'cart.channel.matches("(a+)+$")',
    "cel.bind(x, cart.lines + cart.lines, (x + x).size() > 3)",
    "cart.lines.exists(cart, true)",
    "cart.lines.all(a, cart.lines.all(b, cart.lines.all(c, true)))",
    "line.quantity > 0 && cart.lines.all(a, cart.lines.all(b, true))",
    `cart.lines.all(a, cart.lines.all(b, ${Array.from({ length: 30 }, (_, i) => `b.quantity != ${i}`).join(" && ")}))`,
    `(${Array.from({ length: 100 }, () => "cart.lines").join("+")}).all(a, cart.lines.all(b, true))`,
    `${"(".repeat(300)}true${")".repeat(300)}`,
    `"${"x".repeat(limits.expressionLength)}" == "x"`,
    "",
  ])("%.80s", (cel) => {
    expect(compileExpression(cel)).toHaveProperty("error");
  });
});

test("the same cart gives the same answer whatever was asked before", () => {
  const { cart } = view(given);
  const tier = compiled('customer.facts.tier == "gold"');
  expect(tier.test({ cart, facts: { tier: "gold" } }).met).toBe(true);
  expect(tier.test({ cart }).met).toBe(false);
  expect(tier.test({ cart, facts: { tier: "gold" } }).met).toBe(true);
});

test("large amounts stay exact", () => {
  expect(
    answer("cart.subtotal == 9007199254740991", {
      cartLines: [{ id: "1", sku: "A", quantity: 1, unitPrice: Number.MAX_SAFE_INTEGER }],
    }),
  ).toBe("met");
});

/** What is kept of a sale is enough to price it again, and no more of a person than that. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { z } from "zod";
import { type Cart, cartSchema } from "../../../src/engine/cart.ts";
import { evaluate } from "../../../src/engine/evaluate.ts";
import type { Facts } from "../../../src/engine/facts.ts";
import type { CompiledPromotion, PromotionInput } from "../../../src/engine/promotion.ts";
import { buildRulebook } from "../../../src/engine/rulebook.ts";
import { settingsSchema } from "../../../src/engine/settings.ts";
import { customerFacts } from "../../../src/features/facts/given-facts.ts";
import { asKept } from "../../../src/features/facts/kept-facts.ts";
import { compileAll, now } from "../../engine/engine-call.ts";
import { patience, sized } from "../../faults/sizes.ts";

type Conditions = NonNullable<PromotionInput["conditions"]>;
const key = new Uint8Array(32);
const settings = settingsSchema.parse({});
const named = (cel: string): Conditions => ({ kind: "expression", cel });

/** Every way in which rules look at a person. */
const conditions: readonly Conditions[] = [
  { kind: "customer_group", in: ["vip"] },
  { kind: "customer_tag", in: ["fan"] },
  { kind: "attribute", of: "customer", name: "level", atLeast: 3 },
  { kind: "attribute", of: "customer", name: "home.town", in: ["Bergen"] },
  { kind: "attribute", name: "gift", in: [true] },
  { kind: "customer", in: ["c-1"] },
  { kind: "segment", in: ["asleep"] },
  { kind: "tier", in: ["gold"] },
  { kind: "first_order" },
  { kind: "order_count", atLeast: 2 },
  { kind: "days_since_order", atLeast: 10 },
  { kind: "order_amount", withinDays: 30, atLeast: { CNY: 5_000 } },
  { kind: "birthday", withinDays: 3 },
  named('"vip" in customer.groups'),
  named('customer.tags.exists(t, t.startsWith("f"))'),
  named("customer.attributes.level >= 3"),
  named('customer.attributes["home.town"] == "Bergen"'),
  named("has(customer.attributes.level) && customer.attributes.level < 3"),
  named('"level" in customer.attributes'),
  named("size(customer.attributes) > 1"),
  named('[customer].exists(c, "vip" in c.groups)'),
  named("cart.attributes.gift == true && cart.subtotal > 100"),
  named('[cart].exists(c, "gift" in c.attributes)'),
  named('customer.attributes[cart.attributes["asks"]] == "Bergen"'),
  named("customer.facts.completedOrders > 1"),
  named('has(customer.facts.tier) && customer.facts.tier == "gold"'),
  named('"asleep" in customer.facts.segments'),
];
const inGoods = [
  '"vip" in customer.groups',
  "customer.attributes.level > line.quantity",
  "customer.facts.completedOrders > 1",
];

const promotions: readonly PromotionInput[] = [
  ...conditions.map(
    (tree, index): PromotionInput => ({
      key: `c${index}`,
      trigger: { type: "automatic" },
      conditions: tree,
      benefits: [{ kind: "amount_off", target: "order", amount: { CNY: index + 1 } }],
    }),
  ),
  ...inGoods.map(
    (expression, index): PromotionInput => ({
      key: `g${index}`,
      trigger: { type: "automatic" },
      benefits: [{ kind: "percent_off", percent: 10 + index, select: { where: expression } }],
    }),
  ),
];

const some = <Value>(values: Value[]) => fc.subarray(values);
const attributes = fc.record(
  {
    level: fc.integer({ min: 1, max: 5 }),
    "home.town": fc.constantFrom("Bergen", "Oslo"),
    street: fc.constant("Storgata 1"),
  },
  { requiredKeys: [] },
);
const orders = fc.array(
  fc.record({
    at: fc.constantFrom("2026-11-01T00:00:00Z", "2026-10-01T00:00:00Z"),
    currency: fc.constant("CNY"),
    total: fc.nat(9_000),
  }),
  { maxLength: 2 },
);
const customers = fc.record(
  {
    id: fc.constantFrom("c-1", "c-2"),
    groups: some(["vip", "staff"]),
    tags: some(["fan", "new"]),
    attributes,
    facts: fc.record(
      {
        completedOrders: fc.nat(3),
        lastOrderAt: fc.constant("2026-11-01T00:00:00Z"),
        orders,
        segments: some(["asleep", "rich"]),
        tier: fc.constantFrom("gold", "silver"),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
);
const carts = fc
  .record(
    {
      customer: customers,
      attributes: fc.record(
        { gift: fc.boolean(), asks: fc.constant("home.town"), note: fc.constant("for Anna") },
        { requiredKeys: [] },
      ),
      identifiers: fc.constant({ device: "d" }),
    },
    { requiredKeys: [] },
  )
  .map(
    (said): Cart =>
      cartSchema.parse({
        currency: "CNY",
        lines: [{ id: "1", sku: "MUG", quantity: 2, unitPrice: 10_000 }],
        ...said,
      } satisfies z.input<typeof cartSchema>),
  );
const stored = fc.record(
  {
    profile: fc.record(
      { groups: some(["vip", "staff"]), tags: some(["fan"]), attributes },
      { requiredKeys: [] },
    ),
    birthday: fc.constantFrom("--11-12", "1990-05-17"),
  },
  { requiredKeys: [] },
);

function priced(rules: readonly CompiledPromotion[], cart: Cart, facts: Facts) {
  return evaluate(buildRulebook("1", rules), { ...cart, explain: "all" }, facts, now, { settings });
}

test(
  "what is kept is priced and explained as the whole was",
  () => {
    fc.assert(
      fc.property(fc.subarray([...promotions]), carts, stored, (chosen, request, more) => {
        const facts: Facts = { ...customerFacts(request, null), ...more };
        const rules = compileAll(chosen);
        const kept = asKept({ request, facts }, key, rules);
        expect(priced(rules, kept.request, kept.facts)).toEqual(priced(rules, request, facts));
      }),
      { numRuns: sized(150, 5_000) },
    );
  },
  patience,
);

const whole = {
  request: cartSchema.parse({
    currency: "CNY",
    lines: [{ id: "1", sku: "MUG", quantity: 2, unitPrice: 10_000, attributes: { engraving: "A" } }],
    customer: { id: "c-1", groups: ["vip"], tags: ["fan"], attributes: { level: 3, street: "Storgata 1" } },
    attributes: { note: "for Anna", gift: true },
    identifiers: { phone: "0170 1234" },
  }),
  facts: {
    profile: { groups: ["staff"], tags: ["old"], attributes: { name: "Anna", level: 2 } },
    birthday: "1990-05-17",
    tier: "gold",
    segments: ["asleep"],
    completedOrders: 3,
  } satisfies Facts,
};

test.each<[string, Conditions[], object, object]>([
  ["that ask for nothing", [], { attributes: {} }, {}],
  [
    "about a group",
    [conditions[0]!],
    { groups: ["vip"], attributes: {} },
    { groups: ["staff"], attributes: {} },
  ],
  ["about an attribute", [conditions[2]!], { attributes: { level: 3 } }, { attributes: { level: 2 } }],
  ["in CEL", [conditions[15]!], { attributes: { level: 3 } }, { attributes: { level: 2 } }],
])("of a person nothing is kept but what rules look at: rules %s", (_rules, asked, customer, profile) => {
  const rules = compileAll(
    asked.map((tree, index) => ({ ...promotions[0]!, key: `p${index}`, conditions: tree })),
  );
  const { request, facts } = asKept(whole, key, rules);
  expect(request.customer).toEqual({ id: "c-1", ...customer });
  expect(request.attributes).toEqual({});
  expect(request.identifiers?.phone).not.toBe("0170 1234");
  expect(request.lines).toEqual(whole.request.lines);
  expect(facts).toEqual({ profile: { attributes: {}, ...profile } });
});

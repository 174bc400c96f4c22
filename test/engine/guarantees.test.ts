/** What is left out where books and records cannot be asked, and who is told of it. */
import { expect, test } from "vitest";
import { canonicalCart } from "../../src/engine/canonical-cart.ts";
import { evaluate } from "../../src/engine/evaluate.ts";
import type { Facts } from "../../src/engine/facts.ts";
import { Goods } from "../../src/engine/goods.ts";
import { judge } from "../../src/engine/judge.ts";
import type { PromotionInput } from "../../src/engine/promotion.ts";
import { buildRulebook } from "../../src/engine/rulebook.ts";
import { makeGround, StageView } from "../../src/engine/situation.ts";
import { cart } from "../cart-notation.ts";
import { compileAll, now, promotion } from "./engine-call.ts";

const benefits: PromotionInput["benefits"] = [{ kind: "amount_off", target: "order", amount: { CNY: 100 } }];
const facts = { rulesAsOf: now - 60_000, tier: null };

/** Stored promotions: those without an id are drafts, which nobody has counted. */
function quoteFor(
  documents: (Partial<PromotionInput> & { key: string })[],
  customer?: object,
  known: Facts = {},
) {
  const stored = compileAll(
    documents.map(({ key, ...fields }) => promotion({ benefits, stacking: { group: key }, ...fields, key })),
  ).map((compiled) => ({ ...compiled, id: `prm_${compiled.key}` }));
  const request = { ...cart("1x MUG @ 100.00"), ...(customer !== undefined && { customer }) } as ReturnType<
    typeof cart
  >;
  const { total, degraded, asOf, missing, notApplied } = evaluate(
    buildRulebook("1", stored),
    request,
    { ...facts, ...known },
    now,
  );
  return {
    off: 10_000 - total,
    degraded,
    asOf,
    missing,
    told: notApplied.map((row) => `${row.promotion} ${row.reason}`),
  };
}

const marked = { degraded: true, asOf: new Date(now - 60_000).toISOString() };

test("what counts nothing and asks for nobody's record applies", () => {
  expect(quoteFor([{ key: "plain" }], { id: "c-1" })).toEqual({ ...marked, off: 100, missing: [], told: [] });
});

test.each<[string, Partial<PromotionInput>]>([
  ["limits", { limits: { total: 5 } }],
  ["limits", { limits: { perCustomer: 5 } }],
  ["budgets", { budget: { amount: { CNY: 1_000 } } }],
  ["stocks", { benefits: [...benefits, { kind: "gift", sku: "BAG", stock: 5 }] }],
])("what needs %s does not apply and is told of: %j", (guarantee, fields) => {
  expect(quoteFor([{ key: "p", ...fields }], { id: "c-1" })).toEqual({
    ...marked,
    off: 0,
    missing: [guarantee],
    told: ["p not_guaranteed"],
  });
});

test("what a campaign guards does not apply, beside what it does not", () => {
  const campaigns = new Map([["guarded", { budget: { CNY: 100 }, spent: { CNY: 0 } }]]);
  const documents = [
    { key: "a", campaign: "guarded" },
    { key: "b", campaign: "free" },
  ];
  expect(quoteFor(documents, undefined, { campaigns })).toEqual({
    ...marked,
    off: 100,
    missing: ["budgets"],
    told: ["a not_guaranteed"],
  });
});

const aboutTheCustomer: [PromotionInput["conditions"], string[]][] = [
  [{ kind: "first_order" }, ["order_history", "customer_record"]],
  [{ not: { kind: "customer_group", in: ["dealers"] } }, ["customer_record"]],
];

test.each(aboutTheCustomer)(
  "who is named by id is taken neither for new nor for a stranger: %j",
  (conditions, missing) => {
    expect(quoteFor([{ key: "p", conditions }], { id: "c-1", groups: ["fans"] })).toEqual({
      ...marked,
      off: 0,
      missing,
      told: ["p not_guaranteed"],
    });
  },
);

test("who has no id is on no record, and has what the request says of them", () => {
  const conditions: PromotionInput["conditions"] = { kind: "customer_group", in: ["fans"] };
  expect(quoteFor([{ key: "p", conditions }], { groups: ["fans"] })).toMatchObject({ off: 100, missing: [] });
});

test("a private promotion that is left out is told to nobody who may not know of it, nor what it would need", () => {
  const secret: Partial<PromotionInput> = {
    visibility: "private",
    conditions: { not: { kind: "customer_group", in: ["dealers"] } },
    limits: { total: 5 },
  };
  expect(quoteFor([{ key: "p", ...secret }], { id: "c-1" })).toEqual({
    ...marked,
    off: 0,
    missing: [],
    told: [],
  });
  expect(quoteFor([{ key: "p", ...secret }], { groups: ["dealers"] })).toEqual({
    ...marked,
    off: 0,
    missing: [],
    told: [],
  });
  // Its audience, by what the request says of somebody without a record.
  expect(quoteFor([{ key: "p", ...secret }], { groups: ["fans"] })).toMatchObject({
    missing: ["limits"],
    told: ["p not_guaranteed"],
  });
});

const guards: Readonly<Record<string, Partial<PromotionInput>>> = {
  nothing: {},
  "a condition on goods": { conditions: { kind: "quantity", atLeast: 2 } },
  "uses in all": { limits: { total: 5 } },
  "uses of a customer": { limits: { perCustomer: 1 } },
  "uses of a device": { limits: { perDevice: 1 } },
  "a budget": { budget: { amount: { CNY: 100 } } },
  "a stock of gifts": { benefits: [{ kind: "gift", sku: "BAG", stock: 5 }] },
  "a quota": { benefits: [{ kind: "service", name: "skin-test", quota: 5 }] },
  "a safety stock": {
    benefits: [{ kind: "percent_off", select: { skus: ["MUG"] }, percent: 10 }],
    safetyStock: { units: 3 },
  },
  "a campaign": { campaign: "spring" },
  "an arm": { variant: { experiment: "e", name: "a", from: 0, to: 0.0001 } },
  "a group": { visibility: "private", group: { size: 2, hours: 24 } },
  "a dealer's share": {
    funding: [
      { funder: "dealer", percent: 50 },
      { funder: "brand", percent: 50 },
    ],
  },
  "a customer": { conditions: { not: { kind: "customer_group", in: ["dealers"] } } },
};

const known: readonly Facts[] = [
  {},
  { rulesAsOf: now },
  {
    usage: new Map([["p", { total: 5, byCustomer: 1, byDevice: 1, spent: { CNY: 100 } }]]),
    campaigns: new Map([["spring", { isPaused: true }]]),
    holdouts: new Map([["spring", 100]]),
  },
  { campaigns: new Map([["spring", { budget: { CNY: 5 }, spent: { CNY: 5 } }]]) },
];

/** That nothing guards a promotion is worked out when it is compiled, and then nobody asks. */
test.each(Object.entries(guards))("whoever asks all the same is told nothing else: %s", (name, fields) => {
  const [compiled] = compileAll([promotion({ benefits, ...fields, key: "p" })]);
  const stored = { ...compiled!, id: "prm_p" };
  const judged = (isGuarded: boolean) =>
    known.flatMap((facts) =>
      [undefined, { id: "c-1" }].map((customer) => {
        const request = cart("1x MUG @ 100.00", customer === undefined ? {} : { customer });
        const ground = makeGround(canonicalCart(request, null), facts, now, "half_up");
        const view = new StageView(ground, new Goods(ground.cart.lines), new Goods(ground.shipments));
        return judge({ ...stored, isGuarded }, view, ground, undefined, null);
      }),
    );
  expect(judged(stored.isGuarded)).toEqual(judged(true));
  // Each guard keeps somebody out.
  if (stored.isGuarded) expect(judged(true), name).not.toEqual(judged(false));
  else expect(Object.keys(guards).slice(0, 2)).toContain(name);
});

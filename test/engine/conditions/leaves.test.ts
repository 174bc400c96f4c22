import { describe, expect, it, test } from "vitest";
import { conditionKinds } from "../../../src/engine/conditions/index.ts";
import { conditionSchema } from "../../../src/engine/conditions/tree.ts";
import { compile, type Given, issuesOf, verdictOf, view } from "./view.ts";

type Row = [title: string, leaf: Record<string, unknown>, given: Given, verdict: string];

const carol: Given["customer"] = {
  id: "c-42",
  groups: ["vip", "staff"],
  tags: ["fan"],
  attributes: { level: 3, city: "SH", likes: ["tea", "mugs"] },
};
const dayMs = 86_400_000;
const noon = Date.parse("2026-06-15T12:00:00Z");
/** An order of so many days ago, to the millisecond. */
const paid = (days: number, total: number) => ({ at: noon - days * dayMs, currency: "CNY", total });

const born = (birthday: string, now = "2026-06-15T12:00:00Z"): Given => ({
  customer: carol,
  facts: { birthday },
  now,
});

const scored = (recency: number, frequency: number, amount: number): Given => ({
  customer: carol,
  facts: { rfm: { recency, frequency, amount } },
});

const contracted = (kind: string | null, endsOn: string, now = "2026-06-15T12:00:00Z"): Given => ({
  customer: carol,
  facts: { contracts: [{ id: "c-1", kind, endsOn }] },
  now,
});

/** So many views of a campaign on each of the last days. */
const viewed = (...counts: number[]): Given => ({
  customer: carol,
  facts: {
    events: counts.map((count, days) => ({
      type: "view",
      campaign: "launch",
      at: noon - days * dayMs,
      count,
    })),
  },
});

const nine = { id: "d-9", level: "gold", region: "CN-SH", network: ["d-1", "d-9"] };

const tables: Record<string, Row[]> = {
  subtotal: [
    ["one under the lower bound", { atLeast: { CNY: 10001 } }, {}, "subtotal_too_low"],
    ["at the lower bound", { atLeast: { CNY: 10000 } }, {}, "met"],
    ["one over the lower bound", { atLeast: { CNY: 9999 } }, {}, "met"],
    ["one under the upper bound", { atMost: { CNY: 10001 } }, {}, "met"],
    ["at the upper bound", { atMost: { CNY: 10000 } }, {}, "met"],
    ["one over the upper bound", { atMost: { CNY: 9999 } }, {}, "subtotal_too_high"],
    [
      "only selected goods count",
      { atLeast: { CNY: 10001 }, select: { skus: ["TEA"] } },
      { lines: ["1x MUG @ 9000", "1x TEA @ 10000"] },
      "subtotal_too_low",
    ],
    ["an empty cart is worth zero", { atLeast: { CNY: 0 } }, { lines: [] }, "met"],
    [
      "shipping does not count",
      { atLeast: { CNY: 10001 } },
      { shipping: [{ id: "s", amount: 5000 }] },
      "subtotal_too_low",
    ],
  ],
  quantity: [
    ["one under", { atLeast: 4 }, { lines: ["3x MUG @ 100"] }, "quantity_too_low"],
    ["at the lower bound", { atLeast: 3 }, { lines: ["3x MUG @ 100"] }, "met"],
    ["one over the lower bound", { atLeast: 2 }, { lines: ["3x MUG @ 100"] }, "met"],
    ["at the upper bound", { atMost: 3 }, { lines: ["3x MUG @ 100"] }, "met"],
    ["one over the upper bound", { atMost: 2 }, { lines: ["3x MUG @ 100"] }, "quantity_too_high"],
    [
      "only selected goods count",
      { atLeast: 2, select: { categories: ["tea"] } },
      { lines: ["3x MUG @ 1", "1x TEA @ 1"] },
      "quantity_too_low",
    ],
    ["none at all may be asked", { atMost: 0, select: { skus: ["TEA"] } }, {}, "met"],
  ],
  distinct: [
    ["one under", { atLeast: 3 }, { lines: ["9x MUG @ 100", "1x TEA @ 100"] }, "distinct_too_low"],
    ["at the lower bound", { atLeast: 2 }, { lines: ["9x MUG @ 100", "1x TEA @ 100"] }, "met"],
    ["at the upper bound", { atMost: 2 }, { lines: ["9x MUG @ 100", "1x TEA @ 100"] }, "met"],
    [
      "one over the upper bound",
      { atMost: 1 },
      { lines: ["9x MUG @ 100", "1x TEA @ 100"] },
      "distinct_too_high",
    ],
    [
      "two prices of one SKU are one SKU",
      { atLeast: 2 },
      { lines: ["1x MUG @ 100", "1x MUG @ 90"] },
      "distinct_too_low",
    ],
    [
      "two SKUs of one product are one product",
      { by: "product", atLeast: 2 },
      {
        cartLines: [
          { id: "1", sku: "A", product: "P", quantity: 1, unitPrice: 1 },
          { id: "2", sku: "B", product: "P", quantity: 1, unitPrice: 1 },
        ],
      },
      "distinct_too_low",
    ],
  ],
  shipping_amount: [
    [
      "one under",
      { atLeast: { CNY: 1201 } },
      { shipping: [{ id: "s", amount: 1200 }] },
      "shipping_amount_too_low",
    ],
    ["at the lower bound", { atLeast: { CNY: 1200 } }, { shipping: [{ id: "s", amount: 1200 }] }, "met"],
    ["at the upper bound", { atMost: { CNY: 1200 } }, { shipping: [{ id: "s", amount: 1200 }] }, "met"],
    [
      "one over the upper bound",
      { atMost: { CNY: 1199 } },
      { shipping: [{ id: "s", amount: 1200 }] },
      "shipping_amount_too_high",
    ],
    [
      "all shipments together",
      { atLeast: { CNY: 300 } },
      {
        shipping: [
          { id: "a", amount: 100 },
          { id: "b", amount: 200 },
        ],
      },
      "met",
    ],
    ["without shipping it is zero", { atMost: { CNY: 0 } }, {}, "met"],
    [
      "after earlier stages",
      { atMost: { CNY: 100 } },
      { shipping: [{ id: "s", amount: 1200 }], shippingNow: 100 },
      "met",
    ],
  ],
  channel: [
    ["named", { in: ["app", "pos"] }, { channel: "pos" }, "met"],
    ["another", { in: ["app"] }, { channel: "pos" }, "channel_not_included"],
    ["missing", { in: ["app"] }, {}, "facts_missing channel"],
  ],
  store: [
    ["named", { in: ["sh-001"] }, { store: "sh-001" }, "met"],
    ["another", { in: ["sh-001"] }, { store: "sh-002" }, "store_not_included"],
    ["missing", { in: ["sh-001"] }, {}, "facts_missing store"],
  ],
  region: [
    ["named", { in: ["CN-SH"] }, { region: "CN-SH" }, "met"],
    ["another", { in: ["CN-SH"] }, { region: "CN-BJ" }, "region_not_included"],
    ["missing", { in: ["CN-SH"] }, {}, "facts_missing region"],
  ],
  country: [
    ["named", { in: ["CN"] }, { country: "CN" }, "met"],
    ["another", { in: ["CN"] }, { country: "DE" }, "country_not_included"],
    ["missing", { in: ["CN"] }, {}, "facts_missing country"],
  ],
  payment_method: [
    ["named", { in: ["wechat"] }, { paymentMethod: "wechat" }, "met"],
    ["another", { in: ["wechat"] }, { paymentMethod: "card" }, "payment_method_not_included"],
    ["missing", { in: ["wechat"] }, {}, "facts_missing paymentMethod"],
  ],
  currency: [
    ["named", { in: ["USD", "CNY"] }, {}, "met"],
    ["another", { in: ["USD"] }, {}, "currency_not_included"],
  ],
  customer: [
    ["named", { in: ["c-42"] }, { customer: carol }, "met"],
    ["another", { in: ["c-41"] }, { customer: carol }, "customer_not_included"],
    ["without id", { in: ["c-42"] }, { customer: { groups: ["vip"] } }, "facts_missing customer.id"],
    ["no customer", { in: ["c-42"] }, {}, "facts_missing customer.id"],
  ],
  customer_group: [
    ["in one of them", { in: ["gold", "vip"] }, { customer: carol }, "met"],
    ["in none of them", { in: ["gold"] }, { customer: carol }, "customer_group_not_included"],
    [
      "a customer without groups has none",
      { in: ["vip"] },
      { customer: { id: "c-1" } },
      "customer_group_not_included",
    ],
    ["no customer", { in: ["vip"] }, {}, "facts_missing customer"],
  ],
  customer_tag: [
    ["has one of them", { in: ["fan"] }, { customer: carol }, "met"],
    ["has none of them", { in: ["press"] }, { customer: carol }, "customer_tag_not_included"],
    ["a customer without tags has none", { in: ["fan"] }, { customer: {} }, "customer_tag_not_included"],
    ["no customer", { in: ["fan"] }, {}, "facts_missing customer"],
  ],
  segment: [
    [
      "in one of them",
      { in: ["new", "sleeping"] },
      { customer: carol, facts: { segments: ["sleeping"] } },
      "met",
    ],
    [
      "in none of them",
      { in: ["new"] },
      { customer: carol, facts: { segments: [] } },
      "segment_not_included",
    ],
    ["not loaded", { in: ["new"] }, { customer: carol }, "facts_missing customer.facts.segments"],
    ["no customer id", { in: ["new"] }, { customer: {} }, "facts_missing customer.id"],
  ],
  dealer: [
    ["of the level", { levels: ["gold"] }, { dealer: "d-9", facts: { dealer: nine } }, "met"],
    [
      "of another level",
      { levels: ["top"] },
      { dealer: "d-9", facts: { dealer: nine } },
      "dealer_not_included",
    ],
    ["of the region", { regions: ["CN-SH"] }, { dealer: "d-9", facts: { dealer: nine } }, "met"],
    [
      "without a region",
      { regions: ["CN-SH"] },
      { dealer: "d-9", facts: { dealer: { ...nine, region: null } } },
      "dealer_not_included",
    ],
    [
      "level and another region",
      { levels: ["gold"], regions: ["CN-BJ"] },
      { dealer: "d-9", facts: { dealer: nine } },
      "dealer_not_included",
    ],
    ["below one", { networks: ["d-1"] }, { dealer: "d-9", facts: { dealer: nine } }, "met"],
    ["the head of a network", { networks: ["d-9"] }, { dealer: "d-9", facts: { dealer: nine } }, "met"],
    ["beside one", { networks: ["d-2"] }, { dealer: "d-9", facts: { dealer: nine } }, "dealer_not_included"],
    ["named", { in: ["d-8", "d-9"] }, { dealer: "d-9", facts: { dealer: nine } }, "met"],
    ["any dealer", {}, { dealer: "d-9", facts: { dealer: nine } }, "met"],
    ["one without an account", {}, { dealer: "d-9", facts: { dealer: null } }, "dealer_not_included"],
    ["nobody's cart", {}, {}, "dealer_not_included"],
    ["not loaded", {}, { dealer: "d-9" }, "facts_missing dealer"],
  ],
  tier: [
    ["named", { in: ["gold"] }, { customer: carol, facts: { tier: "gold" } }, "met"],
    ["another", { in: ["gold"] }, { customer: carol, facts: { tier: "silver" } }, "tier_not_included"],
    ["known to have none", { in: ["gold"] }, { customer: carol, facts: { tier: null } }, "tier_not_included"],
    ["not loaded", { in: ["gold"] }, { customer: carol }, "facts_missing customer.facts.tier"],
    ["no customer id", { in: ["gold"] }, {}, "facts_missing customer.id"],
  ],
  first_order: [
    ["no order before", {}, { customer: carol, facts: { completedOrders: 0 } }, "met"],
    ["one order before", {}, { customer: carol, facts: { completedOrders: 1 } }, "not_first_order"],
    ["not loaded", {}, { customer: carol }, "facts_missing customer.facts.completedOrders"],
    ["no customer id", {}, {}, "facts_missing customer.id"],
  ],
  birthday: [
    ["today", {}, born("--06-15"), "met"],
    ["tomorrow", {}, born("1990-06-16"), "birthday_not_near"],
    ["yesterday", { withinDays: 7 }, born("1990-06-14"), "birthday_not_near"],
    ["on the last of the days", { withinDays: 7 }, born("--06-22"), "met"],
    ["a day after them", { withinDays: 7 }, born("--06-23"), "birthday_not_near"],
    ["today by another clock", { timezone: "Asia/Tokyo" }, born("--06-16", "2026-06-15T15:00:00Z"), "met"],
    [
      "and not a millisecond before",
      { timezone: "Asia/Tokyo" },
      born("--06-16", "2026-06-15T14:59:59.999Z"),
      "birthday_not_near",
    ],
    ["over the end of the year", { withinDays: 3 }, born("--01-02", "2026-12-30T12:00:00Z"), "met"],
    ["29 February, in a year without one", {}, born("--02-29", "2026-02-28T12:00:00Z"), "met"],
    ["29 February, in a year with one", {}, born("2000-02-29", "2028-02-28T12:00:00Z"), "birthday_not_near"],
    ["one that nobody knows", {}, { customer: carol }, "facts_missing customer.facts.birthday"],
  ],
  consent: [
    ["given", { purpose: "sms" }, { customer: carol, facts: { consents: { sms: true } } }, "met"],
    [
      "taken back",
      { purpose: "sms" },
      { customer: carol, facts: { consents: { sms: false } } },
      "consent_not_given",
    ],
    [
      "to something else",
      { purpose: "sms" },
      { customer: carol, facts: { consents: { email: true } } },
      "consent_not_given",
    ],
    [
      "to what every object has",
      { purpose: "constructor" },
      { customer: carol, facts: { consents: {} } },
      "consent_not_given",
    ],
    ["not loaded", { purpose: "sms" }, { customer: carol }, "facts_missing customer.facts.consents"],
    ["no customer id", { purpose: "sms" }, {}, "facts_missing customer.id"],
  ],
  event_count: [
    ["one under", { type: "view", atLeast: 4, withinDays: 30 }, viewed(2, 1), "event_count_out_of_range"],
    ["at the lower bound", { type: "view", atLeast: 3, withinDays: 30 }, viewed(2, 1), "met"],
    ["at the upper bound", { type: "view", atMost: 3, withinDays: 30 }, viewed(2, 1), "met"],
    ["one over", { type: "view", atMost: 2, withinDays: 30 }, viewed(2, 1), "event_count_out_of_range"],
    ["another type", { type: "share", atLeast: 1, withinDays: 30 }, viewed(2), "event_count_out_of_range"],
    ["of the campaign", { type: "view", campaign: "launch", atLeast: 2, withinDays: 30 }, viewed(2), "met"],
    [
      "of another campaign",
      { type: "view", campaign: "spring", atLeast: 1, withinDays: 30 },
      viewed(2),
      "event_count_out_of_range",
    ],
    [
      "a millisecond too long ago",
      { type: "view", atLeast: 1, withinDays: 1 },
      { ...viewed(), facts: { events: [{ type: "view", campaign: null, at: noon - dayMs, count: 9 }] } },
      "event_count_out_of_range",
    ],
    [
      "a millisecond later",
      { type: "view", atLeast: 9, withinDays: 1 },
      { ...viewed(), facts: { events: [{ type: "view", campaign: null, at: noon - dayMs + 1, count: 9 }] } },
      "met",
    ],
    ["nothing done", { type: "view", atMost: 0, withinDays: 30 }, viewed(), "met"],
    [
      "not loaded",
      { type: "view", atMost: 0, withinDays: 30 },
      { customer: carol },
      "facts_missing customer.facts.events",
    ],
  ],
  contract: [
    ["any that runs", {}, contracted(null, "2099-01-01"), "met"],
    ["on its last day", {}, contracted(null, "2026-06-15"), "met"],
    ["on the day after it", {}, contracted(null, "2026-06-14"), "no_such_contract"],
    ["of the kind", { kinds: ["lease", "service"] }, contracted("service", "2099-01-01"), "met"],
    ["of another kind", { kinds: ["lease"] }, contracted("service", "2099-01-01"), "no_such_contract"],
    ["of no kind", { kinds: ["lease"] }, contracted(null, "2099-01-01"), "no_such_contract"],
    ["six months before", { endsWithinMonths: 6 }, contracted(null, "2026-12-15"), "met"],
    ["a day earlier", { endsWithinMonths: 6 }, contracted(null, "2026-12-16"), "no_such_contract"],
    [
      "a month before, on the last day of a short one",
      { endsWithinMonths: 1 },
      contracted(null, "2026-03-31", "2026-02-28T12:00:00Z"),
      "met",
    ],
    [
      "six months before, by another clock",
      { endsWithinMonths: 6, timezone: "Asia/Tokyo" },
      contracted(null, "2026-12-16", "2026-06-15T15:00:00Z"),
      "met",
    ],
    ["without any", {}, { customer: carol, facts: { contracts: [] } }, "no_such_contract"],
    ["of whom nobody knows", {}, { customer: carol }, "facts_missing customer.facts.contracts"],
  ],
  rfm: [
    ["at the lower bound", { recency: { atLeast: 4 } }, scored(4, 1, 1), "met"],
    ["one under the lower bound", { recency: { atLeast: 4 } }, scored(3, 5, 5), "rfm_out_of_range"],
    ["at the upper bound", { frequency: { atMost: 2 } }, scored(1, 2, 1), "met"],
    ["one over the upper bound", { frequency: { atMost: 2 } }, scored(1, 3, 1), "rfm_out_of_range"],
    ["all of them", { recency: { atLeast: 4 }, amount: { atLeast: 4 } }, scored(4, 1, 3), "rfm_out_of_range"],
    [
      "whoever has not bought",
      { amount: { atLeast: 1 } },
      { customer: carol, facts: { rfm: null } },
      "rfm_no_order",
    ],
    [
      "where nobody is scored",
      { amount: { atLeast: 1 } },
      { customer: carol },
      "facts_missing customer.facts.rfm",
    ],
  ],
  order_count: [
    [
      "one under",
      { atLeast: 2 },
      { customer: carol, facts: { completedOrders: 1 } },
      "order_count_out_of_range",
    ],
    ["at the lower bound", { atLeast: 2 }, { customer: carol, facts: { completedOrders: 2 } }, "met"],
    ["at the upper bound", { atMost: 2 }, { customer: carol, facts: { completedOrders: 2 } }, "met"],
    [
      "one over",
      { atMost: 2 },
      { customer: carol, facts: { completedOrders: 3 } },
      "order_count_out_of_range",
    ],
    ["no customer id", { atMost: 2 }, {}, "facts_missing customer.id"],
  ],
  days_since_order: [
    [
      "a millisecond under",
      { atLeast: 90 },
      { customer: carol, facts: { lastOrderAt: noon - 90 * dayMs + 1 } },
      "days_since_order_out_of_range",
    ],
    [
      "at the lower bound",
      { atLeast: 90 },
      { customer: carol, facts: { lastOrderAt: noon - 90 * dayMs } },
      "met",
    ],
    [
      "a millisecond before the upper bound ends",
      { atMost: 30 },
      { customer: carol, facts: { lastOrderAt: noon - 31 * dayMs + 1 } },
      "met",
    ],
    [
      "over the upper bound",
      { atMost: 30 },
      { customer: carol, facts: { lastOrderAt: noon - 31 * dayMs } },
      "days_since_order_out_of_range",
    ],
    ["never ordered", { atLeast: 90 }, { customer: carol, facts: { lastOrderAt: null } }, "no_order_yet"],
    [
      "ordered after the time asked about",
      { atMost: 0 },
      { customer: carol, facts: { lastOrderAt: noon + dayMs } },
      "met",
    ],
    ["no customer id", { atLeast: 90 }, {}, "facts_missing customer.id"],
  ],
  order_amount: [
    [
      "one under the lower bound",
      { atLeast: { CNY: 5000 }, withinDays: 30 },
      { customer: carol, facts: { orders: [paid(1, 4999)] } },
      "order_amount_too_low",
    ],
    [
      "at the lower bound, by two orders together",
      { atLeast: { CNY: 5000 }, withinDays: 30 },
      { customer: carol, facts: { orders: [paid(1, 4999), paid(2, 1)] } },
      "met",
    ],
    [
      "at the upper bound",
      { atMost: { CNY: 5000 }, withinDays: 30 },
      { customer: carol, facts: { orders: [paid(1, 5000)] } },
      "met",
    ],
    [
      "one over the upper bound",
      { atMost: { CNY: 5000 }, withinDays: 30 },
      { customer: carol, facts: { orders: [paid(1, 5001)] } },
      "order_amount_too_high",
    ],
    [
      "an order a millisecond inside the window",
      { atLeast: { CNY: 5000 }, withinDays: 30 },
      { customer: carol, facts: { orders: [{ ...paid(30, 5000), at: noon - 30 * dayMs + 1 }] } },
      "met",
    ],
    [
      "an order just out of the window",
      { atLeast: { CNY: 5000 }, withinDays: 30 },
      { customer: carol, facts: { orders: [paid(30, 5000)] } },
      "order_amount_too_low",
    ],
    [
      "an order after the time asked about",
      { atLeast: { CNY: 5000 }, withinDays: 1 },
      { customer: carol, facts: { orders: [paid(-9, 5000)] } },
      "met",
    ],
    [
      "another currency is not converted",
      { atLeast: { CNY: 5000 }, withinDays: 30 },
      { customer: carol, facts: { orders: [{ ...paid(1, 5000), currency: "USD" }] } },
      "order_amount_too_low",
    ],
    [
      "nothing bought",
      { atMost: { CNY: 0 }, withinDays: 366 },
      { customer: carol, facts: { orders: [] } },
      "met",
    ],
    [
      "not loaded",
      { atMost: { CNY: 0 }, withinDays: 1 },
      { customer: carol },
      "facts_missing customer.facts.orders",
    ],
    ["no customer id", { atMost: { CNY: 0 }, withinDays: 1 }, {}, "facts_missing customer.id"],
  ],
  schedule: [
    [
      "a minute before",
      { from: "18:00", to: "20:00", timezone: "Asia/Shanghai" },
      { now: "2026-06-15T09:59:59.999Z" },
      "outside_schedule",
    ],
    [
      "as it begins",
      { from: "18:00", to: "20:00", timezone: "Asia/Shanghai" },
      { now: "2026-06-15T10:00:00Z" },
      "met",
    ],
    [
      "as it ends",
      { from: "18:00", to: "20:00", timezone: "Asia/Shanghai" },
      { now: "2026-06-15T12:00:00Z" },
      "outside_schedule",
    ],
    ["on the weekday (a Monday)", { weekdays: ["mon"] }, {}, "met"],
    ["on another weekday", { weekdays: ["tue"] }, {}, "outside_schedule"],
    ["the weekday of the zone, not of UTC", { weekdays: ["tue"], timezone: "Pacific/Auckland" }, {}, "met"],
  ],
  attribute: [
    ["of the cart, among the values", { name: "gift", in: [true] }, { attributes: { gift: true } }, "met"],
    [
      "of the cart, not among them",
      { name: "gift", in: [true] },
      { attributes: { gift: false } },
      "attribute_not_included",
    ],
    ["of the cart, missing", { name: "gift", in: [true] }, {}, "facts_missing attributes.gift"],
    ["a text is not a number", { name: "n", in: [1] }, { attributes: { n: "1" } }, "attribute_not_included"],
    [
      "not a name of the language",
      { name: "constructor", in: [1] },
      {},
      "facts_missing attributes.constructor",
    ],
    [
      "one under",
      { of: "customer", name: "level", atLeast: 4 },
      { customer: carol },
      "attribute_out_of_range",
    ],
    ["at the lower bound", { of: "customer", name: "level", atLeast: 3 }, { customer: carol }, "met"],
    ["at the upper bound", { of: "customer", name: "level", atMost: 3 }, { customer: carol }, "met"],
    [
      "over the upper bound",
      { of: "customer", name: "level", atMost: 2.5 },
      { customer: carol },
      "attribute_out_of_range",
    ],
    [
      "no number at all",
      { of: "customer", name: "city", atLeast: 1 },
      { customer: carol },
      "attribute_out_of_range",
    ],
    ["some entry of a list", { of: "customer", name: "likes", in: ["mugs"] }, { customer: carol }, "met"],
    [
      "no entry of a list",
      { of: "customer", name: "likes", in: ["beer"] },
      { customer: carol },
      "attribute_not_included",
    ],
    [
      "of the customer, missing",
      { of: "customer", name: "age", atLeast: 1 },
      { customer: carol },
      "facts_missing customer.attributes.age",
    ],
    ["no customer", { of: "customer", name: "age", atLeast: 1 }, {}, "facts_missing customer"],
    [
      "of some line",
      { of: "line", name: "colour", in: ["red"] },
      {
        cartLines: [
          { id: "1", sku: "A", quantity: 1, unitPrice: 1 },
          { id: "2", sku: "B", quantity: 1, unitPrice: 1, attributes: { colour: "red" } },
        ],
      },
      "met",
    ],
    [
      "of no line",
      { of: "line", name: "colour", in: ["red"] },
      {
        cartLines: [
          { id: "1", sku: "A", quantity: 1, unitPrice: 1 },
          { id: "2", sku: "B", quantity: 1, unitPrice: 1, attributes: { colour: "blue" } },
        ],
      },
      "attribute_not_included",
    ],
    [
      "no line has it",
      { of: "line", name: "colour", in: ["red"] },
      {},
      "facts_missing lines[].attributes.colour",
    ],
    [
      "an empty cart has no such line",
      { of: "line", name: "colour", in: ["red"] },
      { lines: [] },
      "attribute_not_included",
    ],
  ],
  expression: [
    ["true", { cel: "cart.subtotal >= 10000" }, {}, "met"],
    ["false", { cel: "cart.subtotal > 10000" }, {}, "expression_false"],
    ["a missing field", { cel: 'cart.channel == "app"' }, {}, "facts_missing channel"],
    [
      "some line satisfies it",
      { cel: "line.unitPrice > 100" },
      { lines: ["1x A @ 100", "1x B @ 101"] },
      "met",
    ],
    [
      "no line satisfies it",
      { cel: "line.unitPrice > 101" },
      { lines: ["1x A @ 100", "1x B @ 101"] },
      "expression_false",
    ],
  ],
};

describe.each(Object.entries(tables))("%s", (kind, rows) => {
  it.each(rows)("%s", (_, leaf, given, verdict) => {
    expect(verdictOf({ kind, ...leaf }, given)).toBe(verdict);
  });
});

test("every kind has a table", () => {
  expect(Object.keys(tables).sort()).toEqual(conditionKinds.map(({ kind }) => kind).sort());
});

test.each(conditionKinds.map((kind) => [kind.kind, kind] as const))(
  "the example of %s compiles, and every reason has words in both languages",
  (name, kind) => {
    const { tree, issues } = compile({ kind: name, ...kind.example });
    expect(issues).toEqual([]);
    expect(tree.test(view()).met).toBeTypeOf("boolean");
    expect(Object.keys(kind.reasons).length).toBeGreaterThan(0);
    for (const words of Object.values(kind.reasons))
      expect(Math.min(words.en.length, words["zh-CN"].length)).toBeGreaterThan(0);
  },
);

describe("what is refused when saved", () => {
  it.each([
    [{ kind: "subtotal" }, "bounds_missing /conditions"],
    [
      { kind: "subtotal", atLeast: { CNY: 2 }, atMost: { CNY: 1 } },
      "bounds_contradict /conditions/atMost/CNY",
    ],
    [
      { kind: "shipping_amount", atLeast: { CNY: 2 }, atMost: { CNY: 1 } },
      "bounds_contradict /conditions/atMost/CNY",
    ],
    [{ kind: "quantity" }, "bounds_missing /conditions"],
    [{ kind: "quantity", atLeast: 0 }, "bounds_missing /conditions"],
    [{ kind: "quantity", atLeast: 2, atMost: 1 }, "bounds_contradict /conditions/atMost"],
    [{ kind: "distinct", atLeast: 2, atMost: 1 }, "bounds_contradict /conditions/atMost"],
    [{ kind: "rfm" }, "bounds_missing /conditions"],
    [{ kind: "rfm", amount: { atLeast: 3, atMost: 2 } }, "bounds_contradict /conditions/amount/atMost"],
    [{ kind: "order_count" }, "bounds_missing /conditions"],
    [{ kind: "event_count", type: "view", withinDays: 1 }, "bounds_missing /conditions"],
    [
      { kind: "event_count", type: "dealwright.x", atLeast: 1, withinDays: 1 },
      "type_reserved /conditions/type",
    ],
    [{ kind: "order_count", atLeast: 2, atMost: 1 }, "bounds_contradict /conditions/atMost"],
    [{ kind: "days_since_order", atLeast: 2, atMost: 1 }, "bounds_contradict /conditions/atMost"],
    [{ kind: "attribute", name: "x" }, "bounds_missing /conditions"],
    [{ kind: "attribute", name: "x", in: ["a"], atLeast: 1 }, "bounds_contradict /conditions/in"],
    [{ kind: "attribute", name: "x", atLeast: 2, atMost: 1 }, "bounds_contradict /conditions/atMost"],
    [{ kind: "schedule", from: "10:00", to: "10:00" }, "range_empty /conditions/to"],
    [{ kind: "schedule" }, "range_empty /conditions"],
    [{ kind: "schedule", weekdays: ["mon"], timezone: "Mars/Base" }, "timezone_unknown /conditions/timezone"],
    [{ kind: "expression", cel: "cart.nope > 1" }, "expression_invalid /conditions/cel"],
    [
      { kind: "subtotal", atLeast: { CNY: 1 }, select: { where: "nope" } },
      "expression_invalid /conditions/select/where",
    ],
  ])("%j", (document, issue) => {
    expect(issuesOf(document)).toEqual([issue]);
  });

  it.each([
    [{ kind: "nope" }],
    [{ kind: "channel", in: [] }],
    [{ kind: "channel" }],
    [{ kind: "channel", in: ["a"], out: ["b"] }],
    [{ kind: "first_order", atMost: 0 }],
    [{ kind: "currency", in: ["cny"] }],
    [{ kind: "quantity", atLeast: 1.5 }],
    [{ kind: "schedule", weekdays: ["monday"] }],
    [{ kind: "schedule", from: "24:00" }],
    [{ kind: "channel", in: ["a"], not: { kind: "first_order" } }],
    [{ all: [{ kind: "first_order" }], any: [{ kind: "first_order" }] }],
    [{ all: [] }],
    [{}],
    [null],
    [[]],
  ])("%j has the wrong shape", (document) => {
    expect(conditionSchema.safeParse(document).success).toBe(false);
  });
});

test("an unmet lower bound says what is required, what there is and what is missing", () => {
  expect(compile({ kind: "subtotal", atLeast: { CNY: 12000 } }).tree.test(view())).toMatchObject({
    required: 12000,
    actual: 10000,
    gap: 2000,
    gapIn: "amount",
  });
  expect(compile({ kind: "quantity", atLeast: 3 }).tree.test(view())).toMatchObject({
    required: 3,
    actual: 1,
    gap: 2,
    gapIn: "units",
  });
});

test("an unmet upper bound has no gap: more would not help", () => {
  expect(compile({ kind: "subtotal", atMost: { CNY: 9000 } }).tree.test(view())).not.toHaveProperty("gap");
});

test("amounts note the currencies they are given in", () => {
  expect(compile({ kind: "subtotal", atLeast: { CNY: 1, USD: 2 }, atMost: { CNY: 5 } }).currencies).toEqual([
    ["CNY", "USD"],
    ["CNY"],
  ]);
});

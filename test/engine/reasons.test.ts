/** When several reasons hold, the first in the order of the pipeline is told: one test for each neighbouring pair. */
import { describe, expect, test } from "vitest";
import type { Facts, UsageFact } from "../../src/engine/facts.ts";
import type { PromotionInput } from "../../src/engine/promotion.ts";
import { reasons } from "../../src/engine/reasons.ts";
import { locales } from "../../src/engine/settings.ts";
import { cart } from "../cart-notation.ts";
import { promotion, quoteFor, reasonOf } from "./engine-call.ts";

type Fault = { rule?: Partial<PromotionInput>; usage?: UsageFact };
const used = (usage: Partial<UsageFact>): UsageFact => ({ total: 0, ...usage });

/** Each a way not to apply; together they hold all at once. */
const faults = {
  ended: { rule: { schedule: { endsAt: "2026-01-01T00:00:00Z" } } },
  currency_not_supported: { rule: { budget: { amount: { USD: 100 } } } },
  other_variant: { rule: { variant: { experiment: "e", name: "A", from: 100 - 1e-9, to: 100 } } },
  channel_not_included: { rule: { conditions: { kind: "channel", in: ["app"] } } },
  limit_reached: { rule: { limits: { total: 5 } }, usage: used({ total: 5 }) },
  budget_exhausted: { rule: { budget: { amount: { CNY: 100 } } }, usage: used({ spent: { CNY: 100 } }) },
  nothing_to_discount: {
    rule: { benefits: [{ kind: "percent_off", percent: 10, select: { where: "line.sku == 'NONE'" } }] },
  },
} satisfies Record<string, Fault>;

function told(...together: Fault[]): string {
  const rule = promotion({ benefits: [{ kind: "percent_off", percent: 10 }] });
  let usage: UsageFact = { total: 0 };
  for (const { rule: fields, usage: more } of together) {
    Object.assign(rule, fields);
    usage = { ...usage, ...more, total: Math.max(usage.total, more?.total ?? 0) };
  }
  const facts: Facts = { usage: new Map([["p", usage]]) };
  return reasonOf(
    quoteFor([rule], cart("1x A @ 10.00", { channel: "web", customer: { id: "c-1" }, explain: "all" }), {
      facts,
    }),
  ).split(" ")[0]!;
}

describe("the reason told", () => {
  const all = Object.keys(faults) as (keyof typeof faults)[];
  test.each(all)("is %s where nothing else is wrong", (reason) => {
    expect(told(faults[reason])).toBe(reason);
  });

  test.each<[string, Fault, Fault]>([
    ["being over, before the currency", faults.ended, faults.currency_not_supported],
    ["the currency, before the arm", faults.currency_not_supported, faults.other_variant],
    ["the arm, before the conditions", faults.other_variant, faults.channel_not_included],
    ["the conditions, before the limits", faults.channel_not_included, faults.limit_reached],
    ["the limits, before the budget", faults.limit_reached, faults.budget_exhausted],
    ["the budget, before what is found in the stage", faults.budget_exhausted, faults.nothing_to_discount],
  ])("is %s", (_title, first, second) => {
    expect(told(second)).not.toBe(told(first));
    expect(told(first, second)).toBe(told(first));
    expect(told(second, first)).toBe(told(first));
  });
});

describe("of limits, the first is told", () => {
  const limited = (limits: PromotionInput["limits"], usage: Partial<UsageFact>, fields: object = {}) =>
    reasonOf(
      quoteFor(
        [promotion({ benefits: [{ kind: "percent_off", percent: 10 }], limits })],
        cart("1x A @ 10.00", { explain: "all", ...fields }),
        { facts: { usage: new Map([["p", used(usage)]]) } },
      ),
    );
  const known = { customer: { id: "c-1" } };
  test.each<[string, PromotionInput["limits"], Partial<UsageFact>, object, string]>([
    ["a total one under its limit applies", { total: 5 }, { total: 4 }, {}, "applied"],
    ["a total at its limit", { total: 5 }, { total: 5 }, {}, "limit_reached 5/5"],
    ["a total over its limit", { total: 5 }, { total: 6 }, {}, "limit_reached 6/5"],
    [
      "a total before a missing customer",
      { total: 5, perCustomer: 1 },
      { total: 5 },
      {},
      "limit_reached 5/5",
    ],
    [
      "a missing customer before a missing device",
      { perCustomer: 1, perDevice: 1 },
      {},
      {},
      "customer_required",
    ],
    ["a customer one under the limit applies", { perCustomer: 2 }, { byCustomer: 1 }, known, "applied"],
    ["a customer at the limit", { perCustomer: 2 }, { byCustomer: 2 }, known, "limit_reached 2/2"],
    ["a missing device", { perDevice: 1 }, {}, known, "identifier_required"],
    [
      "a missing phone, where the device is known",
      { perDevice: 1, perPhone: 1 },
      {},
      { identifiers: { device: "d" } },
      "identifier_required",
    ],
    [
      "nothing, where all are known",
      { perDevice: 1, perPhone: 1, perIp: 1 },
      {},
      { identifiers: { device: "d", phone: "1", ip: "::1" } },
      "applied",
    ],
    [
      "a period of all uses one under its limit applies",
      { perPeriod: { count: 3, period: "day" } },
      { inPeriod: 2 },
      {},
      "applied",
    ],
    [
      "a period of all uses at its limit",
      { perPeriod: { count: 3, period: "day" } },
      { inPeriod: 3 },
      {},
      "limit_reached 3/3",
    ],
    [
      "a missing customer of a period per customer",
      { perPeriod: { count: 3, period: "day", per: "customer" } },
      {},
      {},
      "customer_required",
    ],
    [
      "a missing device of a period per device",
      { perPeriod: { count: 3, period: "day", per: "device" } },
      {},
      known,
      "identifier_required",
    ],
  ])("%s", (_title, limits, usage, fields, expected) => {
    expect(limited(limits, usage, fields)).toBe(expected);
  });
});

describe("of what happens in a stage", () => {
  const ten = { kind: "percent_off", percent: 10 };
  const first = (fields: Partial<PromotionInput> = {}) =>
    promotion({ key: "first", priority: 9, benefits: [{ kind: "percent_off", percent: 50 }], ...fields });
  const toldOf = (rule: PromotionInput, lines: string[], ...others: PromotionInput[]) =>
    reasonOf(quoteFor([rule, ...others], cart(...lines, { strategy: "priority", explain: "all" })));
  test.each<[string, string, string]>([
    [
      "units that another promotion holds",
      toldOf(promotion({ benefits: [ten] }), ["1x A @ 10.00"], first()),
      "displaced",
    ],
    [
      "an order that another promotion holds",
      toldOf(
        promotion({ benefits: [{ ...ten, target: "order" }] }),
        ["1x A @ 10.00"],
        first({ benefits: [{ ...ten, target: "order" }] }),
      ),
      "displaced",
    ],
    [
      "a floor that leaves nothing",
      toldOf(promotion({ benefits: [ten] }), ["1x A @ 10.00 floor 10.00"]),
      "floor_reached 0/100",
    ],
    [
      "units that are held before units that are missing",
      toldOf(promotion({ benefits: [{ kind: "nth_unit", n: 2, percent: 50 }] }), ["2x A @ 10.00"], first()),
      "displaced",
    ],
    [
      "a budget that does not cover the discount",
      toldOf(promotion({ benefits: [ten], budget: { amount: { CNY: 99 } } }), ["1x A @ 10.00"]),
      "budget_exhausted 99/100",
    ],
    [
      "a budget that just covers it",
      toldOf(promotion({ benefits: [ten], budget: { amount: { CNY: 100 } } }), ["1x A @ 10.00"]),
      "applied",
    ],
    [
      "a discount too small for a cent",
      toldOf(promotion({ benefits: [{ kind: "percent_off", percent: 0.0001 }] }), ["1x A @ 10.00"]),
      "nothing_to_discount",
    ],
  ])("%s", (_title, reason, expected) => {
    expect(reason).toBe(expected);
  });
});

test("a window says whether it is to come, over, or between its hours", () => {
  const at = (schedule: PromotionInput["schedule"]) =>
    reasonOf(
      quoteFor(
        [promotion({ benefits: [{ kind: "percent_off", percent: 10 }], schedule })],
        cart("1x A @ 1.00", { explain: "all" }),
      ),
    );
  expect(at({ startsAt: "2026-11-11T02:00:01Z" })).toBe("not_started");
  expect(at({ startsAt: "2026-11-11T02:00:00Z" })).toBe("applied");
  expect(at({ endsAt: "2026-11-11T02:00:01Z" })).toBe("applied");
  expect(at({ endsAt: "2026-11-11T02:00:00Z" })).toBe("ended");
});

test("every reason has words in every language of the engine", () => {
  for (const [reason, words] of reasons)
    for (const locale of locales) expect(words[locale], reason).toMatch(/\S/);
});

test("the counters of whatever a smaller cart may bring in are asked as well, so that what is kept knows them", () => {
  const asked: string[] = [];
  const usage = {
    get(key: string) {
      asked.push(key);
      return undefined;
    },
  };
  const one = promotion({
    conditions: { kind: "quantity", atMost: 1 },
    limits: { total: 1 },
    benefits: [{ kind: "percent_off", percent: 10 }],
  });
  quoteFor([one], cart("2x A @ 10.00", { explain: "none" }), { facts: { usage } });
  expect(asked).toContain("p");
});

import { expect, test } from "vitest";
import { compilePromotion, promotionSchema } from "../../../src/engine/promotion.ts";
import { UsageFacts } from "../../../src/features/facts/usage-facts.ts";
import { nobody } from "../../../src/features/ledger/promotion-counters.ts";
import { counterKey } from "../../../src/ledger/books.ts";

test("each counter of a promotion is read once, however many codes were entered", () => {
  const document = promotionSchema.parse({
    key: "p",
    trigger: { type: "coupon", pool: "spring" },
    limits: { total: 9, perCustomer: 2, perCode: 1, perPeriod: { count: 3, period: "day" } },
    benefits: [{ kind: "percent_off", percent: 10 }],
  });
  const { promotion } = compilePromotion(document, {
    id: "prm_1",
    defaultTimezone: "UTC",
    selectors: new Map(),
  });
  const read: string[] = [];
  const codes = Array.from({ length: 20 }, (_, i) => `C${i}`);
  const facts = new UsageFacts(new Map([["p", promotion!]]), {
    taken(counter) {
      read.push(counterKey(counter));
      return read.length;
    },
    who: { ...nobody, customer: "c-1" },
    codes,
    coupons: new Map([["C0", { code: "AS-STORED" }]]),
    currency: "CNY",
    lines: [],
    store: undefined,
    at: 0,
    timezone: "UTC",
  });
  const { byCode, ...others } = facts.get("p")!;
  expect(others).toEqual({ total: 1, byCustomer: 2, inPeriod: 3 });
  expect(Object.keys(byCode!)).toEqual(codes);
  expect(read).toHaveLength(3 + codes.length);
  expect(read.filter((key) => key.includes("AS-STORED"))).toHaveLength(1);
  expect(new Set(read).size).toBe(read.length);
});

import { describe, expect, test } from "vitest";
import { cart } from "../../cart-notation.ts";
import { type BenefitInput, faultsOfBenefit, promotion, quoteFor } from "../engine-call.ts";

const issueCoupon = (fields: object = {}): BenefitInput => ({
  kind: "issue_coupon",
  pool: "next",
  ...fields,
});

test.each([
  ["one coupon for the customer, for as long as its pool says", {}, { to: "customer", validFor: null }],
  ["one for the referrer", { to: "referrer" }, { to: "referrer", validFor: null }],
  ["one that is valid for a while", { validFor: "P30D" }, { to: "customer", validFor: "P30D" }],
])("issue_coupon gives %s", (_title, fields, expected) => {
  const { rewards, promotions } = quoteFor(
    [promotion({ benefits: [issueCoupon(fields)] })],
    cart("3x A @ 1.00"),
  );
  expect(rewards).toEqual([
    { promotion: "p", benefit: 0, kind: "issue_coupon", pool: "next", quantity: 1, ...expected },
  ]);
  expect(promotions).toMatchObject([{ stage: "reward", amount: 0, times: 1 }]);
});

test("a promotion issues a coupon for each side of a referral in one row", () => {
  const both = promotion({ benefits: [issueCoupon(), issueCoupon({ to: "referrer" })] });
  const { rewards, promotions } = quoteFor([both], cart("1x A @ 1.00"));
  expect(rewards.map(({ to }) => to)).toEqual(["customer", "referrer"]);
  expect(promotions).toHaveLength(1);
});

describe("issue_coupon is refused when saved", () => {
  const invalid = ["invalid_format /benefits/0/validFor"];
  test.each([
    ["without a pool", { pool: "" }, ["too_small /benefits/0/pool"]],
    ["for somebody else", { to: "friend" }, ["invalid_value /benefits/0/to"]],
    ["for days and hours", { validFor: "P1DT12H" }, []],
    ["for an empty while", { validFor: "P" }, invalid],
    ["for an empty time", { validFor: "P1DT" }, invalid],
    ["for a number of days without a P", { validFor: "30D" }, invalid],
  ])("%s", (_title, fields, faults) => {
    expect(faultsOfBenefit(issueCoupon(fields))).toEqual(faults);
  });
});

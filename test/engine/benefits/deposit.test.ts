import { describe, expect, test } from "vitest";
import type { Facts } from "../../../src/engine/facts.ts";
import type { PromotionInput } from "../../../src/engine/promotion.ts";
import { cart } from "../../cart-notation.ts";
import {
  type BenefitInput,
  discountsOf,
  faultsOfBenefit,
  promotion,
  quoteFor,
  reasonOf,
} from "../engine-call.ts";

const deposit = (fields: object = {}): BenefitInput => ({
  kind: "deposit",
  paid: { CNY: 500 },
  worth: { CNY: 800 },
  ...fields,
});
const proven = (...units: number[]): Facts => ({
  deposits: new Map(units.map((count, i) => [`rdm_${i}`, { promotion: "p", units: count }])),
});

describe("deposit", () => {
  test.each([
    ["without a proof, gives nothing", {}, ["1x A @ 20.00"], proven(), "deposit_missing 0/1"],
    ["for one unit, covers one of two", {}, ["2x A @ 20.00"], proven(1), { 1: 300 }],
    ["for as many units as there are, covers all", {}, ["2x A @ 20.00"], proven(2), { 1: 600 }],
    ["for more units than there are, covers all", {}, ["2x A @ 20.00"], proven(3), { 1: 600 }],
    ["of two redemptions, covers the units of both", {}, ["4x A @ 20.00"], proven(1, 2), { 1: 900 }],
    ["covers the dearest units first", {}, ["1x A @ 10.00", "1x B @ 20.00"], proven(1), { 2: 300 }],
    [
      "covers selected goods only",
      { select: { skus: ["A"] } },
      ["1x A @ 10.00", "1x B @ 20.00"],
      proven(2),
      { 1: 300 },
    ],
    [
      "of another promotion proves nothing",
      {},
      ["1x A @ 20.00"],
      { deposits: new Map([["r", { promotion: "q", units: 1 }]]) },
      "deposit_missing 0/1",
    ],
  ])("%s", (_title, fields, lines, facts, expected) => {
    const quote = quoteFor([promotion({ benefits: [deposit(fields)] })], cart(...lines, { explain: "all" }), {
      facts,
    });
    expect(quote.promotions.length > 0 ? discountsOf(quote) : reasonOf(quote)).toEqual(expected);
  });

  test("leaves what was paid in the total and takes it off what is due, for covered units only", () => {
    const quote = quoteFor([promotion({ benefits: [deposit()] })], cart("2x A @ 20.00", "1x S @ 0.00"), {
      facts: proven(5),
    });
    expect(quote).toMatchObject({ total: 3400, due: 2400, promotions: [{ times: 2, amount: 600 }] });
  });

  test.each<[string, string[], PromotionInput[], object?]>([
    ["a floor refuses its gain", ["1x A @ 20.00 floor 20.00"], []],
    ["it gains nothing", ["1x A @ 20.00"], [], { worth: { CNY: 500 } }],
    [
      "another order promotion displaces it",
      ["1x A @ 20.00"],
      [
        promotion({
          key: "half",
          priority: 9,
          benefits: [{ kind: "percent_off", target: "order", percent: 50 }],
        }),
      ],
    ],
  ])("that was paid is taken off what is due though %s", (_title, lines, others, fields = {}) => {
    const quote = quoteFor([promotion({ benefits: [deposit(fields)] }), ...others], cart(...lines), {
      facts: proven(1),
    });
    expect(quote.promotions.map((row) => row.promotion)).toEqual(others.map(({ key }) => key));
    expect(quote.due).toBe(quote.total - 500);
  });

  test("says what a price below its gain refused", () => {
    const quote = quoteFor([promotion({ benefits: [deposit()] })], cart("1x A @ 2.00"), { facts: proven(1) });
    expect(quote.promotions).toMatchObject([{ amount: 200, unappliedAmount: 100 }]);
  });

  test.each(["paid", "worth"])("whose amount %s lacks the currency is not supported", (field) => {
    const benefit = deposit({ paid: { CNY: 1, USD: 1 }, worth: { CNY: 2, USD: 2 }, [field]: { CNY: 1 } });
    const quote = quoteFor(
      [promotion({ benefits: [{ ...benefit, ...(field === "paid" && { worth: { CNY: 2, USD: 2 } }) }] })],
      cart("1x A @ 9.00", { currency: "USD", explain: "all" }),
      { facts: proven(1) },
    );
    expect(reasonOf(quote)).toBe("currency_not_supported");
  });
});

describe("deposit is refused when saved", () => {
  test.each([
    ["worth less than was paid", { worth: { CNY: 499 } }, ["worth_below_paid /benefits/0/worth/CNY"]],
    ["worth a cent more than was paid", { worth: { CNY: 501 } }, []],
    ["paid and worth in different currencies", { worth: { USD: 800 } }, ["no_common_currency "]],
    ["paid in no currency", { paid: {} }, ["no_currency /benefits/0/paid"]],
    ["of a target", { target: "item" }, ["unrecognized_keys /benefits/0"]],
  ])("%s", (_title, fields, faults) => {
    expect(faultsOfBenefit(deposit(fields))).toEqual(faults);
  });
});

import { describe, expect, test } from "vitest";
import { cart } from "../../cart-notation.ts";
import {
  type BenefitInput,
  faultsOfBenefit,
  promotion,
  quoteFor,
  reasonOf,
  takenOff,
} from "../engine-call.ts";

const points = (fields: object): BenefitInput => ({ kind: "points", ...fields });
const earned = (fields: object, ...lines: string[]) => {
  const quote = quoteFor([promotion({ benefits: [points(fields)] })], cart(...lines, { explain: "all" }));
  return quote.rewards[0] ?? reasonOf(quote);
};

describe("points", () => {
  test.each([
    ["are a fixed number", { fixed: 50 }, "1x A @ 0.01", { points: 50 }],
    ["multiply what is earned anyway", { multiplier: 1.5 }, "1x A @ 0.01", { points: null, multiplier: 1.5 }],
    [
      "are none one cent under the first amount",
      { perAmount: { CNY: 100 } },
      "1x A @ 0.99",
      "subtotal_too_low 99/100",
    ],
    ["are one at the first amount", { perAmount: { CNY: 100 } }, "1x A @ 1.00", { points: 1 }],
    ["are one a cent under the second amount", { perAmount: { CNY: 100 } }, "1x A @ 1.99", { points: 1 }],
    ["are two at the second amount", { perAmount: { CNY: 100 } }, "1x A @ 2.00", { points: 2 }],
  ])("%s", (_title, fields, line, expected) => {
    expect(earned(fields, line)).toEqual(
      typeof expected === "string" ? expected : { promotion: "p", benefit: 0, kind: "points", ...expected },
    );
  });

  test("per amount count goods after discounts, without shipping", () => {
    const half = promotion({
      key: "half",
      benefits: [{ kind: "percent_off", target: "order", percent: 50 }],
    });
    const quote = quoteFor(
      [promotion({ benefits: [points({ perAmount: { CNY: 100 } })] }), half],
      cart("1x A @ 10.00", { shipping: [{ id: "s", amount: 900 }] }),
    );
    expect(quote.rewards).toMatchObject([{ points: 5 }]);
  });

  test("per amount are not supported in another currency", () => {
    expect(takenOff(points({ perAmount: { CNY: 100 } }), cart("1x A @ 9.00", { currency: "USD" }))).toBe(
      "currency_not_supported",
    );
  });
});

describe("points are refused when saved", () => {
  const oneOf = "one_of_fixed_per_amount_multiplier /benefits/0";
  test.each([
    ["without a number", {}, [oneOf]],
    ["with two ways to count", { fixed: 1, multiplier: 2 }, [oneOf]],
    ["with none at all", { fixed: 0 }, ["too_small /benefits/0/fixed"]],
    ["with a multiplier of one", { multiplier: 1 }, ["too_small /benefits/0/multiplier"]],
    ["with a multiplier of a hundred", { multiplier: 100 }, []],
    ["with a multiplier above a hundred", { multiplier: 100.1 }, ["too_big /benefits/0/multiplier"]],
    ["per no amount", { perAmount: { CNY: 0 } }, ["every_zero /benefits/0/perAmount"]],
    ["per amount in no currency", { perAmount: {} }, ["no_currency /benefits/0/perAmount"]],
  ])("%s", (_title, fields, faults) => {
    expect(faultsOfBenefit(points(fields))).toEqual(faults);
  });
});

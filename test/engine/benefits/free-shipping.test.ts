import { describe, expect, test } from "vitest";
import { cart } from "../../cart-notation.ts";
import { faultsOfBenefit, takenOff } from "../engine-call.ts";

const freeShipping = (fields: object = {}) => ({ kind: "free_shipping", ...fields });
const parcels = cart("1x A @ 9.00", {
  shipping: [
    { id: "s1", method: "standard", amount: 600 },
    { id: "s2", method: "express", amount: 1200 },
    { id: "s3", amount: 0 },
  ],
});

describe("free_shipping", () => {
  test.each([
    ["takes every shipment", {}, { s1: 600, s2: 1200 }],
    ["takes the shipments of its methods", { methods: ["standard", "courier"] }, { s1: 600 }],
    ["takes none of other methods", { methods: ["courier"] }, "nothing_to_discount"],
    ["takes no more than its cap, in proportion", { maxAmount: { CNY: 900 } }, { s1: 300, s2: 600 }],
    ["takes a cent less where its cap is a cent less", { maxAmount: { CNY: 1799 } }, { s1: 600, s2: 1199 }],
    ["takes all of it at its cap", { maxAmount: { CNY: 1800 } }, { s1: 600, s2: 1200 }],
    ["takes all of it under its cap", { maxAmount: { CNY: 1801 } }, { s1: 600, s2: 1200 }],
  ])("%s", (_title, fields, expected) => {
    expect(takenOff(freeShipping(fields), parcels)).toEqual(expected);
  });

  test("has nothing to take where nothing is shipped", () => {
    expect(takenOff(freeShipping(), cart("1x A @ 9.00"))).toBe("nothing_to_discount");
  });

  test("whose cap lacks the currency is not supported", () => {
    expect(takenOff(freeShipping({ maxAmount: { USD: 1 } }), parcels)).toBe("currency_not_supported");
  });
});

describe("free_shipping is refused when saved", () => {
  test.each([
    ["with selected goods", { select: { skus: ["A"] } }, ["unrecognized_keys /benefits/0"]],
    ["with no methods", { methods: [] }, ["too_small /benefits/0/methods"]],
    ["with a cap in no currency", { maxAmount: {} }, ["no_currency /benefits/0/maxAmount"]],
  ])("%s", (_title, fields, faults) => {
    expect(faultsOfBenefit(freeShipping(fields))).toEqual(faults);
  });
});

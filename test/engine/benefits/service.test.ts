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

const service = (fields: object = {}): BenefitInput => ({ kind: "service", name: "skin-test", ...fields });

test.each([
  ["without a quota is given", {}, 1_000, "applied"],
  ["with one place left is given", { quota: 200 }, 199, "applied"],
  ["with no place left is fully booked", { quota: 200 }, 200, "service_fully_booked 0/1"],
  ["with more bookings than places is fully booked", { quota: 200 }, 201, "service_fully_booked 0/1"],
])("a service %s", (_title, fields, stockTaken, expected) => {
  const facts = { usage: new Map([["p", { total: 0, stockTaken: { 0: stockTaken } }]]) };
  const quote = quoteFor(
    [promotion({ benefits: [service(fields)] })],
    cart("1x A @ 1.00", { explain: "all" }),
    { facts },
  );
  expect(reasonOf(quote)).toBe(expected);
  expect(quote.total).toBe(100);
});

test("a service says its name and its worth", () => {
  const { rewards } = quoteFor(
    [promotion({ benefits: [service({ value: { CNY: 9900 } })] })],
    cart("1x A @ 1.00"),
  );
  expect(rewards).toEqual([
    { promotion: "p", benefit: 0, kind: "service", name: "skin-test", quantity: 1, value: 9900 },
  ]);
});

test("a service whose worth lacks the currency is not supported", () => {
  expect(takenOff(service({ value: { CNY: 1 } }), cart("1x A @ 1.00", { currency: "USD" }))).toBe(
    "currency_not_supported",
  );
});

describe("a service is refused when saved", () => {
  test.each([
    ["without a name", { name: "" }, ["too_small /benefits/0/name"]],
    ["with no places", { quota: 0 }, ["too_small /benefits/0/quota"]],
    ["worth something in no currency", { value: {} }, ["no_currency /benefits/0/value"]],
  ])("%s", (_title, fields, faults) => {
    expect(faultsOfBenefit(service(fields))).toEqual(faults);
  });
});

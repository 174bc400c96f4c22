import { describe, expect, test } from "vitest";
import type { Accept } from "../../src/ledger/accept.ts";
import { admit, type Outcome } from "../../src/ledger/admit.ts";
import { type Books, counterKey, type Hold } from "../../src/ledger/books.ts";
import { booksOf, counter, hold, later, reserve, taken, ttlMilliseconds } from "./books-notation.ts";

/** A voucher that set these aside. */
function issue(books: Books, ...holds: Hold[]): void {
  expect(admit(books, reserve("v", holds)).type).toBe("granted");
}

function report(books: Books, redemption: string, holds: Hold[], overrides: Partial<Accept> = {}): Outcome {
  return admit(books, {
    kind: "accept",
    redemption,
    voucher: "v",
    order: `till\n${redemption}`,
    requestHash: redemption,
    holds,
    mayOverspend: true,
    ...overrides,
  });
}

const accepted = (outcome: Outcome) => (outcome.type === "granted" ? outcome.accepted : outcome);

describe("what a till gave away", () => {
  test("is taken from what its voucher set aside, and the rest of that is free again", () => {
    const books = booksOf({ "amount:CNY of p": 0 });
    issue(books, hold("uses of p", 1, 1), hold("amount:CNY of p", 1_000, 1_000));
    const outcome = report(books, "r", [hold("uses of p", 1, 1), hold("amount:CNY of p", 700, 1_000)]);
    expect(accepted(outcome)).toEqual({ voucher: "reserved", overspent: [] });
    expect(taken(books, "uses of p")).toEqual([1, 0]);
    expect(taken(books, "amount:CNY of p")).toEqual([700, 0]);
    expect(books.redemptions.get("v")).toMatchObject({ state: "committed", holds: [] });
  });

  test("a second time takes what is left", () => {
    const books = booksOf({});
    issue(books, hold("uses of p", 1, 2));
    report(books, "r", [hold("uses of p", 1, 2)]);
    expect(accepted(report(books, "s", [hold("uses of p", 1, 2)]))).toEqual({
      voucher: "committed",
      overspent: [],
    });
    expect(taken(books, "uses of p")).toEqual([2, 0]);
  });

  test("a second time with nothing left is booked beside the limit, never over it", () => {
    const books = booksOf({});
    issue(books, hold("uses of p", 1, 1));
    report(books, "r", [hold("uses of p", 1, 1)]);
    expect(accepted(report(books, "s", [hold("uses of p", 1, 1)]))).toEqual({
      voucher: "committed",
      overspent: [{ counter: counter("uses of p"), amount: 1, closed: null }],
    });
    expect(taken(books, "uses of p")).toEqual([1, 0]);
    expect(taken(books, "overspent:uses of p")).toEqual([1, 0]);
  });

  test.each([
    { discount: 1_000, used: 1_000, over: 0 },
    { discount: 1_200, used: 1_200, over: 0 },
    { discount: 1_201, used: 1_200, over: 1 },
  ])("beyond the voucher takes what the budget has left: $discount", ({ discount, used, over }) => {
    const books = booksOf({ "amount:CNY of p": 300 });
    issue(books, hold("amount:CNY of p", 1_000, 1_500));
    report(books, "r", [hold("amount:CNY of p", discount, 1_500)]);
    expect(taken(books, "amount:CNY of p")).toEqual([300 + used, 0]);
    expect(taken(books, "overspent:amount:CNY of p")).toEqual([over, 0]);
  });

  test("keeps what was set aside though the limit was lowered since", () => {
    const books = booksOf({ "uses of p": 5 });
    issue(books, hold("uses of p", 1, 10));
    expect(accepted(report(books, "r", [hold("uses of p", 1, 3)]))).toMatchObject({ overspent: [] });
    expect(taken(books, "uses of p")).toEqual([6, 0]);
  });

  test("keeps a code that was set aside though it is void since; without that it does not get it", () => {
    const code = "coupon of pool by code:A";
    const books = booksOf({ [code]: { limit: 2 } });
    issue(books, hold(code));
    books.counters.set(counterKey(counter(code)), { used: 0, reserved: 1, limit: 2, closed: "code_void" });
    expect(accepted(report(books, "r", [hold(code)]))).toMatchObject({ overspent: [] });
    expect(accepted(report(books, "s", [hold(code)]))).toMatchObject({
      overspent: [{ closed: "code_void" }],
    });
    expect(taken(books, code)).toEqual([1, 0]);
    expect(taken(books, "overspent:coupon of pool by code:A")).toEqual([1, 0]);
  });

  test("is refused as short where it may not overspend yet, and changes nothing", () => {
    const books = booksOf({ "uses of p": 0 });
    issue(books, hold("uses of p", 1, 1));
    report(books, "r", [hold("uses of p", 1, 1)]);
    expect(report(books, "s", [hold("uses of p", 1, 1)], { mayOverspend: false })).toMatchObject({
      type: "refused",
      refusal: { reason: "short", shortages: [{ limit: 1, taken: 1, wanted: 1 }] },
    });
    expect(books.redemptions.has("s")).toBe(false);
  });

  test("of a voucher that expired is taken from what is left", () => {
    const books = booksOf({});
    issue(books, hold("uses of p", 1, 1));
    const after = later(books, ttlMilliseconds);
    expect(admit(after, { kind: "expire", redemption: "v" }).type).toBe("granted");
    expect(accepted(report(after, "r", [hold("uses of p", 1, 1)]))).toEqual({
      voucher: "expired",
      overspent: [],
    });
    expect(accepted(report(after, "s", [hold("uses of p", 1, 1)]))).toMatchObject({
      voucher: "committed",
      overspent: [{ amount: 1 }],
    });
  });

  test("is recorded once, also after it was cancelled", () => {
    const books = booksOf({});
    issue(books, hold("uses of p", 1, 1));
    report(books, "r", [hold("uses of p", 1, 1)]);
    expect(report(books, "r", [hold("uses of p", 1, 1)]).type).toBe("repeated");
    admit(books, { kind: "cancel", redemption: "r" });
    expect(report(books, "r", [hold("uses of p", 1, 1)])).toMatchObject({
      type: "repeated",
      redemption: { state: "cancelled" },
    });
    expect(taken(books, "uses of p")).toEqual([0, 0]);
  });

  test("for an order that has a redemption is told so, and for a voucher that is not there", () => {
    const books = booksOf({});
    issue(books, hold("uses of p"));
    report(books, "r", [hold("uses of p")]);
    expect(report(books, "s", [hold("uses of p")], { order: "till\nr" })).toMatchObject({
      type: "refused",
      refusal: { reason: "order_redeemed", redemption: "r" },
    });
    expect(report(books, "s", [hold("uses of p")], { voucher: "w" })).toMatchObject({
      type: "refused",
      refusal: { reason: "unknown" },
    });
  });
});

import { describe, expect, test } from "vitest";
import { admit, type Command } from "../../src/ledger/admit.ts";
import type { Books } from "../../src/ledger/books.ts";
import {
  answers,
  booksOf,
  commitAtOnce,
  hold,
  inShort,
  later,
  reserve,
  stateOf,
  taken,
  ttlMilliseconds,
} from "./books-notation.ts";

const settle = (kind: "commit" | "cancel" | "expire", redemption = "r1"): Command => ({ kind, redemption });
const giveBack = (fields: object = {}): Command => ({
  kind: "return",
  redemption: "r1",
  expectedSteps: 1,
  release: [],
  isWhole: false,
  ...fields,
});
/** Books with one redemption that holds one of two uses. */
function withRedemption(mode: "reserve" | "commit"): Books {
  const books = booksOf();
  admit(books, reserve("r1", [hold("uses of p", 1, 2)], { mode }));
  return books;
}

test("a coupon is taken only by whom it was priced for", () => {
  const asked = (owner: string, seen?: string | null) => {
    const books = booksOf({ "coupon of w by code:A": { limit: 1, owner } });
    const held = hold("coupon of w by code:A");
    return answers(books, commitAtOnce("r1", [seen === undefined ? held : { ...held, owner: seen }]))[0];
  };
  expect([asked("a", "a"), asked("a", "b"), asked("a", null), asked("a")]).toEqual([
    "granted",
    "short of code_of_another_customer",
    "short of code_of_another_customer",
    "granted",
  ]);
});

describe("a limit", () => {
  test.each([
    ["one below", 8, 1, "granted"],
    ["at the edge", 9, 1, "granted"],
    ["full", 10, 1, "short of uses 10+1/10"],
    ["overdrawn", 11, 1, "short of uses 11+1/10"],
    ["two for one place", 9, 2, "short of uses 9+2/10"],
    ["all at once", 0, 10, "granted"],
    ["one more than all", 0, 11, "short of uses 0+11/10"],
  ])("%s: of 10, %i are taken and %i wanted", (_title, used, wanted, expected) => {
    expect(
      answers(booksOf({ "uses of p": used }), commitAtOnce("r1", [hold("uses of p", wanted, 10)])),
    ).toEqual([expected]);
  });

  test("counts what is reserved", () => {
    const books = booksOf({ "uses of p": { used: 4, reserved: 5 } });
    expect(
      answers(books, reserve("r1", [hold("uses of p", 1, 10)]), reserve("r2", [hold("uses of p", 1, 10)])),
    ).toEqual(["granted", "short of uses 10+1/10"]);
  });

  test("of the counter itself goes before what the hold says", () => {
    const books = booksOf({ "coupon of w by code:A": { limit: 1 } });
    expect(
      answers(
        books,
        commitAtOnce("r1", [hold("coupon of w by code:A", 1, 99)]),
        commitAtOnce("r2", [hold("coupon of w by code:A", 1, 99)]),
      ),
    ).toEqual(["granted", "short of coupon 1+1/1"]);
  });

  test("that is none counts all the same", () => {
    const books = booksOf();
    expect(answers(books, commitAtOnce("r1", [hold("uses of p", 1_000_000)]))).toEqual(["granted"]);
    expect(taken(books, "uses of p")).toEqual([1_000_000, 0]);
  });

  test("holds for two holds on one counter together", () => {
    const two = [hold("stock:0 of p", 2, 3), hold("stock:0 of p", 2, 3)];
    const books = booksOf();
    expect(answers(books, commitAtOnce("r1", two), commitAtOnce("r2", two.slice(1)))).toEqual([
      "short of stock:0 0+4/3",
      "granted",
    ]);
    expect(taken(books, "stock:0 of p")).toEqual([2, 0]);
  });
});

test("all or nothing: one counter that is short leaves the others untouched, and every one is told", () => {
  const books = booksOf({ "uses of q": 1, "coupon of w by code:A": { closed: "code_void" } });
  const holds = [hold("uses of p", 1, 5), hold("uses of q", 1, 1), hold("coupon of w by code:A", 1, 1)];
  expect(answers(books, commitAtOnce("r1", holds))).toEqual(["short of uses 1+1/1, code_void"]);
  expect(taken(books, "uses of p")).toEqual([0, 0]);
  expect(stateOf(books, "r1")).toBeUndefined();
});

test("a closed counter gives nothing, whatever is left of it", () => {
  const books = booksOf({ "coupon of w by code:A": { limit: 5, closed: "code_expired" } });
  expect(answers(books, reserve("r1", [hold("coupon of w by code:A")]))).toEqual(["short of code_expired"]);
});

describe("a redemption", () => {
  test("reserves, and a commit makes of it a use", () => {
    const books = withRedemption("reserve");
    expect(taken(books, "uses of p")).toEqual([0, 1]);
    expect(answers(books, settle("commit"))).toEqual(["granted"]);
    expect(taken(books, "uses of p")).toEqual([1, 0]);
    expect(books.redemptions.get("r1")).toMatchObject({ state: "committed", expiresAt: null, steps: 2 });
  });

  test("with a seat in a group is made final by nobody who has not seen the group complete", () => {
    const books = booksOf();
    admit(books, reserve("r1", [hold("uses of p"), hold("seat of grp", 1, 2)]));
    expect(answers(books, settle("commit"))).toEqual(["in_group"]);
    expect(taken(books, "seat of grp")).toEqual([0, 1]);
    expect(answers(books, { kind: "commit", redemption: "r1", isGroupComplete: true })).toEqual(["granted"]);
    expect(taken(books, "seat of grp")).toEqual([1, 0]);
  });

  test("that is cancelled gives back all it held, reserved or used", () => {
    for (const mode of ["reserve", "commit"] as const) {
      const books = withRedemption(mode);
      expect(answers(books, settle("cancel"), settle("cancel"))).toEqual(["granted", "repeated r1"]);
      expect(taken(books, "uses of p")).toEqual([0, 0]);
      expect(books.redemptions.get("r1")).toMatchObject({ state: "cancelled", holds: [], steps: 2 });
    }
  });

  test("of an order that was redeemed by the same request is the first one again", () => {
    const books = withRedemption("reserve");
    const again = reserve("r2", [hold("uses of p", 1, 2)], {
      order: "order of r1",
      requestHash: "request of r1",
    });
    expect(answers(books, again, settle("commit"), again)).toEqual(["repeated r1", "granted", "repeated r1"]);
    expect(taken(books, "uses of p")).toEqual([1, 0]);
  });

  test("of a committed order by another request is refused", () => {
    const books = withRedemption("commit");
    expect(answers(books, commitAtOnce("r2", [], { order: "order of r1" }))).toEqual(["order_redeemed r1"]);
  });

  test("takes the place of its order's own reservation, even where that took the last use", () => {
    const books = booksOf();
    const last = hold("uses of p", 1, 1);
    expect(
      answers(books, reserve("r1", [last]), commitAtOnce("r2", [last], { order: "order of r1" })),
    ).toEqual(["granted", "granted"]);
    expect([stateOf(books, "r1"), stateOf(books, "r2")]).toEqual(["cancelled", "committed"]);
    expect(taken(books, "uses of p")).toEqual([1, 0]);
  });

  test("that is refused leaves the order's own reservation in place", () => {
    const books = withRedemption("reserve");
    expect(answers(books, commitAtOnce("r2", [hold("uses of p", 3, 2)], { order: "order of r1" }))).toEqual([
      "short of uses 0+3/2",
    ]);
    expect(stateOf(books, "r1")).toBe("reserved");
    expect(taken(books, "uses of p")).toEqual([0, 1]);
  });

  test("that was cancelled leaves its order free for another", () => {
    const books = withRedemption("commit");
    expect(answers(books, settle("cancel"), commitAtOnce("r2", [], { order: "order of r1" }))).toEqual([
      "granted",
      "granted",
    ]);
  });

  test("whose command comes again after it was cancelled is not made anew", () => {
    const books = withRedemption("commit");
    expect(answers(books, settle("cancel"), commitAtOnce("r1", [hold("uses of p", 1, 2)]))).toEqual([
      "granted",
      "repeated r1",
    ]);
    expect(taken(books, "uses of p")).toEqual([0, 0]);
  });
});

describe("an expiry", () => {
  test.each([
    [-1, "granted", "changed"],
    [0, "expired", "granted"],
    [1, "expired", "granted"],
  ])("%i ms after its end: a commit is %s, the sweep %s", (after, committed, swept) => {
    const at = (books: Books) => later(books, ttlMilliseconds + after);
    expect(answers(at(withRedemption("reserve")), settle("commit"))).toEqual([committed]);
    expect(answers(at(withRedemption("reserve")), settle("expire"))).toEqual([swept]);
  });

  test("gives back what was reserved, and cannot be undone", () => {
    const books = later(withRedemption("reserve"), ttlMilliseconds);
    expect(answers(books, settle("expire"), settle("expire"), settle("commit"), settle("cancel"))).toEqual([
      "granted",
      "repeated r1",
      "expired",
      "repeated r1",
    ]);
    expect(taken(books, "uses of p")).toEqual([0, 0]);
  });

  test("that nobody has swept yet does not stand in the way of its order", () => {
    const books = later(withRedemption("reserve"), ttlMilliseconds);
    const again = reserve("r2", [hold("uses of p", 1, 1)], {
      order: "order of r1",
      requestHash: "request of r1",
    });
    expect(answers(books, again)).toEqual(["granted"]);
    expect([stateOf(books, "r1"), stateOf(books, "r2")]).toEqual(["expired", "reserved"]);
    expect(taken(books, "uses of p")).toEqual([0, 1]);
  });

  test("does not reach what is committed", () => {
    expect(answers(later(withRedemption("commit"), 10 * ttlMilliseconds), settle("expire"))).toEqual([
      "wrong_state committed",
    ]);
  });
});

describe("a return", () => {
  test("gives back what it says and makes the redemption partly, then wholly returned", () => {
    const books = booksOf();
    admit(books, commitAtOnce("r1", [hold("amount:CNY of p", 300), hold("uses of p")]));
    expect(answers(books, giveBack({ expectedSteps: 2, release: [hold("amount:CNY of p", 100)] }))).toEqual([
      "granted",
    ]);
    expect(books.redemptions.get("r1")).toMatchObject({
      state: "partially_returned",
      steps: 3,
      holds: [hold("amount:CNY of p", 200), hold("uses of p")],
    });
    const rest = [hold("amount:CNY of p", 200), hold("uses of p")];
    expect(answers(books, giveBack({ expectedSteps: 3, release: rest, isWhole: true }))).toEqual(["granted"]);
    expect(books.redemptions.get("r1")).toMatchObject({ state: "returned", steps: 5, holds: [] });
    expect(taken(books, "amount:CNY of p")).toEqual([0, 0]);
  });

  test.each([
    ["computed before another one", giveBack({ expectedSteps: 0 }), "changed"],
    ["computed from the future", giveBack({ expectedSteps: 2 }), "changed"],
    ["of all that is held", giveBack({ release: [hold("uses of p", 1)] }), "granted"],
    ["of more than is held", giveBack({ release: [hold("uses of p", 2)] }), "changed"],
    [
      "of more than is held, in two parts",
      giveBack({ release: [hold("uses of p"), hold("uses of p")] }),
      "changed",
    ],
    ["of what is not held", giveBack({ release: [hold("uses of q", 1)] }), "changed"],
    ["of nothing known", giveBack({ redemption: "r2" }), "unknown"],
  ])("%s is %s", (_title, command, expected) => {
    expect(answers(withRedemption("commit"), command)).toEqual([expected]);
  });

  test("that gives no counter anything is a step all the same, so it cannot happen twice", () => {
    expect(answers(withRedemption("commit"), giveBack(), giveBack())).toEqual(["granted", "changed"]);
  });

  test("of what is wholly back is one of gifts, and leaves it wholly back", () => {
    const books = withRedemption("commit");
    admit(books, giveBack({ isWhole: true }));
    const steps = books.redemptions.get("r1")!.steps;
    expect(answers(books, giveBack({ expectedSteps: steps, isWhole: true }))).toEqual(["granted"]);
    expect(stateOf(books, "r1")).toBe("returned");
    expect(answers(books, giveBack({ expectedSteps: steps + 1 }))).toEqual(["wrong_state returned"]);
  });

  test("does not free the order, however much is back", () => {
    const books = withRedemption("commit");
    admit(books, giveBack({ isWhole: true }));
    expect(answers(books, commitAtOnce("r2", [], { order: "order of r1" }))).toEqual(["order_redeemed r1"]);
  });
});

/** What each command answers in each state. */
test.each([
  ["reserved", [], ["granted", "granted", "changed", "wrong_state reserved"]],
  ["committed", [settle("commit")], ["repeated r1", "granted", "wrong_state committed", "granted"]],
  [
    "cancelled",
    [settle("cancel")],
    ["wrong_state cancelled", "repeated r1", "wrong_state cancelled", "wrong_state cancelled"],
  ],
  [
    "partially_returned",
    [settle("commit"), giveBack({ expectedSteps: 2 })],
    ["repeated r1", "wrong_state partially_returned", "wrong_state partially_returned", "granted"],
  ],
  [
    "returned",
    [settle("commit"), giveBack({ expectedSteps: 2, isWhole: true })],
    ["repeated r1", "wrong_state returned", "wrong_state returned", "wrong_state returned"],
  ],
] as const)("%s: commit, cancel, expire and return answer as they should", (state, before, expected) => {
  const kinds = ["commit", "cancel", "expire"] as const;
  const found = [...kinds.map((kind) => settle(kind)), null].map((command) => {
    const books = withRedemption("reserve");
    for (const step of before) admit(books, step);
    expect(stateOf(books, "r1")).toBe(state);
    const expectedSteps = books.redemptions.get("r1")!.steps;
    return inShort(admit(books, command ?? giveBack({ expectedSteps })));
  });
  expect(found).toEqual(expected);
});

test.each(["commit", "cancel", "expire"] as const)("%s of a redemption that nobody knows", (kind) => {
  expect(answers(booksOf(), settle(kind))).toEqual(["unknown"]);
});

describe("a claim", () => {
  const claim = (id: string, holds = [hold("claims of w by customer:c", 1, 1)]): Command => ({
    kind: "claim",
    redemption: id,
    holds,
  });
  test("takes for good, up to the limit, and is no redemption", () => {
    const books = booksOf();
    expect(answers(books, claim("c1"), claim("c2"))).toEqual(["granted", "short of claims 1+1/1"]);
    expect(taken(books, "claims of w by customer:c")).toEqual([1, 0]);
    expect(books.redemptions.size).toBe(0);
  });
});

test("a refused command changes nothing at all", () => {
  const books = withRedemption("reserve");
  const before = structuredClone(books);
  answers(
    books,
    reserve("r2", [hold("uses of p", 2, 2)]),
    settle("expire"),
    settle("cancel", "r9"),
    giveBack(),
  );
  expect(books.redemptions).toEqual(before.redemptions);
  expect(books.orders).toEqual(before.orders);
  expect(taken(books, "uses of p")).toEqual(taken(before, "uses of p"));
});

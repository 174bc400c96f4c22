/** Whatever tills report, in whatever order with whatever happens online. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { admit, type Command } from "../../src/ledger/admit.ts";
import { type Books, counterKey, type Hold } from "../../src/ledger/books.ts";
import type { Entry } from "../../src/ledger/entries.ts";
import { booksOf, commitAtOnce, hold, later, reserve, ttlMilliseconds } from "./books-notation.ts";

const limits = { uses: 3, "amount:CNY": 1_000 };
const holdsOf = (amount: number): Hold[] =>
  [hold("uses of p", 1, limits.uses), hold("amount:CNY of p", amount, limits["amount:CNY"])].filter(
    (part) => part.amount > 0,
  );

const name = fc.constantFrom("a", "b", "c");
const amount = fc.constantFrom(0, 1, 300, 400, 700, 1_001);
const step = fc.oneof(
  fc.record({ type: fc.constant("issue" as const), voucher: name, amount }),
  fc.record({
    type: fc.constant("report" as const),
    voucher: name,
    order: name,
    amount,
    mayOverspend: fc.boolean(),
  }),
  fc.record({ type: fc.constant("online" as const), order: name, amount }),
  fc.record({ type: fc.constantFrom("cancel" as const, "expire" as const), voucher: name }),
  fc.record({ type: fc.constant("cancelReport" as const), voucher: name, order: name }),
  fc.record({ type: fc.constant("wait" as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

function commandOf(step: Exclude<Step, { type: "wait" }>): Command {
  switch (step.type) {
    case "issue":
      return reserve(step.voucher, holdsOf(step.amount));
    case "online":
      return commitAtOnce(`online ${step.order}`, holdsOf(step.amount), { order: `order ${step.order}` });
    case "report":
      return {
        kind: "accept",
        redemption: `${step.voucher} for ${step.order}`,
        voucher: step.voucher,
        order: `${step.voucher} order ${step.order}`,
        requestHash: "",
        holds: holdsOf(step.amount),
        mayOverspend: step.mayOverspend,
      };
    case "cancelReport":
      return { kind: "cancel", redemption: `${step.voucher} for ${step.order}` };
    default:
      return { kind: step.type, redemption: step.voucher };
  }
}

const sumOf = (holds: readonly Hold[], measure: string) =>
  holds.reduce((sum, { counter, amount }) => (counter.measure.endsWith(measure) ? sum + amount : sum), 0);

function check(books: Books, entries: readonly Entry[]): void {
  const sums = new Map<string, [used: number, reserved: number]>();
  for (const { counter, used, reserved } of entries) {
    const [usedSoFar, reservedSoFar] = sums.get(counterKey(counter)) ?? [0, 0];
    sums.set(counterKey(counter), [usedSoFar + used, reservedSoFar + reserved]);
  }
  for (const [key, { used, reserved }] of books.counters) {
    expect([key, used, reserved]).toEqual([key, ...(sums.get(key) ?? [0, 0])]);
    const [, measure = ""] = key.split("\n");
    if (measure in limits)
      expect(used + reserved, measure).toBeLessThanOrEqual(limits[measure as keyof typeof limits]);
    expect(Math.min(used, reserved), measure).toBeGreaterThanOrEqual(0);
  }
  const steps = entries.map(({ redemption, step }) => `${redemption} ${step}`);
  expect(new Set(steps).size).toBe(steps.length);
}

test("no limit is passed, every counter is the sum of its entries, and all that was given away is in them", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      let books = booksOf({ "uses of p": 0, "amount:CNY of p": 0 });
      const entries: Entry[] = [];
      for (const step of steps) {
        if (step.type === "wait") {
          books = later(books, ttlMilliseconds);
          continue;
        }
        const outcome = admit(books, commandOf(step));
        if (outcome.type === "granted") entries.push(...outcome.entries);
        check(books, entries);
        if (step.type !== "report") continue;
        const own = books.redemptions.get(`${step.voucher} for ${step.order}`);
        if (outcome.type === "granted") {
          expect([sumOf(own!.holds, "uses"), sumOf(own!.holds, "amount:CNY")]).toEqual([1, step.amount]);
          expect(books.redemptions.get(step.voucher)).toMatchObject({ state: "committed", holds: [] });
        }
        // Nothing but a voucher that was never issued refuses what a till may overspend.
        if (step.mayOverspend && outcome.type === "refused") expect(outcome.refusal.reason).toBe("unknown");
      }
    }),
    { numRuns: 500 },
  );
});

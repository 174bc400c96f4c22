/** The ledger of points against one that counts every point by itself. */
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  complete,
  earn,
  expire,
  giveBack,
  mature,
  mergeBooks,
  type PointsBook,
  type PointsTake,
  reverse,
  shareOf,
  spend,
} from "../../src/ledger/points.ts";
import { PointsModel } from "./points-model.ts";

const isLong = process.env.LONG === "1";
const empty = (): PointsBook => ({
  balances: { pending: 0, available: 0, reserved: 0, debt: 0 },
  lots: [],
  entries: [],
});

const number = fc.nat({ max: 1_000 });
const step = fc.oneof(
  fc.record({
    do: fc.constant("earn" as const),
    points: fc.integer({ min: 1, max: 20 }),
    waits: fc.nat({ max: 3 }),
    lasts: fc.option(fc.integer({ min: 1, max: 9 })),
  }),
  fc.record({
    do: fc.constant("spend" as const),
    points: fc.integer({ min: 1, max: 25 }),
    holds: fc.boolean(),
  }),
  fc.record({ do: fc.constant("complete" as const), which: number }),
  fc.record({ do: fc.constant("giveBack" as const), which: number, points: fc.integer({ min: 1, max: 25 }) }),
  fc.record({ do: fc.constant("reverse" as const), which: number, asked: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ do: fc.constant("take" as const), points: fc.integer({ min: 1, max: 10 }) }),
  fc.record({ do: fc.constant("wait" as const), days: fc.integer({ min: 1, max: 4 }) }),
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

interface Spend {
  readonly id: string;
  takes: readonly PointsTake[];
  isHeld: boolean;
}

/** Runs both and compares them after every step. */
function run(steps: readonly Step[]): PointsBook {
  const book = empty();
  const model = new PointsModel();
  const spends: Spend[] = [];
  let now = 0;
  let lots = 0;
  for (const one of steps) {
    switch (one.do) {
      case "earn": {
        lots += 1;
        const id = `lot-${String(lots).padStart(4, "0")}`;
        const times = {
          availableAt: now + one.waits,
          expiresAt: one.lasts === null ? null : now + one.lasts,
        };
        const amounts = {
          amount: one.points,
          remaining: 0,
          reversed: 0,
          lapsed: 0,
          isPending: one.waits > 0,
        };
        earn(book, { id, ...amounts, ...times });
        model.earn({ id, ...times }, one.points, now);
        break;
      }
      case "spend": {
        const id = `spend-${spends.length}`;
        const takes = spend(book, one.points, one.holds ? "reserved" : "redeemed");
        expect(takes !== null).toBe(model.spend(id, one.points, one.holds ? "reserved" : "spent"));
        if (takes !== null) spends.push({ id, takes, isHeld: one.holds });
        break;
      }
      case "complete": {
        const held = spends.filter(({ isHeld }) => isHeld);
        const chosen = held[one.which % Math.max(1, held.length)];
        if (chosen === undefined) break;
        complete(book, chosen.takes);
        model.complete(chosen.id);
        chosen.isHeld = false;
        break;
      }
      case "giveBack": {
        const chosen = spends[one.which % Math.max(1, spends.length)];
        if (chosen === undefined) break;
        const has = chosen.takes.reduce((sum, [, points]) => sum + points, 0);
        const points = Math.min(one.points, has);
        if (points === 0) break;
        chosen.takes = giveBack(book, chosen.takes, points, chosen.isHeld ? "reserved" : "redeemed");
        model.giveBack(chosen.id, points);
        break;
      }
      case "reverse": {
        const lot = book.lots[one.which % Math.max(1, book.lots.length)];
        if (lot === undefined) break;
        const asked = Math.min(one.asked, lot.amount);
        reverse(book, lot.id, asked);
        model.reverse(lot.id, asked);
        break;
      }
      case "take":
        expect(spend(book, one.points, "issued") !== null).toBe(model.spend("taken", one.points, "gone"));
        break;
      case "wait":
        now += one.days;
        mature(book, now);
        expire(book, now);
        model.tick(now);
    }
    expect({ ...book.balances }).toEqual({
      pending: model.count("pending"),
      available: model.count("available"),
      reserved: model.count("reserved"),
      debt: model.debt,
    });
    const left = book.lots
      .filter(({ remaining }) => remaining > 0)
      .map(({ id, remaining }) => [id, remaining]);
    expect(Object.fromEntries(left)).toEqual(model.remaining());
    expectBalanced(book);
  }
  return book;
}

/** Every entry takes what it gives; accounts are their entries; nobody owes and has at once. */
function expectBalanced({ balances, entries }: PointsBook): void {
  const sums: Record<string, number> = {};
  for (const { from, to, amount } of entries) {
    expect(amount).toBeGreaterThan(0);
    sums[from] = (sums[from] ?? 0) - amount;
    sums[to] = (sums[to] ?? 0) + amount;
  }
  for (const account of ["pending", "available", "reserved"] as const) {
    expect(balances[account]).toBe(sums[account] ?? 0);
    expect(balances[account]).toBeGreaterThanOrEqual(0);
  }
  expect(balances.debt).toBe(-(sums.debt ?? 0) + 0);
  expect(Math.min(balances.debt, balances.available)).toBe(0);
}

test("points come to what counting them one by one does, whatever is earned, spent, returned and let lapse", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: isLong ? 80 : 40 }), (steps) => {
      run(steps);
    }),
    { numRuns: isLong ? 20_000 : 300 },
  );
});

test("however the returns of an order are split, they ask for all of its points and for none twice", () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 1_000_000_000 }),
      fc.array(fc.nat({ max: 1_000_000_000_000 }), { minLength: 1, maxLength: 12 }),
      (points, parts) => {
        const all = parts.reduce((sum, part) => sum + part, 0);
        let value = 0;
        let asked = 0;
        for (const part of parts) {
          value += part;
          const next = shareOf(points, value, all);
          expect(next).toBeGreaterThanOrEqual(asked);
          asked = next;
        }
        expect(asked).toBe(all === 0 ? 0 : points);
      },
    ),
  );
});

test("a guest's points are the customer's: none is lost, none below zero, and debts are paid with them", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ points: fc.integer({ min: 1, max: 9 }), waits: fc.boolean() }), { maxLength: 4 }),
      fc.nat({ max: 9 }),
      fc.nat({ max: 9 }),
      fc.nat({ max: 9 }),
      (lots, held, guestOwes, customerOwes) => {
        const [guest, customer] = [empty(), empty()];
        for (const [place, { points, waits }] of lots.entries()) {
          const lot = {
            id: `${place}`,
            amount: points,
            remaining: 0,
            reversed: 0,
            lapsed: 0,
            isPending: waits,
          };
          earn(guest, { ...lot, availableAt: 0, expiresAt: null });
        }
        const takes = spend(guest, Math.min(held, guest.balances.available), "reserved") ?? [];
        if (guest.balances.available === 0) guest.balances.debt = guestOwes;
        customer.balances.debt = customerOwes;
        const worth = ({ balances: { pending, available, reserved, debt } }: PointsBook) =>
          pending + available + reserved - debt;
        const before = worth(guest) + worth(customer);
        const reserved = guest.balances.reserved;
        guest.entries.length = 0;
        mergeBooks(guest, customer, takes);
        expect(guest).toMatchObject({
          balances: { pending: 0, available: 0, reserved: 0, debt: 0 },
          lots: [],
        });
        const { balances } = customer;
        expect(worth(customer)).toBe(before);
        expect(balances.reserved).toBe(reserved);
        expect(Math.min(...Object.values(balances))).toBeGreaterThanOrEqual(0);
        expect(Math.min(balances.debt, balances.available)).toBe(0);
      },
    ),
  );
});

import { expect, test } from "vitest";
import { rfmScores } from "../../src/engine/rfm.ts";

const day = 86_400_000;
const now = Date.parse("2026-11-11T00:00:00Z");
const borders = { recency: [7, 30, 90, 180], frequency: [1, 2, 4, 9], amount: [0, 1_000, 1_000, 5_000] };

test.each([
  // Each border and one step beyond it.
  [7, 1, 0, "5 1 1"],
  [8, 2, 1, "4 2 2"],
  [30, 3, 1_000, "4 3 2"],
  [31, 4, 1_001, "3 3 4"],
  [90, 5, 5_000, "3 4 4"],
  [91, 9, 5_001, "2 4 5"],
  [180, 10, 1, "2 5 2"],
  [181, 10, 1, "1 5 2"],
  // Of an order placed after the instant asked about.
  [-3, 1, 0, "5 1 1"],
])("the last of %i days ago, %i orders, %i in all: %s", (days, completedOrders, spent, expected) => {
  const scores = rfmScores({ completedOrders, lastOrderAt: now - days * day, spent }, borders, now);
  expect(`${scores?.recency} ${scores?.frequency} ${scores?.amount}`).toBe(expected);
});

test("a day is over after 24 hours, and whoever bought nothing has no scores", () => {
  const last = (lastOrderAt: number) =>
    rfmScores({ completedOrders: 1, lastOrderAt, spent: 0 }, borders, now)?.recency;
  expect([last(now - 8 * day + 1), last(now - 8 * day)]).toEqual([5, 4]);
  expect(rfmScores({ completedOrders: 0, lastOrderAt: null, spent: 0 }, borders, now)).toBeNull();
});

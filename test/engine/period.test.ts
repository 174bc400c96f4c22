import { expect, test } from "vitest";
import { type Period, periodAt } from "../../src/engine/period.ts";

test.each<[string, Period, string, string, string]>([
  ["a day ends at midnight of its zone", "day", "Asia/Shanghai", "2026-11-11T15:59:59.999Z", "2026-11-11"],
  ["and the next begins there", "day", "Asia/Shanghai", "2026-11-11T16:00:00Z", "2026-11-12"],
  [
    "the same instant is another day elsewhere",
    "day",
    "America/New_York",
    "2026-11-11T03:00:00Z",
    "2026-11-10",
  ],
  ["a week begins on Monday", "week", "UTC", "2026-11-09T00:00:00Z", "2026-11-09"],
  ["and ends with Sunday", "week", "UTC", "2026-11-15T23:59:59.999Z", "2026-11-09"],
  ["the next is named after its own Monday", "week", "UTC", "2026-11-16T00:00:00Z", "2026-11-16"],
  ["a week may begin in the year before", "week", "UTC", "2027-01-01T12:00:00Z", "2026-12-28"],
  ["a month ends at midnight of its zone", "month", "Asia/Shanghai", "2026-11-30T15:59:59.999Z", "2026-11"],
  ["and the next begins there", "month", "Asia/Shanghai", "2026-11-30T16:00:00Z", "2026-12"],
  [
    "the day of 25 hours is one day, in its first hours",
    "day",
    "America/New_York",
    "2026-11-01T04:00:00Z",
    "2026-11-01",
  ],
  ["and in its last", "day", "America/New_York", "2026-11-02T04:59:59.999Z", "2026-11-01"],
  ["the day of 23 hours ends an hour early", "day", "America/New_York", "2026-03-09T04:00:00Z", "2026-03-09"],
  ["a leap day is a day", "day", "UTC", "2028-02-29T00:00:00Z", "2028-02-29"],
])("%s", (_sentence, period, timezone, instant, expected) => {
  expect(periodAt(period, timezone, Date.parse(instant))).toBe(expected);
});

/** The periods of a rebate agreement, by the clock on the wall of a zone. */
import { dateOf, dayOfDate, monthsLater } from "./calendar.ts";
import { findZone } from "./zone.ts";

export interface RebateSchedule {
  /** Dates such as `2026-01-01`; the last day counts. */
  readonly startsOn: string;
  readonly endsOn: string;
  /** Calendar periods, or all of it as one. */
  readonly every: "month" | "quarter" | "year" | "once";
}

export interface RebatePeriod {
  /** `2026-11`, `2026-Q4`, `2026`; of one that is not of the calendar its first day. */
  readonly key: string;
  /** Epoch milliseconds: `[startsAt, endsAt)`. */
  readonly startsAt: number;
  readonly endsAt: number;
}

export interface RebateCalendar {
  /** Of the agreement, in their order. */
  readonly periods: readonly RebatePeriod[];
  /** By the key of a period, the same one of the year before. */
  readonly yearBefore: ReadonlyMap<string, RebatePeriod>;
}

const monthsOf = { month: 1, quarter: 3, year: 12 } as const;

/** Whether calendar periods begin on the first day and end with the last. */
export function isAligned({ startsOn, endsOn, every }: RebateSchedule): boolean {
  if (every === "once") return true;
  return [dayOfDate(startsOn)!, dayOfDate(endsOn)! + 1].every((day) => {
    const { month, monthDay } = dateOf(day);
    return monthDay === 1 && (month - 1) % monthsOf[every] === 0;
  });
}

/** Of dates that are some, in order, and aligned. */
export function rebateCalendar(
  { startsOn, endsOn, every }: RebateSchedule,
  timezone: string,
): RebateCalendar {
  const zone = findZone(timezone);
  if (zone === null) throw new Error(`${timezone} is not a time zone`);
  const [first, after] = [dayOfDate(startsOn)!, dayOfDate(endsOn)! + 1];
  const period = (from: number, until: number): RebatePeriod => ({
    key: keyOf(from, every),
    startsAt: zone.startOfDay(from),
    endsAt: zone.startOfDay(until),
  });
  if (every === "once") {
    const whole = period(first, after);
    const before = period(monthsLater(first, -12), monthsLater(after, -12));
    return { periods: [whole], yearBefore: new Map([[whole.key, before]]) };
  }
  const periods: RebatePeriod[] = [];
  const yearBefore = new Map<string, RebatePeriod>();
  for (let day = first; day < after; day = monthsLater(day, monthsOf[every])) {
    const until = monthsLater(day, monthsOf[every]);
    const one = period(day, until);
    periods.push(one);
    yearBefore.set(one.key, period(monthsLater(day, -12), monthsLater(until, -12)));
  }
  return { periods, yearBefore };
}

function keyOf(day: number, every: RebateSchedule["every"]): string {
  const { year, month, monthDay } = dateOf(day);
  const [yearText, monthText] = [String(year).padStart(4, "0"), String(month).padStart(2, "0")];
  switch (every) {
    case "year":
      return yearText;
    case "quarter":
      return `${yearText}-Q${(month + 2) / 3}`;
    case "month":
      return `${yearText}-${monthText}`;
    case "once":
      return `${yearText}-${monthText}-${String(monthDay).padStart(2, "0")}`;
  }
}

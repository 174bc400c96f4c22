/** The day, week or month in which a use counts, by the clock on the wall of a zone. */
import { dateOf, weekdayOf } from "./calendar.ts";
import { findZone, millisecondsPerDay } from "./zone.ts";

export type Period = "day" | "week" | "month";

/** Its name: the date on which it began, `2026-11-09`, or the month, `2026-11`. Weeks begin on Monday (ISO 8601). */
export function periodAt(period: Period, timezone: string, instant: number): string {
  const zone = findZone(timezone);
  if (zone === null) throw new Error(`${timezone} is not a time zone`);
  const day = Math.floor((instant + zone.spanAt(instant).offset) / millisecondsPerDay);
  const first = period === "week" ? day - weekdayOf(day) : day;
  const { year, month, monthDay } = dateOf(first);
  const yearAndMonth = `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}`;
  return period === "month" ? yearAndMonth : `${yearAndMonth}-${String(monthDay).padStart(2, "0")}`;
}

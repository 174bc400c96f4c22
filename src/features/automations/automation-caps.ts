/** From when on runs count against a cap, by the calendar of a zone. */
import { dateOf, dayOf, weekdayOf } from "../../engine/calendar.ts";
import { findZone, millisecondsPerDay } from "../../engine/zone.ts";
import type { AutomationDocument, AutomationStatus, CustomerCap } from "./automation-schemas.ts";

/** Days since 1970-01-01, by the clock on the wall. */
export function localDay(timezone: string, now: number): number {
  const zone = findZone(timezone);
  if (zone === null) throw new Error(`${timezone} is not a time zone`);
  return Math.floor((now + zone.spanAt(now).offset) / millisecondsPerDay);
}

/** Epoch milliseconds; null: all that ever were count. */
export function countedSince({ per, days }: CustomerCap, timezone: string, now: number): number | null {
  if (per === "ever") return null;
  const today = localDay(timezone, now);
  const { year, month } = dateOf(today);
  const first = () => {
    if (days !== undefined) return today - days + 1;
    if (per === "week") return today - weekdayOf(today);
    if (per === "month") return dayOf(year, month, 1);
    return per === "year" ? dayOf(year, 1, 1) : today;
  };
  return findZone(timezone)!.startOfDay(first());
}

/** Longer than any year of the calendar, by which caps count. */
const rememberedDays = 400;

/** Runs that were over before then are forgotten, and what happened before then triggers nothing any more. */
export function rememberedSince(now: number): number {
  return now - rememberedDays * millisecondsPerDay;
}

/** Of runs that were over long ago, those that an automation goes by for ever; one that is archived goes by none. */
export function keptRuns(
  status: AutomationStatus,
  { caps, trigger }: Pick<AutomationDocument, "caps" | "trigger">,
): { readonly keepsDone: boolean; readonly keepsLatest: boolean } {
  if (status === "archived") return { keepsDone: false, keepsLatest: false };
  return {
    keepsDone: caps.perCustomer.some(({ per, days = 0 }) => per === "ever" || days > rememberedDays),
    // Who has not come back since their last order is still the same occasion.
    keepsLatest: trigger.kind === "inactivity",
  };
}

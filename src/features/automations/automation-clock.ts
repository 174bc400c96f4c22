/** When automations look for customers by themselves, and what they then look for; by the clock of a zone. */
import { dateOf, dayOfDate, monthsLater } from "../../engine/calendar.ts";
import { type CompiledSchedule, compileSchedule } from "../../engine/schedule.ts";
import { findZone, millisecondsPerDay } from "../../engine/zone.ts";
import { localDay } from "./automation-caps.ts";
import type { AutomationTrigger } from "./automation-schemas.ts";

const usualTime = "09:00";
/** So many days that were missed are made up for. */
const mostDaysMissed = 7;

export type ClockTrigger = Extract<
  AutomationTrigger,
  { kind: "birthday" | "contract_end" | "date" | "inactivity" | "schedule" }
>;
type Report = (path: string, code: string, message: string) => void;

export function isByClock(trigger: AutomationTrigger): trigger is ClockTrigger {
  return ["birthday", "contract_end", "date", "inactivity", "schedule"].includes(trigger.kind);
}

function scheduleOf(
  { at = usualTime, weekdays, dates, rrule, startsOn, endsOn }: Extract<ClockTrigger, { kind: "schedule" }>,
  timezone: string,
  report: Report = () => {},
): CompiledSchedule {
  const days = { weekdays, dates, rrule };
  const window = {
    ...Object.fromEntries(Object.entries(days).filter(([, value]) => value !== undefined)),
    from: at,
    durationMinutes: 1,
  };
  const ends = {
    ...(startsOn !== undefined && { startsAt: startsOn }),
    ...(endsOn !== undefined && { endsAt: endsOn }),
  };
  return compileSchedule({ ...ends, recurring: [window] }, timezone, report);
}

export function reportFaults(trigger: AutomationTrigger, timezone: string, report: Report): void {
  if (trigger.kind !== "schedule") return;
  const placed: Report = (path, code, message) => {
    const place = path
      .replace(/^\/recurring\/0/, "")
      .replace("/startsAt", "/startsOn")
      .replace("/endsAt", "/endsOn");
    report(place, code, message);
  };
  scheduleOf(trigger, timezone, placed);
}

/** When it looks first, having been put into force now; epoch milliseconds, null: never. */
export function firstLook(trigger: ClockTrigger, timezone: string, now: number): number | null {
  if (trigger.kind === "schedule") return nextLook(trigger, timezone, now);
  return Math.max(now, timeOf(localDay(timezone, now), trigger.at, timezone));
}

/** When it looks next after that of `after`. */
export function nextLook(trigger: ClockTrigger, timezone: string, after: number): number | null {
  if (trigger.kind !== "schedule") return timeOf(localDay(timezone, after) + 1, trigger.at, timezone);
  const schedule = scheduleOf(trigger, timezone);
  let instant: number | null = after;
  // Windows that are years apart are asked for in steps.
  for (let step = 0; step < 10; step += 1) {
    instant = schedule.nextChange(instant);
    if (instant === null || schedule.contains(instant)) return instant;
  }
  return null;
}

/**
 * The look that follows that of `at`, which ends now. Of those that were missed meanwhile it is the last one: it makes up for
 * the days before it. Missed times of a schedule are over.
 */
export function followingLook(
  trigger: ClockTrigger,
  timezone: string,
  at: number,
  now: number,
): number | null {
  if (trigger.kind === "schedule") return nextLook(trigger, timezone, Math.max(at, now));
  const today = localDay(timezone, now);
  const [before, latest] = [today - 1, today].map((day) => timeOf(day, trigger.at, timezone)) as [
    number,
    number,
  ];
  const missed = latest <= now ? latest : before;
  return missed > at ? missed : nextLook(trigger, timezone, at);
}

function timeOf(day: number, at: string = usualTime, timezone: string): number {
  const minutes = Number(at.slice(0, 2)) * 60 + Number(at.slice(3));
  return findZone(timezone)!.instantOf(day * millisecondsPerDay + minutes * 60_000);
}

/** `2026-02-28`, of days since 1970-01-01. */
export function dateText(day: number): string {
  const { year, month, monthDay } = dateOf(day);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(monthDay)}`;
}

/**
 * The dates that a look on a day is about, those of missed days among them. As months and days where they come every year:
 * then by what is stored, and 29 February is looked for on the 28th of other years.
 */
export function datesLookedFor(
  trigger: Extract<ClockTrigger, { kind: "birthday" | "date" }>,
  { today, lookedDay }: { today: number; lookedDay: number | null },
): Map<string, string> {
  const { offsetDays = 0 } = trigger;
  const first = Math.max((lookedDay ?? today - 1) + 1, today - mostDaysMissed + 1);
  const dates = new Map<string, string>();
  for (let day = first; day <= today; day += 1) {
    const date = dateText(day - offsetDays);
    if (trigger.kind === "date" && trigger.yearly !== true) {
      dates.set(date, date);
      continue;
    }
    dates.set(date.slice(5), date);
    if (date.endsWith("-02-28") && dayOfDate(`${date.slice(0, 4)}-02-29`) === null) dates.set("02-29", date);
  }
  return dates;
}

/** The last days of contracts that a look on a day is about, those of missed days among them: months before, that day is or was. */
export function endsLookedFor(
  { monthsBefore }: Extract<ClockTrigger, { kind: "contract_end" }>,
  { today, lookedDay }: { today: number; lookedDay: number | null },
): string[] {
  const first = Math.max((lookedDay ?? today - 1) + 1, today - mostDaysMissed + 1);
  const ends: string[] = [];
  // Several days of a long month lie a month before the last one of a short month.
  for (let end = monthsLater(first, monthsBefore); end <= monthsLater(today, monthsBefore) + 3; end += 1) {
    const day = monthsLater(end, -monthsBefore);
    if (day >= first && day <= today) ends.push(dateText(end));
  }
  return ends;
}

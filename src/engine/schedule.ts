/**
 * When something holds: one window between two instants `[startsAt, endsAt)`, and recurring windows on the wall clock
 * of one time zone, which survive changes of the clock.
 *
 * A window's hours are what the wall shows: in a repeated hour it counts both times. A bound that the clock jumps over
 * moves forward by the jump (02:30 becomes 03:30); if nothing were left of a window, the whole window moves.
 */
import { Temporal } from "temporal-polyfill";
import { z } from "zod";
import { dayOfDate, weekdayOf } from "./calendar.ts";
import { limits } from "./limits.ts";
import { parseRecurrenceRule, type RecurrenceRule } from "./recurrence-rule.ts";
import { timezone } from "./settings.ts";
import { findZone, millisecondsPerDay, type Zone } from "./zone.ts";

const weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
const datesPerWindow = 1_000;
const longestWindowMinutes = 7 * 1_440;
/** Leap days are up to eight years apart. */
const daysLookedAhead = 3_300;

export const hoursShape = {
  weekdays: z.array(z.enum(weekdays)).min(1).max(7).optional(),
  from: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/)
    .optional()
    .describe("HH:MM on the wall; 00:00 if left out."),
  to: z
    .string()
    .regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/)
    .optional()
    .describe(
      "HH:MM, not included; 24:00 if left out. Before `from`: on the next day, and the window belongs to the day it starts on.",
    ),
};

const recurringWindowSchema = z
  .strictObject({
    ...hoursShape,
    dates: z.array(z.iso.date()).min(1).max(datesPerWindow).optional().describe("The days it starts on."),
    rrule: z
      .string()
      .min(1)
      .max(limits.textLength)
      .optional()
      .describe("RFC 5545, FREQ=DAILY or coarser: the days it starts on."),
    durationMinutes: z.int().min(1).max(longestWindowMinutes).optional().describe("Instead of `to`."),
  })
  .meta({ id: "RecurringWindow" });

const instantOrDate = z.union([z.iso.datetime({ offset: true }), z.iso.date()]).meta({
  id: "InstantOrDate",
  scalar: true,
  description: "An RFC 3339 instant, or a date in the time zone.",
});

export const scheduleSchema = z
  .strictObject({
    startsAt: instantOrDate
      .optional()
      .describe("An instant (RFC 3339), or a date: the start of that day in the time zone."),
    endsAt: instantOrDate
      .optional()
      .describe("The first instant at which it is over, or a date: the end of that day in the time zone."),
    timezone: timezone.optional().describe("The project's, if left out."),
    recurring: z
      .array(recurringWindowSchema)
      .min(1)
      .max(limits.recurringWindows)
      .optional()
      .describe("Inside any of these."),
  })
  .meta({ id: "Schedule" });

export type Schedule = z.output<typeof scheduleSchema>;
type RecurringWindow = z.output<typeof recurringWindowSchema>;

export interface CompiledSchedule {
  /** Epoch milliseconds; null: always has been. */
  readonly startsAt: number | null;
  /** Epoch milliseconds, not included; null: never ends. */
  readonly endsAt: number | null;
  contains(now: number): boolean;
  /**
   * The first instant after `now` at which `contains` answers otherwise, or null when it never will. For windows years
   * apart it may be an instant before that, at which to ask again.
   */
  nextChange(now: number): number | null;
}

/** Notes a fault; `path` is a JSON Pointer into the schedule. */
type Report = (path: string, code: string, message: string) => void;

export function compileSchedule(
  schedule: Schedule,
  defaultTimezone: string,
  report: Report,
): CompiledSchedule {
  const zoneName = schedule.timezone ?? defaultTimezone;
  const zone = findZone(zoneName) ?? findZone("UTC")!;
  if (findZone(zoneName) === null)
    report("/timezone", "timezone_unknown", `"${zoneName}" is not an IANA time zone.`);
  const startsAt = readBound(schedule.startsAt, 0, zone, "/startsAt", report);
  const endsAt = readBound(schedule.endsAt, 1, zone, "/endsAt", report);
  if (startsAt !== null && endsAt !== null && endsAt <= startsAt)
    report("/endsAt", "bounds_contradict", "It ends before it starts.");
  const anchor =
    startsAt === null ? null : Math.floor((startsAt + zone.spanAt(startsAt).offset) / millisecondsPerDay);
  const windows = (schedule.recurring ?? []).map((window, i) =>
    compileWindow(window, anchor, `/recurring/${i}`, report),
  );
  const recurring = schedule.recurring === undefined ? null : recurringClock(windows, zone);

  const first = startsAt ?? -Infinity;
  const end = endsAt ?? Infinity;
  const contains = (now: number) =>
    now >= first && now < end && (recurring === null || recurring.contains(now));

  function nextChange(now: number): number | null {
    if (now >= end) return null;
    if (now < first && (recurring === null || recurring.contains(first))) return first;
    const change = recurring?.nextChange(Math.max(now, first)) ?? null;
    if (change !== null && change < end) return change;
    if (endsAt === null) return change;
    // Nothing changes before the end, which is itself a change only if it cuts something off.
    return recurring === null || recurring.contains(endsAt - 1) ? endsAt : null;
  }

  return { startsAt, endsAt, contains, nextChange };
}

/** A date without a time is the start of that day, or, `daysLater` 1, its end. */
function readBound(
  text: string | undefined,
  daysLater: 0 | 1,
  zone: Zone,
  path: string,
  report: Report,
): number | null {
  if (text === undefined) return null;
  const bound = instantOf(text, daysLater, zone);
  if (bound === null) report(path, "time_invalid", `"${text}" is neither an RFC 3339 instant nor a date.`);
  else if (bound < earliest || bound > latest)
    report(path, "out_of_range", "Must lie in the years 0001 to 9999 of UTC.");
  return bound;
}

/** What can be written in UTC with a year of four digits; a date's end may be in the next year. */
const earliest = Date.parse("0001-01-01T00:00:00Z");
const latest = Date.parse("9999-12-31T23:59:59.999Z");

function instantOf(text: string, daysLater: 0 | 1, zone: Zone): number | null {
  if (/^\d{4}-\d\d-\d\d$/.test(text)) {
    const day = dayOfDate(text);
    return day === null ? null : zone.startOfDay(day + daysLater);
  }
  try {
    return Temporal.Instant.from(text).epochMilliseconds;
  } catch {
    return null;
  }
}

// ---------------------------------------------------------------- recurring windows

interface Window {
  startsOn(day: number): boolean;
  /** No window starts after this day. */
  readonly lastDay: number;
  /** Milliseconds after midnight, on the wall. */
  readonly from: number;
  readonly to: number;
}

function compileWindow(window: RecurringWindow, anchor: number | null, path: string, report: Report): Window {
  const from = minutesOf(window.from ?? "00:00");
  let to = minutesOf(window.to ?? "24:00");
  if (window.durationMinutes !== undefined) {
    if (window.to !== undefined)
      report(`${path}/durationMinutes`, "bounds_contradict", "Give `to` or `durationMinutes`, not both.");
    to = from + window.durationMinutes;
  } else if (to === from)
    report(
      `${path}/to`,
      "range_empty",
      "The window is empty: `from` and `to` are equal. Leave both out for the whole day.",
    );
  else if (to < from) to += 1_440;
  if (Object.values(window).every((value) => value === undefined))
    report(path, "range_empty", "The window says nothing.");

  const tests: ((day: number) => boolean)[] = [];
  let lastDay = Infinity;
  if (window.weekdays !== undefined) {
    const named = window.weekdays;
    const isNamed = weekdays.map((weekday) => named.includes(weekday));
    tests.push((day) => isNamed[weekdayOf(day)]!);
  }
  if (window.dates !== undefined) {
    const days = new Set<number>();
    window.dates.forEach((date, i) => {
      const day = dayOfDate(date);
      if (day === null) report(`${path}/dates/${i}`, "time_invalid", `"${date}" is not a date.`);
      else days.add(day);
    });
    lastDay = Math.max(-Infinity, ...days);
    tests.push((day) => days.has(day));
  }
  if (window.rrule !== undefined) {
    const rule: RecurrenceRule | { error: string } = parseRecurrenceRule(window.rrule, anchor);
    if ("error" in rule) report(`${path}/rrule`, "rrule_invalid", rule.error);
    else {
      lastDay = Math.min(lastDay, rule.lastDay);
      tests.push(rule.includes);
    }
  }
  return {
    startsOn: (day) => tests.every((test) => test(day)),
    lastDay,
    from: from * 60_000,
    to: to * 60_000,
  };
}

function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}

/** Wall times `[from, to)`. */
interface Interval {
  readonly from: number;
  readonly to: number;
}

function recurringClock(
  windows: readonly Window[],
  zone: Zone,
): Pick<CompiledSchedule, "contains" | "nextChange"> {
  // One day more than the longest window reaches: a jump of the clock may move it on.
  const daysBack = 1 + Math.max(0, ...windows.map(({ to }) => Math.ceil(to / millisecondsPerDay) - 1));
  const lastDay = Math.max(-Infinity, ...windows.map((window) => window.lastDay)) + daysBack;
  let cachedDay = Number.NaN;
  let cached: readonly Interval[] = [];

  function contains(now: number): boolean {
    const wall = now + zone.spanAt(now).offset;
    const day = Math.floor(wall / millisecondsPerDay);
    if (day !== cachedDay) {
      cached = intervalsOn(day);
      cachedDay = day;
    }
    return isInside(cached, wall);
  }

  /** The windows open at some time of that day, as the wall shows them. */
  function intervalsOn(day: number): Interval[] {
    const start = day * millisecondsPerDay;
    const intervals: Interval[] = [];
    for (let startDay = day - daysBack; startDay <= day; startDay++) {
      for (const window of windows) {
        if (startDay > window.lastDay || !window.startsOn(startDay)) continue;
        const midnight = startDay * millisecondsPerDay;
        intervals.push({ from: midnight + window.from, to: midnight + window.to });
      }
    }
    if (intervals.length === 0) return intervals;
    const { gapFrom, gapUntil } = zone.spanAt(zone.startOfDay(day + 1) - 1);
    return intervals
      .map((interval) => acrossGap(interval, gapFrom, gapUntil))
      .filter(({ from, to }) => to > start && from < start + millisecondsPerDay);
  }

  function nextChange(now: number): number | null {
    const isOn = contains(now);
    const today = Math.floor((now + zone.spanAt(now).offset) / millisecondsPerDay);
    for (let day = today; day <= today + daysLookedAhead; day++) {
      if (day > lastDay && !isOn) return null;
      const intervals = intervalsOn(day);
      if (intervals.length === 0 && !isOn) continue;
      for (const instant of instantsWorthAsking(day, intervals)) {
        if (instant > now && contains(instant) !== isOn) return instant;
      }
    }
    return zone.startOfDay(today + daysLookedAhead);
  }

  /** In order: where the day begins, where the clock changes, and every bound of a window. */
  function instantsWorthAsking(day: number, intervals: readonly Interval[]): number[] {
    const start = zone.startOfDay(day);
    const end = zone.startOfDay(day + 1);
    const instants = [start];
    for (let change = zone.spanAt(start).until; change < end; change = zone.spanAt(change).until)
      instants.push(change);
    for (const { from, to } of intervals) instants.push(...zone.instantsOf(from), ...zone.instantsOf(to));
    return instants.filter((instant) => instant >= start && instant <= end).sort((a, b) => a - b);
  }

  return { contains, nextChange };
}

function isInside(intervals: readonly Interval[], wall: number): boolean {
  for (let i = 0; i < intervals.length; i++) {
    const interval = intervals[i]!;
    if (wall >= interval.from && wall < interval.to) return true;
  }
  return false;
}

function acrossGap(interval: Interval, gapFrom: number, gapUntil: number): Interval {
  const jump = gapUntil - gapFrom;
  if (jump === 0) return interval;
  const from = interval.from >= gapFrom && interval.from < gapUntil ? interval.from + jump : interval.from;
  const to = interval.to > gapFrom && interval.to < gapUntil ? interval.to + jump : interval.to;
  return from < to ? { from, to } : { from: interval.from + jump, to: interval.to + jump };
}

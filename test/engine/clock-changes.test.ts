/** G37: starts, ends and happy hours on the days on which the clocks change, against Temporal. */
import { Temporal } from "temporal-polyfill";
import { describe, expect, test } from "vitest";
import { compileSchedule, type Schedule, scheduleSchema } from "../../src/engine/schedule.ts";

/** By half an hour and by two, at midnight and at noon of UTC, backwards in summer: 2018 had most of them. */
const zones = [
  "Africa/Casablanca",
  "America/Asuncion",
  "America/Havana",
  "America/Los_Angeles",
  "America/New_York",
  "America/Nuuk",
  "America/Santiago",
  "America/Sao_Paulo",
  "America/St_Johns",
  "Antarctica/Troll",
  "Asia/Amman",
  "Asia/Beirut",
  "Asia/Damascus",
  "Asia/Gaza",
  "Asia/Jerusalem",
  "Asia/Tehran",
  "Atlantic/Azores",
  "Australia/Lord_Howe",
  "Australia/Sydney",
  "Europe/Berlin",
  "Europe/Dublin",
  "Europe/London",
  "Pacific/Apia",
  "Pacific/Auckland",
  "Pacific/Fiji",
] as const;

const compile = (schedule: Schedule, zone: string) =>
  compileSchedule(scheduleSchema.parse(schedule), zone, (path, code) => {
    throw new Error(`${code} ${path}`);
  });

/** The first change in each direction. */
function changesIn(zone: string): Temporal.ZonedDateTime[] {
  const found = new Map<number, Temporal.ZonedDateTime>();
  let at = Temporal.PlainDate.from("2018-01-01").toZonedDateTime(zone);
  while (found.size < 2) {
    const change = at.getTimeZoneTransition("next")!;
    const jump = Math.sign(change.offsetNanoseconds - change.subtract({ nanoseconds: 1 }).offsetNanoseconds);
    if (!found.has(jump)) found.set(jump, change);
    at = change;
  }
  return [...found.values()];
}

/** What stands on the wall just before, and the first that no longer does, or does again. */
const wallBefore = (change: Temporal.ZonedDateTime) =>
  change.subtract({ nanoseconds: 1 }).toPlainDateTime().add({ nanoseconds: 1 });

const minutesAround = [
  [-30, 30],
  [-60, 0],
  [0, 60],
  [15, 45],
  [30, 90],
  [-90, 180],
] as const;
const sampledEveryMinutes = 5;
const sampledHours = 5;

/** A wall time that is jumped over stands for the one later by the jump. */
const shown = (wall: Temporal.PlainDateTime, zone: string) =>
  wall.toZonedDateTime(zone, { disambiguation: "compatible" }).toPlainDateTime();

/** As the words of schedule.ts have it, day by day. */
function isHappy(wall: Temporal.PlainDateTime, from: string, to: string, zone: string): boolean {
  return [-1, 0, 1].some((days) => {
    const day = wall.toPlainDate().add({ days });
    const begins = day.toPlainDateTime(from);
    const ends = (to <= from ? day.add({ days: 1 }) : day).toPlainDateTime(to);
    const first = shown(begins, zone);
    let end = shown(ends, zone);
    if (Temporal.PlainDateTime.compare(end, first) <= 0) end = first.add(begins.until(ends));
    return Temporal.PlainDateTime.compare(wall, first) >= 0 && Temporal.PlainDateTime.compare(wall, end) < 0;
  });
}

const clock = (wall: Temporal.PlainDateTime) => wall.toString({ smallestUnit: "minute" }).slice(11);

describe.each(zones)("%s", (zone) => {
  const changes = changesIn(zone);

  test("a promotion that starts or ends by the date starts and ends with the day", () => {
    for (const change of changes)
      for (const days of [-1, 0, 1]) {
        const day = change.toPlainDate().add({ days });
        const { startsAt, endsAt } = compile({ startsAt: `${day}`, endsAt: `${day}` }, zone);
        expect([`${day}`, startsAt, endsAt]).toEqual([
          `${day}`,
          day.toZonedDateTime(zone).epochMilliseconds,
          day.add({ days: 1 }).toZonedDateTime(zone).epochMilliseconds,
        ]);
      }
  });

  test("a happy hour is what the wall shows", () => {
    for (const change of changes) {
      const around = wallBefore(change);
      const samples = Array.from({ length: (2 * sampledHours * 60) / sampledEveryMinutes }, (_, i) => {
        const sample = change.add({ minutes: i * sampledEveryMinutes - sampledHours * 60 });
        return { at: sample.epochMilliseconds, wall: sample.toPlainDateTime() };
      });
      for (const [after, until] of minutesAround) {
        const from = clock(around.add({ minutes: after }));
        const to = clock(around.add({ minutes: until }));
        const { contains } = compile({ recurring: [{ from, to }] }, zone);
        const wrong = samples
          .filter(({ at, wall }) => contains(at) !== isHappy(wall, from, to, zone))
          .map(({ wall }) => `${from}–${to} ${wall}`);
        expect(wrong).toEqual([]);
      }
    }
  });
});

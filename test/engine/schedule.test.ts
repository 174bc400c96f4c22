import fc from "fast-check";
import { RRuleTemporal } from "rrule-temporal";
import { Temporal } from "temporal-polyfill";
import { describe, expect, it, test } from "vitest";
import { dayOf, dayOfDate } from "../../src/engine/calendar.ts";
import { parseRecurrenceRule } from "../../src/engine/recurrence-rule.ts";
import {
  type CompiledSchedule,
  compileSchedule,
  type Schedule,
  scheduleSchema,
} from "../../src/engine/schedule.ts";
import { findZone, millisecondsPerDay } from "../../src/engine/zone.ts";

const issues: string[] = [];
function compile(schedule: Schedule, zone = "UTC"): CompiledSchedule {
  issues.length = 0;
  return compileSchedule(
    scheduleSchema.parse(schedule),
    zone,
    (path, code) => void issues.push(`${code} ${path}`),
  );
}
const at = (text: string) => Date.parse(text);
const iso = (instant: number | null) =>
  instant === null ? null : new Date(instant).toISOString().replace(".000Z", "Z");

describe("the window between two instants", () => {
  const window = compile({ startsAt: "2026-11-01T00:00:00+08:00", endsAt: "2026-11-12T00:00:00+08:00" });
  it.each([
    ["2026-10-31T15:59:59.999Z", false],
    ["2026-10-31T16:00:00.000Z", true],
    ["2026-11-11T15:59:59.999Z", true],
    ["2026-11-11T16:00:00.000Z", false],
  ])("%s → %s", (now, isInside) => {
    expect(window.contains(at(now))).toBe(isInside);
  });
  it("changes where it starts and where it ends, and then never", () => {
    expect(iso(window.nextChange(0))).toBe("2026-10-31T16:00:00Z");
    expect(iso(window.nextChange(at("2026-10-31T16:00:00Z")))).toBe("2026-11-11T16:00:00Z");
    expect(window.nextChange(at("2026-11-11T16:00:00Z"))).toBeNull();
  });
  it("is open where a bound is left out", () => {
    expect(compile({}).contains(-1e15)).toBe(true);
    expect(compile({}).nextChange(0)).toBeNull();
    expect(compile({ startsAt: "2026-01-01T00:00:00Z" })).toMatchObject({ endsAt: null });
  });
});

describe("dates without a time", () => {
  it.each([
    ["Asia/Shanghai", "2026-11-01", "2026-11-11", "2026-10-31T16:00:00Z", "2026-11-11T16:00:00Z"],
    ["America/New_York", "2026-03-08", "2026-03-08", "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"],
    ["America/New_York", "2026-11-01", "2026-11-01", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"],
    // Midnight of 2018-11-04 was jumped over in São Paulo: the day began at one o'clock.
    ["America/Sao_Paulo", "2018-11-04", "2018-11-04", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"],
    ["UTC", "2024-02-29", "2024-02-29", "2024-02-29T00:00:00Z", "2024-03-01T00:00:00Z"],
  ])("in %s from %s to %s", (timezone, startsAt, endsAt, first, end) => {
    const schedule = compile({ startsAt, endsAt, timezone });
    expect([iso(schedule.startsAt), iso(schedule.endsAt)]).toEqual([first, end]);
  });
  it("the schedule's zone goes before the default one", () => {
    expect(iso(compile({ startsAt: "2026-01-01" }, "Asia/Shanghai").startsAt)).toBe("2025-12-31T16:00:00Z");
  });
});

describe("recurring windows", () => {
  it.each<[string, Schedule, [string, boolean][]]>([
    [
      "weekend evenings",
      { timezone: "Asia/Shanghai", recurring: [{ weekdays: ["sat", "sun"], from: "18:00", to: "22:00" }] },
      [
        ["2026-11-21T09:59:59.999Z", false],
        ["2026-11-21T10:00:00Z", true],
        ["2026-11-21T13:59:59.999Z", true],
        ["2026-11-21T14:00:00Z", false],
        ["2026-11-20T10:00:00Z", false],
      ],
    ],
    [
      "a happy hour across midnight belongs to the day it starts on",
      { recurring: [{ weekdays: ["fri"], from: "22:00", to: "02:00" }] },
      [
        ["2026-11-20T01:00:00Z", false],
        ["2026-11-20T21:59:59.999Z", false],
        ["2026-11-20T22:00:00Z", true],
        ["2026-11-21T00:00:00Z", true],
        ["2026-11-21T01:59:59.999Z", true],
        ["2026-11-21T02:00:00Z", false],
        ["2026-11-21T22:00:00Z", false],
      ],
    ],
    [
      "all day",
      { recurring: [{ weekdays: ["wed"] }] },
      [
        ["2026-11-17T23:59:59.999Z", false],
        ["2026-11-18T00:00:00Z", true],
        ["2026-11-18T23:59:59.999Z", true],
        ["2026-11-19T00:00:00Z", false],
      ],
    ],
    [
      "until 24:00",
      { recurring: [{ from: "23:00", to: "24:00" }] },
      [
        ["2026-11-18T23:59:59.999Z", true],
        ["2026-11-19T00:00:00Z", false],
      ],
    ],
    [
      "named dates",
      { recurring: [{ dates: ["2026-11-11", "2026-12-12"], from: "20:00", to: "21:00" }] },
      [
        ["2026-11-11T20:30:00Z", true],
        ["2026-11-12T20:30:00Z", false],
        ["2026-12-12T20:30:00Z", true],
      ],
    ],
    [
      "dates and weekdays both have to fit",
      { recurring: [{ dates: ["2026-11-18", "2026-11-19"], weekdays: ["thu"] }] },
      [
        ["2026-11-18T12:00:00Z", false],
        ["2026-11-19T12:00:00Z", true],
      ],
    ],
    [
      "any of several windows",
      {
        recurring: [
          { from: "08:00", to: "09:00" },
          { from: "12:00", to: "13:00" },
        ],
      },
      [
        ["2026-11-18T08:30:00Z", true],
        ["2026-11-18T10:00:00Z", false],
        ["2026-11-18T12:30:00Z", true],
      ],
    ],
    [
      "the first Monday of the month, by rule",
      { recurring: [{ rrule: "FREQ=MONTHLY;BYDAY=1MO" }] },
      [
        ["2026-11-02T12:00:00Z", true],
        ["2026-11-09T12:00:00Z", false],
        ["2026-12-07T00:00:00Z", true],
      ],
    ],
    [
      "for a duration longer than a day",
      { recurring: [{ rrule: "FREQ=MONTHLY;BYMONTHDAY=1", from: "12:00", durationMinutes: 3_000 }] },
      [
        ["2026-11-01T11:59:59Z", false],
        ["2026-11-01T12:00:00Z", true],
        ["2026-11-03T13:59:59Z", true],
        ["2026-11-03T14:00:00Z", false],
      ],
    ],
    [
      "only between the instants",
      {
        startsAt: "2026-11-18T12:00:00Z",
        endsAt: "2026-11-18T14:00:00Z",
        recurring: [{ from: "11:00", to: "15:00" }],
      },
      [
        ["2026-11-18T11:30:00Z", false],
        ["2026-11-18T12:00:00Z", true],
        ["2026-11-18T14:00:00Z", false],
      ],
    ],
  ])("%s", (_, document, rows) => {
    const schedule = compile(document);
    expect(issues).toEqual([]);
    expect(rows.map(([now]) => [now, schedule.contains(at(now))])).toEqual(rows);
  });
});

describe("changes of the clock", () => {
  const newYork = "America/New_York"; // 2026-03-08 02:00 → 03:00 at 07:00Z; 2026-11-01 02:00 → 01:00 at 06:00Z
  const berlin = "Europe/Berlin"; // 2026-03-29 02:00 → 03:00 at 01:00Z; 2026-10-25 03:00 → 02:00 at 01:00Z
  const lordHowe = "Australia/Lord_Howe"; // 2026-10-04 02:00 → 02:30 at 2026-10-03T15:30Z; half an hour only
  const saoPaulo = "America/Sao_Paulo"; // 2018-11-04 00:00 → 01:00 at 03:00Z
  const apia = "Pacific/Apia"; // 2011-12-30 did not happen; 2011-12-30T10:00Z is the jump
  it.each([
    [
      "a start in the gap moves forward by the gap",
      newYork,
      "02:30",
      "05:00",
      "2026-03-08T00:00:00Z",
      "2026-03-08T07:30:00Z",
      "2026-03-08T09:00:00Z",
    ],
    [
      "an end in the gap moves forward by the gap",
      newYork,
      "01:00",
      "02:30",
      "2026-03-08T00:00:00Z",
      "2026-03-08T06:00:00Z",
      "2026-03-08T07:30:00Z",
    ],
    [
      "a window that is the gap moves as a whole",
      newYork,
      "02:00",
      "03:00",
      "2026-03-08T00:00:00Z",
      "2026-03-08T07:00:00Z",
      "2026-03-08T08:00:00Z",
    ],
    [
      "a window inside the gap moves as a whole",
      newYork,
      "02:15",
      "02:45",
      "2026-03-08T00:00:00Z",
      "2026-03-08T07:15:00Z",
      "2026-03-08T07:45:00Z",
    ],
    [
      "a window over the gap is an hour shorter",
      newYork,
      "01:00",
      "04:00",
      "2026-03-08T00:00:00Z",
      "2026-03-08T06:00:00Z",
      "2026-03-08T08:00:00Z",
    ],
    [
      "an end where the gap begins stays",
      newYork,
      "01:00",
      "02:00",
      "2026-03-08T00:00:00Z",
      "2026-03-08T06:00:00Z",
      "2026-03-08T07:00:00Z",
    ],
    [
      "a window over the repeated hour is an hour longer",
      newYork,
      "00:30",
      "03:00",
      "2026-11-01T00:00:00Z",
      "2026-11-01T04:30:00Z",
      "2026-11-01T08:00:00Z",
    ],
    [
      "the repeated hour counts both times",
      newYork,
      "01:00",
      "02:00",
      "2026-11-01T00:00:00Z",
      "2026-11-01T05:00:00Z",
      "2026-11-01T07:00:00Z",
    ],
    [
      "the first half of the repeated hour is on, off",
      newYork,
      "01:00",
      "01:30",
      "2026-11-01T00:00:00Z",
      "2026-11-01T05:00:00Z",
      "2026-11-01T05:30:00Z",
    ],
    [
      "and on again",
      newYork,
      "01:00",
      "01:30",
      "2026-11-01T05:30:00Z",
      "2026-11-01T06:00:00Z",
      "2026-11-01T06:30:00Z",
    ],
    [
      "across midnight into the gap",
      newYork,
      "23:00",
      "02:30",
      "2026-03-08T00:00:00Z",
      "2026-03-08T04:00:00Z",
      "2026-03-08T07:30:00Z",
    ],
    [
      "Berlin in spring",
      berlin,
      "02:30",
      "04:00",
      "2026-03-29T00:00:00Z",
      "2026-03-29T01:30:00Z",
      "2026-03-29T02:00:00Z",
    ],
    [
      "Berlin in autumn",
      berlin,
      "02:00",
      "03:00",
      "2026-10-24T22:00:00Z",
      "2026-10-25T00:00:00Z",
      "2026-10-25T02:00:00Z",
    ],
    [
      "half an hour on Lord Howe",
      lordHowe,
      "02:00",
      "02:30",
      "2026-10-03T15:00:00Z",
      "2026-10-03T15:30:00Z",
      "2026-10-03T16:00:00Z",
    ],
    [
      "midnight in the gap",
      saoPaulo,
      "00:00",
      "02:00",
      "2018-11-04T02:30:00Z",
      "2018-11-04T03:00:00Z",
      "2018-11-04T04:00:00Z",
    ],
    [
      "inside the gap at midnight",
      saoPaulo,
      "00:15",
      "00:45",
      "2018-11-04T02:30:00Z",
      "2018-11-04T03:15:00Z",
      "2018-11-04T03:45:00Z",
    ],
  ])("%s", (_, timezone, from, to, before, first, end) => {
    const schedule = compile({ timezone, recurring: [{ from, to }] });
    expect(schedule.contains(at(before))).toBe(false);
    expect([schedule.contains(at(first) - 1), schedule.contains(at(first))]).toEqual([false, true]);
    expect([schedule.contains(at(end) - 1), schedule.contains(at(end))]).toEqual([true, false]);
    expect([iso(schedule.nextChange(at(before))), iso(schedule.nextChange(at(first)))]).toEqual(
      [first, end].map((t) => iso(at(t))),
    );
  });
  it("the evening of a day that did not happen is held the day after", () => {
    const schedule = compile({
      timezone: apia,
      recurring: [{ dates: ["2011-12-30"], from: "18:00", to: "20:00" }],
    });
    expect([
      iso(schedule.nextChange(at("2011-12-29T00:00:00Z"))),
      iso(schedule.nextChange(at("2011-12-31T04:00:00Z"))),
    ]).toEqual(["2011-12-31T04:00:00Z", "2011-12-31T06:00:00Z"]);
  });
});

describe("the next change", () => {
  it("is found in years far apart, and is never where there is none", () => {
    const leapDays = compile({ recurring: [{ rrule: "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29" }] });
    expect(iso(leapDays.nextChange(at("2096-03-01T00:00:00Z")))).toBe("2104-02-29T00:00:00Z");
    expect(
      compile({ recurring: [{ dates: ["2026-11-11"] }] }).nextChange(at("2026-11-12T00:00:00Z")),
    ).toBeNull();
    const counted = compile({ startsAt: "2026-11-01", recurring: [{ rrule: "FREQ=DAILY;COUNT=2" }] });
    expect(counted.nextChange(at("2026-11-03T00:00:00Z"))).toBeNull();
  });
  it("is where one window begins as another ends only if it is a change", () => {
    const schedule = compile({
      recurring: [
        { from: "08:00", to: "10:00" },
        { from: "10:00", to: "11:00" },
      ],
    });
    expect(iso(schedule.nextChange(at("2026-11-18T09:00:00Z")))).toBe("2026-11-18T11:00:00Z");
  });
  it("is the end only where the end cuts something off", () => {
    const schedule = compile({ endsAt: "2026-11-18T12:00:00Z", recurring: [{ from: "08:00", to: "10:00" }] });
    expect(schedule.nextChange(at("2026-11-18T10:00:00Z"))).toBeNull();
    const cut = compile({ endsAt: "2026-11-18T09:00:00Z", recurring: [{ from: "08:00", to: "10:00" }] });
    expect(iso(cut.nextChange(at("2026-11-18T08:30:00Z")))).toBe("2026-11-18T09:00:00Z");
  });
  it("is a change, and there is none before it", () => {
    const zone = fc.constantFrom(
      "America/New_York",
      "Europe/Berlin",
      "Australia/Lord_Howe",
      "Asia/Shanghai",
      "America/Sao_Paulo",
      "Africa/Casablanca",
    );
    const time = fc
      .integer({ min: 0, max: 95 })
      .map(
        (quarter) =>
          `${String(Math.floor(quarter / 4)).padStart(2, "0")}:${String((quarter % 4) * 15).padStart(2, "0")}`,
      );
    const now = fc
      .integer({ min: at("2017-01-01T00:00:00Z") / 900_000, max: at("2027-01-01T00:00:00Z") / 900_000 })
      .map((quarter) => quarter * 900_000);
    fc.assert(
      fc.property(zone, time, time, now, (timezone, from, to, start) => {
        fc.pre(from !== to);
        const schedule = compile({ timezone, recurring: [{ from, to }] });
        const change = schedule.nextChange(start)!;
        for (let instant = start; instant < change; instant += 900_000)
          expect(schedule.contains(instant)).toBe(schedule.contains(start));
        expect(schedule.contains(change)).toBe(!schedule.contains(start));
      }),
      { numRuns: 200 },
    );
  });
});

describe("refused", () => {
  it.each<[Schedule, string]>([
    [{ timezone: "Mars/Base" }, "timezone_unknown /timezone"],
    [{ startsAt: "2026-11-02", endsAt: "2026-11-01" }, "bounds_contradict /endsAt"],
    [{ startsAt: "2026-11-02T00:00:00Z", endsAt: "2026-11-02T00:00:00Z" }, "bounds_contradict /endsAt"],
    [{ recurring: [{ weekdays: ["mon"] }, { from: "10:00", to: "10:00" }] }, "range_empty /recurring/1/to"],
    [{ recurring: [{}] }, "range_empty /recurring/0"],
    [{ recurring: [{ to: "10:00", durationMinutes: 5 }] }, "bounds_contradict /recurring/0/durationMinutes"],
    ...[
      "FREQ=SECONDLY",
      "FREQ=HOURLY",
      "FREQ=DAILY;BYHOUR=3",
      "FREQ=DAILY;INTERVAL=0",
      "FREQ=DAILY;INTERVAL=2",
      "FREQ=DAILY;COUNT=3",
      "FREQ=WEEKLY",
      "nonsense",
      "FREQ=DAILY;FREQ=DAILY",
      "FREQ=WEEKLY;BYDAY=1MO",
      "FREQ=MONTHLY;BYDAY=XX",
      "FREQ=YEARLY;BYMONTH=13",
      "DTSTART:20260101\nFREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=1",
      "FREQ=DAILY;COUNT=1;UNTIL=20260101",
    ].map((rrule): [Schedule, string] => [{ recurring: [{ rrule }] }, "rrule_invalid /recurring/0/rrule"]),
  ])("%j", (document, issue) => {
    compile(document);
    expect(issues).toEqual([issue]);
  });
  it.each([
    { startsAt: "2026-02-30" },
    { startsAt: "yesterday" },
    { startsAt: "2026-11-01T00:00:00" },
    { recurring: [] },
    { recurring: [{ from: "24:00" }] },
    { recurring: [{ to: "24:01" }] },
    { recurring: [{ weekdays: [] }] },
    { until: "2026-11-01" },
  ])("%j has the wrong shape", (document) => {
    expect(scheduleSchema.safeParse(document).success).toBe(false);
  });
});

describe("recurrence rules", () => {
  const anchor = dayOfDate("2026-01-15")!;
  const dateText = (day: number) => new Date(day * millisecondsPerDay).toISOString().slice(0, 10);

  it("days and dates convert exactly over centuries", () => {
    fc.assert(
      fc.property(fc.integer({ min: -200_000, max: 400_000 }), (day) => {
        const date = new Date(day * millisecondsPerDay);
        expect(dayOf(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate())).toBe(day);
      }),
      { numRuns: 500 },
    );
  });

  it("name the same days as an independent implementation", () => {
    const some = <T>(values: readonly T[], most: number) =>
      fc.subarray([...values], { minLength: 1, maxLength: most });
    const weekday = fc.constantFrom("MO", "TU", "WE", "TH", "FR", "SA", "SU");
    const numbered = fc.tuple(fc.constantFrom("1", "2", "-1", "3", ""), weekday).map(([n, day]) => n + day);
    const list = (values: readonly (string | number)[]) => [...new Set(values)].join(",");
    const rule = fc.oneof(
      fc
        .tuple(fc.integer({ min: 1, max: 5 }), some([1, 2, 6, 12], 2))
        .map(([interval, months]) => `FREQ=DAILY;INTERVAL=${interval};BYMONTH=${list(months)}`),
      fc
        .tuple(
          fc.integer({ min: 1, max: 4 }),
          fc.array(weekday, { minLength: 1, maxLength: 3 }),
          fc.constantFrom("MO", "SU"),
        )
        .map(
          ([interval, days, start]) => `FREQ=WEEKLY;INTERVAL=${interval};WKST=${start};BYDAY=${list(days)}`,
        ),
      fc
        .tuple(fc.integer({ min: 1, max: 5 }), some([1, 15, 29, 31, -1, -2], 3))
        .map(([interval, days]) => `FREQ=MONTHLY;INTERVAL=${interval};BYMONTHDAY=${list(days)}`),
      fc
        .tuple(fc.integer({ min: 1, max: 3 }), fc.array(numbered, { minLength: 1, maxLength: 2 }))
        .map(([interval, days]) => `FREQ=MONTHLY;INTERVAL=${interval};BYDAY=${list(days)}`),
      fc
        .tuple(some([1, 2, -1, -2], 2))
        .map(([positions]) => `FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=${list(positions)}`),
      fc
        .tuple(some([1, 2, 11], 2), some([1, 11, 29], 2))
        .map(([months, days]) => `FREQ=YEARLY;BYMONTH=${list(months)};BYMONTHDAY=${list(days)}`),
      fc
        .tuple(some([3, 11], 1), numbered)
        .map(([months, day]) => `FREQ=YEARLY;BYMONTH=${list(months)};BYDAY=${day}`),
      fc.tuple(some([1, 100, 366, -1], 2)).map(([days]) => `FREQ=YEARLY;BYYEARDAY=${list(days)}`),
    );
    const end = fc.constantFrom("", ";COUNT=7", ";UNTIL=20270401T000000Z");
    const end2028 = dayOfDate("2028-06-30")!;
    fc.assert(
      fc.property(rule, end, (body, ending) => {
        const ours = parseRecurrenceRule(body + ending, anchor);
        if ("error" in ours) throw new Error(`${body}${ending}: ${ours.error}`);
        const theirs = new RRuleTemporal({ rruleString: `DTSTART:20260115T000000Z\nRRULE:${body}${ending}` })
          .between(new Date(anchor * millisecondsPerDay), new Date(end2028 * millisecondsPerDay), true)
          .map((occurrence: Temporal.ZonedDateTime) => occurrence.toPlainDate().toString())
          .filter((_: string, i: number) => ending !== ";COUNT=7" || i < 7);
        const days: string[] = [];
        for (let day = anchor; day <= end2028; day++) if (ours.includes(day)) days.push(dateText(day));
        expect([body + ending, days]).toEqual([body + ending, [...new Set(theirs)]]);
      }),
      { numRuns: 150 },
    );
  });
});

test("a zone's wall clock agrees with Temporal", () => {
  const zone = fc.constantFrom(
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "UTC",
  );
  const instant = fc.integer({ min: at("1980-01-01T00:00:00Z"), max: at("2040-01-01T00:00:00Z") });
  fc.assert(
    fc.property(zone, instant, (name, now) => {
      const local = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(name);
      expect(findZone(name)!.spanAt(now).offset).toBe(local.offsetNanoseconds / 1e6);
      const wall = at(`${local.toPlainDateTime().toString({ smallestUnit: "millisecond" })}Z`);
      expect(findZone(name)!.instantOf(wall)).toBe(
        local.toPlainDateTime().toZonedDateTime(name).epochMilliseconds,
      );
    }),
    { numRuns: 300 },
  );
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Achievement,
  qualifyingSums,
  type SetTier,
  type TierRules,
  tierStanding,
} from "../../src/engine/tier-ladder.ts";
import { modelTier } from "./tier-model.ts";

const isLong = process.env.LONG === "1";
const at = (text: string) => Date.parse(text.includes("T") ? text : `${text}T12:00:00+08:00`);
const timezone = "Asia/Shanghai";
const rules: TierRules = {
  qualification: { kind: "rolling_months", months: 12 },
  validity: { kind: "months", count: 12 },
  downgrade: "to_qualified",
  tiers: [
    { key: "silver", bounds: { CNY: 1_000 } },
    { key: "gold", bounds: { CNY: 5_000 } },
    { key: "diamond", bounds: { CNY: 20_000 } },
  ],
};
const paid = (date: string, value: number, of = "CNY"): Achievement => ({ at: at(date), of, value });
const when = (
  done: readonly Achievement[],
  date: string,
  of: Partial<TierRules> = {},
  set = null as SetTier | null,
) => {
  const { tier, until } = tierStanding({ ...rules, ...of }, done, { set, timezone, now: at(date) });
  return [tier, until === null ? null : new Date(until).toISOString()];
};

describe("a tier", () => {
  test("is reached at once, with the order that reaches its bound exactly, and kept to the end of its last day", () => {
    const done = [paid("2026-01-10", 600), paid("2026-03-10", 399), paid("2026-03-11", 1)];
    expect(when(done, "2026-03-10")).toEqual([null, null]);
    expect(when(done, "2026-03-11")).toEqual(["silver", "2027-03-11T16:00:00.000Z"]);
    expect(when(done, "2027-03-11T23:59:59.999+08:00")[0]).toBe("silver");
    expect(when(done, "2027-03-12T00:00:00+08:00")).toEqual([null, null]);
  });

  test("what is older than the months that count does not lift anybody", () => {
    const done = [paid("2025-03-10", 600), paid("2026-03-10", 400)];
    expect(when(done, "2026-03-10")).toEqual([null, null]);
    const justWithin = [{ ...done[0]!, at: done[0]!.at + 1 }, done[1]!];
    expect(when(justWithin, "2026-03-10")[0]).toBe("silver");
  });

  test("goes on for another time for whoever still qualifies when it ends, ending on the same day of the year", () => {
    const done = [paid("2026-03-11", 1_000), paid("2026-09-01", 1_000)];
    expect(when(done, "2027-03-20")).toEqual(["silver", "2028-03-11T16:00:00.000Z"]);
    expect(when(done, "2028-03-20")).toEqual([null, null]);
  });

  test("falls to the one the customer then qualifies for, or one level at a time where the rules are kinder", () => {
    const done = [paid("2026-03-11", 20_000), paid("2026-09-01", 1_000)];
    expect(when(done, "2027-03-20")[0]).toBe("silver");
    const kind = { downgrade: "one_level" } as const;
    expect(when(done, "2027-03-20", kind)[0]).toBe("gold");
    expect(when(done, "2028-03-20", kind)[0]).toBe("silver");
    expect(when(done, "2029-03-20", kind)[0]).toBe(null);
  });

  test("counts by the calendar year of the project's zone, and then lasts to the end of a year", () => {
    const yearly = {
      qualification: { kind: "calendar_year", months: 12 },
      validity: { kind: "calendar_years", count: 1 },
    } as const;
    const done = [paid("2025-12-31T23:59:59+08:00", 600), paid("2026-01-01T00:00:00+08:00", 999)];
    expect(when(done, "2026-06-01", yearly)).toEqual([null, null]);
    const more = [...done, paid("2026-12-31T23:59:59+08:00", 1)];
    expect(when(more, "2027-06-01", yearly)).toEqual(["silver", "2027-12-31T16:00:00.000Z"]);
    const again = [...more, paid("2027-05-01", 1_000)];
    expect(when(again, "2028-06-01", yearly)).toEqual(["silver", "2028-12-31T16:00:00.000Z"]);
  });

  test("does not add up currencies", () => {
    const tiers = [{ key: "silver", bounds: { CNY: 1_000, USD: 150 } }];
    expect(when([paid("2026-01-10", 999), paid("2026-01-11", 149, "USD")], "2026-02-01", { tiers })[0]).toBe(
      null,
    );
    expect(when([paid("2026-01-10", 5), paid("2026-01-11", 150, "USD")], "2026-02-01", { tiers })[0]).toBe(
      "silver",
    );
  });

  test("that is set by hand holds until its end, or until a higher one is reached after it", () => {
    const set = (tier: string | null): SetTier => ({ tier, from: at("2026-02-01"), until: at("2026-08-01") });
    const done = [paid("2026-01-10", 5_000)];
    expect(when(done, "2026-07-01", {}, set("silver"))).toEqual(["silver", "2026-08-01T04:00:00.000Z"]);
    expect(when(done, "2026-07-01", {}, set(null))[0]).toBe(null);
    expect(when(done, "2026-08-01", {}, set(null))[0]).toBe("gold");
    const more = [...done, paid("2026-03-01", 15_000)];
    expect(when(more, "2026-07-01", {}, set("silver"))[0]).toBe("diamond");
    expect(when(done, "2026-07-01", {}, set("gone"))[0]).toBe("gold");
  });

  test("that is set by hand is not outgrown by falling from a higher one", () => {
    const kind = { validity: { kind: "calendar_years", count: 1 }, downgrade: "one_level" } as const;
    const done = [paid("2024-01-01", 20_000)];
    expect(when(done, "2026-06-01", kind)[0]).toBe("gold");
    expect(when(done, "2027-06-01", kind)[0]).toBe("silver");
    const none: SetTier = { tier: null, from: at("2026-01-01"), until: at("2027-07-01") };
    expect(when(done, "2026-06-01", kind, none)).toEqual([null, "2027-07-01T04:00:00.000Z"]);
    expect(when(done, "2027-06-01", kind, none)).toEqual([null, "2027-07-01T04:00:00.000Z"]);
    expect(when(done, "2027-07-01", kind, none)[0]).toBe("silver");
    const again = [...done, paid("2027-05-01", 5_000)];
    expect(when(again, "2027-06-01", kind, none)[0]).toBe("gold");
  });

  test("tells what counts towards the next one", () => {
    const done = [paid("2026-01-10", 600), paid("2026-02-10", 300), paid("2026-02-11", 7, "USD")];
    expect(qualifyingSums(rules, done, { timezone, now: at("2027-01-20") })).toEqual({
      from: at("2026-01-20") + 1,
      sums: { CNY: 300, USD: 7 },
    });
  });
});

const day = 86_400_000;
const start = at("2024-01-01");
const arbitraryRules = fc.record({
  qualification: fc.oneof(
    fc.record({ kind: fc.constant("rolling_months" as const), months: fc.integer({ min: 1, max: 14 }) }),
    fc.constant({ kind: "calendar_year" as const, months: 12 }),
  ),
  validity: fc.record({
    kind: fc.constantFrom("months" as const, "calendar_years" as const),
    count: fc.integer({ min: 1, max: 3 }),
  }),
  downgrade: fc.constantFrom("to_qualified" as const, "one_level" as const),
  tiers: fc.constantFrom(rules.tiers, [{ key: "only", bounds: { CNY: 700, USD: 700 } }], []),
});
const arbitraryDone = fc.array(
  fc.record({
    // Also at the very ends of days, where tiers end.
    at: fc
      .tuple(fc.integer({ min: 0, max: 1_500 }), fc.constantFrom(0, 1, 12 * 3_600_000, 43_199_999))
      .map(([days, rest]) => start + days * day + rest),
    of: fc.constantFrom("CNY", "CNY", "USD"),
    value: fc.constantFrom(0, 1, 300, 500, 700, 1_000, 4_000, 20_000),
  }),
  { maxLength: 25 },
);
const arbitrarySet = fc.option(
  fc.record({
    tier: fc.constantFrom(null, "silver", "gold", "gone"),
    from: fc.integer({ min: 0, max: 1_000 }).map((days) => start + days * day),
    until: fc.integer({ min: 500, max: 1_800 }).map((days) => start + days * day),
  }),
);

test("whatever was done when, the tier is the one that telling the story day by day comes to", () => {
  fc.assert(
    fc.property(
      arbitraryRules,
      arbitraryDone,
      arbitrarySet,
      fc.constantFrom("Asia/Shanghai", "America/New_York", "UTC"),
      fc.integer({ min: 0, max: 2_000 }),
      (of, done, set, zone, days) => {
        const asked = { set, timezone: zone, now: start + days * day };
        const { nextAt, ...standing } = tierStanding(of, done, asked);
        expect(standing).toEqual(modelTier(of, done, asked));
        // In whatever order it is told.
        expect(tierStanding(of, [...done].reverse(), asked)).toEqual({ nextAt, ...standing });
        // And by time alone nothing else follows before it is said to.
        const soon = { ...asked, now: nextAt === null ? asked.now + 4_000 * day : nextAt - 1 };
        if (set === null || set.from <= asked.now) expect(modelTier(of, done, soon)).toEqual(standing);
      },
    ),
    { numRuns: isLong ? 5_000 : 200 },
  );
});

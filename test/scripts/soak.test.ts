/** G42, in its short form: the run itself. How memory goes shows only over half an hour; see scripts/soak. */
import { execFile } from "node:child_process";
import { expect, test } from "vitest";
import { faultsOf, type Soak } from "../../scripts/soak/faults.ts";
import { type Sample, slopeOf, trendOf } from "../../scripts/soak/trend.ts";
import { patience, whenLong } from "../faults/sizes.ts";

const megabyte = 2 ** 20;
const samplesOf = (memory: (seconds: number) => number, more: Partial<Sample> = {}): Sample[] =>
  Array.from({ length: 360 }, (_, i) => ({
    seconds: i * 5,
    residentBytes: memory(i * 5),
    openFiles: 40,
    connections: 12,
    ...more,
  }));
/** Up and down between two collections. */
const sawtooth = (seconds: number) => (150 + (seconds % 45)) * megabyte;

test("what only goes up and down is flat, and a leak of ten megabytes an hour shows", () => {
  expect(Math.abs(trendOf(samplesOf(sawtooth), 60).megabytesPerHour)).toBeLessThan(5);
  const leaking = samplesOf((seconds) => sawtooth(seconds) + (seconds / 3_600) * 10 * megabyte);
  expect(trendOf(leaking, 60).megabytesPerHour).toBeGreaterThan(5);
  expect(
    slopeOf([
      [0, 1],
      [1, 3],
      [2, 5],
    ]),
  ).toBe(2);
});

test("a file that is not closed shows in the second half", () => {
  const samples = samplesOf(() => 0).map((sample, i) => ({ ...sample, openFiles: 40 + Math.floor(i / 36) }));
  expect(trendOf(samples, 60)).toMatchObject({ moreFiles: 5 });
});

const flat: Soak = {
  minutes: 30,
  clients: 8,
  poolSize: 12,
  trend: { megabytesPerHour: 4, moreFiles: 16 },
  atRest: { inUse: 0, connections: 15 },
  wasAlive: true,
  exitCode: 0,
  tally: new Map([["201", 1]]),
};

test("a run that is flat has no faults", () => {
  expect(faultsOf(flat)).toEqual([]);
  // A line through the memory of a short run says nothing.
  expect(faultsOf({ ...flat, minutes: 19, trend: { megabytesPerHour: 90, moreFiles: 0 } })).toEqual([]);
});

test.each<[what: string, found: Partial<Soak>]>([
  ["the service ended", { wasAlive: false }],
  ["it ended badly", { exitCode: 1 }],
  ["it was killed", { exitCode: null }],
  ["files grew", { trend: { megabytesPerHour: 0, moreFiles: 17 } }],
  ["memory grew", { trend: { megabytesPerHour: 5.1, moreFiles: 0 } }],
  ["it came to no rest", { atRest: null }],
  ["a connection was not given back", { atRest: { inUse: 1, connections: 12 } }],
  ["there are connections past the pool", { atRest: { inUse: 0, connections: 16 } }],
  ["nothing was redeemed", { tally: new Map([["200", 9]]) }],
  ["something went wrong", { tally: new Map(Object.entries({ "201": 9, "500": 1 })) }],
])("that %s is a fault, and one alone", (_, found) => {
  expect(faultsOf({ ...flat, ...found })).toHaveLength(1);
});

test.each(whenLong(["1"], []))(
  "%s minute with chaos leaves as many files and connections",
  { timeout: patience },
  async (minutes) => {
    const run = await new Promise<{ code: number; text: string }>((settle) => {
      const child = execFile(
        process.execPath,
        ["--import", "tsx", "scripts/soak/main.ts", "--minutes", minutes],
        (_, out, err) => settle({ code: child.exitCode ?? -1, text: `${out}${err}` }),
      );
    });
    expect(run).toMatchObject({ code: 0 });
  },
);

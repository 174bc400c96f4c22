/** G42, in its short form: the run itself. How memory goes shows only over half an hour; see scripts/soak. */
import { execFile } from "node:child_process";
import { expect, test } from "vitest";
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
  expect(trendOf(samples, 60)).toMatchObject({ moreFiles: 5, moreConnections: 0 });
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

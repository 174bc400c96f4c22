import { expect, test } from "vitest";
import { lagMeter } from "../../src/platform/replica.ts";

const cluster = "1";
const meter = () => {
  let now = 0;
  const lag = lagMeter(() => now);
  return {
    ...lag,
    at: (milliseconds: number) => {
      now = milliseconds;
    },
    wrote: (position: bigint) => lag.primaryIsAt({ cluster, position, askedAt: now }),
    replayed: (position: bigint, itsCluster = cluster) =>
      lag.replicaIsAt({ cluster: itsCluster, position, askedAt: now }),
  };
};

test("nobody knows before both were asked", () => {
  const lag = meter();
  expect(lag.behindSeconds()).toBeNull();
  lag.wrote(10n);
  expect(lag.behindSeconds()).toBeNull();
  lag.replayed(9n);
  expect(lag.behindSeconds()).toBeNull();
  lag.replayed(10n);
  expect(lag.behindSeconds()).toBe(0);
});

test("a primary at which nothing happens for an hour has a replica that is not behind", () => {
  const lag = meter();
  lag.replayed(10n);
  lag.wrote(10n);
  lag.replayed(10n);
  lag.at(3_600_000);
  lag.wrote(10n);
  lag.at(3_600_500);
  expect(lag.behindSeconds()).toBe(0.5);
});

test("a replica that stands still falls behind from the first thing that it misses, and catches up in steps", () => {
  const lag = meter();
  lag.wrote(10n);
  lag.replayed(10n);
  for (const [at, position] of [
    [1_000, 11n],
    [2_000, 12n],
    [3_000, 13n],
  ] as const) {
    lag.at(at);
    lag.wrote(position);
  }
  lag.replayed(10n);
  expect(lag.behindSeconds()).toBe(3);
  lag.replayed(12n);
  expect(lag.behindSeconds()).toBe(1);
  lag.replayed(13n);
  expect(lag.behindSeconds()).toBe(0);
});

test("one of which the primary says nothing any more is behind by as much as nothing was heard", () => {
  const lag = meter();
  lag.wrote(10n);
  lag.replayed(10n);
  lag.at(9_000);
  lag.replayed(10n);
  expect(lag.behindSeconds()).toBe(9);
});

test("a database that is another's replica is never read", () => {
  const lag = meter();
  lag.wrote(10n);
  lag.replayed(99n, "2");
  expect(lag.behindSeconds()).toBeNull();
  lag.wrote(11n);
  expect(lag.behindSeconds()).toBeNull();
});

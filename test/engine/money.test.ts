import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Allocation,
  allocate,
  parsePercent,
  roundingMode,
  roundMillionths,
  roundRatio,
  wholePercent,
} from "../../src/engine/money.ts";

const runs = process.env.LONG === "1" ? 10_000 : 500;

const unlimited = (weights: readonly unknown[]) => weights.map(() => Number.MAX_SAFE_INTEGER);
const partsOf = (
  weights: readonly (number | bigint)[],
  counts: readonly number[] = weights.map(() => 1),
  rooms: readonly number[] = unlimited(weights),
) => weights.map((weight, i) => ({ weight, count: counts[i]!, room: rooms[i]! }));
/** What one unit per part receives. */
const split = (total: number, weights: readonly (number | bigint)[], caps = unlimited(weights)) => {
  const { base, extra } = allocate(total, partsOf(weights, undefined, caps));
  return base.map((amount, i) => amount + extra[i]!);
};
const sumOf = ({ base, extra }: Allocation, counts: readonly number[]) =>
  base.reduce((sum, amount, i) => sum + amount * counts[i]! + extra[i]!, 0);

describe("allocate", () => {
  test.each<[string, number, (number | bigint)[], number[]]>([
    ["splits in proportion", 300, [1, 2], [100, 200]],
    ["gives the odd cent to the largest remainder", 100, [100, 201, 99], [25, 50, 25]],
    ["gives the odd cent of equal remainders to the earlier part", 100, [1, 1, 1], [34, 33, 33]],
    ["gives two odd cents to the two earlier parts", 101, [1, 1, 1], [34, 34, 33]],
    ["gives a part without weight nothing", 100, [0, 1, 0, 1, 1], [0, 34, 0, 33, 33]],
    ["splits nothing into nothing", 0, [1, 2], [0, 0]],
    ["gives a single cent to the heaviest part", 1, [1, 3, 2], [0, 1, 0]],
    ["splits by weights that are exact beyond 2^53", 3, [2n ** 80n, 2n ** 81n], [1, 2]],
  ])("%s", (_title, total, weights, expected) => {
    expect(split(total, weights)).toEqual(expected);
  });

  test("gives each unit of a part the same, and the odd cents to its first units", () => {
    expect(allocate(1000, partsOf([1], [3], [1000]))).toEqual({ base: [333], extra: [1] });
    expect(allocate(11, partsOf([1, 1], [3, 3], [9, 9]))).toEqual({ base: [1, 1], extra: [3, 2] });
  });

  test("hands what a full part cannot hold to the others", () => {
    expect(split(10, [1, 1], [3, 10])).toEqual([3, 7]);
    expect(split(10, [1, 1, 1], [4, 3, 3])).toEqual([4, 3, 3]);
  });

  test("refuses a total that the units cannot hold", () => {
    expect(() => split(7, [1, 1], [3, 3])).toThrow(RangeError);
    expect(() => split(1, [0, 0])).toThrow(RangeError);
  });

  const part = fc.record({
    weight: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 2 ** 45 })),
    count: fc.integer({ min: 1, max: 9 }),
  });
  const parts = fc
    .array(part, { minLength: 1, maxLength: 8 })
    .filter((list) => list.some(({ weight }) => weight > 0));
  const total = fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 2 ** 45 }));

  test("loses nothing, never passes a cap and gives weight 0 nothing, whatever the parts", () => {
    const capped = fc.tuple(
      parts,
      fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 8, maxLength: 8 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
    );
    fc.assert(
      fc.property(capped, ([list, limits, fill]) => {
        const counts = list.map(({ count }) => count);
        const room = list.reduce(
          (sum, { weight, count }, i) => sum + (weight > 0 ? limits[i]! * count : 0),
          0,
        );
        const whole = Math.floor(room * fill);
        const allocation = allocate(
          whole,
          list.map((part, i) => ({ ...part, room: limits[i]! })),
        );
        expect(sumOf(allocation, counts)).toBe(whole);
        list.forEach(({ weight, count }, i) => {
          const most = allocation.base[i]! + (allocation.extra[i]! > 0 ? 1 : 0);
          expect(most).toBeLessThanOrEqual(weight === 0 ? 0 : limits[i]!);
          expect(allocation.extra[i]).toBeLessThanOrEqual(count);
        });
      }),
      { numRuns: runs },
    );
  });

  test("is less than a cent from the exact share of every unit where no cap binds", () => {
    fc.assert(
      fc.property(parts, total, (list, whole) => {
        const weights = list.map(({ weight }) => BigInt(weight));
        const { base, extra } = allocate(
          whole,
          partsOf(
            weights,
            list.map(({ count }) => count),
          ),
        );
        const sum = list.reduce((all, { count }, i) => all + weights[i]! * BigInt(count), 0n);
        list.forEach((_, i) => {
          for (const received of extra[i]! > 0 ? [base[i]!, base[i]! + 1] : [base[i]!]) {
            const off = BigInt(received) * sum - BigInt(whole) * weights[i]!;
            expect((off < 0n ? -off : off) < sum).toBe(true);
          }
        });
      }),
      { numRuns: runs },
    );
  });

  test("gives equal parts in front no less than equal parts behind, and never more than a cent more", () => {
    fc.assert(
      fc.property(
        total,
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 2 ** 45 }),
        (whole, size, weight) => {
          const received = split(whole, new Array<number>(size).fill(weight));
          received.slice(1).forEach((amount, i) => {
            expect(received[i]! - amount === 0 || received[i]! - amount === 1).toBe(true);
          });
          expect(received[0]! - received.at(-1)!).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: runs },
    );
  });

  test("comes to the same in numbers and in big integers", () => {
    fc.assert(
      fc.property(parts, total, (list, whole) => {
        const counts = list.map(({ count }) => count);
        const numbers = allocate(
          whole,
          partsOf(
            list.map(({ weight }) => weight),
            counts,
          ),
        );
        expect(
          allocate(
            whole,
            partsOf(
              list.map(({ weight }) => BigInt(weight)),
              counts,
            ),
          ),
        ).toEqual(numbers);
      }),
      { numRuns: runs },
    );
  });
});

describe("rounding", () => {
  test.each([
    ["half_up", 499_999, 0],
    ["half_up", 500_000, 1],
    ["half_up", 500_001, 1],
    ["half_up", 1_500_000, 2],
    ["half_up", 2_500_000, 3],
    ["half_even", 499_999, 0],
    ["half_even", 500_000, 0],
    ["half_even", 500_001, 1],
    ["half_even", 1_500_000, 2],
    ["half_even", 2_500_000, 2],
    ["half_even", 2_500_001, 3],
    ["down", 500_000, 0],
    ["down", 999_999, 0],
    ["down", 1_000_000, 1],
    ["down", 1_000_001, 1],
  ] as const)("%s makes %i millionths %i", (mode, millionths, expected) => {
    expect(roundMillionths(millionths, mode)).toBe(expected);
    expect(roundRatio(BigInt(millionths), 1_000_000n, mode)).toBe(expected);
    expect(roundRatio(BigInt(millionths) * 7n, 7_000_000n, mode)).toBe(expected);
  });

  test("of whole amounts changes nothing, and is the same on both roads", () => {
    const amount = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(amount, fc.constantFrom(...roundingMode.options), (millionths, mode) => {
        expect(roundMillionths(millionths, mode)).toBe(
          roundRatio(BigInt(millionths), BigInt(wholePercent), mode),
        );
        expect(roundRatio(BigInt(millionths), 1n, mode)).toBe(millionths);
      }),
      { numRuns: runs },
    );
  });
});

describe("a percentage", () => {
  test.each([
    [0.0001, 1],
    [0.07, 700],
    [1.1, 11_000],
    [12.5, 125_000],
    [33.3333, 333_333],
    [99.9999, 999_999],
    [100, wholePercent],
    [0.00001, null],
    [33.33333, null],
    [12.50001, null],
    [12.500_000_000_01, null],
    [100.000_000_000_01, null],
    [1e-11, null],
  ])("%d is %s millionths of the whole", (percent, expected) => {
    expect(parsePercent(percent)).toBe(expected);
  });

  test("with at most four decimals is held exactly", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: wholePercent }), (scaled) => {
        expect(
          parsePercent(Number(`${Math.floor(scaled / 10_000)}.${String(scaled % 10_000).padStart(4, "0")}`)),
        ).toBe(scaled);
      }),
      { numRuns: runs },
    );
  });
});

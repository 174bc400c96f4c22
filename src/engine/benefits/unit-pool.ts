/**
 * Units that a benefit takes in groups: each unit serves once, whatever selectors cover it.
 *
 * Equal units of a segment are taken together: ten thousand identical groups are one application with `times`.
 */
import { partOf, type Range } from "../goods.ts";

/** What is left of a segment. */
export interface PoolEntry {
  readonly range: Range;
  left: number;
}

export class UnitPool {
  private readonly entries = new Map<number, PoolEntry>();

  /** The entries behind the ranges, in their order; the same segment is the same entry for every selector. */
  entriesOf(ranges: readonly Range[]): PoolEntry[] {
    return ranges.map((range) => {
      const key = range.line * 1e9 + range.from;
      let entry = this.entries.get(key);
      if (entry === undefined) {
        entry = { range, left: range.count };
        this.entries.set(key, entry);
      }
      return entry;
    });
  }
}

/** Units set aside from one entry for every application of a group. */
export interface Take {
  readonly entry: PoolEntry;
  readonly units: number;
}

/** The first `units` units still left, in the order of the entries; null when there are not enough. `reserved` are spoken for. */
export function findUnits(
  entries: readonly PoolEntry[],
  units: number,
  reserved: readonly Take[] = [],
): Take[] | null {
  const takes: Take[] = [];
  let missing = units;
  for (const entry of entries) {
    if (missing === 0) break;
    const free = entry.left - reservedOf(entry, reserved);
    if (free <= 0) continue;
    const taken = Math.min(free, missing);
    takes.push({ entry, units: taken });
    missing -= taken;
  }
  return missing === 0 ? takes : null;
}

export function unitsLeft(entries: readonly PoolEntry[]): number {
  return entries.reduce((sum, entry) => sum + entry.left, 0);
}

/**
 * How many applications alike can be made of these takes at once: more than one only where every part comes out of a
 * single segment of its own, so that taking it again would find the very same units.
 */
export function timesAlike(parts: readonly (readonly Take[])[], atMost: number): number {
  const seen = new Set<PoolEntry>();
  let times = atMost;
  for (const takes of parts) {
    const only = takes[0];
    if (takes.length !== 1 || only === undefined || seen.has(only.entry)) return 1;
    seen.add(only.entry);
    times = Math.min(times, Math.floor(only.entry.left / only.units));
  }
  return times;
}

/** Takes the units out of the pool, the earliest positions first, and says which they were. */
export function takeOut(takes: readonly Take[], times: number): Range[] {
  return takes.map(({ entry, units }) => {
    const skip = entry.range.count - entry.left;
    entry.left -= units * times;
    return partOf(entry.range, skip, units * times);
  });
}

/** What one application's units cost. */
export function worthOf(takes: readonly Take[]): number {
  return takes.reduce((sum, { entry, units }) => sum + entry.range.price * units, 0);
}

function reservedOf(entry: PoolEntry, reserved: readonly Take[]): number {
  let units = 0;
  for (const take of reserved) if (take.entry === entry) units += take.units;
  return units;
}

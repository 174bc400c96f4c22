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

/** Segments in the order in which a benefit takes from them. */
export interface Queue {
  readonly entries: readonly PoolEntry[];
  /** Everything before it is used up, so that no search walks through it again. */
  first: number;
}

export class UnitPool {
  private readonly entries = new Map<number, PoolEntry>();

  /** The entries behind the ranges, in their order; the same segment is the same entry for every selector. */
  queueOf(ranges: readonly Range[]): Queue {
    const entries = ranges.map((range) => {
      const key = range.line * 1e9 + range.from;
      let entry = this.entries.get(key);
      if (entry === undefined) {
        entry = { range, left: range.count };
        this.entries.set(key, entry);
      }
      return entry;
    });
    return { entries, first: 0 };
  }
}

/** Units set aside from one entry for every application of a group. */
export interface Take {
  readonly entry: PoolEntry;
  readonly units: number;
}

/** The first `units` units still left, in the order of the queue; null when there are not enough. `reserved` are spoken for. */
export function findUnits(queue: Queue, units: number, reserved: readonly Take[] = []): Take[] | null {
  const { entries } = queue;
  while (queue.first < entries.length && entries[queue.first]!.left === 0) queue.first++;
  const spokenFor = unitsByEntry(reserved);
  const takes: Take[] = [];
  let missing = units;
  for (let i = queue.first; i < entries.length && missing > 0; i++) {
    const entry = entries[i]!;
    const free = entry.left - (spokenFor?.get(entry) ?? 0);
    if (free <= 0) continue;
    const taken = Math.min(free, missing);
    takes.push({ entry, units: taken });
    missing -= taken;
  }
  return missing === 0 ? takes : null;
}

export function unitsLeft({ entries }: Queue): number {
  return entries.reduce((sum, entry) => sum + entry.left, 0);
}

/**
 * How many applications alike can be made of these takes at once: more than one only where every part comes out of a
 * single segment, so that taking it again would find the very same units.
 */
export function timesAlike(parts: readonly (readonly Take[])[], atMost: number): number {
  const single: Take[] = [];
  for (const takes of parts) {
    if (takes.length !== 1) return 1;
    single.push(takes[0]!);
  }
  let times = atMost;
  for (const { entry } of single) times = Math.min(times, Math.floor(entry.left / unitsOf(entry, single)));
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

function unitsOf(wanted: PoolEntry, takes: readonly Take[]): number {
  let sum = 0;
  for (const { entry, units } of takes) if (entry === wanted) sum += units;
  return sum;
}

function unitsByEntry(takes: readonly Take[]): Map<PoolEntry, number> | null {
  if (takes.length === 0) return null;
  const units = new Map<PoolEntry, number>();
  for (const take of takes) units.set(take.entry, (units.get(take.entry) ?? 0) + take.units);
  return units;
}

/**
 * In which tier of a membership programme somebody is: a function of what they did, of what was set by hand, and of the time.
 *
 * Nothing is counted up or down. Goods that come back, and orders that are told late, change what was done, and the tier is what
 * follows from it as it stands: whoever reached gold by an order that came back as a whole never was gold.
 */
import { dateOf, dayOf, monthsLater } from "./calendar.ts";
import { findZone, millisecondsPerDay, type Zone } from "./zone.ts";

export interface TierRules {
  /** Over what is counted: the last so many months, or the year so far, by the clock on the wall. */
  readonly qualification: { readonly kind: "rolling_months" | "calendar_year"; readonly months: number };
  /** How long a tier is kept: to the end of the day so many months later, or of the year so many years after this one. */
  readonly validity: { readonly kind: "months" | "calendar_years"; readonly count: number };
  /** To what one falls when it ends: the tier one then qualifies for, or no more than one below. */
  readonly downgrade: "to_qualified" | "one_level";
  /** From the lowest to the highest. */
  readonly tiers: readonly TierLevel[];
}

export interface TierLevel {
  readonly key: string;
  /** What one of the sums must come to at least, by what they are of: a currency, or whatever else is counted. */
  readonly bounds: Readonly<Record<string, number>>;
}

export interface Achievement {
  /** Epoch milliseconds. */
  readonly at: number;
  /** As in `bounds`. */
  readonly of: string;
  readonly value: number;
}

/** A tier that somebody set by hand. Null: none. */
export interface SetTier {
  readonly tier: string | null;
  /** Epoch milliseconds: `[from, until)`. */
  readonly from: number;
  readonly until: number;
}

export interface TierStanding {
  readonly tier: string | null;
  /** Epoch milliseconds; null without a tier. */
  readonly since: number | null;
  readonly until: number | null;
  readonly isManual: boolean;
  /** When something else follows by time alone; null: never. */
  readonly nextAt: number | null;
}

export const noTier: TierStanding = { tier: null, since: null, until: null, isManual: false, nextAt: null };

/** `now`: epoch milliseconds. */
export function tierStanding(
  rules: TierRules,
  done: readonly Achievement[],
  { set, timezone, now }: { set: SetTier | null; timezone: string; now: number },
): TierStanding {
  const calendar = new TierCalendar(rules, timezone);
  const sums = new RunningSums(done, now);
  const earned = climb(rules, sums, calendar, now);
  const next = (...instants: (number | null)[]) => {
    const ahead = instants.filter((instant): instant is number => instant !== null && instant > now);
    return ahead.length === 0 ? null : Math.min(...ahead);
  };
  if (set !== null && set.from <= now && now < set.until) {
    const level = rules.tiers.findIndex(({ key }) => key === set.tier);
    const isKnown = set.tier === null || level >= 0;
    // What was reached since goes before what was set; a tier that one fell to since was not reached.
    const isOutgrown = earned.level > level && earned.reachedAt > set.from;
    if (isKnown && !isOutgrown)
      return {
        tier: set.tier,
        since: set.tier === null ? null : set.from,
        until: set.until,
        isManual: true,
        nextAt: next(set.until, sums.nextAt),
      };
  }
  const { level, since, until } = earned;
  if (level < 0) return { ...noTier, nextAt: next(set?.from ?? null, sums.nextAt) };
  return {
    tier: rules.tiers[level]!.key,
    since,
    until,
    isManual: false,
    nextAt: next(until, set?.from ?? null, sums.nextAt),
  };
}

/** What counts now towards the next tier: since when, and how much of each. */
export function qualifyingSums(
  rules: TierRules,
  done: readonly Achievement[],
  { timezone, now }: { timezone: string; now: number },
): { from: number; sums: Record<string, number> } {
  const before = new TierCalendar(rules, timezone).windowBefore(now);
  const running = new RunningSums(done, now);
  return {
    from: before + 1,
    sums: Object.fromEntries(running.names.map((name) => [name, running.between(name, before, now)])),
  };
}

interface Climb {
  /** -1: none. */
  level: number;
  since: number;
  until: number;
  /** When something that was done last led to a higher one. */
  reachedAt: number;
}

function climb({ tiers, downgrade }: TierRules, sums: RunningSums, calendar: TierCalendar, now: number) {
  const state: Climb = { level: -1, since: 0, until: 0, reachedAt: 0 };
  const levelAt = (instant: number, before: number): number => {
    for (let level = tiers.length - 1; level >= 0; level -= 1)
      for (const [name, bound] of Object.entries(tiers[level]!.bounds))
        if (sums.between(name, before, instant) >= bound) return level;
    return -1;
  };
  const endUntil = (instant: number) => {
    while (state.level >= 0 && state.until <= instant) {
      const end = state.until;
      // The last moment of the time that ends: a year that is over counts as the year, and the next ends a year after it.
      const last = end - 1;
      const qualified = levelAt(last, calendar.windowBefore(last));
      const level = downgrade === "one_level" ? Math.max(qualified, state.level - 1) : qualified;
      if (level !== state.level) state.since = end;
      state.level = level;
      state.until = calendar.endAfter(last);
    }
  };
  for (const instant of sums.instants) {
    endUntil(instant);
    if (state.level === tiers.length - 1) continue;
    // With the days of a longer time first, which costs no calendar: most orders lift nobody.
    if (levelAt(instant, calendar.longestBefore(instant)) <= state.level) continue;
    const level = levelAt(instant, calendar.windowBefore(instant));
    if (level <= state.level) continue;
    state.level = level;
    state.since = instant;
    state.reachedAt = instant;
    state.until = calendar.endAfter(instant);
  }
  endUntil(now);
  return state;
}

/** Sums of what was done up to now, between any two instants. */
class RunningSums {
  readonly instants: readonly number[];
  readonly names: readonly string[];
  /** The first thing that is dated ahead. */
  readonly nextAt: number | null;
  private readonly byName = new Map<string, { readonly at: number[]; readonly sum: number[] }>();

  constructor(done: readonly Achievement[], now: number) {
    const sorted = [...done].sort((a, b) => a.at - b.at);
    const past = sorted.filter(({ at }) => at <= now);
    this.nextAt = sorted[past.length]?.at ?? null;
    this.instants = [...new Set(past.map(({ at }) => at))];
    for (const { at, of, value } of past) {
      const row = this.byName.get(of) ?? { at: [], sum: [] };
      this.byName.set(of, row);
      row.at.push(at);
      row.sum.push((row.sum.at(-1) ?? 0) + value);
    }
    this.names = [...this.byName.keys()];
  }

  /** After `before` and up to `instant`. */
  between(name: string, before: number, instant: number): number {
    const row = this.byName.get(name);
    return row === undefined ? 0 : through(row, instant) - through(row, before);
  }
}

function through({ at, sum }: { at: readonly number[]; sum: readonly number[] }, instant: number): number {
  let low = 0;
  let high = at.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at[middle]! <= instant) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? 0 : sum[low - 1]!;
}

class TierCalendar {
  private readonly zone: Zone;
  private readonly rules: TierRules;

  constructor(rules: TierRules, timezone: string) {
    const zone = findZone(timezone);
    if (zone === null) throw new Error(`${timezone} is not a time zone`);
    this.zone = zone;
    this.rules = rules;
  }

  /** The last instant that does not count any more at this one. */
  windowBefore(instant: number): number {
    const { kind, months } = this.rules.qualification;
    const day = this.dayAt(instant);
    if (kind === "calendar_year") return this.zone.startOfDay(dayOf(dateOf(day).year, 1, 1)) - 1;
    const timeOfDay = this.wallAt(instant) - day * millisecondsPerDay;
    return this.zone.instantOf(monthsLater(day, -months) * millisecondsPerDay + timeOfDay);
  }

  /** No later than `windowBefore`, without looking at a calendar. */
  longestBefore(instant: number): number {
    const { kind, months } = this.rules.qualification;
    return instant - ((kind === "calendar_year" ? 12 : months) * 31 + 2) * millisecondsPerDay;
  }

  /** When a tier ends that begins or goes on at this instant. */
  endAfter(instant: number): number {
    const { kind, count } = this.rules.validity;
    const day = this.dayAt(instant);
    return this.zone.startOfDay(
      kind === "months" ? monthsLater(day, count) + 1 : dayOf(dateOf(day).year + count + 1, 1, 1),
    );
  }

  private wallAt(instant: number): number {
    return instant + this.zone.spanAt(instant).offset;
  }

  private dayAt(instant: number): number {
    return Math.floor(this.wallAt(instant) / millisecondsPerDay);
  }
}

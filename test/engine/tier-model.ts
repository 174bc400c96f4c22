/** The tiers of somebody, told as a story from the first day on: slow, and without anything of `tier-ladder.ts`. */
import { Temporal } from "temporal-polyfill";
import type { Achievement, SetTier, TierRules } from "../../src/engine/tier-ladder.ts";

export function modelTier(
  rules: TierRules,
  done: readonly Achievement[],
  { set, timezone, now }: { set: SetTier | null; timezone: string; now: number },
): { tier: string | null; since: number | null; until: number | null; isManual: boolean } {
  const wall = (at: number) => Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timezone);
  const counts = (what: Achievement, at: number): boolean => {
    const { kind, months } = rules.qualification;
    return (
      what.at <= at &&
      (kind === "calendar_year"
        ? wall(what.at).year === wall(at).year
        : what.at > wall(at).subtract({ months }).epochMilliseconds)
    );
  };
  const levelAt = (at: number): number =>
    rules.tiers.findLastIndex(({ bounds }) =>
      Object.entries(bounds).some(([name, bound]) => {
        const counted = done.filter((what) => what.of === name && counts(what, at));
        return counted.reduce((sum, { value }) => sum + value, 0) >= bound;
      }),
    );
  const endAfter = (at: number): number => {
    const { kind, count } = rules.validity;
    const day =
      kind === "months"
        ? wall(at).toPlainDate().add({ months: count }).add({ days: 1 })
        : Temporal.PlainDate.from({ year: wall(at).year + count + 1, month: 1, day: 1 });
    return day.toZonedDateTime(timezone).epochMilliseconds;
  };
  let [level, since, until] = [-1, 0, Number.POSITIVE_INFINITY];
  let lifted = 0;
  const moments = [...new Set(done.map(({ at }) => at))].filter((at) => at <= now).sort((a, b) => a - b);
  for (;;) {
    const moment = moments[0] ?? Number.POSITIVE_INFINITY;
    const next = Math.min(until, moment);
    if (next > now) break;
    if (until <= moment) {
      const reached = levelAt(until - 1);
      const lower = rules.downgrade === "one_level" ? Math.max(reached, level - 1) : reached;
      if (lower !== level) since = until;
      level = lower;
      until = level < 0 ? Number.POSITIVE_INFINITY : endAfter(until - 1);
      continue;
    }
    moments.shift();
    const reached = levelAt(moment);
    if (reached <= level) continue;
    [level, since, until] = [reached, moment, endAfter(moment)];
    lifted = moment;
  }
  if (set !== null && set.from <= now && now < set.until) {
    const setLevel = rules.tiers.findIndex(({ key }) => key === set.tier);
    if ((set.tier === null || setLevel >= 0) && !(level > setLevel && lifted > set.from))
      return {
        tier: set.tier,
        since: set.tier === null ? null : set.from,
        until: set.until,
        isManual: true,
      };
  }
  return level < 0
    ? { tier: null, since: null, until: null, isManual: false }
    : { tier: rules.tiers[level]!.key, since, until, isManual: false };
}

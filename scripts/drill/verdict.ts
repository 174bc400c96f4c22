/** What the drill found, as rows of its table. */
import type { Sample } from "./traffic.ts";

export interface Finding {
  /** Such as G32; several findings may be about one. */
  readonly promise: string;
  readonly what: string;
  readonly allowed: string;
  readonly measured: string;
  readonly holds: boolean;
}

export function atMost(
  promise: string,
  what: string,
  most: number,
  measured: number,
  unit: "ms" | "s",
): Finding {
  const told = (figure: number) => (unit === "ms" ? `${Math.ceil(figure)} ms` : `${figure.toFixed(1)} s`);
  // What was never measured is no success.
  return {
    promise,
    what,
    allowed: `≤ ${unit === "ms" ? `${most} ms` : `${most} s`}`,
    measured: Number.isFinite(measured) ? told(measured) : "nothing seen",
    holds: measured <= most,
  };
}

/** `of`: how many there were at all; none of them is a check that checked nothing. */
export function none(promise: string, what: string, found: number, of: number): Finding {
  return {
    promise,
    what,
    allowed: "0",
    measured: `${found} of ${of.toLocaleString("en")}`,
    holds: found === 0 && of > 0,
  };
}

export function longest(samples: readonly Sample[]): number {
  return samples.reduce(
    (most, { milliseconds }) => Math.max(most, milliseconds),
    samples.length > 0 ? 0 : Number.NaN,
  );
}

export function quantile(samples: readonly Sample[], share: number): number {
  const sorted = samples.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

const unanswered: Readonly<Record<number, string>> = { 0: "broken", [-1]: "none free" };

/** By status, such as `200: 1,200, 503: 40`. */
export function tallyOf(samples: readonly Sample[]): string {
  const tally = new Map<number, number>();
  for (const { status } of samples) tally.set(status, (tally.get(status) ?? 0) + 1);
  return [...tally]
    .sort(([a], [b]) => a - b)
    .map(([status, count]) => `${unanswered[status] ?? status}: ${count.toLocaleString("en")}`)
    .join(", ");
}

/** How long after `since` the last request was due that was not answered well; 0 where all were. NaN where none was at all. */
export function secondsUntilWell(
  samples: readonly Sample[],
  since: number,
  isWell: (sample: Sample) => boolean,
): number {
  const after = samples.filter(({ at }) => at >= since);
  if (!after.some(isWell)) return Number.NaN;
  return (
    after.reduce((last, sample) => (isWell(sample) ? last : Math.max(last, sample.at - since)), 0) / 1_000
  );
}

export const named = (samples: readonly Sample[], name: string) =>
  samples.filter(({ stream }) => stream === name);

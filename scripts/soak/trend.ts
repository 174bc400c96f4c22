/** One measurement of a running service. */
export interface Sample {
  readonly seconds: number;
  readonly residentBytes: number;
  readonly openFiles: number;
  readonly connections: number;
}

/** Slope of the straight line with the least squared distance, in units of y for each unit of x; 0 for fewer than two points. */
export function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const count = points.length;
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / count;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / count;
  let over = 0;
  let under = 0;
  for (const [x, y] of points) {
    over += (x - meanX) * (y - meanY);
    under += (x - meanX) ** 2;
  }
  return under === 0 ? 0 : over / under;
}

export interface Trend {
  readonly megabytesPerHour: number;
  /** The most of the second half beyond the most of the first. */
  readonly moreFiles: number;
}

/**
 * What grows. Of memory the least of each stretch of `stretchSeconds` counts: between two collections it goes up and down by
 * more than any leak would show.
 */
export function trendOf(samples: readonly Sample[], stretchSeconds: number): Trend {
  const least = new Map<number, Sample>();
  for (const sample of samples) {
    const stretch = Math.floor(sample.seconds / stretchSeconds);
    const known = least.get(stretch);
    if (known === undefined || sample.residentBytes < known.residentBytes) least.set(stretch, sample);
  }
  const middle =
    (samples[0]?.seconds ?? 0) + ((samples.at(-1)?.seconds ?? 0) - (samples[0]?.seconds ?? 0)) / 2;
  const growth = (read: (sample: Sample) => number) => {
    const most = (those: readonly Sample[]) => Math.max(0, ...those.map(read));
    return (
      most(samples.filter(({ seconds }) => seconds > middle)) -
      most(samples.filter(({ seconds }) => seconds <= middle))
    );
  };
  return {
    megabytesPerHour:
      (slopeOf([...least.values()].map(({ seconds, residentBytes }) => [seconds, residentBytes])) * 3_600) /
      2 ** 20,
    moreFiles: growth(({ openFiles }) => openFiles),
  };
}

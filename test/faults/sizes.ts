const isLong = process.env.LONG === "1";
const scale = Number(process.env.SCALE ?? "1");

/** How much of something: little in `npm test`, the promised figure under LONG=1. SCALE makes either smaller for a look. */
export function sized(short: number, long: number): number {
  return Math.max(2, Math.round((isLong ? long : short) * scale));
}

export function whenLong<Item>(all: readonly Item[], some: readonly Item[]): readonly Item[] {
  return isLong ? all : some;
}

/** For a test that waits for others: a machine that is busy with everything else gets its time. */
export const patience = isLong ? 3_600_000 : 240_000;

/** By candidate, then line: how many of its units the promotion takes or counts. */
export type Uses = Map<number, Map<number, number>>;

export function note(uses: Uses, candidate: number, line: number, count = 1): void {
  let lines = uses.get(candidate);
  if (lines === undefined) {
    lines = new Map();
    uses.set(candidate, lines);
  }
  lines.set(line, (lines.get(line) ?? 0) + count);
}

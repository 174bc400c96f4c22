/** Reads a plan off the labels that led to it. */
import type { Automaton } from "./automaton.ts";
import type { Relaxation } from "./bound.ts";
import { type LabelTable, nobody } from "./labels.ts";
import { memory } from "./memory.ts";
import { note, type Uses } from "./uses.ts";

export interface FoundPlan {
  readonly value: number;
  readonly uses: Uses;
  /** Of a limited search: by candidate, what it brings. */
  readonly brought: ReadonlyMap<number, number>;
  /** And whether a group brings nothing, or less: the evaluator would not apply it. */
  readonly hasLoss: boolean;
}

/** `last`: a label behind the last unit of the last part. */
export function planEndingIn(
  last: number,
  labels: LabelTable,
  parts: readonly Relaxation[],
  isLimited: boolean,
): FoundPlan {
  const uses: Uses = new Map();
  const brought = new Map<number, number>();
  let hasLoss = false;
  let label = last;
  for (let i = parts.length - 1; i >= 0; i--) {
    const { units, players, alternatives, allAlternatives } = parts[i]!.component;
    const groups = isLimited ? players.map(({ automaton }) => new Groups(automaton)) : [];
    const stateOf = (at: number, player: number) => labels.states[at * labels.width + player]!;
    for (let unit = units.length - 1; unit >= 0; unit--) {
      const before = labels.parent[label]!;
      const taker = labels.taker[label]!;
      const { line } = units[unit]!;
      if (taker !== nobody) {
        const ofUnit = isLimited ? allAlternatives[unit]! : alternatives[unit]!;
        const { candidate } = taker >= 0 ? players[taker]! : ofUnit[-2 - taker]!;
        note(uses, candidate, line);
        if (isLimited) {
          const gain = labels.value[label]! - labels.value[before]!;
          brought.set(candidate, (brought.get(candidate) ?? 0) + gain);
          if (taker >= 0) groups[taker]!.add(gain, stateOf(label, taker));
        }
      }
      for (let p = 0; p < players.length; p++) {
        const { automaton, candidate } = players[p]!;
        if (p === taker || !automaton.countsWhatIsLeft) continue;
        if (stateOf(label, p) !== stateOf(before, p)) note(uses, candidate, line);
      }
      label = before;
    }
    for (const ofPlayer of groups) hasLoss ||= ofPlayer.haveLoss();
    if (i > 0) label = labels.parent[label]!;
  }
  return { value: labels.value[last]!, uses, brought, hasLoss };
}

/** The groups of an automaton that fills one after the other, from the last to the first. */
class Groups {
  private readonly automaton: Automaton;
  private least = Number.POSITIVE_INFINITY;
  /** What the group at hand brings, as far as its units have been seen. */
  private sum = Number.POSITIVE_INFINITY;

  constructor(automaton: Automaton) {
    this.automaton = automaton;
  }

  /** `state`: after the unit was taken. */
  add(gain: number, state: number): void {
    if (!this.automaton.mayLose) return;
    if (memory.ints[this.automaton.acceptingAt + state] === 1) {
      this.least = Math.min(this.least, this.sum);
      this.sum = 0;
    }
    this.sum += gain;
  }

  haveLoss(): boolean {
    return Math.min(this.least, this.sum) <= 0;
  }
}

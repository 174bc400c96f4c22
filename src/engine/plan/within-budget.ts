/**
 * A planner that may take too much work, and one that takes little: whatever the first has found by the time the work is
 * spent is lost, and the second proposes from what is left.
 */
import type { Planner } from "./planner.ts";

export function withinBudget(thorough: Planner, modest: Planner): Planner {
  return (situation) => situation.work.searching(() => thorough(situation)) ?? modest(situation);
}

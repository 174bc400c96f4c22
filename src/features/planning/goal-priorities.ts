import { z } from "zod";
import { defineCalculation, toFourDecimals } from "./calculation.ts";

const score = z.number().min(0).max(10);
const goal = z
  .strictObject({
    name: z.string().min(1).max(200),
    weight: score.describe("How much it matters, 0 to 10."),
    urgency: score,
    impact: score,
  })
  .meta({ id: "WeighedGoal" });

const ranked = z
  .object({
    name: z.string(),
    priority: z.number(),
    rank: z.int().describe("1 is first; equal ones share it."),
  })
  .meta({ id: "RankedGoal" });

export const goalPriorities = defineCalculation({
  name: "goal-priorities",
  id: "goalPriorities",
  summary: "Which of several goals goes first.",
  formula: "priority = weight × 0.4 + urgency × 0.3 + impact × 0.3",
  source: "A weighted score; the weights are a convention of planning, not a measurement.",
  input: z.strictObject({ goals: z.array(goal).min(1).max(100) }).meta({ id: "GoalPrioritiesQuestion" }),
  result: z.object({ goals: z.array(ranked) }).meta({ id: "GoalPriorities" }),
  example: {
    goals: [
      { name: "GMV 3,000,000", weight: 9, urgency: 8, impact: 9 },
      { name: "5,000 new customers", weight: 8, urgency: 6, impact: 7 },
    ],
  },
  compute({ goals }) {
    const scored = goals
      .map(({ name, weight, urgency, impact }) => ({
        name,
        priority: toFourDecimals(weight * 0.4 + urgency * 0.3 + impact * 0.3),
      }))
      .sort((a, b) => b.priority - a.priority);
    const rankOf = (priority: number) => scored.findIndex((other) => other.priority === priority) + 1;
    const rows = scored.map((row) => ({ ...row, rank: rankOf(row.priority) }));
    const isTied = rows.some(({ rank }, i) => rank !== i + 1);
    return {
      result: { goals: rows },
      cautions: isTied
        ? [{ code: "tied", message: "Some goals come out equal: the weights do not decide between them." }]
        : [],
    };
  },
});

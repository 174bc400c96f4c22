import { z } from "zod";
import { limits } from "../../engine/limits.ts";
import { allocate } from "../../engine/money.ts";
import { defineCalculation } from "./calculation.ts";

const amount = z.int().min(0).max(limits.amount);

/** Percent: what is taken, and between which bounds the rule of thumb has it. They come to 100. */
const elements = [
  { name: "direct", percent: 65, from: 60, to: 70 },
  { name: "channel", percent: 22.5, from: 20, to: 25 },
  { name: "operations", percent: 12.5, from: 10, to: 15 },
] as const;
const stages = [
  { name: "new", percent: 40 },
  { name: "repeat", percent: 30 },
  { name: "dormant", percent: 20 },
  { name: "brand", percent: 10 },
] as const;

const share = z
  .object({ name: z.string(), percent: z.number(), amount: z.int() })
  .meta({ id: "BudgetShare" });
const element = z
  .object({ name: z.string(), percent: z.number(), amount: z.int(), from: z.int(), to: z.int() })
  .meta({ id: "BudgetElement", description: "`from` and `to`: the amounts between which it may be moved." });

export const budgetSplit = defineCalculation({
  name: "budget-split",
  id: "promotionBudgetSplit",
  summary: "A budget by element and by stage of the customers' life, after what is easily forgotten.",
  formula:
    "left = budget − hidden costs; direct 65 % (60–70), channel 22.5 % (20–25), operations 12.5 % (10–15); new 40 %, repeat 30 %, dormant 20 %, brand 10 %",
  source: "A rule of thumb. Shares by largest remainder, so that each split adds up to the last minor unit.",
  input: z
    .strictObject({
      budget: amount.describe("Minor units, as are the others."),
      hiddenCosts: z
        .array(z.strictObject({ name: z.string().min(1).max(200), amount }).meta({ id: "HiddenCost" }))
        .max(100)
        .default([])
        .describe("Packaging, returns, service, fees of platforms: they are paid first."),
    })
    .meta({ id: "PromotionBudgetSplitQuestion" }),
  result: z
    .object({
      hidden: z.int(),
      left: z.int(),
      elements: z.array(element),
      stages: z.array(share),
    })
    .meta({ id: "PromotionBudgetSplit" }),
  example: { budget: 600_000_00, hiddenCosts: [{ name: "returns", amount: 50_000_00 }] },
  compute({ budget, hiddenCosts }) {
    const hidden = hiddenCosts.reduce((sum, cost) => sum + cost.amount, 0);
    const left = Math.max(0, budget - hidden);
    const amounts = split(left, elements);
    const ofStages = split(left, stages);
    return {
      result: {
        hidden,
        left,
        elements: elements.map(({ name, percent, from, to }, i) => ({
          name,
          percent,
          amount: amounts[i]!,
          from: Math.ceil((left * from) / 100),
          to: Math.floor((left * to) / 100),
        })),
        stages: stages.map(({ name, percent }, i) => ({ name, percent, amount: ofStages[i]! })),
      },
      cautions: [
        ...(hiddenCosts.length === 0
          ? [{ code: "no_hidden_costs", message: "No hidden cost was named; there are always some." }]
          : []),
        ...(hidden > budget
          ? [{ code: "budget_used_up", message: "The hidden costs alone are more than the budget." }]
          : []),
      ],
    };
  },
});

function split(total: number, shares: readonly { readonly percent: number }[]): number[] {
  const parts = shares.map(({ percent }) => ({ weight: percent * 10, count: 1, room: total }));
  const { base, extra } = allocate(total, parts);
  return base.map((amount, i) => amount + extra[i]!);
}

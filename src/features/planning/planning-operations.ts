import { z } from "zod";
import type { Role } from "../../platform/auth.ts";
import { defineOperation, type Operation } from "../../platform/operation.ts";
import { problem } from "../../platform/problem.ts";
import { budget } from "./budget.ts";
import { budgetSplit } from "./budget-split.ts";
import { type Calculation, caution } from "./calculation.ts";
import { campaignReturns } from "./campaign-returns.ts";
import { channelReturns } from "./channel-returns.ts";
import { discountDepth } from "./discount-depth.ts";
import { elasticity } from "./elasticity.ts";
import { goalPriorities } from "./goal-priorities.ts";
import { significance } from "./significance.ts";
import { timing } from "./timing.ts";

const planners: readonly Role[] = ["marketing", "viewer"];

export const calculations: readonly Calculation[] = [
  elasticity,
  goalPriorities,
  discountDepth,
  timing,
  budget,
  budgetSplit,
  channelReturns,
  campaignReturns,
  significance,
];

/** Each calculator becomes an operation: its formula and what it was told stand beside the result. */
export function planningOperations(): Operation[] {
  return calculations.map(({ name, id, summary, formula, source, input, result, example, compute }) =>
    defineOperation({
      id,
      method: "POST",
      path: `/v1/planning/${name}`,
      graphql: "query",
      tag: "planning",
      summary,
      description: `${formula}.\n\n${source}`,
      roles: planners,
      body: input,
      result: z
        .object({
          formula: z.string(),
          source: z.string(),
          inputs: input,
          result,
          cautions: z.array(caution),
        })
        .meta({ id: `${id[0]!.toUpperCase()}${id.slice(1)}Answer` }),
      example: example as never,
      problems: [],
      handler: ({ body }) => {
        const calculated = compute(body);
        if (!hasFigures(calculated.result)) throw beyondNumbers();
        return { formula, source, inputs: body, ...calculated } as never;
      },
    }),
  );
}

/** Whether every number in it is one: figures near the ends of what a double holds have squares and quotients beyond them. */
function hasFigures(result: unknown): boolean {
  if (typeof result === "number") return Number.isFinite(result);
  return typeof result !== "object" || result === null || Object.values(result).every(hasFigures);
}

function beyondNumbers() {
  const message = "Some figures are too small or too large to calculate with: use another unit.";
  return problem("invalid-request", { errors: [{ path: "", code: "figures_out_of_range", message }] });
}

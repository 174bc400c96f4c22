import { z } from "zod";
import { limits } from "../../engine/limits.ts";
import { roundRatio } from "../../engine/money.ts";
import { type Caution, defineCalculation } from "./calculation.ts";

const amount = z.int().min(0).max(limits.amount);

/** A percentage in millionths of the whole, so that all of it is exact in integers. */
const scale = 1_000_000n;

export const budget = defineCalculation({
  name: "budget",
  id: "promotionBudget",
  summary:
    "A budget three ways: from the target, from the share that promotions may cost, from what they add.",
  formula:
    "from target = sales × (1 − cost share) ÷ cost share; from share = sales × cost share; from increment = (expected − without) × cost share; hard cap = 120 % of what is planned",
  source:
    "Rules of thumb of budgeting. Worked example: for 1,000,000 at 1 : 4 the formula from the target gives 3,000,000, the share 250,000.",
  input: z
    .strictObject({
      sales: amount.describe("Aimed at, in minor units."),
      costShare: z
        .number()
        .min(0.1)
        .max(100)
        .describe("Percent of sales that may be spent, to four decimals: 25 for an ROI of 1 : 4."),
      salesWithout: amount
        .optional()
        .describe("What would be sold without the promotion; only what comes on top counts."),
    })
    .meta({ id: "PromotionBudgetQuestion" }),
  result: z
    .object({
      fromTarget: z.int().describe("Minor units, as are the others."),
      fromShare: z.int(),
      fromIncrement: z.int().nullable().describe("Null without `salesWithout`."),
      incrementalSales: z.int().nullable(),
      hardCap: z.int().describe("120 % of `fromShare`, or of `fromIncrement` where that is known."),
    })
    .meta({ id: "PromotionBudget" }),
  example: { sales: 1_000_000_00, costShare: 25, salesWithout: 700_000_00 },
  compute({ sales, costShare, salesWithout }) {
    const share = BigInt(Math.round(costShare * 10_000));
    const times = (worth: number) => roundRatio(BigInt(worth) * share, scale, "half_up");
    const fromTarget = roundRatio(BigInt(sales) * (scale - share), share, "half_up");
    const fromShare = times(sales);
    const incremental = salesWithout === undefined ? null : Math.max(0, sales - salesWithout);
    const fromIncrement = incremental === null ? null : times(incremental);
    return {
      result: {
        fromTarget,
        fromShare,
        fromIncrement,
        incrementalSales: incremental,
        hardCap: roundRatio(BigInt(fromIncrement ?? fromShare) * 120n, 100n, "half_up"),
      },
      cautions: cautionsOn(sales, salesWithout, fromTarget),
    };
  },
});

function cautionsOn(sales: number, salesWithout: number | undefined, fromTarget: number): Caution[] {
  const cautions: Caution[] = [];
  if (fromTarget > sales)
    cautions.push({
      code: "more_than_the_sales",
      message: "The formula from the target spends more than is sold; plan with the share or the increment.",
    });
  if (salesWithout === undefined)
    cautions.push({
      code: "increment_unknown",
      message:
        "Only what comes on top of ordinary sales pays for a promotion: say what would be sold without it.",
    });
  else if (salesWithout >= sales)
    cautions.push({
      code: "no_increment",
      message: "Nothing more would be sold than without the promotion.",
    });
  return cautions;
}

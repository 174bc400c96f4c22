import { z } from "zod";
import { type Caution, defineCalculation, toFourDecimals } from "./calculation.ts";

const percent = z.number().min(0).max(100);

/**
 * A rule of thumb, and beside it what the real margin says. With a margin m (share of the price) a discount d earns
 * (m − d) a unit instead of m, so sales must rise by m ÷ (m − d) − 1 only to earn the same. If sales rise by |e| × d, profit is
 * (m − d)(1 + |e| d) of the price; that is most at d = (m − 1 ÷ |e|) ÷ 2, and never worth it where |e| × m ≤ 1.
 */
export const discountDepth = defineCalculation({
  name: "discount-depth",
  id: "discountDepth",
  summary: "How deep a discount may be: the rule of thumb, and beside it what the margin says.",
  formula:
    "rule = (1 − margin kept) × |elasticity|; break-even: sales must rise by margin ÷ (margin − depth) − 1; most profit at (margin − 1 ÷ |elasticity|) ÷ 2",
  source:
    "Rule of thumb: (1 − 0.8) × 1.5 = 30 %. Break-even and most profit from the contribution per unit, with sales rising by |elasticity| × depth.",
  input: z
    .strictObject({
      elasticity: z
        .number()
        .min(-1_000)
        .max(1_000)
        .describe("As `/v1/planning/elasticity` answers it; its sign does not count."),
      marginKept: percent.describe("Of the margin, what is to be kept, in percent."),
      grossMargin: percent.describe("Of the price, what is left after the goods are paid, in percent."),
    })
    .meta({ id: "DiscountDepthQuestion" }),
  result: z
    .object({
      ruleOfThumb: z.number().describe("Percent off, at most 100."),
      breakEvenUplift: z
        .number()
        .nullable()
        .describe(
          "By how many percent sales must rise at that depth to earn as much as without. Null: no rise would do.",
        ),
      expectedUplift: z.number().describe("By how many percent they rise, if the elasticity holds that far."),
      profitChange: z.number().describe("Of the profit on these goods, in percent, at that depth."),
      mostProfitableDepth: z.number().describe("Percent off; 0 where no discount pays by itself."),
    })
    .meta({ id: "DiscountDepth" }),
  example: { elasticity: -1.5, marginKept: 80, grossMargin: 40 },
  compute({ elasticity, marginKept, grossMargin }) {
    const strength = Math.abs(elasticity);
    const margin = grossMargin / 100;
    const depth = Math.min(1, (1 - marginKept / 100) * strength);
    const uplift = strength * depth;
    const needed = depth < margin ? margin / (margin - depth) - 1 : null;
    const change = margin === 0 ? 0 : ((margin - depth) * (1 + uplift)) / margin - 1;
    const best = strength * margin > 1 ? (margin - 1 / strength) / 2 : 0;
    return {
      result: {
        ruleOfThumb: toFourDecimals(depth * 100),
        breakEvenUplift: needed === null ? null : toFourDecimals(needed * 100),
        expectedUplift: toFourDecimals(uplift * 100),
        profitChange: toFourDecimals(change * 100),
        mostProfitableDepth: toFourDecimals(best * 100),
      },
      cautions: cautionsOn(depth, margin, uplift, needed),
    };
  },
});

function cautionsOn(depth: number, margin: number, uplift: number, needed: number | null): Caution[] {
  if (depth === 0) return [];
  if (needed === null)
    return [
      {
        code: "below_cost",
        message: `At ${shown(depth)} off, goods with a margin of ${shown(margin)} earn nothing, however many are sold.`,
      },
    ];
  if (uplift < needed)
    return [
      {
        code: "loses_money",
        message: `The rule of thumb loses money here: sales must rise by ${shown(needed)}, and the elasticity promises ${shown(uplift)}.`,
      },
    ];
  return [];
}

const shown = (share: number) => `${Math.round(share * 1_000) / 10} %`;

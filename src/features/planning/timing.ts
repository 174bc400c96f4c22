import { z } from "zod";
import { defineCalculation } from "./calculation.ts";

const part = z
  .object({
    factor: z.enum(["season", "stock", "cash", "competition"]),
    points: z.int(),
    because: z.string(),
  })
  .meta({ id: "TimingPart" });

export const timing = defineCalculation({
  name: "timing",
  id: "promotionTiming",
  summary: "How good a time it is for a promotion, out of 95 points.",
  formula:
    "season (Q4 or Q1 30, otherwise 10) + stock (turnover above 60 days 30, above 30 days 15) + cash (tight 20) + competition (high 15, medium 10)",
  source:
    "A common rule of thumb of promotion planning. Its usual example is given as 85; the weights come to 95.",
  input: z
    .strictObject({
      quarter: z.int().min(1).max(4),
      stockTurnoverDays: z.number().min(0).max(100_000),
      cash: z.enum(["tight", "normal"]),
      competition: z.enum(["high", "medium", "low"]),
    })
    .meta({ id: "PromotionTimingQuestion" }),
  result: z.object({ score: z.int(), parts: z.array(part) }).meta({ id: "PromotionTiming" }),
  example: { quarter: 4, stockTurnoverDays: 75, cash: "tight", competition: "high" },
  compute({ quarter, stockTurnoverDays, cash, competition }) {
    const isSeason = quarter === 4 || quarter === 1;
    const parts = [
      { factor: "season" as const, points: isSeason ? 30 : 10, because: `Q${quarter}` },
      {
        factor: "stock" as const,
        points: stockTurnoverDays > 60 ? 30 : stockTurnoverDays > 30 ? 15 : 0,
        because: `${stockTurnoverDays} days of stock`,
      },
      { factor: "cash" as const, points: cash === "tight" ? 20 : 0, because: `cash is ${cash}` },
      {
        factor: "competition" as const,
        points: { high: 15, medium: 10, low: 0 }[competition],
        because: `competition is ${competition}`,
      },
    ];
    return {
      result: { score: parts.reduce((sum, { points }) => sum + points, 0), parts },
      cautions: [
        {
          code: "rule_of_thumb",
          message:
            "The weights are a rule of thumb: they know neither the calendar of your goods nor what it costs.",
        },
      ],
    };
  },
});

import { z } from "zod";
import { type Caution, defineCalculation, toFourDecimals } from "./calculation.ts";
import { summaryOf, type WelchTest, welchTest } from "./welch-test.ts";

/** Fewer orders than these allow no verdict. */
export const fewOrders = 100;

const sample = z
  .array(z.number().min(-1e12).max(1e12))
  .min(2)
  .max(10_000)
  .describe("One figure for each day, shop or customer, the same kind in both samples.");

export const verdict = z.enum(["higher", "lower", "no_difference", "withheld"]).meta({
  id: "SignificanceVerdict",
  description:
    "Of the treatment, against the control. `withheld`: too few orders, or nothing varies. `no_difference`: none that these figures show.",
});
export type Verdict = z.output<typeof verdict>;

export const significance = defineCalculation({
  name: "significance",
  id: "significance",
  summary: "Whether two samples differ by more than chance: Welch's t-test.",
  formula:
    "t = (mean₂ − mean₁) ÷ √(s₁² ÷ n₁ + s₂² ÷ n₂); degrees of freedom = (s₁² ÷ n₁ + s₂² ÷ n₂)² ÷ ((s₁² ÷ n₁)² ÷ (n₁ − 1) + (s₂² ÷ n₂)² ÷ (n₂ − 1)); the level is divided by the number of planned looks (Bonferroni)",
  source:
    "Welch 1947, Satterthwaite 1946. Worked example: 120, 115, 118, 122, 119 and 135, 140, 138, 142, 139.",
  input: z
    .strictObject({
      control: sample,
      treatment: sample,
      confidence: z.number().min(50).max(99.9).default(95).describe("Percent."),
      orders: z
        .int()
        .min(0)
        .optional()
        .describe(
          `Behind both samples. Left out: as many as there are figures. Under ${fewOrders} there is no verdict.`,
        ),
      looks: z
        .int()
        .min(1)
        .max(1_000)
        .default(1)
        .describe("How often the figures will be looked at to decide, in all: fixed before the first time."),
    })
    .meta({ id: "SignificanceQuestion" }),
  result: z
    .object({
      verdict,
      controlMean: z.number(),
      treatmentMean: z.number(),
      difference: z.number(),
      uplift: z.number().nullable().describe("Percent of the control's mean. Null: that is 0."),
      t: z.number().nullable(),
      degreesOfFreedom: z.number().nullable(),
      pValue: z.number().nullable().describe("Two-sided. Null: nothing varies."),
      level: z
        .number()
        .describe("What the p-value must stay under: (100 − confidence) ÷ 100, by number of looks."),
      interval: z.array(z.number()).nullable().describe("Of the difference, low and high, at that level."),
    })
    .meta({ id: "Significance" }),
  example: { control: [120, 115, 118, 122, 119], treatment: [135, 140, 138, 142, 139], orders: 640 },
  compute({ control, treatment, confidence, orders, looks }) {
    const before = summaryOf(control);
    const after = summaryOf(treatment);
    const level = levelOf(confidence, looks);
    const test = welchTest(before, after, 1 - level);
    const counted = orders ?? control.length + treatment.length;
    return {
      result: {
        verdict: verdictOn(test, level, counted),
        controlMean: toFourDecimals(before.mean),
        treatmentMean: toFourDecimals(after.mean),
        difference: toFourDecimals(after.mean - before.mean),
        uplift: before.mean === 0 ? null : toFourDecimals(((after.mean - before.mean) / before.mean) * 100),
        t: test === null ? null : toFourDecimals(test.t),
        degreesOfFreedom: test === null ? null : toFourDecimals(test.degreesOfFreedom),
        pValue: test === null ? null : toFourDigits(test.pValue),
        level: toFourDigits(level),
        interval: test === null ? null : test.interval.map(toFourDecimals),
      },
      cautions: cautionsOn(test !== null, counted, looks),
    };
  },
});

/** `confidence`: percent. Each of the planned looks is another chance to be wrong: together they are as seldom wrong as one was to be. */
export function levelOf(confidence: number, looks: number): number {
  return (100 - confidence) / 100 / looks;
}

/**
 * The same where nobody knows how often will be looked: of α, the k-th look has α ÷ (k · (k + 1)). However many there are, they
 * add up to less than α; α ÷ k each would not.
 */
export function levelOfLook(confidence: number, look: number): number {
  return levelOf(confidence, look * (look + 1));
}

export function verdictOn(test: WelchTest | null, level: number, orders: number): Verdict {
  if (test === null || orders < fewOrders) return "withheld";
  if (test.pValue >= level) return "no_difference";
  return test.difference > 0 ? "higher" : "lower";
}

export function cautionsOn(varies: boolean, orders: number, looks: number): Caution[] {
  const cautions: Caution[] = [];
  if (orders < fewOrders)
    cautions.push({
      code: "few_orders",
      message: `Under ${fewOrders} orders chance decides: draw no conclusion yet.`,
    });
  if (!varies)
    cautions.push({
      code: "nothing_varies",
      message: "The figures are too few or all alike: there is no test.",
    });
  if (looks > 1)
    cautions.push({
      code: "looked_before",
      message: `Whoever looks ${looks} times and stops when it suits is wrong more often: the level is stricter for it.`,
    });
  return cautions;
}

/** Four significant digits: a p-value of 0.00000187 is not 0. */
export function toFourDigits(value: number): number {
  return Number(value.toPrecision(4));
}

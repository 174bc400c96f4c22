import jstat from "jstat";

/** Of a sample, all that the test asks: how many figures, their mean, and their variance (divided by n − 1). */
export interface SampleSummary {
  readonly count: number;
  readonly mean: number;
  readonly variance: number;
}

export interface WelchTest {
  /** Mean of the treatment less that of the control. */
  readonly difference: number;
  readonly t: number;
  /** By Welch and Satterthwaite. */
  readonly degreesOfFreedom: number;
  /** Two-sided: how likely a difference at least as large is where there is none. */
  readonly pValue: number;
  /** Of the difference, at the level asked for. */
  readonly interval: readonly [low: number, high: number];
}

/** Beyond so many degrees of freedom t and normal agree in all digits we tell, and the library's inverse of t does not. */
const asNormal = 100_000;

/**
 * Do two samples come from distributions of one mean? They may differ in size and variance (Welch 1947; degrees of freedom by
 * Satterthwaite 1946). `confidence`: of the interval, between 0 and 1. Null where nothing varies, or a sample has fewer than two
 * figures: then nothing can be said.
 */
export function welchTest(
  control: SampleSummary,
  treatment: SampleSummary,
  confidence: number,
): WelchTest | null {
  if (control.count < 2 || treatment.count < 2) return null;
  const ofControl = control.variance / control.count;
  const ofTreatment = treatment.variance / treatment.count;
  const squaredError = ofControl + ofTreatment;
  if (!(squaredError > 0)) return null;
  const error = Math.sqrt(squaredError);
  const difference = treatment.mean - control.mean;
  const t = difference / error;
  const degreesOfFreedom =
    squaredError ** 2 / (ofControl ** 2 / (control.count - 1) + ofTreatment ** 2 / (treatment.count - 1));
  const isNormal = degreesOfFreedom > asNormal;
  const below = isNormal
    ? jstat.normal.cdf(-Math.abs(t), 0, 1)
    : jstat.studentt.cdf(-Math.abs(t), degreesOfFreedom);
  const upper = (1 + confidence) / 2;
  const reach =
    error * (isNormal ? jstat.normal.inv(upper, 0, 1) : jstat.studentt.inv(upper, degreesOfFreedom));
  return {
    difference,
    t,
    degreesOfFreedom,
    pValue: Math.min(1, 2 * below),
    interval: [difference - reach, difference + reach],
  };
}

export function summaryOf(figures: readonly number[]): SampleSummary {
  const count = figures.length;
  const mean = figures.reduce((sum, figure) => sum + figure, 0) / count;
  const squares = figures.reduce((sum, figure) => sum + (figure - mean) ** 2, 0);
  return { count, mean, variance: count < 2 ? 0 : squares / (count - 1) };
}

/** What the arms come to, and how they compare: arithmetic, by intention to treat. Everybody counts in their arm, whatever they got. */
import { toFourDecimals } from "../planning/calculation.ts";
import { toFourDigits, verdictOn } from "../planning/significance.ts";
import { type SampleSummary, welchTest } from "../planning/welch-test.ts";
import type { ArmComparison, MeasuredArm } from "./measurement-schemas.ts";

/** Of the customers of an arm; amounts in minor units. */
export interface ArmSums {
  readonly arm: string;
  readonly customers: number;
  readonly buyers: number;
  readonly orders: number;
  readonly revenue: number;
  readonly newCustomers: number;
  /** Of revenue per customer. */
  readonly mean: number;
  readonly variance: number;
  /** The same of what they bought after the end. */
  readonly meanAfter: number;
  readonly varianceAfter: number;
  /** Buyers whose first order is 30 days old, and those of them who bought again in these days. */
  readonly matured: number;
  readonly again: number;
}

export function shownArm(sums: ArmSums): MeasuredArm {
  const { arm, customers, buyers, orders, revenue, newCustomers, mean, matured, again } = sums;
  return {
    arm,
    customers,
    buyers,
    orders,
    revenue,
    newCustomers,
    revenuePerCustomer: toFourDecimals(mean),
    repurchase: matured === 0 ? null : toFourDecimals((again / matured) * 100),
  };
}

const during = ({ customers, mean, variance }: ArmSums): SampleSummary => ({
  count: customers,
  mean,
  variance,
});
const after = ({ customers, meanAfter, varianceAfter }: ArmSums): SampleSummary => ({
  count: customers,
  mean: meanAfter,
  variance: varianceAfter,
});

/** `level`: of significance. `scale`: customers there are for each that is noted. */
export function compareArms(
  against: ArmSums,
  arm: ArmSums,
  { level, scale }: { readonly level: number; readonly scale: number },
): ArmComparison {
  const test = welchTest(during(against), during(arm), 1 - level);
  const orders = against.orders + arm.orders;
  const difference = arm.mean - against.mean;
  const whole = (each: number) => Math.round(each * arm.customers * scale);
  const perCustomer = (count: number, { customers }: ArmSums) => (customers === 0 ? 0 : count / customers);
  const added = (read: (sums: ArmSums) => number) =>
    toFourDecimals(
      (perCustomer(read(arm), arm) - perCustomer(read(against), against)) * arm.customers * scale,
    );
  return {
    arm: arm.arm,
    against: against.arm,
    verdict: verdictOn(test, level, orders),
    orders,
    difference: toFourDecimals(difference),
    uplift: against.mean === 0 ? null : toFourDecimals((difference / against.mean) * 100),
    t: test === null ? null : toFourDecimals(test.t),
    degreesOfFreedom: test === null ? null : toFourDecimals(test.degreesOfFreedom),
    pValue: test === null ? null : toFourDigits(test.pValue),
    level: toFourDigits(level),
    interval: test === null ? null : test.interval.map(toFourDecimals),
    incremental: {
      revenue: whole(difference),
      revenueInterval: test === null ? null : test.interval.map(whole),
      orders: added((sums) => sums.orders),
      newCustomers: added((sums) => sums.newCustomers),
    },
  };
}

export function compareAfter(holdout: ArmSums, treatment: ArmSums, scale: number) {
  const test = welchTest(after(holdout), after(treatment), 0.95);
  const difference = treatment.meanAfter - holdout.meanAfter;
  return {
    treatment: toFourDecimals(treatment.meanAfter),
    holdout: toFourDecimals(holdout.meanAfter),
    difference: toFourDecimals(difference),
    pValue: test === null ? null : toFourDigits(test.pValue),
    revenue: Math.round(difference * treatment.customers * scale),
  };
}

/** An agreement as it is worked by: its periods, whom and what it means, and what is wrong with one. Without a database. */
import { dayOfDate } from "../../engine/calendar.ts";
import { type DealerFact, dealerTest } from "../../engine/dealer.ts";
import { parsePercent } from "../../engine/money.ts";
import { nothingSold, type RebateSums, type RebateTerms, type Turnover } from "../../engine/rebate.ts";
import { isAligned, type RebatePeriod, rebateCalendar } from "../../engine/rebate-period.ts";
import { goodsTest } from "../../engine/selectors/selector.ts";
import { findZone } from "../../engine/zone.ts";
import type { ProblemError } from "../../platform/problem.ts";
import { mostPeriods, type RebateAgreementDocument } from "./rebate-schemas.ts";

/** What counts of an order, and of all orders of a period: amount and quantity; then both of each launch. */
export type Measures = readonly number[];

/** A line of an order, of which some may have come back. */
export interface CountedLine {
  readonly line: {
    readonly sku: string;
    readonly product?: string | undefined;
    readonly categories?: readonly string[] | undefined;
    readonly brand?: string | undefined;
    readonly quantity: number;
    readonly unitPrice: number;
  };
  readonly paid: number;
  readonly kept: { readonly quantity: number; readonly paid: number };
}

export interface CountedOrder {
  readonly status: string;
  readonly currency: string;
  /** Epoch milliseconds. */
  readonly placedAt: number;
  readonly lines: readonly CountedLine[];
}

export interface Agreement {
  readonly key: string;
  readonly document: RebateAgreementDocument;
  readonly periods: readonly RebatePeriod[];
  /** In which of them, or of those that growth is measured from, an order counts; null: in none. */
  windowAt(instant: number): { readonly key: string; readonly isReference: boolean } | null;
  /** By its key, the key of the same period of the year before; undefined where nobody asks. */
  yearBefore(period: string): string | undefined;
  /** The period that grows from this one. */
  grownFrom(period: string): string | undefined;
  isMeant(dealer: DealerFact): boolean;
  /** Null: it does not count. */
  measure(order: CountedOrder): Measures | null;
  termsFor(dealer: string): RebateTerms;
  /** Of all that may count, epoch milliseconds. */
  readonly from: number;
  readonly until: number;
}

const statuses = ["placed", "paid", "fulfilled"];

export function compileAgreement(key: string, document: RebateAgreementDocument): Agreement {
  const { schedule, growth, dealers, products = {}, launches = [], target } = document;
  const zone = findZone(schedule.timezone ?? "UTC")!;
  const calendar = rebateCalendar(schedule, zone.name);
  const own = new Set(calendar.periods.map((period) => period.key));
  const before = growth === undefined ? new Map<string, RebatePeriod>() : calendar.yearBefore;
  const references = [...before.values()].filter((period) => !own.has(period.key));
  const grown = new Map([...before].map(([period, reference]) => [reference.key, period]));
  const isMeant = goodsTest(products);
  const launched = launches.map((launch) => {
    const first = dayOfDate(launch.launchedOn)!;
    return {
      isMeant: goodsTest(launch.products),
      from: zone.startOfDay(first),
      until: zone.startOfDay(first + launch.days),
    };
  });
  const firstStatus = statuses.indexOf(document.countsFrom);
  const windows = [...references, ...calendar.periods];

  function counts({ status, currency }: CountedOrder): boolean {
    if (currency !== document.currency || status === "cancelled") return false;
    return status === "returned" ? !document.netOfReturns : statuses.indexOf(status) >= firstStatus;
  }

  function turnover({ line, paid, kept }: CountedLine): Turnover {
    const quantity = document.netOfReturns ? kept.quantity : line.quantity;
    if (!document.netOfDiscounts) return { amount: quantity * line.unitPrice, quantity };
    return { amount: document.netOfReturns ? kept.paid : paid, quantity };
  }

  return {
    key,
    document,
    periods: calendar.periods,
    windowAt(instant) {
      const found = windows.find(({ startsAt, endsAt }) => instant >= startsAt && instant < endsAt);
      return found === undefined ? null : { key: found.key, isReference: !own.has(found.key) };
    },
    yearBefore: (period) => before.get(period)?.key,
    grownFrom: (period) => grown.get(period),
    isMeant: dealerTest(dealers),
    measure(order) {
      if (!counts(order)) return null;
      const measures = new Array<number>(2 + 2 * launched.length).fill(0);
      const add = (place: number, { amount, quantity }: Turnover) => {
        measures[place]! += amount;
        measures[place + 1]! += quantity;
      };
      for (const counted of order.lines) {
        const { sku, product, categories = [], brand } = counted.line;
        const goods = { sku, product, categories, brand };
        if (!isMeant(goods)) continue;
        const sold = turnover(counted);
        add(0, sold);
        for (const [place, launch] of launched.entries())
          if (order.placedAt >= launch.from && order.placedAt < launch.until && launch.isMeant(goods))
            add(2 + 2 * place, sold);
      }
      return measures.some((measure) => measure !== 0) ? measures : null;
    },
    termsFor(dealer) {
      if (target === undefined) return document as RebateTerms;
      return {
        ...document,
        target: { value: target.byDealer?.[dealer] ?? target.value, bonus: target.bonus },
      } as RebateTerms;
    },
    from: Math.min(...windows.map(({ startsAt }) => startsAt)),
    until: Math.max(...windows.map(({ endsAt }) => endsAt)),
  };
}

export function sumsOf(measures: Measures, before: Measures | undefined): RebateSums {
  const at = (of: Measures, place: number): Turnover => ({
    amount: of[place] ?? 0,
    quantity: of[place + 1] ?? 0,
  });
  const launches: Turnover[] = [];
  for (let place = 2; place < measures.length; place += 2) launches.push(at(measures, place));
  return { total: at(measures, 0), launches, before: before === undefined ? nothingSold : at(before, 0) };
}

/** Element by element; the shorter one has zeros. */
export function added(a: Measures, b: Measures, sign: 1 | -1): number[] {
  return Array.from(
    { length: Math.max(a.length, b.length) },
    (_, place) => (a[place] ?? 0) + sign * (b[place] ?? 0),
  );
}

interface Rated {
  readonly percent?: number | undefined;
  readonly perUnit?: number | undefined;
}

export function agreementFaults(document: RebateAgreementDocument): ProblemError[] {
  const errors: ProblemError[] = [];
  const fault = (path: string, code: string, message: string) => void errors.push({ path, code, message });
  const { schedule, tiers, growth, launches = [], target, basis, funders } = document;
  scheduleFaults(document, fault);
  const rated = (path: string, { percent, perUnit }: Rated) => {
    if ((percent === undefined) === (perUnit === undefined))
      fault(path, "one_rate", "Say `percent` or `perUnit`, one of them.");
    exact(`${path}/percent`, percent);
  };
  const exact = (path: string, percent: number | undefined) => {
    if (percent !== undefined && parsePercent(percent) === null)
      fault(path, "too_many_decimals", "At most four decimals.");
  };
  tiers?.steps.forEach((step, i) => {
    const path = `/tiers/steps/${i}`;
    rated(path, step);
    if (i > 0 && step.from <= tiers.steps[i - 1]!.from)
      fault(`${path}/from`, "tiers_do_not_rise", "Each tier must begin above the one before.");
    const ofBasis = basis === "amount" ? step.percent : step.perUnit;
    if (tiers.mode === "graduated" && ofBasis === undefined)
      fault(path, "rate_not_of_basis", "Slices of an amount have `percent`, slices of a quantity `perUnit`.");
  });
  growth?.steps.forEach((step, i) => {
    const path = `/growth/steps/${i}`;
    rated(path, step);
    exact(`${path}/overPercent`, step.overPercent);
    if (i > 0 && step.overPercent <= growth.steps[i - 1]!.overPercent)
      fault(`${path}/overPercent`, "tiers_do_not_rise", "Each step must be above the one before.");
  });
  launches.forEach((launch, i) => {
    rated(`/launches/${i}`, launch);
    if (!isSane(launch.launchedOn)) fault(`/launches/${i}/launchedOn`, "out_of_range", outOfYears);
  });
  if (target?.bonus !== undefined) {
    const { amount, percent, perUnit } = target.bonus;
    if ([amount, percent, perUnit].filter((given) => given !== undefined).length !== 1)
      fault("/target/bonus", "one_rate", "Say `amount`, `percent` or `perUnit`, one of them.");
    exact("/target/bonus/percent", percent);
  }
  if (tiers === undefined && growth === undefined && launches.length === 0 && target === undefined)
    fault("/tiers", "nothing_agreed", "Say at least one of `tiers`, `growth`, `launches` and `target`.");
  const shares = funders.map(({ percent }) => parsePercent(percent));
  if (shares.some((share) => share === null))
    fault("/funders", "too_many_decimals", "At most four decimals.");
  else if (shares.reduce<number>((sum, share) => sum + share!, 0) !== 1_000_000)
    fault("/funders", "shares_not_whole", "The shares come to 100 percent.");
  if (growth !== undefined && schedule.every === "once" && spanDays(schedule) > 365)
    fault(
      "/growth",
      "period_too_long",
      "A period that is held against the year before is no longer than a year.",
    );
  return errors;
}

const outOfYears = "Must lie in the years 1971 to 2999.";

function isSane(date: string): boolean {
  return date >= "1971-01-01" && date <= "2999-12-31";
}

function spanDays({ startsOn, endsOn }: RebateAgreementDocument["schedule"]): number {
  return dayOfDate(endsOn)! - dayOfDate(startsOn)! + 1;
}

function scheduleFaults(
  { schedule }: RebateAgreementDocument,
  fault: (path: string, code: string, message: string) => void,
): void {
  const { startsOn, endsOn, every, timezone } = schedule;
  if (timezone !== undefined && findZone(timezone) === null)
    fault("/schedule/timezone", "timezone_unknown", "There is no such IANA time zone.");
  const daysEach = { month: 28, quarter: 89, year: 365, once: Number.POSITIVE_INFINITY }[every];
  if (!isSane(startsOn)) fault("/schedule/startsOn", "out_of_range", outOfYears);
  else if (!isSane(endsOn)) fault("/schedule/endsOn", "out_of_range", outOfYears);
  else if (endsOn < startsOn) fault("/schedule/endsOn", "period_empty", "It ends before it begins.");
  else if (!isAligned(schedule))
    fault("/schedule", "not_aligned", `It begins and ends with a ${every} of the calendar.`);
  else if (spanDays(schedule) / daysEach > mostPeriods + 5 || periodsIn(schedule) > mostPeriods)
    fault("/schedule/endsOn", "too_many_periods", `At most ${mostPeriods} periods.`);
}

function periodsIn(schedule: RebateAgreementDocument["schedule"]): number {
  return rebateCalendar(schedule, "UTC").periods.length;
}

/**
 * The days of a recurrence rule (RFC 5545 RRULE), asked one day at a time.
 *
 * Days only: hours come from the window's own `from` and `to`, so a rule cannot ask for anything finer than a day, and
 * asking about any day costs at most the days of one year, however hostile the rule. Days are counted from 1970-01-01.
 */

import { dateOf, dayOf, dayOfBasicDate, monthLength, weekdayOf } from "./calendar.ts";

export interface RecurrenceRule {
  includes(day: number): boolean;
  /** No day after this one is included. */
  readonly lastDay: number;
}

const frequencies = ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"] as const;
type Frequency = (typeof frequencies)[number];
const weekdayNames = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
const mostOccurrences = 1_000;
/** A rule with a count is walked through once; one that finds so few days is refused. */
const mostPeriodsWalked = 5_000;

interface Rule {
  frequency: Frequency;
  interval: number;
  weekStart: number;
  start: number;
  until: number;
  count: number | null;
  months: readonly number[] | null;
  monthDays: readonly number[] | null;
  yearDays: readonly number[] | null;
  weeks: readonly number[] | null;
  weekdays: readonly { weekday: number; ordinal: number }[] | null;
  positions: readonly number[] | null;
}

/** `anchor` is the day the rule counts from: the schedule's own start, null when it has none. */
export function parseRecurrenceRule(text: string, anchor: number | null): RecurrenceRule | { error: string } {
  const parsed = parse(text, anchor);
  if ("error" in parsed) return parsed;
  if (parsed.count === null) {
    const isChosen = positionsOf(parsed);
    return {
      includes: (day) => day >= parsed.start && day <= parsed.until && isInRule(parsed, day, isChosen),
      lastDay: parsed.until,
    };
  }
  const days = firstDays(parsed, parsed.count);
  if (days === null) return { error: "COUNT asks for more days than the rule has in reach." };
  const set = new Set(days);
  return { includes: (day) => set.has(day), lastDay: days.at(-1) ?? -Infinity };
}

function parse(text: string, anchor: number | null): Rule | { error: string } {
  let start = anchor;
  let body: string | null = null;
  for (const row of text.trim().split(/\r?\n/)) {
    const content = row.trim();
    const startDate = /^DTSTART(?:;[^:]*)?:(\d{8})(?:T\d{6}Z?)?$/i.exec(content);
    if (startDate !== null) start = dayOfBasicDate(startDate[1]!);
    else if (body === null) body = content.replace(/^RRULE:/i, "");
    else return { error: "One rule only." };
    if (startDate !== null && start === null) return { error: "DTSTART is not a date." };
  }
  const parts = new Map<string, string>();
  for (const part of (body ?? "").split(";")) {
    const [name = "", value = "", more] = part.toUpperCase().split("=");
    if (name === "" || value === "" || more !== undefined || parts.has(name))
      return { error: `"${part}" is not a part of a rule.` };
    parts.set(name, value);
  }
  const take = (name: string) => {
    const value = parts.get(name);
    parts.delete(name);
    return value;
  };
  const frequency = take("FREQ") as Frequency | undefined;
  if (frequency === undefined || !frequencies.includes(frequency)) {
    return { error: "FREQ must be DAILY, WEEKLY, MONTHLY or YEARLY; hours are said with `from` and `to`." };
  }
  const problems: string[] = [];
  const numbers = (
    name: string,
    least: number,
    most: number,
    negatives: boolean,
  ): readonly number[] | null => {
    const value = take(name);
    if (value === undefined) return null;
    const list = value.split(",").map((item) => (/^[+-]?\d{1,4}$/.test(item) ? Number(item) : Number.NaN));
    const isFine = list.every((n) => (n >= least && n <= most) || (negatives && -n >= least && -n <= most));
    if (!isFine) problems.push(`${name} is out of range.`);
    return list;
  };
  const interval = numbers("INTERVAL", 1, 9_999, false)?.[0] ?? 1;
  const count = numbers("COUNT", 1, mostOccurrences, false)?.[0] ?? null;
  const untilText = take("UNTIL");
  const untilDate = untilText === undefined ? null : /^(\d{8})(?:T\d{6}Z?)?$/.exec(untilText);
  const until = untilDate === null ? Infinity : dayOfBasicDate(untilDate[1]!);
  if ((untilText !== undefined && untilDate === null) || until === null)
    problems.push("UNTIL is not a date.");
  if (untilText !== undefined && count !== null) problems.push("UNTIL and COUNT exclude each other.");
  const weekStart = weekdayNames.indexOf(take("WKST") ?? "MO");
  if (weekStart < 0) problems.push("WKST is not a weekday.");
  const rule: Rule = {
    frequency,
    interval,
    count,
    weekStart,
    until: until ?? Infinity,
    start: start ?? -Infinity,
    months: numbers("BYMONTH", 1, 12, false),
    monthDays: numbers("BYMONTHDAY", 1, 31, true),
    yearDays: numbers("BYYEARDAY", 1, 366, true),
    weeks: numbers("BYWEEKNO", 1, 53, true),
    positions: numbers("BYSETPOS", 1, 366, true),
    weekdays: parseWeekdays(take("BYDAY"), problems),
  };
  for (const name of parts.keys())
    problems.push(`${name} is not supported; hours are said with \`from\` and \`to\`.`);
  if (start === null && (interval > 1 || count !== null))
    problems.push("INTERVAL and COUNT need a start: give the schedule `startsAt`, or the rule DTSTART.");
  const hasOrdinals = rule.weekdays?.some(({ ordinal }) => ordinal !== 0) ?? false;
  if (hasOrdinals && (frequency === "DAILY" || frequency === "WEEKLY"))
    problems.push("BYDAY with a number needs FREQ MONTHLY or YEARLY.");
  if (hasOrdinals && rule.weeks !== null)
    problems.push("BYDAY with a number and BYWEEKNO exclude each other.");
  if (rule.weeks !== null && frequency !== "YEARLY") problems.push("BYWEEKNO needs FREQ YEARLY.");
  if (rule.yearDays !== null && frequency !== "YEARLY") problems.push("BYYEARDAY needs FREQ YEARLY.");
  if (rule.monthDays !== null && frequency === "WEEKLY")
    problems.push("BYMONTHDAY does not go with FREQ WEEKLY.");
  if (problems.length > 0) return { error: problems.join(" ") };
  return withDefaults(rule);
}

/** What a rule leaves out it takes from its start. Without a start, a rule that needs one names no day of its own. */
function withDefaults(rule: Rule): Rule | { error: string } {
  const { frequency, months, monthDays, yearDays, weeks, weekdays } = rule;
  const lacksDay =
    (frequency === "WEEKLY" && weekdays === null) ||
    (frequency === "MONTHLY" && weekdays === null && monthDays === null) ||
    (frequency === "YEARLY" && weekdays === null && monthDays === null && yearDays === null);
  if (!lacksDay) return rule;
  if (rule.start === -Infinity)
    return { error: "The rule names no day: add BYDAY or BYMONTHDAY, or give the schedule `startsAt`." };
  const weekday = [{ weekday: weekdayOf(rule.start), ordinal: 0 }];
  if (frequency === "WEEKLY" || weeks !== null) return { ...rule, weekdays: weekday };
  const { month, monthDay } = dateOf(rule.start);
  return { ...rule, monthDays: [monthDay], months: frequency === "YEARLY" ? (months ?? [month]) : months };
}

function parseWeekdays(text: string | undefined, problems: string[]): Rule["weekdays"] {
  if (text === undefined) return null;
  return text.split(",").map((item) => {
    const match = /^([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)$/.exec(item);
    const ordinal = Number(match?.[1] ?? 0);
    if (match === null || (match[1] !== undefined && ordinal === 0) || Math.abs(ordinal) > 53) {
      problems.push(`"${item}" is not a weekday.`);
    }
    return { weekday: weekdayNames.indexOf(match?.[2] ?? ""), ordinal };
  });
}

/** The `count` first days, or null when the walk is too long. */
function firstDays(rule: Rule, count: number): number[] | null {
  const days: number[] = [];
  let period = periodOf(rule, rule.start);
  for (let walked = 0; walked < mostPeriodsWalked; walked++) {
    for (const day of daysOfPeriod(rule, period)) {
      if (day < rule.start) continue;
      days.push(day);
      if (days.length === count) return days;
    }
    period = nextPeriod(rule, period);
  }
  return null;
}

type DayTest = (day: number, period: Period) => boolean;

/** BYSETPOS needs all days of a period; the period asked last is remembered. */
function positionsOf(rule: Rule): DayTest {
  if (rule.positions === null) return () => true;
  let index = Number.NaN;
  let chosen = new Set<number>();
  return (day, period) => {
    if (period.index !== index) {
      chosen = new Set(daysOfPeriod(rule, period));
      index = period.index;
    }
    return chosen.has(day);
  };
}

function isInRule(rule: Rule, day: number, isChosen: DayTest): boolean {
  const period = periodOf(rule, day);
  if (rule.interval > 1 && (period.index - periodOf(rule, rule.start).index) % rule.interval !== 0)
    return false;
  return matches(rule, day) && isChosen(day, period);
}

interface Period {
  /** Counts the periods of the rule's frequency. */
  index: number;
  first: number;
  last: number;
}

function periodOf({ frequency, weekStart }: Rule, day: number): Period {
  if (frequency === "DAILY") return { index: day, first: day, last: day };
  if (frequency === "WEEKLY") {
    const first = day - ((weekdayOf(day) - weekStart + 7) % 7);
    return { index: Math.floor((first + 7) / 7), first, last: first + 6 };
  }
  const { year, month } = dateOf(day);
  if (frequency === "MONTHLY") {
    const first = dayOf(year, month, 1);
    return { index: year * 12 + month, first, last: first + monthLength(year, month) - 1 };
  }
  return { index: year, first: dayOf(year, 1, 1), last: dayOf(year, 12, 31) };
}

function nextPeriod(rule: Rule, period: Period): Period {
  const { frequency, interval } = rule;
  if (frequency === "DAILY") return periodOf(rule, period.first + interval);
  if (frequency === "WEEKLY") return periodOf(rule, period.first + 7 * interval);
  if (frequency === "YEARLY") return periodOf(rule, dayOf(period.index + interval, 1, 1));
  const month = period.index - 1 + interval;
  return periodOf(rule, dayOf(Math.floor(month / 12), (month % 12) + 1, 1));
}

function daysOfPeriod(rule: Rule, { first, last }: Period): number[] {
  const days: number[] = [];
  for (let day = first; day <= last; day++) if (matches(rule, day)) days.push(day);
  if (rule.positions === null) return days;
  const chosen = new Set(
    rule.positions.map((position) => (position > 0 ? position - 1 : days.length + position)),
  );
  return days.filter((_, index) => chosen.has(index));
}

function matches(rule: Rule, day: number): boolean {
  const { year, month, monthDay } = dateOf(day);
  if (rule.months !== null && !rule.months.includes(month)) return false;
  if (rule.monthDays !== null && !isNth(rule.monthDays, monthDay, monthLength(year, month))) return false;
  const yearStart = dayOf(year, 1, 1);
  const yearLength = dayOf(year + 1, 1, 1) - yearStart;
  if (rule.yearDays !== null && !isNth(rule.yearDays, day - yearStart + 1, yearLength)) return false;
  if (rule.weeks !== null && !isInWeeks(rule.weeks, day, year, rule.weekStart)) return false;
  if (rule.weekdays === null) return true;
  const weekday = weekdayOf(day);
  // A numbered weekday counts inside the month; in a yearly rule without months, inside the year.
  const inMonth = rule.frequency === "MONTHLY" || rule.months !== null;
  const position = inMonth ? monthDay : day - yearStart + 1;
  const length = inMonth ? monthLength(year, month) : yearLength;
  return rule.weekdays.some((named) => {
    if (named.weekday !== weekday) return false;
    if (named.ordinal === 0) return true;
    return named.ordinal > 0
      ? Math.ceil(position / 7) === named.ordinal
      : Math.ceil((length - position + 1) / 7) === -named.ordinal;
  });
}

function isNth(wanted: readonly number[], position: number, length: number): boolean {
  return wanted.includes(position) || wanted.includes(position - length - 1);
}

/** Weeks as RFC 5545 counts them: week 1 is the first with at least four days in the year. */
function isInWeeks(weeks: readonly number[], day: number, year: number, weekStart: number): boolean {
  // The first and last days of a year may belong to a week of the year before or after.
  const weekYear =
    day < firstWeek(year, weekStart) ? year - 1 : day >= firstWeek(year + 1, weekStart) ? year + 1 : year;
  const start = firstWeek(weekYear, weekStart);
  const length = (firstWeek(weekYear + 1, weekStart) - start) / 7;
  return isNth(weeks, Math.floor((day - start) / 7) + 1, length);
}

function firstWeek(year: number, weekStart: number): number {
  const newYear = dayOf(year, 1, 1);
  const into = (weekdayOf(newYear) - weekStart + 7) % 7;
  return into <= 3 ? newYear - into : newYear + 7 - into;
}

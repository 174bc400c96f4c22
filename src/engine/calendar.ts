/** Dates of the Gregorian calendar as days since 1970-01-01. No time, no zone. */

/** 0 is Monday. */
export function weekdayOf(day: number): number {
  return (((day + 3) % 7) + 7) % 7;
}

/** Days since 1970-01-01 of a date of the proleptic Gregorian calendar (years count from March inside). */
export function dayOf(year: number, month: number, monthDay: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + monthDay - 1;
  return (
    era * 146_097 +
    yearOfEra * 365 +
    Math.floor(yearOfEra / 4) -
    Math.floor(yearOfEra / 100) +
    dayOfYear -
    719_468
  );
}

/** "2026-11-11" → days since 1970-01-01, or null when there is no such day. */
export function dayOfDate(text: string): number | null {
  const [year = Number.NaN, month = Number.NaN, monthDay = Number.NaN] = text.split("-").map(Number);
  if (!(month >= 1 && month <= 12 && monthDay >= 1 && monthDay <= monthLength(year, month))) return null;
  return dayOf(year, month, monthDay);
}

/** "20261111", as RFC 5545 writes dates. */
export function dayOfBasicDate(text: string): number | null {
  return dayOfDate(`${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6, 8)}`);
}

/** The inverse of `dayOf`. */
export function dateOf(day: number): { year: number; month: number; monthDay: number } {
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1_460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    monthDay: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1,
  };
}

export function monthLength(year: number, month: number): number {
  return dayOf(month === 12 ? year + 1 : year, (month % 12) + 1, 1) - dayOf(year, month, 1);
}

/** So many months later or earlier; on the last day of a month that is too short. */
export function monthsLater(day: number, months: number): number {
  const { year, month, monthDay } = dateOf(day);
  const count = year * 12 + month - 1 + months;
  const to = { year: Math.floor(count / 12), month: (((count % 12) + 12) % 12) + 1 };
  return dayOf(to.year, to.month, Math.min(monthDay, monthLength(to.year, to.month)));
}

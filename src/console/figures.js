/** Numbers, money and time as they are written in the reader's language. */
import { locale } from "./language.js";

/** @typedef {number | null | undefined} Figure */

const none = "–";

/**
 * How many decimals a currency has (ISO 4217): 2 of CNY, 0 of JPY, 3 of KWD.
 * @param {string} currency
 */
export function decimalsOf(currency) {
  return (
    new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2
  );
}

/**
 * @param {Figure} minorUnits
 * @param {string | null | undefined} currency
 * @param {Intl.NumberFormatOptions} [options]
 */
export function money(minorUnits, currency, options = {}) {
  if (minorUnits === null || minorUnits === undefined || !currency) return none;
  return new Intl.NumberFormat(locale(), {
    style: "currency",
    currency,
    ...options,
  }).format(minorUnits / 10 ** decimalsOf(currency));
}

/**
 * Minor units of what somebody typed ("12.5" → 1250), exactly; null where it is no amount of this currency.
 * @param {string} typed
 * @param {string} currency
 */
export function minorUnitsOf(typed, currency) {
  const match = /^(\d{1,10})(?:[.,](\d+))?$/.exec(typed.trim());
  const decimals = decimalsOf(currency);
  const [, whole = "", part = ""] = match ?? [];
  return match === null || part.length > decimals ? null : Number(whole + part.padEnd(decimals, "0"));
}

/**
 * @param {Figure} value
 * @param {Intl.NumberFormatOptions} [options]
 */
export function number(value, options = { maximumFractionDigits: 2 }) {
  return value === null || value === undefined
    ? none
    : new Intl.NumberFormat(locale(), options).format(value);
}

/**
 * @param {Figure} share 1 is 100 %
 * @param {number} [decimals]
 */
export function percent(share, decimals = 1) {
  return number(share, { style: "percent", maximumFractionDigits: decimals });
}

/** @param {Figure} roi 3.2 is told as 1 : 3.2 */
export function ratio(roi) {
  return roi === null || roi === undefined ? none : `1 : ${number(roi)}`;
}

/**
 * A metric's figure in its own unit.
 * @param {string} metric
 * @param {Figure} value
 * @param {string | null} currency
 */
export function measured(metric, value, currency) {
  if (metric === "gmv" || metric === "averageOrderValue")
    return money(value === null || value === undefined ? value : Math.round(value), currency);
  if (metric === "roi") return ratio(value);
  return metric === "conversion" ? percent(value, 2) : number(value, { maximumFractionDigits: 0 });
}

/**
 * @param {string} instant
 * @param {string} [timeZone]
 */
export function day(instant, timeZone) {
  return new Intl.DateTimeFormat(locale(), { dateStyle: "medium", ...(timeZone && { timeZone }) }).format(
    new Date(instant),
  );
}

/**
 * The last day of what ends before this instant: of what ends with the first moment of 12 November, the eleventh.
 * @param {string} instant
 * @param {string} [timeZone]
 */
export function dayBefore(instant, timeZone) {
  return day(new Date(Date.parse(instant) - 1).toISOString(), timeZone);
}

/**
 * @param {string} instant
 * @param {string} [timeZone]
 */
export function moment(instant, timeZone) {
  return new Intl.DateTimeFormat(locale(), {
    dateStyle: "medium",
    timeStyle: "short",
    ...(timeZone && { timeZone }),
  }).format(new Date(instant));
}

/** @param {string} instant */
export function clock(instant) {
  return new Intl.DateTimeFormat(locale(), { timeStyle: "medium" }).format(new Date(instant));
}

/**
 * Instants that we can keep. RFC 3339 allows the years 0000 to 9999 of any offset, so that in UTC some lie a day outside; there
 * JavaScript writes years of six digits, and PostgreSQL counts without a year 0.
 */

export const earliestInstant = Date.parse("0001-01-01T00:00:00Z");
export const latestInstant = Date.parse("9999-12-31T23:59:59.999Z");

/** False also for what is no instant at all. */
export function isKeepable(text: string): boolean {
  const instant = Date.parse(text);
  return instant >= earliestInstant && instant <= latestInstant;
}

export const outOfRange = {
  code: "out_of_range",
  message: "Must lie in the years 0001 to 9999 of UTC.",
} as const;

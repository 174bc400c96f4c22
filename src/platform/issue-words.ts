/** Words for what zod finds: its own tell of schemas and regular expressions, which whoever sent the request never saw. */
import type { z } from "zod";

const own = /^(Invalid (input|option|string|key|element|number|ISO|URL)|Too (small|big)|Unrecognized)/;

export function issueWords(issue: z.core.$ZodIssue): string {
  // What the schema says in its own words is said already.
  if (!own.test(issue.message)) return issue.message;
  switch (issue.code) {
    case "invalid_type":
      return `Must be ${typeWords[issue.expected] ?? `of the type ${issue.expected}`}.`;
    case "invalid_value":
      return `Must be ${issue.values.length === 1 ? "" : "one of "}${issue.values.map((value) => JSON.stringify(value)).join(", ")}.`;
    case "too_small":
      return `Must ${extent(issue.origin, "at least", issue.minimum, issue.inclusive !== false, "more than")}.`;
    case "too_big":
      return `Must ${extent(issue.origin, "at most", issue.maximum, issue.inclusive !== false, "less than")}.`;
    case "not_multiple_of":
      return `Must be a multiple of ${issue.divisor}.`;
    case "invalid_format":
      return (
        formatWords[issue.format] ??
        "Does not have the form that this field takes; its description says which."
      );
    case "invalid_union":
      return "Has none of the forms that this field takes.";
    default:
      return "Is not what this field takes.";
  }
}

const typeWords: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "an object",
  record: "an object",
  array: "a list",
  null: "null",
};

const formatWords: Readonly<Record<string, string>> = {
  datetime: "Must be an RFC 3339 date and time such as 2026-11-11T00:00:00Z.",
  date: "Must be a date such as 2026-11-11.",
};

function extent(
  origin: string,
  inclusiveWords: string,
  bound: number | bigint,
  isInclusive: boolean,
  exclusiveWords: string,
): string {
  const words = `${isInclusive ? inclusiveWords : exclusiveWords} ${bound}`;
  if (origin === "string") return `have ${words} characters`;
  if (origin === "array" || origin === "set") return `have ${words} items`;
  if (origin === "object" || origin === "record" || origin === "map") return `have ${words} fields`;
  return `be ${words}`;
}

import { expect, test } from "vitest";
import { z } from "zod";
import { issueWords } from "../../src/platform/issue-words.ts";
import { problemErrorsOf } from "../../src/platform/validation.ts";

/** A schema of every form that requests have, and a value that each refuses. */
const refused: readonly (readonly [z.ZodType, unknown])[] = [
  [z.string(), 1],
  [z.int(), "1"],
  [z.int(), 1.5],
  [z.int().min(1), 0],
  [z.number().gt(0).max(9), 10],
  [z.string().min(2), ""],
  [z.string().max(1), "ab"],
  [z.array(z.string()).max(0), ["a"]],
  [z.enum(["a", "b"]), "c"],
  [z.literal("a"), "b"],
  [z.string().regex(/^[A-Z]{3}$/), "x"],
  [z.iso.datetime({ offset: true }), "yesterday"],
  [z.object({}), []],
  [z.record(z.string(), z.int()), 3],
  [z.boolean(), "true"],
  [z.union([z.string(), z.int()]), true],
];

test("no fault of a request is told in words of the schema library, or by a regular expression", () => {
  for (const [schema, value] of refused) {
    const [issue] = schema.safeParse(value).error!.issues;
    const words = issueWords(issue!);
    expect(words).toMatch(/^(Must|Has|Does) .*\.$/);
    expect(words).not.toContain(issue!.message);
  }
});

test("what a schema says in its own words stands", () => {
  const [issue] = z.string().regex(/^a$/, "Only the letter a.").safeParse("b").error!.issues;
  expect(issueWords(issue!)).toBe("Only the letter a.");
});

test("of a number beyond all whole numbers the bound of its field is told, where it has one", () => {
  const told = (schema: z.ZodType, value: number) =>
    problemErrorsOf(z.object({ quantity: schema }).safeParse({ quantity: value }).error!.issues);
  const path = "/quantity";
  expect(told(z.int().min(1).max(1_000_000), 2 ** 53)).toEqual([
    { path, code: "too_big", message: "Must be at most 1000000." },
  ]);
  expect(told(z.int().min(1), -(2 ** 53) - 2)).toEqual([
    { path, code: "too_small", message: "Must be at least 1." },
  ]);
  expect(told(z.int().min(1), 2 ** 53)).toEqual([
    { path, code: "too_big", message: "Must be at most 9007199254740991." },
  ]);
});

import { expect, test } from "vitest";
import { z } from "zod";
import { issueWords } from "../../src/platform/issue-words.ts";

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

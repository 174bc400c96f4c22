import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { cursorOf } from "../../src/platform/pagination.ts";
import { Problem } from "../../src/platform/problem.ts";

const cursor = cursorOf("things", z.tuple([z.string(), z.int()]));
const other = cursorOf("others", z.tuple([z.string(), z.int()]));
const issued = (position: [string, number]) =>
  cursor.page([position, position], 1, (row) => row).nextCursor ?? "";
const codeOf = (work: () => unknown) => {
  try {
    work();
    return "accepted";
  } catch (error) {
    return error instanceof Problem ? error.code : error;
  }
};

test("a cursor leads back to the position it was made of", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.maxSafeInteger(), (text, number) => {
      expect(cursor.decode(issued([text, number]))).toEqual([text, number]);
    }),
  );
});

test("without a cursor a list begins at its start", () => {
  expect(cursor.decode(undefined)).toBeNull();
});

test("a cursor changed in any one place is refused", () => {
  const good = issued(["prm_01", 7]);
  for (let at = 0; at < good.length; at += 1) {
    for (const letter of ["A", "b", "9", "_", "!", "="]) {
      const changed = good.slice(0, at) + letter + good.slice(at + 1);
      expect(codeOf(() => cursor.decode(changed))).toBe(changed === good ? "accepted" : "invalid-cursor");
    }
  }
});

test.each([
  "",
  "x",
  "AAAA",
  `${issued(["a", 1])}A`,
  `${issued(["a", 1])}=`,
  ` ${issued(["a", 1])}`,
  "🙂".repeat(9),
])("%j is refused", (text) => {
  expect(codeOf(() => cursor.decode(text))).toBe("invalid-cursor");
});

test("the cursor of another list is refused", () => {
  expect(codeOf(() => other.decode(issued(["a", 1])))).toBe("invalid-cursor");
});

test("the last page has no cursor, the one before it has", () => {
  const rows = [["a", 1] as [string, number], ["b", 2] as [string, number]];
  expect(cursor.page(rows, 2, (row) => row)).toEqual({ items: rows, nextCursor: null });
  expect(cursor.page(rows, 1, (row) => row).items).toEqual([["a", 1]]);
  expect(cursor.page([], 1, (row: [string, number]) => row)).toEqual({ items: [], nextCursor: null });
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { cursorOf, cursorOfItem } from "../../src/platform/pagination.ts";
import { Problem } from "../../src/platform/problem.ts";

const cursor = cursorOf("things", z.tuple([z.string(), z.int()]));
const other = cursorOf("others", z.tuple([z.string(), z.int()]));
const itself = <Row>(row: Row) => row;
const issued = (position: [string, number]) =>
  cursor.page([position, position], 1, itself, itself).nextCursor ?? "";
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
  expect(cursor.page(rows, 2, itself, itself)).toEqual({ items: rows, nextCursor: null });
  const first = cursor.page(rows, 1, itself, ([text]) => ({ text }));
  expect(first).toEqual({ items: [{ text: "a" }], nextCursor: issued(["a", 1]) });
  expect(cursor.page([], 1, itself<[string, number]>, itself)).toEqual({ items: [], nextCursor: null });
});

test("each item of a page has a cursor that reads on after it, the last one that of the page", () => {
  const rows = ["a", "b", "c"].map((text, number): [string, number] => [text, number]);
  const page = cursor.page(rows, 2, itself, ([text]) => text);
  expect([0, 1].map((index) => cursor.decode(cursorOfItem(page, index)))).toEqual(rows.slice(0, 2));
  expect(cursorOfItem(page, 1)).toBe(page.nextCursor);
});

test("a list that goes on says where to read on, items or not", () => {
  const page = cursor.openPage([], { end: ["z", 9], hasMore: true }, itself<[string, number]>, itself);
  expect(page).toEqual({ items: [], nextCursor: issued(["z", 9]), hasMore: true });
});

test("a page that no cursor made has no cursors, and says so", () => {
  expect(() => cursorOfItem({ items: ["a"], nextCursor: null }, 0)).toThrow("not made by the cursor");
});

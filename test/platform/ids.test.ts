import { expect, test } from "vitest";
import { newId } from "../../src/platform/ids.ts";

test("an id is its prefix and 26 lower-case Crockford characters", () => {
  expect(newId("prm")).toMatch(/^prm_[0-9a-hjkmnp-tv-z]{26}$/);
});

test("ids of one process are unique and in the order of their making, even within a millisecond", () => {
  const ids = Array.from({ length: 20_000 }, () => newId("evl"));
  expect(new Set(ids).size).toBe(ids.length);
  expect([...ids].sort()).toEqual(ids);
});

test("a clock set back makes no id that sorts before an older one", () => {
  const future = Date.now() + 60_000;
  const older = newId("key", future);
  expect(newId("key", future - 30_000) > older).toBe(true);
});

test("the first ten characters tell the time", () => {
  const time = 2 ** 47 + 12_345;
  const digits = "0123456789abcdefghjkmnpqrstvwxyz";
  const read = [...newId("prj", time).slice(4, 14)].reduce(
    (sum, digit) => sum * 32 + digits.indexOf(digit),
    0,
  );
  expect(read).toBe(time);
});

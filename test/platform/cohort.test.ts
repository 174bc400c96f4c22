import { expect, test } from "vitest";
import { newCohort } from "../../src/platform/cohort.ts";

/** Takes longer than a turn. */
function busy(): void {
  const until = performance.now() + 11;
  while (performance.now() < until);
}

test("of tasks that came together all are computed before the first is answered", async () => {
  const seen: string[] = [];
  const cohort = newCohort();
  const names = ["a", "b", "c"];
  await Promise.all(
    names.map(async (name) => {
      const answer = await cohort.join(() => seen.push(`${name} computed`));
      seen.push(`${name} answered ${answer}`);
    }),
  );
  expect(seen.map((entry) => entry.slice(2))).toEqual([
    "computed",
    "computed",
    "computed",
    "answered 1",
    "answered 2",
    "answered 3",
  ]);
});

test("one that throws, or is rejected, fails alone", async () => {
  const cohort = newCohort();
  const settled = await Promise.allSettled([
    cohort.join(() => 1),
    cohort.join(() => {
      throw new Error("thrown");
    }),
    cohort.join(() => Promise.reject(new Error("rejected"))),
    cohort.join(() => Promise.resolve(2)),
  ]);
  expect(
    settled.map((one) => (one.status === "fulfilled" ? one.value : (one.reason as Error).message)),
  ).toEqual([1, "thrown", "rejected", 2]);
});

test("long work is answered before the rest is begun, and what else has come has its turn", async () => {
  const seen: string[] = [];
  const cohort = newCohort();
  const first = cohort.join(busy).then(() => seen.push("first answered"));
  const second = cohort.join(() => seen.push("second begun"));
  setImmediate(() => seen.push("something else"));
  await Promise.all([first, second]);
  expect(seen).toEqual(["first answered", "something else", "second begun"]);
});

test("who comes while others are computed is worked on as well", async () => {
  const cohort = newCohort();
  let late: Promise<string> | undefined;
  await cohort.join(() => {
    late = cohort.join(() => "late");
  });
  expect(await late).toBe("late");
});

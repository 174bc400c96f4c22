import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { seedOf } from "./random.ts";
import { seededBugs } from "./seeded-bugs.ts";
import { faultOf, World } from "./world.ts";

const isLong = process.env.LONG === "1";
const seed = seedOf(process.env);
/** It only computes: on a machine with other things to do that takes as long as it takes. */
const patience = isLong ? 1_800_000 : 180_000;
const steps = isLong ? 1_000_000 : 100_000;
/** `SEEDED_BUG=3` makes the simulation go wrong in the third way of the list. */
const bug = process.env.SEEDED_BUG === undefined ? undefined : seededBugs[Number(process.env.SEEDED_BUG) - 1];

test(
  `through crashes, retries and several committers the books balance after every batch (SEED=${seed})`,
  () => {
    const world = new World({ seed, ...bug });
    world.run(steps);
    world.settle();
    // A simulation in which nothing happens proves nothing.
    const happened = (what: string) => world.tally.get(what) ?? 0;
    for (const what of [
      ...["redeem", "commit", "cancel", "expire", "return", "claim"].flatMap((kind) => [
        `${kind} granted`,
        `${kind} refused`,
      ]),
      "redeem repeated",
      "commit repeated",
      "waited",
      "of another customer",
      "replayed",
      "died before writing",
      "answers lost",
    ])
      expect(happened(what), what).toBeGreaterThan(steps / 5_000);
  },
  patience,
);

test("the same seed comes to the same books", () => {
  const booksOf = (given: number) => {
    const world = new World({ seed: given });
    world.run(5_000);
    return [...world.disk.counters];
  };
  expect(booksOf(7)).toEqual(booksOf(7));
  expect(booksOf(8)).not.toEqual(booksOf(7));
});

test.each(seededBugs.map((seeded, i) => [i + 1, seeded.name, seeded] as const))(
  "seeded bug %i is caught: %s",
  (_number, _name, { name: _, ...seeded }) => {
    expect(faultOf({ seed: 42, ...seeded }, 40_000)).toEqual(expect.any(String));
  },
);

test("the list of seeded bugs has all of them", () => {
  const listed = [...readFileSync("test/simulation/README.md", "utf8").matchAll(/^\| (\d+) \| (.+?) \|/gm)];
  expect(listed.map(([, number, name]) => [Number(number), name])).toEqual(
    seededBugs.map(({ name }, i) => [i + 1, name]),
  );
});

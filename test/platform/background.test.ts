import { expect, test } from "vitest";
import { eachApart, untilNothingIsDue } from "../../src/platform/background.ts";

const { signal } = new AbortController();
const fails = () => Promise.reject(new Error("no database"));

test("what is done about an error is done before the next one's turn", async () => {
  const steps: string[] = [];
  const work = async (item: string) => {
    steps.push(`${item} begins`);
    await fails();
  };
  await eachApart(["a", "b"], signal, work, async (_error, item) => {
    await Promise.resolve();
    steps.push(`${item} is put off`);
  });
  expect(steps).toEqual(["a begins", "a is put off", "b begins", "b is put off"]);
});

test("where that fails as well the round ends, and whoever began it hears of it", async () => {
  const begun: string[] = [];
  const work = async (item: string) => {
    begun.push(item);
    await fails();
  };
  await expect(eachApart(["a", "b"], signal, work, fails)).rejects.toThrow("no database");
  expect(begun).toEqual(["a"]);
});

test("what follows from a step is done in the same round, and the round ends with the first look that leads to nothing", async () => {
  const left = new Map([
    ["chain", 3],
    ["elsewhere", 1],
    ["broken", 1],
  ]);
  const putOff: string[] = [];
  const find = async () => [...left].flatMap(([name, steps]) => (steps > 0 ? [name] : []));
  const work = async (name: string) => {
    if (name === "broken") await fails();
    if (name === "elsewhere") return false;
    left.set(name, left.get(name)! - 1);
    return true;
  };
  const done = await untilNothingIsDue(find, signal, work, (_error, name) => {
    left.delete(name);
    putOff.push(name);
  });
  expect([done, left.get("chain"), putOff]).toEqual([3, 0, ["broken"]]);
});

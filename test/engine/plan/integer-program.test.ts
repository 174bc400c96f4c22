/** The exact planner against an integer program of the same cart and promotions, written apart from it. */
import highsPackage from "highs";
import { expect, test } from "vitest";
import { planExactly } from "../../../src/engine/plan/exact/plan-exactly.ts";
import { IntegerProgram } from "./integer-program.ts";
import { makers, programInstance } from "./program-instances.ts";
import { situationFor } from "./situation-for.ts";

// The package's types describe its CommonJS build, where the loader stands one level deeper.
const loadHighs = highsPackage as unknown as typeof highsPackage.default;

const instances = process.env.LONG === "1" ? 500 : 20;

test(`on ${instances} carts of up to thirty units the proven total is the optimum of the integer program, and no bound is passed`, {
  timeout: process.env.LONG === "1" ? 3_600_000 : 300_000,
}, async () => {
  const highs = await loadHighs();
  const faults: string[] = [];
  let proven = 0;
  for (let seed = 1; seed <= instances; seed++) {
    const instance = programInstance(seed);
    const program = new IntegerProgram(instance);
    const solved = highs.solve(program.text(), { mip_rel_gap: 0, mip_abs_gap: 0.5 });
    if (solved.Status !== "Optimal") faults.push(`${seed}: ${solved.Status}`);
    const best = program.totalAt(solved.ObjectiveValue);
    const { priced, optimality } = planExactly(situationFor(instance));
    if (optimality.proven) proven++;
    if (priced.total < best) faults.push(`${seed}: pays ${priced.total}, but ${best} is the least`);
    if (priced.total - optimality.bound! > best)
      faults.push(`${seed}: pays ${priced.total}, bound ${optimality.bound}, but ${best} is possible`);
  }
  expect(faults).toEqual([]);
  expect(proven / instances).toBeGreaterThan(0.9);
});

test("every kind of item benefit takes part", () => {
  const kinds = new Set(
    Array.from({ length: 20 }, (_, i) => programInstance(i + 1)).flatMap(({ promotions }) =>
      promotions.map(({ benefits }) => benefits[0]!.kind),
    ),
  );
  expect([...kinds]).toEqual(
    expect.arrayContaining([
      "percent_off",
      "fixed_price",
      "amount_off",
      "nth_unit",
      "buy_x_get_y",
      "bundle",
      "tiered",
    ]),
  );
  expect(Object.keys(makers).length).toBeGreaterThan(12);
});

import { expect, test } from "vitest";
import { compile, mostTemplates, type Templates } from "../../../src/engine/plan/exact/automaton.ts";
import type { Machine, Place } from "../../../src/engine/plan/exact/machine.ts";
import { memory } from "../../../src/engine/plan/exact/memory.ts";

/** Takes every second unit, or waits; `worth` tells one from another. */
const machineOf = (name: string, worth: number): Machine => ({
  name,
  start: 0,
  accepts: (state) => state === 0,
  take: (state) => [{ next: 1 - state, gain: state * worth }],
  gains: [],
});
const placeOf = (slots: number): Place => ({
  unit: { line: 0, price: 100, room: 100 },
  slots,
  isFirstOfLine: true,
  isLastOfPrice: false,
});

test("however unlike the carts are, of a benefit's machines only some are remembered", () => {
  const templates: Templates = new Map();
  for (let size = 0; size < 10 * mostTemplates; size++) {
    memory.clear();
    compile(machineOf(`sets, ${size}`, 100), [placeOf(1), placeOf(1)], [0, 1], templates);
  }
  expect(templates.size).toBe(mostTemplates);
  expect([...templates.keys()].at(-1)).toBe(`sets, ${10 * mostTemplates - 1}`);

  // One machine, and kinds of places without end.
  let most = 0;
  for (let kind = 1; kind < 3_000; kind++) {
    memory.clear();
    compile(machineOf("one", 100), [placeOf(kind), placeOf(kind)], [0, 1], templates);
    most = Math.max(most, templates.get("one")?.ways.length ?? 0);
  }
  expect(most).toBeLessThan(2_100);
});

test("a machine that was forgotten is made again as it was", () => {
  const tables = (templates: Templates) => {
    memory.clear();
    const places = [1, 2, 1, 3].map(placeOf);
    const { rows, states, gainsAt, nextsAt } = compile(machineOf("m", 7), places, [0, 1, 2, 3], templates)!;
    return [
      rows,
      states,
      ...memory.doubles.slice(gainsAt, gainsAt + rows),
      ...memory.ints.slice(nextsAt, nextsAt + rows),
    ];
  };
  const templates: Templates = new Map();
  const made = tables(templates);
  expect(tables(templates)).toEqual(made);
  templates.clear();
  expect(tables(templates)).toEqual(made);
});

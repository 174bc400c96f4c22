/** The dashboard and the alerts speak of figures that there are, and the guide to operations of every alert. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createMetrics } from "../../src/platform/metrics.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { type Api, startApi } from "../features/api.ts";
import { sectionOf } from "./markdown.ts";

const dashboard = readFileSync("scripts/operations/dashboard.json", "utf8");
const alerts = readFileSync("scripts/operations/alerts.yaml", "utf8");
let database: TestDatabase;
let api: Api;
let figures: Map<string, string[]>;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  await api.rest("GET", "/v1/nothing");
  await api.rest("POST", "/graphql", { body: { query: "{ project { key } }" } });
  const own = await api.rest("GET", "/metrics", { key: null });
  figures = figuresIn(`${own.text}\n${await createMetrics({ ofProcess: true }).registry.metrics()}`);
});
afterAll(async () => {
  await api.close();
  await database.close();
});

/** By name, the labels that it has anywhere. */
function figuresIn(text: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [, name = "", labels = ""] of text.matchAll(/^(\w+)(?:\{(.*)\})? /gm)) {
    const names = [...labels.matchAll(/(\w+)="/g)].map(([, label = ""]) => label);
    found.set(name, [...new Set([...(found.get(name) ?? []), ...names])]);
  }
  // Declared, though nothing was counted yet.
  for (const [, name = ""] of text.matchAll(/^# TYPE (\w+) /gm)) if (!found.has(name)) found.set(name, []);
  return found;
}

const namesIn = (text: string) =>
  [...text.matchAll(/\b(?:dealwright|process|nodejs)_[a-z0-9_]+\b/g)].map(([name]) => name);

/** Each figure with the labels by which it is chosen or grouped, as far as they are ours. */
function unknownIn(text: string): string[] {
  const unknown = namesIn(text).filter((name) => !figures.has(name));
  for (const [, name = "", labels = ""] of text.matchAll(/\b(dealwright_[a-z0-9_]+)\{([^}]*)\}/g))
    for (const [, label = ""] of labels.matchAll(/(\w+)=~?\\?"/g))
      if (!figures.get(name)?.includes(label)) unknown.push(`${name}{${label}}`);
  return [...new Set(unknown)];
}

test("every figure that the dashboard and the alerts name is told", () => {
  expect(namesIn(dashboard).length).toBeGreaterThan(30);
  expect(unknownIn(dashboard)).toEqual([]);
  expect(unknownIn(alerts)).toEqual([]);
  // The checker notices what is not there.
  expect(unknownIn('sum(dealwright_no_such) + dealwright_refusals_total{problme="x"}')).toEqual([
    "dealwright_no_such",
    "dealwright_refusals_total{problme}",
  ]);
});

test("the dashboard is JSON with a title, a question and an expression in each panel", () => {
  const { panels } = JSON.parse(dashboard) as {
    panels: { id: number; title: string; description: string; targets: { expr: string }[] }[];
  };
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  for (const { title, description, targets } of panels)
    expect([title, description, ...targets.map(({ expr }) => expr)]).not.toContain("");
});

test("its guide says of every alert what it means and what to do", () => {
  const declared = [...alerts.matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
  const told = [
    ...sectionOf(readFileSync("scripts/operations/README.md", "utf8"), "## At two in the morning").matchAll(
      /^\| `(\w+)` \|/gm,
    ),
  ];
  expect(told.map(([, name]) => name)).toEqual(declared);
});

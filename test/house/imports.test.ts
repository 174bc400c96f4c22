import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { importFaults, unnamedLayers } from "./import-rules.ts";
import { importsOf, packageOf, readSources } from "./source-files.ts";

const sources = readSources("src");

test("imports point one way", () => {
  expect(importFaults(sources)).toEqual([]);
});

test("every file that is listed because its name does not say its layer is there", () => {
  expect(Object.keys(unnamedLayers).filter((path) => !(path in sources))).toEqual([]);
});

const service = "src/features/promotions/promotion-service.ts";
const operations = "src/features/promotions/promotion-operations.ts";

test.each([
  [operations, 'import { findPromotion } from "./promotion-store.ts";', "never to a store"],
  [operations, 'import type { Row } from "./promotion-tables.ts";', "never to a store"],
  [
    operations,
    'import { projectService } from "../projects/project-service.ts";',
    "from a service to a service",
  ],
  [service, 'import { insertProject } from "../projects/project-store.ts";', "from a service to a service"],
  [service, 'import { promotionOperations } from "./promotion-operations.ts";', "the other way"],
  [service, 'import { buildApp } from "../../app.ts";', "does not know the process"],
  [service, 'import { loadConfig } from "../../config.ts";', "is told its settings"],
  ["src/features/promotions/promotion-tables.ts", 'export * from "./promotion-store.ts";', "the other way"],
  [
    "src/features/promotions/promotion-schemas.ts",
    'import "./promotion-tables.ts";',
    "do not know the tables",
  ],
  [
    "src/platform/rest.ts",
    'import type { Promotion } from "../features/promotions/promotion-schemas.ts";',
    "platform uses",
  ],
  ["src/platform/rest.ts", 'import { evaluate } from "../engine/evaluate.ts";', "platform uses"],
  ["src/engine/money.ts", 'import { problem } from "../platform/problem.ts";', "nothing of the shell"],
  ["src/engine/money.ts", 'import { readFileSync } from "node:fs";', "the engine uses only"],
  ["src/engine/money.ts", 'import {\n  sql,\n} from "drizzle-orm/sql";', "the engine uses only"],
  ["src/engine/money.ts", 'const pg = await import("pg");', "the engine uses only"],
  [
    "src/app.ts",
    'import { findPromotion } from "./features/promotions/promotion-store.ts";',
    "does not go there",
  ],
  [
    "src/main.ts",
    'import { promotionService } from "./features/promotions/promotion-service.ts";',
    "does not go there",
  ],
  ["src/engine/money.ts", 'import { evaluate } from "./evaluate.ts";', "circle of files"],
  [
    "src/features/projects/project-service.ts",
    'import type { A } from "../promotions/promotion-service.ts";',
    "circle of features: projects → promotions → projects",
  ],
  ["src/features/promotions/promotion-things.ts", "", "does not say its layer"],
  ["src/tools.ts", "", "belongs to"],
  ["src/client/client.ts", 'import { limits } from "../engine/limits.ts";', "nothing but itself"],
  ["src/console/uplot.d.ts", 'import { limits } from "../engine/limits.ts";', "knows the API alone"],
  [service, 'import { x } from "./promotion-gone.ts";', "no such file"],
])("a breach in %s is found: %s", (path, line, fault) => {
  const faults = importFaults({ ...sources, [path]: `${line}\n${sources[path] ?? ""}` });
  expect(faults.join("\n")).toContain(fault);
});

test("what runs in production imports only dependencies, and every dependency is imported", () => {
  const { dependencies } = JSON.parse(readFileSync("package.json", "utf8")) as {
    dependencies: Record<string, string>;
  };
  const imported = Object.entries(sources).flatMap(([path, text]) =>
    importsOf(path, text).flatMap(({ specifier, path: own }) =>
      own !== null || specifier.startsWith("node:") ? [] : [packageOf(specifier)],
    ),
  );
  expect([...new Set(imported)].sort()).toEqual(Object.keys(dependencies).sort());
});

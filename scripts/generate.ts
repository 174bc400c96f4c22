import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { lexicographicSortSchema, printSchema } from "graphql";
import { apiDocument, operationsOf, streamOperationsOf } from "../src/app.ts";
import { kindsDocument } from "../src/engine/kinds-document.ts";
import { eventsDocument } from "../src/features/events/event-document.ts";
import { systemClock } from "../src/platform/clock.ts";
import { openDatabase } from "../src/platform/database.ts";
import { graphqlSchema } from "../src/platform/graphql-schema.ts";
import { silentLog } from "../src/platform/log.ts";
import type { Operation } from "../src/platform/operation.ts";
import { problemsDocument } from "../src/platform/problem.ts";
import type { StreamOperation } from "../src/platform/stream-operation.ts";
import { servicesOf } from "../src/services.ts";
import { clientTypes } from "./client-types.ts";
import { dumpMigratedSchema } from "./dump-schema.ts";

/** Every file made from the operations and the engine's registries, by its path. A house test compares them. */
export async function generatedDocuments(): Promise<Record<string, string>> {
  const { operations, streams } = await declaredFaces();
  const sdl = printSchema(lexicographicSortSchema(graphqlSchema(operations, () => null)));
  const document = apiDocument(operations, streams);
  return {
    "openapi/openapi.json": `${JSON.stringify(document, null, 2)}\n`,
    "src/client/api-types.ts": clientTypes(document, operations),
    "openapi/schema.graphql": `${sdl}\n`,
    "openapi/problems.md": problemsDocument(),
    "openapi/kinds.md": kindsDocument(),
    "openapi/events.md": eventsDocument(),
  };
}

/** The same wiring as the app's, over a pool that nobody will ask anything. */
export async function declaredFaces(): Promise<{ operations: Operation[]; streams: StreamOperation[] }> {
  const database = openDatabase({ connectionString: "postgres://nobody@127.0.0.1:1/none", log: silentLog });
  try {
    const services = servicesOf({ database, clock: systemClock, log: silentLog });
    return { operations: operationsOf(services), streams: streamOperationsOf(services) };
  } finally {
    await database.close();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const files = { ...(await generatedDocuments()), "migrations/schema.sql": await dumpMigratedSchema() };
  const isCheck = process.argv.includes("--check");
  const stale = Object.entries(files).filter(([path, text]) => textOf(path) !== text);
  for (const [path, text] of stale) {
    if (isCheck) process.exitCode = 1;
    else writeFileSync(inRepository(path), text);
    process.stdout.write(`${path}: ${isCheck ? 'out of date, run "npm run generate"' : "written"}\n`);
  }
  if (stale.length === 0) process.stdout.write("All generated files are up to date.\n");
}

function inRepository(path: string): URL {
  return new URL(`../${path}`, import.meta.url);
}

function textOf(path: string): string | null {
  return existsSync(inRepository(path)) ? readFileSync(inRepository(path), "utf8") : null;
}

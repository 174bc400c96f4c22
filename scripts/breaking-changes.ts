/**
 * Compares both faces with those of the last release, kept under `openapi/released/`. Part of `npm run check`.
 *
 *     npx tsx scripts/breaking-changes.ts             # tells what would break, and fails
 *     npx tsx scripts/breaking-changes.ts --release   # what is generated now is what was released
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { buildSchema, findBreakingChanges } from "graphql";
import { openApiChanges } from "./openapi-changes.ts";

const faces = ["openapi.json", "schema.graphql"] as const;
const folder = fileURLToPath(new URL("../openapi", import.meta.url));

export interface Faces {
  readonly "openapi.json": string;
  readonly "schema.graphql": string;
}

/** What a client of the older faces would notice. */
export function breakingChanges(before: Faces, after: Faces): string[] {
  const [old, now] = [before, after].map((texts) => buildSchema(texts["schema.graphql"]));
  return [
    ...openApiChanges(JSON.parse(before["openapi.json"]), JSON.parse(after["openapi.json"])),
    ...(old && now ? findBreakingChanges(old, now).map(({ description }) => `GraphQL: ${description}`) : []),
  ];
}

/** Null before the first release. */
export function releasedFaces(): Faces | null {
  return existsSync(`${folder}/released/openapi.json`) ? facesIn(`${folder}/released`) : null;
}

export function generatedFaces(): Faces {
  return facesIn(folder);
}

function facesIn(path: string): Faces {
  const [openapi, sdl] = faces.map((name) => readFileSync(`${path}/${name}`, "utf8"));
  return { "openapi.json": openapi ?? "", "schema.graphql": sdl ?? "" };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes("--release")) {
    mkdirSync(`${folder}/released`, { recursive: true });
    for (const name of faces) copyFileSync(`${folder}/${name}`, `${folder}/released/${name}`);
    process.stdout.write("openapi/released/ is what is generated now.\n");
  } else {
    const released = releasedFaces();
    const changes = released === null ? [] : breakingChanges(released, generatedFaces());
    for (const change of changes) process.stdout.write(`${change}\n`);
    if (changes.length > 0) process.exitCode = 1;
    else process.stdout.write(released === null ? "Nothing was released yet.\n" : "Nothing breaks.\n");
  }
}

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { declaredFaces, generatedDocuments } from "../../scripts/generate.ts";
import { problemsOf, streamProblemsOf } from "../../src/platform/openapi.ts";
import { problems } from "../../src/platform/problem.ts";

const documents = await generatedDocuments();

// migrations/schema.sql, the other generated file, is compared in test/platform/schema-dump.test.ts.
test.each(Object.entries(documents))("%s is up to date (otherwise: npm run generate)", (path, text) => {
  expect(readFileSync(path, "utf8") === text, `${path} differs from what npm run generate writes`).toBe(true);
});

/** Told by the server itself, before or beside any operation. */
const ofTheServer = [
  "headers-too-large",
  "request-timeout",
  "internal-error",
  "invalid-graphql",
  "graphql-too-complex",
  "graphql-document-unknown",
  "method-not-allowed",
  "route-not-found",
  "unavailable",
];

test("the problem table, problems.md and OpenAPI name the same problems, each with its status", async () => {
  const rows = [
    ...(documents["openapi/problems.md"] ?? "").matchAll(/^\| `([a-z_-]+)` \| (\d{3}) \| (.+) \|$/gm),
  ];
  const documented = rows.map(([, code, status, title]) => [code, { status: Number(status), title }]);
  expect(Object.fromEntries(documented)).toEqual(problems);

  const openapi = JSON.parse(documents["openapi/openapi.json"] ?? "") as OpenApi;
  expect(openapi.components.schemas.Problem.properties.code.enum.toSorted()).toEqual(
    Object.keys(problems).sort(),
  );

  const told = new Set<string>(ofTheServer);
  const { operations, streams } = await declaredFaces();
  const refusals = [
    ...operations.map((operation) => ({ ...operation, codes: problemsOf(operation) })),
    ...streams.map((operation) => ({ ...operation, codes: streamProblemsOf(operation) })),
  ];
  for (const operation of refusals) {
    const { responses } = openapi.paths[operation.path]?.[operation.method.toLowerCase()] ?? {
      responses: {},
    };
    for (const code of operation.codes) {
      told.add(code);
      expect(responses[problems[code].status]?.description, `${operation.id} ${code}`).toContain(
        `\`${code}\``,
      );
    }
  }
  expect([...told].sort()).toEqual(Object.keys(problems).sort());
});

interface OpenApi {
  components: { schemas: { Problem: { properties: { code: { enum: string[] } } } } };
  paths: Record<string, Record<string, { responses: Record<string, { description: string }> }>>;
}

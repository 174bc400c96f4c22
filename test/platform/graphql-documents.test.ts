import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hashOf, readGraphqlDocuments } from "../../src/platform/graphql-documents.ts";
import { operationsApp } from "./operations-app.ts";

const registered = "query Motto { motto { text } }\n";
const folder = mkdtempSync(join(tmpdir(), "dealwright-documents-"));
let closed: Awaited<ReturnType<typeof operationsApp>>;
let open: Awaited<ReturnType<typeof operationsApp>>;

beforeAll(async () => {
  writeFileSync(join(folder, "motto.graphql"), registered);
  writeFileSync(join(folder, "README.md"), "{ item }");
  closed = await operationsApp({ documents: await readGraphqlDocuments(folder) });
  open = await operationsApp();
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await closed.close();
  await open.close();
});

async function post(payload: object, on = closed) {
  const answer = await on.inject({
    method: "POST",
    url: "/graphql",
    headers: { authorization: "Bearer admin" },
    payload,
  });
  return [answer.statusCode, answer.json().code ?? answer.json().data?.motto?.text];
}

const motto = "the best price, exact to the cent";
const persistedQuery = { version: 1, sha256Hash: hashOf(registered) };

test.each([
  ["its text", { query: registered }],
  ["its hash, as Apollo's clients send it", { extensions: { persistedQuery } }],
  ["its hash as a document id", { documentId: `sha256:${hashOf(registered)}` }],
  ["its text and its hash", { query: registered, extensions: { persistedQuery } }],
])("a registered document runs by %s", async (_case, payload) => {
  expect(await post(payload)).toEqual([200, motto]);
});

test.each([
  ["another document", { query: "{ motto { text } }" }],
  [
    "another document under the hash of a registered one",
    { query: "{ motto { text } }", extensions: { persistedQuery } },
  ],
  ["a hash nobody registered", { documentId: `sha256:${hashOf("{ motto { text } }")}` }],
  ["no hash at all", { documentId: "__proto__" }],
])("%s is not run", async (_case, payload) => {
  expect(await post(payload)).toEqual([400, "graphql-document-unknown"]);
});

test("without registered documents any text runs and no hash is known", async () => {
  expect(await post({ query: "{ motto { text } }" }, open)).toEqual([200, motto]);
  expect(await post({ extensions: { persistedQuery } }, open)).toEqual([400, "graphql-document-unknown"]);
});

test("a document that does not fit the schema stops the start and is named", async () => {
  const documents = new Map([[hashOf("{ mottto }"), "{ mottto }"]]);
  await expect(operationsApp({ documents })).rejects.toThrow(/do not fit[\s\S]*mottto/);
});

test("a document that cannot be read at all is named with the others, and a missing folder by its setting", async () => {
  const documents = new Map([
    [hashOf("{ motto {"), "{ motto {"],
    [hashOf("{ mottto }"), "{ mottto }"],
  ]);
  await expect(operationsApp({ documents })).rejects.toThrow(/do not fit[\s\S]*Syntax Error[\s\S]*mottto/);
  await expect(readGraphqlDocuments(join(folder, "nowhere"))).rejects.toThrow(/GRAPHQL_DOCUMENTS.*ENOENT/);
});

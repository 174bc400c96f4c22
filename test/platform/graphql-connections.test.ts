import { printSchema } from "graphql";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { graphqlSchema } from "../../src/platform/graphql-schema.ts";
import { defineOperation } from "../../src/platform/operation.ts";
import { cursorOf, pageOf, pageQuery } from "../../src/platform/pagination.ts";
import { operations, operationsApp } from "./operations-app.ts";

const word = z.object({ text: z.string() }).meta({ id: "Word" });
const words = ["one", "two", "three"].map((text) => ({ text }));
const cursor = cursorOf("words", z.int());
const wordPage = pageOf(word, "WordPage").extend({ total: z.int() }).meta({ id: "WordPage" });

/** A list that says more of itself than its pages. */
const list = (query: z.ZodObject) =>
  defineOperation({
    id: "words",
    method: "GET",
    path: "/v1/words",
    graphql: "query",
    tag: "test",
    summary: "Words.",
    roles: [],
    query,
    result: wordPage,
    problems: [],
    handler: ({ query: { limit, after } }) => {
      const from = cursor.decode(after as string | undefined) ?? -1;
      const rows = words.slice(from + 1);
      const page = cursor.page(
        rows,
        limit as number,
        (row) => words.indexOf(row),
        (row) => row,
      );
      return Object.assign(page, { total: words.length });
    },
  });

let app: Awaited<ReturnType<typeof operationsApp>>;
beforeAll(async () => {
  app = await operationsApp({ operations: [...operations, list(pageQuery)] });
});
afterAll(async () => {
  await app.close();
});

async function data(query: string) {
  const { data: answer, errors } = await ask(query);
  expect(errors).toBeUndefined();
  return answer;
}

async function ask(query: string) {
  const headers = { authorization: "Bearer admin" };
  return (await app.inject({ method: "POST", url: "/graphql", headers, payload: { query } })).json();
}

test("each edge has a cursor that reads on right after it", async () => {
  const fields = "edges { cursor node { id } } nodes { id } pageInfo { hasNextPage endCursor startCursor }";
  const { items: all } = await data(`{ items { ${fields} } }`);
  const ids = all.edges.map(({ node }: { node: { id: string } }) => node.id);
  expect(ids).toEqual(["i0", "i1", "i2", "i3", "i4", "i5", "i6"]);
  expect(all.nodes).toEqual(all.edges.map(({ node }: { node: object }) => node));
  for (const [index, edge] of all.edges.entries()) {
    const { items: rest } = await data(`{ items(after: "${edge.cursor}") { ${fields} } }`);
    expect(rest.edges).toEqual(all.edges.slice(index + 1));
    expect(rest.pageInfo).toEqual({
      hasNextPage: false,
      startCursor: rest.edges.at(0)?.cursor ?? null,
      endCursor: rest.edges.at(-1)?.cursor ?? null,
    });
  }
});

test("a page says whether more comes after it, and whether something came before", async () => {
  const info = "pageInfo { hasNextPage hasPreviousPage endCursor }";
  const { items: first } = await data(`{ items(first: 6) { ${info} } }`);
  expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
  const { items: last } = await data(`{ items(first: 6, after: "${first.pageInfo.endCursor}") { ${info} } }`);
  expect(last.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
});

test("both faces issue the same cursors", async () => {
  const { items } = await data("{ items(first: 3) { pageInfo { endCursor } } }");
  const rest = await app.inject({ url: "/v1/items?limit=3", headers: { authorization: "Bearer admin" } });
  expect(items.pageInfo.endCursor).toBe(rest.json().nextCursor);
});

test.each([
  ["(first: 0)", "invalid-request", "/first"],
  ["(first: 201)", "invalid-request", "/first"],
  ['(after: "bm90aGluZw")', "invalid-cursor", "/after"],
])("items%s is refused by the names of GraphQL", async (given, code, path) => {
  const { errors } = await ask(`{ items${given} { nodes { id } } }`);
  expect(errors).toMatchObject([{ extensions: { code, status: 400, errors: [{ path }] } }]);
});

test("there is no `limit` and no `items`", async () => {
  for (const query of ["{ items(limit: 3) { nodes { id } } }", "{ items { items { id } } }"])
    expect((await ask(query)).errors[0].extensions.code).toBe("invalid-graphql");
});

test("what a page says besides stands on the connection", async () => {
  expect(await data("{ words(first: 1) { total nodes { text } } }")).toEqual({
    words: { total: 3, nodes: [{ text: "one" }] },
  });
  expect(printSchema(graphqlSchema([list(pageQuery)], () => null))).toContain(
    "type WordConnection {\n  edges: [WordEdge!]!",
  );
});

test("an operation that answers pages and cannot be asked for the next is no list", () => {
  expect(() => graphqlSchema([list(pageQuery.omit({ after: true }))], () => null)).toThrow("`after`");
});

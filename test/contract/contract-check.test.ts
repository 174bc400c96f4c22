/** The check of answers, seen to find what it is there to find. */
import { readFileSync } from "node:fs";
import fastify from "fastify";
import { expect, test } from "vitest";
import { publishedContract, type SeenAnswer, watchContract } from "./contract-check.ts";

const problem = (status: number, code: string) =>
  JSON.stringify({ type: "https://dealwright.dev/problems/x", title: "x", status, code, requestId: "r" });
const seen = (answer: Partial<SeenAnswer>): SeenAnswer => ({
  method: "GET",
  url: "/v1/project",
  status: 404,
  contentType: "application/problem+json",
  text: problem(404, "promotion-not-found"),
  headers: { "x-request-id": "r", ratelimit: "", "ratelimit-policy": "" },
  ...answer,
});
const page = {
  method: "GET",
  url: "/v1/jobs?limit=1",
  status: 200,
  contentType: "application/json; charset=utf-8",
};

test.each<[string, Partial<SeenAnswer>, RegExp | null]>([
  ["an answer as documented", { ...page, text: '{"items":[],"nextCursor":null}' }, null],
  [
    "an answer without a promised header",
    { ...page, text: '{"items":[],"nextCursor":null}', headers: {} },
    /header X-Request-Id/,
  ],
  ["a field of another type", { ...page, text: '{"items":[],"nextCursor":7}' }, /nextCursor/],
  ["a missing field", { ...page, text: '{"items":[]}' }, /nextCursor/],
  ["a field nobody documented", { ...page, text: '{"items":[],"nextCursor":null,"secret":1}' }, /additional/],
  ["a status nobody documented", {}, /status 404 is not documented/],
  ["another media type", { ...page, contentType: "text/html", text: "" }, /not as "text\/html"/],
  ["an answer of a route nobody documented", { ...page, url: "/v1/secrets", text: "{}" }, /not documented/],
  ["a problem of a route that is not there", { url: "/v1/no", text: problem(404, "route-not-found") }, null],
  [
    "a problem with the status of another",
    { url: "/v1/no", text: problem(404, "stale_version") },
    /no problem/,
  ],
  [
    "a problem the operation does not name",
    { url: "/v1/jobs/x", text: problem(404, "promotion-not-found") },
    /code/,
  ],
  ["a problem the operation names", { url: "/v1/jobs/x", text: problem(404, "job-not-found") }, null],
  [
    "a GraphQL error without a code",
    {
      method: "POST",
      url: "/graphql",
      status: 200,
      text: '{"data":null,"errors":[{"message":"relation does not exist"}]}',
    },
    /no problems/,
  ],
])("%s is told from the others", (_case, answer, fault) => {
  const found = publishedContract(seen(answer));
  expect(found === null).toBe(fault === null);
  if (fault !== null) expect(found).toMatch(fault);
});

test("the test that receives an answer outside the contract fails", async () => {
  const app = fastify();
  app.get("/v1/project", (_request, reply) => reply.code(418).send({}));
  watchContract(app);
  await expect(app.inject("/v1/project")).rejects.toThrow("status 418 is not documented");
  await app.close();
});

test("every app and every client of the tests is watched", () => {
  const watched = ["test/features/api.ts", "test/platform/operations-app.ts", "test/faults/http-client.ts"];
  for (const path of watched) expect(readFileSync(path, "utf8")).toMatch(/watchContract\(|requireContract\(/);
});

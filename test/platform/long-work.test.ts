/** What reads so much that its operation says so may take longer than other requests, in both faces; the rest is answered 503. */
import { once } from "node:events";
import { Agent, request } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { z } from "zod";
import type { Authenticator } from "../../src/platform/auth.ts";
import { mountGraphql } from "../../src/platform/graphql.ts";
import { followRequests } from "../../src/platform/open-requests.ts";
import { defineOperation } from "../../src/platform/operation.ts";
import { mountRest } from "../../src/platform/rest.ts";
import { createServer } from "../../src/platform/server.ts";
import { compileInputs } from "../../src/platform/validation.ts";

const authenticator: Authenticator = {
  callerOf: () => ({ projectId: "p", environment: "live", apiKeyId: "k", role: "marketing" }),
};

/** Answers when it is told to. */
function slow(id: string, maySeconds?: number) {
  let finish = (): void => {};
  const isDone = new Promise<void>((settle) => {
    finish = settle;
  });
  const operation = defineOperation({
    id,
    method: "GET",
    path: `/v1/${id}`,
    graphql: "query",
    tag: "test",
    summary: "Slow.",
    roles: ["marketing"],
    result: z.object({ done: z.boolean() }).meta({ id: `Slow${id}` }),
    ...(maySeconds !== undefined && { maySeconds }),
    problems: [],
    handler: async () => {
      await isDone;
      return { done: true };
    },
  });
  return { operation, finish: () => finish() };
}

test("an operation that may take long is waited for; others are ended, also after it on the same connection", async () => {
  const [long, short] = [slow("long", 60), slow("short")];
  const operations = [long.operation, short.operation];
  const app = createServer({ logLevel: "silent" });
  followRequests(app, { deadlineMilliseconds: 100 });
  const validation = compileInputs(operations);
  mountRest(app, operations, validation, authenticator);
  await mountGraphql(app, { operations, validation, authenticator, showsSchema: true });
  await app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = app.server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const headers = { authorization: "Bearer x" };
  const get = async (path: string) => {
    const sent = request({ port, path, headers, agent }).end();
    const [answer] = await once(sent, "response");
    answer.resume();
    await once(answer, "end");
    return answer.statusCode as number;
  };
  const url = `http://127.0.0.1:${port}`;
  const rest = get("/v1/long");
  const graphql = fetch(`${url}/graphql`, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify({ query: "{ long { done } }" }),
  });
  // Two that begin after one another, so that the time of those is over as well.
  for (let i = 0; i < 2; i += 1) expect((await fetch(`${url}/v1/short`, { headers })).status).toBe(503);
  long.finish();
  expect(await rest).toBe(200);
  expect(await (await graphql).json()).toEqual({ data: { long: { done: true } } });
  expect(await get("/v1/short")).toBe(503);
  agent.destroy();
  await app.close();
});

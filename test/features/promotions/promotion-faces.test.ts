import { afterAll, beforeAll, expect, test } from "vitest";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi } from "../api.ts";
import { documentOf } from "./promotion-fixture.ts";

let database: TestDatabase;
let api: Api;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
});
afterAll(async () => {
  await api.close();
  await database.close();
});

async function field(source: string, variables: object = {}) {
  const { body } = await api.graphql(source, variables, { role: "marketing" });
  if (body.errors !== undefined) return body.errors[0].extensions;
  return Object.values(body.data)[0] as Record<string, unknown>;
}

test("a whole life can be led over GraphQL, and REST sees every step of it", async () => {
  const document = documentOf({ name: "one" });
  const input = "($key: String!, $input: PromotionUpdateInput!)";
  const put = `mutation ${input} { putPromotionByKey(key: $key, input: $input) { id status version } }`;
  const { id } = await field(put, { key: document.key, input: document });
  const step = (name: string) =>
    field(`mutation ($id: ID!) { ${name}Promotion(id: $id) { status version } }`, { id });
  expect(await step("activate")).toEqual({ status: "active", version: 2 });
  expect(await step("activate")).toMatchObject({ code: "promotion-state-conflict", status: 409 });
  expect(await step("pause")).toEqual({ status: "paused", version: 3 });
  const update = `mutation ($id: ID!, $input: PromotionUpdateInput!) {
    updatePromotion(id: $id, input: $input, ifMatch: "3") { name version }
  }`;
  expect(await field(update, { id, input: { ...document, name: "two" } })).toEqual({
    name: "two",
    version: 4,
  });
  expect(await field(update, { id, input: document })).toMatchObject({ code: "precondition-failed" });
  const revert = "mutation ($id: ID!) { revertPromotion(id: $id, input: { version: 1 }) { name version } }";
  expect(await field(revert, { id })).toEqual({ name: "one", version: 5 });
  expect(await step("end")).toEqual({ status: "ended", version: 6 });
  expect(await step("archive")).toEqual({ status: "archived", version: 7 });

  const fields =
    "nodes { version status change changedBy createdAt reason rulebook document { key name benefits } } pageInfo { endCursor }";
  const versions = await field(`query ($id: ID!) { promotionVersions(id: $id, first: 3) { ${fields} } }`, {
    id,
  });
  const rest = await api.rest("GET", `/v1/promotions/${id}/versions?limit=3`);
  expect(versions).toMatchObject({ pageInfo: { endCursor: rest.body.nextCursor } });
  const walked = [];
  for (const { version, change } of (versions as { nodes: { version: number; change: string }[] }).nodes) {
    walked.push([version, change]);
  }
  expect(walked).toEqual([
    [7, "archived"],
    [6, "ended"],
    [5, "reverted"],
  ]);
  expect(await field(`{ promotionByKey(key: "${document.key}") { status version } }`)).toEqual({
    status: "archived",
    version: 7,
  });
});

test("what is not there, or broken, has the same problem on both faces", async () => {
  const rest = await api.rest("GET", "/v1/promotions/prm_nobody");
  expect([rest.status, rest.body.code]).toEqual([404, "promotion-not-found"]);
  expect(await field(`{ promotion(id: "prm_nobody") { id } }`)).toMatchObject({
    code: "promotion-not-found",
  });
  const input = documentOf({ benefits: [{ kind: "percent_off", percent: 12.34567 }] });
  const create = "mutation ($input: PromotionDocumentInput!) { createPromotion(input: $input) { id } }";
  expect(await field(create, { input })).toMatchObject({
    code: "invalid-promotion",
    errors: [{ path: "/benefits/0/percent", code: "percent_too_fine" }],
  });
});

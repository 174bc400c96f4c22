import { afterAll, beforeAll, expect, test } from "vitest";
import { pageOfConnection } from "../../contract/faces.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi } from "../api.ts";
import { documentOf } from "./promotion-fixture.ts";

let database: TestDatabase;
let api: Api;

const web = { conditions: { kind: "channel", in: ["web"] } };

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  const documents = [
    documentOf({ key: "a", name: "A", ...web }),
    documentOf({ key: "b", priority: 5 }),
    documentOf({ key: "c", benefits: [{ kind: "percent_off", target: "order", percent: 5 }] }),
    documentOf({ key: "draft" }),
  ];
  for (const body of documents) {
    const created = await api.rest("POST", "/v1/promotions", { body });
    if (body.key !== "draft") await api.rest("POST", `/v1/promotions/${created.body.id}/activate`);
  }
});
afterAll(async () => {
  await api.close();
  await database.close();
});

test("live promotions that meet are reported in pairs, with channels and outcome, over both faces", async () => {
  const rest = await api.rest("GET", "/v1/promotions/overlaps", { role: "viewer" });
  const from = new Date(api.clock.now()).toISOString();
  const of = (key: string, name: string | null, channels: string[] | null, priority: number) => ({
    promotion: key,
    promotionId: expect.stringMatching(/^prm_/),
    name,
    channels,
    stores: null,
    regions: null,
    priority,
  });
  const [a, b, c] = [of("a", "A", ["web"], 0), of("b", null, null, 5), of("c", null, null, 0)];
  expect(rest.body).toEqual({
    items: [
      { promotions: [a, b], outcome: "group", winner: "b", groups: ["item"], from },
      { promotions: [a, c], outcome: "stack", winner: null, groups: [], from },
      { promotions: [b, c], outcome: "stack", winner: null, groups: [], from },
    ],
    nextCursor: null,
  });
  const fields =
    "edges { cursor node { promotions { promotion promotionId name channels stores regions priority } outcome winner groups from } } pageInfo { hasNextPage startCursor endCursor }";
  const graphql = await api.graphql(`{ promotionOverlaps { ${fields} } }`);
  expect(pageOfConnection(graphql.body.data.promotionOverlaps)).toEqual(rest.body);
});

test("the report is walked in pages and asked about one promotion", async () => {
  const pairs: string[] = [];
  let after = "";
  do {
    const { body } = await api.rest("GET", `/v1/promotions/overlaps?limit=1${after}`);
    pairs.push(
      ...body.items.map(({ promotions }: { promotions: { promotion: string }[] }) =>
        promotions.map(({ promotion }) => promotion).join("+"),
      ),
    );
    after = body.nextCursor === null ? "" : `&after=${body.nextCursor}`;
  } while (after !== "");
  expect(pairs).toEqual(["a+b", "a+c", "b+c"]);
  const { body } = await api.rest("GET", "/v1/promotions/overlaps?promotion=c");
  expect(
    body.items.map(({ promotions }: { promotions: { promotion: string }[] }) => promotions[0]?.promotion),
  ).toEqual(["a", "b"]);
  const typo = await api.rest("GET", "/v1/promotions/overlaps?promotion=nobody");
  expect([typo.status, typo.body.code]).toEqual([404, "promotion-not-found"]);
});

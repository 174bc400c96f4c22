import { afterAll, beforeAll, expect, test } from "vitest";
import { benefitKinds } from "../../../src/engine/benefits/index.ts";
import { firstCart } from "../../../src/features/demo/demo-carts.ts";
import { demoKeys } from "../../../src/features/demo/demo-keys.ts";
import { demoPromotions } from "../../../src/features/demo/demo-promotions.ts";
import { seedDemo } from "../../../src/features/demo/demo-seed.ts";
import { bootstrap } from "../../../src/features/projects/project-bootstrap.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi } from "../api.ts";

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

test("the demo shop shows every kind of benefit, in both languages", () => {
  const shown = new Set(demoPromotions.flatMap(({ benefits }) => benefits.map(({ kind }) => kind)));
  expect([...shown].sort()).toEqual(benefitKinds.map(({ kind }) => kind).sort());
  expect(
    demoPromotions.every(
      ({ texts }) => texts?.en?.label !== undefined && texts["zh-CN"]?.label !== undefined,
    ),
  ).toBe(true);
});

test("any number of processes that start at once make one demo shop, whose printed cart can be priced", async () => {
  const empty = await freshDatabase();
  const start = () =>
    bootstrap(empty, api.clock, undefined, (connection, projectId) =>
      seedDemo(connection, projectId, "development", api.clock),
    );
  const made = await Promise.all(Array.from({ length: 4 }, start));
  expect(made.filter((project) => project !== null)).toHaveLength(1);
  const shop = await startApi(empty, { clock: api.clock });
  const promotions = await shop.rest("GET", "/v1/promotions?status=active&limit=200", {
    key: demoKeys.marketing,
  });
  expect(promotions.body.items).toHaveLength(demoPromotions.length);
  const { status, body } = await shop.rest("POST", "/v1/evaluations", {
    key: demoKeys.checkout,
    body: firstCart,
  });
  expect(status).toBe(200);
  expect([body.subtotal, body.discount, body.total]).toEqual([41600, 10900, 30700]);
  expect(body.rewards.map(({ kind }: { kind: string }) => kind).sort()).toEqual(["gift", "issue_coupon"]);
  expect(body.codes.map(({ status }: { status: string }) => status)).toEqual(["applied", "rejected"]);
  expect(body.notApplied).toMatchObject([{ promotion: "masks-2-plus-1", gap: 1, wouldSave: 2900 }]);
  await shop.close();
  await empty.close();
});

test("in production no key is made that everybody knows", async () => {
  const empty = await freshDatabase();
  await bootstrap(empty, api.clock, undefined, (connection, projectId) =>
    seedDemo(connection, projectId, "production", api.clock),
  );
  const shop = await startApi(empty, { clock: api.clock });
  for (const key of Object.values(demoKeys))
    expect((await shop.rest("GET", "/v1/project", { key })).status).toBe(401);
  await shop.close();
  await empty.close();
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi } from "../api.ts";
import { projectWithKeys } from "../project-fixture.ts";
import { documentOf } from "./promotion-fixture.ts";

let database: TestDatabase;
let api: Api;
const ids = new Map<string, string>();

const code = (text: string) => ({ type: "code", code: text });
const catalogue: [string, object, string[]][] = [
  ["spring-1", { name: "Spring 100%_off", tags: ["sale"], campaign: "spring" }, []],
  ["spring-2", { tags: ["sale", "new"], campaign: "spring", trigger: code("S2") }, ["activate"]],
  ["spring-3", { tags: ["new"], campaign: "spring", schedule: { startsAt: "2027-01-01" } }, ["activate"]],
  ["autumn-1", { name: "Herbst", schedule: { endsAt: "2026-11-11T00:00:01Z" } }, ["activate"]],
  ["autumn-2", { trigger: { type: "coupon", pool: "p" } }, ["activate", "pause"]],
  ["autumn-3", {}, ["activate", "end"]],
  ["autumn-4", {}, ["archive"]],
];

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  for (const [key, changes, moves] of catalogue) {
    const { body } = await api.rest("POST", "/v1/promotions", { body: documentOf({ key, ...changes }) });
    ids.set(key, body.id);
    for (const move of moves) await api.rest("POST", `/v1/promotions/${body.id}/${move}`);
  }
  api.clock.advance(1_000);
});
afterAll(async () => {
  await api.close();
  await database.close();
});

async function keysOf(query: string): Promise<string[]> {
  const { body } = await api.rest("GET", `/v1/promotions?${query}`, { role: "viewer" });
  return body.items.map(({ key }: { key: string }) => key);
}

describe("filters", () => {
  const cases: [string, string[]][] = [
    ["", catalogue.map(([key]) => key).reverse()],
    ["status=draft", ["spring-1"]],
    ["status=active", ["spring-2"]],
    ["status=scheduled", ["spring-3"]],
    ["status=paused", ["autumn-2"]],
    ["status=ended", ["autumn-3", "autumn-1"]],
    ["status=archived", ["autumn-4"]],
    ["tag=sale", ["spring-2", "spring-1"]],
    ["tag=new&campaign=spring&status=scheduled", ["spring-3"]],
    ["trigger=code", ["spring-2"]],
    ["trigger=coupon", ["autumn-2"]],
    ["q=HERBST", ["autumn-1"]],
    ["q=ring-", ["spring-3", "spring-2", "spring-1"]],
    ["q=%25_", ["spring-1"]],
    ["q=_", ["spring-1"]],
    ["campaign=' or true --", []],
  ];
  for (const [query, expected] of cases) {
    test(query === "" ? "none" : query, async () => {
      expect(await keysOf(query)).toEqual(expected);
    });
  }

  test("the status shown is the status filtered by", async () => {
    const { body } = await api.rest("GET", "/v1/promotions");
    for (const { key, status } of body.items) expect(await keysOf(`status=${status}`)).toContain(key);
  });

  test("a filter that does not exist is refused", async () => {
    const answers = [
      await api.rest("GET", "/v1/promotions?state=draft"),
      await api.rest("GET", "/v1/promotions?status=gone"),
    ];
    expect(answers.map(({ status, body }) => [status, body.errors[0].path])).toEqual([
      [400, "/state"],
      [400, "/status"],
    ]);
  });
});

test("a walk with a filter sees each promotion once, whatever is created meanwhile", async () => {
  const seen: string[] = [];
  let after = "";
  do {
    const { body } = await api.rest("GET", `/v1/promotions?campaign=spring&limit=1${after}`);
    seen.push(...body.items.map(({ key }: { key: string }) => key));
    await api.rest("POST", "/v1/promotions", { body: documentOf({ campaign: "spring" }) });
    after = body.nextCursor === null ? "" : `&after=${body.nextCursor}`;
  } while (after !== "");
  expect(seen).toEqual(["spring-3", "spring-2", "spring-1"]);
  const tampered = await api.rest("GET", "/v1/promotions?after=YWJj");
  expect([tampered.status, tampered.body.code]).toEqual([400, "invalid-cursor"]);
  const graphql = await api.graphql(
    `{ promotions(campaign: "spring", first: 2, q: "spring-") { nodes { key } } }`,
  );
  expect(graphql.body.data.promotions.nodes).toEqual([{ key: "spring-3" }, { key: "spring-2" }]);
});

test("another project's key finds nothing and takes nothing", async () => {
  const stranger = { key: (await projectWithKeys(database, api.clock.now())).keys.admin };
  const id = ids.get("spring-2");
  const body = documentOf({ key: "spring-2" });
  const answers = [
    await api.rest("GET", `/v1/promotions/${id}`, stranger),
    await api.rest("GET", "/v1/promotions/by-key/spring-2", stranger),
    await api.rest("PUT", `/v1/promotions/${id}`, { ...stranger, body, headers: { "if-match": "*" } }),
    await api.rest("GET", `/v1/promotions/${id}/versions`, stranger),
    await api.rest("POST", `/v1/promotions/${id}/revert`, { ...stranger, body: { version: 1 } }),
    ...(await Promise.all(
      ["activate", "pause", "end", "archive"].map((step) =>
        api.rest("POST", `/v1/promotions/${id}/${step}`, stranger),
      ),
    )),
  ];
  expect(answers.map(({ status, body }) => [status, body.code])).toEqual(
    answers.map(() => [404, "promotion-not-found"]),
  );
  expect((await api.rest("GET", "/v1/promotions", stranger)).body.items).toEqual([]);
  expect((await api.rest("PUT", "/v1/promotions/by-key/spring-2", { ...stranger, body })).body.id).not.toBe(
    id,
  );
});

test("only marketing writes, and only marketing and viewers read", async () => {
  const id = ids.get("spring-1");
  for (const role of ["checkout", "pos", "erp"] as const) {
    expect((await api.rest("GET", `/v1/promotions/${id}`, { role })).status).toBe(403);
  }
  const writes = [
    await api.rest("POST", "/v1/promotions", { role: "viewer", body: documentOf() }),
    await api.rest("POST", `/v1/promotions/${id}/activate`, { role: "viewer" }),
    await api.rest("PUT", "/v1/promotions/by-key/spring-1", {
      role: "viewer",
      body: documentOf({ key: "spring-1" }),
    }),
  ];
  expect(writes.map(({ status }) => status)).toEqual([403, 403, 403]);
});

describe("broken documents", () => {
  const cases: [string, object, string, string, string][] = [
    [
      "a percentage above 100",
      { benefits: [{ kind: "percent_off", percent: 100.5 }] },
      "invalid-promotion",
      "/benefits/0/percent",
      "percent_out_of_range",
    ],
    ["a code of dashes", { trigger: code(" - - ") }, "invalid-promotion", "/trigger/code", "code_empty"],
    [
      "contradictory bounds",
      { conditions: { all: [{ kind: "subtotal", atLeast: { CNY: 5 }, atMost: { CNY: 1 } }] } },
      "invalid-promotion",
      "/conditions/all/0/atMost/CNY",
      "bounds_contradict",
    ],
    [
      "a broken expression",
      { conditions: { kind: "expression", cel: "cart.subtotal >" } },
      "invalid-promotion",
      "/conditions/cel",
      "expression_invalid",
    ],
    [
      "no such zone",
      { schedule: { timezone: "Mars/Olympus" } },
      "invalid-promotion",
      "/schedule/timezone",
      "timezone_unknown",
    ],
    [
      "an end before the start",
      { schedule: { startsAt: "2026-02-02", endsAt: "2026-01-01" } },
      "invalid-promotion",
      "/schedule/endsAt",
      "bounds_contradict",
    ],
    [
      "a kind of nobody's",
      { benefits: [{ kind: "magic" }] },
      "invalid-request",
      "/benefits/0/kind",
      "invalid_union",
    ],
    ["a misspelt field", { priorty: 1 }, "invalid-request", "/priorty", "unrecognized_key"],
    ["no benefits", { benefits: [] }, "invalid-request", "/benefits", "too_small"],
    ["no trigger", { trigger: undefined }, "invalid-request", "/trigger", "required"],
    ["a key with spaces", { key: "a b" }, "invalid-request", "/key", "invalid_format"],
  ];
  for (const [name, changes, problem, path, errorCode] of cases) {
    test(name, async () => {
      const document = documentOf(changes);
      const saved = await api.rest("POST", "/v1/promotions", { body: document });
      expect([saved.status, saved.body.code]).toEqual([400, problem]);
      const told = (errors: { path: string; code: string }[]) =>
        errors.map((error) => [error.path, error.code]);
      expect(told(saved.body.errors)).toContainEqual([path, errorCode]);
      const checked = await api.rest("POST", "/v1/promotions/validate", { body: document, role: "viewer" });
      expect([checked.status, checked.body.valid]).toEqual([200, false]);
      expect(told(checked.body.errors)).toContainEqual([path, errorCode]);
    });
  }
});

test("a trigger without a pool of coupons is warned of, one with a pool is not", async () => {
  const warned = async (pool: string) => {
    const document = documentOf({ name: "Gift", trigger: { type: "coupon", pool } });
    const { body } = await api.rest("POST", "/v1/promotions/validate", { body: document });
    return body.warnings.map(({ path, code }: { path: string; code: string }) => `${path} ${code}`);
  };
  await api.rest("POST", "/v1/coupon-pools", { body: { key: "there" } });
  expect(await warned("there")).toEqual([]);
  expect(await warned("typo")).toEqual(["/trigger/pool pool_missing"]);
});

test("a sound document is validated with its stages, its warnings and one sentence per language", async () => {
  const document = documentOf({
    trigger: code("s-2"),
    schedule: { endsAt: "2020-01-01" },
    stacking: { excludes: { promotions: ["nobody"] } },
    benefits: [
      { kind: "amount_off", target: "order", amount: { CNY: 3000 }, every: { amount: { CNY: 20000 } } },
      { kind: "gift", sku: "BAG" },
    ],
  });
  const rest = await api.rest("POST", "/v1/promotions/validate", { body: document });
  expect(rest.body).toMatchObject({ valid: true, errors: [], stages: ["order", "reward"] });
  expect(rest.body.warnings.map(({ path, code }: { path: string; code: string }) => [path, code])).toEqual([
    ["/schedule/endsAt", "schedule_over"],
    ["/trigger/code", "code_shared"],
    ["/stacking/excludes/promotions/0", "promotion_not_live"],
    ["", "label_missing"],
  ]);
  expect(rest.body.explanation).toEqual({
    en: "30.00 CNY off for every 200.00 CNY of everything and 1 × BAG as a gift; with code s-2; until 2020-01-01.",
    "zh-CN": "全部商品每满200.00 CNY减30.00 CNY，并赠送BAG × 1；使用优惠码 s-2；截至 2020-01-01。",
  });
  const query = `query ($input: UncheckedPromotionDocument!) {
    validatePromotion(input: $input) { valid errors { path code message } warnings { path code message } stages explanation }
  }`;
  const graphql = await api.graphql(query, { input: document });
  expect(graphql.body.data.validatePromotion).toEqual(rest.body);
  for (const input of [{}, { key: 7 }, { benefits: "all" }]) {
    expect((await api.graphql(query, { input })).body.data.validatePromotion.valid).toBe(false);
  }
  const notAnObject = await api.rest("POST", "/v1/promotions/validate", { body: [] });
  expect(notAnObject.status).toBe(400);
});

/** Dealers' accounts, their networks, what promotions know of them, and orders outside of their territories. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { destinationHash, placeOf } from "../../src/features/dealers/dealer-territory.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { type Answer, type Api, startApi } from "./api.ts";
import { faultOf, orderOf } from "./orders-fixture.ts";

const patience = { timeout: 30_000 };
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

const put = (id: string, body: object, headers: Record<string, string> = {}): Promise<Answer> =>
  api.rest("PUT", `/v1/dealers/${id}`, { role: "erp", body, headers });
const get = async (path: string) => (await api.rest("GET", path, { role: "viewer" })).body;
const namesOf = ({ items }: { items: { id: string }[] }) => items.map(({ id }) => id);

describe("a network of dealers", () => {
  test("is told from its head down, and takes along whoever is below", async () => {
    await put("head", { level: "gold" });
    await put("mid", { parent: "head" });
    expect((await put("leaf", { parent: "mid", level: "silver", region: "CN-SH" })).body.network).toEqual([
      "head",
      "mid",
      "leaf",
    ]);
    await put("other", {});
    expect((await put("mid", { parent: "other" })).body.network).toEqual(["other", "mid"]);
    expect((await get("/v1/dealers/leaf")).network).toEqual(["other", "mid", "leaf"]);
    expect(namesOf(await get("/v1/dealers?network=other"))).toEqual(["leaf", "mid", "other"]);
    expect(namesOf(await get("/v1/dealers?parent=other"))).toEqual(["mid"]);
    expect(namesOf(await get("/v1/dealers?level=silver&region=CN-SH"))).toEqual(["leaf"]);
    const first = await get("/v1/dealers?limit=2");
    expect(namesOf(first)).toEqual(["head", "leaf"]);
    expect(namesOf(await get(`/v1/dealers?after=${first.nextCursor}`))).toEqual(["mid", "other"]);
  });

  test("has no circle, whoever writes at the same moment, and is ten levels deep at most", async () => {
    expect(faultOf(await put("other", { parent: "leaf" }))).toBe(
      "400 invalid-request /parent network_circle",
    );
    expect(faultOf(await put("self", { parent: "self" }))).toBe("400 invalid-request /parent unknown_dealer");
    expect(faultOf(await put("head", { parent: "head" }))).toBe("400 invalid-request /parent network_circle");
    await put("left", {});
    await put("right", {});
    const crossed = await Promise.all([put("left", { parent: "right" }), put("right", { parent: "left" })]);
    expect(crossed.map(({ status }) => status).sort()).toEqual([200, 400]);
    for (let level = 1; level <= 9; level += 1)
      await put(`deep-${level}`, level === 1 ? {} : { parent: `deep-${level - 1}` });
    expect(faultOf(await put("deep-1", { parent: "leaf" }))).toBe(
      "400 invalid-request /parent network_too_deep",
    );
    expect((await put("deep-1", { parent: "head" })).status).toBe(200);
    expect((await get("/v1/dealers/deep-9")).network).toHaveLength(10);
    expect(faultOf(await put("deep-10", { parent: "deep-9" }))).toBe(
      "400 invalid-request /parent network_too_deep",
    );
  });

  test("keeps the account that somebody else has changed since, and counts no version for the same again", async () => {
    const { body } = await put("kept", { name: "Kept" });
    expect(body.version).toBe(1);
    expect((await put("kept", { name: "Kept" })).body.version).toBe(1);
    expect((await put("kept", { name: "New" }, { "if-match": '"1"' })).body.version).toBe(2);
    expect((await put("kept", { name: "Old" }, { "if-match": '"1"' })).status).toBe(412);
    expect(faultOf(await api.rest("GET", "/v1/dealers/nobody", { role: "erp" }))).toBe(
      "404 dealer-not-found",
    );
  });
});

test("prices and promotions go by the dealer's level, region and network, and nobody else hears of them", async () => {
  await put("d-gold", { level: "gold", region: "CN-SH", parent: "head" });
  await put("d-silver", { level: "silver", region: "CN-SH" });
  const promotion = async (key: string, conditions: object, price: number) => {
    const { body } = await api.rest("POST", "/v1/promotions", {
      body: {
        key,
        visibility: "private",
        trigger: { type: "automatic" },
        conditions,
        benefits: [{ kind: "fixed_price", select: { skus: ["TEA"] }, price: { CNY: price } }],
      },
    });
    await api.rest("POST", `/v1/promotions/${body.id}/activate`);
  };
  await promotion("gold-price", { kind: "dealer", levels: ["gold"], networks: ["head"] }, 700);
  await promotion("shanghai-price", { kind: "dealer", regions: ["CN-SH"] }, 800);
  const quote = async (dealer?: string) =>
    (
      await api.rest("POST", "/v1/evaluations", {
        role: "checkout",
        body: {
          currency: "CNY",
          ...(dealer !== undefined && { dealer }),
          customer: { id: "c-1" },
          lines: [{ id: "1", sku: "TEA", quantity: 1, unitPrice: 1_000 }],
          explain: "all",
        },
      })
    ).body;
  await expect.poll(async () => (await quote("d-gold")).total, patience).toBe(700);
  expect((await quote("d-silver")).total).toBe(800);
  for (const stranger of [undefined, "d-unknown"]) {
    const answer = await quote(stranger);
    expect([answer.total, answer.notApplied]).toEqual([1_000, []]);
  }
});

describe("a territory", () => {
  test.each([
    ["everywhere", {}, { region: "CN-GD" }, "inside"],
    ["its region", { regions: ["CN-SH"] }, { region: "CN-SH" }, "inside"],
    ["another region", { regions: ["CN-SH"] }, { region: "CN-GD" }, "outside"],
    ["an order that does not say", { regions: ["CN-SH"] }, { store: "s-1" }, "unknown"],
    ["a postal code", { postalPrefixes: ["SW1"] }, { postalCode: "sw1 a 2aa" }, "inside"],
    ["another one", { postalPrefixes: ["20"] }, { postalCode: "510000" }, "outside"],
    ["one of two", { regions: ["CN-SH"], stores: ["s-1"] }, { region: "CN-GD", store: "s-1" }, "inside"],
  ])("knows %s", (_, territory, said, place) => {
    const nowhere = { region: null, postalCode: null, store: null };
    expect(placeOf(territory, { ...nowhere, ...said })).toBe(place);
    expect(destinationHash("d", { ...nowhere, ...said })).not.toBe(
      destinationHash("e", { ...nowhere, ...said }),
    );
  });

  test("flags the orders outside of it until somebody clears them, and again when they go elsewhere", async () => {
    await put("d-sh", { territory: { regions: ["CN-SH"] } });
    let version = 0;
    const order = async (shipTo: object) => {
      version += 1;
      const body = orderOf({ version, dealer: "d-sh", shipTo });
      expect((await api.rest("PUT", "/v1/orders/T-1", { role: "erp", body })).status).toBe(200);
    };
    const flags = async (query = "") =>
      (await get(`/v1/territory-flags?dealer=d-sh${query}`)).items.map(
        ({ order: id, state, shipTo }: { order: string; state: string; shipTo: { region: string } }) =>
          `${id} ${state} ${shipTo.region}`,
      );
    const clear = (reason: string) =>
      api.rest("POST", "/v1/territory-flags/T-1/clear", { role: "marketing", body: { reason } });
    expect(faultOf(await clear("Too early."))).toBe("404 territory-flag-not-found");
    await order({ region: "CN-GD" });
    await expect.poll(flags, patience).toEqual(["T-1 open CN-GD"]);
    expect((await clear("Agreed.")).body).toMatchObject({ state: "cleared", reason: "Agreed." });
    expect((await clear("Agreed.")).status).toBe(200);
    expect(faultOf(await clear("Another."))).toBe("409 territory-flag-cleared");
    const { rows } = await database.pool.query(
      "select operation from audit_entries where project_id = $1 and resource_id = 'T-1'",
      [api.project.id],
    );
    expect(rows).toEqual([{ operation: "clearTerritoryFlag" }]);
    await order({ region: "CN-BJ" });
    await expect.poll(flags, patience).toEqual(["T-1 open CN-BJ"]);
    expect(await flags("&state=cleared")).toEqual([]);
    await order({ region: "CN-SH" });
    await expect.poll(flags, patience).toEqual([]);
    const { rows: told } = await database.pool.query(
      "select type from outbox_events where project_id = $1 and subject = 'T-1' and type like '%territory%' order by seq",
      [api.project.id],
    );
    expect(told.map(({ type }) => type.replace("dealwright.territory.", ""))).toEqual([
      "flagged",
      "cleared",
      "flagged",
      "withdrawn",
    ]);
  });
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { silentLog } from "../../src/platform/log.ts";
import { servicesOf } from "../../src/services.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { type Api, startApi } from "./api.ts";
import { faultOf, insertRedemption, newOrderId, orderOf, putOrder, storedOrder } from "./orders-fixture.ts";
import { projectWithKeys } from "./project-fixture.ts";

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

const line = { id: "1", sku: "TEA", quantity: 3, unitPrice: 3333 };

test("an order comes back as it was sent", async () => {
  const id = newOrderId();
  const document = orderOf({
    lines: [
      { ...line, product: "TEAS", categories: ["tea"], brand: "b", discount: 9, attributes: { a: [] } },
    ],
    attributes: { note: "冷", level: 3 },
  });
  const { status, body } = await putOrder(api, id, document);
  expect(status).toBe(200);
  expect(body).toEqual({
    ...document,
    externalId: id,
    refunded: 0,
    settlement: null,
    createdAt: "2026-11-11T00:00:00.000Z",
    updatedAt: "2026-11-11T00:00:00.000Z",
  });
  for (const role of ["erp", "viewer", "marketing", "admin"] as const)
    expect((await api.rest("GET", `/v1/orders/${id}`, { role })).body).toEqual(body);
});

test("both faces store and show the same order", async () => {
  const id = newOrderId();
  const input = orderOf({ total: 5_000_000_000 });
  const fields =
    "externalId version status currency placedAt customer channel store dealer lines { id sku quantity unitPrice unitCost } shipping total refunded settlement createdAt updatedAt";
  const stored = await api.graphql(
    `mutation ($id: String!, $input: OrderDocumentInput!) { putOrder(externalId: $id, input: $input) { ${fields} } }`,
    { id, input },
    { role: "erp" },
  );
  const rest = await api.rest("GET", `/v1/orders/${id}`, { role: "viewer" });
  expect(stored.body.data?.putOrder, stored.text).toEqual(rest.body);
  const shown = await api.graphql(
    `query ($id: String!) { order(externalId: $id) { ${fields} } orders(customer: "c-1", first: 1) { nodes { externalId } } }`,
    { id },
    { role: "viewer" },
  );
  expect(shown.body.data.order).toEqual(rest.body);
  const late = await api.graphql(
    "mutation ($id: String!, $input: OrderDocumentInput!) { putOrder(externalId: $id, input: $input) { version } }",
    { id, input: { ...input, version: 0 } },
    { role: "erp" },
  );
  expect(late.body.errors[0].extensions).toMatchObject({ code: "stale_version", status: 409 });
});

describe("versions", () => {
  test("a higher version replaces, whatever lies between", async () => {
    const id = await storedOrder(api);
    api.clock.advance(1000);
    const { body } = await putOrder(api, id, { version: 7, status: "paid", customer: "c-2" });
    expect(body).toMatchObject({ version: 7, status: "paid", customer: "c-2" });
    expect(Date.parse(body.updatedAt) - Date.parse(body.createdAt)).toBe(1000);
  });

  test("an older version that comes late changes nothing, and is told so", async () => {
    const id = await storedOrder(api, { version: 3, status: "paid" });
    expect(faultOf(await putOrder(api, id, { version: 2 }))).toBe("409 stale_version /version stale_version");
    expect((await api.rest("GET", `/v1/orders/${id}`)).body).toMatchObject({ version: 3, status: "paid" });
  });

  test("the same version with the same contents gets the stored answer again", async () => {
    const id = await storedOrder(api, { version: 3 });
    const before = await api.rest("GET", `/v1/orders/${id}`, { role: "erp" });
    api.clock.advance(1000);
    const { lines, ...rest } = orderOf({ version: 3 });
    const again = await api.rest("PUT", `/v1/orders/${id}`, { role: "erp", body: { lines, ...rest } });
    expect(again.body).toEqual(before.body);
    expect(again.headers["idempotent-replayed"]).toBe("true");
  });

  test("the same version with other contents is a conflict", async () => {
    const id = await storedOrder(api, { version: 3 });
    expect(faultOf(await putOrder(api, id, { version: 3, total: 11198 }))).toBe(
      "409 order-version-conflict /version version_conflict",
    );
    expect((await api.rest("GET", `/v1/orders/${id}`)).body.total).toBe(11199);
  });

  test("of fifty writers with shuffled versions the highest stands, and each is told what became of its own", async () => {
    const id = newOrderId();
    const versions = Array.from({ length: 50 }, (_, index) => ((index * 37) % 50) + 1);
    const answers = await Promise.all(
      versions.map(async (version) => ({
        version,
        answer: await putOrder(api, id, { version, total: 10000 + version }),
      })),
    );
    for (const { version, answer } of answers) {
      if (answer.status === 200) expect(answer.body).toMatchObject({ version, total: 10000 + version });
      else expect(faultOf(answer)).toBe("409 stale_version /version stale_version");
    }
    expect(answers.find(({ version }) => version === 50)?.answer.status).toBe(200);
    expect((await api.rest("GET", `/v1/orders/${id}`)).body).toMatchObject({ version: 50, total: 10050 });
  });

  test("of fifty writers of one version with as many contents one is stored", async () => {
    const id = newOrderId();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => putOrder(api, id, { total: 10000 + (index % 25) })),
    );
    const stored = answers.filter(({ status }) => status === 200);
    expect(stored.filter(({ headers }) => headers["idempotent-replayed"] !== "true")).toHaveLength(1);
    expect(new Set(stored.map(({ body }) => body.total)).size).toBe(1);
    for (const answer of answers.filter(({ status }) => status !== 200))
      expect(faultOf(answer)).toBe("409 order-version-conflict /version version_conflict");
  });
});

test.each<[string, object, string]>([
  ["a day that does not exist", { placedAt: "2026-02-30T00:00:00Z" }, "/placedAt invalid_format"],
  ["a year before there were orders", { placedAt: "0000-01-01T00:00:00Z" }, "/placedAt out_of_range"],
  ["a line named twice", { lines: [line, line] }, "/lines/1/id duplicate_id"],
  [
    "a line that costs less than nothing",
    { lines: [{ ...line, discount: 10000 }] },
    "/lines/0/discount discount_too_large",
  ],
  [
    "more than a number holds",
    { lines: [{ ...line, quantity: 1_000_000, unitPrice: 2 ** 53 - 1 }] },
    "/lines/0/unitPrice amount_too_large",
  ],
  ["a status nobody knows", { status: "lost" }, "/status invalid_value"],
  ["a misspelt field", { curency: "CNY" }, "/curency unrecognized_key"],
  ["a redemption nobody knows", { redemption: "rdm_nobody" }, "/redemption redemption_unknown"],
])("%s is refused with its place", async (_title, fields, fault) => {
  expect(faultOf(await putOrder(api, newOrderId(), fields))).toBe(`400 invalid-request ${fault}`);
});

test("an order without lines, free of charge, is an order", async () => {
  expect((await putOrder(api, newOrderId(), { lines: [], shipping: 0, total: 0 })).status).toBe(200);
});

test("an order of a sum alone is given back as a whole", async () => {
  const id = newOrderId();
  const sum = { lines: [], shipping: 500, total: 9000 };
  expect((await putOrder(api, id, { ...sum, version: 1 })).status).toBe(200);
  const { status, body } = await putOrder(api, id, { ...sum, version: 2, status: "returned" });
  expect([status, body.refunded, body.settlement]).toEqual([200, 9000, "returned"]);
});

test.each(["__proto__", "constructor", "a/b", "号 1", "x".repeat(200)])(
  "an order may be called %s, and so may its line",
  async (name) => {
    const { status, text } = await putOrder(api, name, { lines: [{ ...line, id: name }] });
    expect(status, text).toBe(200);
    const { body } = await api.rest("POST", `/v1/orders/${encodeURIComponent(name)}/returns`, {
      role: "erp",
      body: { lines: [{ id: name, quantity: 1 }] },
    });
    expect(body).toMatchObject({ refund: 3333, lines: [{ id: name, quantity: 1, refund: 3333 }] });
  },
);

describe("redemptions", () => {
  test("the redemption's customer and currency are the order's", async () => {
    const redemption = await insertRedemption(database, api.project.id, { customer: "c-9" });
    expect(faultOf(await putOrder(api, newOrderId(), { redemption }))).toBe(
      "409 order-redemption-mismatch /customer customer_mismatch",
    );
    expect(faultOf(await putOrder(api, newOrderId(), { redemption, customer: "c-9", currency: "USD" }))).toBe(
      "409 order-redemption-mismatch /currency currency_mismatch",
    );
    const { body } = await putOrder(api, newOrderId(), { redemption, customer: undefined });
    expect(body).toMatchObject({ redemption, customer: "c-9" });
  });

  test("a redemption stands for one order", async () => {
    const redemption = await insertRedemption(database, api.project.id);
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => putOrder(api, newOrderId(), { redemption })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(409)]);
    expect(faultOf(answers.find(({ status }) => status === 409)!)).toBe(
      "409 order-redemption-mismatch /redemption redemption_taken",
    );
    const owner = answers.find(({ status }) => status === 200)?.body.externalId;
    expect((await putOrder(api, owner, { version: 2 })).body).toMatchObject({ redemption });
    expect((await putOrder(api, newOrderId(), { redemption })).status).toBe(409);
  });
});

describe("lists", () => {
  test("every filter keeps what it names, latest placed first", async () => {
    const channel = "list";
    const redemption = await insertRedemption(database, api.project.id, { customer: "l-2" });
    const first = await storedOrder(api, { channel, customer: "l-1", placedAt: "2026-01-01T00:00:00Z" });
    const second = await storedOrder(api, {
      channel,
      customer: "l-2",
      redemption,
      store: "bj-001",
      dealer: "d-2",
      status: "paid",
      placedAt: "2026-01-02T00:00:00Z",
    });
    const listed = async (query: string) => {
      const { body, text } = await api.rest("GET", `/v1/orders?channel=${channel}&${query}`, {
        role: "viewer",
      });
      expect(body.items, text).toBeDefined();
      return body.items.map(({ externalId }: { externalId: string }) => externalId);
    };
    expect(await listed("")).toEqual([second, first]);
    expect(await listed("customer=l-1")).toEqual([first]);
    expect(await listed("store=bj-001")).toEqual([second]);
    expect(await listed("dealer=d-2")).toEqual([second]);
    expect(await listed("status=placed")).toEqual([first]);
    expect(await listed(`redemption=${redemption}`)).toEqual([second]);
    expect(await listed("from=2026-01-02T00:00:00Z")).toEqual([second]);
    expect(await listed("to=2026-01-02T00:00:00Z")).toEqual([first]);
    expect(faultOf(await api.rest("GET", "/v1/orders?from=2026-02-30T00:00:00Z"))).toBe(
      "400 invalid-request /from invalid_format",
    );
  });

  test("a walk meets every order once, those of one instant too", async () => {
    const channel = "walk";
    const ids = await Promise.all(Array.from({ length: 7 }, () => storedOrder(api, { channel })));
    const seen: string[] = [];
    let after = "";
    do {
      const { body } = await api.rest("GET", `/v1/orders?channel=${channel}&limit=3${after}`);
      seen.push(...body.items.map(({ externalId }: { externalId: string }) => externalId));
      after = body.nextCursor === null ? "" : `&after=${body.nextCursor}`;
    } while (after !== "");
    expect(seen.sort()).toEqual(ids.sort());
  });
});

describe("returns of an order without a redemption", () => {
  const returned = (id: string, lines: object[], headers = {}) =>
    api.rest("POST", `/v1/orders/${id}/returns`, { role: "pos", body: { lines }, headers });

  test("all units, one by one, come to exactly what was paid, shipping with the last", async () => {
    // 10,000 for goods that say 9,999 + 2: the total is the truth.
    const lines = [line, { id: "2", sku: "CUP", quantity: 2, unitPrice: 1 }];
    const id = await storedOrder(api, { lines, shipping: 1200, total: 11200 });
    const refunds = [];
    for (const unit of ["1", "2", "1", "2", "1"])
      refunds.push((await returned(id, [{ id: unit, quantity: 1 }])).body);
    expect(refunds.map(({ refund }) => refund).reduce((sum, refund) => sum + refund, 0)).toBe(11200);
    expect(refunds.map(({ shipping }) => shipping)).toEqual([0, 0, 0, 0, 1200]);
    expect((await api.rest("GET", `/v1/orders/${id}`)).body).toMatchObject({ refunded: 11200 });
    expect(faultOf(await returned(id, [{ id: "1", quantity: 1 }]))).toBe(
      "409 return-refused /lines/0 too_many_units",
    );
  });

  test("what the order does not have cannot come back", async () => {
    const id = await storedOrder(api);
    expect(faultOf(await returned(id, [{ id: "9", quantity: 1 }]))).toBe(
      "409 return-refused /lines/0 unknown_line",
    );
    expect(faultOf(await returned(id, [{ id: "1", quantity: 4 }]))).toBe(
      "409 return-refused /lines/0 too_many_units",
    );
    const [one, three] = [
      { id: "1", quantity: 1 },
      { id: "1", quantity: 3 },
    ];
    expect(faultOf(await returned(id, [one, three]))).toBe("409 return-refused /lines/1 too_many_units");
    expect((await returned(id, [one, one])).body.lines).toEqual([{ id: "1", quantity: 2, refund: 6666 }]);
    const gift = { lines: [one], gifts: [{ sku: "BAG", quantity: 1 }] };
    expect(faultOf(await api.rest("POST", `/v1/orders/${id}/returns`, { role: "erp", body: gift }))).toBe(
      "409 return-refused /gifts/0 unknown_gift",
    );
    expect(faultOf(await returned("nobody", [one]))).toBe("404 order-not-found");
    const cancelled = await storedOrder(api, { status: "cancelled" });
    expect(faultOf(await returned(cancelled, [one]))).toBe("409 order-state-conflict");
  });

  test("of twenty tills that take back three units three are paid, and a repetition is not paid twice", async () => {
    const id = await storedOrder(api);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        returned(id, [{ id: "1", quantity: 1 }], { "idempotency-key": `${id}-${index}` }),
      ),
    );
    const paid = answers.flatMap(({ status }, index) => (status === 200 ? [index] : []));
    expect(paid).toHaveLength(3);
    const again = await returned(id, [{ id: "1", quantity: 1 }], { "idempotency-key": `${id}-${paid[0]}` });
    expect(again.body).toEqual(answers[paid[0] ?? 0]?.body);
    expect(again.headers["idempotent-replayed"]).toBe("true");
    expect((await api.rest("GET", `/v1/orders/${id}`)).body.refunded).toBe(11199);
    const { rows } = await database.pool.query(
      "select sum(refund)::bigint as refund, count(*)::int as returns from order_returns where external_id = $1",
      [id],
    );
    expect(rows).toEqual([{ refund: 11199, returns: 3 }]);
  });

  test("an order that is returned returns what is left, and a newer version keeps what came back", async () => {
    const id = await storedOrder(api);
    await returned(id, [{ id: "1", quantity: 1 }]);
    expect((await putOrder(api, id, { version: 2, status: "fulfilled" })).body.refunded).toBe(3333);
    const over = await putOrder(api, id, { version: 3, status: "returned" });
    expect(over.body).toMatchObject({ refunded: 11199, settlement: "returned" });
    expect((await putOrder(api, id, { version: 3, status: "returned" })).body).toEqual(over.body);
  });

  test("never more is given back than a later version says was paid", async () => {
    const lines = [line, { id: "2", sku: "CUP", quantity: 1, unitPrice: 3333 }];
    const id = await storedOrder(api, { lines, shipping: 0, total: 13332 });
    await returned(id, [{ id: "1", quantity: 3 }]);
    await putOrder(api, id, { version: 2, lines, shipping: 0, total: 10000 });
    expect((await returned(id, [{ id: "2", quantity: 1 }])).body).toMatchObject({ refund: 1 });
  });

  test("a recorded return is never changed", async () => {
    await expect(database.pool.query("update order_returns set refund = 0")).rejects.toMatchObject({
      code: "23001",
    });
  });
});

test("what a crash cut off is made good, by the repetition or by the sweep", async () => {
  const { orderSettlement } = servicesOf({ database, clock: api.clock, log: silentLog });
  const [repeated, swept, young] = [newOrderId(), newOrderId(), newOrderId()];
  const cutOff = `update orders set settlement = 'pending', returned = '[]', refunded = 0, updated_at = $2 where external_id = $1`;
  for (const id of [repeated, swept, young]) {
    await putOrder(api, id, { status: "returned" });
    const secondsAgo = id === young ? 59 : 61;
    await database.pool.query(cutOff, [id, new Date(api.clock.now() - secondsAgo * 1000)]);
  }
  const again = await putOrder(api, repeated, { status: "returned" });
  expect(again.body).toMatchObject({ refunded: 11199, settlement: "returned" });
  expect(await orderSettlement.sweep()).toBe(1);
  expect(await orderSettlement.sweep()).toBe(0);
  const settlementOf = async (id: string) => (await api.rest("GET", `/v1/orders/${id}`)).body.settlement;
  expect(await settlementOf(swept)).toBe("returned");
  // Whoever stored it may still be at it.
  expect(await settlementOf(young)).toBe("pending");
});

describe("who may", () => {
  test("only the ERP writes, and the tills take goods back", async () => {
    const id = await storedOrder(api);
    for (const role of ["pos", "checkout", "viewer", "marketing"] as const)
      expect((await putOrder(api, id, { version: 2 }, role)).status).toBe(403);
    const body = { lines: [{ id: "1", quantity: 1 }] };
    for (const role of ["checkout", "viewer", "marketing"] as const)
      expect((await api.rest("POST", `/v1/orders/${id}/returns`, { role, body })).status).toBe(403);
  });

  test("what goods cost the merchant is not shown to whoever stands before the customer", async () => {
    const id = await storedOrder(api);
    for (const role of ["pos", "checkout"] as const) {
      expect((await api.rest("GET", `/v1/orders/${id}`, { role })).text).not.toContain("unitCost");
      expect((await api.rest("GET", "/v1/orders", { role })).text).not.toContain("unitCost");
    }
    expect((await api.rest("GET", `/v1/orders/${id}`, { role: "viewer" })).text).toContain("unitCost");
  });

  test("projects are walls", async () => {
    const other = await projectWithKeys(database, api.clock.now());
    const id = await storedOrder(api, { version: 5 });
    const key = other.keys.admin;
    expect((await api.rest("GET", `/v1/orders/${id}`, { key })).status).toBe(404);
    expect((await api.rest("GET", "/v1/orders", { key })).body.items).toEqual([]);
    const body = { lines: [{ id: "1", quantity: 1 }] };
    expect((await api.rest("POST", `/v1/orders/${id}/returns`, { key, body })).status).toBe(404);
    const redemption = await insertRedemption(database, api.project.id);
    const foreign = await api.rest("PUT", `/v1/orders/${id}`, { key, body: orderOf({ redemption }) });
    expect(faultOf(foreign)).toBe("400 invalid-request /redemption redemption_unknown");
    const own = await api.rest("PUT", `/v1/orders/${id}`, { key, body: orderOf() });
    expect(own.body).toMatchObject({ externalId: id, version: 1 });
    expect((await api.rest("GET", `/v1/orders/${id}`)).body.version).toBe(5);
  });
});

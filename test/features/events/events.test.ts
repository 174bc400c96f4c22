import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { recordEvents } from "../../../src/features/events/event-service.ts";
import { type EventType, eventTypes, newEvent } from "../../../src/features/events/event-types.ts";
import { withTransaction } from "../../../src/platform/database.ts";
import { enterProject } from "../../../src/platform/walls.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi } from "../api.ts";
import { activePromotion, couponsOf, orderOf, redeem } from "../redemptions/redemption-fixture.ts";
import { eventsAfter, sequencerOn, type ToldEvent } from "./event-fixture.ts";

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

/** What `work` told, in order. */
async function toldBy(work: () => Promise<unknown>): Promise<ToldEvent[]> {
  await sequencerOn(database).sequence();
  const { cursor } = await eventsAfter(api);
  await work();
  await sequencerOn(database).sequence();
  const { events } = await eventsAfter(api, cursor);
  for (const { type, data } of events) {
    const kind = eventTypes[type as EventType];
    expect(kind.data.strict().safeParse(data).error, `${type} ${JSON.stringify(data)}`).toBeUndefined();
  }
  return events;
}

const briefly = (events: readonly ToldEvent[]) =>
  events.map(({ type, data }) => [type.replace("dealwright.", ""), data]);
const types = (events: readonly ToldEvent[]) => events.map(({ type }) => type.replace("dealwright.", ""));

test("every example in the catalogue is of the shape it is an example of", () => {
  for (const [type, { data, example }] of Object.entries(eventTypes))
    expect(data.strict().safeParse(example.data).error, type).toBeUndefined();
});

test("the life of a promotion is told change by change", async () => {
  const events = await toldBy(async () => {
    const id = await activePromotion(api, "life");
    await api.rest("POST", `/v1/promotions/${id}/pause`);
    const { body } = await api.rest("GET", `/v1/promotions/${id}`);
    const { id: _, status, version, createdAt, updatedAt, explanation, ...document } = body;
    await api.rest("PUT", `/v1/promotions/${id}`, {
      body: { ...document, name: "Life" },
      headers: { "if-match": "*" },
    });
    await api.rest("POST", `/v1/promotions/${id}/revert`, { body: { version: 1 } });
    await api.rest("POST", `/v1/promotions/${id}/end`);
    await api.rest("POST", `/v1/promotions/${id}/archive`);
  });
  expect(events.map(({ type, data }) => [type, data.version, data.status])).toEqual([
    ["dealwright.promotion.created", 1, "draft"],
    ["dealwright.promotion.activated", 2, "active"],
    ["dealwright.promotion.paused", 3, "paused"],
    ["dealwright.promotion.changed", 4, "paused"],
    ["dealwright.promotion.changed", 5, "paused"],
    ["dealwright.promotion.ended", 6, "ended"],
    ["dealwright.promotion.archived", 7, "archived"],
  ]);
  expect(events[0]).toMatchObject({
    specversion: "1.0",
    source: `urn:dealwright:${api.project.id}`,
    subject: events[0]?.data.promotionId,
    datacontenttype: "application/json",
  });
});

test("what is refused, and what says the same again, tells nothing", async () => {
  const id = await activePromotion(api, "refused");
  const order = orderOf();
  await redeem(api, order);
  const events = await toldBy(async () => {
    expect((await api.rest("POST", `/v1/promotions/${id}/activate`)).status).toBe(409);
    expect((await redeem(api, orderOf({ codes: ["NOTHING"] }))).status).toBe(409);
    expect((await redeem(api, order)).headers["idempotent-replayed"]).toBe("true");
  });
  expect(events).toEqual([]);
});

test("a redemption and its returns are told, each with its own subject's order", async () => {
  let id = "";
  const events = await toldBy(async () => {
    const request = orderOf({
      mode: "reserve",
      ttlSeconds: 600,
      customer: { id: "c-1" },
      lines: [{ id: "1", sku: "MUG", quantity: 2, unitPrice: 10_000 }],
    });
    const { body } = await redeem(api, request);
    id = body.id;
    await api.rest("POST", `/v1/redemptions/${id}/commit`);
    for (const quantity of [1, 1])
      await api.rest("POST", `/v1/redemptions/${id}/returns`, { body: { lines: [{ id: "1", quantity }] } });
    const other = await redeem(api, orderOf({ mode: "reserve", ttlSeconds: 600 }));
    await api.rest("POST", `/v1/redemptions/${other.body.id}/cancel`);
  });
  expect(types(events)).toEqual([
    "redemption.reserved",
    "redemption.committed",
    "return.created",
    "return.created",
    "redemption.reserved",
    "redemption.cancelled",
  ]);
  expect(events[0]?.data).toMatchObject({ redemption: id, customer: "c-1", currency: "CNY" });
  expect(events[2]?.data).toMatchObject({ state: "partially_returned", lines: { "1": 1 } });
  expect(events[3]?.data).toMatchObject({ state: "returned", lines: { "1": 2 } });
  expect(new Set(events.slice(0, 4).map(({ subject }) => subject))).toEqual(new Set([id]));
});

test("a budget is told at half, four fifths and all of it, once each, however often it goes back", async () => {
  const promotion = await activePromotion(api, "budget", {
    trigger: { type: "code", code: "BUDGET" },
    budget: { amount: { CNY: 5_000 }, atEdge: "refuse" },
  });
  const take = () => redeem(api, orderOf({ codes: ["BUDGET"], mode: "reserve", ttlSeconds: 600 }));
  const events = await toldBy(async () => {
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.push((await take()).body.id);
    await api.rest("POST", `/v1/redemptions/${ids[0]}/cancel`);
    await take();
  });
  const reached = events.filter(({ type }) => type === "dealwright.budget.reached");
  expect(reached.map(({ subject, data }) => [subject, data.percent, data.taken, data.budget])).toEqual([
    [promotion, 50, 3_000, 5_000],
    [promotion, 80, 4_000, 5_000],
    [promotion, 100, 5_000, 5_000],
  ]);
});

test("a limit is told when nothing is left of it, one for each customer is not", async () => {
  const promotion = await activePromotion(api, "limit", {
    trigger: { type: "code", code: "LIMIT" },
    limits: { total: 2, perCustomer: 1 },
  });
  const events = await toldBy(async () => {
    for (const id of ["l-1", "l-2"]) await redeem(api, orderOf({ codes: ["LIMIT"], customer: { id } }));
  });
  const reached = events.filter(({ type }) => type === "dealwright.limit.reached");
  expect(briefly(reached)).toEqual([
    ["limit.reached", { promotionId: promotion, measure: "uses", period: null, limit: 2 }],
  ]);
});

test("a pool that runs low is told once, and again when it was filled up", async () => {
  const codes = Array.from({ length: 20 }, (_, i) => `LOW${String(i).padStart(9, "0")}`);
  const poolId = await couponsOf(database, api.project.id, "low", codes);
  const setCodes = (count: number) =>
    database.of(api.project.id).execute(sql`update coupon_pools set codes = ${count} where id = ${poolId}`);
  await setCodes(20);
  const claim = (customer: string) =>
    api.rest("POST", "/v1/coupon-pools/low/claim", { body: { customer }, role: "checkout" });
  const events = await toldBy(async () => {
    for (let i = 0; i < 19; i++) expect((await claim(`p-${i}`)).status).toBe(201);
    await setCodes(21);
    await claim("p-19");
  });
  expect(briefly(events)).toEqual([
    ["pool.running_low", { poolId, pool: "low", left: 1, codes: 20 }],
    ["pool.running_low", { poolId, pool: "low", left: 0, codes: 21 }],
  ]);
});

test("an order is told when it is placed, updated, cancelled and returned, a stale version is not", async () => {
  const put = (version: number, status: string, externalId = "erp-1") =>
    api.rest("PUT", `/v1/orders/${externalId}`, {
      role: "erp",
      body: {
        version,
        status,
        currency: "CNY",
        customer: "c-9",
        placedAt: "2026-11-10T00:00:00Z",
        total: 2_000,
        lines: [{ id: "1", sku: "MUG", quantity: 2, unitPrice: 1_000, total: 2_000 }],
      },
    });
  const events = await toldBy(async () => {
    expect((await put(1, "placed")).status, (await put(1, "placed")).text).toBe(200);
    await put(3, "paid");
    await put(2, "fulfilled");
    await put(4, "cancelled");
    await put(1, "placed", "erp-2");
    const back = { lines: [{ id: "1", quantity: 1 }] };
    expect((await api.rest("POST", "/v1/orders/erp-2/returns", { role: "erp", body: back })).status).toBe(
      200,
    );
  });
  expect(events.map(({ type, subject, data }) => [type.slice(11), subject, data.version])).toEqual([
    ["order.placed", "erp-1", 1],
    ["order.updated", "erp-1", 3],
    ["order.cancelled", "erp-1", 4],
    ["order.placed", "erp-2", 1],
    ["order.returned", "erp-2", 1],
  ]);
  expect(events[4]?.data).toMatchObject({ refund: 1_000, customer: "c-9" });
});

test("a job is told when it has ended, once", async () => {
  const events = await toldBy(async () => {
    await api.rest("POST", "/v1/coupon-pools", { body: { key: "jobs" } });
    const { body } = await api.rest("POST", "/v1/coupon-pools/jobs/codes", { body: { count: 10 } });
    await expect
      .poll(async () => (await api.rest("GET", `/v1/jobs/${body.id}`)).body.state, { timeout: 20_000 })
      .toBe("succeeded");
    await api.rest("POST", `/v1/jobs/${body.id}/cancel`);
  });
  expect(briefly(events)).toEqual([
    ["job.finished", { job: events[0]?.subject, kind: "generate_codes", state: "succeeded" }],
  ]);
});

test("a project is told when it is stopped and resumed, and a customer when they are erased, once each", async () => {
  const stop = (reason: string) => api.rest("POST", "/v1/project/stop", { body: { reason } });
  const erase = () => api.rest("POST", "/v1/customers/e-1/erase");
  await redeem(api, orderOf({ customer: { id: "e-1" } }));
  const events = await toldBy(async () => {
    expect((await api.rest("POST", "/v1/project/resume")).status).toBe(200);
    for (const reason of ["wrong prices", "again"]) expect((await stop(reason)).status).toBe(200);
    for (const _ of [1, 2]) expect((await api.rest("POST", "/v1/project/resume")).status).toBe(200);
    for (const _ of [1, 2]) expect((await erase()).status).toBe(200);
  });
  const [stopped, resumed, erased] = events;
  expect(types(events)).toEqual(["project.stopped", "project.resumed", "customer.erased"]);
  expect([stopped?.subject, stopped?.data.reason]).toEqual([api.project.id, "wrong prices"]);
  expect(resumed?.data.resumedBy).toBe(stopped?.data.stoppedBy);
  expect(erased?.data).toMatchObject({ customer: erased?.subject, erased: { redemptions: 1, events: 1 } });
  expect(erased?.subject).toMatch(/^erased:/);
});

test("whoever reads on from a cursor misses nothing, although transactions commit out of sequence", async () => {
  const { cursor } = await eventsAfter(api);
  const tell = (name: string) => newEvent("dealwright.webhook.test", name, { webhook: name });
  const late = await database.connect();
  try {
    await late.query(`begin; ${enterProject(api.project.id)}`);
    await late.query(
      "insert into outbox_events (project_id, id, type, subject, data) values ($1, 'evt_late', 'dealwright.webhook.test', 'late', '{}')",
      [api.project.id],
    );
    await withTransaction(database, api.project.id, (connection) =>
      recordEvents(connection, api.project.id, [tell("early")]),
    );
    await sequencerOn(database).sequence();
    const first = await eventsAfter(api, cursor);
    expect(first.events.map(({ subject }) => subject)).toEqual(["early"]);
    await late.query("commit");
    await sequencerOn(database).sequence();
    const second = await eventsAfter(api, first.cursor);
    expect(second.events.map(({ subject }) => subject)).toEqual(["late"]);
    expect(Number(second.events[0]?.sequence)).toBe(Number(first.events[0]?.sequence) + 1);
  } finally {
    late.release();
  }
});

test("pages of any size tell the same, and types leave out nothing else", async () => {
  const { events: all } = await eventsAfter(api);
  expect(all.map(({ sequence }) => Number(sequence))).toEqual(all.map((_, i) => i + 1));
  expect((await eventsAfter(api, null, { limit: 7 })).events).toEqual(all);
  const wanted = ["dealwright.order.placed", "dealwright.job.finished"];
  const { events } = await eventsAfter(api, null, { types: wanted, limit: 1 });
  expect(events).toEqual(all.filter(({ type }) => wanted.includes(type)));
});

test("events are for those who may see everything, and of their own project", async () => {
  for (const role of ["checkout", "pos"] as const)
    expect((await api.rest("GET", "/v1/events", { role })).status).toBe(403);
  for (const role of ["viewer", "marketing", "erp", "admin"] as const)
    expect((await api.rest("GET", "/v1/events", { role })).status).toBe(200);
  const other = await startApi(database);
  expect((await eventsAfter(other)).events).toEqual([]);
  await other.close();
});

test("as a connection events have a cursor each, and there is always one to read on from", async () => {
  const read = async (given: object) => {
    const query = `query ($first: Int, $after: String, $types: [String!]) { events(first: $first, after: $after, types: $types) {
      edges { cursor node { sequence } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;
    return (await api.graphql(query, given)).body.data.events;
  };
  const sequencesOf = (page: { edges: { node: { sequence: string } }[] }) =>
    page.edges.map(({ node }) => Number(node.sequence));
  const start = await read({ first: 3 });
  expect(sequencesOf(start)).toEqual([1, 2, 3]);
  expect(start.pageInfo).toEqual({
    hasNextPage: true,
    hasPreviousPage: false,
    startCursor: start.edges[0].cursor,
    endCursor: start.edges[2].cursor,
  });
  expect(sequencesOf(await read({ first: 2, after: start.edges[0].cursor }))).toEqual([2, 3]);

  // Nothing of the type comes any more, and the list has been read to its end all the same.
  const { body: rest } = await api.rest("GET", "/v1/events?limit=1000");
  const { body: before } = await api.rest("GET", `/v1/events?limit=${rest.items.length - 1}`);
  const other = ["order.placed", "job.finished"].map((name) => `dealwright.${name}`);
  const types = [other.find((name) => name !== rest.items.at(-1).type)];
  const none = await read({ types, after: before.nextCursor });
  expect(none).toMatchObject({ edges: [], pageInfo: { hasNextPage: false, startCursor: null } });
  expect(none.pageInfo.endCursor).toBe(rest.nextCursor);
  const end = await read({ after: none.pageInfo.endCursor });
  expect(end).toMatchObject({
    edges: [],
    pageInfo: { hasNextPage: false, hasPreviousPage: true, endCursor: rest.nextCursor },
  });
});

test("a cursor that is none, and one whose next events are deleted, are refused", async () => {
  expect((await api.rest("GET", "/v1/events?after=abc")).body.code).toBe("invalid-cursor");
  expect((await api.rest("GET", "/v1/events?types=sale")).body.code).toBe("invalid-request");
  const { body: first } = await api.rest("GET", "/v1/events?limit=1");
  const { events: all } = await eventsAfter(api);
  // All but the last three are made old.
  await database.of(api.project.id).execute(sql`
    update outbox_events set created_at = created_at - interval '31 days'
     where project_id = ${api.project.id} and position <= ${all.length - 3}`);
  expect(await sequencerOn(database).cleanUp()).toBe(1);
  expect(await sequencerOn(database).cleanUp()).toBe(0);
  const refused = await api.rest("GET", `/v1/events?after=${first.nextCursor}`);
  expect([refused.status, refused.body.code]).toEqual([410, "events-deleted"]);
  expect((await eventsAfter(api)).events).toEqual(all.slice(-3));
});

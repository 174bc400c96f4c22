import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { type Api, startApi } from "./api.ts";
import { orderOf } from "./orders-fixture.ts";
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

let ids = 0;
const event = (type: string, time: string, data: object = {}, more: object = {}) => ({
  specversion: "1.0",
  id: `e-${++ids}`,
  source: "/web",
  type,
  time: `2026-${time}Z`,
  data,
  ...more,
});
const track = (events: object[], key?: string) =>
  api.rest("POST", "/v1/events/batch", {
    body: { events },
    ...(key === undefined ? { role: "checkout" } : { key }),
  });

describe("an event", () => {
  test("comes back as it was sent, with the time it came", async () => {
    const data = { customer: "ada", channel: "app", sku: "TEA", value: 1200, attributes: { list: ["a"] } };
    const sent = event("wish_list.added", "11-10T23:00:00.250", data, { subject: "TEA" });
    expect((await api.rest("POST", "/v1/events", { role: "pos", body: sent })).body).toEqual({
      stored: 1,
      repeated: 0,
    });
    const { body } = await api.rest("GET", "/v1/tracked-events?customer=ada", { role: "viewer" });
    expect(body).toEqual({
      items: [{ ...sent, datacontenttype: "application/json", receivedAt: "2026-11-11T00:00:00.000Z" }],
      nextCursor: null,
    });
    const shown = await api.graphql(
      `{ trackedEvents(customer: "ada") { nodes { id type time data { value sku } } } }`,
      {},
      { role: "marketing" },
    );
    expect(shown.body.data.trackedEvents.nodes).toEqual([
      { id: sent.id, type: sent.type, time: sent.time, data: { value: 1200, sku: "TEA" } },
    ]);
  });

  test("may come as what senders of CloudEvents call it", async () => {
    const headers = { "content-type": "application/cloudevents+json; charset=utf-8" };
    const body = JSON.stringify(event("view", "11-10T00:00:00", { customer: "cloud" }));
    const { status, body: receipt } = await api.rest("POST", "/v1/events", { body, headers });
    expect([status, receipt]).toEqual([200, { stored: 1, repeated: 0 }]);
  });

  test("counts once, however often and from however many at once it is sent", async () => {
    const events = Array.from({ length: 50 }, (_, i) =>
      event("click", "11-09T10:00:00", { customer: `once-${i}` }),
    );
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) => track(i % 2 === 0 ? events : [...events].reverse())),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(answers.reduce((sum, { body }) => sum + body.stored, 0)).toBe(50);
    expect(answers.reduce((sum, { body }) => sum + body.repeated, 0)).toBe(350);
  });

  test("that a sender stamps anew with each retry counts once, at the time it was told first", async () => {
    const first = event("view", "11-09T10:00:00", { customer: "stamped", campaign: "stamps" });
    const again = (time: string) => ({ ...first, time: `2026-${time}Z` });
    const receipts: object[] = [];
    for (const sent of [first, again("11-09T10:00:07"), first, again("10-01T00:00:00")])
      receipts.push((await api.rest("POST", "/v1/events", { role: "pos", body: sent })).body);
    const [stored, repeated] = [
      { stored: 1, repeated: 0 },
      { stored: 0, repeated: 1 },
    ];
    expect(receipts).toEqual([stored, repeated, repeated, repeated]);
    // Of the same batch it is the first that stands, and another source is another event.
    const other = { ...first, source: "/app" };
    const batch = [other, { ...other, time: "2026-11-09T11:00:00Z" }, again("11-09T12:00:00")];
    expect((await track(batch)).body).toEqual({ stored: 1, repeated: 2 });
    const { body } = await api.rest("GET", "/v1/tracked-events?customer=stamped");
    expect(body.items.map(({ source, time }: Record<string, string>) => [source, time])).toEqual([
      ["/web", "2026-11-09T10:00:00.000Z"],
      ["/app", "2026-11-09T10:00:00.000Z"],
    ]);
    const { body: found } = await api.rest(
      "GET",
      "/v1/funnel?steps=view&campaign=stamps&from=2026-10-01T00:00:00Z&to=2026-11-11T00:00:00Z",
    );
    expect(found.steps).toMatchObject([{ events: 2, people: 1 }]);
  });

  test("stamped anew by senders that race is one event", async () => {
    const sent = event("click", "11-09T10:00:00", { customer: "raced" });
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, i) => track([{ ...sent, time: `2026-11-09T10:00:${10 + i}Z` }])),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(answers.reduce((sum, { body }) => sum + body.stored, 0)).toBe(1);
    expect((await api.rest("GET", "/v1/tracked-events?customer=raced")).body.items).toHaveLength(1);
  });

  test("may be late by years, and is found at its own time", async () => {
    await track([event("view", "11-10T00:00:00", { customer: "late" })]);
    await track([{ ...event("view", "01-01T00:00:00", { customer: "late" }), time: "2019-05-01T00:00:00Z" }]);
    const { body } = await api.rest("GET", "/v1/tracked-events?customer=late&to=2020-01-01T00:00:00Z");
    expect(body.items.map(({ time }: { time: string }) => time)).toEqual(["2019-05-01T00:00:00.000Z"]);
  });

  test.each([
    ["that is still to come", { time: "2026-11-11T00:05:01Z" }, "/events/1/time", "time_in_future"],
    ["before there were shops", { time: "1999-12-31T23:59:59Z" }, "/events/1/time", "time_invalid"],
    ["in our own name", { type: "dealwright.order" }, "/events/1/type", "type_reserved"],
    ["that is an order", { type: "order" }, "/events/1/type", "type_reserved"],
  ])("%s is refused, with all that came beside it", async (_, wrong, path, code) => {
    const good = event("view", "11-10T00:00:00", { customer: "beside" });
    const { status, body } = await track([good, { ...good, id: "wrong", ...wrong }]);
    expect(status).toBe(400);
    expect(body.errors).toMatchObject([{ path, code }]);
    expect((await api.rest("GET", "/v1/tracked-events?customer=beside")).body.items).toEqual([]);
  });

  test("is refused where it is older than what is kept: nobody knows whether it was told before", async () => {
    const forgetful = await startApi(database, { trackedEventMonths: 3 });
    const told = (time: string) =>
      forgetful.rest("POST", "/v1/events", {
        role: "checkout",
        body: { ...event("view", "01-01T00:00:00", { customer: "old" }), time },
      });
    const { status, body } = await told("2026-06-30T23:59:59Z");
    expect([status, body.errors]).toMatchObject([400, [{ path: "/time", code: "time_too_old" }]]);
    expect((await told("2026-07-01T00:00:00Z")).status).toBe(200);
    await forgetful.close();
  });

  test("is walked past once each, latest first", async () => {
    await track(Array.from({ length: 7 }, () => event("view", "11-08T00:00:00", { campaign: "walk" })));
    const seen: string[] = [];
    let after = "";
    do {
      const { body } = await api.rest("GET", `/v1/tracked-events?campaign=walk&limit=2${after}`);
      seen.push(...body.items.map(({ id }: { id: string }) => id));
      after = body.nextCursor === null ? "" : `&after=${body.nextCursor}`;
    } while (after !== "");
    expect(seen).toHaveLength(7);
    expect(new Set(seen).size).toBe(7);
  });
});

describe("a funnel", () => {
  const period = "from=2026-11-01T00:00:00Z&to=2026-11-11T00:00:00Z";
  const steps = (...names: string[]) => names.map((name) => `steps=${name}`).join("&");
  const step = (name: string, events: number, people: number, conversion: number | null) => ({
    step: name,
    events,
    people,
    conversion,
  });
  let key: string;
  const funnel = async (query: string) => (await api.rest("GET", `/v1/funnel?${query}`, { key })).body;

  beforeAll(async () => {
    const project = await projectWithKeys(database, api.clock.now());
    key = project.keys.admin;
    const wechat = { channel: "wechat", campaign: "launch" };
    const web = { channel: "web", campaign: "launch" };
    await track(
      [
        // Sees it as nobody, twice, signs up, shares, and orders.
        event("view", "11-02T09:00:00", { visitor: "v-ada", ...wechat }),
        event("view", "11-02T09:30:00", { visitor: "v-ada", ...web }),
        event("sign_up", "11-02T10:00:00", { visitor: "v-ada", customer: "ada", ...wechat }),
        event("share", "11-03T10:00:00", { customer: "ada", ...wechat }),
        // Shares before signing up: the share counts as an event, not for the person.
        event("view", "11-02T09:00:00", { customer: "bob", ...wechat }),
        event("share", "11-02T09:10:00", { customer: "bob", ...wechat }),
        event("sign_up", "11-02T09:20:00", { customer: "bob", ...wechat }),
        // Only looks.
        event("view", "11-04T09:00:00", { visitor: "v-eve", ...web }),
        // Nobody, of another campaign, and outside the period.
        event("view", "11-04T09:00:00", web),
        event("view", "11-04T09:00:00", { customer: "zoe", channel: "web", campaign: "other" }),
        event("view", "10-31T23:59:59", { customer: "zoe", ...web }),
      ],
      key,
    );
    const placed = { customer: "ada", channel: "web", status: "paid", placedAt: "2026-11-05T00:00:00Z" };
    const order = (id: string, fields: object = {}) =>
      api.rest("PUT", `/v1/orders/${id}`, { key, body: orderOf({ ...placed, ...fields }) });
    await order("f-1");
    await order("f-2", { customer: "bob", status: "cancelled" });
    // Ordered without having shared.
    await order("f-3", { customer: "eve" });
  });

  test("counts people who did each step after the one before, as visitors and as customers", async () => {
    const found = await funnel(`${steps("view", "sign_up", "share", "order")}&${period}&campaign=launch`);
    expect(found.steps).toEqual([
      step("view", 5, 3, 1),
      step("sign_up", 2, 2, 0.6667),
      step("share", 2, 1, 0.3333),
      // Of two orders the one whose customer had shared.
      step("order", 1, 1, 0.3333),
    ]);
    expect(found.channels.map(({ channel }: { channel: string }) => channel)).toEqual(["wechat", "web"]);
    expect(found.channels[0].steps).toEqual([
      step("view", 2, 2, 1),
      step("sign_up", 2, 2, 1),
      step("share", 2, 1, 0.5),
      step("order", 0, 1, 0.5),
    ]);
    expect(found.channels[1].steps).toMatchObject([
      { events: 3, people: 1 },
      { people: 0 },
      {},
      { events: 1 },
    ]);
  });

  test("asks the same step twice of two events", async () => {
    const found = await funnel(`${steps("view", "view")}&${period}&campaign=launch`);
    expect(found.steps).toEqual([step("view", 5, 3, 1), step("view", 5, 1, 0.3333)]);
  });

  test("of a channel has its people and its events alone", async () => {
    const found = await funnel(`${steps("view", "order")}&${period}&channel=wechat`);
    expect(found.steps).toEqual([step("view", 2, 2, 1), step("order", 0, 1, 0.5)]);
  });

  test("of which nobody took a step converts nobody", async () => {
    const found = await funnel(`${steps("check_in")}&${period}`);
    expect(found).toEqual({ steps: [step("check_in", 0, 0, null)], channels: [] });
  });

  test("is of the last thirty days and of the usual steps unless it is asked otherwise", async () => {
    const usual = `${steps("view", "sign_up", "share", "order")}&from=2026-10-12T00:00:00Z&to=2026-11-11T00:00:00Z`;
    const found = await funnel("");
    expect(found).toEqual(await funnel(usual));
    expect(found.steps[0]).toMatchObject({ events: 7, people: 4 });
  });

  test("of a period that ends before it begins is refused", async () => {
    const answer = await api.rest(
      "GET",
      "/v1/funnel?steps=view&from=2026-11-02T00:00:00Z&to=2026-11-02T00:00:00Z",
    );
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toMatchObject([{ path: "/to", code: "period_empty" }]);
  });

  test("of no time there is refused", async () => {
    const answer = await api.rest(
      "GET",
      `/v1/funnel?steps=view&from=0001-01-01T00:00:00Z&to=2026-01-01T00:00:00Z`,
    );
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toMatchObject([{ path: "/from", code: "time_invalid" }]);
  });
});

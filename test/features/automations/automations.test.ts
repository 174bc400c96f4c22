import { afterAll, beforeAll, expect, test } from "vitest";
import { buildApp } from "../../../src/app.ts";
import { limits } from "../../../src/engine/limits.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { patience } from "../../faults/sizes.ts";
import { type Api, startApi } from "../api.ts";
import { projectWithKeys } from "../project-fixture.ts";
import { automationsOf } from "./automation-fixture.ts";

let database: TestDatabase;
let api: Api;
let shop: ReturnType<typeof automationsOf>;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  shop = automationsOf(api, database);
});
afterAll(async () => {
  await api.close();
  await database.close();
});

const days = (count: number) => count * 86_400_000;
const tagsOf = async (customer: string) =>
  (await api.rest("GET", `/v1/customers/${customer}`)).body.tags as string[];

test("what a customer does is followed by all actions of the automation, together and once for each event", async () => {
  await shop.pool("thanks", ["THANKS-1", "THANKS-2"]);
  const consents = { newsletter: { granted: false, at: "2026-10-01T09:00:00+08:00", source: "checkout" } };
  await shop.tell("e-1", { tags: ["fan", "old"], locale: "zh-CN", consents });
  const id = await shop.active({
    trigger: { kind: "event", type: "share", match: { campaign: "launch", attributes: { wall: true } } },
    actions: [
      { kind: "notify", template: "thanks", texts: { en: "Thank you." }, data: { image: 7 } },
      { kind: "issue_coupon", pool: "thanks" },
      { kind: "award_points", points: 30 },
      { kind: "add_tag", tag: "sharer" },
      { kind: "remove_tag", tag: "old" },
      { kind: "webhook" },
    ],
    caps: { perCustomer: [] },
  });
  const data = { campaign: "launch", referrer: "somebody-else", attributes: { wall: true } };
  await shop.track("share", "e-1", data, "first");
  await shop.track("share", "e-1", data, "first");
  await shop.track("share", "e-1", { campaign: "other", attributes: { wall: true } });
  await shop.track("share", "e-1", { campaign: "launch" });
  await shop.track("view", "e-1", data);
  await shop.becomes(id, ["e-1 done"]);
  expect(await tagsOf("e-1")).toEqual(["fan", "sharer"]);
  const [code] = await shop.couponsOwnedBy("e-1");
  const [run] = await shop.runs(id);
  expect(run).toMatchObject({
    coupons: [code],
    reason: null,
    dueAt: null,
    attempts: 0,
    trigger: { type: "share", id: "first", campaign: "launch" },
  });
  expect(JSON.stringify(run)).not.toContain("somebody-else");
  const { body: points } = await api.rest("GET", "/v1/customers/e-1/points");
  expect(points).toMatchObject({ programme: "points", available: 30 });
  // Whoever sends it on learns in what language, and what they may.
  const what = {
    customer: "e-1",
    locale: "zh-CN",
    consents,
    automationId: id,
    run: run.id,
    pools: ["thanks"],
  };
  expect(await shop.told("dealwright.automation.notified")).toEqual([
    expect.objectContaining({ ...what, template: "thanks", texts: { en: "Thank you." }, data: { image: 7 } }),
  ]);
  expect(await shop.told("dealwright.automation.fired")).toEqual([expect.objectContaining(what)]);
  // Another event is another occurrence.
  await shop.track("share", "e-1", data, "second");
  await shop.becomes(id, ["e-1 done", "e-1 done"]);
  expect(await shop.couponsOwnedBy("e-1")).toHaveLength(2);
  await shop.succeed("POST", "/v1/customers/e-1/erase");
  for (const type of ["notified", "fired"])
    expect(await shop.told(`dealwright.automation.${type}`)).toEqual(
      [1, 2].map(() => expect.objectContaining({ automationId: id, locale: null, consents: {} })),
    );
});

test("an event that is sent again with another time is the same occasion, and happened when it was said first", async () => {
  const sent = (time: number, id: string) => ({
    specversion: "1.0",
    id,
    source: "/stamping",
    type: "stamp",
    time: new Date(time).toISOString(),
    data: { customer: "r-1" },
  });
  const before = api.clock.now();
  await shop.succeed("POST", "/v1/events", sent(before, "old"));
  api.clock.advance(1_000);
  const id = await shop.active({ trigger: { kind: "event", type: "stamp" }, caps: { perCustomer: [] } });
  api.clock.advance(1_000);
  const after = api.clock.now();
  await shop.succeed("POST", "/v1/events", sent(after, "new"));
  api.clock.advance(1_000);
  for (const name of ["new", "old"]) await shop.succeed("POST", "/v1/events", sent(api.clock.now(), name));
  await shop.succeed("POST", "/v1/events", sent(api.clock.now(), "last"));
  await shop.becomes(id, ["r-1 done", "r-1 done"]);
});

test("what happened before an automation was in force triggers nothing, nor does what a visitor did", async () => {
  await shop.track("sign_up", "b-before");
  api.clock.advance(1_000);
  const id = await shop.active({ trigger: { kind: "event", type: "sign_up" } });
  const late = new Date(api.clock.now() - 1_000).toISOString();
  const event = { specversion: "1.0", source: "/test", type: "sign_up" };
  await shop.succeed("POST", "/v1/events/batch", {
    events: [
      { ...event, id: "late", time: late, data: { customer: "b-late" } },
      { ...event, id: "visitor", time: new Date(api.clock.now()).toISOString(), data: { visitor: "v" } },
      { ...event, id: "after", time: new Date(api.clock.now()).toISOString(), data: { customer: "b-after" } },
    ],
  });
  await shop.becomes(id, ["b-after done"]);
});

test("who enters and who leaves a segment is reached, and whom points are about to lapse of is told", async () => {
  await shop.succeed("POST", "/v1/segments", {
    key: "tall",
    conditions: { kind: "attribute", of: "customer", name: "height", atLeast: 2 },
  });
  const entered = await shop.active({ trigger: { kind: "segment_entered", segment: "tall" } });
  const left = await shop.active({ trigger: { kind: "segment_left", segment: "tall" } });
  await shop.tell("s-1", { attributes: { height: 2 } });
  await shop.tell("s-2", { attributes: { height: 3 } });
  await shop.becomes(entered, ["s-1 done", "s-2 done"]);
  await shop.tell("s-1", { attributes: { height: 1 } });
  await shop.becomes(left, ["s-1 done"]);
  expect(await shop.outcomes(entered)).toHaveLength(2);

  const expiring = await shop.active({
    trigger: { kind: "points_expiring" },
    actions: [{ kind: "notify", template: "points-expiring" }],
  });
  const other = await shop.active({ trigger: { kind: "points_expiring", programme: "stars" } });
  await shop.succeed("PUT", "/v1/points-programmes/points", { validMonths: 12 }, { "if-match": "*" });
  await shop.succeed("POST", "/v1/customers/p-1/points/adjustments", { points: 80, reason: "A start." });
  api.clock.advance(days(365));
  await shop.becomes(expiring, ["p-1 done"]);
  expect((await shop.runs(expiring))[0]).toMatchObject({ trigger: { programme: "points", points: 80 } });
  expect(await shop.outcomes(other)).toEqual([]);
});

test("whoever does not meet the conditions at that moment is passed over", async () => {
  const id = await shop.active({
    trigger: { kind: "event", type: "check_in" },
    conditions: {
      all: [
        { kind: "customer_tag", in: ["vip"] },
        { kind: "order_count", atMost: 0 },
      ],
    },
  });
  await shop.tell("c-vip", { tags: ["vip"] });
  await shop.track("check_in", "c-vip");
  await shop.track("check_in", "c-unknown");
  await shop.becomes(id, ["c-vip done", "c-unknown skipped conditions"]);
});

test("a customer is reached so often in a period of the project's zone, and all together so often in all", async () => {
  await shop.pool("capped", ["CAPPED-1", "CAPPED-2", "CAPPED-3", "CAPPED-4"]);
  // In New York the day changes at 05:00 UTC.
  await shop.succeed("PATCH", "/v1/project/settings", { timezone: "America/New_York" }, { "if-match": "*" });
  const today = Date.parse(`${new Date(api.clock.now()).toISOString().slice(0, 10)}T04:00:00Z`) + days(2);
  api.clock.advance(today - api.clock.now());
  const id = await shop.active({
    trigger: { kind: "event", type: "scan" },
    actions: [{ kind: "issue_coupon", pool: "capped" }],
    caps: {
      perCustomer: [
        { count: 1, per: "day" },
        { count: 2, days: 30 },
      ],
      coupons: 3,
    },
  });
  await shop.track("scan", "k-1");
  await shop.becomes(id, ["k-1 done"]);
  api.clock.advance(3_540_000);
  await shop.track("scan", "k-1");
  await shop.becomes(id, ["k-1 done", "k-1 skipped cap_customer"]);
  api.clock.advance(120_000);
  await shop.track("scan", "k-1");
  await shop.becomes(id, ["k-1 done", "k-1 done", "k-1 skipped cap_customer"]);
  api.clock.advance(days(1));
  await shop.track("scan", "k-1");
  await shop.track("scan", "k-2");
  await shop.track("scan", "k-3");
  await expect.poll(async () => (await shop.outcomes(id)).length, { timeout: patience }).toBe(6);
  await expect
    .poll(async () => (await shop.outcomes(id)).filter((outcome) => outcome.includes("waiting")), {
      timeout: patience,
    })
    .toEqual([]);
  const outcomes = await shop.outcomes(id);
  expect(outcomes.filter((outcome) => outcome.startsWith("k-1"))).toEqual([
    "k-1 done",
    "k-1 done",
    "k-1 skipped cap_customer",
    "k-1 skipped cap_customer",
  ]);
  expect(
    outcomes
      .slice(4)
      .map((outcome) => outcome.slice(4))
      .sort(),
  ).toEqual(["done", "skipped cap_coupons"]);
});

test("left out, the cap is once a day: an automation that sets itself off cannot run wild", async () => {
  await shop.succeed("POST", "/v1/segments", {
    key: "looping",
    conditions: { not: { kind: "customer_tag", in: ["off"] } },
  });
  const on = await shop.active({
    trigger: { kind: "segment_left", segment: "looping" },
    actions: [{ kind: "remove_tag", tag: "off" }],
  });
  const off = await shop.active({
    trigger: { kind: "segment_entered", segment: "looping" },
    conditions: { kind: "customer_group", in: ["loop"] },
    actions: [{ kind: "add_tag", tag: "off" }],
  });
  await shop.tell("loop-1", { groups: ["loop"] });
  await expect
    .poll(async () => (await shop.outcomes(off)).filter((outcome) => outcome.startsWith("loop-1")), {
      timeout: patience,
    })
    .toEqual(["loop-1 done", "loop-1 skipped cap_customer"]);
  expect(await shop.outcomes(on)).toEqual(["loop-1 done"]);
});

test("an empty pool owes the whole run, which is done once there are codes; a pause keeps it, an archive ends it", async () => {
  await shop.pool("short", ["SHORT-1"]);
  const id = await shop.active({
    trigger: { kind: "event", type: "buy" },
    actions: [
      { kind: "add_tag", tag: "given" },
      { kind: "issue_coupon", pool: "short", validFor: "P7D" },
    ],
  });
  await shop.track("buy", "o-1");
  await shop.becomes(id, ["o-1 done"]);
  await shop.track("buy", "o-2");
  await shop.becomes(id, ["o-1 done", "o-2 owed pool_empty"]);
  expect((await api.rest("GET", "/v1/customers/o-2")).status).toBe(404);
  expect(await shop.told("dealwright.automation.owed")).toEqual([
    expect.objectContaining({ customer: "o-2", pool: "short", reason: "pool_empty" }),
  ]);
  await shop.succeed("POST", `/v1/automations/${id}/pause`);
  await shop.pool("short", ["SHORT-2"]);
  const rounds = await buildApp({
    config: { environment: "test", logLevel: "silent" },
    database,
    clock: api.clock,
  });
  await rounds.close();
  expect(await shop.outcomes(id)).toEqual(["o-1 done", "o-2 owed pool_empty"]);
  await shop.succeed("POST", `/v1/automations/${id}/activate`);
  await shop.becomes(id, ["o-1 done", "o-2 done"]);
  expect([await shop.couponsOwnedBy("o-2"), await tagsOf("o-2")]).toEqual([["SHORT-2"], ["given"]]);
  await shop.track("buy", "o-3");
  await shop.becomes(id, ["o-1 done", "o-2 done", "o-3 owed pool_empty"]);
  await shop.succeed("POST", `/v1/automations/${id}/archive`);
  expect(await shop.outcomes(id)).toEqual(["o-1 done", "o-2 done", "o-3 skipped archived"]);
  expect((await shop.rest("POST", `/v1/automations/${id}/activate`)).body.code).toBe(
    "automation-state-conflict",
  );
});

test("once a pause is answered no process does anything more, and what was waiting is forgotten", {
  timeout: patience,
}, async () => {
  const id = await shop.active({ trigger: { kind: "event", type: "burst" }, caps: { perCustomer: [] } });
  const others = await Promise.all(
    [0, 1].map(() =>
      buildApp({ config: { environment: "test", logLevel: "silent" }, database, clock: api.clock }),
    ),
  );
  const now = new Date(api.clock.now()).toISOString();
  const burst = (name: string) =>
    shop.succeed("POST", "/v1/events/batch", {
      events: Array.from({ length: 60 }, (_, n) => ({
        specversion: "1.0",
        id: `${name}-${n}`,
        source: "/test",
        type: "burst",
        time: now,
        data: { customer: `burst-${n % 20}` },
      })),
    });
  const doneOf = async () => {
    const { rows } = await database.pool.query<{ state: string; count: number }>(
      "select state, count(*)::int as count from automation_runs where automation_id = $1 group by state order by state",
      [id],
    );
    return rows;
  };
  try {
    await burst("first");
    await expect
      .poll(async () => (await doneOf()).some(({ state }) => state === "done"), { timeout: patience })
      .toBe(true);
    await shop.succeed("POST", `/v1/automations/${id}/pause`);
    const done = (await doneOf()).find(({ state }) => state === "done");
    await burst("second");
    await expect.poll(doneOf, { timeout: patience }).toEqual([done]);
  } finally {
    for (const other of others) await other.close();
  }
});

test("what cannot work is refused, with its place, and changes nothing", async () => {
  const document = {
    key: "refused",
    trigger: { kind: "segment_entered", segment: "nowhere" },
    actions: [{ kind: "issue_coupon", pool: "nowhere" }],
  };
  const faults = async (changes: object) => {
    const { status, body } = await shop.rest("POST", "/v1/automations", { ...document, ...changes });
    return [status, body.errors?.map(({ path, code }: { path: string; code: string }) => `${path} ${code}`)];
  };
  expect(await faults({ conditions: { kind: "subtotal", atLeast: { CNY: 1 } } })).toEqual([
    400,
    ["/conditions/kind not_about_customer"],
  ]);
  expect(await faults({ caps: { perCustomer: [{ count: 1 }] } })).toEqual([
    400,
    ["/caps/perCustomer/0 bounds_contradict"],
  ]);
  expect(await faults({ actions: [{ kind: "webhook", data: { text: "x".repeat(4_100) } }] })).toEqual([
    400,
    ["/actions/0/data data_too_large"],
  ]);
  expect(await faults({ actions: [{ kind: "add_tag", tag: "again" }], caps: { perCustomer: [] } })).toEqual([
    400,
    ["/caps/perCustomer cap_missing"],
  ]);
  expect(await faults({ trigger: { kind: "event", type: "order" } })).toEqual([
    400,
    ["/trigger/type type_reserved"],
  ]);
  expect(await faults({ currency: "CNY" })).toEqual([400, ["/currency conditions_missing"]]);
  expect((await faults({ actions: Array(11).fill({ kind: "webhook" }) }))[0]).toBe(400);
  const { id } = await shop.succeed("POST", "/v1/automations", document);
  expect((await shop.rest("POST", "/v1/automations", document)).body.code).toBe("automation-key-taken");
  const ready = await shop.rest("POST", `/v1/automations/${id}/activate`);
  expect([ready.status, ready.body.errors.map(({ path }: { path: string }) => path)]).toEqual([
    409,
    ["/trigger/segment", "/actions/0/pool"],
  ]);
  const put = (etag: string, key = "refused") =>
    shop.rest("PUT", `/v1/automations/${id}`, { ...document, key, name: "Again" }, { "if-match": etag });
  expect((await put('"7"')).status).toBe(412);
  expect((await put("*", "else")).body.errors[0].code).toBe("key_immutable");
  expect((await put('"1"')).body).toMatchObject({ name: "Again", version: 2, status: "draft" });
  expect((await shop.rest("POST", `/v1/automations/${id}/pause`)).body.code).toBe(
    "automation-state-conflict",
  );
});

test("a project has so many automations in force, whoever asks at once", async () => {
  const { keys } = await projectWithKeys(database, api.clock.now());
  const own = automationsOf(api, database, keys.admin);
  for (let n = 0; n < limits.activeAutomationsPerProject - 1; n += 1) await own.active({});
  const drafts = await Promise.all(
    ["one", "two", "three"].map((key) =>
      own.succeed("POST", "/v1/automations", {
        key,
        trigger: { kind: "event", type: "share" },
        actions: [{ kind: "webhook" }],
      }),
    ),
  );
  const answers = await Promise.all(
    drafts.map(({ id }) => own.rest("POST", `/v1/automations/${id}/activate`)),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
});

test("a run that fails is tried again later, and holds up neither its project nor another", async () => {
  await database.pool.query(`
    create function refuse_bad() returns trigger language plpgsql as $$
    begin
      if new.customer_id = 'f-bad' then raise exception 'a fault of this customer'; end if;
      return new;
    end $$;
    create trigger refuse_bad before insert on points_accounts for each row execute function refuse_bad()`);
  const neighbour = await projectWithKeys(database, api.clock.now());
  const other = automationsOf(api, database, neighbour.keys.admin);
  const document = {
    trigger: { kind: "event", type: "gift" },
    actions: [{ kind: "award_points", points: 5 }],
  };
  const [id, theirs] = [await shop.active(document), await other.active(document)];
  await shop.track("gift", "f-bad");
  await shop.track("gift", "f-good");
  await other.track("gift", "f-other");
  await shop.becomes(id, ["f-bad waiting", "f-good done"]);
  await other.becomes(theirs, ["f-other done"]);
  await expect
    .poll(async () => (await shop.runs(id)).find(({ customer }) => customer === "f-bad").attempts, {
      timeout: patience,
    })
    .toBe(1);
  await database.pool.query("drop trigger refuse_bad on points_accounts");
  api.clock.advance(60_000);
  await shop.becomes(id, ["f-bad done", "f-good done"]);
});

test("an erased customer is in no run any more, and what was once only stays so", async () => {
  const id = await shop.active({
    trigger: { kind: "event", type: "join" },
    caps: { perCustomer: [{ count: 1, per: "ever" }] },
  });
  await shop.track("join", "gone-1");
  await shop.becomes(id, ["gone-1 done"]);
  const { body: exported } = await api.rest("GET", "/v1/customers/gone-1/export");
  expect(exported.records.automationRuns).toEqual([expect.objectContaining({ state: "done" })]);
  const { body: erasure } = await api.rest("POST", "/v1/customers/gone-1/erase");
  expect(erasure.erased.automationRuns).toBe(1);
  const { rows } = await database.pool.query("select from automation_runs r where r::text like '%gone-1%'");
  expect(rows).toHaveLength(0);
  await shop.track("join", "gone-1");
  await shop.becomes(id, ["gone-1 skipped cap_customer", `${erasure.pseudonym} done`]);
});

/** The switches for bad days: a promotion that is killed, a project that is stopped. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { type Answer, type Api, startApi } from "./api.ts";
import { makePool } from "./coupons/coupon-fixture.ts";
import { projectOfItsOwn, until } from "./limits-fixture.ts";
import { activePromotion, cartLines, orderOf } from "./redemptions/redemption-fixture.ts";

const never = 3_600_000;

let database: TestDatabase;
let here: Api;
/** Another process, whose notifications are all lost: it only asks. */
let deaf: Api;

beforeAll(async () => {
  database = await freshDatabase();
  here = await startApi(database, { rulebookPollMilliseconds: never });
  deaf = await startApi(database, { rulebookPollMilliseconds: 50 });
});
afterAll(async () => {
  await Promise.all([here.close(), deaf.close()]);
  await database.close();
});

async function projectHere() {
  const { apis } = await projectOfItsOwn(database, [here, deaf]);
  return { here: apis[0], deaf: apis[1] };
}

const cart = { currency: "CNY", lines: cartLines, customer: { id: "c-1" } };
const quoteOf = async (api: Api, changes: object = {}): Promise<Answer["body"]> =>
  (await api.rest("POST", "/v1/evaluations", { body: { ...cart, ...changes } })).body;
const redeem = (api: Api, changes: object = {}) =>
  api.rest("POST", "/v1/redemptions", { body: orderOf(changes), role: "checkout" });
const commit = (api: Api, id: string) =>
  api.rest("POST", `/v1/redemptions/${id}/commit`, { role: "checkout" });

test("a killed promotion applies nowhere, and a reservation made before is committed nowhere", async () => {
  const { here, deaf } = await projectHere();
  const id = await activePromotion(here, "ten-off");
  expect((await quoteOf(deaf)).total).toBe(9_000);
  const reserved = (await redeem(deaf, { mode: "reserve", ttlSeconds: 600 })).body;
  const final = (await redeem(deaf, { mode: "commit" })).body;

  const killed = await here.rest("POST", `/v1/promotions/${id}/kill`, {
    body: { reason: "Gives away the shop." },
    role: "marketing",
  });
  expect(killed.body).toMatchObject({ status: "paused", killedAt: expect.any(String) });
  expect((await quoteOf(here)).total).toBe(10_000);
  await until(async () => (await quoteOf(deaf)).total === 10_000);

  for (const api of [here, deaf]) {
    const refused = await commit(api, reserved.id);
    expect([refused.status, refused.body.code]).toEqual([409, "promotion-killed"]);
    // What was final before stays so, and may be said again.
    expect((await commit(api, final.id)).body.state).toBe("committed");
  }
  const cancelled = await deaf.rest("POST", `/v1/redemptions/${reserved.id}/cancel`, { role: "checkout" });
  expect(cancelled.body.state).toBe("cancelled");
  const versions = (await here.rest("GET", `/v1/promotions/${id}/versions`)).body.items;
  expect(versions[0]).toMatchObject({ change: "killed", reason: "Gives away the shop.", status: "paused" });
});

test("a paused promotion lets its reservations be committed until it is killed, and once it is active again", async () => {
  const { here, deaf } = await projectHere();
  const id = await activePromotion(here, "ten-off");
  const [first, second, third] = await Promise.all(
    [1, 2, 3].map(async () => (await redeem(deaf, { mode: "reserve", ttlSeconds: 600 })).body),
  );
  await here.rest("POST", `/v1/promotions/${id}/pause`);
  expect((await commit(deaf, first.id)).status).toBe(200);
  await here.graphql(
    'mutation ($id: ID!) { killPromotion(id: $id, input: { reason: "wrong price" }) { killedAt } }',
    { id },
  );
  const { rulebook } = await quoteOf(here);
  await until(async () => (await quoteOf(deaf)).rulebook === rulebook);
  expect((await commit(deaf, second.id)).body.code).toBe("promotion-killed");
  await here.rest("POST", `/v1/promotions/${id}/activate`);
  await until(async () => (await commit(deaf, third.id)).status === 200);
});

test("a draft cannot be killed", async () => {
  const { here } = await projectHere();
  const { body } = await here.rest("POST", "/v1/promotions", {
    body: { key: "idea", trigger: { type: "automatic" }, benefits: [{ kind: "percent_off", percent: 5 }] },
  });
  const refused = await here.rest("POST", `/v1/promotions/${body.id}/kill`, { body: { reason: "no" } });
  expect([refused.status, refused.body.code]).toEqual([409, "promotion-state-conflict"]);
});

test("a stopped project prices without promotions and says so, redeems nothing, and takes returns", async () => {
  const { here, deaf } = await projectHere();
  await activePromotion(here, "ten-off");
  await activePromotion(here, "by-code", { trigger: { type: "code", code: "SAVE10" } });
  const pool = await makePool(here);
  const committed = (await redeem(deaf, { mode: "commit" })).body;
  const reserved = (await redeem(deaf, { mode: "reserve", ttlSeconds: 600 })).body;

  const stop = { body: { reason: "Prices leaked." }, role: "marketing" } as const;
  const stopped = await here.rest("POST", "/v1/project/stop", stop);
  expect(stopped.body.stop).toEqual({
    at: expect.any(String),
    by: expect.stringMatching(/^key_/),
    reason: "Prices leaked.",
  });
  expect((await here.rest("POST", "/v1/project/stop", { body: { reason: "again" } })).body).toEqual(
    stopped.body,
  );
  await until(async () => (await quoteOf(deaf)).degraded);

  for (const api of [here, deaf]) {
    expect(await quoteOf(api, { codes: ["SAVE10", "NOPE"] })).toMatchObject({
      total: 10_000,
      degraded: true,
      promotions: [],
      codes: [
        { code: "SAVE10", status: "rejected", promotion: null, reason: "promotions_stopped" },
        { code: "NOPE", status: "rejected", promotion: null, reason: "promotions_stopped" },
      ],
    });
    for (const refused of [
      await redeem(api, { mode: "commit" }),
      await commit(api, reserved.id),
      await api.rest("POST", `/v1/coupon-pools/${pool}/claim`, { body: { customer: "c-1" } }),
      await api.rest("POST", "/v1/offline/vouchers", { body: { promotion: "ten-off", currency: "CNY" } }),
    ])
      expect([refused.status, refused.body.code]).toEqual([409, "project-stopped"]);
  }
  const returned = await deaf.rest("POST", `/v1/redemptions/${committed.id}/returns`, {
    body: { lines: [{ id: "1", quantity: 1 }] },
  });
  expect(returned.body.refund).toBe(9_000);

  await here.graphql("mutation { resumeProject { stop { reason } } }");
  await until(async () => !(await quoteOf(deaf)).degraded);
  expect((await commit(deaf, reserved.id)).body.state).toBe("committed");
});

test("stopping again, going on again and setting what is set are no changes, and nothing is written of them", async () => {
  const { here } = await projectHere();
  await activePromotion(here, "ten-off");
  const versionAndTrail = async () => {
    const { items } = (await here.rest("GET", "/v1/audit")).body;
    return [(await quoteOf(here)).rulebook, items.length];
  };
  const stop = (reason: string) => here.rest("POST", "/v1/project/stop", { body: { reason } });
  const goOn = () => here.rest("POST", "/v1/project/resume");
  const set = () => here.rest("PATCH", "/v1/project/safeguards", { body: { wrongCodes: { perKey: 7 } } });
  const twice: (() => Promise<Answer>)[] = [() => stop("drill"), goOn, set];
  for (const change of twice) {
    const before = await versionAndTrail();
    const first = await change();
    const changed = await versionAndTrail();
    expect(changed).not.toEqual(before);
    expect((await change()).body).toEqual(first.body);
    expect(await versionAndTrail()).toEqual(changed);
  }
});

test("an evaluation saved while the project was stopped replays as it was answered, and drafts are priced all the while", async () => {
  const { here } = await projectHere();
  await activePromotion(here, "ten-off");
  await here.rest("POST", "/v1/project/stop", { body: { reason: "drill" } });
  const saved = await quoteOf(here, { save: true, codes: ["SAVE10"] });
  const draft = {
    key: "idea",
    trigger: { type: "automatic" },
    benefits: [{ kind: "percent_off", percent: 5 }],
  };
  expect((await quoteOf(here, { promotions: [draft] })).total).toBe(9_500);
  await here.rest("POST", "/v1/project/resume");
  const replay = await here.rest("POST", `/v1/evaluations/${saved.id}/replay`);
  expect(replay.body).toEqual(saved);
});

/** What is done later in the name of a key, or under its name, in both environments of a project. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keyNow } from "../../src/features/promotions/scheduled-change-service.ts";
import { environments, type Role, roles } from "../../src/platform/auth.ts";
import { withTransaction } from "../../src/platform/database.ts";
import { silentLog } from "../../src/platform/log.ts";
import { servicesOf } from "../../src/services.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { patience } from "../faults/sizes.ts";
import { type Api, startApi, testClock } from "./api.ts";
import { projectWithKeys } from "./project-fixture.ts";
import { documentOf } from "./promotions/promotion-fixture.ts";
import { activePromotion, orderOf, redeem } from "./redemptions/redemption-fixture.ts";

let database: TestDatabase;
let api: Api;
/** Of another process, whose clock alone is moved on. */
let policies: ReturnType<typeof servicesOf>["policies"];
const later = testClock(Date.now());
beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database, { clock: testClock(Date.now()) });
  policies = servicesOf({ database, clock: later, log: silentLog }).policies;
});
afterAll(async () => {
  await api.close();
  await database.close();
});

/** Of a code that nobody enters, so that it takes nothing from the others. */
const draft = (key: string, fields: object = {}) =>
  documentOf({ key, trigger: { type: "code", code: key }, ...fields });
const waiting = { timeout: patience };

describe.each(environments)("in %s", (environment) => {
  let here: Api;
  const ids: Partial<Record<Role, string>> = {};
  beforeAll(async () => {
    const keys: Partial<Record<Role, string>> = {};
    for (const role of roles) {
      const body = { name: `${environment} ${role}`, role, environment };
      const made = await api.rest("POST", "/v1/api-keys", { body });
      keys[role] = made.body.secret;
      ids[role] = made.body.id;
    }
    here = {
      ...api,
      rest: (method, url, call = {}) => api.rest(method, url, { key: keys[call.role ?? "admin"]!, ...call }),
    };
  });

  const plan = (promotion: string, key?: string) =>
    here.rest("POST", `/v1/promotions/${promotion}/scheduled-changes`, {
      body: { at: new Date(Date.now() + 86_400_000).toISOString(), action: "activate" },
      ...(key === undefined ? { role: "marketing" } : { key }),
    });
  /** Its time has come. */
  const bring = (...promotions: string[]) =>
    database.pool.query(
      "update promotion_scheduled_changes set at = now() where promotion_id = any ($1) and state = 'waiting'",
      [promotions],
    );
  const settled = (promotion: string) =>
    expect.poll(async () => {
      const { items } = (await here.rest("GET", `/v1/promotions/${promotion}/scheduled-changes`)).body;
      return [items[0].state, items[0].failure];
    }, waiting);

  test("a scheduled change is applied, and one whose key is revoked by then is not", async () => {
    const body = { name: "Temp", role: "marketing", environment };
    const { body: temporary } = await here.rest("POST", "/v1/api-keys", { body });
    const { body: one } = await here.rest("POST", "/v1/promotions", { body: draft("one") });
    const { body: other } = await here.rest("POST", "/v1/promotions", { body: draft("other") });
    expect((await plan(one.id)).status).toBe(201);
    expect((await plan(other.id, temporary.secret)).status).toBe(201);
    expect((await here.rest("DELETE", `/v1/api-keys/${temporary.id}`)).status).toBe(200);
    await bring(one.id, other.id);
    await settled(one.id).toEqual(["applied", null]);
    await settled(other.id).toEqual(["failed", "forbidden-role"]);
    expect((await here.rest("GET", `/v1/promotions/${one.id}`)).body.status).toBe("active");
    const trail = (await here.rest("GET", `/v1/audit?id=${one.id}&operation=applyScheduledChange`)).body;
    expect(trail.items).toMatchObject([{ role: "marketing", apiKeyName: `${environment} marketing` }]);
  });

  test("a policy acts", async () => {
    const campaign = {
      key: "sale",
      name: "Sale",
      startsAt: new Date(api.clock.now() - 3_600_000).toISOString(),
      endsAt: new Date(api.clock.now() + 86_400_000).toISOString(),
    };
    expect((await here.rest("POST", "/v1/campaigns", { body: campaign })).status).toBe(201);
    await activePromotion(here, "sale-10", {
      campaign: "sale",
      trigger: { type: "code", code: "SALE" },
      benefits: [{ kind: "percent_off", percent: 10 }],
    });
    const extra = draft("sale-extra", { campaign: "sale" });
    expect((await here.rest("POST", "/v1/promotions", { body: extra })).status).toBe(201);
    const set = await here.rest("PUT", "/v1/campaigns/sale/policies/extra", {
      role: "marketing",
      headers: { "if-match": "*" },
      body: {
        when: { metric: "orders", above: 0, minSample: 1 },
        act: { kind: "activate_promotion", promotion: "sale-extra" },
      },
    });
    expect(set.status, set.text).toBeLessThan(300);
    expect((await redeem(here, orderOf({ mode: "commit", codes: ["SALE"] }))).status).toBe(201);
    const acted = async () => {
      later.advance(31_000);
      await policies.look();
      return (await here.rest("GET", "/v1/campaigns/sale/policy-actions")).body.items;
    };
    await expect
      .poll(acted, waiting)
      .toMatchObject([{ failure: null, changes: [{ what: "promotion sale-extra", after: "active" }] }]);
  });

  test("every entry of the trail has the name of its key", async () => {
    const { items } = (await here.rest("GET", "/v1/audit?limit=200")).body;
    const nameless = items.filter(({ apiKeyName }: { apiKeyName: string | null }) => apiKeyName === null);
    expect(items.length).toBeGreaterThan(5);
    expect(nameless).toEqual([]);
  });

  test("a key is found in its own space alone: neither in the other environment nor in another project", async () => {
    const spaces = [api.project.id, `${api.project.id}:test`];
    const stranger = await projectWithKeys(database, api.clock.now());
    const found = (space: string) =>
      withTransaction(database, space, (connection) => keyNow(connection, space, ids.marketing!));
    const own = environment === "live" ? 0 : 1;
    expect(await found(spaces[own]!)).toEqual({ role: "marketing", environment });
    expect(await found(spaces[1 - own]!)).toBeUndefined();
    expect(await found(stranger.id)).toBeUndefined();
    expect(await found(`${stranger.id}:test`)).toBeUndefined();
    expect(await keyNow(database.outside, spaces[own]!, ids.marketing!)).toBeUndefined();
  });
});

test("a promotion that a live key copied into test says there who copied it", async () => {
  await api.rest("POST", "/v1/promotions", { body: draft("to-copy") });
  const body = { from: "live", promotions: ["to-copy"] };
  const copied = await api.rest("POST", "/v1/promotions/copy", { body, role: "marketing" });
  const inTest = await api.rest("POST", "/v1/api-keys", {
    body: { name: "reader", role: "admin", environment: "test" },
  });
  const call = { key: inTest.body.secret };
  const trail = await api.rest("GET", `/v1/audit?id=${copied.body.copied[0].id}`, call);
  expect(trail.body.items).toMatchObject([{ apiKeyName: "marketing" }]);
});

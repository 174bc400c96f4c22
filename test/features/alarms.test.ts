/** When something goes faster than the project expects, it is said once. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type EventType, eventTypes } from "../../src/features/events/event-types.ts";
import { alarmService } from "../../src/features/limits/alarm-service.ts";
import { safeguards } from "../../src/features/projects/safeguard-schemas.ts";
import type { ProjectRules } from "../../src/features/promotions/rulebook-service.ts";
import { sharedCounts } from "../../src/platform/exchanged-counts.ts";
import { type Listener, openListener } from "../../src/platform/listen.ts";
import { silentLog } from "../../src/platform/log.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { usedBytes } from "../used-memory.ts";
import { type Api, startApi, testClock } from "./api.ts";
import { projectOfItsOwn, until } from "./limits-fixture.ts";
import { activePromotion, cartLines, orderOf } from "./redemptions/redemption-fixture.ts";

let database: TestDatabase;
let one: Api;
let two: Api;
const listeners: Listener[] = [];
const clock = testClock();

beforeAll(async () => {
  database = await freshDatabase();
  const process = () => {
    const listener = openListener(database.connectionString, silentLog);
    listeners.push(listener);
    return startApi(database, {
      clock,
      listener,
      rulebookPollMilliseconds: 50,
      countsExchangeMilliseconds: 20,
    });
  };
  one = await process();
  two = await process();
});
afterAll(async () => {
  await Promise.all([one.close(), two.close()]);
  await Promise.all(listeners.map((listener) => listener.close()));
  await database.close();
});

interface Alarm {
  type: string;
  subject: string;
  data: {
    threshold: number;
    actual: number;
    from: string;
    to: string;
    promotion?: string;
    currency?: string;
  };
}

async function alarmsOf(projectId: string): Promise<Alarm[]> {
  const { rows } = await database.pool.query<Alarm>(
    "select type, subject, data from outbox_events where project_id = $1 and type like '%alarm.%' order by type, data ->> 'from'",
    [projectId],
  );
  for (const { type, data } of rows)
    expect(eventTypes[type as EventType].data.strict().safeParse(data).error, type).toBeUndefined();
  return rows;
}

async function shop(alarms: object) {
  const { project, apis } = await projectOfItsOwn(database, [one, two]);
  const [here, there] = apis;
  const promotion = await activePromotion(here, "ten-off");
  expect((await here.rest("PATCH", "/v1/project/safeguards", { body: { alarms } })).status).toBe(200);
  const cart = { currency: "CNY", lines: cartLines };
  const rulebook = async (api: Api) =>
    (await api.rest("POST", "/v1/evaluations", { body: cart })).body.rulebook;
  const current = await rulebook(here);
  await until(async () => (await rulebook(there)) === current);
  const redeem = async (api: Api) => {
    const { status } = await api.rest("POST", "/v1/redemptions", { body: orderOf({ mode: "commit" }) });
    expect(status).toBe(201);
  };
  return { project, here, there, promotion, redeem, cart };
}

test("more redemptions of a promotion than expected are told once a minute, whichever process sees them", async () => {
  const { project, here, there, promotion, redeem } = await shop({ redemptionsPerMinute: 4 });
  await redeem(here);
  await redeem(there);
  await redeem(here);
  expect(await alarmsOf(project.id)).toEqual([]);
  // From here on each of the two knows of four soon, and says so.
  for (let more = 0; more < 4; more++) await Promise.all([redeem(here), redeem(there)]);
  await until(async () => (await alarmsOf(project.id)).length > 0);
  for (let more = 0; more < 4; more++) await Promise.all([redeem(here), redeem(there)]);
  const [alarm, ...others] = await alarmsOf(project.id);
  expect(others).toEqual([]);
  expect(alarm).toMatchObject({
    type: "dealwright.alarm.redemptions",
    subject: promotion,
    data: {
      promotion: "ten-off",
      threshold: 4,
      from: "2026-11-11T00:00:00.000Z",
      to: "2026-11-11T00:01:00.000Z",
    },
  });
  expect(alarm?.data.actual).toBeGreaterThanOrEqual(4);

  clock.advance(60_000);
  for (let more = 0; more < 4; more++) await redeem(here);
  await until(async () => (await alarmsOf(project.id)).length === 2);
});

test("more discount in an hour than expected is told by currency", async () => {
  const { project, here, redeem } = await shop({ discountPerHour: { CNY: 2_500, USD: 1 } });
  await redeem(here);
  await redeem(here);
  expect(await alarmsOf(project.id)).toEqual([]);
  await redeem(here);
  await until(async () => (await alarmsOf(project.id)).length === 1);
  expect((await alarmsOf(project.id))[0]).toMatchObject({
    type: "dealwright.alarm.discount",
    subject: "CNY",
    data: { currency: "CNY", threshold: 2_500, actual: 3_000 },
  });
});

test("wrong codes are told", async () => {
  const { project, here, cart } = await shop({ wrongCodesPerMinute: 3 });
  const codes = ["NO-1", "NO-2", "NO-3", "NO-4"];
  await here.rest("POST", "/v1/evaluations", { body: { ...cart, codes } });
  await until(async () => (await alarmsOf(project.id)).length === 1);
  expect((await alarmsOf(project.id))[0]).toMatchObject({
    type: "dealwright.alarm.wrong_codes",
    data: { threshold: 3 },
  });
});

test("what has no threshold raises no alarm", async () => {
  const { project, here, redeem } = await shop({});
  for (let more = 0; more < 5; more++) await redeem(here);
  await here.app.close();
  expect(await alarmsOf(project.id)).toEqual([]);
});

test("alarms of windows that are over are forgotten", async () => {
  const counts = sharedCounts({ database, clock, log: silentLog, exchangeMilliseconds: 1 });
  await counts.start(undefined);
  // Somebody else has always been first.
  const alarms = alarmService({ safeguards: { raiseAlarm: async () => false }, counts, log: silentLog });
  const rules = {
    projectId: "prj_1",
    safeguards: safeguards.parse({ alarms: { redemptionsPerMinute: 1 } }),
  } as ProjectRules;
  const raise = (promotion: string) => {
    const promotions = [{ promotion, promotionId: `prm_${promotion}` }];
    alarms.redeemed(rules, { promotions, discount: 1, currency: "CNY" });
  };
  const before = usedBytes();
  for (let minute = 0; minute < 5; minute++) {
    for (let i = 0; i < 10_000; i++) raise(`promotion-${minute}-${i}`);
    await alarms.close();
    clock.advance(60_000);
  }
  raise("last");
  // 50,000 take 15 MB and more.
  await until(() => usedBytes() < before + 5_000_000);
  // It is still there, and so is what it remembers.
  await alarms.close();
  await counts.close();
});

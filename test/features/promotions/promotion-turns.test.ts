/** What the schedules of promotions in force bring is told: once, in order, and not of those that are not in force. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { promotionSchema } from "../../../src/engine/promotion.ts";
import { silentLog } from "../../../src/platform/log.ts";
import type { OperationContext } from "../../../src/platform/operation.ts";
import { servicesOf } from "../../../src/services.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { testClock } from "../api.ts";
import { projectWithKeys } from "../project-fixture.ts";
import { documentOf } from "./promotion-fixture.ts";

const day = 86_400_000;
const clock = testClock();
let database: TestDatabase;
let services: ReturnType<typeof servicesOf>;
let author: OperationContext;
beforeAll(async () => {
  database = await freshDatabase();
  services = servicesOf({ database, clock, log: silentLog });
  const { id: projectId } = await projectWithKeys(database, clock.now());
  const key = "select id from api_keys where project_id = $1 and role = 'admin'";
  const { rows } = await database.pool.query<{ id: string }>(key, [projectId]);
  const change = { operation: "test", resource: "promotion", network: null, isTold: false };
  author = {
    projectId,
    environment: "live",
    apiKeyId: rows[0]!.id,
    role: "admin",
    requestId: "test",
    change,
  };
});
afterAll(() => database.close());

const inDays = (days: number) => new Date(clock.now() + days * day).toISOString();

async function activated(schedule: object): Promise<string> {
  const { id } = await services.promotions.create(author, promotionSchema.parse(documentOf({ schedule })));
  await services.promotions.move(author, id, "activate");
  return id;
}

/** What was told of it since it was put into force. */
async function toldOf(id: string): Promise<string[]> {
  const { rows } = await database.pool.query<{ type: string; status: string }>(
    "select type, data ->> 'status' as status from outbox_events where subject = $1 order by seq",
    [id],
  );
  return rows.map(({ type, status }) => `${type.replace("dealwright.promotion.", "")}: ${status}`).slice(1);
}

test("start and end are told when they come, each once, whoever looks", async () => {
  const id = await activated({ startsAt: inDays(1), endsAt: inDays(2) });
  expect(await services.promotionTurns.sweep()).toBe(0);
  clock.advance(day);
  const told = await Promise.all([services.promotionTurns.sweep(), services.promotionTurns.sweep()]);
  expect(told.sort()).toEqual([0, 1]);
  expect(await toldOf(id)).toEqual(["activated: scheduled", "started: active"]);
  clock.advance(day);
  expect(await services.promotionTurns.sweep()).toBe(1);
  expect(await services.promotionTurns.sweep()).toBe(0);
  expect(await toldOf(id)).toEqual(["activated: scheduled", "started: active", "expired: ended"]);
});

test("where nobody looked in between, both are told in their order", async () => {
  const id = await activated({ startsAt: inDays(1), endsAt: inDays(2) });
  clock.advance(3 * day);
  await services.promotionTurns.sweep();
  expect(await toldOf(id)).toEqual(["activated: scheduled", "started: active", "expired: ended"]);
});

test("what had come when it was changed is told before the change, in whose hands it is from then on", async () => {
  const id = await activated({ startsAt: inDays(1), endsAt: inDays(2) });
  clock.advance(day);
  await services.promotions.move(author, id, "pause");
  clock.advance(day);
  expect(await services.promotionTurns.sweep()).toBe(0);
  expect(await toldOf(id)).toEqual(["activated: scheduled", "started: active", "paused: paused"]);
});

test("a later end is told at the later end", async () => {
  const id = await activated({ endsAt: inDays(1) });
  const later = promotionSchema.parse(
    documentOf({
      key: (await services.promotions.promotion(author.projectId, { id })).key,
      schedule: { endsAt: inDays(3) },
    }),
  );
  await services.promotions.update(author, id, "*", later);
  clock.advance(2 * day);
  expect(await services.promotionTurns.sweep()).toBe(0);
  clock.advance(day);
  expect(await services.promotionTurns.sweep()).toBe(1);
  expect(await toldOf(id)).toEqual(["activated: active", "changed: active", "expired: ended"]);
});

const plainDate = (days: number) => inDays(days).slice(0, 10);
const setTimezone = (timezone: string) => services.projects.updateSettings(author, "*", { timezone });
const midnight = () => clock.advance(Date.parse(plainDate(1)) - clock.now());

test("dates of schedules follow the project's time zone, and what has come by the new one is told at once", async () => {
  midnight();
  // Midnight in Shanghai is 16:00 before.
  const dated = await activated({ startsAt: plainDate(1), endsAt: plainDate(2) });
  const own = await activated({ startsAt: plainDate(1), timezone: "UTC" });
  const instant = await activated({ startsAt: inDays(1) });
  await setTimezone("Asia/Shanghai");
  clock.advance(day / 2);
  expect(await services.promotionTurns.sweep()).toBe(0);
  clock.advance(day / 6);
  expect(await services.promotionTurns.sweep()).toBe(1);
  expect(await toldOf(dated)).toEqual(["activated: scheduled", "started: active"]);
  expect(
    (await services.promotions.list(author.projectId, { limit: 50, status: "active" })).items.map(
      ({ id }) => id,
    ),
  ).toContain(dated);
  // It has begun, and will once more.
  await setTimezone("UTC");
  expect((await services.promotions.promotion(author.projectId, { id: dated })).status).toBe("scheduled");
  clock.advance(day / 3);
  expect(await services.promotionTurns.sweep()).toBe(3);
  for (const id of [own, instant])
    expect(await toldOf(id)).toEqual(["activated: scheduled", "started: active"]);
  clock.advance(day + (day * 5) / 6);
  await setTimezone("Asia/Shanghai");
  expect(await toldOf(dated)).toEqual([
    "activated: scheduled",
    "started: active",
    "started: active",
    "expired: ended",
  ]);
  await setTimezone("UTC");
  expect(await services.promotionTurns.sweep()).toBe(0);
});

test("nothing is told of a schedule or a promotion that was changed without its turns, and the schedule it has now is", async () => {
  const moved = await activated({ startsAt: inDays(1) });
  const paused = await activated({ startsAt: inDays(1) });
  const { pool } = database;
  await pool.query("update promotions set starts_at = starts_at + interval '1 day' where id = $1", [moved]);
  await pool.query("update promotions set status = 'paused' where id = $1", [paused]);
  clock.advance(day);
  await services.promotionTurns.sweep();
  expect([await toldOf(moved), await toldOf(paused)]).toEqual([
    ["activated: scheduled"],
    ["activated: scheduled"],
  ]);
  clock.advance(day);
  await services.promotionTurns.sweep();
  expect([await toldOf(moved), await toldOf(paused)]).toEqual([
    ["activated: scheduled", "started: active"],
    ["activated: scheduled"],
  ]);
});

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

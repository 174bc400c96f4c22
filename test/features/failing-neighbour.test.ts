/** What fails for one project keeps no other waiting, and is said with the project's name. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { promotionSchema } from "../../src/engine/promotion.ts";
import { auditSealerService } from "../../src/features/audit/audit-sealer-service.ts";
import { eventSequencerService } from "../../src/features/events/event-sequencer-service.ts";
import { recordEvents } from "../../src/features/events/event-service.ts";
import { newEvent } from "../../src/features/events/event-types.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { withTransaction } from "../../src/platform/database.ts";
import { silentLog } from "../../src/platform/log.ts";
import type { OperationContext } from "../../src/platform/operation.ts";
import { servicesOf } from "../../src/services.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { projectWithKeys } from "./project-fixture.ts";

let database: TestDatabase;
/** The first one's rows are refused by the database; others are before and after it, in whatever order. */
let broken: string;
let others: string[];
const warned: unknown[] = [];
const log = {
  ...silentLog,
  warn: (details: object) => void warned.push((details as { projectId?: string }).projectId),
};
beforeAll(async () => {
  database = await freshDatabase();
  const projects: string[] = [];
  for (let i = 0; i < 5; i++) projects.push((await projectWithKeys(database, Date.now())).id);
  [broken = "", ...others] = projects;
});
afterAll(() => database.close());

/** Whatever is written to the table for one project fails from now on. */
async function refuse(table: string): Promise<void> {
  await database.pool.query(`
    create function refuse_in_${table}() returns trigger language plpgsql as $$
    begin
      if new.project_id = '${broken}' then raise exception 'a fault of this project'; end if;
      return new;
    end $$;
    create trigger refuse before insert or update on ${table} for each row execute function refuse_in_${table}()`);
}

async function contextOf(projectId: string): Promise<OperationContext> {
  const key = "select id from api_keys where project_id = $1 and role = 'admin'";
  const { rows } = await database.pool.query<{ id: string }>(key, [projectId]);
  const change = { operation: "test", resource: "promotion", network: null, isTold: false };
  return { projectId, environment: "live", apiKeyId: rows[0]!.id, role: "admin", requestId: "test", change };
}

async function leftOf(query: string): Promise<string[]> {
  const { rows } = await database.pool.query<{ id: string }>(`select distinct project_id as id ${query}`);
  return rows.map(({ id }) => id);
}

test("events are numbered, and old ones deleted", async () => {
  await refuse("event_streams");
  for (const projectId of [broken, ...others])
    await withTransaction(database, projectId, (connection) =>
      recordEvents(connection, projectId, [newEvent("dealwright.webhook.test", "a", { webhook: "a" })]),
    );
  const sequencer = (retentionDays: number) =>
    eventSequencerService({
      database,
      clock: systemClock,
      log,
      retentionDays,
      fanOut: async () => {},
      onDeleted: async () => {},
    });
  expect(await sequencer(30).sequence()).toBe(others.length);
  expect(await leftOf("from outbox_events where position is null")).toEqual([broken]);
  expect(warned.splice(0)).toEqual([broken]);

  await database.pool.query("alter table event_streams disable trigger refuse");
  expect(await sequencer(30).sequence()).toBe(1);
  await database.pool.query("alter table event_streams enable trigger refuse");
  expect(await sequencer(-1).cleanUp()).toBe(others.length);
  expect(await leftOf("from outbox_events")).toEqual([broken]);
  expect(warned.splice(0)).toEqual([broken]);
});

test("scheduled changes are applied, and of the project itself those of other promotions", async () => {
  const services = servicesOf({ database, clock: { now: () => Date.now() - 60_000 }, log });
  const at = new Date(Date.now() - 1_000).toISOString();
  const states = async () =>
    (
      await database.pool.query(
        "select project_id as project, promotion_id as promotion, state from promotion_scheduled_changes order by id",
      )
    ).rows;
  const planned: { project: string; promotion: string; state: string }[] = [];
  let refused = "";
  for (const project of [broken, broken, ...others]) {
    const context = await contextOf(project);
    const document = promotionSchema.parse({
      key: `k-${planned.length}`,
      trigger: { type: "automatic" },
      benefits: [{ kind: "percent_off", percent: 10 }],
    });
    const { id: promotion } = await services.promotions.create(context, document);
    refused ||= promotion;
    await services.scheduledChanges.plan(context, promotion, { at, action: "activate" });
    planned.push({ project, promotion, state: promotion === refused ? "waiting" : "applied" });
  }
  await database.pool.query(`
    create function refuse_settling() returns trigger language plpgsql as $$
    begin
      if new.promotion_id = '${refused}' then raise exception 'a fault of this promotion'; end if;
      return new;
    end $$;
    create trigger refuse before update on promotion_scheduled_changes for each row execute function refuse_settling()`);
  expect(await services.scheduledChanges.sweep()).toBe(planned.length - 1);
  expect(await states()).toEqual(planned);
  expect(warned.splice(0)).toEqual([broken]);
});

test("audit entries are sealed", async () => {
  await refuse("audit_heads");
  expect(await auditSealerService({ database, log }).seal()).toBeGreaterThan(0);
  expect(await leftOf("from audit_entries where sequence is null")).toEqual([broken]);
  expect(warned.splice(0)).toEqual([broken]);
});

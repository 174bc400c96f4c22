/** What a process does beside its requests: in order, so much at once, and no more once it is to end. */
import pg from "pg";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { promotionSchema } from "../../src/engine/promotion.ts";
import { auditSealerService } from "../../src/features/audit/audit-sealer-service.ts";
import { dueChanges } from "../../src/features/promotions/scheduled-change-store.ts";
import { silentLog } from "../../src/platform/log.ts";
import type { OperationContext } from "../../src/platform/operation.ts";
import { servicesOf } from "../../src/services.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { projectWithKeys } from "./project-fixture.ts";

let database: TestDatabase;
let projects: string[];
beforeAll(async () => {
  database = await freshDatabase();
  projects = [];
  for (let i = 0; i < 3; i++) projects.push((await projectWithKeys(database, Date.now())).id);
});
afterAll(() => database.close());

/** Its clock is an hour behind that of the database: what it plans ahead may be due at once. */
function servicesBehind() {
  return servicesOf({ database, clock: { now: () => Date.now() - 3_600_000 }, log: silentLog });
}
type Services = ReturnType<typeof servicesBehind>;

async function contextOf(projectId: string): Promise<OperationContext> {
  const key = "select id from api_keys where project_id = $1 and role = 'admin'";
  const { rows } = await database.pool.query<{ id: string }>(key, [projectId]);
  const change = { operation: "test", resource: "promotion", network: null, isTold: false };
  return { projectId, environment: "live", apiKeyId: rows[0]!.id, role: "admin", requestId: "test", change };
}

let keys = 0;
async function draft(services: Services, context: OperationContext): Promise<string> {
  keys += 1;
  const document = promotionSchema.parse({
    key: `k-${keys}`,
    trigger: { type: "automatic" },
    benefits: [{ kind: "percent_off", percent: 10 }],
  });
  return (await services.promotions.create(context, document)).id;
}

/** Due so many seconds ago. */
async function plan(
  services: Services,
  context: OperationContext,
  promotion: string,
  action: "activate" | "pause",
  secondsAgo: number,
): Promise<string> {
  const at = new Date(Date.now() - secondsAgo * 1_000).toISOString();
  return (await services.scheduledChanges.plan(context, promotion, { at, action })).id;
}

async function states(promotions: readonly string[]): Promise<string[]> {
  const query = "select state from promotion_scheduled_changes where promotion_id = any ($1) order by at, id";
  return (await database.pool.query<{ state: string }>(query, [promotions])).rows.map(({ state }) => state);
}

/** Another process in the midst of its transaction, until `end`. */
async function midway(statement: string, values: unknown[]): Promise<{ end(): Promise<void> }> {
  const client = new pg.Client(database.connectionString);
  await client.connect();
  onTestFinished(() => client.end());
  await client.query("begin");
  await client.query(statement, values);
  return { end: async () => void (await client.query("rollback")) };
}

const somebodyWaits = () =>
  vi.waitFor(
    async () => {
      const waits =
        "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
      expect((await database.pool.query(waits)).rowCount).toBeGreaterThan(0);
    },
    { timeout: 60_000, interval: 20 },
  );

test("while another process is at a scheduled change, the later ones of its promotion wait, and only they", async () => {
  const services = servicesBehind();
  const context = await contextOf(projects[0]!);
  const [held, free] = [await draft(services, context), await draft(services, context)];
  const first = await plan(services, context, held, "activate", 30);
  await plan(services, context, held, "pause", 20);
  await plan(services, context, free, "activate", 10);
  const lock = "select from promotion_scheduled_changes where id = $1 for update";
  const other = await midway(lock, [first]);
  expect(await services.scheduledChanges.sweep()).toBe(1);
  expect(await states([held, free])).toEqual(["waiting", "waiting", "applied"]);
  await other.end();
  expect(await services.scheduledChanges.sweep()).toBe(2);
  expect(await states([held, free])).toEqual(["applied", "applied", "applied"]);
  const { rows } = await database.pool.query("select status from promotions where id = $1", [held]);
  expect(rows).toEqual([{ status: "paused" }]);
});

test("of what is due, so much of one project and so much in all is looked at, the longest waiting first", async () => {
  const services = servicesBehind();
  const planned: string[] = [];
  for (const [place, project] of projects.entries()) {
    const context = await contextOf(project);
    const promotion = await draft(services, context);
    for (const later of [0, 1, 2])
      planned.push(await plan(services, context, promotion, "pause", 100 - 10 * place - later));
  }
  const idsOf = async (ofAll: number, ofProject: number) =>
    (await dueChanges(database.outside, { ofAll, ofProject })).map(({ id }) => id);
  const [a, b, , c, d, , e, f] = planned;
  expect(await idsOf(100, 100)).toEqual(planned);
  expect(await idsOf(100, 2)).toEqual([a, b, c, d, e, f]);
  expect(await idsOf(5, 2)).toEqual([a, b, c, d, e]);
  expect(await services.scheduledChanges.sweep()).toBe(planned.length);
});

test("a sweep of scheduled changes that is under way at the end of its process settles the one it is at", async () => {
  const services = servicesBehind();
  const context = await contextOf(projects[0]!);
  const promotions: string[] = [];
  for (const later of [0, 1, 2]) {
    const promotion = await draft(services, context);
    await plan(services, context, promotion, "activate", 10 - later);
    promotions.push(promotion);
  }
  const other = await midway("select from promotions where id = $1 for update", [promotions[0]]);
  const swept = services.scheduledChanges.sweep();
  await somebodyWaits();
  const closed = services.scheduledChanges.close();
  await other.end();
  await Promise.all([swept, closed]);
  expect(await states(promotions)).toEqual(["applied", "waiting", "waiting"]);
});

test("audit entries that are being sealed at the end of a process are sealed in the project it is at", async () => {
  const sealer = auditSealerService({ database, log: silentLog });
  // A head that somebody else is about to insert keeps the sealer waiting, in whichever project it begins.
  const insert = `
    insert into audit_heads (project_id, hash, checkpoint_hash)
    select id, sha256(''), sha256('') from projects where id = any ($1)`;
  const other = await midway(insert, [projects]);
  const sealed = sealer.seal();
  await somebodyWaits();
  const closed = sealer.close();
  await other.end();
  expect(await sealed).toBeGreaterThan(0);
  await closed;
  const heads = "select from audit_heads where sequence > 0";
  expect((await database.pool.query(heads)).rowCount).toBe(1);
});

/** G37: a machine whose clock is wrong changes no decision: all processes go by the clock of their database. */
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { buildApp } from "../../src/app.ts";
import { agreedClock } from "../../src/platform/agreed-clock.ts";
import { type Database, openDatabase } from "../../src/platform/database.ts";
import type { DatabaseTime } from "../../src/platform/database-watch.ts";
import { silentLog } from "../../src/platform/log.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { type ProjectWithKeys, projectWithKeys } from "../features/project-fixture.ts";
import { patience } from "./sizes.ts";

const minute = 60_000;
const day = 1_440 * minute;
const skews = [0, -10 * minute, 10 * minute, day];
let database: TestDatabase;
let project: ProjectWithKeys;
const apps: FastifyInstance[] = [];
const databases: Database[] = [];

beforeAll(async () => {
  database = await freshDatabase();
  project = await projectWithKeys(database, Date.now());
  // Midday there: no day ends while this runs.
  const hoursToNoon = 12 - new Date().getUTCHours();
  const offset = `${hoursToNoon > 0 ? "-" : "+"}${Math.abs(hoursToNoon)}`;
  const timezone = hoursToNoon === 0 ? "UTC" : `Etc/GMT${offset}`;
  await database.pool.query(
    "update projects set settings = jsonb_set(settings, '{timezone}', to_jsonb($1::text)) where id = $2",
    [timezone, project.id],
  );
  for (const skew of skews) {
    const own = openDatabase({ connectionString: database.connectionString, log: silentLog, poolSize: 4 });
    databases.push(own);
    const clock = agreedClock(own.watch, silentLog, { now: () => Date.now() + skew });
    const app = await buildApp({ config: { environment: "test", logLevel: "silent" }, database: own, clock });
    apps.push(app);
  }
}, patience);
afterAll(async () => {
  for (const app of apps) await app.close();
  for (const own of databases) await own.close();
  await database.close();
});

async function ask(app: FastifyInstance, url: string, payload: object = {}) {
  const headers = { authorization: `Bearer ${project.keys.admin}` };
  const answer = await app.inject({ method: "POST", url, headers, payload });
  return { status: answer.statusCode, body: answer.json() };
}

const cart = { currency: "CNY", lines: [{ id: "1", sku: "MUG", quantity: 1, unitPrice: 10_000 }] };

async function promote(key: string, document: object): Promise<void> {
  const benefits = [{ kind: "amount_off", target: "order", amount: { CNY: 100 } }];
  const stacking = { group: key };
  const { body } = await ask(apps[0]!, "/v1/promotions", { key, benefits, stacking, ...document });
  expect((await ask(apps[0]!, `/v1/promotions/${body.id}/activate`)).status).toBe(200);
}

/** What each prices the cart by, once it follows what the first was told. */
async function appliedBy(app: FastifyInstance, codes: string[]): Promise<string[]> {
  const { body } = await ask(app, "/v1/evaluations", { ...cart, codes });
  return body.promotions.map(({ promotion }: { promotion: string }) => promotion).sort();
}

test("a promotion begins and ends everywhere at one instant", { timeout: patience }, async () => {
  const at = (minutes: number) => new Date(Date.now() + minutes * minute).toISOString();
  const automatic = { trigger: { type: "automatic" } };
  await promote("to-come", { ...automatic, schedule: { startsAt: at(5) } });
  await promote("begun", { ...automatic, schedule: { startsAt: at(-5) } });
  await promote("to-end", { ...automatic, schedule: { startsAt: at(-60), endsAt: at(5) } });
  for (const app of apps)
    await vi.waitFor(async () => expect(await appliedBy(app, [])).toEqual(["begun", "to-end"]), {
      timeout: patience,
    });
});

test("a use counts in the same day, and a reservation lapses at the same instant, whoever takes it", {
  timeout: patience,
}, async () => {
  await promote("daily", {
    trigger: { type: "code", code: "DAILY" },
    limits: { perPeriod: { period: "day", count: 1 } },
  });
  for (const app of apps)
    await vi.waitFor(async () => expect(await appliedBy(app, ["DAILY"])).toContain("daily"), {
      timeout: patience,
    });
  const order = (orderRef: string) => ({ ...cart, codes: ["DAILY"], orderRef });
  const reserved = await ask(apps[0]!, "/v1/redemptions", {
    ...order("first"),
    mode: "reserve",
    ttlSeconds: 300,
  });
  expect(reserved.status).toBe(201);
  for (const app of apps)
    expect((await ask(app, "/v1/redemptions", order(`other-${apps.indexOf(app)}`))).status).toBe(409);
  const committed = await ask(apps.at(-1)!, `/v1/redemptions/${reserved.body.id}/commit`);
  expect([committed.status, committed.body.state]).toEqual([200, "committed"]);
});

test("a clock that keeps time is left alone, whatever a question takes, and one that is wrong is set once", () => {
  const listeners: ((heard: DatabaseTime) => void)[] = [];
  const watch = { onTime: (listener: (heard: DatabaseTime) => void) => void listeners.push(listener) };
  const machine = 1_000_000;
  const clock = agreedClock(watch, silentLog, { now: () => machine });
  const after = (at: number, tookMilliseconds = 0) => {
    for (const hear of listeners) hear({ at, tookMilliseconds });
    return clock.now();
  };
  expect(after(machine + 999)).toBe(machine);
  expect(after(machine - 4_000, 8_000)).toBe(machine);
  expect(after(machine + 1_000)).toBe(machine + 1_000);
  expect(after(machine + 1_900)).toBe(machine + 1_000);
  expect(after(machine - 600_000)).toBe(machine - 600_000);
  // Somebody has set it right.
  expect(after(machine - 999)).toBe(machine);
});

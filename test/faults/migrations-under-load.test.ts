/** G35: a deployment's migrations while shops sell and somebody's transaction stays open. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { silentLog } from "../../src/platform/log.ts";
import { migrateDatabase } from "../../src/platform/migrate.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { type Api, startApi } from "../features/api.ts";
import { activePromotion, orderOf, redeem } from "../features/redemptions/redemption-fixture.ts";
import { patience, sized } from "./sizes.ts";

const openMilliseconds = sized(4, 30) * 1_000;
const clients = 4;
let database: TestDatabase;
let api: Api;
let folder: string;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  folder = mkdtempSync(join(tmpdir(), "dealwright-migrations-"));
  cpSync("migrations", folder, { recursive: true });
}, patience);
afterAll(async () => {
  await api.close();
  await database.close();
  rmSync(folder, { recursive: true, force: true });
}, patience);

/** After those that there are. */
function addMigrations(files: readonly string[]): void {
  const path = join(folder, "meta/_journal.json");
  const journal = JSON.parse(readFileSync(path, "utf8"));
  for (const sql of files) {
    const last = journal.entries.at(-1);
    const tag = `9${String(journal.entries.length).padStart(3, "0")}_made_up`;
    writeFileSync(join(folder, `${tag}.sql`), sql);
    journal.entries.push({ ...last, idx: last.idx + 1, when: last.when + 1, tag });
  }
  writeFileSync(path, JSON.stringify(journal));
}

test(
  "two migrations of a busy table wait for a transaction that stays open, and no request fails",
  async () => {
    await activePromotion(api, "busy", { limits: { total: 1_000_000 } });
    addMigrations([
      "alter table redemptions add column made_up text;",
      "-- outside a transaction\ndrop index concurrently if exists redemptions_made_up;\n--> statement-breakpoint\ncreate index concurrently redemptions_made_up on redemptions (project_id, made_up);",
    ]);
    const report = await database.pool.connect();
    onTestFinished(() => report.release(true));
    await report.query("begin; select count(*) from redemptions");

    let isOver = false;
    const statuses: Record<number, number> = {};
    let slowest = 0;
    const client = async () => {
      while (!isOver) {
        const began = performance.now();
        const { status } = await redeem(api, orderOf({ mode: "commit" }));
        statuses[status] = (statuses[status] ?? 0) + 1;
        slowest = Math.max(slowest, performance.now() - began);
      }
    };
    const load = Promise.all(Array.from({ length: clients }, client));
    const migrated = migrateDatabase(database.connectionString, silentLog, folder);
    const closed = delay(openMilliseconds).then(() => report.query("commit"));
    await Promise.all([migrated, closed]);
    isOver = true;
    await load;

    expect(Object.keys(statuses)).toEqual(["201"]);
    expect(statuses[201]).toBeGreaterThan(0);
    // Nobody waited for as long as the transaction was open.
    expect(slowest).toBeLessThan(Math.max(openMilliseconds, 10_000));
    const { rows } = await database.pool.query(
      "select indisvalid from pg_index where indexrelid = 'redemptions_made_up'::regclass",
    );
    expect(rows).toEqual([{ indisvalid: true }]);
  },
  patience,
);

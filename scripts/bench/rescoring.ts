/**
 * How long it takes to score everybody anew: `npx tsx scripts/bench/rescoring.ts --customers 200000`. Fills a project with customers
 * and their orders, three each on average, on a durable PostgreSQL of its own; then does what the upkeep of segments does after
 * `PUT /v1/rfm` and every day after: quintiles of all, and everybody held against the usual segments.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type pg from "pg";
import { millisecondsPerDay } from "../../src/engine/zone.ts";
import { projectService } from "../../src/features/projects/project-service.ts";
import { openDatabase, withTransaction } from "../../src/platform/database.ts";
import { startEmbeddedPostgres } from "../../src/platform/embedded-postgres.ts";
import { newId } from "../../src/platform/ids.ts";
import { silentLog } from "../../src/platform/log.ts";
import { migrateDatabase } from "../../src/platform/migrate.ts";
import { customerServicesOf } from "../../src/wiring/customers.ts";
import { cpuTimeOf, cpuTimeOfPostgres } from "./cpu-time.ts";
import { insertBenchProject } from "./project.ts";

const { values } = parseArgs({ options: { customers: { type: "string", default: "200000" } } });
const customers = Number(values.customers);
const project = newId("prj");

async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "dealwright-bench-"));
  const postgres = await startEmbeddedPostgres({ directory: join(directory, "postgres"), log: silentLog });
  await migrateDatabase(postgres.connectionString, silentLog);
  const settings = { connectionString: postgres.connectionString, log: silentLog, poolSize: 4 };
  const database = openDatabase(settings);
  const owner = openDatabase({ ...settings, role: null, statementTimeoutMilliseconds: 3_600_000 });
  let now = Date.now();
  const clock = { now: () => now };
  try {
    const secret = "bench-marketing-key-for-rescoring";
    await withTransaction(database, project, (connection) =>
      insertBenchProject(connection, project, { key: "bench", role: "marketing", secret }),
    );
    await fill(owner.pool);
    const services = customerServicesOf({
      database,
      clock,
      log: silentLog,
      projects: projectService(database),
    });
    const change = { operation: "bench", resource: "rfm", network: null, isTold: false };
    const context = {
      projectId: project,
      environment: "live" as const,
      apiKeyId: "bench",
      role: "admin" as const,
      requestId: "bench",
      change,
    };
    await services.rfm.put(context, "", { currency: "CNY", method: "quintiles" });
    await services.rfm.createPresets(context, { currency: "CNY" });
    const first = await timed(services.segmentUpkeep.catchUp, postgres.processId);
    now += millisecondsPerDay;
    const everyDay = await timed(services.segmentUpkeep.catchUp, postgres.processId);
    const { rows } = await owner.pool.query(
      "select s.key, count(m.*)::int as members from segments s left join segment_members m on m.project_id = s.project_id and m.segment_id = s.id group by 1 order by 1",
    );
    const settled = await services.rfm.settings(project);
    process.stdout.write(
      `${JSON.stringify({ customers, first, everyDay, members: rows, borders: settled.borders })}\n`,
    );
  } finally {
    await database.close();
    await owner.close();
    await postgres.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Seconds, by the clock and of the processor: on a machine that others use, only the latter says what the work costs. */
async function timed(work: () => Promise<unknown>, postgresId: number) {
  const [began, own, postgres] = [performance.now(), cpuTimeOf(process.pid), cpuTimeOfPostgres(postgresId)];
  await work();
  return {
    seconds: Math.round((performance.now() - began) / 1_000),
    serviceCpu: cpuTimeOf(process.pid) - own,
    postgresCpu: cpuTimeOfPostgres(postgresId) - postgres,
  };
}

/** Nine in ten have bought, up to six times in two years; each order with two lines, as an ERP tells of it. */
async function fill(owner: pg.Pool): Promise<void> {
  const client = await owner.connect();
  try {
    await client.query(`select set_config('app.project', $1, false)`, [project]);
    await client.query(
      `insert into customers (project_id, id, version, document, created_at, updated_at)
       select $1, 'customer-' || n, 1, jsonb_build_object('tags', jsonb_build_array('tag-' || n % 7), 'attributes', jsonb_build_object('level', n % 5)),
              now(), now() from generate_series(1, $2::int) as n`,
      [project, customers],
    );
    await client.query(
      `insert into orders (project_id, external_id, version, status, customer_id, currency, total, placed_at, document, created_at, updated_at)
       select $1, n || '-' || o, 1, 'fulfilled', 'customer-' || n, 'CNY', total, at,
              jsonb_build_object('customer', 'customer-' || n, 'total', total, 'lines', jsonb_build_array(
                jsonb_build_object('id', '1', 'sku', 'SKU-' || n % 500, 'quantity', 1, 'unitPrice', total / 2),
                jsonb_build_object('id', '2', 'sku', 'SKU-' || n % 300, 'quantity', 1, 'unitPrice', total - total / 2))), at, at
         from generate_series(1, $2::int) as n,
              generate_series(1, abs(hashint4(n)) % 7) as o,
              lateral (select 1000 + abs(hashint8(n * 31 + o)) % 90000 as total,
                              now() - make_interval(mins => abs(hashint8(n * 17 + o)) % 1051200) as at) as made`,
      [project, customers],
    );
    await client.query("analyze");
  } finally {
    client.release();
  }
}

await main();

/** The service in the process of a benchmark, over a durable PostgreSQL of its own with one project. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildApp } from "../../src/app.ts";
import type { Role } from "../../src/platform/auth.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { type Database, openDatabase, withTransaction } from "../../src/platform/database.ts";
import { startEmbeddedPostgres } from "../../src/platform/embedded-postgres.ts";
import { newId } from "../../src/platform/ids.ts";
import { openListener } from "../../src/platform/listen.ts";
import { silentLog } from "../../src/platform/log.ts";
import { migrateDatabase } from "../../src/platform/migrate.ts";
import { insertBenchProject } from "./project.ts";

export interface OwnService {
  readonly projectId: string;
  readonly database: Database;
  /** Without walls: PostgreSQL does not COPY into a table behind them. */
  readonly owner: Database;
  readonly postgresProcessId: number;
  /** Throws unless it succeeds. */
  // biome-ignore lint/suspicious/noExplicitAny: benchmarks read a field or two of answers of every shape.
  call(method: "GET" | "POST", url: string, payload?: object): Promise<any>;
}

export interface OwnServiceOptions {
  readonly key: { readonly key: string; readonly role: Role; readonly secret: string };
  readonly simulationThreads?: number;
  /** Before there is a service. */
  readonly fill?: (owner: Database, projectId: string) => Promise<void>;
}

/** Everything is gone when `measure` has ended. */
export async function withOwnService<Figures>(
  { key, simulationThreads, fill }: OwnServiceOptions,
  measure: (service: OwnService) => Promise<Figures>,
): Promise<Figures> {
  const directory = mkdtempSync(join(tmpdir(), "dealwright-bench-"));
  const postgres = await startEmbeddedPostgres({ directory: join(directory, "postgres"), log: silentLog });
  const { connectionString } = postgres;
  // Filling, and a bare COPY, are statements of many seconds.
  const settings = { connectionString, log: silentLog, statementTimeoutMilliseconds: 600_000 };
  await migrateDatabase(connectionString, silentLog, process.env.BENCH_MIGRATIONS);
  const database = openDatabase(settings);
  const owner = openDatabase({ ...settings, role: null });
  const projectId = newId("prj");
  try {
    await withTransaction(database, projectId, (connection) =>
      insertBenchProject(connection, projectId, key),
    );
    await fill?.(owner, projectId);
    const listener = openListener(connectionString, silentLog);
    const app = await buildApp({
      config: {
        environment: "production",
        logLevel: "silent",
        ...(simulationThreads !== undefined && { simulationThreads }),
      },
      database,
      clock: systemClock,
      listener,
    });
    try {
      return await measure({
        projectId,
        database,
        owner,
        postgresProcessId: postgres.processId,
        async call(method, url, payload) {
          const headers = { authorization: `Bearer ${key.secret}` };
          const answer = await app.inject({ method, url, headers, ...(payload && { payload }) });
          if (answer.statusCode >= 300) throw new Error(`${url}: ${answer.body}`);
          return answer.json();
        },
      });
    } finally {
      await app.close();
      await listener.close();
    }
  } finally {
    await database.close();
    await owner.close();
    await postgres.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

import { existsSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import type { Config } from "./config.ts";
import { seedDemo } from "./features/demo/demo-seed.ts";
import { type Bootstrapped, bootstrap } from "./features/projects/project-bootstrap.ts";
import { type Background, repeated } from "./platform/background.ts";
import { type Clock, systemClock } from "./platform/clock.ts";
import { assertDurable, connected, isConnectionLost, openDatabase } from "./platform/database.ts";
import type { Log } from "./platform/log.ts";
import { migrateDatabase } from "./platform/migrate.ts";
import { keepQuarters } from "./platform/quarters.ts";
import { assertWalled } from "./platform/walls.ts";

export interface DatabaseUrls {
  readonly connectionString: string;
  /** Past any pooler. */
  readonly directUrl: string;
}

/** Makes the database fit to serve from, or refuses it: schema, durability, walls, a first project. */
export async function prepareDatabase(
  config: Config,
  { connectionString, directUrl }: DatabaseUrls,
  log: Log,
): Promise<Bootstrapped | null> {
  const isProduction = config.environment === "production";
  if (isProduction) await assertDurable(directUrl);
  await migrateDatabase(directUrl, log);
  const database = openDatabase({ connectionString, log, ...config.database, poolSize: 1 });
  try {
    if (directUrl !== connectionString) await assertSame(database.pool, directUrl);
    await assertWalled(database.pool).catch((error: Error) => {
      if (isProduction) throw error;
      log.warn({ err: error }, "projects are not walled off from each other by the database");
    });
    return await bootstrap(
      database,
      systemClock,
      config.bootstrapAdminKey,
      config.hasDemo
        ? (connection, projectId) => seedDemo(connection, projectId, config.environment, systemClock)
        : undefined,
    );
  } finally {
    await database.close();
  }
}

/** Throws if what was migrated is not what is served from. */
async function assertSame(pool: pg.Pool, directUrl: string): Promise<void> {
  const question = "select current_database() || ' since ' || pg_postmaster_start_time() as name";
  const direct = new pg.Client({ connectionString: directUrl, connectionTimeoutMillis: 5_000 });
  await connected(direct);
  const [one, other] = await Promise.all([
    pool.query<{ name: string }>(question),
    direct.query<{ name: string }>(question),
  ]).finally(() => direct.end());
  if (one.rows[0]?.name === other.rows[0]?.name) return;
  throw new Error("DATABASE_URL and DIRECT_DATABASE_URL lead to different databases");
}

const keepEveryMilliseconds = 3_600_000;

/**
 * Work on the database that its owner has to do: any number of processes may be at it. What fails is said, and tried again in an
 * hour: nothing depends on it soon.
 */
export function databaseUpkeep(
  config: Config,
  { directUrl }: DatabaseUrls,
  log: Log,
  clock: Clock,
): Background {
  const keepMonths = config.trackedEventMonths;
  const keep = () => keepQuarters(directUrl, trackedEvents, { now: clock.now(), keepMonths }, log);
  const failed = (err: unknown) => log.warn({ err }, "the quarters of tracked events could not be kept");
  return repeated(keepEveryMilliseconds, keep, failed);
}

const trackedEvents = { name: "tracked_events", column: "occurred_at", companion: "tracked_event_names" };

/** Where a process keeps what it needs while the database is away. */
export function keptDirectory({ dataDirectory }: Config): string {
  return join(dataDirectory, "last-known");
}

/** "later": the database is away, and carts can be priced meanwhile by what an earlier process kept. */
export async function prepareNowOrLater(
  config: Config,
  urls: DatabaseUrls,
  log: Log,
): Promise<Bootstrapped | null | "later"> {
  try {
    return await prepareDatabase(config, urls, log);
  } catch (error) {
    const isKept = config.outageMinutes > 0 && existsSync(join(keptDirectory(config), "confirmed.jsonl"));
    if (!isConnectionLost(error) || !isKept) throw error;
    log.warn({ err: error }, "the database is away; starting with what was last known");
    return "later";
  }
}

/** A service of the story's own: what `npm start` runs, on an embedded PostgreSQL in a folder of its own, with a clock that can be set. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { loadConfig } from "../../src/config.ts";
import type { Clock } from "../../src/platform/clock.ts";
import { startEmbeddedPostgres } from "../../src/platform/embedded-postgres.ts";
import { prepareDatabase } from "../../src/prepare.ts";
import { processLog } from "../../src/process-log.ts";
import { type ServeOptions, serve } from "../../src/serve.ts";

/** It runs on by itself from wherever it is set. Only forwards: nothing that was written happens later than now. */
export interface StoryClock extends Clock {
  /** An instant in RFC 3339. */
  set(instant: string): Promise<void>;
  /** From now on a database goes by it as well. It lies in the past, where walls that look by the real time find everything due. */
  rule(connectionString: string): Promise<{ release(): Promise<void> }>;
}

export function storyClock(instant: string): StoryClock {
  let ahead = Date.parse(instant) - Date.now();
  let ruled: pg.Client | null = null;
  const tell = () =>
    ruled?.query("update story.clock set ahead = make_interval(secs => $1 / 1000.0)", [ahead]);
  return {
    now: () => Date.now() + ahead,
    async set(next) {
      ahead = Math.max(ahead, Date.parse(next) - Date.now());
      await tell();
    },
    async rule(connectionString) {
      const client = new pg.Client({ connectionString });
      await client.connect();
      await client.query(databaseClock);
      ruled = client;
      await tell();
      return {
        async release() {
          ruled = null;
          await client.end();
        },
      };
    },
  };
}

/** What moves money is timed by the database, so that all processes agree: its functions that tell the time are put before its own. */
const databaseClock = `
create schema story;
create table story.clock (ahead interval not null);
insert into story.clock values ('0');
create function story.now() returns timestamptz language sql stable as
  'select pg_catalog.now() + (select ahead from story.clock)';
create function story.clock_timestamp() returns timestamptz language sql volatile as
  'select pg_catalog.clock_timestamp() + (select ahead from story.clock)';
grant usage on schema story to public;
grant select on story.clock to public;
do $$ begin
  execute format('alter database %I set search_path = public, story, pg_catalog', current_database());
end $$;`;

export interface Service {
  readonly url: string;
  readonly adminKey: string;
  close(): Promise<void>;
}

/** `connectionString`: a PostgreSQL that is there; left out, one is started, and thrown away at the end. */
export async function startService(clock: StoryClock, connectionString?: string): Promise<Service> {
  const folder = await mkdtemp(join(tmpdir(), "dealwright-double11-"));
  const adminKey = randomBytes(24).toString("hex");
  const config = loadConfig({
    PORT: "0",
    HOST: "127.0.0.1",
    DEMO: "off",
    LOG_LEVEL: "error",
    DATA_DIR: folder,
    BOOTSTRAP_ADMIN_KEY: adminKey,
  });
  const log = processLog(config.logLevel);
  const closers: ServeOptions["closers"] = [() => rm(folder, { recursive: true, force: true })];
  const close = async () => {
    for (const one of closers.splice(0).reverse()) await one();
  };
  try {
    let directUrl = connectionString;
    if (directUrl === undefined) {
      const postgres = await startEmbeddedPostgres({ directory: join(folder, "postgres"), log });
      closers.push(() => postgres.stop());
      directUrl = postgres.connectionString;
    }
    const urls = { connectionString: directUrl, directUrl };
    await prepareDatabase(config, urls, log);
    const { release } = await clock.rule(directUrl);
    closers.push(release);
    const onUnfit = (error: unknown) => log.error({ err: error }, "the database is not fit to serve from");
    const { address } = await serve({ config, urls, log, clock, isPrepared: true, closers, onUnfit });
    return { url: address, adminKey, close };
  } catch (error) {
    await close();
    throw error;
  }
}

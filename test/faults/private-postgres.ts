/** A durable PostgreSQL for one test file alone, which may pull its plug, and may have a streaming replica. */
import { execFile, execFileSync } from "node:child_process";
import { appendFileSync, chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../src/platform/embedded-postgres.ts";
import { silentLog } from "../../src/platform/log.ts";
import { migrateDatabase } from "../../src/platform/migrate.ts";

export interface PrivatePostgres {
  /** Changes with every start. */
  connectionString(): string;
  /** Immediate stop: nothing is written any more, nobody is told; what was not flushed is lost. */
  pullPlug(): void;
  /** All its processes are killed at once, as by the kernel, and it is gone when this is done. */
  kill(): Promise<void>;
  /** Waits until it is gone, and starts it over what it left on the disk. */
  restart(): Promise<void>;
  /** A statement by itself, of the superuser. */
  run<Row extends pg.QueryResultRow>(text: string): Promise<Row[]>;
  /** A streaming replica of it, by this name, that has caught up. Closed with it. */
  follower(name: string): Promise<PrivatePostgres>;
  close(): Promise<void>;
}

// Nothing but commits flushes the log: what is lost with the plug is then always the same.
const settings = { wal_writer_delay: "10000" };

export async function startPrivatePostgres(): Promise<PrivatePostgres> {
  const folder = mkdtempSync(join(tmpdir(), "dealwright-faults-"));
  // As root, the server runs as somebody else and has to get through.
  chmodSync(folder, 0o711);
  const server = await serverIn(join(folder, "postgres"), settings);
  await migrateDatabase(server.connectionString(), silentLog);
  return {
    ...server,
    async close() {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function serverIn(
  directory: string,
  startSettings: Readonly<Record<string, string>>,
): Promise<PrivatePostgres> {
  const start = () => startEmbeddedPostgres({ directory, log: silentLog, settings: startSettings });
  let server: EmbeddedPostgres = await start();
  const followers: PrivatePostgres[] = [];
  const run = <Row extends pg.QueryResultRow>(text: string) =>
    connected(server.connectionString, async (client) => (await client.query<Row>(text)).rows);
  return {
    run,
    connectionString: () => server.connectionString,
    pullPlug: () => process.kill(server.processId, "SIGQUIT"),
    async kill() {
      const children = execFileSync("ps", ["-o", "pid=", "--ppid", String(server.processId)]).toString();
      for (const id of [server.processId, ...children.split(/\s+/).filter(Boolean).map(Number)])
        tryToKill(id);
      await server.stop();
    },
    async restart() {
      await server.stop();
      server = await start();
    },
    async follower(name) {
      const copy = `${directory}-${name}`;
      await copyCluster(server.connectionString, directory, copy);
      const { hostname, port, username, password } = new URL(server.connectionString);
      const way = `host=${hostname} port=${port} user=${username} password=${password} application_name=${name}`;
      const follower = await serverIn(copy, { ...startSettings, primary_conninfo: way });
      followers.push(follower);
      await untilCaughtUp({ run }, name);
      return follower;
    },
    async close() {
      for (const follower of followers) await follower.close();
      await server.stop();
    },
  };
}

/** The processes of a server are killed in no order: some may have ended with others. */
function tryToKill(id: number): void {
  try {
    process.kill(id, "SIGKILL");
  } catch {
    // It has ended.
  }
}

/** As `pg_basebackup` does it, which does not come with the embedded PostgreSQL. */
async function copyCluster(connectionString: string, from: string, to: string): Promise<void> {
  await connected(connectionString, async (client) => {
    await client.query("select pg_backup_start('follower', fast => true)");
    // Not in step with this process: a proxy that lives in it must go on.
    await promisify(execFile)("cp", ["-a", from, to]);
    const { rows } = await client.query<{ labelfile: string }>("select labelfile from pg_backup_stop(false)");
    rmSync(join(to, "postmaster.pid"), { force: true });
    rmSync(join(to, "postmaster.opts"), { force: true });
    writeFileSync(join(to, "backup_label"), rows[0]!.labelfile);
    appendFileSync(join(to, "standby.signal"), "");
    copyFileSync(`${from}.password`, `${to}.password`);
    for (const file of ["backup_label", "standby.signal"])
      execFileSync("chown", ["--reference", from, join(to, file)]);
  });
}

/** Until what the primary has written by now is there. */
export async function untilCaughtUp({ run }: Pick<PrivatePostgres, "run">, name: string): Promise<void> {
  const [now] = await run<{ position: string }>("select pg_current_wal_flush_lsn()::text as position");
  for (;;) {
    const [follower] = await run<{ is_there: boolean }>(
      `select replay_lsn >= '${now!.position}' as is_there from pg_stat_replication where application_name = '${name}'`,
    );
    if (follower?.is_there === true) return;
  }
}

async function connected<T>(connectionString: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

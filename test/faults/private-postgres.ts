/** A durable PostgreSQL for one test file alone, which may pull its plug. */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../src/platform/embedded-postgres.ts";
import { silentLog } from "../../src/platform/log.ts";
import { migrateDatabase } from "../../src/platform/migrate.ts";

export interface PrivatePostgres {
  /** Changes with every start. */
  connectionString(): string;
  /** Immediate stop: nothing is written any more, nobody is told; what was not flushed is lost. */
  pullPlug(): void;
  /** Waits until it is gone, and starts it over what it left on the disk. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export async function startPrivatePostgres(): Promise<PrivatePostgres> {
  const folder = mkdtempSync(join(tmpdir(), "dealwright-faults-"));
  // As root, the server runs as somebody else and has to get through.
  chmodSync(folder, 0o711);
  // Nothing but commits flushes the log: what is lost with the plug is then always the same.
  const settings = { wal_writer_delay: "10000" };
  const start = () =>
    startEmbeddedPostgres({ directory: join(folder, "postgres"), log: silentLog, settings });
  let server: EmbeddedPostgres = await start();
  await migrateDatabase(server.connectionString, silentLog);
  return {
    connectionString: () => server.connectionString,
    pullPlug: () => process.kill(server.processId, "SIGQUIT"),
    async restart() {
      await server.stop();
      server = await start();
    },
    async close() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

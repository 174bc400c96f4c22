/** Debian's PgBouncer in transaction mode, in front of a PostgreSQL, as a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePort } from "../../src/platform/free-port.ts";

export interface Pgbouncer {
  /** The same database by way of the pooler. */
  readonly connectionString: string;
  close(): Promise<void>;
}

/** Null where it is not installed: no package of npm brings it (`apt-get install pgbouncer`). */
export function pgbouncerHere(): string | null {
  return ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"].find((path) => existsSync(path)) ?? null;
}

/** Few connections for many clients: what stays behind on one is then met by another. */
const connectionsToServer = 4;

export async function startPgbouncer(program: string, connectionString: string): Promise<Pgbouncer> {
  const { hostname, port, username, password, pathname } = new URL(connectionString);
  const folder = mkdtempSync(join(tmpdir(), "dealwright-pgbouncer-"));
  chmodSync(folder, 0o755);
  const own = await findFreePort("127.0.0.1");
  const users = join(folder, "users.txt");
  writeFileSync(users, `"${username}" "${password}"\n`);
  const settings = join(folder, "pgbouncer.ini");
  writeFileSync(
    settings,
    `[databases]
* = host=${hostname} port=${port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${own}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
pool_mode = transaction
default_pool_size = ${connectionsToServer}
max_client_conn = 400
`,
  );
  const isRoot = process.getuid?.() === 0;
  const child = spawn(program, [...(isRoot ? ["-u", "nobody"] : []), settings], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  await untilListening(child);
  const through = new URL(connectionString);
  through.port = String(own);
  through.pathname = pathname;
  return {
    connectionString: through.href,
    async close() {
      const ended = new Promise<void>((settle) => child.once("exit", () => settle()));
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      else return;
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function untilListening(child: ChildProcess): Promise<void> {
  return new Promise((settle, refuse) => {
    let said = "";
    child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (said.includes("process up")) settle();
    });
    child.once("exit", () => refuse(new Error(`PgBouncer ended: ${said}`)));
    child.once("error", refuse);
  });
}

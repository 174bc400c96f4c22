import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { assertDurable, openDatabase } from "../../src/platform/database.ts";
import { DirectoryInUseError, isAlive } from "../../src/platform/directory-owner.ts";
import {
  chooseLauncher,
  cleanEnvironment,
  locateBinaries,
  restoreSymlinks,
} from "../../src/platform/embedded-binaries.ts";
import { startEmbeddedPostgres } from "../../src/platform/embedded-postgres.ts";
import { silentLog } from "../../src/platform/log.ts";
import { builtProgram } from "../processes.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "dealwright-embedded-"));
  chmodSync(folder, 0o711);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const program = builtProgram("test/platform/embedded-postgres-process.ts");
const runDealwright = (directory: string) =>
  spawn(process.execPath, [program, directory], { stdio: ["ignore", "pipe", "pipe"] });

async function firstLine(
  child: ChildProcess,
): Promise<{ connectionString: string; serverProcessId: number }> {
  for await (const line of createInterface({ input: child.stdout! })) return JSON.parse(line);
  throw new Error("it ended without a word");
}

const ended = (child: ChildProcess) =>
  new Promise<number | null>((settle) => {
    if (child.exitCode !== null || child.signalCode !== null) settle(child.exitCode);
    else child.once("exit", settle);
  });

async function query(connectionString: string, statement: string) {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return await client.query(statement);
  } finally {
    await client.end();
  }
}

test("a second process on the same directory is refused with the first one's id", async () => {
  const directory = join(folder, "contended");
  const first = runDealwright(directory);
  const { connectionString } = await firstLine(first);

  await expect(startEmbeddedPostgres({ directory, log: silentLog })).rejects.toMatchObject({
    name: "DirectoryInUseError",
    processId: first.pid,
  });
  const second = runDealwright(directory);
  let complaint = "";
  second.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint += text;
  });
  expect(await ended(second)).toBe(1);
  expect(complaint).toContain(`${first.pid}`);

  // The refusal did the first one no harm.
  expect((await query(connectionString, "select 1")).rowCount).toBe(1);
  first.kill("SIGKILL");
  await ended(first);
});

test("a process that is killed leaves no server behind that would not be found, and loses no acknowledged row", async () => {
  const directory = join(folder, "killed");
  for (let round = 1; round <= 3; round += 1) {
    const victim = runDealwright(directory);
    const { connectionString } = await firstLine(victim);
    await query(connectionString, `insert into acknowledged values (${round})`);
    victim.kill("SIGKILL");
    await ended(victim);
  }
  const survivor = await startEmbeddedPostgres({ directory, log: silentLog });
  const database = openDatabase({ connectionString: survivor.connectionString, log: silentLog, role: null });
  await expect(assertDurable(survivor.connectionString)).resolves.toBeUndefined();
  const { rows } = await database.pool.query("select id from acknowledged order by id");
  expect(rows).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
  await database.close();
  await survivor.stop();
  expect(isAlive(survivor.processId)).toBe(false);
});

test("a server whose Dealwright is dead is taken over as it runs, and stopped in the end", async () => {
  const directory = join(folder, "orphaned");
  const victim = runDealwright(directory);
  await firstLine(victim);
  victim.kill("SIGKILL");
  await ended(victim);
  const ready = await startEmbeddedPostgres({ directory, log: silentLog });
  await ready.stop();

  // Where setpriv is missing, the server outlives a killed Dealwright; this is such a one.
  const native = locateBinaries();
  const prefix = chooseLauncher(native, directory).prefix.filter((word) => !/^(--pdeathsig|INT)$/.test(word));
  const port = new URL(ready.connectionString).port;
  const words = [
    ...prefix,
    ...[join(native, "bin/postgres"), "-D", directory, "-p", port],
    ...["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="],
  ];
  const orphan = spawn(words[0]!, words.slice(1), {
    env: cleanEnvironment,
    stdio: ["ignore", "ignore", "pipe"],
  });
  for await (const line of createInterface({ input: orphan.stderr })) {
    if (line.includes("ready to accept connections")) break;
  }
  writeFileSync(`${directory}.owner`, JSON.stringify({ processId: victim.pid, startedAt: "long ago" }));

  const adopted = await startEmbeddedPostgres({ directory, log: silentLog });
  expect(adopted).toMatchObject({ isAdopted: true, processId: orphan.pid });
  expect((await query(adopted.connectionString, "select 1")).rowCount).toBe(1);
  await expect(startEmbeddedPostgres({ directory, log: silentLog })).rejects.toBeInstanceOf(
    DirectoryInUseError,
  );
  await adopted.stop();
  await ended(orphan);
});

test("an owner whose process id now belongs to somebody else does not count", async () => {
  const directory = join(folder, "reused");
  writeFileSync(`${directory}.owner`, JSON.stringify({ processId: process.ppid, startedAt: "long ago" }));
  const server = await startEmbeddedPostgres({ directory, log: silentLog, isDurable: false });
  expect(server.isAdopted).toBe(false);
  await server.stop();
});

test("a directory only we can enter serves as well, and what gives up durability is recognised", async () => {
  const closed = join(folder, "closed");
  mkdirSync(closed, { mode: 0o700 });
  const server = await startEmbeddedPostgres({
    directory: join(closed, "deeper/postgres"),
    log: silentLog,
    isDurable: false,
  });
  await expect(assertDurable(server.connectionString)).rejects.toThrow();
  await server.stop();
});

test("the server is closed to those who do not know its password", async () => {
  const directory = join(folder, "guarded");
  const server = await startEmbeddedPostgres({ directory, log: silentLog, isDurable: false });
  const stranger = new URL(server.connectionString);
  stranger.password = "guess";
  expect(stranger.hostname).toBe("127.0.0.1");
  await expect(query(stranger.href, "select 1")).rejects.toMatchObject({ code: "28P01" });
  await server.stop();
});

test("symlinks that a skipped install script did not make are made", () => {
  const native = join(folder, "package/native");
  mkdirSync(join(native, "lib"), { recursive: true });
  writeFileSync(join(native, "lib/libpq.so.5.18"), "");
  const links = [{ source: "native/lib/libpq.so.5.18", target: "native/lib/libpq.so.5" }];
  writeFileSync(join(native, "pg-symlinks.json"), JSON.stringify(links));
  restoreSymlinks(native);
  restoreSymlinks(native);
  expect(lstatSync(join(native, "lib/libpq.so.5")).isSymbolicLink()).toBe(true);
});

test("a machine for which there is no PostgreSQL is told to set DATABASE_URL", () => {
  expect(() => locateBinaries("plan9-mips")).toThrow("DATABASE_URL");
});

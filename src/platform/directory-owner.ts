import { execFileSync } from "node:child_process";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/**
 * Who runs the database of a directory: the process id, and when that process was started, because ids are reused.
 * PostgreSQL's own `postmaster.pid` names the server; this names the Dealwright that started it.
 */
export interface DirectoryOwner {
  processId: number;
  startedAt: string;
}

export class DirectoryInUseError extends Error {
  readonly processId: number;

  constructor(directory: string, processId: number) {
    super(
      `${directory} is in use by the Dealwright process ${processId}: stop that one, or set DATA_DIR to another directory`,
    );
    this.name = "DirectoryInUseError";
    this.processId = processId;
  }
}

/** Makes this process the owner of `directory`, or throws naming the living one. The result gives it back. */
export async function takeOwnership(directory: string): Promise<() => void> {
  const path = `${directory}.owner`;
  const present = readOwner(path);
  if (present !== undefined && isRunning(present))
    throw new DirectoryInUseError(directory, present.processId);
  const own: DirectoryOwner = { processId: process.pid, startedAt: startOf(process.pid) };
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(own)}\n`, { mode: 0o600 });
  renameSync(draft, path);
  // Two processes may have found the same dead owner at the same instant. The last to write wins, and both look again.
  await delay(30);
  const winner = readOwner(path);
  if (winner?.processId !== own.processId) throw new DirectoryInUseError(directory, winner?.processId ?? 0);
  return () => rmSync(path, { force: true });
}

function readOwner(path: string): DirectoryOwner | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as DirectoryOwner;
  } catch {
    return undefined;
  }
}

function isRunning({ processId, startedAt }: DirectoryOwner): boolean {
  return isAlive(processId) && startOf(processId) === startedAt;
}

export function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    // It exists, but belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** A mark that differs between two processes that had the same id. Empty where the system does not tell. */
function startOf(processId: number): string {
  try {
    if (process.platform === "linux") {
      const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
      const stat = readFileSync(`/proc/${processId}/stat`, "utf8");
      // The command's name, in parentheses, may itself hold spaces. The start is the 20th field after it.
      return `${boot} ${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]}`;
    }
    if (process.platform === "win32") return "";
    return execFileSync("ps", ["-o", "lstart=", "-p", String(processId)], { encoding: "utf8" }).trim();
  } catch {
    return "";
  }
}

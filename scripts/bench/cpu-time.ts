/** The CPU time of processes, as Linux tells it: it says what a thing costs also where others work on the same cores. */
import { readdirSync, readFileSync } from "node:fs";

/** `_SC_CLK_TCK`, which is 100 on every Linux there is. */
const microsecondsPerTick = 10_000;

interface ProcessTimes {
  readonly parent: number;
  readonly own: number;
  /** Of children that have ended. */
  readonly ended: number;
}

function timesOf(pid: number | string): ProcessTimes | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return null;
  }
  // The name before it is in brackets and may hold anything. See proc(5).
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [utime, stime, cutime, cstime] = fields.slice(11, 15).map(Number) as [number, number, number, number];
  return {
    parent: Number(fields[1]),
    own: (utime + stime) * microsecondsPerTick,
    ended: (cutime + cstime) * microsecondsPerTick,
  };
}

/** Of one process so far, in microseconds; 0 where there is no /proc. */
export function cpuTimeOf(pid: number): number {
  return timesOf(pid)?.own ?? 0;
}

/** Of a PostgreSQL so far, with all its backends, in microseconds. */
export function cpuTimeOfPostgres(postmaster: number): number {
  const itself = timesOf(postmaster);
  if (itself === null) return 0;
  let sum = itself.own + itself.ended;
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const times = timesOf(name);
    if (times?.parent === postmaster) sum += times.own;
  }
  return sum;
}

/** What the parts of the benchmark read off a run. */
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

/** What a server process says when it is ready. */
export async function firstLine<T>(child: ChildProcess): Promise<T> {
  for await (const line of createInterface({ input: child.stdout! })) return JSON.parse(line) as T;
  throw new Error("the bench server ended before it was ready");
}

/** The contenders side by side: each a process, prepared for every number of promotions, then measured in turns. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { median } from "../bench/measurement.ts";
import type { Answer, Order } from "./contender.ts";
import { discountDue, type RuleSet, rulesOf, sizes } from "./shop.ts";

/** Longer than this nobody is waited for. */
export const patienceSeconds = { preparation: 90, measurement: 30 };

export interface ContenderProgram {
  readonly name: string;
  readonly program: string;
  readonly nodeOptions: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** What one row of a table says, by number of promotions. */
export interface Result {
  readonly name: string;
  readonly perSecond: Map<number, number>;
  readonly discounts: Map<number, number>;
  /** Why a figure is missing. */
  readonly faults: Map<number, string>;
}

interface Entry {
  readonly child: ChildProcess;
  readonly name: string;
  readonly count: number;
  readonly perSecond: number[];
}

/** Medians of the rounds, in the order in which the contenders were named. */
export async function race(
  programs: readonly ContenderProgram[],
  set: RuleSet,
  { rounds, seconds }: { rounds: number; seconds: number },
): Promise<Result[]> {
  const results = new Map<string, Result>();
  const resultOf = (name: string): Result => {
    const known = results.get(name);
    const result = known ?? { name, perSecond: new Map(), discounts: new Map(), faults: new Map() };
    results.set(name, result);
    return result;
  };
  const entries: Entry[] = [];
  const children = programs.map(start);
  try {
    for (const [index, child] of children.entries())
      for (const count of sizes) {
        const answer = await ask(child, { kind: "prepare", set, count }, patienceSeconds.preparation);
        if (answer.kind === "failed") resultOf(programs[index]!.name).faults.set(count, answer.reason);
        if (answer.kind !== "prepared") continue;
        for (const { name, discount } of answer.subjects) {
          resultOf(name).discounts.set(count, discount);
          entries.push({ child, name, count, perSecond: [] });
        }
      }
    // The first round warms up: V8, PostgreSQL's caches, pools.
    for (let round = 0; round <= rounds; round++)
      for (const { child, name, count, perSecond } of entries) {
        if (resultOf(name).faults.has(count)) continue;
        const order: Order = { kind: "measure", set, count, name, milliseconds: seconds * 1_000 };
        const answer = await ask(child, order, patienceSeconds.measurement);
        if (answer.kind === "failed") resultOf(name).faults.set(count, answer.reason);
        else if (answer.kind === "measured" && round > 0) perSecond.push(answer.perSecond);
      }
    for (const { name, count, perSecond } of entries)
      if (!resultOf(name).faults.has(count)) resultOf(name).perSecond.set(count, median(perSecond));
    return [...results.values()];
  } finally {
    for (const child of children) if (child.connected) child.disconnect();
  }
}

/** Notes who arrives at another discount than the cart is due: such a figure compares nothing. */
export function requireEqualDiscounts(results: readonly Result[]): void {
  for (const count of sizes) {
    const due = discountDue(rulesOf("equal", count));
    for (const { discounts, faults } of results) {
      const discount = discounts.get(count);
      if (discount !== undefined && discount !== due)
        faults.set(count, `arrives at ${discount} instead of ${due}`);
    }
  }
}

function start({ program, nodeOptions, environment }: ContenderProgram): ChildProcess {
  return fork(program, {
    env: { ...process.env, NODE_ENV: "production", ...environment },
    execArgv: [...nodeOptions],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
}

async function ask(child: ChildProcess, order: Order, seconds: number): Promise<Answer> {
  if (!child.connected) return { kind: "failed", reason: "its process ended" };
  const late = AbortSignal.timeout(seconds * 1_000);
  const gone = new AbortController();
  const leave = (): void => gone.abort();
  child.once("exit", leave);
  child.send(order);
  try {
    const signal = AbortSignal.any([late, gone.signal]);
    const [answer] = (await once(child, "message", { signal })) as [Answer];
    return answer;
  } catch {
    // What it still computes must not fall on the others.
    child.kill("SIGKILL");
    return { kind: "failed", reason: late.aborted ? `no answer in ${seconds} s` : "its process ended" };
  } finally {
    child.off("exit", leave);
  }
}

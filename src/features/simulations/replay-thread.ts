/** A thread that prices past orders. What crosses to it and back is text, so that the thread that serves requests need not read it. */
import { setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { account } from "./order-accounting.ts";
import { type ReplayPlan, replayer } from "./order-replay.ts";
import type { PastOrder, StoredRule } from "./past-order.ts";
import { merge, newTally, tallyOf, tallyText } from "./replay-tally.ts";
import { reportOf } from "./simulation-report.ts";

/** What a thread is told at its start: `StoredRule`s and the plan, as JSON. */
export interface ThreadOrders {
  readonly rules: string;
  readonly plan: string;
}

/** What a thread is asked, one thing after another; each has one answer. */
export type ThreadRequest =
  | { do: "replay"; orders: string }
  /** Answers what was added up, and begins at nothing. */
  | { do: "hand over" }
  /** Adds what others handed over, and answers the whole. */
  | { do: "take over"; tallies: readonly string[] }
  | { do: "report"; top: number };

export type ThreadAnswer = { text: string } | { failure: string };

/**
 * Behind everybody who serves requests. On Linux a priority is a thread's own; elsewhere it would be that of the whole
 * process, and is left alone.
 */
const niceness = 10;

const port = parentPort;
if (port !== null) {
  if (process.platform === "linux") setPriority(0, niceness);
  const { rules, plan } = workerData as ThreadOrders;
  const engine = replayer(JSON.parse(rules) as StoredRule[], JSON.parse(plan) as ReplayPlan);
  let tally = newTally();

  const answer = (request: ThreadRequest): string => {
    switch (request.do) {
      case "replay":
        for (const order of JSON.parse(request.orders) as PastOrder[]) account(tally, engine, order);
        return "";
      case "hand over": {
        const text = tallyText(tally);
        tally = newTally();
        return text;
      }
      case "take over":
        for (const text of request.tallies) merge(tally, tallyOf(text));
        return tallyText(tally);
      case "report":
        return JSON.stringify(reportOf(tally, engine, request.top));
    }
  };

  port.on("message", (request: ThreadRequest) => {
    let said: ThreadAnswer;
    try {
      said = { text: answer(request) };
    } catch (error) {
      said = { failure: String(error instanceof Error ? error.stack : error) };
    }
    port.postMessage(said);
  });
  port.postMessage({ text: JSON.stringify(engine.needs) } satisfies ThreadAnswer);
}

/** Client processes: they never measure what the drill itself, or another client, keeps the processor from. */
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { ClientAnswer, ClientQuestion, Run, Sample, Stream } from "./traffic.ts";

export interface Traffic {
  /** No new requests; resolves with all there were, once the last is answered. */
  stop(): Promise<Sample[]>;
}

let processes = 0;
let latest = 0;

/** How much later than it was due a request was sent at most: figures of a machine that has no time for the clients say little. */
export const clientsLateMilliseconds = () => latest;

function startClient(): { ask(question: ClientQuestion): void; answer: Promise<ClientAnswer>; end(): void } {
  const child: ChildProcess = fork(join(import.meta.dirname, "client.ts"), {
    execArgv: ["--import", "tsx"],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    serialization: "advanced",
  });
  const answer = new Promise<ClientAnswer>((settle, refuse) => {
    child.once("message", (message) => settle(message as ClientAnswer));
    child.once("exit", (code) => refuse(new Error(`a client ended with ${code}`)));
  });
  answer.catch(() => {});
  return { answer, ask: (question) => void child.send(question), end: () => void child.kill() };
}

/** A process of its own. */
export function startTraffic(url: string, key: string, ...streams: Stream[]): Traffic {
  const client = startClient();
  processes += 1;
  const run: Run = { url, key, streams, firstNumber: processes * 10_000_000 };
  client.ask({ type: "run", run });
  return {
    async stop() {
      client.ask({ type: "stop" });
      const answer = await client.answer;
      client.end();
      if (answer.type !== "samples") return [];
      for (const { lateMilliseconds } of answer.samples) latest = Math.max(latest, lateMilliseconds);
      return answer.samples;
    },
  };
}

/** Sockets that send a byte a second: how long each was borne with. */
export async function dawdle(url: string, key: string, sockets: number): Promise<number[]> {
  const client = startClient();
  client.ask({ type: "dawdle", url, key, sockets });
  const answer = await client.answer;
  client.end();
  return answer.type === "closed" ? answer.milliseconds : [];
}

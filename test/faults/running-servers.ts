/** Servers in processes of their own. */
import { type ChildProcess, fork } from "node:child_process";
import { builtProgram } from "../processes.ts";
import type { ServerMessage, ServerOptions, ServerQuestion } from "./server-process.ts";

export interface RunningServer {
  readonly url: string;
  readonly processId: number;
  /** False once it has ended, for whatever reason. */
  isRunning(): boolean;
  /** What it printed; the last words of one that ended by an error. */
  printed(): string;
  pool(): Promise<{ total: number; idle: number; waiting: number }>;
  /** From now on it has this seeded bug, and no other. */
  breakBy(seededBug: number): Promise<void>;
  /** Ends it without a word, as the kernel would, and waits until it is gone. */
  kill(): Promise<void>;
}

const program = builtProgram("test/faults/server-process.ts");

/** SEEDED_BUG=n in the environment of the tests gives every server the n-th bug of seeded-bugs.ts. */
const { SEEDED_BUG } = process.env;
const seeded = SEEDED_BUG === undefined ? {} : { seededBug: Number(SEEDED_BUG) };

export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const child = fork(program, [JSON.stringify({ ...seeded, ...options })], {
    execArgv: [],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let printed = "";
  for (const stream of [child.stdout!, child.stderr!])
    stream.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
    });
  const ended = new Promise<void>((settle) => child.once("exit", () => settle()));
  const ready = messageOf(child, "ready");
  const failed = ended.then(() => Promise.reject(new Error(`the server ended:\n${printed}`)));
  failed.catch(() => {});
  const { url } = await Promise.race([ready, failed]);
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  return {
    url,
    processId: child.pid!,
    isRunning,
    printed: () => printed,
    async pool() {
      const answer = messageOf(child, "pool");
      child.send({ type: "pool" } satisfies ServerQuestion, () => {});
      return Promise.race([answer, failed]);
    },
    async breakBy(seededBug) {
      const answer = messageOf(child, "broken");
      child.send({ type: "break", seededBug } satisfies ServerQuestion, () => {});
      await Promise.race([answer, failed]);
    },
    async kill() {
      if (isRunning()) child.kill("SIGKILL");
      await ended;
    },
  };
}

export function startServers(count: number, options: ServerOptions): Promise<RunningServer[]> {
  return Promise.all(Array.from({ length: count }, () => startServer(options)));
}

function messageOf<Type extends ServerMessage["type"]>(
  child: ChildProcess,
  type: Type,
): Promise<Extract<ServerMessage, { type: Type }>> {
  return new Promise((settle) => {
    const listen = (message: unknown) => {
      if ((message as ServerMessage).type !== type) return;
      child.off("message", listen);
      settle(message as Extract<ServerMessage, { type: Type }>);
    };
    child.on("message", listen);
  });
}

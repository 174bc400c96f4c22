// A Dealwright in a process of its own, for tests that kill it, starve it or run several over one database. What it is
// asked over the channel of its parent it answers there; it ends with its parent.
import { buildApp } from "../../src/app.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { openDatabase } from "../../src/platform/database.ts";
import { openListener } from "../../src/platform/listen.ts";
import { silentLog } from "../../src/platform/log.ts";
import { seededBugs } from "./seeded-bugs.ts";

export interface ServerOptions {
  connectionString: string;
  /** Breaks it on purpose; see README.md. */
  seededBug?: number;
}

export type ServerMessage =
  | { type: "ready"; url: string }
  | { type: "pool"; total: number; idle: number; waiting: number };

const say = (message: ServerMessage) => process.send?.(message);

const { connectionString, seededBug } = JSON.parse(process.argv[2] ?? "{}") as ServerOptions;
process.on("disconnect", () => process.exit(0));

const database = openDatabase({ connectionString, log: silentLog });
const bug = seededBug === undefined ? undefined : seededBugs[seededBug - 1];
bug?.database?.(database);
const listener = openListener(connectionString, silentLog);
const app = await buildApp({
  config: { environment: "test", logLevel: "silent" },
  database,
  clock: systemClock,
  listener,
});
bug?.app?.(app);
process.on("message", () => {
  const { totalCount: total, idleCount: idle, waitingCount: waiting } = database.pool;
  say({ type: "pool", total, idle, waiting });
});
say({ type: "ready", url: await app.listen({ host: "127.0.0.1", port: 0 }) });

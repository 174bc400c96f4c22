// A Dealwright in a process of its own, for tests that kill it, starve it or run several over one database. What it is
// told and asked comes over the channel of its parent; it ends with its parent.
import { buildApp } from "../../src/app.ts";
import type { Config } from "../../src/config.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { openDatabase } from "../../src/platform/database.ts";
import { openListener } from "../../src/platform/listen.ts";
import { defaultOutage } from "../../src/platform/outage.ts";
import { processLog } from "../../src/process-log.ts";
import { breakApp, breakDatabase, seedBug } from "./seeded-bugs.ts";

export interface ServerOptions {
  connectionString: string;
  /** Past a pooler. */
  directUrl?: string;
  usesNamedStatements?: boolean;
  /** Left out: it is silent. */
  logLevel?: string;
  /** Where it keeps what it needs while the database is away. */
  keptIn?: string;
  /** Breaks it on purpose; see README.md. */
  seededBug?: number;
}

/** What a parent may ask. */
export type ServerQuestion = { type: "pool" } | { type: "break"; seededBug: number };

export type ServerMessage =
  | { type: "ready"; url: string }
  | { type: "pool"; total: number; idle: number; waiting: number }
  | { type: "broken" };

const say = (message: ServerMessage) => process.send?.(message);

const {
  connectionString,
  directUrl = connectionString,
  usesNamedStatements = true,
  seededBug,
  keptIn,
  logLevel = "silent",
} = JSON.parse(process.argv[2] ?? "{}") as ServerOptions;
process.on("disconnect", () => process.exit(0));

const log = processLog(logLevel);
const database = openDatabase({ connectionString, log, usesNamedStatements });
breakDatabase(database);
const listener = openListener(directUrl, log);
const app = await buildApp({
  config: { environment: "test", logLevel: logLevel as Config["logLevel"] },
  database,
  clock: systemClock,
  listener,
  ...(keptIn !== undefined && {
    outage: { ...defaultOutage, directory: keptIn, keepMilliseconds: 100 },
  }),
});
breakApp(app);
if (seededBug !== undefined) await seedBug(seededBug, database);
process.on("message", async (question: ServerQuestion) => {
  if (question.type === "break") {
    await seedBug(question.seededBug, database);
    say({ type: "broken" });
    return;
  }
  const { totalCount: total, idleCount: idle, waitingCount: waiting } = database.pool;
  say({ type: "pool", total, idle, waiting });
});
say({ type: "ready", url: await app.listen({ host: "127.0.0.1", port: 0 }) });

/**
 * `npm run drill`: what breaks in production, done on purpose with a clock beside it. The service as `npm start` runs it, a
 * durable PostgreSQL of its own, clients in processes of their own; prints a table of what was promised and what was
 * measured, and ends with 1 where a promise was broken.
 *
 *     npm run drill -- --away 600 --rate 200      the database away for ten minutes
 *     npm run drill -- overload slow              only these
 *     npm run drill -- --readme                   all, and the table goes where the guide to operations quotes it
 */
import { execFileSync } from "node:child_process";
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { quoteIn } from "../quote-in-readme.ts";
import { clientsLateMilliseconds } from "./clients.ts";
import { databaseAway, databaseKilled } from "./database-away.ts";
import { propagation, rollingRestarts } from "./deploys.ts";
import { overload } from "./overload.ts";
import { openPlace, type Place } from "./place.ts";
import { slow } from "./slow.ts";
import type { Finding } from "./verdict.ts";

const { values, positionals: asked } = parseArgs({
  options: {
    away: { type: "string", default: "60" },
    rate: { type: "string", default: "200" },
    kills: { type: "string", default: "5" },
    restarts: { type: "string", default: "3" },
    changes: { type: "string", default: "30" },
    readme: { type: "boolean", default: false },
  },
  allowPositionals: true,
});
if (values.readme && asked.length > 0)
  throw new Error("The guide quotes all drills: --readme goes without any.");

const drills: Readonly<Record<string, (place: Place) => Promise<Finding[]>>> = {
  away: (place) => databaseAway(place, { seconds: Number(values.away), perSecond: Number(values.rate) }),
  killed: (place) => databaseKilled(place, Number(values.kills)),
  overload: (place) => overload(place, { seconds: 12 }),
  slow,
  restarts: (place) => rollingRestarts(place, Number(values.restarts)),
  changes: (place) => propagation(place, Number(values.changes)),
};
for (const name of asked) if (drills[name] === undefined) throw new Error(`There is no drill ${name}.`);

const printed: string[] = [];
function print(text: string): void {
  printed.push(text);
  console.log(text);
}

const [busyBefore = 0] = loadavg();
execFileSync("npm", ["run", "--silent", "build"], { stdio: "inherit" });
const [cpu] = cpus();
print(
  `Machine: ${cpus().length} × ${cpu?.model ?? "unknown"}, Node ${process.version}, ${process.platform} ${process.arch}; busy processes before it began: ${busyBefore.toFixed(1)}\n`,
);
print("| | | allowed | measured | |");
print("|---|---|---:|---:|---|");
const findings: Finding[] = [];
const place = await openPlace();
try {
  for (const [name, drill] of Object.entries(drills)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    const found = await drill(place);
    for (const { promise, what, allowed, measured, holds } of found)
      print(`| ${promise} | ${what} | ${allowed} | ${measured} | ${holds ? "kept" : "**broken**"} |`);
    findings.push(...found);
  }
} finally {
  await place.close();
}
print(
  `\nThe clients sent nothing more than ${Math.ceil(clientsLateMilliseconds())} ms later than it was due.`,
);
if (values.readme) quoteIn("scripts/operations/README.md", "drill", printed.join("\n"));
process.exit(findings.every(({ holds }) => holds) ? 0 : 1);

/**
 * `npm run bench:peers`: Dealwright beside what else one could use, in one run on one machine. Every contender is a process of
 * its own; they take turns round by round, so that whatever else the machine is doing falls on all of them, and medians of
 * the rounds are compared. `-- --readme` also puts the report where the README quotes it.
 */
import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { firstLine } from "../bench/measurement.ts";
import { quoteInReadme } from "../quote-in-readme.ts";
import { raceFaces } from "./http-race.ts";
import { type ContenderProgram, race, requireEqualDiscounts } from "./race.ts";
import { type RedemptionFigure, reportOf } from "./report.ts";
import type { Ready } from "./server.ts";

const folder = dirname(fileURLToPath(import.meta.url));
const root = join(folder, "../..");
const own = join(root, "dist/bench-peers/scripts");
const seconds = Number(process.env.BENCH_SECONDS ?? 0.5);
const rounds = Number(process.env.BENCH_ROUNDS ?? 4);
// As `npm start` sets it.
const semiSpace = "--max-semi-space-size=32";
const environment = { ...process.env, NODE_ENV: "production", BENCH_MIGRATIONS: join(root, "migrations") };

const ours: readonly ContenderProgram[] = ["dealwright", "floor"].map((name) => ({
  name,
  program: join(own, `bench-peers/${name}.js`),
  nodeOptions: [semiSpace],
}));

const began = performance.now();
prepare();
const server = spawn(process.execPath, [semiSpace, join(own, "bench-peers/server.js")], {
  env: environment,
  stdio: ["ignore", "pipe", "inherit"],
});
try {
  const ready = await firstLine<Ready>(server);
  say("the faces of the service");
  const faces = await raceFaces(ready, { root, rounds, seconds: Math.max(1, 3 * seconds) });
  say("the contenders, equal carts");
  const equal = await race([...ours, ...peersOn(ready)], "equal", { rounds, seconds });
  requireEqualDiscounts(equal);
  say("a mixed set");
  const mixed = await race(ours, "mixed", { rounds, seconds });
  say("redemptions");
  const redemptions = measureRedemptions();
  const minutes = (performance.now() - began) / 60_000;
  const report = reportOf({
    faces,
    equal,
    mixed,
    redemptions,
    rounds,
    seconds,
    minutes,
    versions: versions(),
  });
  process.stdout.write(`${report}\n`);
  if (process.argv.includes("--readme")) quoteInReadme("bench:peers", report);
} finally {
  server.kill("SIGTERM");
}

/** Installs the peers where they are missing, without running anything of theirs, and compiles both sides. */
function prepare(): void {
  if (!existsSync(join(folder, "node_modules/.package-lock.json"))) {
    say("installing the peers, once");
    run("npm", ["ci", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
  }
  run("npx", ["tsc", "-p", folder]);
  run("npx", ["tsc", "-p", join(folder, "peers")]);
  // The app does not start without the files of the console.
  cpSync(join(root, "src/console"), join(own, "../src/console"), { recursive: true });
}

function run(command: string, parameters: readonly string[]): void {
  execFileSync(command, parameters, { cwd: root, stdio: ["ignore", 2, 2] });
}

/** Compiled into their own folder, where their packages are found. */
function peersOn({ databaseUrl }: Ready): ContenderProgram[] {
  const programs = {
    "@medusajs/promotion": "medusa",
    "@vendure/core": "vendure",
    "json-rules-engine": "json-rules-engine",
    "@gorules/zen-engine": "zen-engine",
  };
  return Object.entries(programs).map(([name, program]) => ({
    name,
    program: join(folder, `dist/peers/${program}.js`),
    nodeOptions: [semiSpace],
    environment: { BENCH_MEDUSA_SERVER: databaseUrl },
  }));
}

function measureRedemptions(): RedemptionFigure[] {
  const figures = execFileSync(process.execPath, [semiSpace, join(own, "bench/redemptions.js")], {
    encoding: "utf8",
    env: { ...environment, BENCH_SECONDS: String(2 * seconds), BENCH_ROUNDS: "3" },
  });
  return JSON.parse(figures) as RedemptionFigure[];
}

function versions(): Readonly<Record<string, string>> {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  return manifest.dependencies;
}

function say(what: string): void {
  process.stderr.write(`${((performance.now() - began) / 1_000).toFixed(0)} s: ${what}\n`);
}

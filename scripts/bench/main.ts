/**
 * `npm run bench`: what an evaluation costs beside an empty web server and beside a bare indexed evaluator, GraphQL beside REST,
 * and redemptions and codes beside the bare SQL they could have been, measured side by side in one run. `npm run bench -- redemptions` runs one part of it, `-- --readme` all,
 * and puts what it printed where the README quotes it.
 *
 * The load client runs in this process, the server in another; the routes take turns round by round, so that whatever else
 * the machine is doing falls on all of them; medians of the rounds are compared. Absolute figures say little about another
 * machine, the ratios last.
 */
import { execFileSync, spawn } from "node:child_process";
import { cpSync } from "node:fs";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { quoteInReadme } from "../quote-in-readme.ts";
import { benchCartBody, benchCases } from "./fixture.ts";
import { graphqlDocuments } from "./graphql-documents.ts";
import { connections, load, type Route } from "./load.ts";
import { firstLine, median } from "./measurement.ts";
import type { MixedFigure } from "./mixed.ts";
import type { RedemptionFigure } from "./redemptions.ts";
import type { SimulationFigures } from "./simulations.ts";
import type { WorstCartFigure } from "./worst-carts.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const seconds = Number(process.env.BENCH_SECONDS ?? 4);
const rounds = Number(process.env.BENCH_ROUNDS ?? 5);
const warmUps = 3;
// As `npm start` sets it: the empty route runs in the same process.
const semiSpace = "--max-semi-space-size=32";
const compiled = join(root, "dist/bench/scripts/bench");

interface ReadyServer {
  url: string;
  emptyUrl: string;
  keys: string[];
  answerBytes: number;
}

execFileSync("npx", ["tsc", "-p", "scripts/bench/tsconfig.json"], { cwd: root, stdio: "inherit" });
// As `npm run build` does: the app does not start without the files of the console.
cpSync(join(root, "src/console"), join(root, "dist/bench/src/console"), { recursive: true });
const migrations = { BENCH_MIGRATIONS: join(root, "migrations") };
const parts = {
  evaluations: benchEvaluations,
  graphql: benchGraphql,
  mixed: benchMixed,
  worst: benchWorstCarts,
  redemptions: benchRedemptions,
  codes: benchCodes,
  simulations: benchSimulations,
};
/** What was aimed at, and what this run came to: at least, or at most, so many times what it is held against. */
const aims: { what: string; of: string; aim: number; reached: number; isMost?: boolean }[] = [];
const redemptionAims: Readonly<Record<string, number>> = {
  "committer alone, distinct codes": 3,
  "committer alone, one hot coupon": 10,
  "HTTP, distinct codes": 0.6,
  "HTTP, one hot coupon": 2,
};
const printed: string[] = [];
const { values, positionals: asked } = parseArgs({
  options: { readme: { type: "boolean", default: false } },
  allowPositionals: true,
});
if (values.readme && asked.length > 0)
  throw new Error("The README quotes all parts: --readme goes without any.");
printMachine();
for (const [name, run] of Object.entries(parts)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  try {
    await run();
  } catch (error) {
    // The other parts are worth their figures all the same.
    process.stderr.write(`${name}: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exitCode = 1;
  }
}
printAims();
if (values.readme && process.exitCode === undefined) quoteInReadme("bench", printed.join("\n"));

function printMachine(): void {
  const [cpu] = cpus();
  print(
    `Machine: ${cpus().length} × ${cpu?.model ?? "unknown"}, Node ${process.version}, ${process.platform} ${process.arch}`,
  );
}

async function benchEvaluations(): Promise<void> {
  print(
    `Method: autocannon, ${connections} connections, ${rounds} rounds of ${seconds} s a route after a warm-up of ${warmUps} such rounds, routes taking turns, medians.`,
  );
  print(
    `Cart: ${benchCartBody.lines.length} lines, ${JSON.stringify(benchCartBody).length} bytes; of the promotions at most 20 touch it: each on units of its own (apart), or after the same ones (competing).\n`,
  );
  await benchHttp();
  benchInProcess();
}

function benchWorstCarts(): void {
  const figures = figuresOf<WorstCartFigure>("worst-carts.js");
  print("\nThe dearest carts: 500 lines, promotions made to be slow, everything explained:\n");
  print("| what is slow | ms of CPU | |");
  print("|---|---:|---|");
  for (const { name, milliseconds, operations } of figures)
    print(
      `| ${name} | ${milliseconds.toFixed(0)} | ${operations === null ? "refused" : `${Math.round(operations).toLocaleString("en")} operations`} |`,
    );
}

function benchRedemptions(): void {
  const figures = figuresOf<RedemptionFigure>("redemptions.js");
  const bareOf = (kind: string) => figures.find(({ name }) => name.startsWith(`bare statement, ${kind}`))!;
  print(
    "\nRedemptions, 64 clients, each with an order, a code, its ledger entries and its event, durable:\n",
  );
  print(
    "| | redemptions/s | of the bare statement | µs CPU: clients | service | PostgreSQL | bytes of WAL |",
  );
  print("|---|---:|---:|---:|---:|---:|---:|");
  for (const { name, perSecond, clientCpu, serviceCpu, postgresCpu, walBytes } of figures) {
    const bare = bareOf(name.includes("hot") ? "one hot" : "distinct");
    const aim = redemptionAims[name];
    if (aim !== undefined)
      aims.push({
        what: `redemptions: ${name}`,
        of: "the bare statement",
        aim,
        reached: perSecond / bare.perSecond,
      });
    print(
      `| ${name} | ${Math.round(perSecond).toLocaleString("en")} | ${(perSecond / bare.perSecond).toFixed(2)} | ${[clientCpu, serviceCpu, postgresCpu, walBytes].map(Math.round).join(" | ")} |`,
    );
  }
  print(
    "\nThe bare statement is one prepared `with … update … insert` through `pg`, 16 connections: it uses a code and notes the order, and nothing else. The clients of the bare statement and of the committer alone are the process that does the work; events are numbered by the service, whoever wrote them.",
  );
}

function benchCodes(): void {
  const figures = figuresOf<{ name: string; codes: number; seconds: number }>("code-generation.js");
  const bare = figures[0]!;
  const [, job] = figures;
  aims.push({
    what: "codes: generated and stored",
    of: "a bare COPY",
    aim: 0.5,
    reached: bare.seconds / job!.seconds,
  });
  print("\nCodes, stored in their indexed table, durable:\n");
  print("| | codes | seconds | speed of the bare COPY |");
  print("|---|---:|---:|---:|");
  for (const { name, codes, seconds: took } of figures)
    print(
      `| ${name} | ${codes.toLocaleString("en")} | ${took.toFixed(1)} | ${(bare.seconds / took).toFixed(2)} |`,
    );
}

function benchSimulations(): void {
  const figures = figuresOf<SimulationFigures>("simulations.js") as unknown as SimulationFigures;
  const { orders, threads, promotions, jobPerSecond, inProcessPerSecond, jobCpu, inProcessCpu } = figures;
  print(
    `\nA back-test of ${orders.toLocaleString("en")} orders against ${promotions} promotions (half live, half drafts; each order priced twice), ${threads} threads:\n`,
  );
  print("| | orders/s | of in-process evaluation | µs CPU an order |");
  print("|---|---:|---:|---:|");
  print(
    `| in process, one thread, nothing but evaluating | ${Math.round(inProcessPerSecond).toLocaleString("en")} | 1.00 | ${Math.round(inProcessCpu)} |`,
  );
  print(
    `| the job, with reading, adding up and keeping | ${Math.round(jobPerSecond).toLocaleString("en")} | ${(jobPerSecond / inProcessPerSecond).toFixed(2)} | ${Math.round(jobCpu)} |`,
  );
  print(
    `\nPostgreSQL took another ${Math.round(figures.postgresCpu)} µs CPU an order. Memory grew by at most ${figures.memory} MiB.`,
  );
}

function figuresOf<Figure>(script: string): Figure[] {
  const line = execFileSync(process.execPath, [semiSpace, join(compiled, script)], {
    encoding: "utf8",
    env: { ...process.env, ...migrations },
  });
  return JSON.parse(line) as Figure[];
}

/** Rounds in turns, after a warm-up: until V8 has compiled what is hot, fewer requests than this measure the compiler. */
async function raceOf(routesOf: (ready: ReadyServer) => Route[], most = rounds) {
  const server = spawn(process.execPath, [semiSpace, join(compiled, "server.js")], {
    env: { ...process.env, NODE_ENV: "production", ...migrations },
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const ready = await firstLine<ReadyServer>(server);
    const routes = routesOf(ready);
    for (const route of routes) for (let i = 0; i < warmUps; i++) await load(route, seconds, true);
    for (let round = 0; round < most; round++)
      for (const route of routes) route.requestsPerSecond.push(await load(route, seconds));
    return { routes, answerBytes: ready.answerBytes };
  } finally {
    server.kill("SIGTERM");
  }
}

async function benchHttp(): Promise<void> {
  const body = JSON.stringify(benchCartBody);
  const { routes, answerBytes } = await raceOf(({ url, emptyUrl, keys }) => [
    { name: "empty Fastify route", url: `${emptyUrl}/empty`, body, requestsPerSecond: [] },
    ...benchCases.map(({ promotions, set }, i) => ({
      name: `evaluations, ${promotions.toLocaleString("en")} promotions, ${set}`,
      url: `${url}/v1/evaluations`,
      key: keys[i]!,
      body,
      requestsPerSecond: [],
    })),
  ]);
  printHttp(routes, answerBytes);
}

async function benchGraphql(): Promise<void> {
  const { inFields, asJson } = graphqlDocuments(root);
  const thousand = benchCases.findIndex(({ promotions, set }) => promotions === 1_000 && set === "apart");
  const { routes } = await raceOf(({ url, keys }) => {
    const asked = (name: string, path: string, body: object) => ({
      name,
      url: `${url}${path}`,
      key: keys[thousand]!,
      body: JSON.stringify(body),
      requestsPerSecond: [],
    });
    const variables = { input: benchCartBody };
    return [
      asked("REST", "/v1/evaluations", benchCartBody),
      asked("GraphQL, every field of the quote", "/graphql", { query: inFields, variables }),
      asked("GraphQL, the quote as one JSON value", "/graphql", { query: asJson, variables }),
    ];
  }, 3);
  const [rest, ...others] = routes.map((route) => median(route.requestsPerSecond));
  print("\nEvaluations in GraphQL, 1,000 promotions, apart:\n");
  print("| | requests/s | of REST |");
  print("|---|---:|---:|");
  for (const { name, requestsPerSecond } of routes) {
    const perSecond = median(requestsPerSecond);
    print(`| ${name} | ${Math.round(perSecond).toLocaleString("en")} | ${(perSecond / rest!).toFixed(2)} |`);
  }
  const [fields, json] = others;
  aims.push(
    { what: "GraphQL: every field", of: "REST", aim: 0.25, reached: fields! / rest! },
    { what: "GraphQL: one JSON value", of: "REST", aim: 0.6, reached: json! / rest! },
  );
}

function benchMixed(): void {
  const figures = figuresOf<MixedFigure>("mixed.js");
  const names = [...new Set(figures.map(({ name }) => name))];
  const sizes = [...new Set(figures.map(({ promotions }) => promotions))];
  const of = (name: string, promotions: number) =>
    figures.find((figure) => figure.name === name && figure.promotions === promotions)!.microseconds;
  const [floor, ...ours] = names;
  print(
    "\nA shop where more promotions touch the cart as more exist, in process, µs of CPU an evaluation (and how many times the floor's). The floor is an indexed evaluator written for this, which says what each promotion that touches the cart would take off, alone: without stacking, sharing amounts out, floors, limits, reasons or a proof:\n",
  );
  print(`| promotions | ${sizes.map((size) => size.toLocaleString("en")).join(" | ")} |`);
  print(`|---|${sizes.map(() => "---:|").join("")}`);
  for (const name of names)
    print(
      `| ${name} | ${sizes
        .map((size) => {
          const [own, least] = [of(name, size), of(floor!, size)];
          return name === floor ? own.toFixed(1) : `${own.toFixed(0)} (${(own / least).toFixed(0)} ×)`;
        })
        .join(" | ")} |`,
    );
  for (const name of [ours.at(0)!, ours.at(-1)!])
    for (const size of sizes)
      aims.push({
        what: `mixed set, ${size.toLocaleString("en")} promotions: ${name}`,
        of: "the floor's time",
        aim: 10,
        isMost: true,
        reached: of(name, size) / of(floor!, size),
      });
}

function printHttp(routes: readonly Route[], answerBytes: number): void {
  const empty = median(routes[0]!.requestsPerSecond);
  print(`Over HTTP (every route answers ${answerBytes} bytes or about as many):\n`);
  print("| route | requests/s | of the empty route |");
  print("|---|---:|---:|");
  for (const { name, requestsPerSecond } of routes) {
    const perSecond = median(requestsPerSecond);
    print(`| ${name} | ${Math.round(perSecond).toLocaleString("en")} | ${(perSecond / empty).toFixed(2)} |`);
  }
  const [hundred, thousand, tenThousand] = routes.slice(2, 5).map((route) => median(route.requestsPerSecond));
  aims.push(
    { what: "evaluations: 1,000 promotions", of: "the empty route", aim: 0.7, reached: thousand! / empty },
    {
      what: "evaluations: 10,000 promotions",
      of: "those with 100",
      aim: 0.95,
      reached: tenThousand! / hundred!,
    },
  );
  print("");
}

function benchInProcess(): void {
  const line = execFileSync(process.execPath, [join(compiled, "in-process.js")], { encoding: "utf8" });
  const results = JSON.parse(line) as {
    promotions: number;
    set: string;
    strategy: string;
    perSecond: number;
    microseconds: number;
  }[];
  print("In process, one core:\n");
  print("| promotions | the twenty | strategy | evaluations/s | µs each |");
  print("|---:|---|---|---:|---:|");
  for (const { promotions, set, strategy, perSecond, microseconds } of results)
    print(
      `| ${promotions.toLocaleString("en")} | ${set} | ${strategy} | ${Math.round(perSecond).toLocaleString("en")} | ${microseconds.toFixed(0)} |`,
    );
}

function printAims(): void {
  if (aims.length === 0) return;
  print("\nWhat was aimed at:\n");
  print("| | aim | this run | |");
  print("|---|---:|---:|---|");
  for (const { what, of, aim, reached, isMost = false } of aims) {
    const isReached = isMost ? reached <= aim : reached >= aim;
    print(
      `| ${what} | at ${isMost ? "most" : "least"} ${aim} of ${of} | ${reached.toFixed(isMost ? 1 : 2)} | ${isReached ? "reached" : "not reached"} |`,
    );
  }
}

function print(text: string): void {
  printed.push(text);
  process.stdout.write(`${text}\n`);
}

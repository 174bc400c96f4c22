/** G33: when there is more to do than can be done, who is turned away first. The order, not the speed. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { buildApp } from "../../src/app.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { type Database, openDatabase } from "../../src/platform/database.ts";
import { silentLog } from "../../src/platform/log.ts";
import { type Load, loads, type Pressure, pressure, shares } from "../../src/platform/pressure.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { type ProjectWithKeys, projectWithKeys } from "../features/project-fixture.ts";
import { patience } from "./sizes.ts";

const mostOpenRequests = 40;
let direct: TestDatabase;
let database: Database;
let app: FastifyInstance;
let url: string;
let project: ProjectWithKeys;

beforeAll(async () => {
  direct = await freshDatabase();
  const { connectionString } = direct;
  database = openDatabase({
    connectionString,
    log: silentLog,
    poolSize: 2,
    statementTimeoutMilliseconds: 120_000,
  });
  app = await buildApp({
    config: { environment: "test", logLevel: "silent" },
    database,
    clock: systemClock,
    deadlines: { mostOpenRequests, deadlineMilliseconds: 120_000 },
  });
  url = await app.listen({ host: "127.0.0.1", port: 0 });
  project = await projectWithKeys(direct, Date.now());
});
afterAll(async () => {
  await app.close();
  await database.close();
  await direct.close();
});

const lines = [{ id: "1", sku: "A", quantity: 1, unitPrice: 100 }];
const order = { orderRef: "1", mode: "commit", currency: "CNY", lines };
const examples: Record<Load, () => Promise<Response>> = {
  bulk: () => send("GET", "/v1/audit/export?format=csv"),
  reading: () => send("GET", "/v1/redemptions"),
  pricing: () => send("POST", "/v1/evaluations", { currency: "CNY", lines }),
  writing: () => send("POST", "/v1/redemptions", order),
};

function send(method: string, path: string, body?: object): Promise<Response> {
  return fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${project.keys.admin}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

async function figures(...names: string[]): Promise<number[]> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return names.map((name) => Number(new RegExp(`^dealwright_${name} (\\d+)$`, "m").exec(text)?.[1]));
}

const figure = async (name: string) => (await figures(name))[0];

/** So many, and none of them waits for its turn: who waits is not under way. */
async function untilUnderWay(count: number): Promise<void> {
  const underWay = () => figures("requests_open", "requests_waiting");
  await vi.waitFor(async () => expect(await underWay()).toEqual([count, 0]), { timeout: patience });
}

test(
  "exports go first, then reading, then pricing, and writing last; health answers all the while",
  async () => {
    // Known from here on, so that nothing but the work itself asks the database.
    expect((await examples.pricing()).status).toBe(200);
    const blocker = await direct.pool.connect();
    await blocker.query("begin; lock table redemptions in access exclusive mode");
    onTestFinished(() => blocker.release(true));
    const held: Promise<Response>[] = [];
    // Each waits for the lock, and so is under way.
    const fillTo = async (share: number) => {
      while (held.length < share * mostOpenRequests)
        held.push(send("POST", "/v1/redemptions", { ...order, orderRef: `${held.length}` }));
      // The request that asks is under way itself, as is each that is tried below.
      await untilUnderWay(held.length + 1);
    };
    const refused: Load[] = [];
    const told: object[] = [];
    for (const load of loads) {
      await fillTo(shares[load]);
      const answer = await examples[load]();
      expect([load, answer.status, answer.headers.get("retry-after")]).toEqual([load, 503, "1"]);
      told.push({
        headers: [...answer.headers.keys()],
        body: { ...((await answer.json()) as object), requestId: "" },
      });
      refused.push(load);
      for (const earlier of refused) expect((await examples[earlier]()).status).toBe(503);
      const next = loads[refused.length];
      // What comes next is let in still. Pricing answers at once; the others would wait for the lock like the rest.
      if (next === "pricing") expect((await examples.pricing()).status).toBe(200);
      expect((await fetch(`${url}/livez`)).status).toBe(200);
    }
    // Whether the framework says it or the front door.
    expect(told).toEqual(Array(loads.length).fill(told[0]));
    expect(await figure('requests_shed_total{load="bulk"}')).toBe(5);
    expect(await figure('requests_shed_total{load="writing"}')).toBe(2);
    await blocker.query("rollback");
    expect(new Set((await Promise.all(held)).map(({ status }) => status))).toEqual(new Set([201]));
    for (const load of loads) expect((await examples[load]()).status).toBeLessThan(300);
  },
  patience,
);

test(
  "a document is turned away with its kind: what changes something last, whatever else it asks first",
  async () => {
    const evaluation = `{ evaluate(input: { currency: "CNY", lines: [{ id: "1", sku: "A", quantity: 1, unitPrice: 100 }] }) { total } }`;
    const list = "redemptions { nodes { id } }";
    // Refused for its role, which is asked after the gate, and without the database.
    const change = `mutation { archivePromotion(id: "p") { id } }`;
    const ask = async (query: string) => {
      const answer = await fetch(`${url}/graphql`, {
        method: "POST",
        headers: { authorization: `Bearer ${project.keys.checkout}`, "content-type": "application/json" },
        body: JSON.stringify({ query }),
      });
      const { errors, code } = (await answer.json()) as {
        errors?: { extensions: { code: string } }[];
        code?: string;
      };
      return [answer.status, code ?? errors?.[0]?.extensions.code];
    };
    expect(await ask(evaluation)).toEqual([200, undefined]);
    const blocker = await direct.pool.connect();
    await blocker.query("begin; lock table redemptions in access exclusive mode");
    onTestFinished(() => blocker.release(true));
    const held: Promise<Response>[] = [];
    const fillTo = async (share: number) => {
      while (held.length < share * mostOpenRequests)
        held.push(send("POST", "/v1/redemptions", { ...order, orderRef: `again-${held.length}` }));
      await untilUnderWay(held.length + 1);
    };
    await fillTo(shares.reading);
    expect(await ask(evaluation)).toEqual([200, undefined]);
    expect(await ask(`query both ${evaluation.replace(/ \}$/, ` ${list} }`)}`)).toEqual([503, "unavailable"]);
    await fillTo(shares.pricing);
    expect(await ask(evaluation)).toEqual([503, "unavailable"]);
    expect(await ask(change)).toEqual([200, "forbidden-role"]);
    await blocker.query("rollback");
    expect(new Set((await Promise.all(held)).map(({ status }) => status))).toEqual(new Set([201]));
    expect(await ask(evaluation)).toEqual([200, undefined]);
  },
  patience,
);

test(
  "a flood of GraphQL quotes leaves what changes something its places",
  async () => {
    const narrow = await buildApp({
      config: { environment: "test", logLevel: "silent" },
      database,
      clock: systemClock,
      deadlines: { mostWaiting: 8, turnMilliseconds: 0, deadlineMilliseconds: 120_000 },
    });
    onTestFinished(() => narrow.close());
    const quote = `{ evaluate(input: { currency: "CNY", lines: [{ id: "1", sku: "A", quantity: 1, unitPrice: 100 }] }) { total } }`;
    // Refused for its role, which is asked after the gate, and without the database.
    const change = `mutation { archivePromotion(id: "p") { id } }`;
    const ask = async (query: string) => {
      const headers = { authorization: `Bearer ${project.keys.checkout}` };
      const { statusCode } = await narrow.inject({
        method: "POST",
        url: "/graphql",
        headers,
        payload: { query },
      });
      return statusCode;
    };
    expect([await ask(quote), await ask(change)]).toEqual([200, 200]);
    const quotes = () => Array.from({ length: 40 }, () => ask(quote));
    const [before, changed, after] = await Promise.all([
      Promise.all(quotes()),
      ask(change),
      Promise.all(quotes()),
    ]);
    expect([changed, before.includes(503) && after.includes(503)]).toEqual([200, true]);
  },
  patience,
);

test("in a long queue that stands nobody waits for long, but what changes something", async () => {
  const toldBy = async (manyWaiting: number) => {
    const told = new Map<Load, boolean>();
    const { gate, waiting } = pressure(() => waiting(), undefined, {
      manyWaiting,
      turnMilliseconds: 0,
      standingAfterMilliseconds: -1,
      standingPatienceMilliseconds: -1,
    });
    const ask = (load: Load) =>
      gate(load).call(
        app,
        { raw: {} } as never,
        null as never,
        (error?: Error) => void told.set(load, error === undefined),
      );
    ask("writing");
    for (const load of loads) ask(load);
    await vi.waitFor(() => expect(told.size).toBe(loads.length));
    return Object.fromEntries(told);
  };
  expect(await toldBy(3)).toEqual({ bulk: false, reading: false, pricing: false, writing: true });
  // Four that wait are not more than four.
  expect(await toldBy(4)).toEqual({ bulk: true, reading: true, pricing: true, writing: true });
});

/** What was begun and what was refused, by the names they were asked with. Gates look at nothing but the mark of a request. */
function asked({ gate }: Pick<Pressure, "gate">) {
  const begun: string[] = [];
  const refused: string[] = [];
  const ask = (load: Load, name: string = load) =>
    gate(load).call(
      app,
      { raw: {} } as never,
      null as never,
      (error?: Error) => void (error ? refused : begun).push(name),
    );
  return { ask, begun, refused };
}

test("what waits for its turn is taken in the reverse order, and no queue is longer than it may be", async () => {
  // Every turn is over at once, so that all but the first wait.
  const narrow = pressure(() => narrow.waiting(), undefined, { mostWaiting: 8, turnMilliseconds: 0 });
  const { ask, begun, refused } = asked(narrow);
  ask("bulk");
  for (const load of loads) for (let i = 1; i <= 3; i++) ask(load, `${load} ${i}`);
  expect(begun).toEqual(["bulk"]);
  // The oldest of a kind makes room; of what changes something, nobody goes back.
  expect(refused).toEqual(["bulk 1", "reading 1", "pricing 1", "writing 3"]);
  await vi.waitFor(() => expect(narrow.waiting()).toBe(0));
  expect(begun.slice(1)).toEqual([
    "writing 1",
    "writing 2",
    "pricing 2",
    "pricing 3",
    "reading 2",
    "reading 3",
    "bulk 2",
    "bulk 3",
  ]);
});

test("where many wait, and the oldest for long, the newest goes first, but of what changes something the oldest", async () => {
  const begunOf = async (newestFirstAfterMilliseconds: number) => {
    const narrow = pressure(() => narrow.waiting(), undefined, {
      manyWaiting: 3,
      turnMilliseconds: 0,
      newestFirstAfterMilliseconds,
    });
    const { ask, begun } = asked(narrow);
    ask("bulk");
    for (const name of ["1", "2"]) ask("writing", `writing ${name}`);
    for (const name of ["1", "2", "3", "4", "5"]) ask("pricing", name);
    await vi.waitFor(() => expect(narrow.waiting()).toBe(0));
    return begun.slice(1);
  };
  // As long as more than three wait.
  expect(await begunOf(-1)).toEqual(["writing 1", "writing 2", "5", "4", "1", "2", "3"]);
  expect(await begunOf(60_000)).toEqual(["writing 1", "writing 2", "1", "2", "3", "4", "5"]);
});

test("carts are begun together, as many as may be begun and not yet computed", async () => {
  let computing = 3;
  const few = pressure(
    () => 0,
    () => computing,
    { mostBegunCarts: 3, turnMilliseconds: 60_000 },
  );
  const begun: number[] = [];
  for (const name of [1, 2, 3, 4, 5]) few.admitCart({} as never, 0, () => void begun.push(name));
  const { ask, begun: others } = asked(few);
  ask("writing");
  ask("reading");
  await nextTurn();
  // What matters less does not overtake them.
  expect([begun, others, few.waiting()]).toEqual([[], ["writing"], 6]);
  computing = 0;
  await nextTurn();
  expect(begun).toEqual([1, 2, 3]);
  await nextTurn();
  expect([begun, others]).toEqual([
    [1, 2, 3, 4, 5],
    ["writing", "reading"],
  ]);
});

test("of what changes something only so many are begun in one turn, and nothing else before them", async () => {
  const narrow = pressure(
    () => 0,
    () => 1,
    { mostBegunCarts: 1, mostBegunWrites: 2, turnMilliseconds: 60_000 },
  );
  // Where somebody waits everybody does.
  narrow.admitCart({} as never, 0, () => {});
  const { ask, begun } = asked(narrow);
  for (const name of ["1", "2", "3"]) ask("writing", name);
  expect(begun).toEqual([]);
  await nextTurn();
  expect(begun).toEqual(["1", "2"]);
  await nextTurn();
  expect([begun, narrow.waiting()]).toEqual([["1", "2", "3"], 1]);
});

test("while new connections come carts wait, so that a check of health is let in", async () => {
  let computing = 8;
  const few = pressure(
    () => 0,
    () => computing,
    { mostBegunCarts: 8, turnMilliseconds: 1e9 },
  );
  const begun: number[] = [];
  for (const name of [1, 2, 3]) few.admitCart({} as never, 0, () => void begun.push(name));
  const { ask, begun: others } = asked(few);
  ask("writing");
  computing = 0;
  few.noteConnection();
  await nextTurn();
  expect([begun, others]).toEqual([[], ["writing"]]);
  await nextTurn();
  expect(begun).toEqual([1, 2, 3]);
});

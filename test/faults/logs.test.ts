import { afterAll, beforeAll, expect, test } from "vitest";
import { loggedError } from "../../src/platform/redaction.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { openClient } from "./http-client.ts";
import { type RunningServer, startServer } from "./running-servers.ts";
import { openShop, orderOf, type Shop } from "./shop.ts";
import { patience, sized } from "./sizes.ts";

const requests = sized(500, 5_000);
const bird = "Kanarienvogel";
const phone = "+49 1517 7700";

let database: TestDatabase;
let server: RunningServer;
let shop: Shop;

beforeAll(async () => {
  database = await freshDatabase();
  server = await startServer({ connectionString: database.connectionString, logLevel: "trace" });
  shop = await openShop(server.url, database);
});
afterAll(async () => {
  shop.close();
  await server.kill();
  await database.close();
});

/** Somebody's data in every field that takes words, so that no two requests are the same. */
function personal(index: number) {
  const name = `${bird}-${index}`;
  return {
    name,
    customer: { id: `anna.${name}@example.org`, groups: [name], tags: [name], attributes: { name, phone } },
    identifiers: { device: name, phone: `${phone} ${index}`, ip: "203.0.113.77" },
    codes: [name, { code: `${name}-2`, honour: true }],
    attributes: { address: `${name} Street 1` },
    line: {
      id: name,
      sku: name,
      product: name,
      categories: [name],
      quantity: 1,
      unitPrice: 10_000,
      attributes: { name },
    },
  };
}

/** One of everything: what is in order, what is refused, what cannot even be read. */
function callOf(
  index: number,
): [method: string, path: string, body?: unknown, headers?: Record<string, string>] {
  const { name, customer, identifiers, codes, attributes, line } = personal(index);
  const cart = { currency: "CNY", customer, identifiers, codes, attributes, lines: [line] };
  const input = `{ currency: "CNY", customer: { id: "${name}" }, lines: [{ id: "${name}", sku: "${name}", quantity: 1, unitPrice: 5 }] }`;
  const calls: ReturnType<typeof callOf>[] = [
    ["POST", "/v1/evaluations", cart],
    ["POST", "/v1/evaluations", { ...cart, save: true }],
    ["POST", "/v1/evaluations", { ...cart, lines: name }],
    ["POST", "/v1/redemptions", orderOf({ ...cart, codes: [], orderRef: name })],
    ["POST", "/v1/redemptions", orderOf({ ...cart, source: name }), { "idempotency-key": name }],
    ["POST", "/v1/coupons/validate", { codes: [name], customer: name }],
    ["GET", `/v1/coupons/${name}`],
    ["GET", `/v1/coupons?customer=${name}&limit=${name}`],
    ["GET", `/v1/${name}?${name}=${name}`],
    ["POST", "/v1/evaluations", undefined, { "content-type": `text/${name}` }],
    ["PUT", `/v1/orders/${name}`, { customer: name }],
    ["POST", `/v1/coupon-pools/${name.toLowerCase()}/claim`, { customer: name, identifiers }],
    ["POST", "/graphql", { query: `{ evaluate(input: ${input}) { total } }` }],
    ["POST", "/graphql", { query: `{ coupon(code: "${name}") { code } }`, variables: { [name]: name } }],
    ["POST", "/graphql", { query: `{ ${name}(code: "${name}" }`, operationName: name }],
    [
      "POST",
      "/graphql",
      {
        query: "mutation ($input: RedemptionRequestInput!) { createRedemption(input: $input) { id } }",
        variables: { input: orderOf({ ...cart, codes: [], source: "graphql", orderRef: name }) },
      },
    ],
  ];
  return calls[index % calls.length]!;
}

/** What a client may say beside the request. An X-Request-Id is logged as it comes: that is what it is for. */
const headersOf = (index: number) => ({
  "user-agent": `${bird}/${index}`,
  referer: `https://example.org/${bird}`,
  cookie: `session=${bird}`,
  "x-forwarded-for": "203.0.113.77",
  "x-customer": `${bird} ${phone}`,
  "if-match": `"${bird}"`,
});

async function callAll(from: number, count: number): Promise<number[]> {
  const statuses: number[] = [];
  const stranger = openClient(`dw_live_${bird}`);
  const next = Array.from({ length: count }, (_, index) => from + index);
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (let index = next.shift(); index !== undefined; index = next.shift()) {
        const [method, path, body, headers] = callOf(index);
        const client = index % 40 === 39 ? stranger : shop.client;
        const all = { ...headersOf(index), ...headers };
        statuses.push((await client.call(method, `${server.url}${path}`, body, all)).status);
      }
    }),
  );
  stranger.close();
  return statuses;
}

/** Of the process and of its requests alike. */
const lineForm = /^\{"level":"[a-z]+","time":"\d{4}-\d\d-\d\dT[\d:.]+Z",.*"msg":".*\}$/;

/** Whatever of it was printed, in whatever case. */
function leaks(printed: string): string[] {
  const secrets = Object.values(shop.project.keys);
  return [bird, phone, phone.replaceAll(" ", ""), "203.0.113.77", "anna.", ...secrets].filter((canary) =>
    printed.toLowerCase().includes(canary.toLowerCase()),
  );
}

test(
  `${requests} requests over both faces, at the most talkative level, leave nothing of anybody in the log`,
  async () => {
    await shop.promotion("all", { trigger: { type: "automatic" } });
    const statuses = await callAll(0, requests);
    expect(statuses.filter((status) => status === 200 || status === 201).length).toBeGreaterThan(
      requests / 4,
    );
    expect(statuses.filter((status) => status >= 400).length).toBeGreaterThan(requests / 4);
    const lines = server.printed().trim().split("\n");
    expect(lines.length).toBeGreaterThan(requests);
    const odd = lines.filter((line) => !lineForm.test(line));
    expect(odd).toEqual([]);
    expect(leaks(server.printed())).toEqual([]);
  },
  patience,
);

test(
  "failures of the database are logged without what they failed with",
  async () => {
    for (const table of ["coupons", "redemptions", "evaluations", "orders"])
      await database.pool.query(`alter table ${table} rename to ${table}_away`);
    const statuses = await callAll(requests, 160);
    for (const table of ["coupons", "redemptions", "evaluations", "orders"])
      await database.pool.query(`alter table ${table}_away rename to ${table}`);
    expect(statuses.filter((status) => status >= 500).length).toBeGreaterThan(20);
    expect(server.printed()).toContain('"level":"error"');
    expect(server.printed()).toContain("42P01");
    expect(leaks(server.printed())).toEqual([]);
  },
  patience,
);

test("what libraries quote is left out of an error, whatever it is wrapped in", () => {
  const causes = [
    parseError(`{"name":${bird}}`),
    new Error(`Failed query: insert into customers values ($1)\nparams: ${bird},${phone}`),
    Object.assign(new Error(`invalid input syntax for type json: ${bird}`), {
      severity: "ERROR",
      code: "22P02",
      detail: `Token ${bird} is invalid`,
    }),
    new TypeError(`cannot read '${bird}' of ${phone.replaceAll(" ", "")}`),
  ];
  const printed = JSON.stringify(causes.map((cause) => loggedError(new Error("wrapped", { cause }))));
  expect(printed).toContain("Failed query: insert into customers");
  expect(printed).toContain("22P02");
  expect(printed).not.toContain(bird);
  expect(printed.replaceAll(" ", "")).not.toContain(phone.replaceAll(" ", ""));
});

function parseError(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return error;
  }
}

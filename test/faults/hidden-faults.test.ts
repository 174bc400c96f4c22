/** Whatever breaks inside, nothing of it is said outside (G24). */
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { type Answer, type Api, startApi } from "../features/api.ts";

let database: TestDatabase;
let api: Api;
let fault: (() => Error) | null = null;

beforeAll(async () => {
  database = await freshDatabase();
  const { appPool: pool } = database;
  // The driver's own doors: everything that reaches the database goes through one of them.
  for (const name of ["query", "connect"] as const) {
    const original = pool[name].bind(pool) as (...given: unknown[]) => unknown;
    Object.assign(pool, {
      [name]: (...given: unknown[]) => (fault === null ? original(...given) : Promise.reject(fault())),
    });
  }
  api = await startApi(database, { rulebookPollMilliseconds: 3_600_000, jobPollMilliseconds: 3_600_000 });
  // What is in memory already asks no database, so that each request gets as far as it can.
  await api.rest("POST", "/v1/evaluations", { body: cart });
});
afterAll(async () => {
  fault = null;
  await api.close();
  await database.close();
});

const cart = { currency: "CNY", lines: [{ id: "1", sku: "A", quantity: 1, unitPrice: 100 }] };

/** Errors as the parts below make them, each full of words that are nobody's business. */
const faults: Record<string, () => Error> = {
  "a constraint": () =>
    Object.assign(new Error('duplicate key value violates unique constraint "promotions_pkey"'), {
      code: "23514",
      detail: "Key (project_id, id)=(prj_canary, prm_canary) already exists.",
      table: "promotions",
      schema: "public",
    }),
  "a missing table": () =>
    Object.assign(new Error('relation "redemptions" does not exist'), { code: "42P01" }),
  "drizzle's wrapping": () =>
    Object.assign(new Error("Failed query: select * from api_keys where hash = $1\nparams: canary"), {
      cause: Object.assign(new Error("column canary does not exist"), { code: "42703" }),
    }),
  "no way to the database": () =>
    Object.assign(new Error("connect ECONNREFUSED 10.1.2.3:5432"), {
      code: "ECONNREFUSED",
      address: "10.1.2.3",
    }),
  "a wrong password": () =>
    Object.assign(new Error('password authentication failed for user "dealwright"'), { code: "28P01" }),
  "a timeout": () =>
    Object.assign(new Error("canceling statement due to statement timeout"), { code: "57014" }),
  "a full disk": () =>
    Object.assign(new Error('could not extend file "base/16384/canary": No space left on device'), {
      code: "53100",
    }),
  "a bug of ours": () => {
    try {
      return (undefined as unknown as { canary: () => Error }).canary();
    } catch (error) {
      return error as Error;
    }
  },
  "a fault with a status": () =>
    Object.assign(new Error("canary at /srv/app/src/features/x.ts:12"), {
      statusCode: 502,
      code: "FST_CANARY",
    }),
  "a file": () =>
    Object.assign(new Error("ENOENT: no such file or directory, open '/etc/canary'"), { code: "ENOENT" }),
};

const rest: [method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE", url: string, body?: object][] = [
  ["POST", "/v1/evaluations", { ...cart, save: true }],
  ["GET", "/v1/evaluations/evl_1"],
  [
    "POST",
    "/v1/promotions",
    { key: "p", trigger: { type: "automatic" }, benefits: [{ kind: "percent_off", percent: 5 }] },
  ],
  ["GET", "/v1/promotions?limit=5"],
  ["POST", "/v1/promotions/prm_1/kill", { reason: "x" }],
  ["GET", "/v1/coupons/ABCDABCDABCD"],
  ["POST", "/v1/coupons/validate", { codes: ["ABCDABCDABCD"] }],
  ["POST", "/v1/coupon-pools/spring/claim", { customer: "c-1" }],
  ["POST", "/v1/redemptions", { ...cart, orderRef: "o-1", mode: "commit" }],
  ["POST", "/v1/redemptions/rdm_1/commit"],
  ["GET", "/v1/orders/o-1"],
  ["PATCH", "/v1/project/safeguards", { alarms: {} }],
  ["GET", "/v1/api-keys"],
  ["GET", "/readyz"],
];
const graphql: string[] = [
  '{ promotion(id: "prm_1") { key } }',
  "{ apiKeys { edges { cursor node { id } } } }",
  '{ coupon(code: "ABCDABCDABCD") { code } }',
  'mutation { commitRedemption(id: "rdm_1") { id } }',
  'mutation { stopProject(input: { reason: "x" }) { stop { reason } } }',
  "{ project { id } jobs: apiKeys { pageInfo { endCursor } } }",
];

const internal =
  /canary|select |insert |constraint|relation|column|\$1|pg_|postgres|drizzle|node_modules|\/src\/|\.ts\b|\bat \w+ \(|ECONN|ENOENT|10\.1\.2\.3|password|undefined|TypeError|Cannot read|stack|statement timeout|disk|FST_/i;

/** Whether an answer says what is inside, or passes over that anything failed. */
function isTold({ status, text, headers }: Pick<Answer, "status" | "text" | "headers">): boolean {
  // Where a field stands in the query is not a column of a table.
  const said = `${text.replaceAll(/"column":\d+/g, "")} ${JSON.stringify(headers)}`;
  const isFailure = status >= 500 || /"status":50[03]/.test(text);
  return internal.test(said) || !isFailure;
}

test("the words of any of the faults would be noticed, and so would an answer as if nothing had happened: seeded bugs", () => {
  const clean = {
    status: 500,
    text: '{"code":"internal-error","title":"Something went wrong"}',
    headers: {},
  };
  expect(isTold(clean)).toBe(false);
  expect(isTold({ ...clean, status: 200 })).toBe(true);
  for (const [name, make] of Object.entries(faults)) {
    const error = make();
    const { detail, cause, address } = error as { detail?: string; cause?: Error; address?: string };
    for (const words of [error.message, error.stack, detail, cause?.message, address].filter(Boolean)) {
      expect(isTold({ ...clean, text: JSON.stringify({ title: words }) }), `${name}: ${words}`).toBe(true);
      expect(isTold({ ...clean, headers: { warning: words } }), `${name}: ${words}`).toBe(true);
    }
  }
});

test("200 faults over both faces: each answered, and none told", async () => {
  const told: string[] = [];
  let injected = 0;
  for (const [name, make] of Object.entries(faults)) {
    const answers: [string, () => Promise<Answer>][] = [
      ...rest.map(([method, url, body]): [string, () => Promise<Answer>] => [
        `${method} ${url}`,
        () => api.rest(method, url, { ...(body !== undefined && { body }) }),
      ]),
      ...graphql.map((query): [string, () => Promise<Answer>] => [query, () => api.graphql(query)]),
    ];
    for (const [what, ask] of answers) {
      fault = make;
      const { status, text, headers } = await ask();
      fault = null;
      injected += 1;
      if (isTold({ status, text, headers })) told.push(`${name}, ${what}: ${status} ${text}`);
    }
  }
  expect(told).toEqual([]);
  expect(injected).toBe(200);
});

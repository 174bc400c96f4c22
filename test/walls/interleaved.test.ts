/** G20: twenty projects at once over four connections, each told its own and nothing else. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { type Api, startApi } from "../features/api.ts";
import { orderOf } from "../features/orders-fixture.ts";
import { type ProjectWithKeys, projectWithKeys } from "../features/project-fixture.ts";
import { activePromotion } from "../features/redemptions/redemption-fixture.ts";

const projectCount = 20;
const requestCount = process.env.LONG === "1" ? 10_000 : 800;
const atOnce = 32;

let database: TestDatabase;
let api: Api;
const projects: ProjectWithKeys[] = [];
/** Stands in everything a project stores. */
const wordOf = (index: number) => `WORD-OF-${String(index).padStart(2, "0")}-`;

beforeAll(async () => {
  database = await freshDatabase({ poolSize: 4 });
  api = await startApi(database);
  for (let index = 0; index < projectCount; index += 1) {
    const project = await projectWithKeys(database, api.clock.now());
    projects.push(project);
    const asProject = {
      ...api,
      rest: ((method, url, call) =>
        api.rest(method, url, { ...call, key: project.keys.admin })) as Api["rest"],
    };
    // The same key, code and order numbers in every project: only the project tells them apart.
    await activePromotion(asProject, "same", {
      name: wordOf(index),
      trigger: { type: "code", code: "SAME" },
      limits: { perCustomer: 1_000 },
      benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 100 + index } }],
      texts: { en: { label: wordOf(index) } },
    });
  }
});
afterAll(async () => {
  await api.close();
  await database.close();
});

type Ask = (index: number, request: number) => Promise<{ status: number; text: string }>;
const lines = [{ id: "1", sku: "A", quantity: 1, unitPrice: 10_000 }];
const keyOf = (index: number) => ({ key: projects[index]!.keys.admin });
const asks: readonly Ask[] = [
  (index) => api.rest("GET", "/v1/promotions", keyOf(index)),
  (index) => api.rest("GET", "/v1/promotions/by-key/same", keyOf(index)),
  (index) => {
    const cart = { currency: "CNY", lines, codes: ["SAME"], customer: { id: "same" } };
    return api.rest("POST", "/v1/evaluations", { ...keyOf(index), body: cart });
  },
  (index, request) => {
    const order = { currency: "CNY", lines, codes: ["SAME"], customer: { id: "same" } };
    return api.rest("POST", "/v1/redemptions", {
      ...keyOf(index),
      body: { ...order, orderRef: `R-${request}` },
    });
  },
  (index, request) =>
    api.rest("PUT", `/v1/orders/O-${request % 50}`, {
      ...keyOf(index),
      body: orderOf({ version: request + 1, customer: "same", store: wordOf(index) }),
    }),
  (index) => api.rest("GET", "/v1/orders?customer=same", keyOf(index)),
  (index) => api.rest("GET", "/v1/redemptions?customer=same", keyOf(index)),
  (index) => api.graphql("{ promotions { nodes { name texts } } project { id } }", {}, keyOf(index)),
];

test(`of ${requestCount} requests of ${projectCount} projects over 4 connections none is told another's word`, async () => {
  const leaks: string[] = [];
  const failures: string[] = [];
  let own = 0;
  let next = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (next < requestCount) {
        const request = next++;
        const index = (request * 7) % projectCount;
        const { status, text } = await asks[Math.floor(request / projectCount) % asks.length]!(
          index,
          request,
        );
        if (status >= 300) failures.push(`${status} ${text.slice(0, 200)}`);
        const words = new Set([...text.matchAll(/WORD-OF-\d\d-/g)].map(([word]) => word));
        if (words.delete(wordOf(index))) own += 1;
        if (words.size > 0 || projects.some(({ id }, other) => other !== index && text.includes(id)))
          leaks.push(`${wordOf(index)} was told ${[...words]}: ${text.slice(0, 200)}`);
      }
    }),
  );
  expect(failures).toEqual([]);
  expect(leaks).toEqual([]);
  expect(own).toBeGreaterThan(requestCount / 2);
  expect(database.appPool.totalCount).toBeLessThanOrEqual(4);
}, 600_000);

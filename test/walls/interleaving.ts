/** Many projects at once over few connections (G20): what goes wrong where one is told what is another's. */
import type { OwnersDatabase } from "../database.ts";
import { orderOf } from "../features/orders-fixture.ts";
import { type ProjectWithKeys, projectWithKeys } from "../features/project-fixture.ts";

/** One request with this key, over HTTP or without it. */
export type Ask = (
  method: "GET" | "POST" | "PUT",
  path: string,
  key: string,
  body?: object,
) => Promise<{ status: number; text: string }>;

export interface Interleaving {
  /** Answers in which another project's word or id stands. */
  readonly leaks: readonly string[];
  /** What was refused: nothing should be. */
  readonly failures: readonly string[];
  /** Answers in which the project's own word stands. */
  readonly own: number;
}

const atOnce = 32;
const lines = [{ id: "1", sku: "A", quantity: 1, unitPrice: 10_000 }];
const cart = { currency: "CNY", lines, codes: ["SAME"], customer: { id: "same" } };
/** Stands in everything a project stores. */
const wordOf = (index: number) => `WORD-OF-${String(index).padStart(2, "0")}-`;

/** The same key, code and order numbers in every project: only the project tells them apart. */
const promotionOf = (index: number) => ({
  key: "same",
  name: wordOf(index),
  trigger: { type: "code", code: "SAME" },
  limits: { perCustomer: 1_000 },
  benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 100 + index } }],
  texts: { en: { label: wordOf(index) } },
});

type Request = [method: "GET" | "POST" | "PUT", path: string, body?: object];
const requests: readonly ((index: number, request: number) => Request)[] = [
  () => ["GET", "/v1/promotions"],
  () => ["GET", "/v1/promotions/by-key/same"],
  () => ["POST", "/v1/evaluations", cart],
  (_index, request) => ["POST", "/v1/redemptions", { ...cart, orderRef: `R-${request}` }],
  (index, request) => {
    const order = orderOf({ version: request + 1, customer: "same", store: wordOf(index) });
    return ["PUT", `/v1/orders/O-${request % 50}`, order];
  },
  () => ["GET", "/v1/orders?customer=same"],
  () => ["GET", "/v1/redemptions?customer=same"],
  () => ["POST", "/graphql", { query: "{ promotions { nodes { name texts } } project { id } }" }],
];

export async function interleave(
  ask: Ask,
  database: Pick<OwnersDatabase, "orm">,
  { projectCount, requestCount, now }: { projectCount: number; requestCount: number; now: number },
): Promise<Interleaving> {
  const leaks: string[] = [];
  const failures: string[] = [];
  let own = 0;
  const projects: ProjectWithKeys[] = [];
  for (let index = 0; index < projectCount; index += 1) projects.push(await projectWithKeys(database, now));

  async function done(index: number, ...[method, path, body]: Request): Promise<string> {
    let answer: Awaited<ReturnType<Ask>>;
    // A busy machine may turn some away at once, to be asked again.
    do answer = await ask(method, path, projects[index]!.keys.admin, body);
    while (answer.status === 503);
    const { status, text } = answer;
    if (status >= 300) failures.push(`${method} ${path}: ${status} ${text.slice(0, 200)}`);
    return text;
  }

  for (let index = 0; index < projectCount; index += 1) {
    const created = await done(index, "POST", "/v1/promotions", promotionOf(index));
    const [id] = /prm_\w+/.exec(created) ?? [];
    if (id !== undefined) await done(index, "POST", `/v1/promotions/${id}/activate`);
  }
  let next = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (next < requestCount) {
        const request = next++;
        const index = (request * 7) % projectCount;
        const made = requests[Math.floor(request / projectCount) % requests.length]!(index, request);
        const text = await done(index, ...made);
        const words = new Set([...text.matchAll(/WORD-OF-\d\d-/g)].map(([word]) => word));
        if (words.delete(wordOf(index))) own += 1;
        if (words.size > 0 || projects.some(({ id }, other) => other !== index && text.includes(id)))
          leaks.push(`${wordOf(index)} was told ${[...words]}: ${text.slice(0, 200)}`);
      }
    }),
  );
  return { leaks, failures, own };
}

/**
 * G04 on the database: orders are reserved, committed, cancelled, expired and returned in any order. A naive model that keeps
 * no counters says after every command what each answer and each counter has to be.
 */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { committerService } from "../../src/features/ledger/committer-service.ts";
import { seedPromotions } from "../../src/features/promotions/promotion-seed.ts";
import {
  type RedemptionExpiryService,
  redemptionExpiryService,
} from "../../src/features/redemptions/redemption-expiry-service.ts";
import { silentLog } from "../../src/platform/log.ts";
import { expectBooksToBalance } from "../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { patience, sized } from "../faults/sizes.ts";
import { type Api, startApi, testClock } from "../features/api.ts";
import { type ProjectWithKeys, projectWithKeys } from "../features/project-fixture.ts";
import { type Command, ReservationModel } from "./reservation-model.ts";

let database: TestDatabase;
let api: Api;
let expiry: RedemptionExpiryService;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database, { clock: testClock(Date.now()) });
  // Another process's sweep: it shares nothing with the API but the database.
  expiry = redemptionExpiryService({
    ...{ database, log: silentLog },
    committer: committerService({ database, log: silentLog }),
  });
});
afterAll(async () => {
  await expectBooksToBalance(database);
  await api.close();
  await database.close();
});

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("redeem" as const),
      order: fc.nat(7),
      codes: fc.constantFrom(["KEEP"], ["BACK"], ["KEEP", "BACK"]),
      mode: fc.constantFrom("reserve" as const, "commit" as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom("commit" as const, "cancel" as const, "expire" as const, "return" as const),
      which: fc.nat(20),
    }),
  },
);

const documents = [
  { key: "keep", code: "KEEP", limits: { total: 6 } },
  {
    key: "back",
    code: "BACK",
    limits: { total: 5 },
    budget: { amount: { CNY: 3_500 } },
    restoreUseOnReturn: true,
  },
].map(({ key, code, ...rest }) => ({
  key,
  trigger: { type: "code", code },
  stacking: { group: key },
  benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 1_000 } }],
  ...rest,
}));

async function perform(project: ProjectWithKeys, model: ReservationModel, step: Command): Promise<void> {
  const call = (url: string, body?: object) =>
    api.rest("POST", url, { key: project.keys.admin, ...(body !== undefined && { body }) });
  if (step.kind === "redeem") {
    const { order, codes, mode } = step;
    const lines = [{ id: "1", sku: "MUG", quantity: 2, unitPrice: 10_000 }];
    const answer = await call("/v1/redemptions", {
      ...{ currency: "CNY", lines, orderRef: `order-${order}`, codes, mode },
    });
    const expected = model.redeem(step, answer.body.id);
    expect([answer.status, answer.body.code ?? answer.body.id]).toEqual(expected);
    return;
  }
  const target = model.redemptionAt(step.which);
  if (target === undefined) return;
  if (step.kind === "expire") {
    if (!model.expire(target)) return;
    await database.pool.query(
      "update redemptions set expires_at = now() - interval '1 second' where project_id = $1 and id = $2",
      [project.id, target.id],
    );
    // The API's own sweep may be the one that gets to it.
    await expect
      .poll(async () => {
        await expiry.sweep();
        return (await api.rest("GET", `/v1/redemptions/${target.id}`, { key: project.keys.admin })).body
          .state;
      })
      .toBe("expired");
    return;
  }
  const isReturn = step.kind === "return";
  const answer = await call(
    `/v1/redemptions/${target.id}/${isReturn ? "returns" : step.kind}`,
    isReturn ? { lines: [{ id: "1", quantity: 1 }] } : undefined,
  );
  expect([answer.status, answer.body.code ?? answer.body.state]).toEqual(model.settle(step.kind, target));
}

async function taken(projectId: string, table: "counters" | "ledger_postings"): Promise<object> {
  const { rows } = await database.pool.query(
    `select p.key || ' ' || measure as name, sum(used + reserved)::bigint as taken
       from ${table} t join promotions p on p.project_id = t.project_id and p.id = t.rule_id
      where t.project_id = $1 and holder = '' group by 1`,
    [projectId],
  );
  return Object.fromEntries(rows.map(({ name, taken: sum }) => [name, sum]).filter(([, sum]) => sum !== 0));
}

test("whatever happens to reservations, counters and answers are those of the model", {
  timeout: patience,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 20, maxLength: 50 }), async (commands) => {
      const project = await projectWithKeys(database, Date.now());
      await seedPromotions(database.orm, { projectId: project.id, documents, now: Date.now() });
      const model = new ReservationModel();
      for (const step of commands) {
        await perform(project, model, step);
        expect(await taken(project.id, "counters")).toEqual(model.taken());
        expect(await taken(project.id, "ledger_postings")).toEqual(model.taken());
      }
    }),
    { numRuns: sized(12, 1_000), endOnFailure: true },
  );
});

test("a reservation that nobody comes back for is given up by itself", { timeout: patience }, async () => {
  const project = await projectWithKeys(database, Date.now());
  await seedPromotions(database.orm, { projectId: project.id, documents, now: Date.now() });
  for (let order = 0; order < 6; order++)
    expect(
      await api.rest("POST", "/v1/redemptions", {
        key: project.keys.admin,
        body: {
          currency: "CNY",
          lines: [{ id: "1", sku: "MUG", quantity: 1, unitPrice: 10_000 }],
          codes: ["KEEP"],
          orderRef: `orphan-${order}`,
          mode: "reserve",
          ttlSeconds: 1,
        },
      }),
    ).toMatchObject({ status: 201 });
  await expect.poll(() => taken(project.id, "counters"), { timeout: 60_000 }).toEqual({});
});

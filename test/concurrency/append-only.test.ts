/** G07: what is in the books stays as it is, whoever asks: the owner of the tables, or the service's own role. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { appRole } from "../../src/platform/walls.ts";
import { expectBooksToBalance } from "../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { type Api, startApi } from "../features/api.ts";
import { activePromotion, orderOf, redeem } from "../features/redemptions/redemption-fixture.ts";

let database: TestDatabase;
let api: Api;

/** With a column of each that somebody might want to change. */
const books = {
  ledger_entries: "postings",
  redemption_returns: "lines",
  points_entries: "reason",
  rebate_entries: "external_id",
} as const;
const tables = Object.keys(books) as (keyof typeof books)[];

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  await activePromotion(api, "entered");
  const redeemed = await redeem(api, orderOf());
  expect(redeemed.status).toBe(201);
  const returned = await api.rest("POST", `/v1/redemptions/${redeemed.body.id}/returns`, {
    body: { lines: [{ id: "1", quantity: 1 }] },
  });
  expect(returned.status, returned.text).toBe(200);
  const given = await api.rest("POST", "/v1/customers/c-1/points/adjustments", {
    body: { points: 5, reason: "A start." },
  });
  expect(given.status, given.text).toBe(201);
});
afterAll(async () => {
  await expectBooksToBalance(database);
  await api.close();
  await database.close();
});

describe.each(tables)("%s", (table) => {
  const column = books[table];
  const statements = [
    `update ${table} set ${column} = ${column}`,
    `delete from ${table}`,
    `truncate ${table}`,
    `truncate ${table}, redemptions`,
    `insert into ${table} select * from ${table} on conflict (${keyOf(table)}) do update set ${column} = excluded.${column}`,
    `merge into ${table} t using (select 1) s on true when matched then delete`,
  ];

  test.each(statements)("refuses its owner: %s", async (statement) => {
    await within(async (ask) => {
      if (table === "rebate_entries") await ask(rebateEntry);
      const before = await ask(`select * from ${table} order by 1, 2, 3`);
      expect(before.length).toBeGreaterThan(0);
      await ask("savepoint before_it");
      await expect(ask(statement)).rejects.toMatchObject({ message: expect.stringContaining(table) });
      await ask("rollback to before_it");
      expect(await ask(`select * from ${table} order by 1, 2, 3`)).toEqual(before);
    });
  });

  test.each(statements)("is not the service's to change: %s", async (statement) => {
    await within(async (ask) => {
      await ask(`set local role ${appRole}; set local app.project = '${api.project.id}'`);
      // 42501: no privilege. It is refused before a trigger is asked.
      await expect(ask(statement)).rejects.toMatchObject({ code: "42501" });
    });
  });

  test("takes what the service adds", async () => {
    await within(async (ask) => {
      await ask(`set local role ${appRole}; set local app.project = '${api.project.id}'`);
      await ask(`insert into ${table} select * from ${table} where false`);
    });
  });
});

const rebateEntry = `insert into rebate_entries (project_id, id, agreement, period, dealer, of_period, cause, from_account, to_account, amount, created_at)
  select id, 'rbe_1', 'a', '2026-11', 'd', '2026-11', 'accrue', 'expense', 'accrued', 1, now() from projects limit 1`;

function keyOf(table: keyof typeof books): string {
  const ofRedemption = table === "ledger_entries" || table === "redemption_returns";
  return ofRedemption ? "project_id, redemption_id, step" : "project_id, id";
}

/** In a transaction that leaves nothing. */
async function within(
  work: (ask: (statement: string) => Promise<unknown[]>) => Promise<void>,
): Promise<void> {
  const client = await database.pool.connect();
  try {
    await client.query("begin");
    await work(async (statement) => (await client.query(statement)).rows);
  } finally {
    await client.query("rollback");
    client.release();
  }
}

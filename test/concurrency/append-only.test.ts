/** G07: what is in the ledger stays as it is. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectBooksToBalance } from "../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { type Api, startApi } from "../features/api.ts";
import { activePromotion, orderOf, redeem } from "../features/redemptions/redemption-fixture.ts";

let database: TestDatabase;
let api: Api;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  await activePromotion(api, "entered");
  expect((await redeem(api, orderOf())).status).toBe(201);
});
afterAll(async () => {
  await expectBooksToBalance(database);
  await api.close();
  await database.close();
});

test.each([
  "update ledger_entries set postings = '[]'",
  "update ledger_entries set postings = postings",
  "delete from ledger_entries",
  "truncate ledger_entries",
  "truncate ledger_entries, redemptions",
  "insert into ledger_entries select * from ledger_entries on conflict (project_id, redemption_id, step) do update set postings = '[]'",
  "merge into ledger_entries t using (select 1) s on true when matched then delete",
])("the ledger refuses: %s", async (statement) => {
  const before = await everything();
  await expect(database.pool.query(statement)).rejects.toMatchObject({
    code: expect.stringMatching(/^\w{5}$/),
  });
  expect(await everything()).toEqual(before);
  expect(before.length).toBeGreaterThan(0);
});

async function everything(): Promise<unknown[]> {
  return (await database.pool.query("select * from ledger_entries order by 1, 2, 3")).rows;
}

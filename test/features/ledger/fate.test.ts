/** A lost COMMIT answer: what became of the transaction is read back, and nobody else's work is taken for it. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Writes } from "../../../src/features/ledger/committer-batch.ts";
import { fateOf } from "../../../src/features/ledger/committer-write-store.ts";
import { openDatabase } from "../../../src/platform/database.ts";
import { silentLog } from "../../../src/platform/log.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { insertRedemption } from "../orders-fixture.ts";
import { projectWithKeys } from "../project-fixture.ts";

let database: TestDatabase;
let service: ReturnType<typeof openDatabase>;
beforeAll(async () => {
  database = await freshDatabase();
  service = openDatabase({ connectionString: database.connectionString, log: silentLog });
});
afterAll(async () => {
  await service.close();
  await database.close();
});

/** A transaction that writes nothing but its number, and how it is to end. */
async function numberOf(end: "commit" | "rollback"): Promise<string> {
  const client = await service.connect();
  await client.query("begin");
  const { rows } = await client.query<{ id: string }>("select pg_current_xact_id()::text as id");
  await client.query(end);
  client.release();
  return rows[0]!.id;
}

test.each([
  ["rolled back is aborted, although another one has written what it would have", "rollback", "aborted"],
  ["committed whose trace is there is committed", "commit", "committed"],
] as const)("one that was %s", async (_, end, fate) => {
  const { id: projectId } = await projectWithKeys(database, Date.now());
  const redemption = await insertRedemption(database, projectId);
  const writes = { entries: [], created: [{ state: { id: redemption } }], events: [], claims: [] };
  const client = await service.connect();
  const found = await fateOf(client, projectId, await numberOf(end), writes as unknown as Writes);
  client.release();
  expect(found).toBe(fate);
});

test("one whose number is committed but whose trace is not there was another's", async () => {
  const { id: projectId } = await projectWithKeys(database, Date.now());
  const writes = { entries: [], created: [{ state: { id: "rdm_none" } }], events: [], claims: [] };
  const client = await service.connect();
  const found = await fateOf(client, projectId, await numberOf("commit"), writes as unknown as Writes);
  client.release();
  expect(found).toBe("aborted");
});

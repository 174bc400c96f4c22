/** Who prepares redemptions reads while a batch is written, together, and never waits for a batch that is not there. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { committerTurns } from "../../../src/features/ledger/committer-turns.ts";
import { withTransaction } from "../../../src/platform/database.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { holdOf, ledgerOn } from "../../ledger-fixture.ts";
import { projectWithKeys } from "../project-fixture.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.close());

/** Notes when it is over. */
function watched(promise: Promise<unknown> | undefined) {
  const seen = { isOver: promise === undefined };
  promise?.then(() => {
    seen.isOver = true;
  });
  return seen;
}

test("whoever comes while a batch is loaded goes when it is written, whoever comes first after that at once", async () => {
  const turns = committerTurns();
  turns.batchBegins();
  const early = [watched(turns.next()), watched(turns.next())];
  await nextTurn();
  expect(early).toEqual([{ isOver: false }, { isOver: false }]);
  turns.letGo();
  await nextTurn();
  expect(early).toEqual([{ isOver: true }, { isOver: true }]);
  const late = watched(turns.next());
  turns.letGo();
  await nextTurn();
  expect(late.isOver).toBe(false);
  turns.batchBegins();
  turns.letGo();
  await nextTurn();
  expect(late.isOver).toBe(true);

  turns.batchBegins();
  turns.letGo();
  expect(turns.next()).toBeUndefined();
  const last = watched(turns.next());
  turns.end();
  await nextTurn();
  expect(last.isOver).toBe(true);
});

test("a batch that waits for a lock holds the reading back until it is written", async () => {
  const { id: project } = await projectWithKeys(database, Date.now());
  const { committer, redeem } = ledgerOn(database);
  const holds = [holdOf("prm_hot", "uses")];
  await redeem(project, holds);
  expect(committer.turn(project)).toBeUndefined();
  let blocked: Promise<string> | undefined;
  let turn = { isOver: false };
  await withTransaction(database, project, async (connection) => {
    await connection.execute("select from counters for update");
    blocked = redeem(project, holds);
    turn = watched(committer.turn(project));
    await expect
      .poll(async () => {
        const { rows } = await database.pool.query("select from pg_locks where not granted");
        return rows.length;
      })
      .toBeGreaterThan(0);
    expect(turn.isOver).toBe(false);
  });
  await blocked;
  expect(turn.isOver).toBe(true);
  await expect.poll(() => committer.turn(project)).toBeUndefined();
});

test("a batch of which nothing is written lets go all the same", async () => {
  const { id: project } = await projectWithKeys(database, Date.now());
  const { committer, redeem } = ledgerOn(database);
  const refused = redeem(project, [holdOf("prm_none", "uses", 1, { limit: 0 })]);
  const turn = committer.turn(project);
  expect(turn).toBeDefined();
  await expect(refused).rejects.toThrow("refused");
  await turn;
});

/**
 * What a batch changes, written set by set in one statement.
 *
 * Beside merges of customers (`ledger-merge-store.ts`) this is the only code that changes redemptions, counters, the uses and owners
 * of coupons, and the ledger.
 */
import type pg from "pg";
import { inProject } from "../../platform/walls.ts";
import type { Writes } from "./committer-batch.ts";
import type { Loaded } from "./committer-books.ts";
import { planByIndex } from "./committer-planning.ts";
import { type Part, partsOf } from "./committer-write-parts.ts";

/** Writes what was granted. Fails, and the transaction with it, unless it changes just the rows that were loaded for it. */
export async function writeBatch(
  client: pg.ClientBase,
  projectId: string,
  writes: Writes,
  loaded: Loaded,
): Promise<void> {
  const parts = partsOf(writes, loaded);
  const expected = parts.reduce((sum, { rowsToChange = 0 }) => sum + rowsToChange, 0);
  await client.query({
    ...statementOf(parts),
    values: [projectId, writes.at, expected, ...parts.flatMap(({ values }) => values)],
  });
}

const statements = new Map<string, { name: string; text: string }>();

/** Of as many shapes as there are sets of tables: what a batch does not touch costs it nothing. */
function statementOf(parts: readonly Part[]): { name: string; text: string } {
  // Shortened: PostgreSQL tells names apart by 63 bytes.
  const name = `write-batch-${parts.map((part) => part.name.slice(0, 5)).join("-")}`;
  let statement = statements.get(name);
  if (statement === undefined) {
    statement = { name, text: textOf(parts) };
    statements.set(name, statement);
  }
  return statement;
}

function textOf(parts: readonly Part[]): string {
  let parameters = 3;
  const arms = parts.map(
    ({ name, text }) => `${name} as (${text.replace(/\$\?/g, () => `$${++parameters}`)})`,
  );
  const changes = parts.flatMap(({ name, rowsToChange }) =>
    rowsToChange === undefined ? [] : `(select count(*) from ${name})`,
  );
  // The commit may be right behind it: what is wrong must be an error here. The text that is no boolean says what it is.
  return `with ${arms.join(", ")}, sum as (select ${["0::bigint", ...changes].join(" + ")} as changed)
select case when changed = $3::bigint then true
            else format('a batch changed %s rows instead of %s', changed, $3::bigint)::boolean end as is_whole, ${planByIndex}
  from sum`;
}

/**
 * Whether a transaction of which nothing more was heard took effect. That its number stands for one that was committed does
 * not tell: PostgreSQL gives a number out again if it crashed before anything of the transaction was on the disk. What it
 * wrote does, once it has ended. But one whose number was aborted left nothing, and what looks like its trace is another's,
 * who went on from where it would have been.
 */
export async function fateOf(
  client: pg.ClientBase,
  projectId: string,
  transactionId: string,
  writes: Writes,
): Promise<"committed" | "aborted" | "in progress"> {
  const status = await statusOf(client, transactionId);
  if (status === "in progress" || status === "aborted") return status;
  // A statement of its own, so that it sees what was committed until the transaction had ended.
  const { rows } = await client.query<{ is_there: boolean }>(
    inProject(projectId, { text: traceText, values: [projectId, ...traceOf(writes)] }),
  );
  return rows[0]!.is_there ? "committed" : "aborted";
}

type TransactionStatus = "in progress" | "committed" | "aborted";

/** Null: too long ago, or not given out (again) yet, as after a crash. */
async function statusOf(client: pg.ClientBase, transactionId: string): Promise<TransactionStatus | null> {
  try {
    const { rows } = await client.query<{ status: TransactionStatus | null }>(
      "select pg_xact_status($1::text::xid8) as status",
      [transactionId],
    );
    return rows[0]!.status;
  } catch (error) {
    if ((error as { code?: string }).code === "22023") return null;
    throw error;
  }
}

const traceText = `
select exists (select from ledger_entries where project_id = $1 and redemption_id = $2 and step = $3)
    or exists (select from redemptions where project_id = $1 and id = $4)
    or exists (select from outbox_events where project_id = $1 and id = $5)
    or exists (select from coupons where project_id = $1 and code = $6 and customer_id = $7) as is_there`;

/** One row of the batch, from the table that keeps it longest: all of them are there, or none. */
function traceOf({ entries: [entry], created: [row], events: [event], claims: [claim] }: Writes): unknown[] {
  if (entry !== undefined) return [entry.redemption, entry.step, null, null, null, null];
  if (row !== undefined) return [null, null, row.state.id, null, null, null];
  if (event !== undefined) return [null, null, null, event.id, null, null];
  return [null, null, null, null, claim?.code, claim?.customerId];
}

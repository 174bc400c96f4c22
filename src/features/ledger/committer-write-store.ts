/**
 * What a batch changes, written set by set in one statement.
 *
 * This is the only code that changes redemptions, counters, the uses and owners of coupons, and the ledger.
 */
import type pg from "pg";
import { counterKey } from "../../ledger/books.ts";
import { inProject } from "../../platform/walls.ts";
import type { Writes } from "./committer-batch.ts";
import { columnsOf, type Loaded, type StoredHold } from "./committer-books.ts";

// Rows are found by their place (ctid): they are locked, so nobody moves them. `created` asks for `changed` first: a
// reservation that gives way must have left the unique index of its order.
const writeText = `
with changed as (
  update redemptions t
     set state = u.state, steps = u.steps, holds = u.holds::json, expires_at = to_timestamp(u.expires_at / 1000.0),
         committed_at = case when u.state = 'committed' then to_timestamp($60 / 1000.0) else t.committed_at end,
         ended_at = case when u.state in ('cancelled', 'expired', 'returned') then to_timestamp($60 / 1000.0) else t.ended_at end,
         refunded = coalesce(u.refunded, t.refunded), returned = coalesce(u.returned::json, t.returned)
    from unnest($2::tid[], $3::text[], $4::int[], $5::text[], $6::bigint[], $7::bigint[], $8::text[])
      as u (place, state, steps, holds, expires_at, refunded, returned)
   where t.ctid = u.place and t.project_id = $1
  returning 1
), created as (
  insert into redemptions (project_id, id, source, order_ref, state, mode, customer_id, currency, total, discount, steps,
         holds, expires_at, created_at, committed_at, ended_at, request_hash, revision, evaluated_at, created_by,
         request, facts, settings, quote)
  select $1, u.id, source, order_ref, state, mode, customer_id, currency, total, discount, steps, holds::json,
         to_timestamp(expires_at / 1000.0), to_timestamp($60 / 1000.0),
         case when state = 'committed' then to_timestamp($60 / 1000.0) end,
         case when state in ('cancelled', 'expired') then to_timestamp($60 / 1000.0) end,
         decode(request_hash, 'hex'), revision, to_timestamp(evaluated_at / 1000.0), created_by,
         convert_from(substr($24::bytea, l0 + 1, l1 - l0), 'UTF8')::json,
         convert_from(substr($24::bytea, l1 + 1, l2 - l1), 'UTF8')::json,
         convert_from(substr($24::bytea, l2 + 1, l3 - l2), 'UTF8')::json,
         convert_from(substr($24::bytea, l3 + 1, l4 - l3), 'UTF8')::json
    from unnest($9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::bigint[],
                $17::bigint[], $18::int[], $19::text[], $20::bigint[], $21::text[], $22::bigint[], $23::bigint[],
                $25::text[], $26::int[], $27::int[], $28::int[], $29::int[], $30::int[])
      as u (id, source, order_ref, state, mode, customer_id, currency, total, discount, steps, holds, expires_at,
            request_hash, revision, evaluated_at, created_by, l0, l1, l2, l3, l4)
   where (select count(*) from changed) >= 0
  returning 1
), counted as (
  update counters t
     set used = t.used + u.used, reserved = t.reserved + u.reserved,
         lim = case when u.sets_limit then u.lim else t.lim end
    from unnest($31::tid[], $32::bigint[], $33::bigint[], $34::bigint[], $35::bool[])
      as u (place, used, reserved, lim, sets_limit)
   where t.ctid = u.place and t.project_id = $1
  returning 1
), coupled as (
  update coupons t set used = t.used + u.used, reserved = t.reserved + u.reserved
    from unnest($36::tid[], $37::int[], $38::int[]) as u (place, used, reserved)
   where t.ctid = u.place and t.project_id = $1
  returning 1
), claimed as (
  update coupons t set customer_id = u.customer_id, claimed_at = to_timestamp($60 / 1000.0), expires_at = to_timestamp(u.expires_at / 1000.0)
    from unnest($39::tid[], $40::text[], $41::bigint[]) as u (place, customer_id, expires_at)
   where t.ctid = u.place and t.project_id = $1
  returning 1
), entered as (
  insert into ledger_entries (project_id, redemption_id, step, cause, rule_id, measure, holder, period, reserved, used)
  select $1, * from unnest($42::text[], $43::int[], $44::text[], $45::text[], $46::text[], $47::text[], $48::text[],
                           $49::bigint[], $50::bigint[])
), recorded as (
  insert into idempotency_records (project_id, key, operation, request_hash, resource_id, answer)
  select $1, key, operation, decode(hash, 'hex'), resource_id, answer::json
    from unnest($51::text[], $52::text[], $53::text[], $54::text[], $55::text[])
      as u (key, operation, hash, resource_id, answer)
), announced as (
  insert into outbox_events (project_id, id, type, subject, data)
  select $1, id, type, subject, data::json
    from unnest($56::text[], $57::text[], $58::text[], $59::text[]) as u (id, type, subject, data)
)
select pg_current_xact_id()::text as transaction_id,
       (select count(*) from changed) + (select count(*) from counted) + (select count(*) from coupled)
         + (select count(*) from claimed) as rows_changed`;

/** Writes what was granted and answers the id of the transaction, by which its fate can be asked should the commit's answer get lost. */
export async function writeBatch(
  client: pg.ClientBase,
  projectId: string,
  { created, changed, entries, counters, coupons, claims, records, events, at }: Writes,
  loaded: Loaded,
): Promise<string> {
  const places = placesOf(loaded);
  const changes = [...changed.values()];
  const counts = [...counters.values()];
  const uses = [...coupons.values()];
  const payload = payloadOf(created);
  const { rows } = await client.query<{ transaction_id: string; rows_changed: number }>({
    name: "write-batch",
    text: writeText,
    values: [
      projectId,
      changes.map(({ state }) => places.redemptions.get(state.id)),
      changes.map(({ state }) => state.state),
      changes.map(({ state }) => state.steps),
      changes.map(({ state }) => holdsText(state.holds)),
      changes.map(({ state }) => state.expiresAt),
      changes.map(({ submission }) => submission?.returnNote?.refunded ?? null),
      changes.map(({ submission }) => submission?.returnNote?.returned ?? null),
      created.map(({ state }) => state.id),
      ...(["source", "orderRef"] as const).map((field) =>
        created.map(({ submission }) => submission.newRedemption?.[field]),
      ),
      created.map(({ state }) => state.state),
      ...(["mode", "customerId", "currency", "total", "discount"] as const).map((field) =>
        created.map(({ submission }) => submission.newRedemption?.[field]),
      ),
      created.map(({ state }) => state.steps),
      created.map(({ state }) => holdsText(state.holds)),
      created.map(({ state }) => state.expiresAt),
      created.map(({ state }) => state.requestHash),
      ...(["revision", "evaluatedAt"] as const).map((field) =>
        created.map(({ submission }) => submission.newRedemption?.[field]),
      ),
      payload.bytes,
      created.map(({ submission }) => submission.newRedemption?.createdBy),
      ...payload.offsets,
      counts.map(({ name }) => places.counters.get(counterKey(name))),
      counts.map(({ used }) => used),
      counts.map(({ reserved }) => reserved),
      counts.map(({ limit }) => limit ?? null),
      counts.map(({ limit }) => limit !== undefined),
      uses.map(({ code }) => places.coupons.get(code)),
      uses.map(({ used }) => used),
      uses.map(({ reserved }) => reserved),
      claims.map(({ place }) => place),
      claims.map(({ customerId }) => customerId),
      claims.map(({ expiresAt }) => expiresAt),
      entries.map(({ redemption }) => redemption),
      entries.map(({ step }) => step),
      entries.map(({ cause }) => cause),
      ...columnsOf(entries.map(({ counter }) => counter)),
      entries.map(({ reserved }) => reserved),
      entries.map(({ used }) => used),
      records.map(({ key }) => key),
      records.map(({ operation }) => operation),
      records.map(({ requestHash }) => requestHash),
      records.map(({ resourceId }) => resourceId),
      records.map(({ answer }) => answer),
      events.map(({ id }) => id),
      events.map(({ type }) => type),
      events.map(({ subject }) => subject),
      events.map(({ data }) => data),
      at,
    ],
  });
  const { transaction_id, rows_changed } = rows[0]!;
  const expected = changes.length + counts.length + uses.length + claims.length;
  if (rows_changed !== expected)
    throw new Error(`a batch changed ${rows_changed} rows instead of ${expected}`);
  return transaction_id;
}

/**
 * Whether a transaction of which nothing more was heard took effect. Its number alone does not tell: PostgreSQL gives a
 * number out again if it crashed before anything of the transaction was on the disk. What it wrote does, once it has ended.
 */
export async function fateOf(
  client: pg.ClientBase,
  projectId: string,
  transactionId: string,
  writes: Writes,
): Promise<"committed" | "aborted" | "in progress"> {
  if (await isInProgress(client, transactionId)) return "in progress";
  // A statement of its own, so that it sees what was committed until the transaction had ended.
  const { rows } = await client.query<{ is_there: boolean }>(
    inProject(projectId, { text: traceText, values: [projectId, ...traceOf(writes)] }),
  );
  return rows[0]!.is_there ? "committed" : "aborted";
}

async function isInProgress(client: pg.ClientBase, transactionId: string): Promise<boolean> {
  try {
    const { rows } = await client.query<{ status: string | null }>(
      "select pg_xact_status($1::text::xid8) as status",
      [transactionId],
    );
    return rows[0]!.status === "in progress";
  } catch (error) {
    // Not given out (again) yet: lost in a crash.
    if ((error as { code?: string }).code === "22023") return false;
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

/** Where each locked row stands. */
function placesOf({ redemptions, coupons, counters }: Loaded) {
  return {
    redemptions: new Map(redemptions.map(({ id, place }) => [id, place])),
    coupons: new Map(coupons.map(({ code, place }) => [code, place])),
    counters: new Map(counters.map(({ name, place }) => [counterKey(name), place])),
  };
}

function holdsText(holds: Writes["created"][number]["state"]["holds"]): string {
  return JSON.stringify(
    holds.map(
      ({ counter, amount }): StoredHold => [
        counter.rule,
        counter.measure,
        counter.holder,
        counter.period,
        amount,
      ],
    ),
  );
}

/**
 * The documents of all new redemptions as one run of bytes with the places where each begins: as elements of an array
 * every quote in them would have to be escaped, and there are thousands.
 */
function payloadOf(created: Writes["created"]): { bytes: Buffer; offsets: number[][] } {
  const parts: Buffer[] = [];
  const offsets: number[][] = [[], [], [], [], []];
  let end = 0;
  for (const { submission } of created) {
    const row = submission.newRedemption!;
    offsets[0]!.push(end);
    for (const [place, text] of [row.request, row.facts, row.settings, row.quote].entries()) {
      const bytes = Buffer.from(text, "utf8");
      parts.push(bytes);
      end += bytes.length;
      offsets[place + 1]!.push(end);
    }
  }
  return { bytes: Buffer.concat(parts), offsets };
}

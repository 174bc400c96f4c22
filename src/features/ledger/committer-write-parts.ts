/** What a batch writes into each table, as a part of one statement. No database here. */
import { counterKey } from "../../ledger/books.ts";
import type { Entry } from "../../ledger/entries.ts";
import { bigintArray, bytesArray, placesArray, textArray } from "../../platform/binary-arrays.ts";
import type { Writes } from "./committer-batch.ts";
import type { Loaded, StoredHold, StoredPosting } from "./committer-books.ts";
import { codeOf, isOfCode } from "./promotion-counters.ts";

export interface Part {
  readonly name: string;
  /** $1 is the project, $2 the time, $3 is taken; every other parameter is written `$?` and is the next of `values`. */
  readonly text: string;
  readonly values: readonly Buffer[];
  /** Of a part that changes rows: how many there must be. */
  readonly rowsToChange?: number;
}

// Rows are found by their place (ctid): they are locked, so nobody moves them. Places come as `tid[]`: cast here, they could not be
// looked up before the walls have been asked, for which all rows of the project would be read.

export function partsOf(writes: Writes, loaded: Loaded): Part[] {
  const parts: Part[] = [];
  if (writes.changed.size > 0) parts.push(changed(writes, loaded));
  if (writes.created.length > 0) parts.push(created(writes, parts.length > 0));
  if (writes.created.some(({ submission }) => submission.newRedemption?.rewards !== undefined))
    parts.push(promised(writes));
  if (writes.returns.length > 0) parts.push(returned(writes));
  if (writes.counters.size > 0) parts.push(counted(writes, loaded));
  if (writes.coupons.size > 0) parts.push(coupled(writes, loaded));
  if (writes.claims.length > 0) parts.push(claimed(writes));
  if (writes.entries.length > 0) parts.push(entered(writes));
  if (writes.records.length > 0) parts.push(recorded(writes));
  if (writes.events.length > 0) parts.push(announced(writes));
  return parts;
}

function changed({ changed }: Writes, { redemptions }: Loaded): Part {
  const changes = [...changed.values()];
  const places = new Map(redemptions.map(({ id, place }) => [id, place]));
  return {
    name: "changed",
    text: `
  update redemptions t
     set state = u.state, steps = u.steps, holds = u.holds::json, expires_at = to_timestamp(u.expires_at / 1000.0),
         committed_at = case when u.state = 'committed' then to_timestamp($2 / 1000.0) else t.committed_at end,
         ended_at = case when u.state in ('cancelled', 'expired', 'returned') and u.state <> t.state then to_timestamp($2 / 1000.0) else t.ended_at end,
         refunded = coalesce(u.refunded, t.refunded), returned = coalesce(u.returned::json, t.returned)
    from unnest($?::tid[], $?::text[], $?::bigint[], $?::text[], $?::bigint[], $?::bigint[], $?::text[])
      as u (place, state, steps, holds, expires_at, refunded, returned)
   where t.ctid = u.place and t.project_id = $1
  returning 1`,
    values: [
      placesArray(changes.map(({ state }) => places.get(state.id)!)),
      textArray(changes.map(({ state }) => state.state)),
      bigintArray(changes.map(({ state }) => state.steps)),
      textArray(changes.map(({ state }) => holdsText(state))),
      bigintArray(changes.map(({ state }) => state.expiresAt)),
      bigintArray(changes.map(({ submission }) => submission?.returnNote?.refunded)),
      textArray(changes.map(({ submission }) => submission?.returnNote?.returned)),
    ],
    rowsToChange: changes.length,
  };
}

function created({ created }: Writes, comesAfterChanges: boolean): Part {
  const rows = created.map(({ submission }) => submission.newRedemption!);
  return {
    name: "created",
    text: `
  insert into redemptions (project_id, id, source, order_ref, state, mode, customer_id, currency, total, discount, steps,
         holds, expires_at, created_at, committed_at, ended_at, request_hash, revision, evaluated_at, created_by,
         request, facts, settings, quote, is_deposit)
  select $1, u.id, source, order_ref, state, mode, customer_id, currency, total, discount, steps, holds::json,
         to_timestamp(expires_at / 1000.0), to_timestamp($2 / 1000.0),
         case when state = 'committed' then to_timestamp($2 / 1000.0) end,
         case when state in ('cancelled', 'expired') then to_timestamp($2 / 1000.0) end,
         request_hash, revision, to_timestamp(evaluated_at / 1000.0), created_by,
         request::json, facts::json, settings::json, quote::json, request::json -> 'deposit' is not null
    from unnest($?::text[], $?::text[], $?::text[], $?::text[], $?::text[], $?::text[], $?::text[], $?::bigint[],
                $?::bigint[], $?::bigint[], $?::text[], $?::bigint[], $?::bytea[], $?::bigint[], $?::bigint[],
                $?::text[], $?::text[], $?::text[], $?::text[], $?::text[])
      as u (id, source, order_ref, state, mode, customer_id, currency, total, discount, steps, holds, expires_at,
            request_hash, revision, evaluated_at, created_by, request, facts, settings, quote)${
              // A reservation that gives way must have left the unique index of its order.
              comesAfterChanges ? "\n   where (select count(*) from changed) >= 0" : ""
            }`,
    values: [
      textArray(created.map(({ state }) => state.id)),
      textArray(rows.map(({ source }) => source)),
      textArray(rows.map(({ orderRef }) => orderRef)),
      textArray(created.map(({ state }) => state.state)),
      textArray(rows.map(({ mode }) => mode)),
      textArray(rows.map(({ customerId }) => customerId)),
      textArray(rows.map(({ currency }) => currency)),
      bigintArray(rows.map(({ total }) => total)),
      bigintArray(rows.map(({ discount }) => discount)),
      bigintArray(created.map(({ state }) => state.steps)),
      textArray(created.map(({ state }) => holdsText(state))),
      bigintArray(created.map(({ state }) => state.expiresAt)),
      bytesArray(created.map(({ state }) => state.requestHash)),
      bigintArray(rows.map(({ revision }) => revision)),
      bigintArray(rows.map(({ evaluatedAt }) => evaluatedAt)),
      textArray(rows.map(({ createdBy }) => createdBy)),
      textArray(rows.map(({ request }) => request)),
      textArray(rows.map(({ facts }) => facts)),
      textArray(rows.map(({ settings }) => settings)),
      textArray(rows.map(({ quote }) => quote)),
    ],
  };
}

function promised({ created }: Writes): Part {
  const rewards = created.flatMap(({ state, submission }) =>
    (submission.newRedemption?.rewards ?? []).map((reward) => ({ redemption: state.id, ...reward })),
  );
  return {
    name: "promised",
    text: `
  insert into reward_grants (project_id, redemption_id, position, promotion, kind, pool, recipient, valid_for, programme, points)
  select $1, redemption, position, promotion, kind, pool, recipient, valid_for, programme, points
    from unnest($?::text[], $?::bigint[], $?::text[], $?::text[], $?::text[], $?::text[], $?::text[], $?::text[], $?::bigint[])
      as u (redemption, position, promotion, kind, pool, recipient, valid_for, programme, points)`,
    values: [
      textArray(rewards.map(({ redemption }) => redemption)),
      bigintArray(rewards.map(({ position }) => position)),
      textArray(rewards.map(({ promotion }) => promotion)),
      textArray(rewards.map(({ kind }) => kind)),
      textArray(rewards.map(({ pool }) => pool)),
      textArray(rewards.map(({ recipient }) => recipient)),
      textArray(rewards.map(({ validFor }) => validFor)),
      textArray(rewards.map(({ programme }) => programme)),
      bigintArray(rewards.map(({ points }) => points)),
    ],
  };
}

function returned({ returns }: Writes): Part {
  const notes = returns.map(({ note }) => note);
  return {
    name: "returned",
    text: `
  insert into redemption_returns (project_id, redemption_id, step, refund, refunded, shipping, withheld, lines, gifts, restored, created_at)
  select $1, redemption_id, step, refund, refunded, shipping, withheld, lines::json, gifts::json, restored::json, to_timestamp($2 / 1000.0)
    from unnest($?::text[], $?::bigint[], $?::bigint[], $?::bigint[], $?::bigint[], $?::bigint[], $?::text[], $?::text[], $?::text[])
      as u (redemption_id, step, refund, refunded, shipping, withheld, lines, gifts, restored)`,
    values: [
      textArray(returns.map(({ redemption }) => redemption)),
      bigintArray(returns.map(({ step }) => step)),
      bigintArray(notes.map(({ refund }) => refund)),
      bigintArray(notes.map(({ refunded }) => refunded)),
      bigintArray(notes.map(({ shipping }) => shipping)),
      bigintArray(notes.map(({ withheld }) => withheld)),
      textArray(notes.map(({ lines }) => lines)),
      textArray(notes.map(({ gifts }) => gifts)),
      textArray(notes.map(({ restored }) => restored)),
    ],
  };
}

function counted({ counters }: Writes, loaded: Loaded): Part {
  const counts = [...counters.values()];
  const places = new Map(loaded.counters.map(({ name, place }) => [counterKey(name), place]));
  return {
    name: "counted",
    text: `
  update counters t
     set used = t.used + u.used, reserved = t.reserved + u.reserved,
         lim = case when u.sets_limit = 1 then u.lim else t.lim end
    from unnest($?::tid[], $?::bigint[], $?::bigint[], $?::bigint[], $?::bigint[])
      as u (place, used, reserved, lim, sets_limit)
   where t.ctid = u.place and t.project_id = $1
  returning 1`,
    values: [
      placesArray(counts.map(({ name }) => places.get(counterKey(name))!)),
      bigintArray(counts.map(({ used }) => used)),
      bigintArray(counts.map(({ reserved }) => reserved)),
      bigintArray(counts.map(({ limit }) => limit)),
      bigintArray(counts.map(({ limit }) => (limit === undefined ? 0 : 1))),
    ],
    rowsToChange: counts.length,
  };
}

function coupled({ coupons }: Writes, loaded: Loaded): Part {
  const uses = [...coupons.values()];
  const places = new Map(loaded.coupons.map(({ code, place }) => [code, place]));
  return {
    name: "coupled",
    text: `
  update coupons t set used = t.used + u.used::int, reserved = t.reserved + u.reserved::int
    from unnest($?::tid[], $?::bigint[], $?::bigint[]) as u (place, used, reserved)
   where t.ctid = u.place and t.project_id = $1
  returning 1`,
    values: [
      placesArray(uses.map(({ code }) => places.get(code)!)),
      bigintArray(uses.map(({ used }) => used)),
      bigintArray(uses.map(({ reserved }) => reserved)),
    ],
    rowsToChange: uses.length,
  };
}

function claimed({ claims }: Writes): Part {
  return {
    name: "claimed",
    text: `
  update coupons t
     set customer_id = u.customer_id, claimed_at = to_timestamp($2 / 1000.0), expires_at = to_timestamp(u.expires_at / 1000.0)
    from unnest($?::tid[], $?::text[], $?::bigint[]) as u (place, customer_id, expires_at)
   where t.ctid = u.place and t.project_id = $1
  returning 1`,
    values: [
      placesArray(claims.map(({ place }) => place)),
      textArray(claims.map(({ customerId }) => customerId)),
      bigintArray(claims.map(({ expiresAt }) => expiresAt)),
    ],
    rowsToChange: claims.length,
  };
}

function entered({ entries }: Writes): Part {
  const rows = entryRows(entries);
  return {
    name: "entered",
    text: `
  insert into ledger_entries (project_id, redemption_id, step, cause, code, postings)
  select $1, redemption_id, step, cause, code, postings::json
    from unnest($?::text[], $?::bigint[], $?::text[], $?::text[], $?::text[]) as u (redemption_id, step, cause, code, postings)`,
    values: [
      textArray(rows.map(({ first }) => first.redemption)),
      bigintArray(rows.map(({ first }) => first.step)),
      textArray(rows.map(({ first }) => first.cause)),
      textArray(rows.map(({ code }) => code)),
      textArray(rows.map(({ postings }) => JSON.stringify(postings))),
    ],
  };
}

interface EntryRow {
  readonly first: Entry;
  code: string | null;
  readonly postings: StoredPosting[];
}

/** Entries of one command stand together, in the order of their steps, as long as they name no second code. */
function entryRows(entries: readonly Entry[]): EntryRow[] {
  const rows: EntryRow[] = [];
  let row: EntryRow | undefined;
  for (const entry of entries) {
    const { redemption, cause, step, counter, reserved, used } = entry;
    const code = isOfCode(counter) ? codeOf(counter) : null;
    const continues =
      row !== undefined &&
      row.first.redemption === redemption &&
      row.first.cause === cause &&
      row.first.step + row.postings.length === step &&
      (code === null || row.code === null || row.code === code);
    if (!continues || row === undefined) {
      row = { first: entry, code: null, postings: [] };
      rows.push(row);
    }
    row.code ??= code;
    row.postings.push([counter.rule, counter.measure, counter.holder, counter.period, reserved, used]);
  }
  return rows;
}

function recorded({ records }: Writes): Part {
  return {
    name: "recorded",
    text: `
  insert into idempotency_records (project_id, key, operation, request_hash, resource_id, answer)
  select $1, key, operation, hash, resource_id, answer::json
    from unnest($?::text[], $?::text[], $?::bytea[], $?::text[], $?::text[]) as u (key, operation, hash, resource_id, answer)`,
    values: [
      textArray(records.map(({ key }) => key)),
      textArray(records.map(({ operation }) => operation)),
      bytesArray(records.map(({ requestHash }) => requestHash)),
      textArray(records.map(({ resourceId }) => resourceId)),
      textArray(records.map(({ answer }) => answer)),
    ],
  };
}

function announced({ events }: Writes): Part {
  return {
    name: "announced",
    text: `
  insert into outbox_events (project_id, id, type, subject, data)
  select $1, id, type, subject, data::json
    from unnest($?::text[], $?::text[], $?::text[], $?::text[]) as u (id, type, subject, data)`,
    values: [
      textArray(events.map(({ id }) => id)),
      textArray(events.map(({ type }) => type)),
      textArray(events.map(({ subject }) => subject)),
      textArray(events.map(({ data }) => JSON.stringify(data))),
    ],
  };
}

function holdsText({ holds }: Writes["created"][number]["state"]): string {
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

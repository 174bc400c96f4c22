/**
 * What a batch needs, locked and read by one statement, so that sixty-four redemptions cost hardly more round trips than one.
 */
import type pg from "pg";
import type { CounterName } from "../../ledger/books.ts";
import { textArray } from "../../platform/binary-arrays.ts";
import { inOneFlight } from "../../platform/flights.ts";
import { enterProject } from "../../platform/walls.ts";
import {
  columnsOf,
  type FreeCode,
  type Loaded,
  type Needs,
  type Picks,
  type StoredHold,
} from "./committer-books.ts";
import { planByIndex, planByPlace } from "./committer-planning.ts";

/** Row by row through the index, or by the place of a row that is locked already, whatever the statistics say. */
const beginStatement = (projectId: string): string =>
  `begin; ${enterProject(projectId)}; set local enable_hashjoin = off; set local enable_mergejoin = off`;

/** Rows to be locked must be there first. Sorted, as every lock is, so that two batches never wait for each other in a circle. */
function insertCounters(
  client: pg.ClientBase,
  projectId: string,
  names: readonly CounterName[],
): Promise<pg.QueryResult> {
  return client.query({
    name: "insert-counters",
    text: `insert into counters (project_id, rule_id, measure, holder, period)
           select $1, rule_id, measure, holder, period
             from unnest($2::text[], $3::text[], $4::text[], $5::text[]) as u (rule_id, measure, holder, period)
            order by 2, 3, 4, 5
           on conflict do nothing`,
    values: [projectId, ...columnsOf(names).map(textArray)],
  });
}

// `materialized` and the order of the arms of the last query fix the order of the locks: redemptions, coupons, counters,
// each by its key. `lateral` makes every look-up one by its whole key, even when the plan was made for an empty table; and
// the clock is read once nothing is waited for any more.
const loadText = `
with r as materialized (
  select ctid, id, source, order_ref, state, request_hash, expires_at, holds, steps
    from redemptions
   where project_id = $1
     and id = any ($2::text[] || array(
           select live.id
             from unnest($3::text[], $4::text[]) as asked (source, order_ref),
                  lateral (select id from redemptions
                            where project_id = $1 and source = asked.source and order_ref = asked.order_ref
                              and state not in ('cancelled', 'expired') offset 0) as live))
   order by id for update
), k as materialized (
  select distinct rule_id, measure, holder collate "C" as holder, period
    from (select * from unnest($6::text[], $7::text[], $8::text[], $9::text[]) as given (rule_id, measure, holder, period)
          union all
          select hold ->> 0, hold ->> 1, hold ->> 2, hold ->> 3 from r, json_array_elements(r.holds) as hold) as named
), c as materialized (
  select ctid, code, pool_id, status, used, reserved, max_uses, expires_at, customer_id, spelling
    from coupons
   where project_id = $1
     and code = any ($10::text[] || array(select substr(holder, 6) from k where measure = 'coupon'))
   order by code for update
), n as materialized (
  select locked.*
    from (select * from k where measure <> 'coupon' order by rule_id, measure, holder, period) as k,
         lateral (select ctid, rule_id, measure, holder, period, used, reserved from counters
                   where project_id = $1 and rule_id = k.rule_id and measure = k.measure and holder = k.holder
                     and period = k.period for update) as locked
)
select 'r' as kind, ctid::text as place, id as t1, source as t2, order_ref as t3, state as t4,
       encode(request_hash, 'hex') as t5, steps::bigint as n1, (extract(epoch from expires_at) * 1000)::bigint as n2,
       null::bigint as n3, holds as j from r
union all
select 'i', null, key, operation, encode(request_hash, 'hex'), resource_id, null, null, null, null, answer
  from idempotency_records where project_id = $1 and key = any ($5::text[])
union all
select 'c', ctid::text, code, pool_id, status, (extract(epoch from expires_at) * 1000)::bigint::text, customer_id, used, reserved, max_uses,
       to_json(spelling) from c
union all
select 'n', ctid::text, rule_id, measure, holder, period, null, used, reserved, null, null from n
union all
select 'a', null, a.alias, a.customer_id, null, null, null, null, null, null, null
  from unnest($11::text[]) as u (id),
       lateral (select alias, customer_id from customer_aliases where project_id = $1 and alias = u.id collate "C" offset 0) as a
union all
select 't', null, pg_current_xact_id()::text, null, null, null, null, (extract(epoch from clock_timestamp()) * 1000)::bigint, null, null, null
  from (select ${planByPlace}) as settings`;

interface LoadRow {
  kind: "t" | "a" | "r" | "i" | "c" | "n";
  place: string;
  t1: string;
  t2: string;
  t3: string;
  t4: string | null;
  t5: string | null;
  n1: number;
  n2: number | null;
  n3: number | null;
  j: unknown;
}

/**
 * Begins the transaction, inserts counters that may not be there yet, locks what the batch touches and reads it: one round trip.
 * Whoever else wants any of it waits until this transaction ends.
 */
export async function beginLocked(
  client: pg.ClientBase,
  projectId: string,
  needs: Needs,
  unknownCounters: readonly CounterName[],
): Promise<Loaded> {
  const answers = await inOneFlight(client, () => [
    client.query(beginStatement(projectId)),
    ...(unknownCounters.length === 0 ? [] : [insertCounters(client, projectId, unknownCounters)]),
    client.query<LoadRow>({
      name: "load-batch",
      text: loadText,
      values: [
        projectId,
        textArray(needs.redemptions),
        textArray(needs.orders.map(({ source }) => source)),
        textArray(needs.orders.map(({ orderRef }) => orderRef)),
        textArray(needs.keys),
        ...columnsOf(needs.counters).map(textArray),
        textArray(needs.codes),
        textArray(needs.customers),
      ],
    }),
  ]);
  const { rows } = answers.at(-1) as pg.QueryResult<LoadRow>;
  const loaded: Loaded = {
    now: 0,
    transactionId: "",
    redemptions: [],
    records: new Map(),
    aliases: new Map(),
    coupons: [],
    counters: [],
  };
  for (const row of rows) add(loaded, row);
  return loaded;
}

function add(loaded: Loaded, { kind, place, t1, t2, t3, t4, t5, n1, n2, n3, j }: LoadRow): void {
  switch (kind) {
    case "t":
      loaded.now = n1;
      loaded.transactionId = t1;
      return;
    case "a":
      loaded.aliases.set(t1, t2);
      return;
    case "r":
      loaded.redemptions.push({
        place,
        id: t1,
        source: t2,
        orderRef: t3,
        state: t4 as Loaded["redemptions"][number]["state"],
        requestHash: t5 ?? "",
        steps: n1,
        expiresAt: n2,
        holds: j as StoredHold[],
      });
      return;
    case "i":
      loaded.records.set(t1, { operation: t2, requestHash: t3, resourceId: t4 ?? "", answer: j });
      return;
    case "c":
      loaded.coupons.push({
        place,
        code: t1,
        poolId: t2,
        status: t3,
        used: n1,
        reserved: n2 ?? 0,
        maxUses: n3 ?? 0,
        expiresAt: t4 === null ? null : Number(t4),
        customerId: t5,
        spelling: j as string | null,
      });
      return;
    case "n":
      loaded.counters.push({
        place,
        name: { rule: t1, measure: t2, holder: t3, period: t4 ?? "" },
        used: n1,
        reserved: n2 ?? 0,
      });
  }
}

/** Free codes for claims, but those of `except`. Passes over those another process is just giving away, so nobody waits. */
export async function pickCodes(
  client: pg.ClientBase,
  projectId: string,
  wanted: ReadonlyMap<string, number>,
  except: readonly string[],
): Promise<Picks> {
  const picks = new Map<string, FreeCode[]>();
  await client.query(`select ${planByIndex}`);
  for (const [poolId, count] of [...wanted].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const { rows } = await client.query<FreeCode & { expires_at: number | null }>({
      name: "pick-codes",
      text: `select ctid::text as place, code, spelling, (extract(epoch from expires_at) * 1000)::bigint as expires_at
               from coupons
              where project_id = $1 and pool_id = $2 and customer_id is null and status = 'active'
                and used + reserved < max_uses and (expires_at is null or expires_at > now())
                and code <> all ($4::text[])
              order by customer_id, code limit $3 for update skip locked`,
      values: [projectId, poolId, count, textArray(except)],
    });
    picks.set(
      poolId,
      rows.map(({ place, code, spelling, expires_at }) => ({ place, code, spelling, expiresAt: expires_at })),
    );
  }
  await client.query(`select ${planByPlace}`);
  return picks;
}

/** Of these pools those that have less than a tenth of their codes left to claim, or less than a hundred. Counts no further than that. */
export async function poolsRunningLow(
  client: pg.ClientBase,
  projectId: string,
  poolIds: readonly string[],
): Promise<{ id: string; key: string; codes: number; left: number }[]> {
  const { rows } = await client.query<{ id: string; key: string; codes: number; left: number }>({
    name: "pools-running-low",
    text: `select * from (
             select pool.id, pool.key, pool.codes, least(100, ceil(pool.codes / 10.0)) as mark,
                    (select count(*) from (
                       select from coupons
                        where project_id = $1 and pool_id = pool.id and customer_id is null and status = 'active'
                          and used + reserved < max_uses and (expires_at is null or expires_at > now())
                        order by customer_id, code limit 100) as free) as left
               from coupon_pools pool where project_id = $1 and id = any ($2)) as counted
            where counted.left < mark`,
    values: [projectId, poolIds],
  });
  return rows.map(({ id, key, codes, left }) => ({ id, key, codes, left }));
}

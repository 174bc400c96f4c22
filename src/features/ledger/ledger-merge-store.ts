/** What a merge of customers locks and writes: beside the committer the only code that changes redemptions, counters and the ledger. */
import { sql } from "drizzle-orm";
import { type CounterName, counterKey, type Hold, type RedemptionStatus } from "../../ledger/books.ts";
import type { Entry } from "../../ledger/entries.ts";
import type { Connection } from "../../platform/database.ts";
import { columnsOf, type StoredHold, type StoredPosting } from "./committer-books.ts";

/** Of which the holder has taken something. */
export async function countersOf(
  connection: Connection,
  projectId: string,
  holder: string,
): Promise<CounterName[]> {
  const { rows } = await connection.execute<Record<keyof CounterName, string>>(sql`
    select rule_id as rule, measure, holder, period from counters
     where project_id = ${projectId} and holder = ${holder} and holder <> '' and used + reserved > 0`);
  return rows;
}

/** The same counters of another holder, that there is something to lock. */
export async function beginCounters(
  connection: Connection,
  projectId: string,
  holder: string,
  names: readonly CounterName[],
): Promise<void> {
  if (names.length === 0) return;
  const [rules, measures, , periods] = columnsOf(names);
  await connection.execute(sql`
    insert into counters (project_id, rule_id, measure, holder, period)
    select ${projectId}, rule_id, measure, ${holder}, period
      from unnest(${sql.param(rules)}::text[], ${sql.param(measures)}::text[], ${sql.param(periods)}::text[]) as u (rule_id, measure, period)
     order by 2, 3, 4, 5
    on conflict do nothing`);
}

export interface MergedRedemption {
  readonly id: string;
  readonly customerId: string | null;
  readonly holds: readonly Hold[];
  readonly steps: number;
}

/** Theirs; what was set aside for vouchers of theirs, which is no order yet; and what tills took of these for whomever else. */
export async function lockRedemptionsOf(
  connection: Connection,
  projectId: string,
  [guest, customer]: readonly [guest: string, customer: string],
): Promise<(MergedRedemption & { state: RedemptionStatus })[]> {
  const { rows } = await connection.execute<{
    id: string;
    customerId: string | null;
    state: RedemptionStatus;
    steps: number;
    holds: StoredHold[];
  }>(sql`
    select id, customer_id as "customerId", state, steps, holds from redemptions
     where project_id = ${projectId}
       and id = any (array(select id from redemptions where project_id = ${projectId} and customer_id = ${guest}
                           union all
                           select id from offline_vouchers where project_id = ${projectId} and customer_id in (${guest}, ${customer})
                           union all
                           select f.redemption_id from offline_vouchers v
                             join offline_flags f on f.project_id = v.project_id and f.voucher_id = v.id and f.kind = 'wrong_customer'
                            where v.project_id = ${projectId} and v.customer_id in (${guest}, ${customer})))
     order by id for update`);
  return rows.map(({ holds, ...row }) => ({
    ...row,
    holds: holds.map(([rule, measure, holder, period, amount]) => ({
      counter: { rule, measure, holder, period },
      amount,
      limit: null,
    })),
  }));
}

export async function lockCouponsOf(
  connection: Connection,
  projectId: string,
  customer: string,
): Promise<void> {
  await connection.execute(sql`
    select from coupons where project_id = ${projectId} and customer_id = ${customer} order by code for update`);
}

/** All of these holders, by key. */
export async function lockCounters(
  connection: Connection,
  projectId: string,
  [guest, customer]: readonly [guest: string, customer: string],
): Promise<Map<string, { name: CounterName; used: number }>> {
  const { rows } = await connection.execute<Record<keyof CounterName, string> & { used: number }>(sql`
    select rule_id as rule, measure, holder, period, used from counters
     where project_id = ${projectId} and holder in (${guest}, ${customer}) and holder <> ''
     order by rule_id, measure, holder, period for update`);
  return new Map(rows.map(({ used, ...name }) => [counterKey(name), { name, used }]));
}

export interface WrittenMerge {
  readonly redemptions: MergedRedemption[];
  /** Each a row of the ledger. */
  readonly entries: (readonly Entry[])[];
  readonly counters: Map<string, { name: CounterName; used: number; reserved: number }>;
}

/** Of what is locked. A limit on a row is only the one it was last taken under: it must not keep the truth out. */
export async function writeMerge(
  connection: Connection,
  projectId: string,
  { redemptions, entries, counters }: WrittenMerge,
): Promise<void> {
  if (redemptions.length > 0)
    await connection.execute(sql`
      update redemptions r set customer_id = u.customer_id, holds = u.holds, steps = u.steps
        from json_to_recordset(${JSON.stringify(redemptions.map(storedRedemption))}::json)
          as u (id text, customer_id text, holds json, steps int)
       where r.project_id = ${projectId} and r.id = u.id`);
  if (entries.length > 0)
    await connection.execute(sql`
      insert into ledger_entries (project_id, redemption_id, step, cause, postings)
      select ${projectId}, u.* from json_to_recordset(${JSON.stringify(entries.map(storedEntries))}::json)
        as u (redemption_id text, step int, cause text, postings json)`);
  const changes = [...counters.values()].map(({ name, used, reserved }) => ({ ...name, used, reserved }));
  if (changes.length > 0)
    await connection.execute(sql`
      update counters c
         set used = c.used + u.used, reserved = c.reserved + u.reserved,
             lim = greatest(c.lim, case when c.lim is not null then c.used + u.used + c.reserved + u.reserved end)
        from json_to_recordset(${JSON.stringify(changes)}::json)
          as u (rule text, measure text, holder text, period text, used bigint, reserved bigint)
       where c.project_id = ${projectId} and c.rule_id = u.rule and c.measure = u.measure and c.holder = u.holder collate "C"
         and c.period = u.period`);
}

function storedRedemption({ id, customerId, holds, steps }: MergedRedemption) {
  const stored = holds.map(({ counter: { rule, measure, holder, period }, amount }): StoredHold => {
    return [rule, measure, holder, period, amount];
  });
  return { id, customer_id: customerId, holds: stored, steps };
}

function storedEntries(entries: readonly Entry[]) {
  const { redemption, step, cause } = entries[0]!;
  const postings = entries.map(
    ({ counter: { rule, measure, holder, period }, reserved, used }): StoredPosting => [
      rule,
      measure,
      holder,
      period,
      reserved,
      used,
    ],
  );
  return { redemption_id: redemption, step, cause, postings };
}

import { sql } from "drizzle-orm";
import type { RebateAccount, RebateCause } from "../../ledger/rebates.ts";
import type { Connection } from "../../platform/database.ts";

export interface AccountName {
  readonly agreement: string;
  readonly period: string;
  readonly dealer: string;
}

export interface AccountRow extends AccountName, Record<string, unknown> {
  measures: readonly number[];
  reward: number;
  accrued: number;
  payable: number;
  paid: number;
  isMember: boolean;
}

export interface ContributionRow extends AccountName, Record<string, unknown> {
  readonly externalId: string;
  readonly measures: readonly number[];
}

export interface EntryRow extends AccountName {
  readonly id: string;
  readonly ofPeriod: string;
  readonly cause: RebateCause;
  readonly from: RebateAccount;
  readonly to: RebateAccount;
  readonly amount: number;
  readonly externalId: string | null;
  readonly createdBy: string | null;
  readonly createdAt: Date;
}

const columns = sql`a.agreement, a.period, a.dealer, to_json(a.measures) as measures, a.reward, a.accrued, a.payable, a.paid, a.is_member as "isMember"`;

/** Each found by its whole key, whatever the plan. */
export async function findAccounts(
  connection: Connection,
  projectId: string,
  names: readonly AccountName[],
): Promise<AccountRow[]> {
  if (names.length === 0) return [];
  const list = (field: keyof AccountName) => sql.param(names.map((name) => name[field]));
  const { rows } = await connection.execute<AccountRow>(sql`
    select ${columns}
      from unnest(${list("agreement")}::text[], ${list("period")}::text[], ${list("dealer")}::text[]) as u (agreement, period, dealer),
           lateral (select * from rebate_accounts where project_id = ${projectId} and agreement = u.agreement collate "C"
                       and period = u.period collate "C" and dealer = u.dealer collate "C" offset 0) as a`);
  return rows;
}

/** Names none twice. */
export async function saveAccounts(
  connection: Connection,
  projectId: string,
  rows: readonly AccountRow[],
): Promise<void> {
  if (rows.length === 0) return;
  await connection.execute(sql`
    insert into rebate_accounts as a (project_id, agreement, period, dealer, measures, reward, accrued, payable, paid, is_member)
    select ${projectId}, u.agreement, u.period, u.dealer, u.measures, u.reward, u.accrued, u.payable, u.paid, u."isMember"
      from json_to_recordset(${JSON.stringify(rows)}::json) as u (agreement text, period text, dealer text, measures bigint[],
             reward bigint, accrued bigint, payable bigint, paid bigint, "isMember" boolean)
    on conflict (project_id, agreement, period, dealer) do update
       set measures = excluded.measures, reward = excluded.reward, accrued = excluded.accrued, payable = excluded.payable,
           paid = excluded.paid, is_member = excluded.is_member`);
}

/** Of a period, or of one dealer in it, by dealer. */
export async function listAccounts(
  connection: Connection,
  projectId: string,
  { agreement, period, dealer }: Omit<AccountName, "dealer"> & { dealer?: string | undefined },
  { after, limit }: { after: string | null; limit: number },
): Promise<AccountRow[]> {
  const { rows } = await connection.execute<AccountRow>(sql`
    select ${columns} from rebate_accounts a
     where project_id = ${projectId} and agreement = ${agreement} and period = ${period}
       ${dealer === undefined ? sql`` : sql`and dealer = ${dealer}`}
       ${after === null ? sql`` : sql`and dealer > ${after} collate "C"`}
     order by dealer limit ${limit}`);
  return rows;
}

export async function contributionsOf(
  connection: Connection,
  projectId: string,
  externalIds: readonly string[],
): Promise<ContributionRow[]> {
  const { rows } = await connection.execute<ContributionRow>(sql`
    select external_id as "externalId", agreement, period, dealer, to_json(measures) as measures from rebate_contributions
     where project_id = ${projectId} and external_id = any (${sql.param([...externalIds])}::text[])`);
  return rows;
}

/** Names none twice; without measures it goes. */
export async function saveContributions(
  connection: Connection,
  projectId: string,
  rows: readonly ContributionRow[],
): Promise<void> {
  const kept = rows.filter(({ measures }) => measures.length > 0);
  const gone = rows.filter(({ measures }) => measures.length === 0);
  if (kept.length > 0)
    await connection.execute(sql`
      insert into rebate_contributions (project_id, external_id, agreement, dealer, period, measures)
      select ${projectId}, u."externalId", u.agreement, u.dealer, u.period, u.measures
        from json_to_recordset(${JSON.stringify(kept)}::json)
          as u ("externalId" text, agreement text, dealer text, period text, measures bigint[])
      on conflict (project_id, external_id, agreement) do update
         set dealer = excluded.dealer, period = excluded.period, measures = excluded.measures`);
  if (gone.length > 0)
    await connection.execute(sql`
      delete from rebate_contributions c
       using json_to_recordset(${JSON.stringify(gone)}::json) as u ("externalId" text, agreement text)
       where c.project_id = ${projectId} and c.external_id = u."externalId" collate "C" and c.agreement = u.agreement collate "C"`);
}

/** In one parameter, however many. */
export async function insertEntries(
  connection: Connection,
  projectId: string,
  rows: readonly EntryRow[],
): Promise<void> {
  if (rows.length === 0) return;
  await connection.execute(sql`
    insert into rebate_entries (project_id, id, agreement, period, dealer, of_period, cause, from_account, to_account, amount,
                                external_id, created_by, created_at)
    select ${projectId}, u.id, u.agreement, u.period, u.dealer, u."ofPeriod", u.cause, u."from", u."to", u.amount,
           u."externalId", u."createdBy", u."createdAt"
      from json_to_recordset(${JSON.stringify(rows)}::json)
        as u (id text, agreement text, period text, dealer text, "ofPeriod" text, cause text, "from" text, "to" text, amount bigint,
              "externalId" text, "createdBy" text, "createdAt" timestamptz)`);
}

export interface StoredEntry extends Omit<EntryRow, "createdAt">, Record<string, unknown> {
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

/** Of one account, last first. */
export async function listEntries(
  connection: Connection,
  projectId: string,
  { agreement, period, dealer }: AccountName,
  { before, limit }: { before: string | null; limit: number },
): Promise<StoredEntry[]> {
  const { rows } = await connection.execute<StoredEntry>(sql`
    select id, agreement, period, dealer, of_period as "ofPeriod", cause, from_account as "from", to_account as "to", amount,
           external_id as "externalId", created_by as "createdBy", floor(extract(epoch from created_at) * 1000)::bigint as "createdAt"
      from rebate_entries
     where project_id = ${projectId} and agreement = ${agreement} and period = ${period} and dealer = ${dealer}
       ${before === null ? sql`` : sql`and id < ${before}`}
     order by id desc limit ${limit}`);
  return rows;
}

/** What was booked in this period for others, which are closed: by dealer and by the period it is for. */
export async function adjustmentsIn(
  connection: Connection,
  projectId: string,
  { agreement, period }: Omit<AccountName, "dealer">,
  dealers: readonly string[],
): Promise<{ dealer: string; ofPeriod: string; amount: number }[]> {
  if (dealers.length === 0) return [];
  const { rows } = await connection.execute<{ dealer: string; ofPeriod: string; amount: number }>(sql`
    select dealer, of_period as "ofPeriod",
           sum(case when to_account = 'accrued' then amount else -amount end)::bigint as amount
      from rebate_entries
     where project_id = ${projectId} and agreement = ${agreement} and period = ${period}
       and dealer = any (${sql.param([...dealers])}::text[]) and cause = 'adjust'
     group by 1, 2 order by 1, 2`);
  return rows.filter(({ amount }) => amount !== 0);
}

/** Periods in which something was booked, beyond those of the calendar. */
export async function bookedPeriods(
  connection: Connection,
  projectId: string,
  agreement: string,
  beginning: string,
): Promise<string[]> {
  const { rows } = await connection.execute<{ period: string }>(sql`
    select distinct period from rebate_accounts
     where project_id = ${projectId} and agreement = ${agreement} and starts_with(period, ${beginning})`);
  return rows.map(({ period }) => period);
}

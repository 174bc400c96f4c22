/** Programmes of tiers, and who is in which. What was bought is read where it is kept. */
import { sql } from "drizzle-orm";
import type { Achievement, SetTier, TierStanding } from "../../engine/tier-ladder.ts";
import type { Connection } from "../../platform/database.ts";
import { counted } from "./tier-rules.ts";
import type { TierProgrammeDocument } from "./tier-schemas.ts";

export interface TierProgrammeRow {
  readonly version: number;
  readonly document: TierProgrammeDocument;
  /** By which version everybody is looked at, or was. */
  readonly sweptVersion: number;
  /** By which everybody was, to the end. */
  readonly refreshedVersion: number;
}

const columns = sql`version, document, swept_version as "sweptVersion", refreshed_version as "refreshedVersion"`;

export async function findProgramme(
  connection: Connection,
  projectId: string,
  lock = false,
): Promise<TierProgrammeRow | undefined> {
  const { rows } = await connection.execute<Record<keyof TierProgrammeRow, never>>(sql`
    select ${columns} from tier_programmes where project_id = ${projectId} ${lock ? sql`for update` : sql``}`);
  return rows[0];
}

/** The next version. */
export async function saveProgramme(
  connection: Connection,
  projectId: string,
  document: TierProgrammeDocument,
): Promise<TierProgrammeRow> {
  const { rows } = await connection.execute<Record<keyof TierProgrammeRow, never>>(sql`
    insert into tier_programmes as p (project_id, version, document)
    values (${projectId}, 1, ${JSON.stringify(document)}::jsonb)
    on conflict (project_id) do update set version = p.version + 1, document = excluded.document
    returning ${columns}`);
  return rows[0]!;
}

/** Everybody is looked at by the present version from now on. */
export async function beginSweep(connection: Connection, projectId: string): Promise<void> {
  await connection.execute(sql`
    update tier_programmes set swept_version = version where project_id = ${projectId} and swept_version < version`);
}

export async function endSweep(connection: Connection, projectId: string): Promise<void> {
  await connection.execute(sql`
    update tier_programmes set refreshed_version = swept_version
     where project_id = ${projectId} and refreshed_version < swept_version`);
}

const milliseconds = (column: string) => sql.raw(`floor(extract(epoch from ${column}) * 1000)::bigint`);
const instant = (at: number | null) => (at === null ? null : new Date(at).toISOString());

export type CustomerTierRow = TierStanding & { readonly customerId: string };

/** Of these customers, those who are in a tier, or will be without anything being done. */
export async function findTiers(
  connection: Connection,
  projectId: string,
  ids: readonly string[],
): Promise<Map<string, CustomerTierRow>> {
  const { rows } = await connection.execute<Record<keyof CustomerTierRow, never>>(sql`
    select customer_id as "customerId", tier, ${milliseconds("since")} as since, ${milliseconds("until")} as until,
           is_manual as "isManual", ${milliseconds("next_at")} as "nextAt"
      from customer_tiers where project_id = ${projectId} and customer_id = any (${sql.param(ids)}::text[])`);
  return new Map(rows.map((row: CustomerTierRow) => [row.customerId, row]));
}

/** Names no customer twice. */
export async function saveTiers(
  connection: Connection,
  projectId: string,
  rows: readonly CustomerTierRow[],
): Promise<void> {
  if (rows.length === 0) return;
  const records = rows.map(({ customerId, tier, since, until, isManual, nextAt }) => ({
    customer_id: customerId,
    tier,
    since: instant(since),
    until: instant(until),
    is_manual: isManual,
    next_at: instant(nextAt),
  }));
  await connection.execute(sql`
    insert into customer_tiers (project_id, customer_id, tier, since, until, is_manual, next_at)
    select ${projectId}, u.* from json_to_recordset(${JSON.stringify(records)}::json)
      as u (customer_id text, tier text, since timestamptz, until timestamptz, is_manual boolean, next_at timestamptz)
     order by u.customer_id
    on conflict (project_id, customer_id) do update
       set tier = excluded.tier, since = excluded.since, until = excluded.until, is_manual = excluded.is_manual,
           next_at = excluded.next_at`);
}

export async function deleteTiers(
  connection: Connection,
  projectId: string,
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return;
  await connection.execute(sql`
    delete from customer_tiers where project_id = ${projectId} and customer_id = any (${sql.param(ids)}::text[])`);
}

/** The first of those for whom something else follows by now. */
export async function dueTiers(
  connection: Connection,
  projectId: string,
  now: number,
  most: number,
): Promise<string[]> {
  const { rows } = await connection.execute<{ id: string }>(sql`
    select customer_id as id from customer_tiers
     where project_id = ${projectId} and next_at is not null and next_at <= ${instant(now)}::timestamptz
     order by next_at limit ${most}`);
  return rows.map(({ id }) => id);
}

export type TierSettingRow = SetTier & { readonly customerId: string; readonly reason: string };

export async function findSettings(
  connection: Connection,
  projectId: string,
  ids: readonly string[],
): Promise<Map<string, TierSettingRow>> {
  const { rows } = await connection.execute<Record<keyof TierSettingRow, never>>(sql`
    select customer_id as "customerId", tier, ${milliseconds("set_at")} as "from", ${milliseconds("until")} as until, reason
      from tier_settings where project_id = ${projectId} and customer_id = any (${sql.param(ids)}::text[])`);
  return new Map(rows.map((row: TierSettingRow) => [row.customerId, row]));
}

export async function saveSetting(
  connection: Connection,
  projectId: string,
  { customerId, tier, from, until, reason }: TierSettingRow,
): Promise<void> {
  await connection.execute(sql`
    insert into tier_settings (project_id, customer_id, tier, set_at, until, reason)
    values (${projectId}, ${customerId}, ${tier}, ${instant(from)}::timestamptz, ${instant(until)}::timestamptz, ${reason})
    on conflict (project_id, customer_id) do update
       set tier = excluded.tier, set_at = excluded.set_at, until = excluded.until, reason = excluded.reason`);
}

export async function deleteSetting(
  connection: Connection,
  projectId: string,
  customerId: string,
): Promise<number> {
  const { rowCount } = await connection.execute(sql`
    delete from tier_settings where project_id = ${projectId} and customer_id = ${customerId}`);
  return rowCount ?? 0;
}

/** What was set by hand for the customer stands; else what was for the guest. */
export async function mergeSetting(
  connection: Connection,
  projectId: string,
  { from, to }: { from: string; to: string },
): Promise<number> {
  await connection.execute(sql`
    insert into tier_settings (project_id, customer_id, tier, set_at, until, reason)
    select project_id, ${to}, tier, set_at, until, reason from tier_settings
     where project_id = ${projectId} and customer_id = ${from}
    on conflict do nothing`);
  return deleteSetting(connection, projectId, from);
}

/** What these customers did that counts, with all its times. */
export async function findAchievements(
  connection: Connection,
  projectId: string,
  holders: ReadonlyMap<string, string>,
  { measure, pointsProgramme, tiers }: TierProgrammeDocument,
): Promise<Map<string, Achievement[]>> {
  const ids = sql.param([...holders.keys()]);
  const currencies = sql.param(Object.keys(tiers[0]?.amounts ?? {}));
  const found = {
    amount: sql`
      select customer_id as id, ${milliseconds("at")} as at, currency as of, total as value from order_history
       where project_id = ${projectId} and customer_id = any (${ids}::text[]) and currency = any (${currencies}::text[])`,
    orders: sql`
      select customer_id as id, ${milliseconds("at")} as at, ${counted} as of, 1 as value from order_history
       where project_id = ${projectId} and customer_id = any (${ids}::text[])`,
    points: sql`
      select u.id, ${milliseconds("l.earned_at")} as at, ${counted} as of, l.amount - l.reversed as value
        from unnest(${ids}::text[], ${sql.param([...holders.values()])}::text[]) as u (id, holder),
             lateral (select earned_at, amount, reversed from points_lots
                       where project_id = ${projectId} and holder = u.holder collate "C" and programme = ${pointsProgramme}
                         and redemption_id is not null
                      union all
                      select earned_at, amount, reversed from points_lots
                       where project_id = ${projectId} and holder = u.holder collate "C" and programme = ${pointsProgramme}
                         and external_id is not null offset 0) as l`,
  }[measure];
  const { rows } = await connection.execute<{ id: string; done: Achievement[] }>(sql`
    select id, json_agg(json_build_object('at', at, 'of', of, 'value', value)) as done from (${found}) as found group by id`);
  return new Map(rows.map(({ id, done }) => [id, done]));
}

export async function recordsOfTiers(
  connection: Connection,
  projectId: string,
  customerId: string,
): Promise<Record<string, unknown>[]> {
  const { rows } = await connection.execute<{ record: Record<string, unknown> }>(sql`
    select json_build_object('tier', tier, 'since', since, 'until', until, 'isManual', is_manual) as record
      from customer_tiers where project_id = ${projectId} and customer_id = ${customerId}
    union all
    select json_build_object('set', tier, 'at', set_at, 'until', until, 'reason', reason)
      from tier_settings where project_id = ${projectId} and customer_id = ${customerId}`);
  return rows.map(({ record }) => record);
}

/** Ids that stand for a customer since they were merged into them. */
import { sql } from "drizzle-orm";
import type { CustomerName } from "../../platform/customer-data.ts";
import type { Connection } from "../../platform/database.ts";

/** Of these ids those that stand for somebody else. */
export async function findAliases(
  connection: Connection,
  projectId: string,
  ids: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await connection.execute<{ alias: string; customer_id: string }>(sql`
    select alias, customer_id from customer_aliases where project_id = ${projectId} and alias = any (${sql.param([...ids])}::text[])`);
  return new Map(rows.map(({ alias, customer_id }) => [alias, customer_id]));
}

/** Ids that stand for this customer. */
export async function aliasesTo(connection: Connection, projectId: string, id: string): Promise<string[]> {
  const { rows } = await connection.execute<{ alias: string }>(sql`
    select alias from customer_aliases where project_id = ${projectId} and customer_id = ${id} order by merged_at, alias`);
  return rows.map(({ alias }) => alias);
}

/** One merge of a project at a time, and none while a customer is erased. */
export async function lockMerges(connection: Connection, projectId: string): Promise<void> {
  await connection.execute(sql`select pg_advisory_xact_lock(730511827, hashtext(${projectId}))`);
}

/** Whoever waits for a lock keeps others waiting: better to begin anew. */
export async function waitBriefly(connection: Connection, milliseconds: number): Promise<void> {
  await connection.execute(sql`select set_config('lock_timeout', ${String(milliseconds)}, true)`);
}

/** What stood for the guest stands for the customer as well, so that an alias takes one step. */
export async function saveAlias(
  connection: Connection,
  projectId: string,
  { alias, customerId, now, settleAt }: { alias: string; customerId: string; now: Date; settleAt: Date },
): Promise<void> {
  await connection.execute(sql`
    update customer_aliases set customer_id = ${customerId} where project_id = ${projectId} and customer_id = ${alias}`);
  await connection.execute(sql`
    insert into customer_aliases (project_id, alias, customer_id, merged_at, settle_at)
    values (${projectId}, ${alias}, ${customerId}, ${now.toISOString()}::timestamptz, ${settleAt.toISOString()}::timestamptz)`);
}

export interface DueMerge {
  readonly projectId: string;
  readonly alias: string;
  readonly customerId: string;
}

/** Those whose guests may have had requests under way, in all projects; over the walls. */
export async function dueMerges(connection: Connection, at: Date, most: number): Promise<DueMerge[]> {
  const { rows } = await connection.execute<Record<keyof DueMerge, string>>(sql`
    select project_id as "projectId", alias, customer_id as "customerId" from due_customer_merges(${at.toISOString()}::timestamptz, ${most})`);
  return rows;
}

/** Null: done. */
export async function settleAt(
  connection: Connection,
  { projectId, alias }: DueMerge,
  at: Date | null,
): Promise<void> {
  await connection.execute(sql`
    update customer_aliases set settle_at = ${at?.toISOString() ?? null}::timestamptz where project_id = ${projectId} and alias = ${alias}`);
}

export async function aliasRecords(
  connection: Connection,
  { projectId, id }: CustomerName,
): Promise<Record<string, unknown>[]> {
  const { rows } = await connection.execute<{ record: Record<string, unknown> }>(sql`
    select json_build_object('alias', alias, 'mergedAt', merged_at) as record
      from customer_aliases where project_id = ${projectId} and customer_id = ${id} order by merged_at desc, alias`);
  return rows.map(({ record }) => record);
}

/** A browser that comes again is a guest that nobody knows. */
export async function deleteAliases(
  connection: Connection,
  { projectId, id }: CustomerName,
): Promise<number> {
  const { rowCount } = await connection.execute(sql`
    delete from customer_aliases where project_id = ${projectId} and customer_id = ${id}`);
  return rowCount ?? 0;
}

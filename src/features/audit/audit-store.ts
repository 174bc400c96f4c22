import { type SQL, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import type { AuditHeadRow, AuditRow, NewAuditRow } from "./audit-tables.ts";

/** The text of an instant that is sealed: the same whatever the time zone of the session. */
const instant = (column: string): SQL =>
  sql`to_char(${sql.raw(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

const columns = sql`
  project_id as "projectId", id, ${instant("at")} as at, operation, resource, resource_id as "resourceId",
  api_key_id as "apiKeyId", api_key_name as "apiKeyName", role, address, request_id as "requestId",
  before::text as before, after::text as after, sequence, encode(hash, 'hex') as hash`;

/** The key's name is kept as it is at this moment. */
export async function insertEntry(connection: Connection, row: NewAuditRow): Promise<void> {
  await connection.execute(sql`
    insert into audit_entries (project_id, id, operation, resource, resource_id, api_key_id, api_key_name, role,
                               address, request_id, before, after)
    values (${row.projectId}, ${row.id}, ${row.operation}, ${row.resource}, ${row.resourceId}, ${row.apiKeyId},
            (select name from key_of_space(${row.apiKeyId})),
            ${row.role}, ${row.address}, ${row.requestId}, ${row.before}::json, ${row.after}::json)`);
}

export interface AuditFilters {
  readonly resource?: string | undefined;
  readonly id?: string | undefined;
  readonly key?: string | undefined;
  readonly operation?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** Newest first. */
export async function listEntries(
  connection: Connection,
  projectId: string,
  filters: AuditFilters,
  { before, limit }: { before: readonly [at: string, id: string] | null; limit: number },
): Promise<AuditRow[]> {
  const earlier = before === null ? sql`true` : sql`(at, id) < (${before[0]}::timestamptz, ${before[1]})`;
  const { rows } = await connection.execute<AuditRow & Record<string, unknown>>(sql`
    select ${columns} from audit_entries
     where project_id = ${projectId} and ${earlier} and ${matching(filters)}
     order by audit_entries.at desc, id desc limit ${limit}`);
  return rows;
}

/** Of the chain, in its order. */
export async function sealedEntries(
  connection: Connection,
  projectId: string,
  filters: AuditFilters,
  { after, upTo, limit }: { after: number; upTo: number; limit: number },
): Promise<AuditRow[]> {
  const { rows } = await connection.execute<AuditRow & Record<string, unknown>>(sql`
    select ${columns} from audit_entries
     where project_id = ${projectId} and sequence > ${after} and sequence <= ${upTo} and ${matching(filters)}
     order by sequence limit ${limit}`);
  return rows;
}

function matching({ resource, id, key, operation, from, to }: AuditFilters): SQL {
  const parts = [
    resource === undefined ? undefined : sql`resource = ${resource}`,
    id === undefined ? undefined : sql`resource_id = ${id}`,
    key === undefined ? undefined : sql`api_key_id = ${key}`,
    operation === undefined ? undefined : sql`operation = ${operation}`,
    from === undefined ? undefined : sql`audit_entries.at >= ${from}::timestamptz`,
    to === undefined ? undefined : sql`audit_entries.at < ${to}::timestamptz`,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? sql`true` : sql.join(parts, sql` and `);
}

/** Projects with entries that are not in their chain yet; over the walls. */
export async function projectsToSeal(connection: Connection): Promise<string[]> {
  const { rows } = await connection.execute<{ id: string }>(sql`select id from projects_to_seal() as id`);
  return rows.map(({ id }) => id);
}

/** In the order in which they are to be sealed. */
export async function unsealedEntries(
  connection: Connection,
  projectId: string,
  limit: number,
): Promise<AuditRow[]> {
  const { rows } = await connection.execute<AuditRow & Record<string, unknown>>(sql`
    select ${columns} from audit_entries where project_id = ${projectId} and sequence is null
     order by audit_entries.at, id limit ${limit}`);
  return rows;
}

export async function sealEntries(
  connection: Connection,
  projectId: string,
  seals: readonly { readonly id: string; readonly sequence: number; readonly hash: string }[],
): Promise<void> {
  await connection.execute(sql`
    update audit_entries e set sequence = s.sequence, hash = decode(s.hash, 'hex')
      from json_to_recordset(${JSON.stringify(seals)}::json) as s (id text, sequence bigint, hash text)
     where e.project_id = ${projectId} and e.id = s.id`);
}

const headColumns = sql`
  project_id as "projectId", sequence, encode(hash, 'hex') as hash, ${instant("sealed_at")} as "sealedAt",
  checkpoint_sequence as "checkpointSequence", encode(checkpoint_hash, 'hex') as "checkpointHash"`;

export async function findHead(connection: Connection, projectId: string): Promise<AuditHeadRow | undefined> {
  const { rows } = await connection.execute<AuditHeadRow & Record<string, unknown>>(
    sql`select ${headColumns} from audit_heads where project_id = ${projectId}`,
  );
  return rows[0];
}

/** Locked until the transaction ends; undefined while another process is at it. */
export async function lockHead(
  connection: Connection,
  projectId: string,
  emptyHash: string,
): Promise<AuditHeadRow | undefined> {
  await connection.execute(sql`
    insert into audit_heads (project_id, hash, checkpoint_hash)
    values (${projectId}, decode(${emptyHash}, 'hex'), decode(${emptyHash}, 'hex')) on conflict do nothing`);
  const { rows } = await connection.execute<AuditHeadRow & Record<string, unknown>>(sql`
    select ${headColumns} from audit_heads where project_id = ${projectId} for update skip locked`);
  return rows[0];
}

export async function moveHead(
  connection: Connection,
  projectId: string,
  { sequence, hash }: { sequence: number; hash: string },
): Promise<void> {
  await connection.execute(sql`
    update audit_heads set sequence = ${sequence}, hash = decode(${hash}, 'hex'), sealed_at = now()
     where project_id = ${projectId}`);
}

/** Projects that keep their trail for a time only and have entries that are a day beyond it; over the walls. */
export async function projectsToForget(connection: Connection): Promise<string[]> {
  const { rows } = await connection.execute<{ id: string }>(sql`select id from projects_to_forget() as id`);
  return rows.map(({ id }) => id);
}

/** The last entry of the stretch at the beginning of the chain whose time is up. */
export async function lastToForget(
  connection: Connection,
  projectId: string,
): Promise<{ sequence: number; hash: string } | undefined> {
  const { rows } = await connection.execute<{ sequence: number; hash: string }>(sql`
    select e.sequence, encode(e.hash, 'hex') as hash from audit_entries e join projects p on p.id = e.project_id
     where e.project_id = ${projectId} and e.sequence is not null
       and e.at < now() - make_interval(days => (p.settings ->> 'auditRetentionDays')::int)
       and not exists (select from audit_entries young
                        where young.project_id = e.project_id and young.sequence < e.sequence
                          and young.at >= now() - make_interval(days => (p.settings ->> 'auditRetentionDays')::int))
     order by e.sequence desc limit 1`);
  return rows[0];
}

/** Forgets what lies up to there. The head must be locked. */
export async function forgetEntries(
  connection: Connection,
  projectId: string,
  { sequence, hash }: { sequence: number; hash: string },
): Promise<void> {
  await connection.execute(sql`
    update audit_heads set checkpoint_sequence = ${sequence}, checkpoint_hash = decode(${hash}, 'hex')
     where project_id = ${projectId}`);
  await connection.execute(
    sql`delete from audit_entries where project_id = ${projectId} and sequence <= ${sequence}`,
  );
}

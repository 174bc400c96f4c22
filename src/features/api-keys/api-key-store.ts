import { and, desc, eq, gt, inArray, isNull, lt, or, sql } from "drizzle-orm";
import type { Environment } from "../../platform/auth.ts";
import type { Connection } from "../../platform/database.ts";
import { type ApiKeyRow, type ApiKeySecretRow, apiKeySecrets, apiKeys } from "./api-key-tables.ts";

export async function insertApiKey(connection: Connection, row: typeof apiKeys.$inferInsert): Promise<void> {
  await connection.insert(apiKeys).values(row);
}

export async function insertSecret(connection: Connection, row: ApiKeySecretRow): Promise<void> {
  await connection.insert(apiKeySecrets).values(row);
}

export type FoundKey = Pick<
  ApiKeyRow,
  "projectId" | "id" | "role" | "environment" | "expiresAt" | "lastUsedAt" | "requestsPerMinute"
>;

/**
 * The keys that each secret opens at `now`, until the key or the secret expires: one, none, or two when two projects were
 * set up with the same one. Over the walls: this is how a request finds its project.
 */
export async function findBySecrets(
  connection: Connection,
  hashes: readonly Buffer[],
  now: Date,
): Promise<FoundKey[][]> {
  const { rows } = await connection.execute<
    Omit<FoundKey, "expiresAt" | "lastUsedAt"> & {
      place: number;
      expiresAt: string | null;
      lastUsedAt: string | null;
    }
  >(sql`
    select asked.place::integer as place, (key).project_id as "projectId", (key).id, (key).role, (key).environment,
           until as "expiresAt", (key).last_used_at as "lastUsedAt",
           (key).requests_per_minute as "requestsPerMinute"
      from unnest(${sql.param([...hashes])}::bytea[]) with ordinality as asked (hash, place),
           keys_of_secret(asked.hash, ${now.toISOString()}::timestamptz)`);
  const found: FoundKey[][] = hashes.map(() => []);
  for (const { place, expiresAt, lastUsedAt, ...row } of rows)
    found[place - 1]?.push({
      ...row,
      expiresAt: expiresAt === null ? null : new Date(expiresAt),
      lastUsedAt: lastUsedAt === null ? null : new Date(lastUsedAt),
    });
  return found;
}

/** The keys of a project that somebody may know of. */
export interface KeyRing {
  readonly projectId: string;
  readonly environments: readonly Environment[];
}

const onRing = ({ projectId, environments }: KeyRing) =>
  and(eq(apiKeys.projectId, projectId), inArray(apiKeys.environment, [...environments]));

/** Locked until the transaction ends, so that two rotations of one key follow each other. */
export async function lockApiKey(
  connection: Connection,
  ring: KeyRing,
  id: string,
): Promise<ApiKeyRow | undefined> {
  const [row] = await connection
    .select()
    .from(apiKeys)
    .where(and(onRing(ring), eq(apiKeys.id, id)))
    .for("update");
  return row;
}

export async function listApiKeys(
  connection: Connection,
  ring: KeyRing,
  beforeId: string | null,
  limit: number,
): Promise<ApiKeyRow[]> {
  return connection
    .select()
    .from(apiKeys)
    .where(and(onRing(ring), beforeId === null ? undefined : lt(apiKeys.id, beforeId)))
    .orderBy(desc(apiKeys.id))
    .limit(limit);
}

export async function findSecrets(
  connection: Connection,
  projectId: string,
  apiKeyIds: readonly string[],
  now: Date,
): Promise<ApiKeySecretRow[]> {
  if (apiKeyIds.length === 0) {
    return [];
  }
  return connection
    .select()
    .from(apiKeySecrets)
    .where(
      and(
        eq(apiKeySecrets.projectId, projectId),
        inArray(apiKeySecrets.apiKeyId, [...apiKeyIds]),
        or(isNull(apiKeySecrets.expiresAt), gt(apiKeySecrets.expiresAt, now)),
      ),
    )
    .orderBy(desc(apiKeySecrets.createdAt));
}

/** The secret in use lives on until `expiresAt`; what an earlier rotation left behind goes. */
export async function retireSecrets(
  connection: Connection,
  projectId: string,
  apiKeyId: string,
  expiresAt: Date,
): Promise<void> {
  const ofKey = and(eq(apiKeySecrets.projectId, projectId), eq(apiKeySecrets.apiKeyId, apiKeyId));
  await connection.delete(apiKeySecrets).where(and(ofKey, sql`${apiKeySecrets.expiresAt} is not null`));
  await connection.update(apiKeySecrets).set({ expiresAt }).where(ofKey);
}

export async function deleteSecrets(
  connection: Connection,
  projectId: string,
  apiKeyId: string,
): Promise<void> {
  await connection
    .delete(apiKeySecrets)
    .where(and(eq(apiKeySecrets.projectId, projectId), eq(apiKeySecrets.apiKeyId, apiKeyId)));
}

/** What a key may, and for how long; not of one that is revoked. */
export async function changeApiKey(
  connection: Connection,
  projectId: string,
  id: string,
  change: Partial<Pick<ApiKeyRow, "name" | "expiresAt" | "requestsPerMinute">>,
): Promise<ApiKeyRow | undefined> {
  const [row] = await connection
    .update(apiKeys)
    .set(change)
    .where(and(eq(apiKeys.projectId, projectId), eq(apiKeys.id, id)))
    .returning();
  return row;
}

/** Of a key that is locked. */
export async function markRevoked(
  connection: Connection,
  ring: KeyRing,
  id: string,
  now: Date,
): Promise<ApiKeyRow> {
  const [row] = await connection
    .update(apiKeys)
    .set({ revokedAt: now })
    .where(and(onRing(ring), eq(apiKeys.id, id)))
    .returning();
  if (row === undefined) throw new Error(`API key ${id} vanished under its lock`);
  return row;
}

export async function markUsed(
  connection: Connection,
  projectId: string,
  id: string,
  now: Date,
): Promise<void> {
  await connection
    .update(apiKeys)
    .set({ lastUsedAt: now })
    .where(
      and(
        eq(apiKeys.projectId, projectId),
        eq(apiKeys.id, id),
        or(isNull(apiKeys.lastUsedAt), lt(apiKeys.lastUsedAt, new Date(now.getTime() - 60_000))),
      ),
    );
}

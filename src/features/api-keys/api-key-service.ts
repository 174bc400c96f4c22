import { z } from "zod";
import { environments, projectOf } from "../../platform/auth.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import { newId } from "../../platform/ids.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { problem } from "../../platform/problem.ts";
import { nothingChanged, recordChange } from "../audit/audit-service.ts";
import type { ApiKey, ApiKeyChange, ApiKeyToCreate, IssuedApiKey } from "./api-key-schemas.ts";
import { describeSecret, type NewSecret, newSecret } from "./api-key-secret.ts";
import {
  changeApiKey,
  deleteSecrets,
  findSecrets,
  insertApiKey,
  insertSecret,
  type KeyRing,
  listApiKeys,
  lockApiKey,
  markRevoked,
  retireSecrets,
} from "./api-key-store.ts";
import type { ApiKeyRow, ApiKeySecretRow } from "./api-key-tables.ts";

/** All keys of a project are kept together, whatever their environment; a test key reaches test keys only. */
function ringOf(caller: OperationContext): OperationContext & KeyRing {
  const { projectId, environment } = caller;
  return {
    ...caller,
    projectId: projectOf(projectId),
    environments: environment === "live" ? environments : [environment],
  };
}

export interface ApiKeyService {
  create(context: OperationContext, request: ApiKeyToCreate): Promise<IssuedApiKey>;
  list(context: OperationContext, page: { limit: number; after?: string | undefined }): Promise<Page<ApiKey>>;
  update(context: OperationContext, id: string, change: ApiKeyChange): Promise<ApiKey>;
  rotate(context: OperationContext, id: string, graceSeconds: number): Promise<IssuedApiKey>;
  revoke(context: OperationContext, id: string): Promise<ApiKey>;
}

const cursor = cursorOf("apiKeys", z.string());

export interface ApiKeyServiceOptions {
  database: Database;
  clock: Clock;
  /** Called after a key changed, so that this process need not wait for its cache to notice. */
  onChange: (apiKeyId: string) => void;
}

export function apiKeyService({ database, clock, onChange }: ApiKeyServiceOptions): ApiKeyService {
  const now = () => new Date(clock.now());
  return {
    create(caller, { name, role, environment, expiresAt, requestsPerMinute = null }) {
      const context = ringOf(caller);
      const { projectId } = context;
      if (!context.environments.includes(environment)) throw problem("live-key-required");
      const createdAt = now();
      const until = endOf(expiresAt, createdAt);
      return withTransaction(database, projectId, async (connection) => {
        const fresh = newSecret(environment);
        const row = { projectId, name, role, environment, createdAt, expiresAt: until, requestsPerMinute };
        const key = await storeApiKey(connection, row, fresh);
        await recordChange(connection, context, { id: key.id, before: null, after: key });
        return issued(key, fresh);
      });
    },

    async list(caller, { limit, after }) {
      const context = ringOf(caller);
      const { projectId } = context;
      const rows = await listApiKeys(database.of(projectId), context, cursor.decode(after), limit + 1);
      const ids = rows.map(({ id }) => id);
      const secrets = await findSecrets(database.of(projectId), projectId, ids, now());
      return cursor.page(
        rows,
        limit,
        ({ id }) => id,
        (row) => shown(row, secrets),
      );
    },

    async update(caller, id, { name, expiresAt, requestsPerMinute }) {
      const context = ringOf(caller);
      const { projectId } = context;
      const until = expiresAt === undefined ? undefined : endOf(expiresAt, now());
      const change = {
        ...(name !== undefined && { name }),
        ...(until !== undefined && { expiresAt: until }),
        ...(requestsPerMinute !== undefined && { requestsPerMinute }),
      };
      const result = await withTransaction(database, projectId, async (connection) => {
        const row = await lockApiKey(connection, context, id);
        if (row === undefined) throw problem("api-key-not-found");
        if (row.revokedAt !== null) throw problem("api-key-revoked");
        const secrets = await findSecrets(connection, projectId, [id], now());
        const before = shown(row, secrets);
        if (Object.keys(change).length === 0) {
          nothingChanged(context);
          return before;
        }
        const after = shown((await changeApiKey(connection, projectId, id, change)) ?? row, secrets);
        await recordChange(connection, context, { id, before, after });
        return after;
      });
      onChange(id);
      return result;
    },

    async rotate(caller, id, graceSeconds) {
      const context = ringOf(caller);
      const { projectId } = context;
      const result = await withTransaction(database, projectId, async (connection) => {
        const row = await lockApiKey(connection, context, id);
        if (row === undefined) {
          throw problem("api-key-not-found");
        }
        if (row.revokedAt !== null) {
          throw problem("api-key-revoked");
        }
        const createdAt = now();
        const expiresAt = new Date(createdAt.getTime() + graceSeconds * 1000);
        await retireSecrets(connection, projectId, id, expiresAt);
        const fresh = newSecret(row.environment);
        await insertSecret(connection, secretRow(row, fresh, createdAt));
        const key = shown(row, await findSecrets(connection, projectId, [id], createdAt));
        // The secrets themselves are nobody's to read: that they changed is what there is to tell.
        const before = shown(row, []);
        const after = { ...before, rotatedAt: text(createdAt), oldSecretUntil: text(expiresAt) };
        await recordChange(connection, context, { id, before, after });
        return issued(key, fresh);
      });
      onChange(id);
      return result;
    },

    async revoke(caller, id) {
      const context = ringOf(caller);
      const { projectId } = context;
      const revoked = await withTransaction(database, projectId, async (connection) => {
        const before = await lockApiKey(connection, context, id);
        if (before === undefined) throw problem("api-key-not-found");
        if (before.revokedAt !== null) {
          nothingChanged(context);
          return before;
        }
        const row = await markRevoked(connection, context, id, now());
        await deleteSecrets(connection, projectId, id);
        await recordChange(connection, context, { id, before: shown(before, []), after: shown(row, []) });
        return row;
      });
      onChange(id);
      return shown(revoked, []);
    },
  };
}

function endOf(expiresAt: string | null | undefined, now: Date): Date | null {
  if (expiresAt === undefined || expiresAt === null) return null;
  const until = new Date(expiresAt);
  if (until > now) return until;
  throw problem("invalid-request", {
    errors: [{ path: "/expiresAt", code: "in_the_past", message: "Must be in the future." }],
  });
}

/** The first key of a project: `given` if the operator chose one, else a new one, which is returned to be shown once. */
export async function createFirstAdminKey(
  connection: Connection,
  projectId: string,
  given: string | undefined,
  createdAt: Date,
): Promise<string> {
  const secret = given === undefined ? newSecret("live") : describeSecret(given);
  const row = { projectId, name: "First admin key", role: "admin", environment: "live", createdAt } as const;
  await storeApiKey(connection, { ...row, expiresAt: null }, secret);
  return secret.secret;
}

/** A key with a secret that is printed somewhere. For trying out: whoever may be reached by others must not have one. */
export async function createWellKnownKey(
  connection: Connection,
  projectId: string,
  { secret, ...key }: Pick<ApiKeyRow, "name" | "role" | "environment"> & { secret: string },
  createdAt: Date,
): Promise<void> {
  await storeApiKey(connection, { projectId, ...key, createdAt, expiresAt: null }, describeSecret(secret));
}

async function storeApiKey(
  connection: Connection,
  given: Omit<ApiKeyRow, "id" | "revokedAt" | "lastUsedAt" | "requestsPerMinute"> &
    Partial<Pick<ApiKeyRow, "requestsPerMinute">>,
  secret: NewSecret,
): Promise<ApiKey> {
  const row = {
    requestsPerMinute: null,
    ...given,
    id: newId("key", given.createdAt.getTime()),
    revokedAt: null,
    lastUsedAt: null,
  };
  await insertApiKey(connection, row);
  const stored = secretRow(row, secret, row.createdAt);
  await insertSecret(connection, stored);
  return shown(row, [stored]);
}

function secretRow(
  { projectId, id }: ApiKeyRow,
  { hash, hint }: NewSecret,
  createdAt: Date,
): ApiKeySecretRow {
  return { projectId, apiKeyId: id, hash, hint, createdAt, expiresAt: null };
}

function issued(key: ApiKey, { secret }: NewSecret): IssuedApiKey {
  return { ...key, secret };
}

function shown(row: ApiKeyRow, secrets: readonly ApiKeySecretRow[]): ApiKey {
  const { id, name, role, environment, requestsPerMinute } = row;
  return {
    id,
    name,
    role,
    environment,
    requestsPerMinute,
    secrets: secrets
      .filter(({ apiKeyId }) => apiKeyId === id)
      .map(({ hint, createdAt, expiresAt }) => ({
        hint,
        createdAt: text(createdAt),
        expiresAt: text(expiresAt),
      })),
    createdAt: text(row.createdAt),
    expiresAt: text(row.expiresAt),
    revokedAt: text(row.revokedAt),
    lastUsedAt: text(row.lastUsedAt),
  };
}

function text<When extends Date | null>(when: When): When extends Date ? string : string | null;
function text(when: Date | null): string | null {
  return when === null ? null : when.toISOString();
}

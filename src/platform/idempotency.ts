/**
 * The same request, one effect. The record of an answer is written in the transaction of what it answers, so that
 * neither exists without the other; refusals change nothing and are not kept, so a repetition may fare better.
 */
import { hash as digest } from "node:crypto";
import { sql } from "drizzle-orm";
import { type Connection, type Database, withTransaction } from "./database.ts";
import { problem } from "./problem.ts";

export interface IdempotentRequest {
  readonly projectId: string;
  readonly key: string | null;
  /** The operation's id: a key is not shared between operations. */
  readonly operation: string;
  /** Everything that makes the request what it is: parameters and body. */
  readonly request: unknown;
}

/** The key that a request came with, and what the request was. */
export interface Idempotency {
  readonly key: string;
  readonly operation: string;
  readonly requestHash: string;
}

/** Null for a request without a key. */
export function idempotencyOf(key: string | null, operation: string, hash: string): Idempotency | null {
  return key === null ? null : { key, operation, requestHash: hash };
}

export interface IdempotencyRecord {
  operation: string;
  requestHash: string;
  resourceId: string;
  answer: unknown;
}

/** SHA-256 of a request, in hex. The order of its keys is the serializer's own business and makes no other request. */
export function requestHash(operation: string, request: unknown): string {
  return digest("sha256", `${operation}\n${JSON.stringify(inKeyOrder(request))}`);
}

function inKeyOrder(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(inKeyOrder);
  const source = value as Record<string, unknown>;
  const ordered: Record<string, unknown> = {};
  for (const key of Object.keys(source).sort()) ordered[key] = inKeyOrder(source[key]);
  return ordered;
}

/** Throws unless the record is of the very same request. */
export function requireSameRequest(record: IdempotencyRecord, operation: string, hash: string): void {
  if (record.operation !== operation || record.requestHash !== hash) throw problem("idempotency-key-reused");
}

const running = new Set<string>();

/** Holds the key while `work` runs: whoever comes with it meanwhile is told to wait. Other processes wait in the database. */
export async function whileHolding<T>(
  { projectId, key }: Pick<IdempotentRequest, "projectId" | "key">,
  work: () => Promise<T>,
): Promise<T> {
  if (key === null) return work();
  const held = `${projectId}\n${key}`;
  if (running.has(held)) throw problem("idempotency-key-in-use", { headers: { "retry-after": "1" } });
  running.add(held);
  try {
    return await work();
  } finally {
    running.delete(held);
  }
}

/** Runs `work` in one transaction with the record of its answer; a repetition gets the recorded answer. */
export function idempotently<Answer>(
  database: Database,
  request: IdempotentRequest,
  work: (connection: Connection) => Promise<{ resourceId: string; answer: Answer }>,
): Promise<{ answer: Answer; isReplay: boolean }> {
  const { projectId, key, operation } = request;
  return whileHolding(request, () =>
    withTransaction(database, projectId, async (connection) => {
      if (key === null) return { answer: (await work(connection)).answer, isReplay: false };
      const hash = requestHash(operation, request.request);
      // Waits for another process that is at the same key; the record is filled in below.
      const { rowCount } = await connection.execute(sql`
        insert into idempotency_records (project_id, key, operation, request_hash, resource_id)
        values (${projectId}, ${key}, ${operation}, decode(${hash}, 'hex'), '') on conflict do nothing`);
      if (rowCount === 0) {
        const record = await findIdempotencyRecord(connection, projectId, key);
        if (record === undefined)
          throw problem("idempotency-key-in-use", { headers: { "retry-after": "1" } });
        requireSameRequest(record, operation, hash);
        return { answer: record.answer as Answer, isReplay: true };
      }
      const { resourceId, answer } = await work(connection);
      await connection.execute(sql`
        update idempotency_records set resource_id = ${resourceId}, answer = ${JSON.stringify(answer)}::json
         where project_id = ${projectId} and key = ${key}`);
      return { answer, isReplay: false };
    }),
  );
}

/** Takes what is personal out of recorded answers: `patch` says what stands there instead. */
export async function eraseAnswers(
  connection: Connection,
  projectId: string,
  operation: "claimCoupon" | "issueOfflineVoucher",
  resourceIds: readonly string[],
  patch: Readonly<Record<string, string>>,
): Promise<void> {
  // Literally: the index is of these two operations, and a plan without values cannot know that this is one.
  const ofIndex = sql`operation in ('claimCoupon', 'issueOfflineVoucher')`;
  await connection.execute(sql`
    update idempotency_records set answer = (answer::jsonb || ${JSON.stringify(patch)}::jsonb)::json
     where project_id = ${projectId} and ${ofIndex} and operation = ${operation}
       and resource_id in (select json_array_elements_text(${JSON.stringify(resourceIds)}::json))`);
}

/**
 * Keeps an answer that changed nothing with the key it was given for, so that the key goes on answering it whatever happens since.
 * Whoever had the key meanwhile is the first: then the answer is theirs, and refused to another request.
 */
export async function keepAnswer(
  connection: Connection,
  projectId: string,
  { key, operation, requestHash: hash }: Idempotency,
  resourceId: string,
  answer: unknown,
): Promise<IdempotencyRecord> {
  const { rowCount } = await connection.execute(sql`
    insert into idempotency_records (project_id, key, operation, request_hash, resource_id, answer)
    values (${projectId}, ${key}, ${operation}, decode(${hash}, 'hex'), ${resourceId}, ${JSON.stringify(answer)}::json)
    on conflict do nothing`);
  if (rowCount === 1) return { operation, requestHash: hash, resourceId, answer };
  const record = await findIdempotencyRecord(connection, projectId, key);
  if (record === undefined) throw problem("idempotency-key-in-use", { headers: { "retry-after": "1" } });
  requireSameRequest(record, operation, hash);
  return record;
}

export async function findIdempotencyRecord(
  connection: Connection,
  projectId: string,
  key: string,
): Promise<IdempotencyRecord | undefined> {
  const { rows } = await connection.execute<{
    operation: string;
    request_hash: string;
    resource_id: string;
    answer: unknown;
  }>(sql`
    select operation, encode(request_hash, 'hex') as request_hash, resource_id, answer
      from idempotency_records where project_id = ${projectId} and key = ${key}`);
  const [row] = rows;
  if (row === undefined) return undefined;
  return {
    operation: row.operation,
    requestHash: row.request_hash,
    resourceId: row.resource_id,
    answer: row.answer,
  };
}

import { z } from "zod";
import type { Connection, Database } from "../../platform/database.ts";
import { newId } from "../../platform/ids.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { withoutSecrets } from "../../platform/redaction.ts";
import { emptyHash } from "./audit-chain.ts";
import type { AuditEntry, AuditHead, AuditQuery } from "./audit-schemas.ts";
import { findHead, insertEntry, listEntries } from "./audit-store.ts";
import type { AuditHeadRow, AuditRow } from "./audit-tables.ts";

/** One change of one thing: what it said before and after, as callers see it. Null: it was not there. */
export interface RecordedChange {
  readonly id: string;
  readonly before: unknown;
  readonly after: unknown;
}

/**
 * Writes a change into the audit trail, in the transaction of the change. What opens something is left out
 * (`platform/redaction.ts`), so whole documents may be given.
 */
export async function recordChange(
  connection: Connection,
  context: OperationContext,
  { id, before, after }: RecordedChange,
): Promise<void> {
  const { projectId, apiKeyId, role, requestId, change } = context;
  if (change === undefined) throw new Error(`a change of ${id} by an operation that declares no audit`);
  await insertEntry(connection, {
    projectId,
    id: newId("aud"),
    operation: change.operation,
    resource: change.resource,
    resourceId: id,
    apiKeyId,
    role,
    address: change.network,
    requestId,
    before: textOf(before),
    after: textOf(after),
  });
  change.isTold = true;
}

/** To be called where an operation that is audited finds nothing to change. */
export function nothingChanged({ change }: OperationContext): void {
  if (change !== undefined) change.isTold = true;
}

function textOf(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(withoutSecrets(value));
}

export interface AuditService {
  list(projectId: string, query: AuditQuery): Promise<Page<AuditEntry>>;
  head(projectId: string): Promise<AuditHead>;
}

const cursor = cursorOf("audit", z.tuple([z.string(), z.string()]));

export function auditService({ database }: { database: Database }): AuditService {
  return {
    async list(projectId, { limit, after, ...filters }) {
      const before = cursor.decode(after);
      const rows = await listEntries(database.of(projectId), projectId, filters, {
        before,
        limit: limit + 1,
      });
      return cursor.page(rows, limit, ({ at, id }) => [at, id], shownEntry);
    },
    async head(projectId) {
      return shownHead(await findHead(database.of(projectId), projectId));
    },
  };
}

export function shownEntry({ projectId: _projectId, before, after, ...row }: AuditRow): AuditEntry {
  return { ...row, before: parsed(before), after: parsed(after) };
}

function parsed(text: string | null): Record<string, unknown> | null {
  return text === null ? null : (JSON.parse(text) as Record<string, unknown>);
}

function shownHead(row: AuditHeadRow | undefined): AuditHead {
  return {
    sequence: row?.sequence ?? 0,
    hash: row?.hash ?? emptyHash,
    sealedAt: row?.sealedAt ?? null,
    checkpoint: { sequence: row?.checkpointSequence ?? 0, hash: row?.checkpointHash ?? emptyHash },
  };
}

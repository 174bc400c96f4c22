import { csvLines } from "../../platform/csv.ts";
import type { Database } from "../../platform/database.ts";
import type { StreamAnswer } from "../../platform/stream-operation.ts";
import type { AuditEntry, AuditExportQuery } from "./audit-schemas.ts";
import { shownEntry } from "./audit-service.ts";
import { findHead, sealedEntries } from "./audit-store.ts";

export interface AuditExportService {
  /** The sealed entries, in the order of the chain, up to where it ends when the export begins. */
  entries(projectId: string, query: Omit<AuditExportQuery, "format">, format: "ndjson" | "csv"): StreamAnswer;
}

const rowsPerPage = 500;

const columns = [
  "sequence",
  "at",
  "operation",
  "resource",
  "resourceId",
  "apiKeyId",
  "apiKeyName",
  "role",
  "address",
  "requestId",
  "before",
  "after",
  "id",
  "hash",
] as const satisfies readonly (keyof AuditEntry)[];

export function auditExportService({ database }: { database: Database }): AuditExportService {
  /** A page at a time, and no connection between: sealed entries stay as they are. */
  async function* pages(projectId: string, filters: Omit<AuditExportQuery, "format">) {
    const head = await findHead(database.of(projectId), projectId);
    const upTo = head?.sequence ?? 0;
    for (let after = 0; after < upTo; ) {
      const rows = await sealedEntries(database.of(projectId), projectId, filters, {
        after,
        upTo,
        limit: rowsPerPage,
      });
      if (rows.length > 0) yield rows.map(shownEntry);
      after = rows.length < rowsPerPage ? upTo : (rows.at(-1)?.sequence ?? upTo);
    }
  }

  return {
    entries(projectId, filters, format) {
      async function* body(): AsyncGenerator<string> {
        if (format === "csv") yield csvLines([[...columns]]);
        for await (const entries of pages(projectId, filters)) {
          yield format === "csv"
            ? csvLines(entries.map((entry) => columns.map((column) => cell(entry[column]))))
            : entries.map((entry) => `${JSON.stringify(entry)}\n`).join("");
        }
      }
      return { contentType: format === "csv" ? "text/csv" : "application/x-ndjson", body: body() };
    },
  };
}

function cell(value: AuditEntry[keyof AuditEntry]): string | number | null {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : value;
}

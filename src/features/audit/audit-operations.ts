import { defineOperation, type Operation } from "../../platform/operation.ts";
import { defineStreamOperation, type StreamOperation } from "../../platform/stream-operation.ts";
import type { AuditExportService } from "./audit-export-service.ts";
import { auditExportQuery, auditHead, auditPage, auditQuery } from "./audit-schemas.ts";
import type { AuditService } from "./audit-service.ts";

const tag = "audit";

export function auditOperations(service: AuditService): Operation[] {
  return [
    defineOperation({
      id: "auditEntries",
      method: "GET",
      path: "/v1/audit",
      graphql: "query",
      tag,
      summary: "Who changed what of the project's configuration, newest first.",
      roles: ["admin"],
      query: auditQuery,
      result: auditPage,
      problems: ["invalid-cursor"],
      handler: ({ query, context }) => service.list(context.projectId, query),
    }),
    defineOperation({
      id: "auditHead",
      method: "GET",
      path: "/v1/audit/head",
      graphql: "query",
      tag,
      summary: "The end of the chain that the project's audit entries are sealed into.",
      roles: ["admin"],
      result: auditHead,
      problems: [],
      handler: ({ context }) => service.head(context.projectId),
    }),
  ];
}

export function auditStreams(exports: AuditExportService): StreamOperation[] {
  return [
    defineStreamOperation({
      id: "exportAudit",
      reads: "replica",
      method: "GET",
      path: "/v1/audit/export",
      tag,
      summary: "The project's sealed audit entries, in the order of their chain, one a line.",
      description:
        "Without filters the whole chain, by which anybody can compute its hashes. CSV cells that a spreadsheet would run as a formula get an apostrophe before them.",
      roles: ["admin"],
      query: auditExportQuery,
      produces: ["application/x-ndjson", "text/csv"],
      problems: [],
      handler: ({ query: { format, ...filters }, accept, context }) =>
        exports.entries(context.projectId, filters, format ?? (accept === "text/csv" ? "csv" : "ndjson")),
    }),
  ];
}

import { defineStreamOperation, type StreamOperation } from "../../platform/stream-operation.ts";
import { redemptionExportQuery } from "./month-end-schemas.ts";
import type { MonthEndService } from "./month-end-service.ts";

export function monthEndStreams(service: MonthEndService): StreamOperation[] {
  return [
    defineStreamOperation({
      id: "exportRedemptions",
      reads: "replica",
      method: "GET",
      path: "/v1/redemptions/export",
      tag: "redemptions",
      summary: "What was committed, returned and cancelled in a period, in the order in which it happened.",
      description:
        "For each event a row of the order (`before`, `withheld`, `total`, `deposits`) and one for each promotion and funder (`discount`), in minor units, below zero for what came back. Every column adds up, currency by currency, and `total` = `before` − `discount` + `withheld`. A return counts when it happened, whenever the sale was. " +
        "CSV cells that a spreadsheet would run as a formula get an apostrophe before them.",
      roles: ["erp", "marketing", "viewer"],
      query: redemptionExportQuery,
      produces: ["application/x-ndjson", "text/csv"],
      problems: [],
      handler: ({ query: { format, ...period }, accept, context }) =>
        service.redemptions(context.projectId, period, format ?? (accept === "text/csv" ? "csv" : "ndjson")),
    }),
  ];
}

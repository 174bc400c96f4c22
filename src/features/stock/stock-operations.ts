import type { Role } from "../../platform/auth.ts";
import { defineOperation, type Operation } from "../../platform/operation.ts";
import { defineStreamOperation, type StreamOperation } from "../../platform/stream-operation.ts";
import type { StockBulkService } from "./stock-bulk-service.ts";
import { stockDocument, stockLevel, stockPage, stockParams, stockQuery } from "./stock-schemas.ts";
import type { StockService } from "./stock-service.ts";

const tag = "stock";
const writers: readonly Role[] = ["erp"];
const readers: readonly Role[] = ["erp", "marketing", "viewer"];
const unaudited = {
  unaudited: "Stock is what the ERP counts; it changes all the time, and who sells knows.",
};

export function stockOperations(service: StockService): Operation[] {
  return [
    defineOperation({
      id: "putStock",
      method: "PUT",
      path: "/v1/stock/{sku}",
      graphql: "mutation",
      tag,
      audit: unaudited,
      summary: "Say how much of a SKU there is, in a store or at large.",
      description:
        "The latest count stands, in whatever order they arrive: an earlier one is refused as `stale` and changes nothing, the same one again is answered as before. " +
        "Promotions with a `safetyStock` go by it within a second, in all processes.",
      roles: writers,
      params: stockParams,
      body: stockDocument,
      result: stockLevel,
      example: { store: "sh-001", quantity: 120, asOf: "2026-11-11T07:55:00+08:00" },
      problems: ["stale"],
      handler: ({ params: { sku }, body, context }) => service.put(context.projectId, sku, body),
    }),
    defineOperation({
      id: "stock",
      method: "GET",
      path: "/v1/stock",
      graphql: "query",
      tag,
      summary: "What is known of the stock, by SKU and store.",
      roles: readers,
      query: stockQuery,
      result: stockPage,
      problems: ["invalid-cursor"],
      handler: ({ query, context }) => service.list(context.projectId, query),
    }),
  ];
}

export function stockStreams(bulk: StockBulkService): StreamOperation[] {
  return [
    defineStreamOperation({
      id: "putStocks",
      method: "POST",
      path: "/v1/stock/bulk",
      tag,
      summary:
        "Say how much there is of any number of SKUs: one a line, as the body of `PUT` with its `sku`.",
      description:
        "One line comes back for each, in the same order: `{ line, sku, status, problem? }` with the status `stored`, `unchanged`, `stale` or `refused`. " +
        "A line that is refused touches no other. Read the answer while sending. After a lost connection send all of it again.",
      roles: writers,
      consumes: ["application/x-ndjson"],
      audit: unaudited,
      produces: ["application/x-ndjson"],
      problems: [],
      handler: ({ body, context }) => ({
        contentType: "application/x-ndjson",
        body: bulk.write(context, body!),
      }),
    }),
  ];
}

import { z } from "zod";
import type { Role } from "../../platform/auth.ts";
import { defineOperation, type Operation } from "../../platform/operation.ts";
import { defineStreamOperation, type StreamOperation } from "../../platform/stream-operation.ts";
import type { OrderBulkService } from "./order-bulk-service.ts";
import {
  externalId,
  order,
  orderDocument,
  orderPage,
  orderQuery,
  orderReturn,
  orderReturnRequest,
} from "./order-schemas.ts";
import type { OrderService } from "./order-service.ts";

const byExternalId = z.strictObject({ externalId });
const readers: readonly Role[] = ["erp", "viewer", "marketing", "pos", "checkout"];
const tag = "orders";

export function orderOperations(service: OrderService): Operation[] {
  return [
    defineOperation({
      id: "putOrder",
      method: "PUT",
      path: "/v1/orders/{externalId}",
      graphql: "mutation",
      tag,
      audit: { unaudited: "An order is what the ERP says of it, by version." },
      summary: "Store an order, or the next version of it.",
      description:
        "The highest version stands, in whatever order they arrive: an older one is refused as `stale_version` and changes nothing, " +
        "the same one again gets the stored answer. `cancelled` gives back what the redemption took, also where it is not named again.",
      roles: ["erp"],
      params: byExternalId,
      body: orderDocument,
      result: order,
      example: {
        version: 2,
        status: "paid",
        currency: "CNY",
        placedAt: "2026-11-11T08:00:00+08:00",
        customer: "c-42",
        lines: [{ id: "1", sku: "TEA", quantity: 2, unitPrice: 12_000, discount: 3_000 }],
        total: 21_000,
      },
      problems: [
        "stale_version",
        "order-version-conflict",
        "order-redemption-mismatch",
        "order-state-conflict",
      ],
      handler: ({ params, body, answer, context }) => service.put(context, params.externalId, body, answer),
    }),
    defineOperation({
      id: "orders",
      method: "GET",
      path: "/v1/orders",
      graphql: "query",
      tag,
      summary: "The project's orders, latest placed first.",
      roles: readers,
      query: orderQuery,
      result: orderPage,
      problems: ["invalid-cursor"],
      handler: ({ query, context }) => service.list(context, query),
    }),
    defineOperation({
      id: "order",
      method: "GET",
      path: "/v1/orders/{externalId}",
      graphql: "query",
      tag,
      summary: "An order, as of its latest version.",
      roles: readers,
      params: byExternalId,
      result: order,
      problems: ["order-not-found"],
      handler: ({ params, context }) => service.order(context, params.externalId),
    }),
    defineOperation({
      id: "returnOrderGoods",
      method: "POST",
      path: "/v1/orders/{externalId}/returns",
      graphql: "mutation",
      tag,
      audit: { unaudited: "A return is a row that is never changed." },
      summary: "Return units of an order, and learn what the customer gets back for them.",
      description:
        "With a redemption it is a return of the redemption; without one the order's own lines say what was paid. " +
        "All returns of an order, however split, come to what was paid for it.",
      roles: ["erp", "pos"],
      params: byExternalId,
      body: orderReturnRequest,
      result: orderReturn,
      takesIdempotencyKey: true,
      example: { lines: [{ id: "1", quantity: 1 }] },
      problems: [
        "order-not-found",
        "order-state-conflict",
        "order-redemption-mismatch",
        "return-refused",
        "redemption-state-conflict",
      ],
      handler: ({ params, body, idempotencyKey, answer, context }) =>
        service.returnGoods(context, params.externalId, body, { key: idempotencyKey, answer }),
    }),
  ];
}

export function orderStreamOperations(bulk: OrderBulkService): StreamOperation[] {
  return [
    defineStreamOperation({
      id: "putOrders",
      method: "POST",
      path: "/v1/orders/bulk",
      tag,
      summary: "Store any number of orders: one a line, as the body of `PUT` with its `externalId`.",
      description:
        "One line comes back for each, in the same order: `{ line, externalId, status, problem? }` with the status `stored`, `replayed`, " +
        "`stale` or `refused`. A line that is refused touches no other. Read the answer while sending. " +
        "After a lost connection send all of it again: what is stored is only `replayed`.",
      roles: ["erp"],
      consumes: ["application/x-ndjson"],
      audit: { unaudited: "An order is what the ERP says of it, by version." },
      produces: ["application/x-ndjson"],
      problems: [],
      handler: ({ body, context }) => ({
        contentType: "application/x-ndjson",
        body: bulk.write(context, body!),
      }),
    }),
  ];
}

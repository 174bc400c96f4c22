import type { Role } from "../../platform/auth.ts";
import { defineOperation, type Operation } from "../../platform/operation.ts";
import { defineStreamOperation, type StreamOperation } from "../../platform/stream-operation.ts";
import type { PriceListBulkService } from "./price-list-bulk-service.ts";
import {
  listPrice,
  listPriceDocument,
  listPricePage,
  listPriceParams,
  listPriceQuery,
  priceList,
  priceListDocument,
  priceListPage,
  priceListParams,
  priceListQuery,
} from "./price-list-schemas.ts";
import type { PriceListService } from "./price-list-service.ts";

const tag = "price-lists";
const writers: readonly Role[] = ["erp", "marketing"];
const readers: readonly Role[] = ["erp", "marketing", "viewer"];
const versionTag = ({ version }: { version: number }) => String(version);

export function priceListOperations(service: PriceListService): Operation[] {
  return [
    defineOperation({
      id: "putPriceList",
      method: "PUT",
      path: "/v1/price-lists/{key}",
      graphql: "mutation",
      tag,
      audit: { resource: "price_list" },
      summary: "Open a price list, or replace what it says; its prices stay.",
      description:
        "For the groups, customers and dealers that it names, its prices are what promotions start from, instead of the unit prices of the request. " +
        "With several breaks the one that all units of the SKU in the cart reach holds for each of them. To close a list, give it an end.",
      roles: writers,
      params: priceListParams,
      body: priceListDocument,
      result: priceList,
      takesIfMatch: true,
      etag: versionTag,
      example: {
        name: "Wholesale 2026",
        currency: "CNY",
        audience: { groups: ["wholesale"], levels: ["gold"] },
        priority: 10,
        startsAt: "2026-01-01T00:00:00+08:00",
        minimum: { amount: 500_000 },
      },
      problems: [],
      handler: ({ params: { key }, body, ifMatch, context }) => service.put(context, key, ifMatch, body),
    }),
    defineOperation({
      id: "priceLists",
      method: "GET",
      path: "/v1/price-lists",
      graphql: "query",
      tag,
      summary: "The project's price lists, by key.",
      roles: readers,
      query: priceListQuery,
      result: priceListPage,
      problems: ["invalid-cursor"],
      handler: ({ query, context }) => service.list(context.projectId, query),
    }),
    defineOperation({
      id: "priceList",
      method: "GET",
      path: "/v1/price-lists/{key}",
      graphql: "query",
      tag,
      summary: "A price list, without its prices.",
      roles: readers,
      params: priceListParams,
      result: priceList,
      etag: versionTag,
      problems: ["price-list-not-found"],
      handler: ({ params: { key }, context }) => service.priceList(context.projectId, key),
    }),
    defineOperation({
      id: "listPrices",
      method: "GET",
      path: "/v1/price-lists/{key}/prices",
      graphql: "query",
      tag,
      summary: "The prices of a list, by SKU.",
      roles: readers,
      params: priceListParams,
      query: listPriceQuery,
      result: listPricePage,
      problems: ["price-list-not-found", "invalid-cursor"],
      handler: ({ params: { key }, query, context }) => service.prices(context.projectId, key, query),
    }),
    defineOperation({
      id: "putListPrice",
      method: "PUT",
      path: "/v1/price-lists/{key}/prices/{sku}",
      graphql: "mutation",
      tag,
      audit: { resource: "list_price" },
      summary: "Say what a SKU costs by a list, by volume.",
      description: "Counts from the next evaluation on. A saved quote keeps the price that it was given.",
      roles: writers,
      params: listPriceParams,
      body: listPriceDocument,
      result: listPrice,
      example: {
        breaks: [
          { from: 1, unitPrice: 9_000 },
          { from: 100, unitPrice: 8_000 },
        ],
        minQuantity: 12,
        multipleOf: 12,
      },
      problems: ["price-list-not-found"],
      handler: ({ params: { key, sku }, body, context }) => service.putPrice(context, key, sku, body),
    }),
    defineOperation({
      id: "deleteListPrice",
      method: "DELETE",
      path: "/v1/price-lists/{key}/prices/{sku}",
      graphql: "mutation",
      tag,
      audit: { resource: "list_price" },
      summary: "Take a SKU out of a list.",
      roles: writers,
      params: listPriceParams,
      result: listPrice,
      problems: ["price-list-not-found", "list-price-not-found"],
      handler: ({ params: { key, sku }, context }) => service.removePrice(context, key, sku),
    }),
  ];
}

export function priceListStreams(bulk: PriceListBulkService): StreamOperation[] {
  return [
    defineStreamOperation({
      id: "putListPrices",
      method: "POST",
      path: "/v1/price-lists/{key}/prices/bulk",
      tag,
      summary: "Say what any number of SKUs cost by a list: one a line, as the body of `PUT` with its `sku`.",
      description:
        '`{"sku": "…", "remove": true}` takes one out. One line comes back for each, in the same order: `{ line, sku, status, problem? }` with the status `stored`, `removed`, `unchanged` or `refused`. ' +
        "A line that is refused touches no other. Read the answer while sending. After a lost connection send all of it again.",
      roles: writers,
      params: priceListParams,
      consumes: ["application/x-ndjson"],
      audit: { resource: "price_list" },
      produces: ["application/x-ndjson"],
      problems: ["price-list-not-found"],
      handler: ({ params: { key }, body, context }) => bulk.write(context, key, body!),
    }),
  ];
}

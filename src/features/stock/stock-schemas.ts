import { z } from "zod";
import { limits } from "../../engine/limits.ts";
import { pageOf, pageQuery } from "../../platform/pagination.ts";

const name = z.string().min(1).max(limits.nameLength);
const store = name.optional().describe("Left out: of the SKU at large, as of a web shop's warehouse.");

export const stockParams = z.strictObject({ sku: name });

export const stockDocument = z
  .strictObject({
    store,
    quantity: z.int().min(0).max(limits.amount).describe("Units that can be sold."),
    asOf: z.iso.datetime({ offset: true }).describe("When it was counted."),
  })
  .meta({ id: "StockDocument" });
export type StockDocument = z.output<typeof stockDocument>;

/** A line of the bulk stream. */
export const bulkStock = stockDocument.extend({ sku: name });

export const stockLevel = z
  .object({
    sku: z.string(),
    store: z.string().nullable(),
    quantity: z.int(),
    asOf: z.iso.datetime(),
    receivedAt: z.iso.datetime(),
    isStale: z
      .boolean()
      .describe("Nothing was told of the project's stock for longer than its `stockMaxAgeSeconds`."),
  })
  .meta({ id: "StockLevel" });
export type StockLevel = z.output<typeof stockLevel>;
export const stockPage = pageOf(stockLevel, "StockPage");

export const stockQuery = pageQuery.extend({
  sku: name.optional(),
  store: name.optional(),
  atMost: z.coerce.number().int().min(0).optional().describe("Only where there is no more than this."),
});
export type StockQuery = z.output<typeof stockQuery>;

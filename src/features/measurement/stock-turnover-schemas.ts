import { z } from "zod";
import { limits } from "../../engine/limits.ts";
import { caution } from "../planning/calculation.ts";

export const stockTurnoverQuery = z.strictObject({
  sku: z.string().min(1).max(limits.nameLength).optional().describe("Only this one."),
  days: z.int().min(1).max(366).default(90).describe("Up to now, of which the sales count."),
  limit: z.int().min(1).max(500).default(50),
});
export type StockTurnoverQuery = z.output<typeof stockTurnoverQuery>;

export const stockTurnover = z
  .object({
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    formula: z.string(),
    items: z
      .array(
        z
          .object({
            sku: z.string(),
            stock: z.int().describe("Units, at large and in all stores together, as they were told last."),
            countedAt: z.iso.datetime().describe("When the oldest of these counts was taken."),
            sold: z
              .int()
              .describe("Units sold in these days and kept, on all channels. Gifts are given, not sold."),
            soldPerDay: z.number(),
            turnoverDays: z
              .number()
              .nullable()
              .describe("For so many days the stock lasts at this pace. Null: nothing of it was sold."),
          })
          .meta({ id: "StockTurnoverItem" }),
      )
      .describe("SKUs whose stock was told (`PUT /v1/stock/{sku}`); what lasts longest first."),
    cautions: z.array(caution),
  })
  .meta({ id: "StockTurnover" });
export type StockTurnover = z.output<typeof stockTurnover>;

import { z } from "zod";
import { limits } from "../../engine/limits.ts";
import { currencyCode, minorUnits } from "../../engine/money.ts";
import { pageOf, pageQuery } from "../../platform/pagination.ts";

const name = z.string().min(1).max(limits.nameLength);
const names = z.array(name).max(limits.namesPerSelector);
const units = z.int().min(1).max(limits.quantityPerLine);
const mostBreaks = 50;

export const priceListKey = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,99}$/)
  .describe("The caller's own name of the list.");
export const priceListParams = z.strictObject({ key: priceListKey });
export const listPriceParams = z.strictObject({ key: priceListKey, sku: name });

const audience = z
  .strictObject({
    groups: names.optional().describe("Groups of customers, stored or said by the request."),
    customers: names.optional().describe("Ids of customers."),
    dealers: names.optional().describe("Ids of dealers."),
    levels: names.optional().describe("Levels of dealers."),
  })
  .meta({
    id: "PriceListAudience",
    description: "For whoever is in any of these; somebody has to be named.",
  });

const minimum = z
  .strictObject({
    amount: minorUnits.max(limits.amount).optional().describe("At the list's prices, before promotions."),
    quantity: units.optional(),
  })
  .meta({
    id: "PriceListMinimum",
    description: "Of all goods that the list prices in one order. Less can be priced and not be redeemed.",
  });

export const priceListDocument = z
  .strictObject({
    name: name.optional(),
    currency: currencyCode,
    audience,
    priority: z
      .int()
      .min(-1_000_000)
      .max(1_000_000)
      .default(0)
      .describe("Of several lists with a price for a SKU the higher one's counts; then the smaller key."),
    startsAt: z.iso.datetime({ offset: true }).optional(),
    endsAt: z.iso.datetime({ offset: true }).optional().describe("From then on it prices nothing."),
    minimum: minimum.optional(),
  })
  .meta({ id: "PriceListDocument" });
export type PriceListDocument = z.output<typeof priceListDocument>;

export const priceList = priceListDocument
  .extend({
    key: z.string(),
    version: z.int().describe("The ETag."),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: "PriceList" });
export type PriceList = z.output<typeof priceList>;
export const priceListPage = pageOf(priceList, "PriceListPage");
export const priceListQuery = pageQuery;

const priceBreak = z
  .strictObject({ from: units, unitPrice: minorUnits.max(limits.amount) })
  .meta({ id: "ListPriceBreak", description: "From so many units of the SKU on, each costs so much." });

export const listPriceDocument = z
  .strictObject({
    breaks: z
      .array(priceBreak)
      .min(1)
      .max(mostBreaks)
      .describe("Rising. Fewer units than the first one says are not priced by this list."),
    minQuantity: units.optional().describe("The fewest units that are sold in one order."),
    multipleOf: units.optional().describe("Sold by so many only, such as a carton."),
  })
  .meta({ id: "ListPriceDocument" });
export type ListPriceDocument = z.output<typeof listPriceDocument>;

export const listPrice = listPriceDocument
  .extend({ list: z.string(), sku: z.string(), updatedAt: z.iso.datetime() })
  .meta({ id: "ListPrice" });
export type ListPrice = z.output<typeof listPrice>;
export const listPricePage = pageOf(listPrice, "ListPricePage");

export const listPriceQuery = pageQuery.extend({ sku: name.optional() });
export type ListPriceQuery = z.output<typeof listPriceQuery>;

/** A line of a bulk write: a price, or its end. */
export const bulkListPrice = z.union([
  z.strictObject({ sku: name, ...listPriceDocument.shape }),
  z.strictObject({ sku: name, remove: z.literal(true) }),
]);

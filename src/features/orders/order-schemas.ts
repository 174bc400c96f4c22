import { z } from "zod";
import { attributes } from "../../engine/cart.ts";
import { limits } from "../../engine/limits.ts";
import { currencyCode, minorUnits } from "../../engine/money.ts";
import { pageOf, pageQuery } from "../../platform/pagination.ts";

const name = z.string().min(1).max(limits.nameLength);
const names = z.array(name).max(limits.namesPerField);
const mostLines = 1_000;

export const orderStatuses = ["placed", "paid", "fulfilled", "cancelled", "returned"] as const;
export const orderStatus = z.enum(orderStatuses).meta({
  id: "OrderStatus",
  description:
    "`cancelled` gives back what the order's redemption took; `returned` returns all goods that are left.",
});
export type OrderStatus = z.output<typeof orderStatus>;

export const orderSettlement = z.enum(["pending", "released", "returned", "refused"]).meta({
  id: "OrderSettlement",
  description:
    "What a cancelled or returned order led to: its redemption was `released` (also where it was only reserved), its goods are `returned`, " +
    "or neither could be done: `refused`. `pending`: not done yet; saying the same version again does it.",
});
export type OrderSettlement = z.output<typeof orderSettlement>;

export const orderLine = z
  .strictObject({
    id: name.describe(
      "Names the line in returns; unique in the order. With a redemption: the id of the line there.",
    ),
    sku: name,
    product: name.optional(),
    categories: names.optional(),
    brand: name.optional(),
    quantity: z.int().min(1).max(limits.quantityPerLine),
    unitPrice: minorUnits,
    unitCost: minorUnits.optional().describe("Not shown to the roles checkout and pos."),
    discount: minorUnits.optional().describe("Off the whole line; 0 if left out."),
    total: minorUnits
      .optional()
      .describe("What was paid for the line; `quantity × unitPrice − discount` if left out."),
    attributes: attributes.optional(),
  })
  .meta({ id: "OrderLine" });
export type OrderLine = z.output<typeof orderLine>;

const orderDestination = z
  .strictObject({ region: name.optional(), postalCode: z.string().min(1).max(20).optional() })
  .meta({
    id: "OrderDestination",
    description: "Where the goods went. A dealer's order that went outside of their territory is flagged.",
  });

export const orderDocument = z
  .strictObject({
    version: z
      .int()
      .min(0)
      .max(Number.MAX_SAFE_INTEGER)
      .describe("Counts up with every change in the ERP. Only a higher one replaces what is stored."),
    status: orderStatus,
    currency: currencyCode,
    placedAt: z.iso.datetime({ offset: true }),
    customer: name.optional().describe("The customer's id. Left out, it is that of the redemption."),
    channel: name.optional(),
    store: name.optional(),
    dealer: name.optional().describe("Who sold it, or bought it, by the id of their account."),
    shipTo: orderDestination.optional(),
    lines: z.array(orderLine).max(mostLines),
    shipping: minorUnits.optional(),
    total: minorUnits.describe("What was paid, shipping and taxes included."),
    redemption: name
      .optional()
      .describe(
        "The id of the redemption that priced the order. Left out: the one that it has. Another only once that is cancelled or expired.",
      ),
    attributes: attributes.optional(),
  })
  .meta({ id: "OrderDocument" });
export type OrderDocument = z.output<typeof orderDocument>;

export const externalId = name.describe("The order's number in the ERP.");

export const order = orderDocument
  .extend({
    externalId,
    refunded: minorUnits.describe(
      "What was given back for returned goods. Of an order with a redemption the redemption says that.",
    ),
    settlement: orderSettlement.nullable(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: "Order" });
export type Order = z.output<typeof order>;
export const orderPage = pageOf(order, "OrderPage");

export const orderQuery = pageQuery.extend({
  customer: name.optional(),
  status: orderStatus.optional(),
  store: name.optional(),
  channel: name.optional(),
  dealer: name.optional(),
  redemption: name.optional(),
  from: z.iso.datetime({ offset: true }).optional().describe("Placed at this instant or later."),
  to: z.iso.datetime({ offset: true }).optional().describe("Placed before this instant."),
});
export type OrderQuery = z.output<typeof orderQuery>;

const returnedLine = z
  .strictObject({ id: name, quantity: z.int().min(1).max(limits.quantityPerLine) })
  .meta({ id: "OrderReturnLine" });
const returnedGift = z
  .strictObject({
    sku: name,
    quantity: z.int().min(1).max(limits.quantityPerLine),
    promotion: name.optional().describe("Tells two promotions apart that gave the same SKU."),
  })
  .meta({ id: "OrderReturnGift" });
export const orderReturnRequest = z
  .strictObject({
    lines: z
      .array(returnedLine)
      .max(mostLines)
      .describe("Empty where gifts come back alone, and where an order without lines comes back."),
    gifts: z
      .array(returnedGift)
      .max(mostLines)
      .optional()
      .describe("Gifts of the order's redemption that come back as well; missing ones may be charged."),
  })
  .meta({ id: "OrderReturnRequest" });
export type OrderReturnRequest = z.output<typeof orderReturnRequest>;

/** A line of the bulk stream. */
export const bulkOrder = orderDocument.extend({ externalId });

export const orderReturn = z
  .object({
    refund: minorUnits.describe("What the customer gets back, shipping included."),
    refunded: minorUnits.describe("What they have got back in all returns, this one included."),
    shipping: minorUnits.describe(
      "The part of the refund that is for shipping; it comes with the last unit.",
    ),
    withheld: minorUnits.describe("What a redemption keeps back, as for a missing gift."),
    lines: z.array(
      z.object({ id: z.string(), quantity: z.int(), refund: minorUnits }).meta({ id: "OrderLineRefund" }),
    ),
    gifts: z.array(
      z
        .object({ promotion: z.string(), sku: z.string().nullable(), quantity: z.int() })
        .meta({ id: "OrderGiftBack" }),
    ),
    restored: z
      .array(
        z
          .object({ promotion: z.string(), kind: z.string(), code: z.string().nullable(), amount: z.int() })
          .meta({ id: "OrderRestored" }),
      )
      .describe("What can be used again. Orders without a redemption took nothing."),
  })
  .meta({ id: "OrderReturn" });
export type OrderReturn = z.output<typeof orderReturn>;

import { z } from "zod";
import { cartSchema } from "../../engine/cart.ts";
import { limits } from "../../engine/limits.ts";
import { minorUnits } from "../../engine/money.ts";
import { promotionKey } from "../../engine/promotion.ts";
import { quoteSchema } from "../../engine/quote.ts";
import { pageOf, pageQuery } from "../../platform/pagination.ts";

const reference = z.string().min(1).max(limits.nameLength);

/** A week: longer than any checkout, short enough that a forgotten reservation does not lock up a budget for good. */
export const mostTtlSeconds = 604_800;
export const defaultTtlSeconds = 900;

export const redemptionRequest = cartSchema
  .omit({ hints: true, maxHints: true })
  .extend({
    orderRef: reference
      .optional()
      .describe(
        "The caller's own number of the order. One order has one live redemption, however often it is sent.",
      ),
    source: reference
      .default("default")
      .describe("Which system the order number is from: two tills may both have an order 17."),
    mode: z
      .enum(["reserve", "commit"])
      .meta({ id: "RedemptionMode" })
      .default("commit")
      .describe(
        "`reserve` holds everything until it is committed, cancelled or expires; `commit` takes it for good.",
      ),
    ttlSeconds: z
      .int()
      .min(1)
      .max(mostTtlSeconds)
      .default(defaultTtlSeconds)
      .describe("How long a reservation holds."),
    expectedTotal: z
      .int()
      .optional()
      .describe(
        "The total the customer was shown. Any other outcome is a 409 `price_changed` with the new quote.",
      ),
    deposit: z
      .strictObject({ promotion: promotionKey, units: z.int().min(1).max(limits.quantityPerLine).default(1) })
      .meta({ id: "DepositPayment" })
      .optional()
      .describe("This order pays a presale deposit: once committed, it proves that for so many units."),
  })
  .meta({ id: "PricedRedemptionRequest" });
export type RedemptionRequest = z.output<typeof redemptionRequest>;

const { currency, lines, customer } = redemptionRequest.shape;

export const redemptionBody = redemptionRequest
  .extend({
    currency: currency.optional().describe("Needed, unless a `quoteId` says it."),
    lines: lines.optional().describe("Needed, unless a `quoteId` says them."),
    quoteId: reference
      .optional()
      .describe(
        "A quote that holds: the order is redeemed at its price. It says what the cart is; `currency`, `lines` and `customer.id` may say the same, other fields of the cart may not be there.",
      ),
  })
  .meta({ id: "RedemptionRequest" });
export type RedemptionBody = z.output<typeof redemptionBody>;

/** With a quote there is nothing left to say of the cart. */
const { source, orderRef, mode, ttlSeconds, expectedTotal, identifiers } = redemptionRequest.shape;
export const quotedRedemptionFields = {
  quoteId: reference,
  source,
  orderRef,
  mode,
  ttlSeconds,
  expectedTotal,
  identifiers,
  currency: currency.optional(),
  lines: lines.optional(),
  customer,
};
export type QuotedRedemptionRequest = z.output<z.ZodObject<typeof quotedRedemptionFields>>;

export const redemptionState = z
  .enum(["reserved", "committed", "cancelled", "expired", "partially_returned", "returned"])
  .meta({ id: "RedemptionState" });

export const redemption = z
  .object({
    id: z.string(),
    state: redemptionState,
    source: z.string(),
    orderRef: z.string(),
    customer: z.string().nullable(),
    expiresAt: z.iso.datetime().nullable().describe("Of a reservation; null once it is committed or over."),
    createdAt: z.iso.datetime(),
    refunded: minorUnits.describe("What was refunded so far."),
    quote: quoteSchema,
  })
  .meta({ id: "Redemption" });
export type Redemption = z.output<typeof redemption>;

export const redemptionQuery = pageQuery.extend({
  orderRef: reference.optional(),
  source: reference.optional(),
  customer: reference.optional(),
  code: z.string().min(1).max(limits.codeLength).optional().describe("A code as it is typed."),
  state: redemptionState.optional(),
});
export type RedemptionQuery = z.output<typeof redemptionQuery>;

export const redemptionPage = pageOf(redemption, "RedemptionPage");

import { z } from "zod";
import { cartSchema } from "../../engine/cart.ts";
import { limits } from "../../engine/limits.ts";
import { currencyCode, minorUnits } from "../../engine/money.ts";
import { quoteSchema } from "../../engine/quote.ts";
import { pageOf, pageQuery } from "../../platform/pagination.ts";

/** A year: longer than any tender. */
const mostSeconds = 31_622_400;
const usualSeconds = 604_800;

export const heldQuoteRequest = cartSchema
  .omit({ hints: true, maxHints: true })
  .extend({
    validSeconds: z
      .int()
      .min(1)
      .max(mostSeconds)
      .default(usualSeconds)
      .describe("How long it holds; a week if left out."),
  })
  .meta({ id: "HeldQuoteRequest" });
export type HeldQuoteRequest = z.output<typeof heldQuoteRequest>;

export const quoteState = z.enum(["open", "reserved", "redeemed", "expired"]).meta({
  id: "HeldQuoteState",
  description:
    "`reserved`: a reservation by it is open; given up or expired, the quote is open again. `redeemed`: it was used, also where the goods came back.",
});

const summary = {
  id: z.string(),
  state: quoteState,
  validUntil: z.iso.datetime().describe("Redeemed before this instant."),
  createdAt: z.iso.datetime(),
  customer: z.string().nullable(),
  currency: currencyCode,
  total: minorUnits,
  redemption: z.string().nullable().describe("The last redemption by it."),
};

export const heldQuote = z
  .object({ ...summary, quote: quoteSchema.describe("The price that holds, by the rulebook it names.") })
  .meta({ id: "HeldQuote" });
export type HeldQuote = z.output<typeof heldQuote>;

export const heldQuoteSummary = z.object(summary).meta({ id: "HeldQuoteSummary" });
export type HeldQuoteSummary = z.output<typeof heldQuoteSummary>;
export const heldQuotePage = pageOf(heldQuoteSummary, "HeldQuotePage");

export const heldQuoteParams = z.strictObject({ id: z.string().min(1).max(64) });
export const heldQuoteQuery = pageQuery.extend({
  customer: z.string().min(1).max(limits.nameLength).optional(),
});
export type HeldQuoteQuery = z.output<typeof heldQuoteQuery>;

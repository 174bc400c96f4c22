import { z } from "zod";
import { redemptionState } from "./redemption-schemas.ts";
import { pastReturn } from "./return-schemas.ts";

export const ledgerEntry = z
  .object({
    step: z.int().describe("Counts the entries of the redemption."),
    at: z.iso.datetime(),
    cause: z
      .enum(["reserve", "commit", "cancel", "expire", "return", "claim", "release", "merge"])
      .meta({ id: "LedgerCause" }),
    promotion: z.string().nullable().describe("Its key; null for the coupon of a pool."),
    rule: z.string().describe("The id of the promotion or pool whose counter it is."),
    measure: z
      .string()
      .describe(
        '`uses`, `coupon`, `amount:CNY` (minor units), `stock:2` (units, of the third benefit), `stock:["SKU","store"]` (units of goods that it was given to sell), `deposit`, `first_order` (that it is the customer\'s first).',
      ),
    holder: z
      .string()
      .describe(
        "Whose: empty for all, or `customer:…`, `code:…`; devices, phones and addresses as keyed hashes.",
      ),
    period: z.string().describe("The day, week or month in which it counts; empty for all time."),
    reserved: z.int().describe("Added to what reservations hold."),
    used: z.int().describe("Added to what is taken for good."),
  })
  .meta({ id: "LedgerEntry" });

export const ledger = z
  .object({
    redemption: z.string(),
    state: redemptionState,
    items: z.array(ledgerEntry),
    returns: z
      .array(pastReturn)
      .describe(
        "What came back and what was refunded for it. A return that gave nothing back to any counter has no entry and stands here alone.",
      ),
  })
  .meta({ id: "RedemptionLedger" });
export type Ledger = z.output<typeof ledger>;

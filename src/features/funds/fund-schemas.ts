import { z } from "zod";
import { limits } from "../../engine/limits.ts";
import { currencyCode } from "../../engine/money.ts";
import { pageOf, pageQuery } from "../../platform/pagination.ts";

const name = z.string().min(1).max(limits.nameLength);
const amount = z.int().describe("Minor units; below zero where more came back than was sold.");

export const fundPeriod = z
  .string()
  .regex(/^\d{4}-(0[1-9]|1[0-2])$/)
  .describe("A month of the project's time zone, such as `2026-11`.");
export const fundParams = z.strictObject({ id: name.describe("The dealer."), period: fundPeriod });

const share = z.object({ funder: z.string(), amount }).meta({ id: "FundShare" });

export const fundStatement = z
  .object({
    dealer: z.string(),
    period: z.string(),
    state: z.enum(["open", "settled"]).meta({ id: "FundStatementState" }),
    reference: z.string().nullable().describe("Of the payment or credit note that settled it."),
    settledAt: z.iso.datetime().nullable(),
    promotions: z.array(
      z
        .object({
          promotion: z.string(),
          currency: currencyCode,
          discount: amount,
          funding: z.array(share).describe("What each funder bears of it; they come to the discount."),
        })
        .meta({ id: "FundedPromotion" }),
    ),
    totals: z.array(
      z
        .object({
          currency: currencyCode,
          discount: amount,
          dealerShare: amount.describe("What the dealer bears: the funder `dealer`."),
          othersShare: amount.describe("What the others bear."),
        })
        .meta({ id: "FundTotal" }),
    ),
  })
  .meta({ id: "FundStatement" });
export type FundStatement = z.output<typeof fundStatement>;

export const settlement = z.strictObject({ reference: name }).meta({ id: "FundSettlement" });

export const fundEntry = z
  .object({
    redemption: z.string(),
    number: z.int().describe("Counts the entries of the redemption."),
    promotion: z.string(),
    funder: z.string(),
    currency: currencyCode,
    amount,
    bookedAt: z.iso.datetime(),
  })
  .meta({ id: "FundEntry" });
export type FundEntry = z.output<typeof fundEntry>;
export const fundEntryPage = pageOf(fundEntry, "FundEntryPage");
export const fundEntryQuery = pageQuery;
export type FundEntryQuery = z.output<typeof fundEntryQuery>;

import { z } from "zod";
import { limits } from "../../engine/limits.ts";
import { minorUnits } from "../../engine/money.ts";
import { pageOf, pageQuery } from "../../platform/pagination.ts";
import { redemptionState } from "./redemption-schemas.ts";

const name = z.string().min(1).max(limits.nameLength);
const quantity = z.int().min(1).max(limits.quantityPerLine);

export const returnRequest = z
  .strictObject({
    lines: z
      .array(
        z
          .strictObject({ id: name.describe("The line's id in the redemption."), quantity })
          .meta({ id: "ReturnedUnits" }),
      )
      .max(limits.linesPerCart)
      .default([])
      .describe(
        "How many units of which lines come back. Of equal units the cheapest come back first. None: gifts alone, or an order that has no lines.",
      ),
    gifts: z
      .array(
        z
          .strictObject({
            sku: name.describe("Of a choice: the SKU that was chosen."),
            quantity,
            promotion: name.optional().describe("Tells two promotions apart that gave the same SKU."),
          })
          .meta({ id: "ReturnedGift" }),
      )
      .max(limits.linesPerCart)
      .optional()
      .describe(
        "Gifts that come back with them. Missing ones are charged at their value once they are due: with the last unit, and where a promotion reevaluates as soon as the kept goods no longer earn them. What was charged is refunded when they come, also after the last unit.",
      ),
  })
  .meta({ id: "ReturnRequest" });
export type ReturnRequest = z.output<typeof returnRequest>;

export const restored = z
  .object({
    promotion: z.string().describe("Its key."),
    kind: z
      .enum(["use", "code", "budget", "stock"])
      .meta({ id: "RestoredKind" })
      .describe("A use of the promotion, of a coupon, money of its budget, or units of a gift or service."),
    code: z.string().nullable().describe("As it was entered."),
    amount: z.int().describe("Uses, minor units of the redemption's currency, or units."),
  })
  .meta({ id: "Restored" });

export const redemptionReturn = z
  .object({
    redemption: z.string(),
    state: redemptionState,
    refund: minorUnits.describe("What the customer gets back now."),
    refunded: minorUnits.describe("What they have got back in all returns, this one included."),
    shipping: minorUnits.describe(
      "The part of the refund that is for shipping; it comes with the last unit.",
    ),
    withheld: minorUnits.describe(
      "What was paid for everything that is back and was not refunded: the kept goods cost more by themselves, or a gift is missing.",
    ),
    lines: z
      .array(z.object({ id: z.string(), quantity: z.int(), refund: minorUnits }).meta({ id: "ReturnedLine" }))
      .describe("Their refunds and the shipping are the refund. A return of gifts alone has none."),
    gifts: z.array(
      z
        .object({ promotion: z.string(), sku: z.string().nullable(), quantity: z.int() })
        .meta({ id: "GiftBack" }),
    ),
    restored: z.array(restored).describe("What can be used again, of promotions with `restoreUseOnReturn`."),
  })
  .meta({ id: "RedemptionReturn" });
export type RedemptionReturn = z.output<typeof redemptionReturn>;

export const pastReturn = redemptionReturn
  .omit({ redemption: true, state: true })
  .extend({
    step: z.int().describe("Which step of the redemption it was; its ledger entries, if any, begin with it."),
    at: z.iso.datetime(),
    refund: minorUnits.describe("What the customer got back for it."),
    refunded: minorUnits.describe("What they had got back in all returns until then, this one included."),
  })
  .meta({ id: "PastReturn" });
export type PastReturn = z.output<typeof pastReturn>;

export const returnQuery = pageQuery;
export type ReturnQuery = z.output<typeof returnQuery>;
export const returnPage = pageOf(pastReturn, "ReturnPage");

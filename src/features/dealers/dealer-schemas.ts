import { z } from "zod";
import { limits } from "../../engine/limits.ts";
import { currencyCode, minorUnits } from "../../engine/money.ts";
import { pageOf, pageQuery } from "../../platform/pagination.ts";

const name = z.string().min(1).max(limits.nameLength);
const names = z.array(name).max(limits.namesPerField);

/** From the head of a network down to a dealer, both counted. */
export const mostLevels = 10;

export const dealerId = name.describe("As the shop calls the dealer; what orders and carts say as `dealer`.");
export const dealerParams = z.strictObject({ id: dealerId });

export const territory = z
  .strictObject({
    regions: names.optional().describe("As `shipTo.region` of orders says them."),
    postalPrefixes: z
      .array(z.string().min(1).max(20))
      .max(limits.namesPerField)
      .optional()
      .describe("How the postal codes begin. Spaces do not count, nor does case."),
    stores: names.optional().describe("Stores of orders."),
  })
  .meta({
    id: "Territory",
    description:
      "Where the dealer may sell: an order is inside where its region, its postal code or its store is one of these. " +
      "Of an order that says none of what the territory names nobody can tell. Empty: everywhere.",
  });
export type Territory = z.output<typeof territory>;

export const dealerDocument = z
  .strictObject({
    name: name.optional(),
    level: name.optional().describe("Such as `gold`: what promotions and rebates go by."),
    region: name.optional().describe("Where the dealer is at home."),
    territory: territory.default({}),
    parent: name
      .optional()
      .describe(`The dealer above, by their id. Networks are up to ${mostLevels} levels deep.`),
  })
  .meta({ id: "DealerDocument" });
export type DealerDocument = z.output<typeof dealerDocument>;

export const dealer = dealerDocument
  .extend({
    id: z.string(),
    territory,
    network: z.array(z.string()).describe("From the head of the network down to the dealer."),
    version: z.int().describe("The ETag."),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: "Dealer" });
export type Dealer = z.output<typeof dealer>;
export const dealerPage = pageOf(dealer, "DealerPage");

export const dealerQuery = pageQuery.extend({
  level: name.optional(),
  region: name.optional(),
  parent: name.optional().describe("Directly below this dealer."),
  network: name.optional().describe("This dealer and everybody below."),
});
export type DealerQuery = z.output<typeof dealerQuery>;

export const flagState = z.enum(["open", "cleared"]).meta({
  id: "TerritoryFlagState",
  description: "`open`: the order earns its dealer nothing. `cleared`: somebody has said that it is fine.",
});

export const territoryFlag = z
  .object({
    order: z.string().describe("Its external id."),
    dealer: z.string(),
    state: flagState,
    shipTo: z.object({ region: z.string().nullable(), store: z.string().nullable() }).meta({
      id: "FlaggedDestination",
    }),
    currency: currencyCode,
    total: minorUnits.describe("Of the order."),
    placedAt: z.iso.datetime(),
    flaggedAt: z.iso.datetime(),
    clearedAt: z.iso.datetime().nullable(),
    clearedBy: z.string().nullable().describe("The id of the API key."),
    reason: z.string().nullable().describe("Why it was cleared."),
  })
  .meta({ id: "TerritoryFlag" });
export type TerritoryFlag = z.output<typeof territoryFlag>;
export const territoryFlagPage = pageOf(territoryFlag, "TerritoryFlagPage");

export const territoryFlagQuery = pageQuery.extend({
  dealer: name.optional(),
  state: flagState.optional(),
  from: z.iso.datetime({ offset: true }).optional().describe("Of orders placed at this instant or later."),
  to: z.iso.datetime({ offset: true }).optional().describe("Of orders placed before this instant."),
});
export type TerritoryFlagQuery = z.output<typeof territoryFlagQuery>;

export const territoryFlagParams = z.strictObject({ order: name.describe("The order's external id.") });

export const clearing = z
  .strictObject({ reason: z.string().min(1).max(limits.textLength) })
  .meta({ id: "TerritoryClearing" });

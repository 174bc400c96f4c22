import { z } from "zod";
import { limits } from "../../engine/limits.ts";
import { pageOf, pageQuery } from "../../platform/pagination.ts";

const name = z.string().min(1).max(limits.nameLength);
const instant = z.iso.datetime({ offset: true });
const money = z.int();
const currency = z.string().regex(/^[A-Z]{3}$/);

export const competitorOfferParams = z.strictObject({
  key: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/)
    .describe("The shop's own name for it."),
});

const offered = {
  competitor: name,
  form: name.describe("How it is offered, such as `spend 300 save 50`."),
  depthPercent: z
    .number()
    .min(0)
    .max(100)
    .optional()
    .describe("What it comes to off the usual price, as well as it is known."),
  startsAt: instant,
  endsAt: instant.describe("As well as it is known."),
  effect: z
    .string()
    .min(1)
    .max(2_000)
    .optional()
    .describe("What it did, there and here, once that is known."),
  skus: z
    .array(name)
    .min(1)
    .max(limits.namesPerSelector)
    .optional()
    .describe("Goods of ours that it is about."),
  source: z.string().min(1).max(2_000).optional().describe("Where it was seen."),
};

export const competitorOfferDocument = z.strictObject(offered).meta({ id: "CompetitorOfferDocument" });
export type CompetitorOfferDocument = z.output<typeof competitorOfferDocument>;

export const competitorOffer = z
  .object({ key: z.string(), ...offered, updatedAt: z.iso.datetime() })
  .meta({ id: "CompetitorOffer" });
export type CompetitorOffer = z.output<typeof competitorOffer>;
export const competitorOfferPage = pageOf(competitorOffer, "CompetitorOfferPage");

export const competitorOfferQuery = pageQuery.extend({ competitor: name.optional() });
export type CompetitorOfferQuery = z.output<typeof competitorOfferQuery>;

export const marketQuery = z.strictObject({
  from: instant,
  to: instant.describe("Not included."),
  currency,
});
export type MarketQuery = z.output<typeof marketQuery>;

const earned = {
  orders: z.int().describe("Those that came back whole left out."),
  revenue: money.describe("Minor units, as are the others; less what was refunded."),
  discount: money,
  giftCost: money.describe("Of gifts and services of which it is known."),
  roi: z.number().nullable().describe("1 is a hundred percent. Null: it cost nothing."),
};

const pastPromotion = z.object({ promotion: z.string(), ...earned }).meta({
  id: "MarketPromotion",
  description: "Of orders in which several applied each has the whole revenue.",
});

const pastCampaign = z
  .object({
    campaign: z.string(),
    name: z.string().nullable(),
    startsAt: z.iso.datetime(),
    endsAt: z.iso.datetime(),
    ...earned,
    cost: money.describe("Discounts, gifts, and the costs entered."),
    promotions: z.array(pastPromotion),
  })
  .meta({ id: "MarketCampaign" });

export const market = z
  .object({
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    currency: z.string(),
    theirs: z.array(competitorOffer),
    ours: z.array(pastCampaign),
    isCut: z.boolean().describe("There are more than these: ask for a shorter time."),
  })
  .meta({ id: "Market" });
export type Market = z.output<typeof market>;

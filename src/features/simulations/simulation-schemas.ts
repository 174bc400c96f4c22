import { z } from "zod";
import { limits } from "../../engine/limits.ts";
import { currencyCode, minorUnits } from "../../engine/money.ts";
import { promotionSchema } from "../../engine/promotion.ts";
import { strategy } from "../../engine/settings.ts";
import { pageOf, pageQuery } from "../../platform/pagination.ts";

const name = z.string().min(1).max(limits.nameLength);
const signed = z.int().describe("Minor units; below 0 where it is less.");

export const simulationRequest = z
  .strictObject({
    name: name.optional(),
    promotions: z
      .array(promotionSchema)
      .min(1)
      .max(limits.draftsPerEvaluation)
      .describe("Drafts, as an evaluation takes them; one replaces the live promotion with its key."),
    only: z.boolean().default(false).describe("The drafts instead of the live rules."),
    from: z.iso.datetime({ offset: true }).describe("Orders placed at this instant or later."),
    to: z.iso.datetime({ offset: true }).describe("Orders placed before this instant."),
    channel: name.optional().describe("Only orders of this channel."),
    strategy: strategy.optional().describe("Left out, the project's."),
    codes: z
      .enum(["everybody", "nobody"])
      .meta({ id: "CodeHolders" })
      .default("everybody")
      .describe("Who is taken to hold the codes and coupons of the drafts: orders do not tell."),
    shiftDays: z
      .int()
      .min(-3_660)
      .max(3_660)
      .default(0)
      .describe("Orders are priced as if placed so many days later: last year's for drafts of this year."),
    elasticity: z
      .number()
      .min(-20)
      .max(0)
      .optional()
      .describe(
        "Percent of units sold for each percent of the price, with its sign, as `POST /v1/planning/elasticity` finds it. Left out, the same goods are sold.",
      ),
    top: z.int().min(1).max(100).default(10).describe("So many winners and losers of each kind."),
  })
  .meta({ id: "SimulationRequest" });
export type SimulationRequest = z.output<typeof simulationRequest>;

const side = z
  .object({
    revenue: minorUnits.describe("Goods after discounts, without shipping."),
    discount: minorUnits.describe("Off the goods."),
    shippingDiscount: minorUnits,
    gifts: z.int().describe("Units."),
    giftValue: minorUnits.describe("What the promotions say they are worth; not in any cost."),
    giftCost: minorUnits.describe("What gifts and services cost, by the `unitCost` of their promotions."),
    uncostedGifts: z.int().describe("Units of gifts and services without a `unitCost`."),
    points: z.int(),
    margin: z
      .int()
      .describe("Revenue less cost, of the lines whose `unitCost` is known. What gifts cost is beside it."),
  })
  .meta({ id: "SimulationSide" });

const difference = z
  .object({
    revenue: signed,
    discount: signed,
    shippingDiscount: signed,
    gifts: z.int(),
    giftValue: signed,
    giftCost: signed,
    uncostedGifts: z.int(),
    points: z.int(),
    margin: signed,
  })
  .meta({ id: "SimulationDifference", description: "Scenario less baseline." });

const use = z
  .object({
    orders: z.int(),
    redemptions: z.int().describe("How many times it was applied."),
    cost: minorUnits.describe("What it took off, goods and shipping, and what its gifts cost."),
  })
  .meta({ id: "SimulatedUse" });

const simulatedPromotion = z
  .object({
    promotion: z.string(),
    isDraft: z.boolean(),
    baseline: use,
    scenario: use,
    beyond: z
      .array(z.enum(["total", "budget"]).meta({ id: "SimulatedLimit" }))
      .describe("Limits of a draft that the replay goes beyond: it would have ended before."),
    ordersInForce: z.int().nullable().describe("Orders at whose time the draft is in force; null if live."),
  })
  .meta({ id: "SimulatedPromotion" });

const cannibalised = z
  .object({
    promotion: z.string(),
    displaced: z.int().describe("Orders in which it no longer applies."),
    lessened: z.int().describe("Orders in which it takes off less."),
    lost: minorUnits.describe("What it takes off less, in all."),
  })
  .meta({ id: "CannibalisedPromotion" });

const goodsSide = z
  .object({ revenue: minorUnits, discount: minorUnits, margin: z.int() })
  .meta({ id: "SimulatedGoods", description: "Margin: of the lines whose cost is known." });

const mover = z
  .object({
    name: z.string().describe("The SKU, or the key of the segment."),
    orders: z.int(),
    units: z.int(),
    assumedUnits: z.number().describe("With the volume that the elasticity assumes."),
    baseline: goodsSide,
    scenario: goodsSide.describe("With the volume that the elasticity assumes."),
    change: signed.describe("Of the revenue."),
  })
  .meta({ id: "SimulationMover" });
const movers = z
  .object({ winners: z.array(mover), losers: z.array(mover) })
  .meta({ id: "SimulationMovers", description: "Whose revenue rises most, and falls most." });

const ofCurrency = z
  .object({
    currency: currencyCode,
    orders: z.int(),
    affectedOrders: z.int().describe("In which a draft applied."),
    changedOrders: z.int().describe("That would have cost something else."),
    units: z.int(),
    subtotal: minorUnits.describe("Goods before discounts."),
    recordedRevenue: minorUnits.describe("What the orders themselves say was paid for their goods."),
    costKnownShare: z
      .number()
      .nullable()
      .describe("The part of `subtotal`, between 0 and 1, of lines whose cost is known. Null of nothing."),
    baseline: side.describe("By the rules in force when the simulation was made."),
    scenario: side,
    difference,
    assumed: z
      .object({ units: z.number(), revenue: minorUnits, discount: minorUnits, margin: z.int() })
      .meta({ id: "AssumedVolume" })
      .nullable()
      .describe("The scenario with the volume that the elasticity assumes. Null without one."),
    promotions: z.array(simulatedPromotion).describe("Drafts first, then the dearest; up to 500."),
    cannibalised: z.array(cannibalised).describe("Live promotions that the drafts crowd out; up to 100."),
    segments: movers.describe("By the segments that customers are in now."),
    skus: movers,
  })
  .meta({ id: "SimulationResult" });

const note = z.object({ code: z.string(), message: z.string() }).meta({ id: "SimulationNote" });

export const simulationReport = z
  .object({
    results: z.array(ofCurrency).describe("One for each currency."),
    left: z
      .array(z.object({ reason: z.string(), orders: z.int() }).meta({ id: "SimulationLeftOut" }))
      .describe("Orders that could not be priced."),
    assumptions: z.array(note).describe("What the figures take for granted."),
    cautions: z.array(note).describe("What to mind about these figures in particular."),
  })
  .meta({ id: "SimulationReport" });
export type SimulationReport = z.output<typeof simulationReport>;
export type CurrencyReport = SimulationReport["results"][number];
export type SimulationNote = z.output<typeof note>;

export const simulationSummary = z
  .object({
    id: z.string(),
    name: z.string().nullable(),
    job: z.string().describe("The job that replays the orders: `POST /v1/jobs/{id}/cancel` stops it."),
    state: z
      .enum(["queued", "running", "succeeded", "failed", "cancelling", "cancelled"])
      .meta({ id: "SimulationState" }),
    done: z.int().describe("Orders replayed so far, counted now and again."),
    total: z.int().nullable().describe("Orders of the period when it was made."),
    failure: z.string().nullable(),
    request: z
      .record(z.string(), z.unknown())
      .meta({ id: "SimulationRequestAsMade", scalar: true, description: "With the defaults filled in." }),
    rulebook: z.string().describe("The version of the rules that are the baseline."),
    createdBy: z.string().describe("The id of the API key."),
    createdAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: "SimulationSummary", description: "A simulation without its report." });
export type SimulationSummary = z.output<typeof simulationSummary>;
export const simulationPage = pageOf(simulationSummary, "SimulationPage");

export const simulation = simulationSummary
  .extend({ report: simulationReport.nullable().describe("Null until it has succeeded.") })
  .meta({ id: "Simulation", description: "A simulation and what came of it." });
export type Simulation = z.output<typeof simulation>;
export const simulationQuery = pageQuery;

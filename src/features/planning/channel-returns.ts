import { z } from "zod";
import { limits } from "../../engine/limits.ts";
import { allocate } from "../../engine/money.ts";
import { type Caution, defineCalculation, toFourDecimals } from "./calculation.ts";

const amount = z.int().min(0).max(limits.amount);

const channel = z
  .strictObject({
    name: z.string().min(1).max(200),
    costPerClick: z.number().min(0.01).max(1e9).describe("Minor units, to two decimals of them."),
    conversion: z.number().min(0).max(100).describe("Percent of clicks that become orders."),
    averageOrder: amount.describe("Minor units."),
  })
  .meta({ id: "ChannelPlan" });

const expected = z
  .object({
    name: z.string(),
    clicks: z.number(),
    orders: z.number(),
    revenue: z.number().describe("Minor units, if the whole budget went there."),
    roi: z.number().describe("Revenue for each unit spent: 2.25 is 1 : 2.25."),
    recommended: z.int().describe("Of the budget, in minor units."),
  })
  .meta({ id: "ChannelExpectation" });

/** Above this the figures are more often wrong than the channel that good. */
const tooGood = 10;

/**
 * Expected return of each channel, and a split of the budget: so much to each to keep measuring it, the rest in proportion to
 * the returns of those that bring back more than they cost, none more than the largest share.
 */
export const channelReturns = defineCalculation({
  name: "channel-returns",
  id: "channelReturns",
  summary: "What a budget would bring on each channel, and a split of it over them.",
  formula:
    "ROI = clicks × conversion × average order ÷ budget, clicks = budget ÷ cost per click; split in proportion to ROI above 1, between a least and a largest share",
  source:
    "Return on ad spend, from cost per click and conversion. Worked example: four channels → 1.80, 1.33, 2.25, 32.0.",
  input: z
    .strictObject({
      budget: amount.min(1).describe("Minor units."),
      channels: z.array(channel).min(1).max(100),
      leastShare: z
        .number()
        .min(0)
        .max(100)
        .default(5)
        .describe("Percent of the budget for every channel, to keep measuring it."),
      largestShare: z
        .number()
        .min(0)
        .max(100)
        .default(50)
        .describe("Percent of the budget that one channel gets at most: returns shrink as more is spent."),
    })
    .meta({ id: "ChannelReturnsQuestion" }),
  result: z
    .object({
      channels: z.array(expected),
      unallocated: z.int().describe("Minor units that no channel is worth."),
    })
    .meta({ id: "ChannelReturns" }),
  example: {
    budget: 10_000_00,
    channels: [
      { name: "feed", costPerClick: 250, conversion: 3, averageOrder: 150_00 },
      { name: "search", costPerClick: 180, conversion: 2, averageOrder: 120_00 },
      { name: "video", costPerClick: 320, conversion: 4, averageOrder: 180_00 },
      { name: "community", costPerClick: 50, conversion: 8, averageOrder: 200_00 },
    ],
  },
  compute({ budget, channels, leastShare, largestShare }) {
    const rows = channels.map(({ name, costPerClick, conversion, averageOrder }) => {
      const clicks = budget / costPerClick;
      const orders = (clicks * conversion) / 100;
      return { name, clicks, orders, revenue: orders * averageOrder, roi: (orders * averageOrder) / budget };
    });
    const amounts = splitOf(
      budget,
      rows.map(({ roi }) => roi),
      Math.floor((budget * leastShare) / 100),
      Math.floor((budget * largestShare) / 100),
    );
    return {
      result: {
        channels: rows.map(({ name, clicks, orders, revenue, roi }, i) => ({
          name,
          clicks: toFourDecimals(clicks),
          orders: toFourDecimals(orders),
          revenue: toFourDecimals(revenue),
          roi: toFourDecimals(roi),
          recommended: amounts[i]!,
        })),
        unallocated: budget - amounts.reduce((sum, part) => sum + part, 0),
      },
      cautions: cautionsOn(rows),
    };
  },
});

/** Those that reach the largest share drop out, and what they leave is shared anew; each round one more does, so this ends. */
function splitOf(budget: number, returns: readonly number[], least: number, largest: number): number[] {
  const floor = Math.min(least, largest, Math.floor(budget / returns.length));
  const amounts = returns.map(() => floor);
  let open = returns.flatMap((roi, i) => (roi > 1 ? [i] : []));
  let left = budget - floor * returns.length;
  while (open.length > 0 && left > 0) {
    const parts = open.map((i) => ({ weight: Math.round(returns[i]! * 10_000), count: 1, room: left }));
    const { base, extra } = allocate(left, parts);
    const full = open.filter((i, place) => amounts[i]! + base[place]! + extra[place]! >= largest);
    if (full.length === 0) {
      open.forEach((i, place) => {
        amounts[i]! += base[place]! + extra[place]!;
      });
      return amounts;
    }
    for (const i of full) {
      left -= largest - amounts[i]!;
      amounts[i] = largest;
    }
    open = open.filter((i) => !full.includes(i));
  }
  return amounts;
}

function cautionsOn(rows: readonly { readonly name: string; readonly roi: number }[]): Caution[] {
  const named = (of: typeof rows) => of.map(({ name }) => name).join(", ");
  const costly = rows.filter(({ roi }) => roi < 1);
  const miraculous = rows.filter(({ roi }) => roi > tooGood);
  const cautions: Caution[] = [
    {
      code: "returns_shrink",
      message:
        "Cost per click rises and conversion falls as more is spent: ask again with what was measured.",
    },
    {
      code: "price_conflicts",
      message: "Different offers by channel may undercut each other: see `GET /v1/promotions/overlaps`.",
    },
  ];
  if (costly.length > 0)
    cautions.push({ code: "below_one", message: `They bring back less than they cost: ${named(costly)}.` });
  if (miraculous.length > 0)
    cautions.push({
      code: "too_good",
      message: `Above 1 : ${tooGood} the figures are more often wrong than the channel that good: ${named(miraculous)}.`,
    });
  return cautions;
}

import { z } from "zod";
import { problem } from "../../platform/problem.ts";
import { type Caution, defineCalculation, toFourDecimals } from "./calculation.ts";

const fewPoints = 10;
const poorFit = 0.7;

const point = z
  .strictObject({
    price: z.number().positive().max(1e12).describe("In any unit, the same for all points."),
    units: z.number().min(0).max(1e12).describe("Sold at that price, in periods of the same length."),
  })
  .meta({ id: "PricePoint" });

/**
 * Ordinary least squares of units on price; the elasticity is its slope at the means, slope × mean price ÷ mean units.
 * Fit: the coefficient of determination R², the share of the variance of units that the line explains.
 */
export const elasticity = defineCalculation({
  name: "elasticity",
  id: "priceElasticity",
  summary: "How sales answer to the price, from pairs of price and units sold.",
  formula: "elasticity = slope of units on price × mean price ÷ mean units",
  source:
    "Least squares; elasticity at the means. Worked example: prices 10 to 5, sales 100 to 350 → −1.9071.",
  input: z
    .strictObject({ points: z.array(point).min(2).max(10_000) })
    .meta({ id: "PriceElasticityQuestion" }),
  result: z
    .object({
      elasticity: z.number().describe("Percent more units for each percent off the price, with its sign."),
      slope: z.number().describe("Units for each unit of price."),
      intercept: z.number(),
      fit: z.number().describe("R², between 0 and 1."),
      points: z.int(),
      meanPrice: z.number(),
      meanUnits: z.number(),
    })
    .meta({ id: "PriceElasticity" }),
  example: {
    points: [
      { price: 10, units: 100 },
      { price: 9, units: 120 },
      { price: 8, units: 150 },
      { price: 7, units: 200 },
      { price: 6, units: 280 },
      { price: 5, units: 350 },
    ],
  },
  compute({ points }) {
    const meanPrice = meanOf(points.map(({ price }) => price));
    const meanUnits = meanOf(points.map(({ units }) => units));
    let ofPrice = 0;
    let ofUnits = 0;
    let together = 0;
    for (const { price, units } of points) {
      ofPrice += (price - meanPrice) ** 2;
      ofUnits += (units - meanUnits) ** 2;
      together += (price - meanPrice) * (units - meanUnits);
    }
    if (ofPrice === 0)
      throw fault("prices_alike", "The prices are all the same: nothing can be said of others.");
    if (meanUnits === 0) throw fault("nothing_sold", "Nothing was sold at any price.");
    const slope = together / ofPrice;
    const fit = ofUnits === 0 ? 1 : together ** 2 / (ofPrice * ofUnits);
    const value = (slope * meanPrice) / meanUnits;
    return {
      result: {
        elasticity: toFourDecimals(value),
        slope: toFourDecimals(slope),
        intercept: toFourDecimals(meanUnits - slope * meanPrice),
        fit: toFourDecimals(fit),
        points: points.length,
        meanPrice: toFourDecimals(meanPrice),
        meanUnits: toFourDecimals(meanUnits),
      },
      cautions: cautionsOn(points.length, fit, value),
    };
  },
});

function cautionsOn(points: number, fit: number, value: number): Caution[] {
  const cautions: Caution[] = [
    {
      code: "only_within_range",
      message:
        "A line through these prices says nothing of prices outside them, nor of season and competitors.",
    },
  ];
  if (points < fewPoints)
    cautions.push({
      code: "few_points",
      message: `It stands on ${points} points; with fewer than ${fewPoints} one odd week decides.`,
    });
  if (fit < poorFit)
    cautions.push({ code: "poor_fit", message: "The price explains little of what was sold." });
  if (value > 0)
    cautions.push({
      code: "sales_rose_with_price",
      message: "More was sold at higher prices: something else was at work.",
    });
  return cautions;
}

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function fault(code: string, message: string) {
  return problem("invalid-request", { errors: [{ path: "/points", code, message }] });
}

import type { Role } from "../../platform/auth.ts";
import { defineOperation, type Operation } from "../../platform/operation.ts";
import { campaignParams } from "../campaigns/campaign-schemas.ts";
import type { AttributionService } from "./attribution-service.ts";
import { breakdown, breakdownQuery } from "./breakdown-schemas.ts";
import type { BreakdownService } from "./breakdown-service.ts";
import { customerKpiQuery, customerKpis } from "./customer-kpi-schemas.ts";
import type { CustomerKpiService } from "./customer-kpi-service.ts";
import {
  attribution,
  attributionQuery,
  experimentMeasurement,
  experimentParams,
  experimentQuery,
  measurement,
  measurementQuery,
} from "./measurement-schemas.ts";
import type { MeasurementService } from "./measurement-service.ts";
import { measuringRequestSeconds } from "./measuring-service.ts";
import { stockTurnover, stockTurnoverQuery } from "./stock-turnover-schemas.ts";
import type { StockTurnoverService } from "./stock-turnover-service.ts";

const tag = "measurement";
const readers: readonly Role[] = ["marketing", "viewer"];

export function measurementOperations(
  service: MeasurementService,
  attributions: AttributionService,
  customers: CustomerKpiService,
  breakdowns: BreakdownService,
  stock: StockTurnoverService,
): Operation[] {
  return [
    defineOperation({
      id: "campaignMeasurement",
      method: "GET",
      path: "/v1/campaigns/{key}/measurement",
      graphql: "query",
      tag,
      summary: "What a campaign earned, and what it added: against its holdout and against last year.",
      description:
        "By intention to treat: whoever met the campaign counts in the arm that chance put them in, whatever they got. Welch's t-test of revenue per customer; no verdict under 100 orders. " +
        "Each day on which somebody looks while it runs makes the level stricter: whoever looks often and stops when it suits is wrong more often.",
      roles: readers,
      params: campaignParams,
      query: measurementQuery,
      result: measurement,
      cost: 1_000,
      maySeconds: measuringRequestSeconds,
      problems: ["campaign-not-found", "measurement-too-slow"],
      handler: ({ params: { key }, query, context }) => service.measure(context.projectId, key, query),
    }),
    defineOperation({
      id: "campaignBreakdown",
      reads: "replica",
      method: "GET",
      path: "/v1/campaigns/{key}/breakdown",
      graphql: "query",
      tag,
      summary: "What a campaign earned by channel, segment or SKU: ROI, margin, what a new customer cost.",
      description:
        "Of the same orders, discounts, gifts and cost entries as its board, shared out so that nothing is lost or counted twice: rows add up to the whole, to the cent, but for customers who are in several segments. Reading it is no look at an experiment. What the campaign added, against its holdout, is in its measurement.",
      roles: readers,
      params: campaignParams,
      query: breakdownQuery,
      result: breakdown,
      cost: 1_000,
      maySeconds: measuringRequestSeconds,
      problems: ["campaign-not-found", "measurement-too-slow"],
      handler: ({ params: { key }, query, context }) => breakdowns.breakDown(context.projectId, key, query),
    }),
    defineOperation({
      id: "experimentMeasurement",
      method: "GET",
      path: "/v1/experiments/{name}/measurement",
      graphql: "query",
      tag,
      summary: "What the variants of an experiment brought, arm by arm.",
      description:
        "As a campaign is measured, each arm against the control. One that nobody met has no arms.",
      roles: readers,
      params: experimentParams,
      query: experimentQuery,
      result: experimentMeasurement,
      cost: 1_000,
      maySeconds: measuringRequestSeconds,
      problems: ["measurement-too-slow"],
      handler: ({ params: { name }, query, context }) =>
        service.measureExperiment(context.projectId, name, query),
    }),
    defineOperation({
      id: "campaignAttribution",
      reads: "replica",
      method: "GET",
      path: "/v1/campaigns/{key}/attribution",
      graphql: "query",
      tag,
      summary: "Which channels the orders came from: by first touch, last touch, and all touches alike.",
      description:
        "Touches are tracked events that name the campaign, of the customer or of the visitor they turned out to be.",
      roles: readers,
      params: campaignParams,
      query: attributionQuery,
      result: attribution,
      cost: 1_000,
      maySeconds: measuringRequestSeconds,
      problems: ["campaign-not-found", "measurement-too-slow"],
      handler: ({ params: { key }, query, context }) => attributions.attribute(context.projectId, key, query),
    }),
    defineOperation({
      id: "customerKpis",
      reads: "replica",
      method: "GET",
      path: "/v1/customer-kpis",
      graphql: "query",
      tag,
      summary: "What new customers cost, how many buy again, and what they are worth; by channel and cohort.",
      description:
        "Of everybody whose first order is in the period, from orders and redemptions as they are now, and the cost entries of campaigns. The answer says the formula, its source, and where the figures are too few to lean on.",
      roles: readers,
      query: customerKpiQuery,
      result: customerKpis,
      cost: 1_000,
      maySeconds: measuringRequestSeconds,
      problems: ["measurement-too-slow"],
      handler: ({ query, context }) => customers.kpis(context.projectId, query),
    }),
    defineOperation({
      id: "stockTurnover",
      reads: "replica",
      method: "GET",
      path: "/v1/stock-turnover",
      graphql: "query",
      tag,
      summary: "For how many days the stock of each SKU lasts at the pace at which it was sold.",
      description:
        "Of the stock that the ERP told, and of all orders and redemptions of the last days. What `POST /v1/planning/timing` wants as `stockTurnoverDays`.",
      roles: readers,
      query: stockTurnoverQuery,
      result: stockTurnover,
      cost: 1_000,
      maySeconds: measuringRequestSeconds,
      problems: ["measurement-too-slow"],
      handler: ({ query, context }) => stock.turnover(context.projectId, query),
    }),
  ];
}

import { z } from "zod";
import { pageOf, pageQuery } from "../../platform/pagination.ts";

export const launchCheckLines = [
  "promotions",
  "rule_conflicts",
  "channel_prices",
  "price_floors",
  "coupon_pools",
  "stock",
  "budget",
  "goals",
  "tracking",
  "webhooks",
  "database_latency",
  "evaluation_latency",
] as const;

const line = z
  .object({
    name: z.enum(launchCheckLines).meta({ id: "LaunchCheckLineName" }),
    outcome: z.enum(["passed", "warning", "failed"]).meta({ id: "LaunchCheckOutcome" }),
    evidence: z.string().describe("What was found, with its figures."),
    advice: z.string().nullable().describe("What to do about it; null where it passed."),
  })
  .meta({ id: "LaunchCheckLine" });
export type LaunchCheckLine = z.output<typeof line>;
export type LineName = LaunchCheckLine["name"];

export const launchCheck = z
  .object({
    id: z.string(),
    campaign: z.string(),
    passed: z.boolean().describe("No line has failed."),
    lines: z.array(line),
    promotions: z.array(z.string()).describe("The keys of the promotions that were looked at."),
    createdBy: z.string().describe("The id of the API key."),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: "LaunchCheck" });
export type LaunchCheck = z.output<typeof launchCheck>;
export const launchCheckPage = pageOf(launchCheck, "LaunchCheckPage");
export const launchCheckQuery = pageQuery;

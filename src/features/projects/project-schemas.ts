import { z } from "zod";
import { moneyMap, roundingMode as rounding } from "../../engine/money.ts";
import { locale, strategy, timezone } from "../../engine/settings.ts";
import { environment } from "../../platform/auth.ts";

const marginFloor = z
  .number()
  .min(0)
  .lt(100)
  .nullable()
  .describe("No discount takes a line with a known cost below this margin, in percent. Null: no floor.");

/** Shorter, and whoever did something would only have to wait until nobody can tell. */
const leastAuditRetentionDays = 30;
const auditRetentionDays = (least: number) =>
  z
    .int()
    .min(least)
    .max(36_500)
    .nullable()
    .describe("Entries of the audit trail are forgotten after so many days. Null: never.");

const approvalAboveBudget = moneyMap
  .nullable()
  .describe(
    "A promotion with a larger budget, in any currency, with none, or in a currency not named here, needs somebody else's approval to come into force. Null: none does.",
  );

const stockMaxAgeSeconds = z
  .int()
  .min(60)
  .max(31_536_000)
  .nullable()
  .describe(
    "If nothing is told of the stock (`PUT /v1/stock/{sku}`) for so long, it is reported as stale. Null: it never is.",
  );

const promotionDaysPerYear = z
  .int()
  .min(1)
  .max(366)
  .nullable()
  .describe(
    "A SKU that was on promotion on so many days of the calendar year rests: until its end nothing is taken off it. Counted from when this was set. Null: no cap.",
  );

export const projectSettings = z
  .object({
    strategy,
    rounding,
    marginFloor,
    timezone,
    locale,
    // They have defaults, because settings stored before them do not name them. A version before this one may store fewer days.
    auditRetentionDays: auditRetentionDays(1).default(null),
    approvalAboveBudget: approvalAboveBudget.default(null),
    stockMaxAgeSeconds: stockMaxAgeSeconds.default(null),
    promotionDaysPerYear: promotionDaysPerYear.default(null),
  })
  .meta({ id: "ProjectSettings" });
export type ProjectSettings = z.output<typeof projectSettings>;

export const defaultSettings: ProjectSettings = {
  strategy: "best",
  rounding: "half_up",
  marginFloor: null,
  timezone: "UTC",
  locale: "en",
  auditRetentionDays: null,
  approvalAboveBudget: null,
  stockMaxAgeSeconds: null,
  promotionDaysPerYear: null,
};

export const projectSettingsChange = z
  .strictObject({
    strategy,
    rounding,
    marginFloor,
    timezone,
    locale,
    auditRetentionDays: auditRetentionDays(leastAuditRetentionDays),
    approvalAboveBudget,
    stockMaxAgeSeconds,
    promotionDaysPerYear,
  })
  .partial()
  .meta({ id: "ProjectSettingsChange", description: "What is left out stays as it is." });
export type ProjectSettingsChange = z.output<typeof projectSettingsChange>;

export const project = z
  .object({
    id: z.string(),
    key: z.string(),
    name: z.string(),
    environment,
    settings: projectSettings,
    settingsVersion: z.int().describe("The ETag of the settings, as `If-Match` wants it."),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: "Project", description: "A tenant: its settings, and everything its keys can reach." });
export type Project = z.output<typeof project>;

import { z } from "zod";
import { roundingMode } from "./money.ts";

export const strategy = z.enum(["best", "priority"]).meta({
  id: "Strategy",
  description: "`best`: the plan in which the customer pays least. `priority`: the merchant's own order.",
});
export type Strategy = z.output<typeof strategy>;

export const timezone = z
  .string()
  .min(1)
  .max(64)
  .meta({ id: "TimeZone", description: "An IANA time zone, such as Asia/Shanghai." });
export const locale = z
  .string()
  .max(35)
  .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/)
  .meta({
    id: "Locale",
    description: "A BCP 47 language tag for labels and explanations, such as en or zh-CN.",
  });

/** The languages the engine itself speaks; labels may be in any. */
export type Locale = "en" | "zh-CN";
export const locales: readonly Locale[] = ["en", "zh-CN"];

/** Chinese for every Chinese tag, English for everything else. */
export const spokenLocale = (tag: string): Locale => (tag.toLowerCase().startsWith("zh") ? "zh-CN" : "en");

/** How a project wants its carts priced. Each may be overridden per request, where the role allows. */
export const settingsSchema = z
  .strictObject({
    strategy: strategy.default("best"),
    rounding: roundingMode.default("half_up"),
    marginFloor: z
      .number()
      .min(0)
      .max(99.9999)
      .nullable()
      .default(null)
      .describe(
        "The margin in percent of the price below which no unit with a known cost is sold. Null: no such floor.",
      ),
    timezone: timezone.default("UTC"),
    locale: locale.default("en"),
  })
  .meta({ id: "ProjectSettings" });

export type Settings = z.output<typeof settingsSchema>;
export const defaultSettings: Settings = settingsSchema.parse({});

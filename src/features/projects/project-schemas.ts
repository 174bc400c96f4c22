import { z } from "zod";

export const strategy = z.enum(["best", "priority"]).meta({
  id: "Strategy",
  description: "`best`: the cheapest allowed combination. `priority`: by priority alone.",
});

export const rounding = z
  .enum(["half_up", "half_even", "down"])
  .meta({ id: "Rounding", description: "How a discount is rounded to minor units, once per promotion." });

const marginFloor = z
  .number()
  .min(0)
  .max(100)
  .nullable()
  .describe("No discount takes a line with a known cost below this margin, in percent. Null: no floor.");
const timezone = z.string().min(1).max(64).describe("The IANA time zone schedules use that name none.");
const locale = z
  .string()
  .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/)
  .max(35)
  .describe("The BCP 47 language of labels and explanations, such as `en` or `zh-CN`.");

export const projectSettings = z
  .object({ strategy, rounding, marginFloor, timezone, locale })
  .meta({ id: "ProjectSettings" });
export type ProjectSettings = z.output<typeof projectSettings>;

export const defaultSettings: ProjectSettings = {
  strategy: "best",
  rounding: "half_up",
  marginFloor: null,
  timezone: "UTC",
  locale: "en",
};

export const projectSettingsChange = z
  .strictObject({ strategy, rounding, marginFloor, timezone, locale })
  .partial()
  .meta({ id: "ProjectSettingsChange", description: "What is left out stays as it is." });
export type ProjectSettingsChange = z.output<typeof projectSettingsChange>;

export const project = z
  .object({
    id: z.string(),
    key: z.string(),
    name: z.string(),
    settings: projectSettings,
    settingsVersion: z.int().describe("The ETag of the settings, as `If-Match` wants it."),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: "Project", description: "A tenant: its settings, and everything its keys can reach." });
export type Project = z.output<typeof project>;

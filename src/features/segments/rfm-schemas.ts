import { z } from "zod";
import { limits } from "../../engine/limits.ts";
import { currencyCode } from "../../engine/money.ts";
import { segment } from "./segment-schemas.ts";

const four = (most: number) => z.array(z.int().min(0).max(most)).length(4);

const borders = z
  .object({
    recency: four(36_500).describe("Whole days since the last order: the most for the scores 5, 4, 3 and 2."),
    frequency: four(Number.MAX_SAFE_INTEGER).describe("Orders: the most for the scores 1, 2, 3 and 4."),
    amount: four(limits.amount).describe("Minor units: the most for the scores 1, 2, 3 and 4."),
  })
  .meta({ id: "RfmBorders" });
export type Borders = z.output<typeof borders>;

export const rfmDocument = z
  .strictObject({
    currency: currencyCode.describe(
      "In which amounts count; orders in others count for recency and frequency only.",
    ),
    method: z
      .enum(["quintiles", "fixed"])
      .meta({ id: "RfmMethod" })
      .default("quintiles")
      .describe(
        "`quintiles`: a fifth of the customers each, worked out anew once a day. `fixed`: `borders`.",
      ),
    borders: z.strictObject(borders.shape).meta({ id: "RfmFixedBorders" }).optional(),
  })
  .meta({ id: "RfmDocument" });
export type RfmDocument = z.output<typeof rfmDocument>;

export const rfmSettings = z
  .object({
    currency: z.string(),
    method: z.string(),
    borders: borders
      .nullable()
      .describe(
        "Those in force; null while they are worked out for the first time, or for amounts in another currency than before.",
      ),
    computedAt: z.iso
      .datetime()
      .nullable()
      .describe("When quintiles were worked out last, or everybody was looked at with other borders."),
    version: z.int(),
  })
  .meta({
    id: "RfmSettings",
    description: "By what customers are scored: how lately, how often, for how much.",
  });
export type RfmSettings = z.output<typeof rfmSettings>;

export const presetNames = ["high-value-active", "at-risk", "dormant", "new"] as const;
export const presetRequest = z
  .strictObject({
    presets: z
      .array(z.enum(presetNames).meta({ id: "SegmentPreset" }))
      .min(1)
      .max(presetNames.length)
      .optional(),
    currency: currencyCode
      .optional()
      .describe(
        "In which amounts count, where the project has no borders for scores yet: it then gets quintiles.",
      ),
  })
  .meta({ id: "SegmentPresetRequest" });
export type PresetRequest = z.output<typeof presetRequest>;
export const presetResult = z.object({ items: z.array(segment) }).meta({ id: "SegmentPresets" });

import { z } from "zod";
import { limits } from "../../engine/limits.ts";
import { pageOf, pageQuery } from "../../platform/pagination.ts";

export const promotionDays = z
  .object({
    sku: z.string(),
    year: z.int(),
    days: z.int().describe("On which it was on promotion."),
    most: z.int().nullable().describe("The project's `promotionDaysPerYear`."),
    lastDay: z.iso.date(),
    isResting: z
      .boolean()
      .describe("Nothing is taken off it today, nor until the year is over. False for years that are over."),
  })
  .meta({ id: "PromotionDays" });
export type PromotionDays = z.output<typeof promotionDays>;
export const promotionDaysPage = pageOf(promotionDays, "PromotionDaysPage");

export const promotionDaysQuery = pageQuery.extend({
  year: z.coerce.number().int().min(2000).max(9998).optional().describe("Left out: this one."),
  sku: z.string().min(1).max(limits.nameLength).optional(),
});
export type PromotionDaysQuery = z.output<typeof promotionDaysQuery>;

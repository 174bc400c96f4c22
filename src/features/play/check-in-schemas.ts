import { z } from "zod";
import { limits } from "../../engine/limits.ts";
import { pageOf } from "../../platform/pagination.ts";
import { customerId } from "../coupons/coupon-schemas.ts";
import { givenPrize, playKey, prize } from "../prizes/prize-schemas.ts";
import { programmeStamp } from "../programmes/programme-schemas.ts";

const instant = z.iso.datetime({ offset: true });

export const checkInProgrammeDocument = z
  .strictObject({
    name: z.string().min(1).max(limits.nameLength).optional(),
    startsAt: instant.optional(),
    endsAt: instant.optional(),
    rewards: z
      .array(
        z
          .strictObject({
            day: z.int().min(1).max(1_000).describe("So many days in a row."),
            prize,
          })
          .meta({ id: "CheckInReward" }),
      )
      .max(100)
      .default([]),
    repeats: z
      .boolean()
      .default(false)
      .describe("After the last of these days the next one counts as the first again."),
    lateHours: z
      .int()
      .min(0)
      .max(168)
      .default(24)
      .describe("A check-in that is told so long after it happened still counts, on its own day."),
  })
  .meta({ id: "CheckInProgrammeDocument" });
export type CheckInProgrammeDocument = z.output<typeof checkInProgrammeDocument>;

export const checkInProgramme = checkInProgrammeDocument
  .extend(programmeStamp)
  .meta({ id: "CheckInProgramme" });
export const checkInProgrammePage = pageOf(checkInProgramme, "CheckInProgrammePage");

export const checkInRequest = z
  .strictObject({
    customer: customerId,
    at: instant.optional().describe("When it happened; left out, now."),
  })
  .meta({ id: "CheckInRequest" });
export type CheckInRequest = z.output<typeof checkInRequest>;

const counts = {
  streak: z.int().describe("Days in a row, this one included."),
  best: z.int().describe("The longest streak so far."),
  total: z.int().describe("Days in all."),
};

export const checkIn = z
  .object({
    programme: playKey,
    customer: z.string(),
    day: z.iso.date().describe("In the project's zone."),
    ...counts,
    isRepeat: z.boolean().describe("They had checked in on that day; nothing was counted again."),
    prizes: z.array(givenPrize).describe("What this day is worth."),
  })
  .meta({ id: "CheckIn" });
export type CheckIn = z.output<typeof checkIn>;

export const streakParams = z.strictObject({ key: playKey, customer: customerId });
export const checkInStreak = z
  .object({
    programme: playKey,
    customer: z.string(),
    day: z.iso.date().nullable().describe("The last one; null: never."),
    streak: z.int().describe("Days in a row up to today or yesterday; 0 once a day was missed."),
    best: counts.best,
    total: counts.total,
  })
  .meta({ id: "CheckInStreak" });
export type CheckInStreak = z.output<typeof checkInStreak>;

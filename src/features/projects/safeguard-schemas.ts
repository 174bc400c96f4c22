import { z } from "zod";
import { limits } from "../../engine/limits.ts";

/** Wrong codes are counted over windows of this length, told by the clock: 12:00 to 12:10. */
export const wrongCodeWindowSeconds = 600;

const most = (count: number) => z.int().min(1).max(1_000_000).default(count);

const wrongCodeLimits = z
  .strictObject({
    perCustomer: most(30).describe("By one customer, device, phone or address, each for itself."),
    perKey: most(2_000).describe("With one API key."),
    perProject: most(10_000).describe("In the whole project."),
  })
  .meta({
    id: "WrongCodeLimits",
    description:
      "How many different wrong codes may be tried in ten minutes. Beyond, codes are not looked at for the rest of them.",
  });

const threshold = z.int().min(1).max(limits.amount).nullable().default(null);

const alarmThresholds = z
  .strictObject({
    redemptionsPerMinute: threshold.describe("Redemptions of one promotion."),
    discountPerHour: z
      .record(z.string().regex(/^[A-Z]{3}$/), z.int().min(1).max(Number.MAX_SAFE_INTEGER))
      .meta({
        id: "DiscountPerHour",
        scalar: true,
        description: "Minor units that all redemptions take off, by currency.",
      })
      .nullable()
      .default(null),
    wrongCodesPerMinute: threshold.describe("Different wrong codes in the whole project."),
  })
  .meta({
    id: "AlarmThresholds",
    description:
      "From here on an event `dealwright.alarm.…` and a line in the log say so, once in each minute or hour. Null: never.",
  });

/** As they are kept: what was never set has its default, and what a later version knows of is passed over. */
export const safeguards = z.object({
  wrongCodes: wrongCodeLimits.strip().prefault({}),
  alarms: alarmThresholds.strip().prefault({}),
});
export type Safeguards = z.output<typeof safeguards>;

export const safeguardsChange = z
  .strictObject({ wrongCodes: wrongCodeLimits, alarms: alarmThresholds })
  .partial()
  .meta({
    id: "SafeguardsChange",
    description:
      "A part that is left out stays as it is; in one that is sent, what is left out has its default.",
  });
export type SafeguardsChange = z.output<typeof safeguardsChange>;

const stop = z
  .object({
    at: z.iso.datetime(),
    by: z.string().describe("The id of the API key that did it."),
    reason: z.string(),
  })
  .meta({ id: "ProjectStop" });

export const projectSafeguards = z
  .object({
    stop: stop.nullable().describe("Null: promotions are in force as their status says."),
    wrongCodes: wrongCodeLimits,
    alarms: alarmThresholds,
  })
  .meta({ id: "ProjectSafeguards" });
export type ProjectSafeguards = z.output<typeof projectSafeguards>;

export const stopReason = z.string().min(1).max(limits.textLength);
export const stopRequest = z.strictObject({ reason: stopReason }).meta({ id: "StopRequest" });

import { z } from "zod";
import { attributes } from "../../engine/cart.ts";
import { limits } from "../../engine/limits.ts";
import { minorUnits } from "../../engine/money.ts";
import { pageOf, pageQuery } from "../../platform/pagination.ts";

const name = z.string().min(1).max(limits.nameLength);

export const trackedEventsPerBatch = 1_000;
/** How far ahead of ours the clock of a sender may be, seconds. */
export const aheadSeconds = 300;

/** The types that the funnels and the walk-throughs use; any other name is a custom event. */
export const usualTypes = ["view", "click", "share", "sign_up", "check_in"] as const;

export const trackedEventType = z
  .string()
  .regex(/^[a-z][a-z0-9_.-]*$/)
  .max(100)
  .describe(
    `What happened: ${usualTypes.map((type) => `\`${type}\``).join(", ")}, or a name of your own. Lower case; not \`dealwright.…\` and not \`order\`, which funnels take from the orders.`,
  );

export const trackedEventData = z
  .strictObject({
    customer: name.optional().describe("The customer's id."),
    visitor: name
      .optional()
      .describe(
        "Who it is as long as nobody knows: your id of a browser or device. An event with both says who they were.",
      ),
    channel: name.optional(),
    campaign: name.optional(),
    promotion: name.optional().describe("The key of a promotion."),
    store: name.optional(),
    sku: name.optional(),
    referrer: name.optional().describe("Who brought them: a customer's id or a referral code."),
    value: minorUnits.optional(),
    attributes: attributes.optional(),
  })
  .meta({ id: "TrackedEventData" });

export const trackedEvent = z
  .strictObject({
    specversion: z.literal("1.0"),
    id: name.describe(
      "Unique for its source. The same id and source again is the same event, whatever its time says: what was told first stands.",
    ),
    source: name.describe("Who says so, such as `/web` or `urn:shop:app`."),
    type: trackedEventType,
    time: z.iso
      .datetime({ offset: true })
      .describe(
        "When it happened. Late ones count at their own time, unless the operator keeps events for so long only (`time_too_old`); at most five minutes ahead of ours.",
      ),
    subject: name.optional(),
    datacontenttype: z.literal("application/json").optional(),
    data: trackedEventData.default({}),
  })
  .meta({ id: "TrackedEvent", description: "A CloudEvent 1.0 about what a customer or a visitor did." });
export type TrackedEvent = z.output<typeof trackedEvent>;

export const trackedEventBatch = z
  .strictObject({ events: z.array(trackedEvent).min(1).max(trackedEventsPerBatch) })
  .meta({ id: "TrackedEventBatch" });

export const trackedEventReceipt = z
  .object({ stored: z.int(), repeated: z.int().describe("Known before, and left as they were.") })
  .meta({ id: "TrackedEventReceipt" });
export type TrackedEventReceipt = z.output<typeof trackedEventReceipt>;

export const storedTrackedEvent = z
  .object({
    ...trackedEvent.shape,
    subject: z.string().nullable(),
    datacontenttype: z.literal("application/json"),
    data: trackedEventData,
    receivedAt: z.iso.datetime(),
  })
  .meta({ id: "StoredTrackedEvent" });
export type StoredTrackedEvent = z.output<typeof storedTrackedEvent>;
export const trackedEventPage = pageOf(storedTrackedEvent, "TrackedEventPage");

const period = {
  from: z.iso.datetime({ offset: true }).describe("From this instant on."),
  to: z.iso.datetime({ offset: true }).describe("Before this instant."),
};

export const trackedEventQuery = pageQuery.extend({
  type: trackedEventType.optional(),
  customer: name.optional(),
  channel: name.optional(),
  campaign: name.optional(),
  from: period.from.optional(),
  to: period.to.optional(),
});
export type TrackedEventQuery = z.output<typeof trackedEventQuery>;

export const mostSteps = 8;

export const funnelQuery = z.strictObject({
  steps: z
    .array(trackedEventType)
    .min(1)
    .max(mostSteps)
    .default(["view", "sign_up", "share", "order"])
    .describe("Types of events in their order; `order` is an order that was placed and not cancelled."),
  from: period.from.optional().describe("From this instant on; left out, 30 days before `to`."),
  to: period.to.optional().describe("Before this instant; left out, until now."),
  campaign: name
    .optional()
    .describe(
      "Only events of this campaign. Orders bear none: those count that people placed who took the step before, at or after it.",
    ),
  channel: name.optional().describe("Only people whose first step came through this channel."),
});
export type FunnelQuery = z.output<typeof funnelQuery>;
/** With its period. */
export type FunnelQuestion = FunnelQuery & { readonly from: string; readonly to: string };

export const funnelStep = z
  .object({
    step: z.string(),
    events: z
      .int()
      .describe(
        "How often it happened, whoever it was, in whatever order; orders of a campaign only by people who took the step before.",
      ),
    people: z
      .int()
      .describe("Customers and visitors who did this after all steps before it; at the first step, at all."),
    conversion: z
      .number()
      .nullable()
      .describe("People of this step per person of the first one, 0 to 1; null where there are none."),
  })
  .meta({ id: "FunnelStep" });

export const funnel = z
  .object({
    steps: z.array(funnelStep),
    channels: z
      .array(
        z
          .object({ channel: z.string().nullable(), steps: z.array(funnelStep) })
          .meta({ id: "FunnelOfChannel" }),
      )
      .describe("The same by the channel of each person's first step, the largest first; at most 100."),
  })
  .meta({ id: "Funnel" });
export type Funnel = z.output<typeof funnel>;

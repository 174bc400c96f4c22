import { z } from "zod";
import { conditionSchema } from "../../engine/conditions/tree.ts";
import { limits } from "../../engine/limits.ts";
import { currencyCode } from "../../engine/money.ts";
import { pageOf, pageQuery } from "../../platform/pagination.ts";
import { couponPoolKey } from "../coupons/coupon-pool-schemas.ts";
import { programmeKey } from "../points/points-schemas.ts";
import { segmentKey } from "../segments/segment-schemas.ts";
import { trackedEventType } from "../tracking/tracking-schemas.ts";

const name = z.string().min(1).max(limits.nameLength);
const count = (most: number) => z.int().min(1).max(most);

export const automationKey = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[a-z0-9][a-z0-9._-]*$/)
  .describe("Lower-case letters, digits, `.`, `_` and `-`.");

const trigger = z
  .discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("event"),
      type: trackedEventType,
      match: z
        .strictObject({
          channel: name.optional(),
          campaign: name.optional(),
          promotion: name.optional(),
          store: name.optional(),
          sku: name.optional(),
          attributes: z.record(name, z.union([z.string(), z.number(), z.boolean()])).optional(),
        })
        .optional()
        .describe("What the event must say, word for word."),
    }),
    z.strictObject({ kind: z.literal("segment_entered"), segment: segmentKey }),
    z.strictObject({ kind: z.literal("segment_left"), segment: segmentKey }),
    z.strictObject({
      kind: z.literal("points_expiring"),
      programme: programmeKey.optional().describe("Of any, if left out."),
    }),
  ])
  .meta({
    id: "AutomationTrigger",
    scalar: true,
    description:
      "What sets it off. `event`: the customer did something (`POST /v1/events`). `segment_entered`, `segment_left`. `points_expiring`: points of theirs are about to lapse.",
  });
export type AutomationTrigger = z.output<typeof trigger>;

const data = z
  .record(z.string(), z.unknown())
  .meta({ id: "AutomationData", scalar: true, description: "Passed on as it is; at most 4 KiB." });
/** Of `data`, as JSON. */
export const mostDataBytes = 4_096;

const action = z
  .discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("issue_coupon"),
      pool: couponPoolKey,
      validFor: z
        .string()
        .max(50)
        .regex(/^P(?=\d|T\d)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?$/)
        .optional()
        .describe("ISO 8601, such as `P14D`; as the pool has it, if left out."),
    }),
    z.strictObject({ kind: z.literal("add_tag"), tag: name }),
    z.strictObject({ kind: z.literal("remove_tag"), tag: name }),
    z.strictObject({
      kind: z.literal("award_points"),
      points: count(1_000_000_000),
      programme: programmeKey.optional().describe("`points`, if left out."),
    }),
    z.strictObject({
      kind: z.literal("notify"),
      template: name.describe("What the receiver knows the message by."),
      texts: z.record(z.string().min(2).max(35), z.string().max(limits.textLength)).optional(),
      data: data.optional(),
    }),
    z.strictObject({ kind: z.literal("webhook"), data: data.optional() }),
  ])
  .meta({
    id: "AutomationAction",
    scalar: true,
    description:
      "What follows. `issue_coupon`; `add_tag` (unless the customer has as many as they may), `remove_tag`; `award_points`, available at once; `notify`, an event `dealwright.automation.notified` that a receiver sends on; `webhook`, an event `dealwright.automation.fired`.",
  });
export type AutomationAction = z.output<typeof action>;

const customerCap = z
  .strictObject({
    count: count(10_000),
    per: z.enum(["day", "week", "month", "year", "ever"]).meta({ id: "AutomationCapPeriod" }).optional(),
    days: count(3_660).optional().describe("Instead of `per`: in so many days, today among them."),
  })
  .meta({ id: "AutomationCustomerCap" });
export type CustomerCap = z.output<typeof customerCap>;

const caps = z
  .strictObject({
    perCustomer: z
      .array(customerCap)
      .max(5)
      .default([{ count: 1, per: "day" }])
      .describe("By the calendar of the project's zone. Left out, once a day; an empty list is no cap."),
    runs: count(1_000_000_000).optional().describe("In all."),
    coupons: count(1_000_000_000).optional().describe("In all."),
  })
  .meta({ id: "AutomationCaps" });
export type AutomationCaps = z.output<typeof caps>;

export const automationDocument = z
  .strictObject({
    key: automationKey,
    name: name.optional(),
    trigger,
    conditions: conditionSchema
      .optional()
      .describe(
        "Whoever does not meet them is passed over: the conditions that segments know, about customers.",
      ),
    currency: currencyCode
      .optional()
      .describe("In which orders count for `order_amount`, where its amounts name several currencies."),
    actions: z.array(action).min(1).max(limits.actionsPerAutomation),
    caps: caps.default({ perCustomer: [{ count: 1, per: "day" }] }),
  })
  .meta({ id: "AutomationDocument" });
export type AutomationDocument = z.output<typeof automationDocument>;

export const automationStatuses = ["draft", "active", "paused", "archived"] as const;
export const automationStatus = z.enum(automationStatuses).meta({ id: "AutomationStatus" });
export type AutomationStatus = z.output<typeof automationStatus>;

export const automation = automationDocument
  .extend({
    id: z.string(),
    status: automationStatus,
    version: z.int().describe("Counts up with every change; the ETag."),
    activatedAt: z.iso.datetime().nullable().describe("What happened before triggers nothing."),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: "Automation" });
export type Automation = z.output<typeof automation>;
export const automationPage = pageOf(automation, "AutomationPage");
export const automationQuery = pageQuery.extend({ status: automationStatus.optional() });
export type AutomationQuery = z.output<typeof automationQuery>;
export const automationParams = z.strictObject({ id: z.string().min(1).max(64) });

export const runStates = ["waiting", "done", "owed", "skipped"] as const;
export const runState = z.enum(runStates).meta({
  id: "AutomationRunState",
  description:
    "`waiting`: it is done within a second or so, or failed and is tried again. `done`. `owed`: a pool has no code; all of it is done once there is one. `skipped`: nothing was done, and nothing will be.",
});
export type RunState = z.output<typeof runState>;

export const skipReasons = ["conditions", "cap_customer", "cap_runs", "cap_coupons", "archived"] as const;
export type SkipReason = (typeof skipReasons)[number];
const skipReasonWords = `Why it was skipped (${skipReasons.map((reason) => `\`${reason}\``).join(", ")})`;

export const automationRun = z
  .object({
    id: z.string(),
    customer: z.string(),
    state: runState,
    reason: z
      .string()
      .nullable()
      .describe(`${skipReasonWords}, or is owed (\`pool_empty\`, \`pool_unknown\`).`),
    trigger: z
      .record(z.string(), z.unknown())
      .meta({ id: "AutomationOccurrence", scalar: true })
      .describe("What happened."),
    pool: z.string().nullable().describe("The one it waits for, where it is owed."),
    coupons: z.array(z.string()).describe("The codes it issued."),
    attempts: z.int().describe("How often it failed so far."),
    dueAt: z.iso.datetime().nullable().describe("When it is tried (again)."),
    ranAt: z.iso.datetime().nullable(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: "AutomationRun" });
export type AutomationRun = z.output<typeof automationRun>;
export const automationRunPage = pageOf(automationRun, "AutomationRunPage");
export const automationRunQuery = pageQuery.extend({
  state: runState.optional(),
  customer: name.optional(),
});
export type AutomationRunQuery = z.output<typeof automationRunQuery>;

import { z } from "zod";
import { conditionSchema } from "../../engine/conditions/tree.ts";
import { limits } from "../../engine/limits.ts";
import { currencyCode, moneyMap } from "../../engine/money.ts";
import { hoursShape } from "../../engine/schedule.ts";
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

const offsetDays = z.int().min(-366).max(366).describe("Below zero: so many days before.");
const at = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/)
  .describe("HH:MM on the wall; 09:00 if left out.");

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
    z.strictObject({
      kind: z.literal("birthday"),
      offsetDays: offsetDays.optional(),
      at: at.optional(),
    }),
    z.strictObject({
      kind: z.literal("date"),
      attribute: name.describe("Of the customer, with a date such as `2026-12-31`."),
      yearly: z.boolean().optional().describe("Every year on that day."),
      offsetDays: offsetDays.optional(),
      at: at.optional(),
    }),
    z.strictObject({
      kind: z.literal("contract_end"),
      monthsBefore: z
        .int()
        .min(0)
        .max(60)
        .describe("So many months before the last day of a contract that still runs; 0: on that day."),
      contracts: z
        .array(name)
        .min(1)
        .max(limits.namesPerField)
        .optional()
        .describe("Of these kinds; of any, if left out."),
      at: at.optional(),
    }),
    z.strictObject({
      kind: z.literal("inactivity"),
      days: count(3_660).describe("So long ago the last order was, of 24 hours each."),
      at: at.optional(),
    }),
    z.strictObject({
      kind: z.literal("schedule"),
      segment: segmentKey.optional().describe("Everybody, if left out."),
      at: at.optional(),
      weekdays: hoursShape.weekdays,
      dates: z.array(z.iso.date()).min(1).max(366).optional(),
      rrule: z.string().min(1).max(limits.textLength).optional().describe("RFC 5545, FREQ=DAILY or coarser."),
      startsOn: z.iso.date().optional(),
      endsOn: z.iso.date().optional(),
    }),
  ])
  .meta({
    id: "AutomationTrigger",
    scalar: true,
    description:
      "What sets it off. `event`: the customer did something (`POST /v1/events`). `segment_entered`, `segment_left`. `points_expiring`: points of theirs are about to lapse. `birthday`, and `date`, which an attribute has, with an offset. `contract_end`: so many months before a contract of theirs ends, unless it is renewed by then. `inactivity`: no order for so many days, once for each last order. `schedule`: again and again, for all who are in a segment then. The clock is that of the project's zone.",
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
      .describe(
        "By the calendar of the project's zone. Left out, once a day; an empty list is no cap, and refused where tags or points are changed by what segments or points set off.",
      ),
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
    campaign: name
      .optional()
      .describe(
        "Of which it is a part: whoever is held out of the campaign is passed over, and that a customer was reached, or would have been, is noted for its measurement.",
      ),
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

export const skipReasons = [
  "conditions",
  "held_out",
  "cap_customer",
  "cap_runs",
  "cap_coupons",
  "active_again",
  "archived",
] as const;
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

const reasonCounts = z.array(
  z.object({ reason: z.string(), count: z.int() }).meta({ id: "AutomationReasonCount" }),
);

export const automationResults = z
  .object({
    entered: z.int().describe("For whom it was triggered so far."),
    waiting: z.int(),
    done: z.int(),
    owed: z.int(),
    skipped: reasonCounts,
    issued: z.int().describe("Coupons."),
    redeemed: z.int().describe("Of them, those that an order used and did not give back."),
    amounts: z
      .array(
        z
          .object({
            currency: z.string(),
            orders: z.int(),
            revenue: z.int().describe("What these orders came to, less what was refunded."),
            discount: z
              .int()
              .describe(
                "What the coupons took off, as budgets count it: part of an order that comes back changes nothing.",
              ),
          })
          .meta({ id: "AutomationAmounts" }),
      )
      .describe("Of orders that used them; about a second behind."),
    points: z
      .array(
        z
          .object({
            programme: programmeKey,
            awarded: z.int(),
            value: moneyMap
              .nullable()
              .describe(
                "What so many pay as tender by the programme's rules of now; null where they pay for nothing.",
              ),
          })
          .meta({ id: "AutomationPoints" }),
      )
      .describe("What it awarded, by programme."),
  })
  .meta({ id: "AutomationResults" });
export type AutomationResults = z.output<typeof automationResults>;

/** A dry run looks at up to so many customers. */
export const mostTried = 20_000;
export const dryRunQuery = z.strictObject({
  sample: z.int().min(0).max(200).default(50).describe("How many of them to name."),
  afterCustomer: name.optional().describe("Name those after this one."),
  outcome: z
    .enum(["reached", "skipped"])
    .meta({ id: "AutomationOutcome" })
    .default("reached")
    .describe("Whom to name."),
});
export type DryRunQuery = z.output<typeof dryRunQuery>;

export const automationDryRun = z
  .object({
    candidates: z.int().describe("For how many it would be triggered now."),
    isExact: z
      .boolean()
      .describe(`False where there are more than ${mostTried}, who were not all looked at.`),
    reached: z.int(),
    skipped: reasonCounts.describe("`before`: this occasion of theirs has triggered it already."),
    missing: z
      .array(z.object({ pool: z.string(), reason: z.string() }).meta({ id: "AutomationMissingPool" }))
      .describe("Pools that have no coupon now: whoever is reached would be owed one."),
    items: z.array(
      z.object({ customer: z.string(), reason: z.string().nullable() }).meta({ id: "AutomationCandidate" }),
    ),
  })
  .meta({
    id: "AutomationDryRun",
    description:
      "Whom it would reach now. Of `birthday`, `date`, `inactivity` and `schedule`: by a look now. Of a segment: were everybody in it to come in or leave now. Of an event: those who did it in the last 30 days, were they to do it now. Of points: those whom nothing was told of points that will lapse.",
  });
export type AutomationDryRun = z.output<typeof automationDryRun>;

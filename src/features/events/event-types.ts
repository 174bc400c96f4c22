/** Every type of event there is, with the shape of its data and an example; `openapi/events.md` is written from this list. */
import { z } from "zod";
import { newId } from "../../platform/ids.ts";
import { automationEventTypes } from "./automation-event-types.ts";
import { campaignEventTypes } from "./campaign-event-types.ts";
import { contractEventTypes } from "./contract-event-types.ts";
import { dealerEventTypes } from "./dealer-event-types.ts";
import { growthEventTypes } from "./growth-event-types.ts";
import { policyEventTypes } from "./policy-event-types.ts";
import { promotionEventTypes } from "./promotion-event-types.ts";
import { rebateEventTypes } from "./rebate-event-types.ts";
import { rewardEventTypes } from "./reward-event-types.ts";
import { stockEventTypes } from "./stock-event-types.ts";
import { tierEventTypes } from "./tier-event-types.ts";

export interface EventKind {
  readonly summary: string;
  readonly subject: string;
  readonly data: z.ZodObject;
  readonly example: { readonly subject: string; readonly data: Readonly<Record<string, unknown>> };
}

const nullableText = z.string().nullable();
const currencyCode = z.string().length(3);

const redemptionState = z.enum(["reserved", "committed", "cancelled", "expired"]);
const redemptionData = z.object({
  redemption: z.string(),
  state: redemptionState,
  orderRef: nullableText.optional(),
  customer: nullableText.optional().describe("Only where the redemption is new, as are the three below."),
  currency: currencyCode.optional(),
  total: z.int().optional(),
  discount: z.int().optional(),
});
const redemptionKind = (state: z.output<typeof redemptionState>, summary: string, isNew: boolean) => ({
  summary,
  subject: "the redemption's id",
  data: redemptionData,
  example: {
    subject: "rdm_01kb3t7m8n9p0q1r2s3t4v5w6x",
    data: {
      redemption: "rdm_01kb3t7m8n9p0q1r2s3t4v5w6x",
      state,
      orderRef: "5001",
      ...(isNew && { customer: "c-7", currency: "CNY", total: 14_400, discount: 1_600 }),
    },
  },
});

const orderData = z.object({
  order: z.string().describe("Its external id."),
  version: z.int(),
  status: z.enum(["placed", "paid", "fulfilled", "cancelled", "returned"]),
  customer: nullableText,
  currency: currencyCode,
  total: z.int(),
  redemption: nullableText,
  refund: z.int().optional().describe("What a return came to, where goods came back line by line."),
});
const orderKind = (summary: string, status: z.output<typeof orderData>["status"], version: number) => ({
  summary,
  subject: "the order's external id",
  data: orderData,
  example: {
    subject: "5001",
    data: {
      order: "5001",
      version,
      status,
      customer: "c-7",
      currency: "CNY",
      total: 14_400,
      redemption: "rdm_01kb3t7m8n9p0q1r2s3t4v5w6x",
    },
  },
});

/** Told once in each window, whichever process notices. */
const alarmKind = <Details extends z.ZodRawShape>(
  summary: string,
  subject: string,
  details: Details,
  example: { subject: string; details: Record<string, string> },
) => ({
  summary,
  subject,
  data: z.object({
    ...details,
    threshold: z.int(),
    actual: z.int().describe("What it was when it was noticed."),
    from: z.iso.datetime().describe("Of the minute or hour; `to` is its end."),
    to: z.iso.datetime(),
  }),
  example: {
    subject: example.subject,
    data: {
      ...example.details,
      threshold: 1_000,
      actual: 1_003,
      from: "2026-11-11T10:00:00.000Z",
      to: "2026-11-11T11:00:00.000Z",
    },
  },
});

const segmentKind = (summary: string) => ({
  summary,
  subject: "the customer's pseudonym",
  data: z.object({
    customer: nullableText.describe("Their id; a pseudonym once erased."),
    segment: z.string().describe("Its key."),
    segmentId: z.string(),
  }),
  example: {
    subject: "erased:5f0c8e0d9b1a4c37",
    data: { customer: "c-7", segment: "asleep", segmentId: "seg_01kb3t8a9b0c1d2e3f4g5h6j7k" },
  },
});

export const eventTypes = {
  ...promotionEventTypes,
  "dealwright.redemption.reserved": redemptionKind(
    "reserved",
    "An order holds its codes, uses and budget.",
    true,
  ),
  "dealwright.redemption.committed": redemptionKind("committed", "It took them for good.", false),
  "dealwright.redemption.cancelled": redemptionKind("cancelled", "It gave them back.", false),
  "dealwright.redemption.expired": redemptionKind(
    "expired",
    "Its time was up, and it gave them back.",
    false,
  ),
  "dealwright.return.created": {
    summary: "Goods of a redemption came back.",
    subject: "the redemption's id",
    data: z.object({
      redemption: z.string(),
      state: z.enum(["partially_returned", "returned"]),
      orderRef: nullableText.optional(),
      refunded: z.int().describe("What all its returns come to so far."),
      lines: z.record(z.string(), z.int()).describe("Units that are back so far, by line."),
    }),
    example: {
      subject: "rdm_01kb3t7m8n9p0q1r2s3t4v5w6x",
      data: {
        redemption: "rdm_01kb3t7m8n9p0q1r2s3t4v5w6x",
        state: "partially_returned",
        orderRef: "5001",
        refunded: 7_200,
        lines: { "1": 1 },
      },
    },
  },
  ...rewardEventTypes,
  ...growthEventTypes,
  "dealwright.budget.reached": {
    summary:
      "Redemptions and reservations have taken half, four fifths or all of a budget; once for each, and again when the budget was changed.",
    subject: "the promotion's id",
    data: z.object({
      promotionId: z.string(),
      currency: currencyCode,
      percent: z.literal([50, 80, 100]),
      budget: z.int(),
      taken: z.int().describe("Reservations included."),
    }),
    example: {
      subject: "prm_01kb3t5y6z7a8b9c0d1e2f3g4h",
      data: {
        promotionId: "prm_01kb3t5y6z7a8b9c0d1e2f3g4h",
        currency: "CNY",
        percent: 80,
        budget: 25_000_000,
        taken: 20_001_500,
      },
    },
  },
  "dealwright.limit.reached": {
    summary:
      "A promotion has no uses, or a gift, a service or goods of its own stock no units, left. Limits for each customer, code or device have no events.",
    subject: "the promotion's id",
    data: z.object({
      promotionId: z.string(),
      measure: z
        .string()
        .describe(
          '`uses`, `stock:2` for the third benefit, `stock:["SKU","store"]` for goods of its own stock.',
        ),
      period: nullableText.describe("The day, week or month of a limit by period."),
      limit: z.int(),
    }),
    example: {
      subject: "prm_01kb3t5y6z7a8b9c0d1e2f3g4h",
      data: { promotionId: "prm_01kb3t5y6z7a8b9c0d1e2f3g4h", measure: "uses", period: null, limit: 10_000 },
    },
  },
  "dealwright.pool.running_low": {
    summary:
      "Claims and rewards have left a pool less than a tenth of its codes, at most 100; once, and again when codes were added.",
    subject: "the pool's id",
    data: z.object({
      poolId: z.string(),
      pool: z.string().describe("Its key."),
      left: z.int(),
      codes: z.int(),
    }),
    example: {
      subject: "pol_01kb3t8a9b0c1d2e3f4g5h6j7k",
      data: { poolId: "pol_01kb3t8a9b0c1d2e3f4g5h6j7k", pool: "spring", left: 99, codes: 1_000 },
    },
  },
  "dealwright.order.placed": orderKind("An ERP told of an order for the first time.", "placed", 1),
  "dealwright.order.updated": orderKind("A newer version of an order was stored.", "paid", 2),
  "dealwright.order.cancelled": orderKind("A version was stored that says cancelled.", "cancelled", 3),
  "dealwright.order.returned": orderKind(
    "A version was stored that says returned, or goods of an order without a redemption came back.",
    "returned",
    4,
  ),
  "dealwright.job.finished": {
    summary: "Work in the background has ended.",
    subject: "the job's id",
    data: z.object({
      job: z.string(),
      kind: z.string(),
      state: z.enum(["succeeded", "failed", "cancelled"]),
    }),
    example: {
      subject: "job_01kb3t9v0w1x2y3z4a5b6c7d8e",
      data: { job: "job_01kb3t9v0w1x2y3z4a5b6c7d8e", kind: "generate_codes", state: "succeeded" },
    },
  },
  "dealwright.customer.changed": {
    summary: "The shop said something new of a customer.",
    subject: "the customer's pseudonym",
    data: z.object({
      customer: nullableText.describe("Their id; a pseudonym once erased."),
      version: z.int(),
    }),
    example: { subject: "erased:5f0c8e0d9b1a4c37", data: { customer: "c-7", version: 3 } },
  },
  "dealwright.segment.entered": segmentKind("A customer came into a segment; once for each time."),
  "dealwright.segment.left": segmentKind(
    "A customer left a segment. That a segment was deleted, or the customer erased, is not told like this.",
  ),
  ...automationEventTypes,
  ...tierEventTypes,
  ...campaignEventTypes,
  ...policyEventTypes,
  "dealwright.customer.merged": {
    summary: "A guest became a customer; or what came late of one became the customer's as well.",
    subject: "the customer's pseudonym",
    data: z.object({
      customer: nullableText.describe("Their id; a pseudonym once erased."),
      guest: nullableText.describe("The id that stands for the customer from now on; null once erased."),
      moved: z.record(z.string(), z.int()).describe("How many records of each kind."),
    }),
    example: {
      subject: "erased:5f0c8e0d9b1a4c37",
      data: { customer: "c-7", guest: "cookie-5f0c8e0d", moved: { redemptions: 2, orders: 1 } },
    },
  },
  "dealwright.customer.erased": {
    summary: "A customer was erased. Who is meant only those know who erased them: the id is gone.",
    subject: "the customer's pseudonym",
    data: z.object({
      customer: z.string().describe("The pseudonym, which stands in place of the id everywhere from now on."),
      erased: z.record(z.string(), z.int()).describe("How many records of each kind were touched."),
    }),
    example: {
      subject: "erased:5f0c8e0d9b1a4c37",
      data: { customer: "erased:5f0c8e0d9b1a4c37", erased: { redemptions: 2, orders: 2, coupons: 1 } },
    },
  },
  ...stockEventTypes,
  ...dealerEventTypes,
  ...contractEventTypes,
  ...rebateEventTypes,
  "dealwright.project.stopped": {
    summary: "All promotions of the project were taken out of force, until it is resumed.",
    subject: "the project's id",
    data: z.object({ reason: z.string(), stoppedBy: z.string().describe("The id of the API key.") }),
    example: {
      subject: "prj_01kb3t3a4b5c6d7e8f9g0h1j2k",
      data: { reason: "prices are wrong", stoppedBy: "key_01kb3t4a5b6c7d8e9f0g1h2j3k" },
    },
  },
  "dealwright.project.resumed": {
    summary: "The promotions of a stopped project are in force again, as their status says.",
    subject: "the project's id",
    data: z.object({ resumedBy: z.string().describe("The id of the API key.") }),
    example: {
      subject: "prj_01kb3t3a4b5c6d7e8f9g0h1j2k",
      data: { resumedBy: "key_01kb3t4a5b6c7d8e9f0g1h2j3k" },
    },
  },
  "dealwright.alarm.redemptions": alarmKind(
    "A promotion was redeemed more often in a minute than the project's safeguards expect.",
    "the promotion's id",
    { promotion: z.string().describe("Its key.") },
    { subject: "prm_01kb3t5y6z7a8b9c0d1e2f3g4h", details: { promotion: "double11" } },
  ),
  "dealwright.alarm.discount": alarmKind(
    "More discount was given in an hour than the project's safeguards expect.",
    "the currency",
    { currency: currencyCode },
    { subject: "CNY", details: { currency: "CNY" } },
  ),
  "dealwright.alarm.wrong_codes": alarmKind(
    "More wrong codes were tried in a minute than the project's safeguards expect.",
    "the project's id",
    {},
    { subject: "prj_01kb3t3a4b5c6d7e8f9g0h1j2k", details: {} },
  ),
  "dealwright.webhook.disabled": {
    summary: "A webhook is not served any more: its receiver answered 410, or failed for three days.",
    subject: "the webhook's id",
    data: z.object({ webhook: z.string(), reason: z.enum(["gone", "failing"]) }),
    example: {
      subject: "whk_01kb3ta1b2c3d4e5f6g7h8j9k0",
      data: { webhook: "whk_01kb3ta1b2c3d4e5f6g7h8j9k0", reason: "failing" },
    },
  },
  "dealwright.webhook.test": {
    summary: "What `POST /v1/webhooks/{id}/test` sends. It is in no stream.",
    subject: "the webhook's id",
    data: z.object({ webhook: z.string() }),
    example: {
      subject: "whk_01kb3ta1b2c3d4e5f6g7h8j9k0",
      data: { webhook: "whk_01kb3ta1b2c3d4e5f6g7h8j9k0" },
    },
  },
} as const satisfies Record<`dealwright.${string}`, EventKind>;

export type EventType = keyof typeof eventTypes;
export type EventData<Type extends EventType> = z.input<(typeof eventTypes)[Type]["data"]>;

/** After these a redemption gives more, or less, than before. */
export const fatesOfRedemptions: ReadonlySet<string> = new Set<EventType>([
  "dealwright.redemption.committed",
  "dealwright.redemption.cancelled",
  "dealwright.redemption.expired",
  "dealwright.return.created",
]);
export const eventTypeNames = Object.keys(eventTypes) as [EventType, ...EventType[]];

/** An event to be written with the change that it tells of. */
export interface NewEvent {
  readonly id: string;
  readonly type: EventType;
  /** What it is about. Events of one subject are delivered in the order of their commits. */
  readonly subject: string;
  readonly data: unknown;
}

/** `id`: left out it is a new one; given, the event is told once, whoever writes it how often. */
export function newEvent<Type extends EventType>(
  type: Type,
  subject: string,
  data: EventData<Type>,
  id: string = newId("evt"),
): NewEvent {
  return { id, type, subject, data };
}

import { z } from "zod";
import { secondsPerDay } from "../../engine/zone.ts";
import { pageOf, pageQuery } from "../../platform/pagination.ts";
import { eventType } from "../events/event-schemas.ts";

/** Each gets every event that it asks for: a project with a thousand of them would send a thousand requests for one order. */
export const mostWebhooks = 50;

const url = z.string().min(1).max(2_000).describe("Public and https. Redirects are never followed.");
const types = z.array(eventType).max(50).describe("What it gets. Empty: everything.");
const description = z.string().max(500);

export const webhookToCreate = z
  .strictObject({
    url,
    types: types.default([]),
    description: description.optional(),
    enabled: z.boolean().default(true),
  })
  .meta({ id: "WebhookToCreate" });
export type WebhookToCreate = z.output<typeof webhookToCreate>;

export const webhookChange = z
  .strictObject({
    url: url.optional(),
    types: types.optional(),
    description: description.nullable().optional(),
    enabled: z
      .boolean()
      .optional()
      .describe(
        "While it is not, nothing is sent and no new events are kept for it; what was kept waits. Switched on, that is sent at once.",
      ),
  })
  .meta({ id: "WebhookChange" });
export type WebhookChange = z.output<typeof webhookChange>;

const secretHint = z
  .object({
    hint: z.string().describe("Its beginning."),
    createdAt: z.iso.datetime(),
    expiresAt: z.iso.datetime().nullable(),
  })
  .meta({ id: "WebhookSecretHint" });

const webhookFields = {
  id: z.string(),
  url: z.string(),
  types: z.array(z.string()),
  description: z.string().nullable(),
  enabled: z.boolean(),
  disabledReason: z
    .enum(["by_hand", "gone", "failing"])
    .meta({ id: "WebhookDisabledReason" })
    .nullable()
    .describe("`gone`: it answered 410. `failing`: it took nothing for three days."),
  failingSince: z.iso.datetime().nullable().describe("Null: the last attempt was a success."),
  secrets: z.array(secretHint).describe("Those it signs with; two while they are rotated."),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
};

export const webhook = z.object(webhookFields).meta({ id: "Webhook" });
export type Webhook = z.output<typeof webhook>;
export const webhookPage = pageOf(webhook, "WebhookPage");

export const webhookWithSecret = z
  .object({ ...webhookFields, secret: z.string().describe("`whsec_…`, shown once.") })
  .meta({ id: "WebhookWithSecret" });
export type WebhookWithSecret = z.output<typeof webhookWithSecret>;

export const secretRotation = z
  .strictObject({
    graceSeconds: z
      .int()
      .min(0)
      .max(604_800)
      .default(secondsPerDay)
      .describe("So long events are signed with the old secret as well."),
  })
  .meta({ id: "WebhookSecretRotation" });

export const deliveryStatuses = ["pending", "delivered", "dead"] as const;
const deliveryStatus = z.enum(deliveryStatuses).meta({
  id: "WebhookDeliveryStatus",
  description: "`dead`: given up, until it is replayed.",
});

const lastAttempt = {
  responseStatus: z.int().nullable().describe("Null: there was no answer."),
  durationMilliseconds: z.int().nullable(),
  response: z.string().nullable().describe("The beginning of the answer."),
  failure: z
    .string()
    .nullable()
    .describe(
      "Why there was no answer: `timed_out`, `unresolved`, `connection_failed`, `tls_failed`, `not_public`.",
    ),
};

export const webhookDelivery = z
  .object({
    id: z.string().describe("The event's, which is also its `webhook-id` header."),
    type: z.string(),
    subject: z.string(),
    status: deliveryStatus,
    attempts: z.int(),
    dueAt: z.iso.datetime().nullable().describe("The next attempt, at the earliest; null if there is none."),
    createdAt: z.iso.datetime(),
    attemptedAt: z.iso.datetime().nullable(),
    ...lastAttempt,
  })
  .meta({ id: "WebhookDelivery" });
export type WebhookDelivery = z.output<typeof webhookDelivery>;
export const webhookDeliveryPage = pageOf(webhookDelivery, "WebhookDeliveryPage");
export const webhookDeliveryQuery = pageQuery.extend({ status: deliveryStatus.optional() });
export type WebhookDeliveryQuery = z.output<typeof webhookDeliveryQuery>;

export const webhookTest = z.object({ delivered: z.boolean(), ...lastAttempt }).meta({ id: "WebhookTest" });
export type WebhookTest = z.output<typeof webhookTest>;

export const webhookReplay = z
  .object({ replayed: z.int().describe("How many dead deliveries are tried again.") })
  .meta({ id: "WebhookReplay" });

import { z } from "zod";
import { openPageOf } from "../../platform/pagination.ts";
import { eventTypeNames } from "./event-types.ts";

export const eventType = z.enum(eventTypeNames).meta({ id: "EventType" });

export const event = z
  .object({
    specversion: z.literal("1.0"),
    id: z.string().describe("The same however often it is delivered."),
    source: z.string(),
    type: z.string(),
    subject: z
      .string()
      .describe("What it is about. Events of one subject come in the order of their commits."),
    time: z.iso.datetime(),
    datacontenttype: z.literal("application/json"),
    sequence: z
      .string()
      .describe("Its place among the project's events: 1, 2, 3, without gaps; with leading zeros."),
    data: z.record(z.string(), z.unknown()).meta({ id: "EventData", scalar: true }),
  })
  .meta({ id: "Event", description: "A CloudEvent. openapi/events.md has every type of it." });

export const eventPage = openPageOf(event, "EventPage");
export type EventPage = z.output<typeof eventPage>;

export const eventFilter = z.strictObject({
  after: z
    .string()
    .min(1)
    .max(1024)
    .optional()
    .describe("A cursor; left out, from the oldest event there is."),
  types: z.array(eventType).min(1).max(50).optional().describe("Only these types."),
});
export const eventQuery = eventFilter.extend({
  limit: z.int().min(1).max(1_000).default(100).describe("How many events to return at most."),
});
export type EventQuery = z.output<typeof eventQuery>;

export const eventStreamQuery = eventFilter.extend({
  after: z
    .string()
    .min(1)
    .max(1024)
    .optional()
    .describe("A cursor; left out, from now on. `Last-Event-ID` goes before it."),
});

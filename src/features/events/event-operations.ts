import type { Role } from "../../platform/auth.ts";
import { defineOperation, type Operation } from "../../platform/operation.ts";
import { defineStreamOperation, type StreamOperation } from "../../platform/stream-operation.ts";
import { eventPage, eventQuery, eventStreamQuery } from "./event-schemas.ts";
import type { EventService } from "./event-service.ts";
import type { EventStreamService } from "./event-stream-service.ts";

const readers: readonly Role[] = ["viewer", "marketing", "erp"];
const tag = "events";

export function eventOperations(service: EventService): Operation[] {
  return [
    defineOperation({
      id: "events",
      method: "GET",
      path: "/v1/events",
      graphql: "query",
      tag,
      summary: "The project's events in the order of their commits, none left out and none twice.",
      description:
        "Keep `nextCursor` (over GraphQL `endCursor`) with what was made of the events, and read on from it: on the last page as well. A cursor whose next events have been deleted is refused.",
      roles: readers,
      query: eventQuery,
      result: eventPage,
      problems: ["events-deleted"],
      handler: ({ query, context }) => service.list(context.projectId, query),
    }),
  ];
}

export function eventStreams(service: EventStreamService): StreamOperation[] {
  return [
    defineStreamOperation({
      id: "streamEvents",
      method: "GET",
      path: "/v1/events/stream",
      tag,
      summary: "The same as Server-Sent Events, as they come.",
      description:
        "Each has its cursor as `id`; whoever comes again with `Last-Event-ID`, as browsers do by themselves, goes on after it. It ends now and then, and once its key is no longer valid.",
      roles: readers,
      query: eventStreamQuery,
      takesLastEventId: true,
      produces: ["text/event-stream"],
      problems: ["invalid-cursor", "events-deleted"],
      handler: ({ query, lastEventId, over, context }) => ({
        contentType: "text/event-stream",
        headers: { "cache-control": "no-store", "x-accel-buffering": "no" },
        body: service.stream(context, { after: lastEventId ?? query.after, types: query.types }, over),
      }),
    }),
  ];
}

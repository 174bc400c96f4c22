import type { Role } from "../../platform/auth.ts";
import { defineOperation, type Operation } from "../../platform/operation.ts";
import {
  funnel,
  funnelQuery,
  trackedEvent,
  trackedEventBatch,
  trackedEventPage,
  trackedEventQuery,
  trackedEventReceipt,
} from "./tracking-schemas.ts";
import type { TrackingService } from "./tracking-service.ts";

const tellers: readonly Role[] = ["checkout", "pos", "erp", "marketing"];
const readers: readonly Role[] = ["marketing", "viewer", "erp"];
const tag = "tracking";
const audit = { unaudited: "What customers did; nobody's change of the project." } as const;

export function trackingOperations(service: TrackingService): Operation[] {
  return [
    defineOperation({
      id: "trackEvent",
      method: "POST",
      path: "/v1/events",
      graphql: "mutation",
      tag,
      audit,
      summary: "Tell that a customer or a visitor did something.",
      description:
        "A CloudEvent, as `application/json` or `application/cloudevents+json`. Send it again as often as you like, with the same id and source: it counts once. (`GET /v1/events` is the other way round: what Dealwright tells you.)",
      roles: tellers,
      body: trackedEvent,
      result: trackedEventReceipt,
      example: {
        specversion: "1.0",
        id: "e-1",
        source: "/mini-program",
        type: "share",
        time: "2026-11-02T10:00:00+08:00",
        data: { customer: "c-42", channel: "wechat", campaign: "launch", sku: "SET-580" },
      },
      problems: [],
      handler: ({ body, context }) => service.track(context.projectId, [body], () => ""),
    }),
    defineOperation({
      id: "trackEvents",
      method: "POST",
      path: "/v1/events/batch",
      graphql: "mutation",
      tag,
      audit,
      summary: "Tell of many events at once, all or none.",
      roles: tellers,
      body: trackedEventBatch,
      result: trackedEventReceipt,
      units: ({ events }) => Math.ceil(events.length / 20),
      example: {
        events: [
          {
            specversion: "1.0",
            id: "e-2",
            source: "/mini-program",
            type: "view",
            time: "2026-11-02T09:59:00+08:00",
            data: { visitor: "v-7", channel: "wechat", campaign: "launch" },
          },
          {
            specversion: "1.0",
            id: "e-3",
            source: "/mini-program",
            type: "sign_up",
            time: "2026-11-02T10:05:00+08:00",
            data: { visitor: "v-7", customer: "c-7", channel: "wechat", campaign: "launch" },
          },
        ],
      },
      problems: [],
      handler: ({ body, context }) =>
        service.track(context.projectId, body.events, (index) => `/events/${index}`),
    }),
    defineOperation({
      id: "trackedEvents",
      method: "GET",
      path: "/v1/tracked-events",
      graphql: "query",
      tag,
      summary: "What customers and visitors did, latest first.",
      roles: readers,
      query: trackedEventQuery,
      result: trackedEventPage,
      problems: ["invalid-cursor"],
      handler: ({ query, context }) => service.list(context.projectId, query),
    }),
    defineOperation({
      id: "funnel",
      reads: "replica",
      method: "GET",
      path: "/v1/funnel",
      graphql: "query",
      tag,
      summary: "How many people got how far: steps of events and orders, by channel.",
      description:
        "`steps=view&steps=share&steps=order` names others than the usual ones. A step counts for a person at or after their step before. " +
        "A visitor who turns out to be a customer (an event names both) is one person from the first view to the order.",
      roles: readers,
      query: funnelQuery,
      result: funnel,
      cost: 1_000,
      problems: [],
      handler: ({ query, context }) => service.funnel(context.projectId, query),
    }),
  ];
}

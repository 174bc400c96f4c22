import type { Role } from "../../platform/auth.ts";
import { defineOperation, type Operation } from "../../platform/operation.ts";
import { pageQuery } from "../../platform/pagination.ts";
import { playParams } from "../prizes/prize-schemas.ts";
import {
  draw,
  drawDocument,
  drawPage,
  drawRecordPage,
  drawRecordQuery,
  drawTicket,
  ticketRequest,
} from "./draw-schemas.ts";
import type { DrawService } from "./draw-service.ts";

const tag = "play";
const shops: readonly Role[] = ["checkout", "pos", "marketing"];
const marketers: readonly Role[] = ["marketing", "viewer"];

export function drawOperations(service: DrawService): Operation[] {
  return [
    defineOperation({
      id: "createDraw",
      method: "POST",
      path: "/v1/draws",
      graphql: "mutation",
      tag,
      audit: { resource: "draw" },
      summary:
        "Declare a lucky draw: its prizes, their odds and stocks, and what is given where one is gone. It never changes.",
      description:
        "The answer has a `declaration`, all of this with the SHA-256 of a secret seed, and the `commitment` to it; publish both before the draw begins. The seed is told when all is over, so that anybody can do every draw again: `scripts/verify-draw.ts` does.",
      roles: ["marketing"],
      status: 201,
      body: drawDocument,
      result: draw,
      problems: ["draw-key-taken", "too-many-programmes"],
      example: {
        key: "wheel",
        startsAt: "2098-11-11T00:00:00+08:00",
        endsAt: "2098-11-12T00:00:00+08:00",
        total: 1_000,
        prizes: [
          { key: "bag", odds: 10, stock: 20, prize: { kind: "gift", sku: "TOTE-BAG" } },
          { key: "points", odds: 290, prize: { kind: "points", points: 50 } },
          { key: "nothing", odds: 700 },
        ],
        consolation: "nothing",
        perCustomerDay: 3,
      },
      handler: ({ body, context }) => service.create(context, body),
    }),
    defineOperation({
      id: "draws",
      method: "GET",
      path: "/v1/draws",
      graphql: "query",
      tag,
      summary: "The project's draws, by key.",
      roles: [...shops, "viewer"],
      query: pageQuery,
      result: drawPage,
      problems: ["invalid-cursor"],
      handler: ({ query, context }) => service.list(context.projectId, query),
    }),
    defineOperation({
      id: "draw",
      method: "GET",
      path: "/v1/draws/{key}",
      graphql: "query",
      tag,
      summary:
        "A draw as it was declared, how often each prize was given, and a minute after its end the seed.",
      roles: [...shops, "viewer"],
      params: playParams,
      result: draw,
      problems: ["draw-not-found"],
      handler: ({ params: { key }, context }) => service.get(context.projectId, key),
    }),
    defineOperation({
      id: "drawTicket",
      method: "POST",
      path: "/v1/draws/{key}/tickets",
      graphql: "mutation",
      tag,
      audit: { unaudited: "Every draw is in the draw's own records." },
      summary: "Draw a ticket. The same ticket again is answered the same, and costs nothing more.",
      roles: shops,
      params: playParams,
      body: ticketRequest,
      result: drawTicket,
      problems: ["draw-not-found", "draw-ticket-refused", "project-stopped"],
      example: { ticket: "order-5001", customer: "c-7", nonce: "my-lucky-number-7" },
      handler: ({ params: { key }, body, context }) => service.draw(context.projectId, key, body),
    }),
    defineOperation({
      id: "drawRecords",
      method: "GET",
      path: "/v1/draws/{key}/tickets",
      graphql: "query",
      tag,
      summary: "Every ticket that was drawn, by number.",
      roles: marketers,
      params: playParams,
      query: drawRecordQuery,
      result: drawRecordPage,
      problems: ["draw-not-found", "invalid-cursor"],
      handler: ({ params: { key }, query, context }) => service.records(context.projectId, key, query),
    }),
  ];
}

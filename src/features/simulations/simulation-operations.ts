import { z } from "zod";
import type { Role } from "../../platform/auth.ts";
import { defineOperation, type Operation } from "../../platform/operation.ts";
import {
  simulation,
  simulationPage,
  simulationQuery,
  simulationRequest,
  simulationSummary,
} from "./simulation-schemas.ts";
import type { SimulationService } from "./simulation-service.ts";

const byId = z.strictObject({ id: z.string().min(1).max(64) });
const readers: readonly Role[] = ["marketing", "viewer"];
const writers: readonly Role[] = ["marketing"];
const tag = "simulations";

export function simulationOperations(service: SimulationService): Operation[] {
  return [
    defineOperation({
      id: "simulate",
      method: "POST",
      path: "/v1/simulations",
      graphql: "mutation",
      tag,
      audit: { resource: "simulation" },
      summary: "Begin to replay the orders of a period with drafts: what would they have cost?",
      description:
        "Each order is priced twice by the engine, in the background: by the rules in force now, and with the drafts. Nothing is redeemed. `assumptions` in the report says what is taken for granted.",
      roles: writers,
      status: 202,
      body: simulationRequest,
      result: simulationSummary,
      example: {
        name: "Ten percent off tea",
        promotions: [
          {
            key: "tea-10",
            trigger: { type: "automatic" },
            benefits: [{ kind: "percent_off", target: "item", select: { skus: ["TEA"] }, percent: 10 }],
          },
        ],
        from: "2026-11-01T00:00:00Z",
        to: "2026-12-01T00:00:00Z",
        elasticity: -1.9,
      },
      problems: ["invalid-promotion", "too-many-simulations"],
      handler: ({ body, context }) => service.create(context, body),
    }),
    defineOperation({
      id: "simulations",
      method: "GET",
      path: "/v1/simulations",
      graphql: "query",
      tag,
      summary: "The project's simulations, newest first, without their reports.",
      roles: readers,
      query: simulationQuery,
      result: simulationPage,
      problems: ["invalid-cursor"],
      handler: ({ query, context }) => service.list(context.projectId, query),
    }),
    defineOperation({
      id: "simulation",
      method: "GET",
      path: "/v1/simulations/{id}",
      graphql: "query",
      tag,
      summary: "A simulation, how far it is, and its report once it has succeeded.",
      roles: readers,
      params: byId,
      result: simulation,
      problems: ["simulation-not-found"],
      handler: ({ params: { id }, context }) => service.simulation(context.projectId, id),
    }),
    defineOperation({
      id: "deleteSimulation",
      method: "DELETE",
      path: "/v1/simulations/{id}",
      graphql: "mutation",
      tag,
      audit: { resource: "simulation" },
      summary: "Delete a simulation that is over, with its report.",
      roles: writers,
      params: byId,
      result: z.object({ id: z.string() }).meta({ id: "DeletedSimulation" }),
      problems: ["simulation-not-found", "simulation-running"],
      handler: ({ params: { id }, context }) => service.remove(context, id),
    }),
  ];
}

import type { Role } from "../../platform/auth.ts";
import { defineOperation, type Operation } from "../../platform/operation.ts";
import { projectSafeguards, safeguardsChange, stopRequest } from "./safeguard-schemas.ts";
import type { SafeguardService } from "./safeguard-service.ts";

const writers: readonly Role[] = ["marketing"];
const tag = "project";

export function safeguardOperations(service: SafeguardService): Operation[] {
  return [
    defineOperation({
      id: "projectSafeguards",
      method: "GET",
      path: "/v1/project/safeguards",
      graphql: "query",
      tag,
      summary: "Whether the project is stopped, its limits on wrong codes, and its alarms.",
      roles: ["marketing", "viewer"],
      result: projectSafeguards,
      problems: [],
      handler: ({ context }) => service.safeguards(context.projectId),
    }),
    defineOperation({
      id: "updateProjectSafeguards",
      method: "PATCH",
      path: "/v1/project/safeguards",
      graphql: "mutation",
      audit: { resource: "project_safeguards" },
      tag,
      summary: "Change the project's limits on wrong codes, or its alarms.",
      roles: ["admin"],
      body: safeguardsChange,
      result: projectSafeguards,
      example: { wrongCodes: {} },
      problems: [],
      handler: ({ body, context }) => service.update(context, body),
    }),
    defineOperation({
      id: "stopProject",
      method: "POST",
      path: "/v1/project/stop",
      graphql: "mutation",
      audit: { resource: "project_safeguards" },
      tag,
      summary: "Take every promotion of the project out of force, at once.",
      description:
        "Every process follows within five seconds. Carts are priced without promotions and marked `degraded`; nothing is redeemed, and no reservation committed. What was redeemed can be returned and cancelled.",
      roles: writers,
      body: stopRequest,
      result: projectSafeguards,
      example: { reason: "Codes have leaked." },
      problems: [],
      handler: ({ body, context }) => service.stop(context, body.reason),
    }),
    defineOperation({
      id: "resumeProject",
      method: "POST",
      path: "/v1/project/resume",
      graphql: "mutation",
      audit: { resource: "project_safeguards" },
      tag,
      summary: "Put the promotions of a stopped project into force again, as their status says.",
      roles: writers,
      result: projectSafeguards,
      problems: [],
      handler: ({ context }) => service.resume(context),
    }),
  ];
}

import { defineOperation, type Operation } from "../../platform/operation.ts";
import { project, projectSettingsChange } from "./project-schemas.ts";
import type { ProjectService } from "./project-service.ts";

export function projectOperations(service: ProjectService): Operation[] {
  return [
    defineOperation({
      id: "project",
      method: "GET",
      path: "/v1/project",
      graphql: "query",
      tag: "project",
      summary: "The project this API key belongs to.",
      roles: [],
      result: project,
      etag: ({ settingsVersion }) => String(settingsVersion),
      problems: [],
      handler: ({ context }) => service.project(context.projectId),
    }),
    defineOperation({
      id: "updateProjectSettings",
      method: "PATCH",
      path: "/v1/project/settings",
      graphql: "mutation",
      tag: "project",
      audit: { resource: "project" },
      summary: "Change the project's settings.",
      description:
        "Evaluations follow within a second, on every process. `approvalAboveBudget` and `auditRetentionDays` watch over whoever makes promotions: only the role `admin` changes them.",
      roles: ["marketing"],
      body: projectSettingsChange,
      result: project,
      requiresIfMatch: true,
      etag: ({ settingsVersion }) => String(settingsVersion),
      example: { strategy: "priority", timezone: "Asia/Shanghai" },
      problems: [],
      handler: ({ body, ifMatch, context }) => service.updateSettings(context, ifMatch, body),
    }),
  ];
}

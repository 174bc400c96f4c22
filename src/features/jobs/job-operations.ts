import { z } from "zod";
import type { Role } from "../../platform/auth.ts";
import { defineOperation, type Operation } from "../../platform/operation.ts";
import { job, jobPage, jobQuery } from "./job-schemas.ts";
import type { JobService } from "./job-service.ts";

const byId = z.strictObject({ id: z.string().min(1).max(64) });
const readers: readonly Role[] = ["marketing", "viewer"];
const tag = "jobs";

export function jobOperations(service: JobService): Operation[] {
  return [
    defineOperation({
      id: "jobs",
      method: "GET",
      path: "/v1/jobs",
      graphql: "query",
      tag,
      summary: "The project's jobs, newest first.",
      roles: readers,
      query: jobQuery,
      result: jobPage,
      problems: ["invalid-cursor"],
      handler: ({ query, context }) => service.list(context.projectId, query),
    }),
    defineOperation({
      id: "job",
      method: "GET",
      path: "/v1/jobs/{id}",
      graphql: "query",
      tag,
      summary: "A job and how far it is.",
      roles: readers,
      params: byId,
      result: job,
      problems: ["job-not-found"],
      handler: ({ params: { id }, context }) => service.job(context.projectId, id),
    }),
    defineOperation({
      id: "cancelJob",
      method: "POST",
      path: "/v1/jobs/{id}/cancel",
      graphql: "mutation",
      tag,
      audit: { resource: "job" },
      summary: "Stop a job. What it has done so far stays; one that is over stays as it is.",
      roles: ["marketing"],
      params: byId,
      result: job,
      problems: ["job-not-found"],
      handler: ({ params: { id }, context }) => service.cancel(context, id),
    }),
  ];
}

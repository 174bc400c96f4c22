import { z } from "zod";
import { pageOf, pageQuery } from "../../platform/pagination.ts";

export const jobStates = ["queued", "running", "succeeded", "failed", "cancelling", "cancelled"] as const;
export type JobState = (typeof jobStates)[number];
export const liveStates = ["queued", "running", "cancelling"] as const satisfies readonly JobState[];

const jobState = z.enum(jobStates).meta({
  id: "JobState",
  description:
    "`cancelling` until whoever works on it has stopped. The last three of a job never change again.",
});

export const job = z
  .object({
    id: z.string(),
    kind: z.string(),
    state: jobState,
    done: z.int().describe("How much of `total` is done, and stays done if the job ends early."),
    total: z.int().nullable(),
    result: z
      .record(z.string(), z.unknown())
      .meta({ id: "JobResult", scalar: true })
      .nullable()
      .describe("Of a job that succeeded; what is in it depends on the kind."),
    failure: z.string().nullable().describe("Why it failed, in words."),
    createdBy: z.string().describe("The id of the API key that started it."),
    createdAt: z.iso.datetime(),
    startedAt: z.iso.datetime().nullable(),
    finishedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: "Job", description: "Long work, done in the background." });
export type Job = z.output<typeof job>;
export const jobPage = pageOf(job, "JobPage");

export const jobQuery = pageQuery.extend({
  state: jobState.optional(),
  kind: z.string().min(1).max(50).optional(),
});
export type JobQuery = z.output<typeof jobQuery>;

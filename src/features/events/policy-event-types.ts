/** What is told of policies. */
import { z } from "zod";

const changes = z.array(z.object({ what: z.string(), before: z.string(), after: z.string() }));
const evidence = z.object({
  metric: z.string(),
  actual: z.number(),
  bound: z.number(),
  sample: z.int(),
});
const named = {
  campaign: z.string().describe("Its key."),
  policy: z.string().describe("Its key."),
  action: z.string().describe("The id of the entry in the log, by which it is undone."),
  changes: changes.describe("What was really changed; nothing by an alert."),
};
const paused = [{ what: "promotion double11-30-off", before: "active", after: "paused" }];

export const policyEventTypes = {
  "dealwright.policy.acted": {
    summary: "A campaign's figures passed the bound of a policy, which did what it is for.",
    subject: "the campaign's key",
    data: z.object({
      ...named,
      channel: z.string().nullable(),
      act: z.string(),
      evidence,
    }),
    example: {
      subject: "double-11",
      data: {
        campaign: "double-11",
        policy: "stop-loss",
        action: "pla_01kb3t4a5b6c7d8e9f0g1h2j3k",
        channel: null,
        act: "pause_promotions",
        evidence: { metric: "roi", actual: 0.41, bound: 0.5, sample: 312 },
        changes: paused,
      },
    },
  },
  "dealwright.policy.failed": {
    summary:
      "A campaign's figures passed the bound of a policy, which could not do what it is for. It tries again after its pause.",
    subject: "the campaign's key",
    data: z.object({
      campaign: z.string(),
      policy: z.string(),
      action: z.string(),
      channel: z.string().nullable(),
      act: z.string(),
      evidence,
      failure: z
        .string()
        .describe("The code of the problem: `forbidden-role` if the key that set it may no longer."),
    }),
    example: {
      subject: "double-11",
      data: {
        campaign: "double-11",
        policy: "extra",
        action: "pla_01kb3t4a5b6c7d8e9f0g1h2j3k",
        channel: null,
        act: "activate_promotion",
        evidence: { metric: "conversion", actual: 0.021, bound: 0.028, sample: 1_240 },
        failure: "promotion-not-found",
      },
    },
  },
  "dealwright.policy.undone": {
    summary: "What a policy did was taken back.",
    subject: "the campaign's key",
    data: z.object(named),
    example: {
      subject: "double-11",
      data: {
        campaign: "double-11",
        policy: "stop-loss",
        action: "pla_01kb3t4a5b6c7d8e9f0g1h2j3k",
        changes: [{ what: "promotion double11-30-off", before: "paused", after: "active" }],
      },
    },
  },
} as const;

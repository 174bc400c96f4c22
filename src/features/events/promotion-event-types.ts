/** What is told of promotions. */
import { z } from "zod";

const promotionData = z.object({
  promotion: z.string().describe("Its key."),
  promotionId: z.string(),
  version: z.int(),
  status: z.enum(["draft", "scheduled", "active", "paused", "ended", "archived"]),
  changedBy: z.string().describe("The id of the API key."),
});
const promotionExample = (status: z.output<typeof promotionData>["status"], version: number) => ({
  subject: "prm_01kb3t5y6z7a8b9c0d1e2f3g4h",
  data: {
    promotion: "double11",
    promotionId: "prm_01kb3t5y6z7a8b9c0d1e2f3g4h",
    version,
    status,
    changedBy: "key_01kb3t4a5b6c7d8e9f0g1h2j3k",
  },
});
const promotionKind = (
  summary: string,
  status: z.output<typeof promotionData>["status"],
  version: number,
) => ({
  summary,
  subject: "the promotion's id",
  data: promotionData,
  example: promotionExample(status, version),
});

/** What its schedule does: nobody changed it then. */
const turn = (summary: string, status: "active" | "ended") => ({
  summary,
  subject: "the promotion's id",
  data: z.object({
    promotion: z.string().describe("Its key."),
    promotionId: z.string(),
    version: z.int().describe("The one in force."),
    status: z.literal(status),
    at: z.iso.datetime().describe("The instant in its schedule; the event follows within seconds."),
  }),
  example: {
    subject: "prm_01kb3t5y6z7a8b9c0d1e2f3g4h",
    data: {
      promotion: "double11",
      promotionId: "prm_01kb3t5y6z7a8b9c0d1e2f3g4h",
      version: 3,
      status,
      at: "2026-11-10T16:00:00.000Z",
    },
  },
});

const decided = (decision: "approved" | "rejected") => ({
  subject: "the promotion's id",
  data: z.object({
    promotion: z.string().describe("Its key."),
    promotionId: z.string(),
    version: z.int().describe("The one that was looked at."),
    decision: z.literal(decision),
    decidedBy: z.string().describe("The id of the API key."),
  }),
  example: {
    subject: "prm_01kb3t5y6z7a8b9c0d1e2f3g4h",
    data: {
      promotion: "double11",
      promotionId: "prm_01kb3t5y6z7a8b9c0d1e2f3g4h",
      version: 2,
      decision,
      decidedBy: "key_01kb3t4c5d6e7f8g9h0j1k2m3n",
    },
  },
});

export const promotionEventTypes = {
  "dealwright.promotion.created": promotionKind("A promotion was created, as a draft.", "draft", 1),
  "dealwright.promotion.changed": promotionKind("Its document was replaced or reverted.", "draft", 2),
  "dealwright.promotion.activated": promotionKind(
    "It was put into force: at once, or as `scheduled` from its start, which is `dealwright.promotion.started`.",
    "active",
    3,
  ),
  "dealwright.promotion.started": turn(
    "It was in force, and its schedule began. Not told where it had begun when it was put into force.",
    "active",
  ),
  "dealwright.promotion.expired": turn(
    "It was in force, and its schedule ran out. It may still be given a later end.",
    "ended",
  ),
  "dealwright.promotion.paused": promotionKind("It was taken out of force for the time being.", "paused", 4),
  "dealwright.promotion.ended": promotionKind("It was taken out of force for good.", "ended", 5),
  "dealwright.promotion.killed": promotionKind(
    "It was stopped for good, with the reservations that count on it.",
    "ended",
    6,
  ),
  "dealwright.promotion.archived": promotionKind("It was put away.", "archived", 6),
  "dealwright.promotion.approved": {
    summary: "Somebody else agreed to a version of it. It comes into force when it is activated.",
    ...decided("approved"),
  },
  "dealwright.promotion.rejected": {
    summary: "Somebody refused a version of it, or took their approval back.",
    ...decided("rejected"),
  },
  "dealwright.promotion.change_failed": {
    summary: "A scheduled change could not be applied at its instant, and will not be tried again.",
    subject: "the promotion's id",
    data: z.object({
      promotion: z.string().describe("Its key."),
      promotionId: z.string(),
      scheduledChange: z.string(),
      at: z.iso.datetime().describe("When it was to happen."),
      failure: z
        .string()
        .describe(
          "The code of the problem: `precondition-failed` if the document was changed since, `forbidden-role` if the key that planned it may no longer.",
        ),
      plannedBy: z.string().describe("The id of the API key."),
    }),
    example: {
      subject: "prm_01kb3t5y6z7a8b9c0d1e2f3g4h",
      data: {
        promotion: "double11",
        promotionId: "prm_01kb3t5y6z7a8b9c0d1e2f3g4h",
        scheduledChange: "sch_01kb3t6a7b8c9d0e1f2g3h4j5k",
        at: "2026-11-10T16:00:00.000Z",
        failure: "precondition-failed",
        plannedBy: "key_01kb3t4a5b6c7d8e9f0g1h2j3k",
      },
    },
  },
} as const;

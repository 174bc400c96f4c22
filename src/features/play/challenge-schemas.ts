import { z } from "zod";
import { limits } from "../../engine/limits.ts";
import { moneyMap } from "../../engine/money.ts";
import { pageOf } from "../../platform/pagination.ts";
import { customerId } from "../coupons/coupon-schemas.ts";
import { playKey, prize } from "../prizes/prize-schemas.ts";
import { programmeStamp } from "../programmes/programme-schemas.ts";
import { trackedEventType } from "../tracking/tracking-schemas.ts";

const name = z.string().min(1).max(limits.nameLength);
const instant = z.iso.datetime({ offset: true });

export const challengeGoal = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("orders"), minAmount: moneyMap.optional() }),
    z.strictObject({ kind: z.literal("events"), type: trackedEventType, campaign: name.optional() }),
    z.strictObject({ kind: z.literal("check_ins"), programme: playKey }),
  ])
  .meta({
    id: "ChallengeGoal",
    scalar: true,
    description:
      'What is counted: `{"kind": "orders", "minAmount": {"CNY": 5000}}`, paid and not returned; `{"kind": "events", "type": "share", "campaign": "launch"}`; `{"kind": "check_ins", "programme": "daily"}`.',
  });
export type ChallengeGoal = z.output<typeof challengeGoal>;

export const challengeDocument = z
  .strictObject({
    name: name.optional(),
    startsAt: instant,
    endsAt: instant.describe(
      "What is told later counts at its own time: a challenge may be met after its end by what was done before.",
    ),
    goal: challengeGoal,
    times: z.int().min(1).max(1_000),
    prize,
  })
  .meta({ id: "ChallengeDocument" });
export type ChallengeDocument = z.output<typeof challengeDocument>;

export const challenge = challengeDocument.extend(programmeStamp).meta({ id: "Challenge" });
export const challengePage = pageOf(challenge, "ChallengePage");

export const progressParams = z.strictObject({ key: playKey, customer: customerId });
export const challengeProgress = z
  .object({
    challenge: playKey,
    customer: z.string(),
    done: z.int().describe("As it was counted last, about a second ago; no longer once it is met."),
    times: z.int(),
    completedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: "ChallengeProgress" });
export type ChallengeProgress = z.output<typeof challengeProgress>;

export const challengeResults = z
  .object({ participants: z.int(), completed: z.int() })
  .meta({ id: "ChallengeResults" });
export type ChallengeResults = z.output<typeof challengeResults>;

/** Redemptions as they are, and what a request that comes again was answered. */
import type { Database } from "../../platform/database.ts";
import { requireSameRequest } from "../../platform/idempotency.ts";
import type { Answered } from "../../platform/operation.ts";
import { problem } from "../../platform/problem.ts";
import type { Knowledge } from "../facts/facts-service.ts";
import { shown } from "./redemption-answer-service.ts";
import { problemOf } from "./redemption-problems.ts";
import type { Redemption } from "./redemption-schemas.ts";
import { findRedemption } from "./redemption-store.ts";
import type { RedemptionRow } from "./redemption-tables.ts";

export const redeemOperation = "createRedemption";

export interface RedemptionRepeats {
  existing(projectId: string, id: string): Promise<RedemptionRow>;
  redemption(projectId: string, id: string): Promise<Redemption>;
  /** The redemption as it was when the recorded request was answered. */
  asAnswered(projectId: string, record: { resourceId: string; answer: unknown }): Promise<Redemption>;
  /** A till may repeat itself for days: what it asked for may long be settled, and its code used, by itself. */
  answeredBefore(
    projectId: string,
    known: Pick<Knowledge, "record" | "standing">,
    hash: string,
  ): Promise<Answered<Redemption> | null>;
}

export function redemptionRepeats(database: Pick<Database, "of">): RedemptionRepeats {
  async function existing(projectId: string, id: string): Promise<RedemptionRow> {
    const row = await findRedemption(database.of(projectId), projectId, id);
    if (row === undefined) throw problem("redemption-not-found");
    return row;
  }

  async function redemption(projectId: string, id: string): Promise<Redemption> {
    return shown(await existing(projectId, id));
  }

  async function asAnswered(
    projectId: string,
    record: { resourceId: string; answer: unknown },
  ): Promise<Redemption> {
    return { ...(await redemption(projectId, record.resourceId)), ...(record.answer as object) };
  }

  return {
    existing,
    redemption,
    asAnswered,
    async answeredBefore(projectId, { record, standing }, hash) {
      if (record !== null) {
        requireSameRequest(record, redeemOperation, hash);
        return { answer: await asAnswered(projectId, record), isReplay: true };
      }
      if (standing === null || standing.hasLapsed) return null;
      if (standing.requestHash === hash)
        return { answer: await redemption(projectId, standing.id), isReplay: true };
      if (standing.state !== "reserved")
        throw problemOf({ reason: "order_redeemed", redemption: standing.id });
      return null;
    },
  };
}

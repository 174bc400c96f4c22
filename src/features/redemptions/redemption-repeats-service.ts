/** Redemptions as they are, and what a request that comes again was answered. */
import type { Database } from "../../platform/database.ts";
import { type Idempotency, keepAnswer, requestHash, requireSameRequest } from "../../platform/idempotency.ts";
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
    redeeming: Redeeming,
  ): Promise<Answered<Redemption> | null>;
  /** Of what has happened already: as it stands, and kept with the key of whoever asked again. */
  repeated(projectId: string, id: string, idempotency: Idempotency | null): Promise<Answered<Redemption>>;
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

  async function repeated(
    projectId: string,
    id: string,
    idempotency: Idempotency | null,
  ): Promise<Answered<Redemption>> {
    const answer = await redemption(projectId, id);
    if (idempotency === null) return { answer, isReplay: true };
    const { state, expiresAt, refunded } = answer;
    const now = { state, expiresAt, refunded };
    const record = await keepAnswer(database.of(projectId), projectId, idempotency, id, now);
    return { answer: record.answer === now ? answer : await asAnswered(projectId, record), isReplay: true };
  }

  return {
    existing,
    redemption,
    asAnswered,
    repeated,
    async answeredBefore(projectId, { record, standing }, { hash, idempotency, request }) {
      if (record !== null) {
        requireSameRequest(record, redeemOperation, hash);
        return { answer: await asAnswered(projectId, record), isReplay: true };
      }
      if (standing === null || standing.hasLapsed) return null;
      if (standing.requestHash === hash) return repeated(projectId, standing.id, idempotency);
      if (standing.state === "reserved") return null;
      const { expectedTotal = standing.total } = request ?? {};
      if (expectedTotal !== standing.total || !isReservedBy(standing, request))
        throw problemOf({ reason: "order_redeemed", redemption: standing.id });
      return repeated(projectId, standing.id, idempotency);
    },
  };
}

/** What a request to redeem an order says, as far as it tells whether it was answered before. */
export interface Redeeming {
  readonly hash: string;
  readonly idempotency: Idempotency | null;
  /** Null for one that nothing but itself is a repetition of. */
  readonly request: {
    readonly mode: "reserve" | "commit";
    readonly expectedTotal?: number | undefined;
  } | null;
}

/** Whether the order's redemption was made by this very request, but that it reserved, for some time. */
export function isReservedBy(
  { requestHash: made, ttlSeconds, total }: NonNullable<Knowledge["standing"]>,
  request: Redeeming["request"],
): boolean {
  if (request?.mode !== "commit") return false;
  const reserving = { ...request, mode: "reserve", ttlSeconds };
  return [undefined, total].some(
    (expectedTotal) => requestHash(redeemOperation, { ...reserving, expectedTotal }) === made,
  );
}

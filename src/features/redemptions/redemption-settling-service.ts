/** What was reserved is made final, what was taken is given back. */
import type { Settle } from "../../ledger/admit.ts";
import {
  type Idempotency,
  idempotencyOf,
  requestHash,
  requireSameRequest,
  whileHolding,
} from "../../platform/idempotency.ts";
import type { Answered, OperationContext } from "../../platform/operation.ts";
import type { Knowledge } from "../facts/facts-service.ts";
import { depositCounter } from "../ledger/promotion-counters.ts";
import { priceChanged, problemOf, projectStopped, promotionKilled } from "./redemption-problems.ts";
import { isReservedBy, type Redeeming, redemptionRepeats } from "./redemption-repeats-service.ts";
import type { Redemption } from "./redemption-schemas.ts";
import type { RedemptionServiceOptions } from "./redemption-service.ts";
import { paysDeposit } from "./return-store.ts";

export interface RedemptionSettling {
  /** Makes a reservation final. Again, or on one that is final already, it changes nothing. */
  commit(context: RedemptionActor, id: string, idempotencyKey: string | null): Promise<Answered<Redemption>>;
  /**
   * The same, of what the order holds by the very request that now commits it: it never stands in the way of its own commit,
   * although its promotions may have ended since; if one was killed, it is refused as any commit is. Null if the order holds
   * nothing, or something else, or no longer.
   */
  commitHeld(
    context: RedemptionActor,
    known: Pick<Knowledge, "standing">,
    redeeming: Redeeming,
  ): Promise<Answered<Redemption> | null>;
  /** Gives everything back. A redemption of which something was returned is past that. */
  cancel(context: RedemptionActor, id: string, idempotencyKey: string | null): Promise<Answered<Redemption>>;
  /** The same, of what is only reserved: what was committed by then is refused, as a state. */
  giveUp(context: RedemptionActor, id: string): Promise<Answered<Redemption>>;
}

export type RedemptionActor = Pick<OperationContext, "projectId" | "isGone">;

type Options = Pick<RedemptionServiceOptions, "database" | "rulebooks" | "committer" | "isGroupComplete">;

const operations = { commit: "commitRedemption", cancel: "cancelRedemption" } as const;

export function redemptionSettling(options: Options): RedemptionSettling {
  const { database, rulebooks, committer } = options;
  const { existing, redemption, asAnswered, repeated } = redemptionRepeats(database);

  function settled(kind: "commit" | "cancel"): RedemptionSettling["commit"] {
    const operation = operations[kind];
    return (actor, id, key) =>
      whileHolding({ projectId: actor.projectId, key }, () =>
        settle(kind, actor, id, idempotencyOf(key, operation, requestHash(operation, id))).then(orProblem),
      );
  }

  async function commitHeld(
    actor: RedemptionActor,
    { standing }: Pick<Knowledge, "standing">,
    { request, idempotency }: Redeeming,
  ): Promise<Answered<Redemption> | null> {
    if (standing?.state !== "reserved" || standing.hasLapsed || !isReservedBy(standing, request)) return null;
    const { id, total } = standing;
    const { expectedTotal = total } = request!;
    if (expectedTotal !== total)
      throw priceChanged(expectedTotal, (await existing(actor.projectId, id)).quote);
    const settled = await settle("commit", actor, id, idempotency);
    // It was given up, or ran out, since it was looked at: the order is priced anew.
    return isRefusal(settled) && isOver(settled) ? null : orProblem(settled);
  }

  async function settle(
    kind: "commit" | "cancel",
    { projectId, isGone }: RedemptionActor,
    id: string,
    idempotency: Idempotency | null,
    isOnlyReserved = false,
  ): Promise<Settled> {
    if (kind === "commit") await requireInForce(projectId, id);
    const isDeposit = kind === "cancel" && (await paysDeposit(database.of(projectId), projectId, id));
    const command: Settle = {
      kind,
      redemption: id,
      ...(isOnlyReserved && { isOnlyReserved }),
      ...(isDeposit && { unlessTaken: [depositCounter(id)] }),
    };
    const submit = (asked: Settle) =>
      committer.submit(projectId, {
        command: asked,
        idempotency,
        isAbandoned: isGone,
        answer: ({ redemption: now }) => ({ state: now?.state, expiresAt: null, refunded: 0 }),
      });
    let result = await submit(command);
    if (result.type === "refused" && result.refusal.reason === "in_group")
      if (await options.isGroupComplete(projectId, id))
        result = await submit({ ...command, isGroupComplete: true });
    switch (result.type) {
      case "granted":
        return { answer: await redemption(projectId, id), isReplay: false };
      case "repeated":
        return repeated(projectId, id, idempotency);
      case "answered":
        requireSameRequest(result.record, idempotency!.operation, idempotency!.requestHash);
        return { answer: await asAnswered(projectId, result.record), isReplay: true };
      case "merged":
        throw new Error("whose redemption it is was decided when it was made");
      case "refused":
        return result.refusal;
    }
  }

  /** What was reserved before everything, or one of its promotions, was stopped is not made final after it. */
  async function requireInForce(projectId: string, id: string): Promise<void> {
    const { isStopped, killed } = await rulebooks.rulesOf(projectId);
    if (!isStopped && killed.size === 0) return;
    const { state, quote } = await existing(projectId, id);
    if (state !== "reserved") return;
    if (isStopped) throw projectStopped();
    const stopped = quote.promotions.find(({ promotionId }) => killed.has(promotionId ?? ""));
    if (stopped !== undefined) throw promotionKilled(stopped.promotion);
  }

  return {
    commit: settled("commit"),
    cancel: settled("cancel"),
    giveUp: async (actor, id) => orProblem(await settle("cancel", actor, id, null, true)),
    commitHeld,
  };
}

type Why = Parameters<typeof problemOf>[0];
type Settled = Answered<Redemption> | Why;

function isRefusal(settled: Settled): settled is Why {
  return "reason" in settled;
}

function isOver({ reason }: Why): boolean {
  return reason === "expired" || reason === "wrong_state";
}

function orProblem(settled: Settled): Answered<Redemption> {
  if (isRefusal(settled)) throw problemOf(settled);
  return settled;
}

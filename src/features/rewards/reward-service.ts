/**
 * Grants what redemptions promise, and takes it back with the goods.
 *
 * A promise is written with its redemption. Whatever happens to the redemption afterwards is an event, and the transaction that
 * numbers events marks the promise as due; so nothing is missed, whoever crashes when. Here the promise is locked, the redemption
 * looked at as it is now, and what is not as it should be is made so, all in one transaction: doing it twice changes nothing.
 */
import { eachApart, repeated } from "../../platform/background.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import type { Log } from "../../platform/log.ts";
import type { FanOut } from "../events/event-sequencer-service.ts";
import { recordEvents } from "../events/event-service.ts";
import type { EventType, NewEvent } from "../events/event-types.ts";
import type { ProjectService } from "../projects/project-service.ts";
import { type RedeemedOrder, redeemedOrder } from "../redemptions/redemption-reading-service.ts";
import {
  dueRewards,
  lockDueRewards,
  lockOwedRewards,
  markDue,
  owedRewards,
  postponeRewards,
  type RedemptionName,
  renameReason,
  saveReward,
} from "./reward-store.ts";
import type { RewardGrantRow } from "./reward-tables.ts";

const pollMilliseconds = 1_000;
const mostAtOnce = 200;
const retrySeconds = 30;

/** What a promise is settled by. */
export interface RewardCase {
  readonly order: RedeemedOrder;
  readonly grant: RewardGrantRow;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly timezone: string;
}

/** What became of a promise. */
export interface Settled {
  readonly state: RewardGrantRow["state"];
  readonly code?: string;
  readonly reason?: string;
  readonly events?: readonly NewEvent[];
}

/** How rewards of one kind are given. Each in the transaction that notes it. */
export interface RewardKeeper {
  give(connection: Connection, reward: RewardCase): Promise<Settled>;
  /** Something of the order came back, perhaps; null if that changes nothing. */
  adjust(connection: Connection, reward: RewardCase): Promise<Settled | null>;
  /** The order is returned or cancelled as a whole. */
  takeBack(connection: Connection, reward: RewardCase): Promise<Settled>;
}

export interface RewardService {
  /** Settles whatever is due by now, of all projects; answers how many redemptions that were. */
  settleDue(): Promise<number>;
  wake(): void;
  start(): void;
  close(): Promise<void>;
}

export interface RewardOptions {
  database: Database;
  clock: Clock;
  log: Log;
  projects: Pick<ProjectService, "timezone">;
  keepers: Readonly<Record<RewardGrantRow["kind"], RewardKeeper>>;
}

const toldOf: ReadonlySet<string> = new Set<EventType>([
  "dealwright.redemption.committed",
  "dealwright.redemption.cancelled",
  "dealwright.redemption.expired",
  "dealwright.return.created",
]);

/** For the sequencer: what happened to redemptions makes their rewards due. */
export const followRedemptions: FanOut = async (connection, projectId, events) => {
  const ids = new Set(events.filter(({ type }) => toldOf.has(type)).map(({ subject }) => subject));
  if (ids.size > 0) await markDue(connection, projectId, [...ids]);
};

export function rewardService({ database, clock, log, projects, keepers }: RewardOptions): RewardService {
  async function settle(name: RedemptionName): Promise<void> {
    await withTransaction(database, name.projectId, async (connection) => {
      const grants = await lockDueRewards(connection, name);
      if (grants.length === 0) return;
      const order = await existingOrder(connection, name);
      const timezone = await projects.timezone(connection, name.projectId);
      for (const grant of grants) await settleOne(connection, { order, grant, now: clock.now(), timezone });
    });
  }

  async function settleOne(connection: Connection, reward: RewardCase): Promise<Settled | null> {
    const { grant, order } = reward;
    const settled = await decide(connection, reward);
    // Looked at again every second: a row that stays as it is is not written.
    if (settled?.state === "owed" && grant.reason === settled.reason && grant.dueAt === null) return settled;
    const updatedAt = new Date(reward.now);
    await saveReward(
      connection,
      grant,
      settled === null
        ? { dueAt: null }
        : {
            state: settled.state,
            reason: settled.reason ?? null,
            ...(settled.code !== undefined && { code: settled.code }),
            dueAt: null,
            updatedAt,
          },
    );
    if (settled?.events !== undefined) await recordEvents(connection, grant.projectId, settled.events);
    if (settled?.state === "owed" && grant.state !== "owed") {
      const { projectId, redemptionId, promotion, pool } = grant;
      const { reason } = settled;
      log.warn({ projectId, redemptionId, promotion, pool, reason }, `a reward of ${order.id} is owed`);
    }
    return settled;
  }

  async function decide(connection: Connection, reward: RewardCase): Promise<Settled | null> {
    const keeper = keepers[reward.grant.kind];
    const { state } = reward.order;
    if (state === "reserved") return null;
    const isDeserved = state === "committed" || state === "partially_returned";
    switch (reward.grant.state) {
      case "promised":
      case "owed":
        return isDeserved ? keeper.give(connection, reward) : { state: "lapsed" };
      case "granted":
        return isDeserved ? keeper.adjust(connection, reward) : keeper.takeBack(connection, reward);
      default:
        return null;
    }
  }

  /** Delivers what waits for a pool, as far as that has codes. */
  async function deliver(name: { projectId: string; pool: string }): Promise<void> {
    let isMore = true;
    while (isMore && !background.signal.aborted)
      isMore = await withTransaction(database, name.projectId, async (connection) => {
        const grants = await lockOwedRewards(connection, name, mostAtOnce);
        const timezone = await projects.timezone(connection, name.projectId);
        for (const grant of grants) {
          const order = await existingOrder(connection, grant);
          const settled = await settleOne(connection, { order, grant, now: clock.now(), timezone });
          if (settled?.state === "owed") {
            await renameReason(connection, name, settled.reason!);
            return false;
          }
        }
        return grants.length === mostAtOnce;
      });
  }

  async function settleDue(): Promise<number> {
    let all = 0;
    let due: readonly RedemptionName[];
    do {
      due = await dueRewards(database.outside, mostAtOnce);
      all += due.length;
      await eachApart(due, background.signal, settle, async (error, name) => {
        log.warn({ err: error, ...name }, "rewards could not be settled; tried again in half a minute");
        await postponeRewards(database.of(name.projectId), name, retrySeconds);
      });
    } while (due.length === mostAtOnce && !background.signal.aborted);
    await eachApart(await owedRewards(database.outside), background.signal, deliver, (error, name) =>
      log.warn({ err: error, ...name }, "owed rewards could not be delivered; tried again in a second"),
    );
    return all;
  }

  const background = repeated(pollMilliseconds, settleDue, (error) =>
    log.debug({ err: error }, "could not look for rewards to settle; tried again in a second"),
  );

  return { settleDue, wake: background.wake, start: background.start, close: background.close };
}

async function existingOrder(connection: Connection, name: RedemptionName): Promise<RedeemedOrder> {
  const order = await redeemedOrder(connection, name.projectId, name.redemptionId);
  if (order === undefined) throw new Error("a reward has no redemption");
  return order;
}

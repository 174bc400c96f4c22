/**
 * Grants what redemptions promise, and takes it back with the goods.
 *
 * A promise is written with its redemption. Whatever happens to the redemption afterwards is an event, and the transaction that
 * numbers events marks the promise as due; so nothing is missed, whoever crashes when. Here the promise is locked, the redemption
 * looked at as it is now, and what is not as it should be is made so, all in one transaction: doing it twice changes nothing.
 *
 * What can simply be settled is settled in one transaction for many, which waits for nobody; everything else, and all of them where that
 * one fails, have transactions of their own: a promise that cannot be settled keeps none of the others from theirs.
 */
import { eachApart, repeated } from "../../platform/background.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import { groupBy } from "../../platform/group-by.ts";
import type { Log } from "../../platform/log.ts";
import { whyNoCoupon } from "../coupons/coupon-issue-service.ts";
import type { FanOut } from "../events/event-sequencer-service.ts";
import { recordEvents } from "../events/event-service.ts";
import { fatesOfRedemptions, type NewEvent, newEvent } from "../events/event-types.ts";
import type { ProjectService } from "../projects/project-service.ts";
import {
  fatesOfOrders,
  type RedeemedOrder,
  redeemedOrder,
} from "../redemptions/redemption-reading-service.ts";
import {
  clearDue,
  dueRewards,
  listOwed,
  lockRewards,
  markDue,
  owedRewards,
  type PoolName,
  postponeReward,
  type RewardName,
  saveRewards,
} from "./reward-store.ts";
import type { RewardGrantRow } from "./reward-tables.ts";

const pollMilliseconds = 1_000;
const mostAtOnce = 200;
const retrySeconds = 30;

/** What an order may be that still earns something, or may yet. */
const isAlive: ReadonlySet<string> = new Set(["reserved", "committed", "partially_returned"]);

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
  /** Of anything but a grant, of which all are told in the same way. */
  readonly events?: readonly NewEvent[];
}

/** A promise whose order is committed, with nothing of it back. */
export interface DeservedReward {
  readonly grant: RewardGrantRow;
  /** Null for a guest. */
  readonly customerId: string | null;
}

export interface SettledReward extends DeservedReward {
  readonly settled: Settled;
}

/** How rewards of one kind are given. Each in the transaction that notes it. */
export interface RewardKeeper {
  give(connection: Connection, reward: RewardCase): Promise<Settled>;
  /** The same for many of one project, at least one; those that are not answered are left for `give`. */
  giveAll(
    connection: Connection,
    promises: readonly DeservedReward[],
    booking: Pick<RewardCase, "now" | "timezone">,
  ): Promise<readonly SettledReward[]>;
  /** Something of the order came back, perhaps; null if that changes nothing. */
  adjust(connection: Connection, reward: RewardCase): Promise<Settled | null>;
  /** The order is returned or cancelled as a whole. `later`: what becomes of it is not decided yet. */
  takeBack(connection: Connection, reward: RewardCase): Promise<Settled | "later">;
}

interface Round {
  readonly settled: number;
  readonly left: readonly RewardName[];
}

export interface RewardService {
  /** Settles whatever is due by now, of all projects; answers how many rewards that were. */
  settleDue(): Promise<number>;
  /** Gives what is owed, as far as its pools have codes. */
  deliverOwed(): Promise<void>;
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

/** For the sequencer: what happened to redemptions makes their rewards due. */
export const followRedemptions: FanOut = async (connection, projectId, events) => {
  const ids = new Set(
    events.filter(({ type }) => fatesOfRedemptions.has(type)).map(({ subject }) => subject),
  );
  if (ids.size > 0) await markDue(connection, projectId, [...ids]);
};

export function rewardService({ database, clock, log, projects, keepers }: RewardOptions): RewardService {
  /** How it stands now; null if it was not so any more, or somebody else is at it. */
  function settle(name: RewardName, is: "due" | "owed"): Promise<RewardGrantRow["state"] | null> {
    return withTransaction(database, name.projectId, async (connection) => {
      const [grant] = await lockRewards(connection, name.projectId, [name], is);
      if (grant === undefined) return null;
      const { projectId, redemptionId } = name;
      const order = await redeemedOrder(connection, projectId, redemptionId, { isHeld: true });
      if (order === undefined) throw new Error("a reward has no redemption");
      const timezone = await projects.timezone(connection, projectId);
      return settleOne(connection, { order, grant, now: clock.now(), timezone });
    });
  }

  /** Answers how many were settled, and which are to be looked at one by one. */
  async function settleTogether(names: readonly RewardName[], is: "due" | "owed"): Promise<Round> {
    let settled = 0;
    const left: RewardName[] = [];
    for (const [projectId, ofProject] of groupBy(names, (name) => name.projectId)) {
      try {
        const round = await withTransaction(database, projectId, (connection) =>
          settleOfProject(connection, projectId, ofProject, is),
        );
        settled += round.settled;
        left.push(...round.left);
      } catch (error) {
        log.debug({ err: error, projectId }, "rewards could not be settled together; now one by one");
        left.push(...ofProject);
      }
    }
    return { settled, left };
  }

  async function settleOfProject(
    connection: Connection,
    projectId: string,
    names: readonly RewardName[],
    is: "due" | "owed",
  ): Promise<Round> {
    const locked = await lockRewards(connection, projectId, names, is);
    const open = locked.filter(({ state }) => state === "promised" || state === "owed");
    if (open.length === 0) return { settled: 0, left: locked };
    const ids = [...new Set(open.map(({ redemptionId }) => redemptionId))];
    const fates = new Map(
      (await fatesOfOrders(connection, projectId, ids)).map((fate) => [fate.id, fate] as const),
    );
    const all: SettledReward[] = [];
    const deserved: DeservedReward[] = [];
    for (const grant of open) {
      const { state, customerId = null } = fates.get(grant.redemptionId) ?? {};
      if (state === "committed") deserved.push({ grant, customerId });
      else if (state !== undefined && !isAlive.has(state))
        all.push({ grant, customerId, settled: { state: "lapsed" } });
    }
    const now = clock.now();
    const timezone = await projects.timezone(connection, projectId);
    for (const [kind, promises] of groupBy(deserved, ({ grant }) => grant.kind))
      all.push(...(await keepers[kind].giveAll(connection, promises, { now, timezone })));
    const done = new Set(all.map(({ grant }) => grant));
    return {
      settled: await save(connection, projectId, all, now),
      left: locked.filter((grant) => !done.has(grant)),
    };
  }

  /** Writes what became of them, tells of it, and answers how many are not as they were. */
  async function save(
    connection: Connection,
    projectId: string,
    all: readonly SettledReward[],
    now: number,
  ): Promise<number> {
    const changed = all.filter(({ grant, settled }) => !staysOwed(grant, settled));
    if (changed.length === 0) return 0;
    const rows = changed.map(({ grant: { redemptionId, position, code }, settled }) => ({
      redemptionId,
      position,
      state: settled.state,
      code: settled.code ?? code,
      reason: settled.reason ?? null,
    }));
    await saveRewards(connection, projectId, rows, new Date(now));
    await recordEvents(connection, projectId, changed.flatMap(eventsOf));
    for (const { grant, settled } of changed) noteOwed(grant, settled);
    return changed.length;
  }

  async function settleOne(connection: Connection, reward: RewardCase): Promise<RewardGrantRow["state"]> {
    const { grant, order } = reward;
    const settled = await decide(connection, reward);
    if (settled === "later") {
      await postponeReward(connection, grant, retrySeconds);
      return grant.state;
    }
    if (settled === null) {
      await clearDue(connection, grant);
      return grant.state;
    }
    await save(connection, grant.projectId, [{ grant, customerId: order.customerId, settled }], reward.now);
    return settled.state;
  }

  function noteOwed(
    { projectId, redemptionId, promotion, pool, state }: RewardGrantRow,
    { state: becomes, reason }: Settled,
  ): void {
    if (becomes === "owed" && state !== "owed")
      log.warn({ projectId, redemptionId, promotion, pool, reason }, `a reward of ${redemptionId} is owed`);
  }

  async function decide(connection: Connection, reward: RewardCase): Promise<Settled | "later" | null> {
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
  async function deliver(name: PoolName): Promise<void> {
    const connection = database.of(name.projectId);
    if ((await whyNoCoupon(connection, name, clock.now())) !== null) return;
    let isMore = true;
    while (isMore) {
      const owed = await listOwed(connection, name, mostAtOnce);
      const round = await settleTogether(owed, "owed");
      let { settled } = round;
      for (const reward of round.left) {
        if (owedRounds.signal.aborted) return;
        try {
          const state = await settle(reward, "owed");
          if (state === "owed") return;
          if (state !== null) settled += 1;
        } catch (error) {
          await putOff(error, reward);
        }
      }
      isMore = owed.length === mostAtOnce && settled > 0;
    }
  }

  async function putOff(error: unknown, name: RewardName): Promise<void> {
    log.warn({ err: error, ...name }, "a reward could not be settled; tried again in half a minute");
    await postponeReward(database.of(name.projectId), name, retrySeconds);
  }

  async function settleDue(): Promise<number> {
    let all = 0;
    let due: readonly RewardName[];
    let settled = 0;
    do {
      due = await dueRewards(database.outside, mostAtOnce);
      const round = await settleTogether(due, "due");
      settled = round.settled;
      const one = async (name: RewardName) => {
        if ((await settle(name, "due")) !== null) settled += 1;
      };
      await eachApart(round.left, background.signal, one, putOff);
      all += settled;
    } while (due.length === mostAtOnce && settled > 0 && !background.signal.aborted);
    return all;
  }

  async function deliverOwed(): Promise<void> {
    const pools = await owedRewards(database.outside);
    await eachApart(pools, owedRounds.signal, deliver, (error, name) =>
      log.warn({ err: error, ...name }, "owed rewards could not be delivered; tried again in a second"),
    );
  }

  const failed = (error: unknown) =>
    log.debug({ err: error }, "could not look for rewards to settle; tried again in a second");
  const background = repeated(pollMilliseconds, settleDue, failed);
  // By the clock alone: what happens to orders fills no pool.
  const owedRounds = repeated(pollMilliseconds, deliverOwed, failed);

  return {
    settleDue,
    deliverOwed,
    wake: background.wake,
    start() {
      background.start();
      owedRounds.start();
    },
    async close() {
      await background.close();
      await owedRounds.close();
    },
  };
}

/** Looked at again every second: a row that stays as it is is not written. */
function staysOwed(grant: RewardGrantRow, settled: Settled): boolean {
  return settled.state === "owed" && grant.reason === settled.reason && grant.dueAt === null;
}

function eventsOf({ grant, customerId, settled }: SettledReward): readonly NewEvent[] {
  const { redemptionId, promotion, kind, pool } = grant;
  if (settled.state !== "granted") return settled.events ?? [];
  const data = { redemption: redemptionId, promotion, kind, customer: customerId, pool };
  return [newEvent("dealwright.reward.granted", redemptionId, data)];
}

/**
 * Do it so many times by a date. What is done marks the customer's progress in its own transaction; here it is counted, from what
 * was done and not from how often it was told, and the prize given once.
 */
import { repeated, untilNothingIsDue } from "../../platform/background.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import type { Log } from "../../platform/log.ts";
import type { FanOut } from "../events/event-sequencer-service.ts";
import { changedOrders } from "../orders/order-event.ts";
import { paidOrders } from "../orders/paid-order-service.ts";
import { holderOf } from "../points/points-book-service.ts";
import type { PrizeService } from "../prizes/prize-service.ts";
import { type ProgrammeService, programmeService } from "../programmes/programme-service.ts";
import type { ProjectService } from "../projects/project-service.ts";
import { countTrackedEvents } from "../tracking/tracking-counting-service.ts";
import type { TrackingFollower } from "../tracking/tracking-service.ts";
import {
  type ChallengeDocument,
  type ChallengeProgress,
  type ChallengeResults,
  challengeDocument,
} from "./challenge-schemas.ts";
import {
  buyersOf,
  challengesOf,
  countParticipants,
  dueChallenges,
  findProgress,
  lockDueProgress,
  markProgressDue,
  type ProgressName,
  updateProgress,
} from "./challenge-store.ts";
import type { ChallengeProgressRow } from "./challenge-tables.ts";
import type { CheckInFollower } from "./check-in-service.ts";
import { countCheckIns } from "./check-in-store.ts";

const pollMilliseconds = 1_000;
/** Of each project: none waits until another has nothing left. */
const mostAtOnce = 50;
const retrySeconds = 30;
/** Of one customer's orders in the time of a challenge. */
const mostOrders = 10_000;

export type Challenges = ProgrammeService<ChallengeDocument>;
type IdentifierKeys = Pick<ProjectService, "identifierKey">;

export interface ChallengeService {
  progress(projectId: string, key: string, customer: string): Promise<ChallengeProgress>;
  results(projectId: string, key: string): Promise<ChallengeResults>;
  /** Counts whatever is due by now, of all projects. */
  countDue(): Promise<number>;
  wake(): void;
  start(): void;
  close(): Promise<void>;
}

export function challengeProgrammes(options: { database: Database; clock: Clock }): Challenges {
  return programmeService<ChallengeDocument>({
    ...options,
    kind: "challenge",
    schema: challengeDocument,
    missing: "challenge-not-found",
  });
}

export interface FollowOptions {
  projects: IdentifierKeys;
  clock: Clock;
}

/** For the sequencer. */
export function followChallengedOrders({ projects, clock }: FollowOptions): FanOut {
  return async (connection, projectId, events) => {
    const { orders, redemptions } = changedOrders(events);
    if (orders.length + redemptions.length === 0) return;
    const challenges = await challengesOf(connection, projectId, { kind: "orders" });
    if (challenges.length === 0) return;
    const buyers = await buyersOf(connection, projectId, { orders, redemptions });
    const key = await projects.identifierKey(connection, projectId);
    const participants = challenges.flatMap(({ challenge, startsAt, endsAt }) =>
      buyers.flatMap(({ customerId, at }) =>
        at < Date.parse(startsAt) || at >= Date.parse(endsAt)
          ? []
          : [{ challenge, ...holderOf(key, customerId) }],
      ),
    );
    await markProgressDue(connection, projectId, participants, new Date(clock.now()));
  };
}

export function followChallengedEvents({ projects, clock }: FollowOptions): TrackingFollower {
  return async (connection, projectId, events) => {
    const types = [...new Set(events.map(({ type }) => type))];
    const challenges = await challengesOf(connection, projectId, { types });
    if (challenges.length === 0) return;
    const key = await projects.identifierKey(connection, projectId);
    const participants = challenges.flatMap(({ challenge, goal, startsAt, endsAt }) =>
      events.flatMap(({ type, time, data: { customer, campaign } }) => {
        if (goal.kind !== "events" || goal.type !== type || customer === undefined) return [];
        if (goal.campaign !== undefined && goal.campaign !== campaign) return [];
        const at = Date.parse(time);
        if (at < Date.parse(startsAt) || at >= Date.parse(endsAt)) return [];
        return [{ challenge, ...holderOf(key, customer) }];
      }),
    );
    await markProgressDue(connection, projectId, participants, new Date(clock.now()));
  };
}

export const followChallengedCheckIns =
  ({ clock }: Pick<FollowOptions, "clock">): CheckInFollower =>
  async (connection, checkIn) => {
    const { projectId, programme, holder, customerId, at } = checkIn;
    const challenges = await challengesOf(connection, projectId, { programme });
    const participants = challenges.flatMap(({ challenge, goal, startsAt, endsAt }) =>
      goal.kind === "check_ins" && at >= Date.parse(startsAt) && at < Date.parse(endsAt)
        ? [{ challenge, holder, customerId }]
        : [],
    );
    await markProgressDue(connection, projectId, participants, new Date(clock.now()));
  };

export function challengeService({
  database,
  clock,
  log,
  projects,
  programmes,
  prizes,
}: {
  database: Database;
  clock: Clock;
  log: Log;
  projects: IdentifierKeys;
  programmes: Challenges;
  prizes: PrizeService;
}): ChallengeService {
  /** False: somebody else has done it, or is at it. */
  function count(name: ProgressName): Promise<boolean> {
    return withTransaction(database, name.projectId, async (connection) => {
      const row = await lockDueProgress(connection, name, new Date(clock.now()));
      if (row === undefined) return false;
      const { projectId, challenge, holder, customerId } = row;
      const { document } = await programmes.existing(connection, projectId, challenge);
      const done = await doneOf(connection, row, document);
      const isMet = row.completedAt === null && done >= document.times;
      await updateProgress(connection, name, {
        done,
        dueAt: null,
        ...(isMet && { completedAt: new Date(clock.now()) }),
      });
      if (!isMet) return true;
      const { prize } = document;
      const from = { projectId, source: "challenge" as const, programme: challenge, holder };
      await prizes.give(connection, { ...from, reference: "", customerId, prize });
      return true;
    });
  }

  function countDue(): Promise<number> {
    const find = () => dueChallenges(database.outside, new Date(clock.now()), mostAtOnce);
    return untilNothingIsDue(find, background.signal, count, async (error, name) => {
      const { projectId, challenge } = name;
      log.warn(
        { err: error, projectId, challenge },
        "a challenge could not be counted; tried again in half a minute",
      );
      const dueAt = new Date(clock.now() + retrySeconds * 1_000);
      await updateProgress(database.of(projectId), name, { dueAt });
    });
  }

  const background = repeated(pollMilliseconds, countDue, (error) =>
    log.debug({ err: error }, "could not look for challenges to count; tried again in a second"),
  );

  return {
    async progress(projectId, key, customer) {
      const connection = database.of(projectId);
      const { document } = await programmes.existing(connection, projectId, key);
      const { holder } = holderOf(await projects.identifierKey(connection, projectId), customer);
      const row = await findProgress(connection, { projectId, challenge: key, holder });
      return {
        challenge: key,
        customer,
        done: row?.done ?? 0,
        times: document.times,
        completedAt: row?.completedAt?.toISOString() ?? null,
      };
    },
    async results(projectId, key) {
      const connection = database.of(projectId);
      await programmes.existing(connection, projectId, key);
      return countParticipants(connection, projectId, key);
    },
    countDue,
    wake: background.wake,
    start: background.start,
    close: background.close,
  };
}

async function doneOf(
  connection: Connection,
  { projectId, holder, customerId }: ChallengeProgressRow,
  { goal, startsAt, endsAt }: ChallengeDocument,
): Promise<number> {
  const [from, until] = [new Date(startsAt), new Date(endsAt)];
  switch (goal.kind) {
    case "events": {
      const { type, campaign } = goal;
      return countTrackedEvents(connection, projectId, { customerId, type, campaign, from, until });
    }
    case "check_ins":
      return countCheckIns(connection, { projectId, programme: goal.programme, holder }, from, until);
    case "orders": {
      const window = { from: from.getTime(), until: until.getTime(), most: mostOrders };
      const orders = await paidOrders(connection, projectId, customerId, window);
      const { minAmount } = goal;
      return orders.filter(
        ({ currency, total }) =>
          minAmount === undefined || total >= (minAmount[currency] ?? Number.POSITIVE_INFINITY),
      ).length;
    }
  }
}

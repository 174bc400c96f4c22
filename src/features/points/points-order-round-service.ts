/**
 * Points follow orders: the transaction that numbers events marks the orders that changed, and here each is booked in a transaction of
 * its own. Every process does it; twice changes nothing.
 */
import { repeated, untilNothingIsDue } from "../../platform/background.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Database, withTransaction } from "../../platform/database.ts";
import type { Log } from "../../platform/log.ts";
import type { FanOut } from "../events/event-sequencer-service.ts";
import { fatesOfRedemptions } from "../events/event-types.ts";
import type { ProjectService } from "../projects/project-service.ts";
import { bookOrder } from "./points-order-service.ts";
import {
  type DueName,
  dropDue,
  dueOrders,
  followsOrders,
  holdDue,
  markOrdersDue,
  postponeDue,
} from "./points-order-store.ts";
import { settleTenders } from "./points-tender-service.ts";

const pollMilliseconds = 1_000;
const mostAtOnce = 500;
const retrySeconds = 30;

/** For the sequencer. */
export function followOrders(clock: Clock): FanOut {
  return async (connection, projectId, events) => {
    const orders = new Set<string>();
    const redemptions = new Set<string>();
    for (const { type, subject } of events) {
      if (type.startsWith("dealwright.order.")) orders.add(subject);
      else if (fatesOfRedemptions.has(type)) redemptions.add(subject);
    }
    if (orders.size + redemptions.size === 0 || !(await followsOrders(connection, projectId))) return;
    const changed = { orders: [...orders], redemptions: [...redemptions] };
    await markOrdersDue(connection, projectId, changed, new Date(clock.now()));
  };
}

export interface PointsOrderRoundService {
  /** Books whatever is due by now, of all projects; answers how many orders that were. */
  bookDue(): Promise<number>;
  wake(): void;
  start(): void;
  close(): Promise<void>;
}

export function pointsOrderRoundService({
  database,
  clock,
  log,
  projects,
}: {
  database: Database;
  clock: Clock;
  log: Log;
  projects: Pick<ProjectService, "timezone" | "identifierKey">;
}): PointsOrderRoundService {
  /** In two transactions: each locks accounts in the order of their programmes, both together would not. The second ends it. */
  async function bookOne(name: DueName): Promise<boolean> {
    const { projectId } = name;
    const due = await withTransaction(database, projectId, async (connection) => {
      const held = await holdDue(connection, name);
      if (held === undefined || held.externalId === null) return held;
      const timezone = await projects.timezone(connection, projectId);
      const identifierKey = await projects.identifierKey(connection, projectId);
      await bookOrder(connection, projectId, held.externalId, { now: clock.now(), timezone, identifierKey });
      return held;
    });
    if (due === undefined) return false;
    return withTransaction(database, projectId, async (connection) => {
      if (!(await dropDue(connection, projectId, due.seqs))) return false;
      const timezone = await projects.timezone(connection, projectId);
      await settleTenders(connection, projectId, due, { now: clock.now(), timezone });
      return true;
    });
  }

  function bookDue(): Promise<number> {
    const find = () => dueOrders(database.outside, new Date(clock.now()), mostAtOnce);
    return untilNothingIsDue(find, background.signal, bookOne, async (error, name) => {
      log.warn({ err: error }, "points of an order could not be booked; tried again in half a minute");
      const until = new Date(clock.now() + retrySeconds * 1_000);
      await postponeDue(database.of(name.projectId), name, until);
    });
  }

  const background = repeated(pollMilliseconds, bookDue, (error) =>
    log.debug({ err: error }, "could not look for points of orders; tried again in a second"),
  );
  return { bookDue, wake: background.wake, start: background.start, close: background.close };
}

/**
 * A guest signs in: what they had is the customer's from then on, and their id stands for the customer. Whoever holds data of
 * customers moves it (`CustomerData.merge`), all of it in one transaction.
 *
 * Locks, in this order: merges of the project, what automations and segments are kept under, the numbering of events; only then rows
 * of customers, and last those of the ledger. So a merge that waits for a background round holds nothing that a checkout wants.
 */
import { setTimeout as delay } from "node:timers/promises";
import { eachApart, repeated } from "../../platform/background.ts";
import type { Clock } from "../../platform/clock.ts";
import {
  type CustomerData,
  type CustomerMerge,
  isErased,
  type MergedParty,
  pseudonymOf,
} from "../../platform/customer-data.ts";
import { type Connection, type Database, sqlStateOf, withTransaction } from "../../platform/database.ts";
import type { Log } from "../../platform/log.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { type Problem, problem } from "../../platform/problem.ts";
import { nothingChanged, recordChange } from "../audit/audit-service.ts";
import { lockEventsFirst } from "../events/event-customer-service.ts";
import { recordEvents } from "../events/event-service.ts";
import { newEvent } from "../events/event-types.ts";
import { MergeOvertaken } from "../ledger/ledger-merge-service.ts";
import { hashCustomer } from "../ledger/promotion-counters.ts";
import type { ProjectService } from "../projects/project-service.ts";
import {
  type DueMerge,
  dueMerges,
  findAliases,
  lockMerges,
  saveAlias,
  settleAt,
  waitBriefly,
} from "./customer-alias-store.ts";
import type { CustomerMergeAnswer } from "./customer-schemas.ts";

export interface CustomerMergeService {
  /** Again it moves what came since, if anything did. */
  merge(context: OperationContext, id: string, guest: string): Promise<CustomerMergeAnswer>;
  /** Moves what requests stored that were under way at their merge, in all projects; answers how many merges that were. */
  settle(): Promise<number>;
  start(): void;
  close(): Promise<void>;
}

export interface CustomerMergeOptions {
  database: Database;
  clock: Clock;
  log: Log;
  projects: Pick<ProjectService, "identifierKey">;
  /** In the order in which it is moved: whatever begins with the locks of background work first, the ledger last. */
  data: readonly CustomerData[];
}

const pollMilliseconds = 5_000;
const settledAtOnce = 100;
/** No request that read the guest's id before a merge writes later than this. */
const settleMilliseconds = 60_000;
const lockMilliseconds = 3_000;
const mostAttempts = 5;
const pauseMilliseconds = 20;

export function customerMergeService(options: CustomerMergeOptions): CustomerMergeService {
  const { database, clock, log, projects, data } = options;
  const background = repeated(pollMilliseconds, settle, (error) =>
    log.debug({ err: error }, "could not look for merges to settle; the next round tries again"),
  );

  /** Under `lockMerges`. */
  async function move(connection: Connection, merge: CustomerMerge): Promise<Record<string, number>> {
    const moved: Record<string, number> = {};
    let place = 0;
    for (const { name, merge: mergePart } of data) {
      if (mergePart === undefined) continue;
      // Background work is held by now; whoever numbers events marks rows of the same customers.
      if (place++ === locksOfBackground) await lockEventsFirst(connection, merge.projectId);
      moved[name] = await mergePart(connection, merge);
    }
    return moved;
  }

  async function partyOf(connection: Connection, projectId: string, id: string): Promise<MergedParty> {
    return { id, holder: hashCustomer(await projects.identifierKey(connection, projectId), id) };
  }

  async function mergeOnce(
    connection: Connection,
    context: OperationContext,
    id: string,
    guestId: string,
  ): Promise<CustomerMergeAnswer> {
    const { projectId } = context;
    const now = clock.now();
    await waitBriefly(connection, lockMilliseconds);
    await lockMerges(connection, projectId);
    const aliases = await findAliases(connection, projectId, [id, guestId]);
    const customerId = aliases.get(id) ?? id;
    const standing = aliases.get(guestId);
    if (guestId === customerId) throw refused("circle", "The one is the other already.");
    if (standing !== undefined && standing !== customerId)
      throw refused("merged_otherwise", "The guest was merged into another customer.");
    const guest = await partyOf(connection, projectId, guestId);
    const customer = await partyOf(connection, projectId, customerId);
    if (standing === undefined)
      await saveAlias(connection, projectId, {
        alias: guestId,
        customerId,
        now: new Date(now),
        settleAt: new Date(now + settleMilliseconds),
      });
    const moved = await move(connection, { projectId, guest, customer, now });
    if (standing === undefined || hasMoved(moved)) {
      await tell(connection, { projectId, guest, customer, now }, moved);
      const after = { guest: pseudonymOf(guest.holder), moved };
      await recordChange(connection, context, { id: pseudonymOf(customer.holder), before: null, after });
    } else nothingChanged(context);
    return { customer: customerId, guest: guestId, moved };
  }

  async function tell(
    connection: Connection,
    { projectId, guest, customer }: CustomerMerge,
    moved: Record<string, number>,
  ): Promise<void> {
    const told = { customer: customer.id, guest: guest.id, moved };
    const event = newEvent("dealwright.customer.merged", pseudonymOf(customer.holder), told);
    await recordEvents(connection, projectId, [event]);
  }

  async function settle(): Promise<number> {
    const due = await dueMerges(database.outside, new Date(clock.now()), settledAtOnce);
    await eachApart(due, background.signal, settleOne, async (error, name) => {
      log.warn({ err: error }, "a merge of customers could not be settled; tried again in a minute");
      await settleAt(database.of(name.projectId), name, new Date(clock.now() + settleMilliseconds));
    });
    return due.length;
  }

  function settleOne(name: DueMerge): Promise<void> {
    const { projectId, alias } = name;
    return again(() =>
      withTransaction(database, projectId, async (connection) => {
        await waitBriefly(connection, lockMilliseconds);
        await lockMerges(connection, projectId);
        // Perhaps merged on, or erased meanwhile.
        const customerId = (await findAliases(connection, projectId, [alias])).get(alias);
        if (customerId === undefined) return;
        const guest = await partyOf(connection, projectId, alias);
        const customer = await partyOf(connection, projectId, customerId);
        const merge = { projectId, guest, customer, now: clock.now() };
        const moved = await move(connection, merge);
        if (hasMoved(moved)) await tell(connection, merge, moved);
        await settleAt(connection, name, null);
      }),
    );
  }

  return {
    merge(context, id, guest) {
      const errors = [
        ...(isErased(id) ? [{ ...reserved, path: "/id" }] : []),
        ...(isErased(guest) ? [{ ...reserved, path: "/guest" }] : []),
      ];
      if (errors.length > 0) throw problem("invalid-request", { errors });
      return again(() =>
        withTransaction(database, context.projectId, (connection) =>
          mergeOnce(connection, context, id, guest),
        ),
      );
    },
    settle,
    start: background.start,
    close: background.close,
  };
}

/** Automations and segments, at the head of the list, hold what background work goes by. */
const locksOfBackground = 2;

const reserved = { code: "id_reserved", message: "Ids that begin like this stand for erased customers." };

function hasMoved(moved: Record<string, number>): boolean {
  return Object.values(moved).some((count) => count > 0);
}

function refused(code: string, message: string): Problem {
  return problem("customers-not-mergeable", { errors: [{ path: "/guest", code, message }] });
}

/** Others were in the way: from the beginning. */
async function again<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!isInTheWay(error)) throw error;
      if (attempt >= mostAttempts) throw problem("unavailable", { headers: { "retry-after": "1" } });
      await delay(pauseMilliseconds * attempt * Math.random());
    }
  }
}

/** A deadlock, a lock that did not come, or a counter that came meanwhile. */
function isInTheWay(error: unknown): boolean {
  return error instanceof MergeOvertaken || ["40P01", "55P03", "40001"].includes(sqlStateOf(error) ?? "");
}

/**
 * What orders earn, as they arrive and change.
 *
 * The transaction that numbers events marks the orders that changed. Here each is held against the agreements as it stands: what it
 * contributes is stored, the difference to what it contributed before goes into the sums of its period, what they earn follows from
 * them, and the difference is booked. Doing it twice changes nothing, and the way by which an order came to be what it is leaves no trace in the sums.
 * What is for a closed period is booked in the first that is open.
 */
import type { DealerFact } from "../../engine/dealer.ts";
import { eachApart, repeated } from "../../platform/background.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import type { Log } from "../../platform/log.ts";
import { dealerFacts } from "../dealers/dealer-service.ts";
import { openFlags } from "../dealers/territory-flag-service.ts";
import type { FanOut } from "../events/event-sequencer-service.ts";
import { changedOrders } from "../orders/order-event.ts";
import { type GoodsOfOrder, goodsOfOrders, ordersOfDealers } from "../orders/order-goods-service.ts";
import {
  type ContributionRow,
  contributionsOf,
  findAccounts,
  insertEntries,
  saveAccounts,
  saveContributions,
} from "./rebate-account-store.ts";
import { agreementsOf } from "./rebate-agreement-service.ts";
import { closedPeriods, lockRebates } from "./rebate-agreement-store.ts";
import { nameOf, RebateBook } from "./rebate-book-service.ts";
import {
  deleteDue,
  hasAgreements,
  insertDue,
  insertSweep,
  lockSweep,
  markOrdersDue,
  moveSweep,
  projectsWithRebatesDue,
  takeDueOrders,
} from "./rebate-due-store.ts";
import type { Agreement } from "./rebate-terms.ts";

const pollMilliseconds = 1_000;
const mostAtOnce = 200;
const sweptAtOnce = 500;
const retrySeconds = 30;

/** For the sequencer. */
export function followDealersOrders(clock: Clock): FanOut {
  return async (connection, projectId, events) => {
    const { orders, redemptions } = changedOrders(events);
    const flagged = events.flatMap(({ type, subject }) =>
      type.startsWith("dealwright.territory.") ? [subject] : [],
    );
    const dealers = events.flatMap(({ type, subject }) =>
      type === "dealwright.dealer.changed" ? [subject] : [],
    );
    if (orders.length + redemptions.length + flagged.length + dealers.length === 0) return;
    if (!(await hasAgreements(connection, projectId))) return;
    const changed = { orders: [...orders, ...flagged], redemptions };
    await markOrdersDue(connection, projectId, changed, new Date(clock.now()));
    if (dealers.length === 0) return;
    const agreements = [...(await agreementsOf(connection, projectId)).values()];
    await insertSweep(connection, projectId, {
      dealers: [...new Set(dealers)],
      from: Math.min(...agreements.map(({ from }) => from)),
      until: Math.max(...agreements.map(({ until }) => until)),
    });
  };
}

export interface RebateAccrualService {
  /** Counts whatever is due by now, of all projects. */
  accrueDue(): Promise<void>;
  /** Of this one. */
  bringUpToDate(projectId: string): Promise<void>;
  wake(): void;
  start(): void;
  close(): Promise<void>;
}

export function rebateAccrualService({
  database,
  clock,
  log,
}: {
  database: Database;
  clock: Clock;
  log: Log;
}): RebateAccrualService {
  /** Whether there was anything to do. */
  function step(projectId: string, most: number): Promise<boolean> {
    return withTransaction(database, projectId, async (connection) => {
      await lockRebates(connection, projectId);
      const hasSwept = await sweep(connection, projectId, new Date(clock.now()));
      const due = await takeDueOrders(connection, projectId, new Date(clock.now()), most);
      if (due.length > 0) await accrue(connection, projectId, due, clock.now());
      return hasSwept || due.length > 0;
    });
  }

  /** One by one where they fail together: the others must not wait for the one at fault. */
  async function stepApart(projectId: string, failure: unknown): Promise<boolean> {
    log.warn(
      { err: failure, projectId },
      "orders could not be held against rebates; they are tried one by one",
    );
    const again = new Date(clock.now() + retrySeconds * 1_000);
    const due = await withTransaction(database, projectId, async (connection) => {
      const ids = await takeDueOrders(connection, projectId, new Date(clock.now()), mostAtOnce);
      // Those that fail, and whatever ends this process, leave them due.
      await insertDue(connection, projectId, ids, again);
      return ids;
    });
    const one = (externalId: string) =>
      withTransaction(database, projectId, async (connection) => {
        await lockRebates(connection, projectId);
        await deleteDue(connection, projectId, externalId, again);
        await accrue(connection, projectId, [externalId], clock.now());
      });
    await eachApart(due, background.signal, one, (error, externalId) =>
      log.warn(
        { err: error, projectId, externalId },
        "an order could not be held against rebates; tried again later",
      ),
    );
    return due.length > 0;
  }

  async function bringUpToDate(projectId: string): Promise<void> {
    while (!background.signal.aborted) {
      const isGoingOn = await step(projectId, mostAtOnce).catch((error) => stepApart(projectId, error));
      if (!isGoingOn) return;
    }
  }

  async function accrueDue(): Promise<void> {
    const due = await projectsWithRebatesDue(database.outside, new Date(clock.now()));
    await eachApart(due, background.signal, bringUpToDate, (error, projectId) =>
      log.warn(
        { err: error, projectId },
        "rebates of a project could not be counted; tried again in a second",
      ),
    );
  }

  const background = repeated(pollMilliseconds, accrueDue, (error) =>
    log.debug({ err: error }, "could not look for rebates to count; tried again in a second"),
  );
  return {
    accrueDue,
    bringUpToDate,
    wake: background.wake,
    start: background.start,
    close: background.close,
  };
}

async function sweep(connection: Connection, projectId: string, now: Date): Promise<boolean> {
  const due = await lockSweep(connection, projectId);
  if (due === undefined) return false;
  const { seq, afterAt, afterId } = due;
  const after = afterAt === null || afterId === null ? null : ([afterAt, afterId] as const);
  const orders = await ordersOfDealers(connection, projectId, due, { after, most: sweptAtOnce });
  if (orders.length > 0)
    await insertDue(
      connection,
      projectId,
      orders.map(({ externalId }) => externalId),
      now,
    );
  await moveSweep(connection, projectId, seq, orders.length < sweptAtOnce ? null : orders.at(-1)!);
  return true;
}

/** Under the lock of the project's rebates; names none twice. */
async function accrue(
  connection: Connection,
  projectId: string,
  externalIds: readonly string[],
  now: number,
): Promise<void> {
  const agreements = await agreementsOf(connection, projectId);
  const orders = await goodsOfOrders(connection, projectId, externalIds);
  const named = [...new Set([...orders.values()].flatMap(({ dealer }) => dealer ?? []))];
  const dealers = await dealerFacts(connection, projectId, named);
  const flagged = await openFlags(connection, projectId, externalIds);
  const closed = await closedPeriods(connection, projectId, [...agreements.keys()]);
  const before = new Map(
    (await contributionsOf(connection, projectId, externalIds)).map((row) => [
      nameOf(row.externalId, row.agreement),
      row,
    ]),
  );
  const book = new RebateBook(agreements, closed, now);
  for (const row of before.values()) book.need(row);
  for (const order of orders.values())
    for (const agreement of agreements.values()) {
      const window = agreement.windowAt(order.placedAt);
      if (window !== null && order.dealer !== null)
        book.need({ agreement: agreement.key, period: window.key, dealer: order.dealer });
    }
  book.load(await findAccounts(connection, projectId, book.needed()));

  const changed: ContributionRow[] = [];
  for (const externalId of [...externalIds].sort()) {
    const order = orders.get(externalId);
    for (const key of new Set([...agreements.keys(), ...agreementsBefore(before, externalId)])) {
      const known = before.get(nameOf(externalId, key));
      const agreement = agreements.get(key);
      const dealer = order?.dealer == null || flagged.has(externalId) ? undefined : dealers.get(order.dealer);
      const given =
        order === undefined || agreement === undefined || dealer === undefined
          ? null
          : contributionOf({ agreement, order, dealer, book });
      if (known === undefined && given === null) continue;
      if (!isSame(known, given)) {
        if (known !== undefined) book.add(known, known.measures, -1);
        if (given !== null) book.add(given, given.measures, 1);
        changed.push(given ?? { ...known!, measures: [] });
      }
      // Also where nothing has changed: the agreement may have.
      for (const name of [known, given]) if (name != null) book.settle(name, externalId);
    }
  }
  await saveContributions(connection, projectId, changed);
  await saveAccounts(connection, projectId, book.accounts());
  await insertEntries(connection, projectId, book.entries);
}

function contributionOf({
  agreement,
  order,
  dealer,
  book,
}: {
  agreement: Agreement;
  order: GoodsOfOrder;
  dealer: DealerFact;
  book: RebateBook;
}): ContributionRow | null {
  const window = agreement.windowAt(order.placedAt);
  if (window === null) return null;
  const name = { agreement: agreement.key, period: window.key, dealer: dealer.id };
  // What growth is measured from is what was sold, on whatever terms; and who was meant when a period was closed stays so.
  const isMeant =
    window.isReference || (book.isClosed(name) ? book.isMember(name) : agreement.isMeant(dealer));
  const measures = isMeant ? agreement.measure(order) : null;
  return measures === null ? null : { ...name, externalId: order.externalId, measures };
}

function isSame(known: ContributionRow | undefined, given: ContributionRow | null): boolean {
  if (known === undefined || given === null) return known === undefined && given === null;
  return (
    known.dealer === given.dealer &&
    known.period === given.period &&
    known.measures.length === given.measures.length &&
    known.measures.every((measure, place) => measure === given.measures[place])
  );
}

function agreementsBefore(before: ReadonlyMap<string, ContributionRow>, externalId: string): string[] {
  return [...before.values()].flatMap((row) => (row.externalId === externalId ? [row.agreement] : []));
}

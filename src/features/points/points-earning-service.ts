/** Points that orders earn: booked once for each reward, and taken back as the goods come back. */
import { earn, type PointsBook, reverse } from "../../ledger/points.ts";
import type { Connection } from "../../platform/database.ts";
import { groupBy } from "../../platform/group-by.ts";
import { recordEvents } from "../events/event-service.ts";
import { type NewEvent, newEvent } from "../events/event-types.ts";
import {
  entryRow,
  lotOf,
  newLotRow,
  ownerOf,
  type PointsHolder,
  programmeOf,
  stateOf,
  withPoints,
} from "./points-book-service.ts";
import { lockFreeAccounts, saveBalances } from "./points-earning-store.ts";
import type { PointsProgrammeDocument } from "./points-schemas.ts";
import { findLotOfReward, insertLots, insertPointsEntries } from "./points-store.ts";
import type { PointsAccountRow, PointsEntryRow, PointsLotRow } from "./points-tables.ts";

export interface RewardPoints {
  readonly projectId: string;
  readonly redemptionId: string;
  /** Of the reward in the quote: with the redemption the name of the lot. */
  readonly position: number;
  readonly programme: string;
  readonly points: number;
}

interface Booking {
  readonly now: number;
  readonly timezone: string;
}

/** In the caller's transaction. Nothing for no points. */
export async function earnPoints(
  connection: Connection,
  reward: RewardPoints,
  { holder, customerId }: PointsHolder,
  { now, timezone }: Booking,
): Promise<void> {
  const { projectId, redemptionId, position, programme, points } = reward;
  if (points === 0) return;
  await withPoints(
    connection,
    { projectId, holder, programme },
    { customerId, now, timezone },
    async ({ book, programme: rules, note, newLot }) => {
      note({ redemptionId });
      const isPending = rules.pendingDays > 0;
      earn(book, newLot(points, { isPending, earnedAt: now, reward: { redemptionId, position } }));
      const data = { customer: customerId, programme, points, redemption: redemptionId };
      await recordEvents(connection, projectId, [newEvent("dealwright.points.earned", holder, data)]);
    },
  );
}

export interface PointsEarned {
  readonly reward: RewardPoints;
  readonly holder: PointsHolder;
}

/**
 * Many rewards of one project, of which nothing is to be taken back: answers those whose points are booked. Left out are customers
 * whose account somebody else has, so that nobody is waited for, and those who owe points or are to be known by another name.
 * In the caller's transaction.
 */
export async function earnManyPoints<Earned extends PointsEarned>(
  connection: Connection,
  projectId: string,
  rewards: readonly Earned[],
  { now, timezone }: Booking,
): Promise<Earned[]> {
  const byAccount = groupBy(rewards, ({ reward, holder }) => `${reward.programme} ${holder.holder}`);
  const named = [...byAccount.values()].map(([first]) => ({
    ...first!.holder,
    programme: first!.reward.programme,
  }));
  const programmes = new Map<string, PointsProgrammeDocument>();
  for (const { programme } of named)
    if (!programmes.has(programme))
      programmes.set(programme, await programmeOf(connection, projectId, programme));

  const earned: Earned[] = [];
  const accounts: PointsAccountRow[] = [];
  const lots: PointsLotRow[] = [];
  const entries: PointsEntryRow[] = [];
  const events: NewEvent[] = [];
  const createdAt = new Date(now);
  for (const account of await lockFreeAccounts(connection, projectId, named)) {
    const { holder, programme, customerId, pending, available, reserved, debt } = account;
    const theirs = byAccount.get(`${programme} ${holder}`)!;
    if (debt > 0 || theirs.some((one) => ownerOf(account, one.holder.customerId) !== customerId)) continue;
    const name = { projectId, holder, programme };
    const rules = programmes.get(programme)!;
    const book: PointsBook = { balances: { pending, available, reserved, debt }, lots: [], entries: [] };
    for (const { reward } of theirs) {
      const { points, redemptionId, position } = reward;
      if (points === 0) continue;
      const isPending = rules.pendingDays > 0;
      const row = newLotRow(name, rules, {
        points,
        isPending,
        earnedAt: now,
        timezone,
        redemptionId,
        position,
      });
      const lot = lotOf(row);
      earn(book, lot);
      lots.push({ ...row, ...stateOf(lot) });
      for (const entry of book.entries.splice(0))
        entries.push(entryRow(name, entry, { redemptionId }, createdAt));
      const data = { customer: customerId, programme, points, redemption: redemptionId };
      events.push(newEvent("dealwright.points.earned", holder, data));
    }
    accounts.push({ ...account, ...book.balances });
    earned.push(...theirs);
  }
  if (lots.length > 0) {
    await insertLots(connection, lots);
    await insertPointsEntries(connection, projectId, entries);
    await saveBalances(connection, projectId, accounts);
    await recordEvents(connection, projectId, events);
  }
  return earned;
}

/** `asked`: so many of the reward's points are to be back altogether. In the caller's transaction; again it changes nothing. */
export async function takePointsBack(
  connection: Connection,
  { projectId, redemptionId, position, programme }: RewardPoints,
  asked: number,
  { now, timezone }: Booking,
): Promise<void> {
  const lot = await findLotOfReward(connection, projectId, redemptionId, position);
  if (lot === undefined || asked <= lot.reversed) return;
  const { holder } = lot;
  await withPoints(
    connection,
    { projectId, holder, programme },
    { customerId: null, lots: [lot.id], now, timezone },
    async ({ account, book, note }) => {
      note({ redemptionId });
      const owed = book.balances.debt;
      reverse(book, lot.id, asked);
      const points = asked - lot.reversed;
      const debt = book.balances.debt - owed;
      const data = { customer: account.customerId, programme, points, redemption: redemptionId, debt };
      await recordEvents(connection, projectId, [newEvent("dealwright.points.reversed", holder, data)]);
    },
  );
}

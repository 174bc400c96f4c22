/** Points that orders earn: booked once for each reward, and taken back as the goods come back. */
import { earn, reverse } from "../../ledger/points.ts";
import type { Connection } from "../../platform/database.ts";
import { recordEvents } from "../events/event-service.ts";
import { newEvent } from "../events/event-types.ts";
import { type PointsHolder, withPoints } from "./points-book-service.ts";
import { findLotOfReward } from "./points-store.ts";

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

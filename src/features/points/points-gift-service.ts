/** Points that something other than an order earns, or takes: each booked once by whoever answers for it. */
import { earn, reverse, spend } from "../../ledger/points.ts";
import type { Connection } from "../../platform/database.ts";
import { newId } from "../../platform/ids.ts";
import { recordEvents } from "../events/event-service.ts";
import { newEvent } from "../events/event-types.ts";
import { type PointsHolder, withPoints } from "./points-book-service.ts";
import { insertSpend } from "./points-store.ts";

export interface GivenPoints extends PointsHolder {
  readonly projectId: string;
  readonly programme: string;
  readonly points: number;
}

export interface GiftBooking {
  /** Epoch milliseconds. */
  readonly now: number;
  readonly timezone: string;
  /** What the entries are noted with. */
  readonly reason: string;
}

/** They can be spent at once. Answers their lot. In the caller's transaction. */
export async function givePoints(
  connection: Connection,
  { projectId, holder, customerId, programme, points }: GivenPoints,
  { reason, ...booking }: GiftBooking,
): Promise<string> {
  const lot = await withPoints(
    connection,
    { projectId, holder, programme },
    { customerId, ...booking },
    async ({ book, note, newLot }) => {
      note({ reason });
      const fresh = newLot(points, { isPending: false, earnedAt: booking.now });
      earn(book, fresh);
      const data = { customer: customerId, programme, points };
      await recordEvents(connection, projectId, [newEvent("dealwright.points.earned", holder, data)]);
      return fresh.id;
    },
  );
  if (lot === null) throw new Error("points were given to an account that was not made");
  return lot;
}

/** All points of such a lot are to be back; again it changes nothing. In the caller's transaction. */
export async function takeGivenPoints(
  connection: Connection,
  { projectId, holder, customerId, programme, points }: GivenPoints,
  lot: string,
  { reason, ...booking }: GiftBooking,
): Promise<void> {
  await withPoints(
    connection,
    { projectId, holder, programme },
    { customerId: null, lots: [lot], ...booking },
    async ({ book, note }) => {
      note({ reason });
      const owed = book.balances.debt;
      reverse(book, lot, points);
      const debt = book.balances.debt - owed;
      const data = { customer: customerId, programme, points, debt };
      await recordEvents(connection, projectId, [newEvent("dealwright.points.reversed", holder, data)]);
    },
  );
}

/**
 * For something that stays: nobody can cancel or refund it. Answers the spend; null: there are not so many, and nothing was
 * changed. In the caller's transaction.
 */
export async function payPoints(
  connection: Connection,
  { projectId, holder, customerId, programme, points }: GivenPoints,
  { reason, ...booking }: GiftBooking,
): Promise<string | null> {
  const name = { projectId, holder, programme };
  return withPoints(connection, name, { customerId, ...booking }, async ({ book, note }) => {
    const id = newId("pts", booking.now);
    note({ spendId: id, reason });
    const takes = spend(book, points, "redeemed");
    if (takes === null) return null;
    await insertSpend(connection, {
      ...name,
      id,
      points,
      refunded: 0,
      state: "committed",
      takes,
      orderRef: reason,
      redemptionId: null,
      externalId: null,
      currency: null,
      value: null,
      coupon: null,
      isFinal: true,
      expiresAt: null,
      createdAt: new Date(booking.now),
    });
    const data = { customer: customerId, programme, points, spend: id, orderRef: reason };
    await recordEvents(connection, projectId, [newEvent("dealwright.points.spent", holder, data)]);
    return id;
  });
}

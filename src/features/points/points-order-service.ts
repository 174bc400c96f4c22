/**
 * What orders of the ERP earn by the rates of programmes. An order is held against its rates as it stands: what it should have earned
 * less what is booked for it is booked, one way or the other. So it does not matter how often and in which order its versions come.
 */
import { earn, reverse } from "../../ledger/points.ts";
import type { Connection } from "../../platform/database.ts";
import { recordEvents } from "../events/event-service.ts";
import { newEvent } from "../events/event-types.ts";
import { type GoodsOfOrder, goodsOfOrders } from "../orders/order-goods-service.ts";
import { holderOf, type PointsHolder, withPoints } from "./points-book-service.ts";
import {
  insertPointsOrder,
  lockPointsOrders,
  lotsOfOrder,
  programmesOfRewards,
  programmesThatEarn,
  savePointsOrder,
  tierOf,
} from "./points-order-store.ts";
import { earnedBy, termsFor } from "./points-order-terms.ts";
import { pointsProgrammeDocument } from "./points-schemas.ts";
import type { PointsLotRow, PointsOrderRow } from "./points-tables.ts";

export interface OrderBooking {
  /** Epoch milliseconds. */
  readonly now: number;
  readonly timezone: string;
  readonly identifierKey: Uint8Array;
}

/** In the caller's transaction; again it changes nothing. */
export async function bookOrder(
  connection: Connection,
  projectId: string,
  externalId: string,
  booking: OrderBooking,
): Promise<void> {
  const held = (await goodsOfOrders(connection, projectId, [externalId], { isHeld: true })).get(externalId);
  if (held === undefined) return;
  await fixTerms(connection, projectId, held);
  const rows = await lockPointsOrders(connection, projectId, externalId);
  if (rows.length === 0) return;
  // Once more: of what comes back with its redemption others may have booked more while this one waited.
  const order = (await goodsOfOrders(connection, projectId, [externalId])).get(externalId)!;
  const { customerId, redemptionId } = order;
  const byPromotion =
    redemptionId === null
      ? new Set<string>()
      : await programmesOfRewards(connection, projectId, redemptionId);
  const owner = customerId === null ? null : holderOf(booking.identifierKey, customerId);
  for (const row of rows) {
    const earnsByPromotion = byPromotion.has(row.programme);
    const points = owner === null ? 0 : earnedBy(row.terms, order, { earnsByPromotion });
    await bookPoints(connection, row, { owner, points }, booking);
  }
}

/** The rates that are meant for the order, once it is paid, are what it goes by from then on. */
async function fixTerms(connection: Connection, projectId: string, order: GoodsOfOrder): Promise<void> {
  const { customerId, externalId } = order;
  if (customerId === null) return;
  const programmes = await programmesThatEarn(connection, projectId);
  if (programmes.length === 0) return;
  const tier = await tierOf(connection, projectId, customerId);
  for (const { key, document } of programmes) {
    const terms = termsFor(pointsProgrammeDocument.parse(document).earn, order, tier);
    if (terms.length > 0)
      await insertPointsOrder(connection, { projectId, externalId, programme: key, terms, points: 0 });
  }
}

async function bookPoints(
  connection: Connection,
  row: PointsOrderRow,
  { owner, points }: { owner: PointsHolder | null; points: number },
  booking: OrderBooking,
): Promise<void> {
  const lots = await lotsOfOrder(connection, row);
  const standing = (of: readonly PointsLotRow[]) =>
    of.reduce((sum, { amount, reversed }) => sum + amount - reversed, 0);
  // Of whom the order is no longer nothing stays. In one direction, as accounts are locked.
  const holders = new Set([...lots.map(({ holder }) => holder), ...(owner === null ? [] : [owner.holder])]);
  for (const holder of [...holders].sort()) {
    const theirs = lots.filter((lot) => lot.holder === holder);
    const wanted = holder === owner?.holder ? points : 0;
    const more = wanted - standing(theirs);
    if (more > 0)
      await give(connection, row, { owner: owner!, points: more, position: lots.length }, booking);
    if (more < 0) await takeBack(connection, row, theirs, -more, booking);
  }
  if (row.points !== points) await savePointsOrder(connection, { ...row, points });
}

async function give(
  connection: Connection,
  { projectId, externalId, programme }: PointsOrderRow,
  { owner, points, position }: { owner: PointsHolder; points: number; position: number },
  { now, timezone }: OrderBooking,
): Promise<void> {
  const { holder, customerId } = owner;
  await withPoints(
    connection,
    { projectId, holder, programme },
    { customerId, now, timezone },
    async ({ book, programme: rules, note, newLot }) => {
      note({ reason: reasonOf(externalId) });
      const isPending = rules.pendingDays > 0;
      earn(book, newLot(points, { isPending, earnedAt: now, order: { externalId, position } }));
      const data = { customer: customerId, programme, points, order: externalId };
      await recordEvents(connection, projectId, [newEvent("dealwright.points.earned", holder, data)]);
    },
  );
}

/** Of the lots that were earned last first. */
async function takeBack(
  connection: Connection,
  { projectId, externalId, programme }: PointsOrderRow,
  lots: readonly PointsLotRow[],
  points: number,
  { now, timezone }: OrderBooking,
): Promise<void> {
  const holder = lots[0]!.holder;
  const ids = lots.map(({ id }) => id);
  const taken = await withPoints(
    connection,
    { projectId, holder, programme },
    { customerId: null, lots: ids, now, timezone },
    async ({ account, book, note }) => {
      note({ reason: reasonOf(externalId) });
      const owed = book.balances.debt;
      let left = points;
      for (const { id, amount, reversed } of lots.toReversed()) {
        const back = Math.min(left, amount - reversed);
        if (back > 0) reverse(book, id, reversed + back);
        left -= back;
      }
      const debt = book.balances.debt - owed;
      const data = { customer: account.customerId, programme, points, order: externalId, debt };
      await recordEvents(connection, projectId, [newEvent("dealwright.points.reversed", holder, data)]);
      return true;
    },
  );
  if (taken === null) throw new Error("an order earned points of an account that is not there");
}

const reasonOf = (externalId: string): string => `order ${externalId}`;

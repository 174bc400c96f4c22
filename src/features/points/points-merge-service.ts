/** A guest's points become a customer's: entries of both, in one transaction, so that nothing is lost and nothing below zero. */
import { mergeBooks, type PointsBook } from "../../ledger/points.ts";
import type { CustomerMerge } from "../../platform/customer-data.ts";
import type { Connection } from "../../platform/database.ts";
import { newId } from "../../platform/ids.ts";
import {
  type AccountName,
  accountsOfHolder,
  heldSpends,
  insertPointsEntries,
  loadLots,
  lockAccount,
  moveLotsAndSpends,
  saveAccount,
  updateLots,
} from "./points-store.ts";
import type { PointsAccountRow, PointsLotRow } from "./points-tables.ts";

export async function mergePoints(connection: Connection, merge: CustomerMerge): Promise<number> {
  const { projectId, guest } = merge;
  const programmes = await accountsOfHolder(connection, projectId, guest.holder);
  for (const programme of programmes) await mergeProgramme(connection, merge, programme);
  return programmes.length;
}

async function mergeProgramme(
  connection: Connection,
  { projectId, guest, customer, now }: CustomerMerge,
  programme: string,
): Promise<void> {
  const names = {
    guest: { projectId, holder: guest.holder, programme },
    customer: { projectId, holder: customer.holder, programme },
  };
  const open = await openBooks(connection, names, { guestId: guest.id, customerId: customer.id });
  const held = await heldSpends(connection, names.guest);
  mergeBooks(
    open.guest.book,
    open.customer.book,
    held.flatMap(({ takes }) => takes),
  );
  await moveLotsAndSpends(connection, names.guest, names.customer.holder);
  await updateLots(
    connection,
    projectId,
    open.customer.book.lots.map((lot) => ({ ...lot, isReminded: false })),
  );
  for (const party of ["guest", "customer"] as const) {
    const { account, book } = open[party];
    await insertPointsEntries(
      connection,
      projectId,
      book.entries.map(({ cause, lot, from, to, amount }) => ({
        ...names[party],
        id: newId("pte", now),
        cause,
        lotId: lot,
        fromAccount: from,
        toAccount: to,
        amount,
        redemptionId: lot === null ? null : (open.redemptionOf.get(lot) ?? null),
        spendId: null,
        reason: null,
        createdBy: null,
        createdAt: new Date(now),
      })),
    );
    await saveAccount(connection, { ...account, ...book.balances });
  }
}

/** Locked by their hashes, so that two merges of the same people wait in one direction only. */
async function openBooks(
  connection: Connection,
  names: { guest: AccountName; customer: AccountName },
  { guestId, customerId }: { guestId: string; customerId: string },
) {
  const redemptionOf = new Map<string, string | null>();
  const read = async (name: AccountName, id: string) => {
    const account = (await lockAccount(connection, name, id))!;
    const lots = await loadLots(connection, name, []);
    for (const row of lots) redemptionOf.set(row.id, row.redemptionId);
    return { account, book: bookOf(account, lots) };
  };
  if (names.guest.holder < names.customer.holder) {
    const guest = await read(names.guest, guestId);
    return { guest, customer: await read(names.customer, customerId), redemptionOf };
  }
  const customer = await read(names.customer, customerId);
  return { guest: await read(names.guest, guestId), customer, redemptionOf };
}

function bookOf(
  { pending, available, reserved, debt }: PointsAccountRow,
  lots: readonly PointsLotRow[],
): PointsBook {
  return {
    balances: { pending, available, reserved, debt },
    lots: lots.map(({ id, amount, remaining, reversed, lapsed, isPending, availableAt, expiresAt }) => ({
      id,
      amount,
      remaining,
      reversed,
      lapsed,
      isPending,
      availableAt: availableAt.getTime(),
      expiresAt: expiresAt?.getTime() ?? null,
    })),
    entries: [],
  };
}

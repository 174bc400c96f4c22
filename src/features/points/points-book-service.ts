/**
 * One customer's points under lock: what is due is done first, then whatever is asked, and all of it is written together with
 * its entries. So nobody can spend what lapsed a moment ago, whether or not a background round has come by.
 */
import { Temporal } from "temporal-polyfill";
import {
  expire,
  giveBack,
  mature,
  type PointsBook,
  type PointsEntry,
  type PointsLot,
} from "../../ledger/points.ts";
import { isErased, pseudonymOf } from "../../platform/customer-data.ts";
import type { Connection } from "../../platform/database.ts";
import { newId } from "../../platform/ids.ts";
import { recordEvents } from "../events/event-service.ts";
import { newEvent } from "../events/event-types.ts";
import { hashCustomer } from "../ledger/promotion-counters.ts";
import { heldByOrders } from "./points-order-store.ts";
import { type PointsProgrammeDocument, pointsProgrammeDocument } from "./points-schemas.ts";
import {
  type AccountName,
  findProgramme,
  insertLots,
  insertPointsEntries,
  lapsedSpends,
  loadLots,
  lockAccount,
  saveAccount,
  updateLots,
  updateSpend,
} from "./points-store.ts";
import type { PointsAccountRow, PointsEntryRow, PointsLotRow } from "./points-tables.ts";

/** Whose points: the customer's id as it is known, or the pseudonym that an erasure left of it. */
export interface PointsHolder {
  readonly holder: string;
  readonly customerId: string;
}

export function holderOf(identifierKey: Uint8Array, customerId: string): PointsHolder {
  const holder = isErased(customerId)
    ? customerId.slice(pseudonymOf("").length)
    : hashCustomer(identifierKey, customerId);
  return { holder, customerId };
}

/** What an entry is noted with. */
export interface EntryNote {
  readonly redemptionId?: string;
  readonly spendId?: string;
  readonly reason?: string;
  readonly createdBy?: string;
}

export interface OpenBook {
  readonly account: PointsAccountRow;
  readonly book: PointsBook;
  readonly programme: PointsProgrammeDocument;
  /** Entries that follow are noted with this. */
  note(note: EntryNote): void;
  /** A lot that is earned now; it goes into the books by `earn` or not at all. */
  newLot(points: number, origin: NewLot): PointsLot;
}

export interface NewLot {
  readonly isPending: boolean;
  /** Epoch milliseconds. */
  readonly earnedAt: number;
  readonly reward?: { readonly redemptionId: string; readonly position: number };
  /** The ERP's order that earned it by a rate. */
  readonly order?: { readonly externalId: string; readonly position: number };
}

export interface BookOptions {
  /** Whose account is made if there is none; null: then there is nothing to do. */
  readonly customerId: string | null;
  /** Lots to be had beside those that have something left. */
  readonly lots?: readonly string[];
  /** Epoch milliseconds. */
  readonly now: number;
  /** In which days and months are counted. */
  readonly timezone: string;
}

/** Null if there is no such account. In the caller's transaction. */
export async function withPoints<T>(
  connection: Connection,
  name: AccountName,
  { customerId, lots = [], now, timezone }: BookOptions,
  work: (open: OpenBook) => T | Promise<T>,
): Promise<T | null> {
  const account = await lockAccount(connection, name, customerId);
  if (account === undefined) return null;
  const over = await lapsedSpends(connection, name, new Date(now));
  const heldOn = await heldByOrders(connection, name.projectId, over, now);
  const lapsed = over.filter(({ id }) => !heldOn.has(id));
  for (const spent of over) {
    const expiresAt = heldOn.get(spent.id);
    if (expiresAt !== undefined) await updateSpend(connection, { ...spent, expiresAt });
  }
  const needed = [...lots, ...lapsed.flatMap(({ takes }) => takes.map(([lot]) => lot))];
  const rows = new Map((await loadLots(connection, name, needed)).map((row) => [row.id, row]));
  const { pending, available, reserved, debt } = account;
  const book: PointsBook = {
    balances: { pending, available, reserved, debt },
    lots: [...rows.values()].map(lotOf),
    entries: [],
  };
  const programme = await programmeOf(connection, name.projectId, name.programme);
  const entries: PointsEntryRow[] = [];
  const fresh = new Map<string, PointsLotRow>();
  let noted: EntryNote = {};
  const createdAt = new Date(now);
  const collect = () => {
    for (const entry of book.entries.splice(0)) {
      const redemptionId = entry.lot === null ? undefined : (rows.get(entry.lot)?.redemptionId ?? undefined);
      entries.push(
        entryRow(name, entry, { ...(redemptionId !== undefined && { redemptionId }), ...noted }, createdAt),
      );
    }
  };
  const note = (next: EntryNote) => {
    collect();
    noted = next;
  };

  for (const spent of lapsed) {
    note({ spendId: spent.id });
    const takes = giveBack(book, spent.takes, spent.points - spent.refunded, "reserved");
    await updateSpend(connection, {
      ...spent,
      state: "expired",
      takes,
      refunded: spent.points,
      expiresAt: null,
    });
  }
  note({});
  mature(book, now);
  expire(book, now);
  const expired = book.entries.filter(({ cause }) => cause === "expire");
  const reminded = remind(book, rows, now);
  const result = await work({
    account,
    book,
    programme,
    note,
    newLot(points, { isPending, earnedAt, reward, order }) {
      const row = newLotRow(name, programme, { points, isPending, earnedAt, timezone, ...reward, ...order });
      fresh.set(row.id, row);
      return lotOf(row);
    },
  });
  collect();

  const held = new Map(book.lots.map((lot) => [lot.id, lot]));
  await insertLots(
    connection,
    [...fresh.values()].flatMap((row) => {
      const lot = held.get(row.id);
      return lot === undefined ? [] : [{ ...row, ...stateOf(lot) }];
    }),
  );
  const changed = book.lots.flatMap((lot) => {
    const isReminded = reminded.has(lot.id);
    const row = rows.get(lot.id);
    return row !== undefined && (isReminded || !isSame(row, lot)) ? [{ ...lot, isReminded }] : [];
  });
  await updateLots(connection, name.projectId, changed);
  await insertPointsEntries(connection, name.projectId, entries);
  const owner = ownerOf(account, customerId);
  if (entries.length > 0 || owner !== account.customerId)
    await saveAccount(connection, { ...account, ...book.balances, customerId: owner });
  await recordEvents(connection, name.projectId, [
    ...eventsOf("dealwright.points.expired", name, owner, sumOf(expired.map(({ amount }) => amount)), null),
    ...reminders(book, rows, reminded, name, owner),
  ]);
  return result;
}

export function entryRow(
  name: AccountName,
  { cause, lot, from, to, amount }: PointsEntry,
  note: EntryNote,
  createdAt: Date,
): PointsEntryRow {
  return {
    ...name,
    id: newId("pte", createdAt.getTime()),
    cause,
    lotId: lot,
    fromAccount: from,
    toAccount: to,
    amount,
    redemptionId: note.redemptionId ?? null,
    spendId: note.spendId ?? null,
    reason: note.reason ?? null,
    createdBy: note.createdBy ?? null,
    createdAt,
  };
}

export async function programmeOf(
  connection: Connection,
  projectId: string,
  key: string,
): Promise<PointsProgrammeDocument> {
  return pointsProgrammeDocument.parse((await findProgramme(connection, projectId, key))?.document ?? {});
}

export function newLotRow(
  name: AccountName,
  { pendingDays, validMonths, remindDays }: PointsProgrammeDocument,
  lot: {
    points: number;
    isPending: boolean;
    earnedAt: number;
    timezone: string;
    redemptionId?: string;
    externalId?: string;
    position?: number;
  },
): PointsLotRow {
  const {
    points,
    isPending,
    earnedAt,
    timezone,
    redemptionId = null,
    externalId = null,
    position = null,
  } = lot;
  const earned = Temporal.Instant.fromEpochMilliseconds(earnedAt).toZonedDateTimeISO(timezone);
  const available = isPending ? earned.add({ days: pendingDays }) : earned;
  // The last day is theirs to its end.
  const expires =
    validMonths === null ? null : earned.add({ months: validMonths }).startOfDay().add({ days: 1 });
  const remind = expires === null || remindDays === 0 ? null : expires.subtract({ days: remindDays });
  const instant = (at: Temporal.ZonedDateTime | null) =>
    at === null ? null : new Date(at.epochMilliseconds);
  return {
    ...name,
    id: newId("ptl", earnedAt),
    redemptionId,
    externalId,
    position,
    amount: points,
    remaining: 0,
    reversed: 0,
    lapsed: 0,
    isPending,
    earnedAt: new Date(earnedAt),
    availableAt: new Date(available.epochMilliseconds),
    expiresAt: instant(expires),
    remindAt: instant(remind),
  };
}

export function lotOf({ availableAt, expiresAt, ...row }: PointsLotRow): PointsLot {
  const { id, amount, remaining, reversed, lapsed, isPending } = row;
  return {
    id,
    amount,
    remaining,
    reversed,
    lapsed,
    isPending,
    availableAt: availableAt.getTime(),
    expiresAt: expiresAt?.getTime() ?? null,
  };
}

export const stateOf = ({ remaining, reversed, lapsed, isPending }: PointsLot) => ({
  remaining,
  reversed,
  lapsed,
  isPending,
});

function isSame(row: PointsLotRow, lot: PointsLot): boolean {
  return (
    row.remaining === lot.remaining &&
    row.reversed === lot.reversed &&
    row.lapsed === lot.lapsed &&
    row.isPending === lot.isPending
  );
}

/** Lots of which it is time to say that they will lapse; each is told once. */
function remind({ lots }: PointsBook, rows: ReadonlyMap<string, PointsLotRow>, now: number): Set<string> {
  return new Set(
    lots.flatMap(({ id, remaining }) => {
      const remindAt = rows.get(id)?.remindAt?.getTime();
      return remindAt !== undefined && remindAt <= now && remaining > 0 ? [id] : [];
    }),
  );
}

function reminders(
  { lots }: PointsBook,
  rows: ReadonlyMap<string, PointsLotRow>,
  reminded: ReadonlySet<string>,
  name: AccountName,
  owner: string,
) {
  const byEnd = new Map<number, number>();
  for (const { id, remaining, expiresAt } of lots)
    if (reminded.has(id) && rows.has(id) && expiresAt !== null)
      byEnd.set(expiresAt, (byEnd.get(expiresAt) ?? 0) + remaining);
  return [...byEnd].flatMap(([at, points]) =>
    eventsOf("dealwright.points.expiring", name, owner, points, new Date(at).toISOString()),
  );
}

function eventsOf(
  type: "dealwright.points.expired" | "dealwright.points.expiring",
  { holder, programme }: AccountName,
  customer: string,
  points: number,
  at: string | null,
) {
  return points === 0 ? [] : [newEvent(type, holder, { customer, programme, points, expiresAt: at })];
}

/** Somebody who was erased and is back is known by their id again. */
export function ownerOf(
  { customerId: known }: Pick<PointsAccountRow, "customerId">,
  given: string | null,
): string {
  return given === null || isErased(given) ? known : given;
}

function sumOf(amounts: readonly number[]): number {
  return amounts.reduce((sum, amount) => sum + amount, 0);
}

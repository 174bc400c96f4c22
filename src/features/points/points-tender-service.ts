/** Points that an order was paid with, and that go its way: spent when it is bought, back in proportion as its goods come back. */
import { complete, giveBack } from "../../ledger/points.ts";
import { type GoodsBack, pointsBack } from "../../ledger/points-share.ts";
import type { Connection } from "../../platform/database.ts";
import { problem } from "../../platform/problem.ts";
import { recordEvents } from "../events/event-service.ts";
import { newEvent } from "../events/event-types.ts";
import { goodsOfOrders } from "../orders/order-goods-service.ts";
import { goodsBackOf, redeemedOrder } from "../redemptions/redemption-reading-service.ts";
import { type OpenBook, withPoints } from "./points-book-service.ts";
import { heldMilliseconds, insertTender, type Tie, tendersOf } from "./points-order-store.ts";
import type { PointsSpendRequest } from "./points-schemas.ts";
import { findSpend, updateSpend } from "./points-store.ts";
import type { PointsSpendRow } from "./points-tables.ts";

/** How what was paid for stands. */
type Standing =
  | { readonly is: "unknown" | "placed" | "over" }
  | { readonly is: "bought"; readonly back: GoodsBack[] };

export interface TiedSpend extends Tie {
  /** When a reservation ends at the latest, epoch milliseconds; null: as the request says. */
  readonly heldUntil: number | null;
}

/** What is to be paid, held until the transaction ends. Before any account is locked. */
export async function tieOf(
  connection: Connection,
  projectId: string,
  { redemption, order }: Pick<PointsSpendRequest, "redemption" | "order">,
  customerId: string,
  now: number,
): Promise<TiedSpend> {
  const tie = { redemptionId: redemption ?? null, externalId: order ?? null };
  if (redemption !== undefined) {
    const paid = await redeemedOrder(connection, projectId, redemption, { isHeld: true });
    if (paid === undefined)
      throw refused("/redemption", "redemption_unknown", "There is no such redemption.");
    if (paid.customerId !== customerId)
      throw refused("/redemption", "customer_mismatch", "It is not this customer's.");
    if (paid.state === "cancelled" || paid.state === "expired" || paid.state === "returned")
      throw refused("/redemption", "order_over", `It is ${paid.state}.`);
    return { ...tie, heldUntil: now + heldMilliseconds };
  }
  if (order !== undefined) {
    const told = (await goodsOfOrders(connection, projectId, [order], { isHeld: true })).get(order);
    if (told !== undefined && told.customerId !== null && told.customerId !== customerId)
      throw refused("/order", "customer_mismatch", "It is not this customer's.");
    if (told?.status === "cancelled" || told?.status === "returned")
      throw refused("/order", "order_over", `It is ${told.status}.`);
    return { ...tie, heldUntil: told === undefined ? null : now + heldMilliseconds };
  }
  return { ...tie, heldUntil: null };
}

/** The spend that stands for it already, where this request asks for the very same. Held until now, a commit makes it final. */
export async function standingSpend(
  connection: Connection,
  open: OpenBook,
  tie: Tie,
  { points, currency, mode }: { points: number; currency: string | null; mode: PointsSpendRequest["mode"] },
): Promise<PointsSpendRow | undefined> {
  if (tie.redemptionId === null && tie.externalId === null) return undefined;
  const { projectId, holder, programme } = open.account;
  const found = (await tendersOf(connection, projectId, tie)).find((one) => one.programme === programme);
  const row = found === undefined ? undefined : await findSpend(connection, projectId, found.spendId);
  if (row === undefined) return undefined;
  if (row.holder !== holder || row.points !== points || row.currency !== currency) throw paidOtherwise(tie);
  if (row.state !== "reserved" || mode === "reserve") return row;
  open.note({ spendId: row.id });
  return completed(connection, open, row);
}

export async function tieSpend(connection: Connection, row: PointsSpendRow, now: number): Promise<void> {
  if (row.redemptionId === null && row.externalId === null) return;
  if (!(await insertTender(connection, row, new Date(now)))) throw paidOtherwise(row);
}

/** Brings the points that a redemption or an order was paid with to where it stands. In the caller's transaction; again it changes nothing. */
export async function settleTenders(
  connection: Connection,
  projectId: string,
  tie: Tie,
  { now, timezone }: { now: number; timezone: string },
): Promise<void> {
  const tenders = await tendersOf(connection, projectId, tie);
  if (tenders.length === 0) return;
  const standing =
    tie.redemptionId === null
      ? await standingOfOrder(connection, projectId, tie.externalId)
      : await standingOfRedemption(connection, projectId, tie.redemptionId);
  if (standing.is === "unknown") return;
  for (const { spendId } of tenders) {
    const found = await findSpend(connection, projectId, spendId);
    if (found === undefined) continue;
    const { holder, programme, takes } = found;
    const lots = takes.map(([lot]) => lot);
    const heldUntil = new Date(now + heldMilliseconds);
    await withPoints(
      connection,
      { projectId, holder, programme },
      { customerId: null, lots, now, timezone },
      async (open) => {
        // As it is now that nobody else changes it.
        const row = await findSpend(connection, projectId, spendId);
        if (row !== undefined) await settle(connection, open, row, { standing, heldUntil });
      },
    );
  }
}

async function settle(
  connection: Connection,
  open: OpenBook,
  found: PointsSpendRow,
  { standing, heldUntil }: { standing: Standing; heldUntil: Date },
): Promise<void> {
  if (found.state !== "reserved" && found.state !== "committed") return;
  open.note({ spendId: found.id });
  if (standing.is === "over") {
    await back(connection, open, found, found.points - found.refunded, "cancelled");
    return;
  }
  if (standing.is === "placed" && found.state === "reserved")
    await updateSpend(connection, { ...found, expiresAt: heldUntil });
  if (standing.is !== "bought") return;
  const row = found.state === "reserved" ? await completed(connection, open, found) : found;
  const more = pointsBack(row.points, standing.back) - row.refunded;
  if (more > 0) await back(connection, open, row, more, row.state);
}

/** A reservation, spent from now on. */
export async function completed(
  connection: Connection,
  open: OpenBook,
  row: PointsSpendRow,
): Promise<PointsSpendRow> {
  complete(open.book, row.takes);
  const after: PointsSpendRow = { ...row, state: "committed", expiresAt: null };
  await updateSpend(connection, after);
  await tell(connection, "dealwright.points.spent", open, after, row.points);
  return after;
}

/** Gives back so many of its points. */
export async function back(
  connection: Connection,
  open: OpenBook,
  row: PointsSpendRow,
  points: number,
  state: PointsSpendRow["state"],
): Promise<PointsSpendRow> {
  const from = row.state === "reserved" ? "reserved" : "redeemed";
  const takes = giveBack(open.book, row.takes, points, from);
  const after = { ...row, state, takes, refunded: row.refunded + points, expiresAt: null };
  await updateSpend(connection, after);
  if (from === "redeemed" && points > 0)
    await tell(connection, "dealwright.points.refunded", open, after, points);
  return after;
}

export async function tell(
  connection: Connection,
  type: "dealwright.points.spent" | "dealwright.points.refunded",
  { account: { customerId: customer, projectId } }: OpenBook,
  { id: spend, holder, programme, orderRef }: PointsSpendRow,
  points: number,
): Promise<void> {
  const data = { customer, programme, points, spend, orderRef };
  await recordEvents(connection, projectId, [newEvent(type, holder, data)]);
}

async function standingOfRedemption(
  connection: Connection,
  projectId: string,
  id: string,
): Promise<Standing> {
  const paid = await redeemedOrder(connection, projectId, id, { isHeld: true });
  if (paid === undefined || paid.state === "reserved") return { is: "unknown" };
  if (paid.state === "cancelled" || paid.state === "expired") return { is: "over" };
  return { is: "bought", back: goodsBackOf(paid) };
}

async function standingOfOrder(
  connection: Connection,
  projectId: string,
  externalId: string | null,
): Promise<Standing> {
  if (externalId === null) return { is: "unknown" };
  const order = (await goodsOfOrders(connection, projectId, [externalId], { isHeld: true })).get(externalId);
  if (order === undefined) return { is: "unknown" };
  if (order.status === "placed") return { is: "placed" };
  if (order.status === "cancelled") return { is: "over" };
  const isBack = order.status === "returned";
  if (order.lines.length === 0)
    return {
      is: "bought",
      back: [{ paid: 1, paidBack: Number(isBack), units: 1, unitsBack: Number(isBack) }],
    };
  return {
    is: "bought",
    back: order.lines.map(({ line, paid, kept }) => ({
      paid,
      paidBack: paid - kept.paid,
      units: line.quantity,
      unitsBack: line.quantity - kept.quantity,
    })),
  };
}

function paidOtherwise({ redemptionId }: Tie) {
  return refused(
    redemptionId === null ? "/order" : "/redemption",
    "paid_otherwise",
    "It is paid with other points of the programme: cancel that spend first.",
  );
}

function refused(path: string, code: string, message: string) {
  return problem("points-refused", { errors: [{ path, code, message }] });
}

/**
 * What follows from an order that is cancelled or returned. The order is stored first, `pending`, then this is done, then
 * it is noted: after a crash between them the same message, or the sweep, does it again, and every step of it
 * changes nothing the second time.
 */
import { repeated } from "../../platform/background.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Database, withTransaction } from "../../platform/database.ts";
import { newId } from "../../platform/ids.ts";
import type { Log } from "../../platform/log.ts";
import { Problem } from "../../platform/problem.ts";
import { lockBook } from "./order-book-service.ts";
import { refundOf, unitsLeft } from "./order-refunds.ts";
import type { OrderSettlement } from "./order-schemas.ts";
import { findOrder, saveReturn, settleOrder, unsettledOrders } from "./order-store.ts";
import type { OrderRow } from "./order-tables.ts";

/** Who has it done. */
export interface OrderActor {
  readonly projectId: string;
  readonly apiKeyId: string;
}

/** What orders ask of redemptions. Refusals are problems of a 4xx status; doing the same twice is none. */
export interface OrderRedemptions {
  cancel(actor: OrderActor, redemptionId: string): Promise<unknown>;
  /** The same, but of what is only reserved. */
  giveUp(actor: OrderActor, redemptionId: string): Promise<unknown>;
  /** Everything that is not back yet; nothing if all is. */
  returnRest(actor: OrderActor, redemptionId: string): Promise<unknown>;
}

export interface OrderSettlementService {
  /** This version of the order as it is afterwards. */
  settle(actor: OrderActor, order: OrderRow): Promise<OrderRow>;
  /** Makes good what a crash cut off and nobody sent again; answers how many orders it looked at. */
  sweep(): Promise<number>;
  /** Sweeps now and then, in every process: twice changes nothing. */
  start(): void;
  close(): Promise<void>;
}

export interface OrderSettlementOptions {
  database: Database;
  clock: Clock;
  log: Log;
  redemptions: OrderRedemptions;
}

/** Whoever stored the order may still be at it. */
const forgottenAfterMilliseconds = 60_000;
const mostAtOnce = 100;
const sweepMilliseconds = 60_000;

export function orderSettlementService(options: OrderSettlementOptions): OrderSettlementService {
  const { database, clock, log, redemptions } = options;

  async function settle(actor: OrderActor, stored: OrderRow): Promise<OrderRow> {
    if (stored.settlement !== "pending") return stored;
    const order = stored.redemptionId === null ? await returnOwn(actor, stored) : stored;
    if (order.settlement !== "pending" || order.redemptionId === null) return order;
    const settlement = await settleRedemption(actor, order.status, order.redemptionId);
    // Where somebody else has noted it, or stored a newer version, the answer is about this one all the same.
    return (await settleOrder(database.of(order.projectId), order, settlement)) ?? { ...order, settlement };
  }

  /**
   * A redemption of which something was returned cannot be cancelled any more: then the rest of it is returned as well. And
   * of one that was only reserved nothing can be returned: it is cancelled.
   */
  async function settleRedemption(
    actor: OrderActor,
    status: OrderRow["status"],
    redemptionId: string,
  ): Promise<OrderSettlement> {
    const released = async (work: Promise<unknown>) => ((await isDone(work)) ? ("released" as const) : null);
    const giveBack = async () =>
      (await isDone(redemptions.returnRest(actor, redemptionId))) ? ("returned" as const) : null;
    const settled =
      status === "cancelled"
        ? ((await released(redemptions.cancel(actor, redemptionId))) ?? (await giveBack()))
        : ((await giveBack()) ?? (await released(redemptions.giveUp(actor, redemptionId))));
    return settled ?? "refused";
  }

  /** In the order's own book. One that has a redemption by now is still pending: its goods come back there. */
  async function returnOwn(actor: OrderActor, stored: OrderRow): Promise<OrderRow> {
    try {
      return await returnGoods(actor, stored);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return (await settleOrder(database.of(stored.projectId), stored, "refused")) ?? stored;
    }
  }

  function returnGoods(actor: OrderActor, stored: OrderRow): Promise<OrderRow> {
    const { projectId, externalId, version } = stored;
    return withTransaction(database, projectId, async (connection) => {
      const order = await lockBook(connection, projectId, externalId, clock.now());
      if (order === undefined) throw new Error(`order ${externalId} vanished`);
      // A newer version has the say by now.
      if (order.version !== version) return stored;
      if (order.settlement !== "pending" || order.redemptionId !== null) return order;
      const left = [...unitsLeft(order.document, order.returned)].flatMap(([id, quantity]) =>
        quantity > 0 ? [{ id, quantity }] : [],
      );
      const back = refundOf(order.document, order, left);
      if (left.length > 0 || back.refund > 0) {
        const now = clock.now();
        await saveReturn(connection, order, back, {
          id: newId("ort", now),
          createdBy: actor.apiKeyId,
          createdAt: new Date(now),
        });
      }
      return (await settleOrder(connection, order, "returned")) ?? order;
    });
  }

  async function settleForgotten(projectId: string, externalId: string): Promise<void> {
    const order = await findOrder(database.of(projectId), projectId, externalId);
    if (order !== undefined) await settle({ projectId, apiKeyId: "" }, order);
  }

  async function sweep(): Promise<number> {
    const before = new Date(clock.now() - forgottenAfterMilliseconds);
    const forgotten = await unsettledOrders(database.outside, { before, limit: mostAtOnce });
    for (const { projectId, externalId } of forgotten) {
      await settleForgotten(projectId, externalId).catch((error: unknown) => {
        log.warn({ err: error }, "an order could not be settled; the next sweep tries again");
      });
    }
    return forgotten.length;
  }

  const sweeps = repeated(sweepMilliseconds, sweep, (error) =>
    log.debug({ err: error }, "orders could not be settled; the next sweep tries again"),
  );

  return { settle, sweep, start: sweeps.start, close: sweeps.close };
}

async function isDone(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (isRefusal(error)) return false;
    throw error;
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof Problem && error.status < 500;
}

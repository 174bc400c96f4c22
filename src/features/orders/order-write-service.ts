/** Takes orders over from an ERP: newer versions stand, older ones change nothing, whoever says what how often and in which order. */
import type { Clock } from "../../platform/clock.ts";
import { isErased } from "../../platform/customer-data.ts";
import {
  type Connection,
  type Database,
  isDeadlock,
  sqlStateOf,
  uniqueViolation,
  withTransaction,
} from "../../platform/database.ts";
import { type Problem, problem } from "../../platform/problem.ts";
import { customersMeant } from "../customers/customer-alias-service.ts";
import { recordEvents } from "../events/event-service.ts";
import { orderEvent } from "./order-event.ts";
import type { OrderActor, OrderSettlementService } from "./order-settlement-service.ts";
import { namedRedemptions, standingOrders, upsertOrders } from "./order-store.ts";
import type { IncomingOrder, OrderRow } from "./order-tables.ts";

export type WriteOutcome =
  | { readonly status: "stored" | "replayed"; readonly order: OrderRow }
  | { readonly status: "stale"; readonly current: number }
  | { readonly status: "refused"; readonly problem: Problem };

export interface OrderWriteService {
  /** One outcome for each order, in their order; no two of them may have one external id. Settled, where they are over. */
  write(actor: OrderActor, incoming: readonly IncomingOrder[]): Promise<WriteOutcome[]>;
}

export interface OrderWriteOptions {
  database: Database;
  clock: Clock;
  settlement: OrderSettlementService;
}

/** Cancellations meet in one batch of the committer; more at once would only keep the pool from others. */
const settledAtOnce = 32;

export function orderWriteService({ database, clock, settlement }: OrderWriteOptions): OrderWriteService {
  /** The redemption of an order exists, and is of its customer and currency. */
  async function linked(
    projectId: string,
    incoming: readonly IncomingOrder[],
  ): Promise<(IncomingOrder | Problem)[]> {
    const ids = incoming.flatMap(({ redemptionId }) => redemptionId ?? []);
    const named = incoming.map(({ customerId }) => customerId);
    const [known, meant] = await Promise.all([
      namedRedemptions(database.of(projectId), projectId, ids),
      customersMeant(database.of(projectId), projectId, named),
    ]);
    return incoming.map((told) => {
      const order = ofCustomer(told, meant);
      if (order.redemptionId === null) return order;
      const redemption = known.get(order.redemptionId);
      if (redemption === undefined) return unknownRedemption();
      if (redemption.currency !== order.currency) return mismatch("/currency", "currency_mismatch");
      if (order.customerId === null) return { ...order, customerId: redemption.customerId };
      // One that was erased could be anybody, also this one.
      if (isErased(redemption.customerId)) return order;
      if (redemption.customerId !== null && redemption.customerId !== order.customerId)
        return mismatch("/customer", "customer_mismatch");
      return order;
    });
  }

  async function upsert(projectId: string, orders: readonly IncomingOrder[]): Promise<WriteOutcome[]> {
    const now = new Date(clock.now());
    const written = await withTransaction(database, projectId, async (connection) => {
      const rows = await upsertOrders(connection, projectId, orders, now);
      await recordEvents(connection, projectId, rows.map(orderEvent));
      return rows;
    });
    const stored = new Map(written.map(({ row }) => [row.externalId, row]));
    const others = orders.filter(({ externalId }) => !stored.has(externalId));
    const standing = await standingOf(database.of(projectId), projectId, others);
    return orders.map((order): WriteOutcome => {
      const row = stored.get(order.externalId);
      if (row !== undefined) return { status: "stored", order: row };
      const found = standing.get(order.externalId);
      if (found === undefined) throw new Error("an order was neither written nor there");
      if (found.row.version > order.version) return { status: "stale", current: found.row.version };
      if (found.isSame) return { status: "replayed", order: found.row };
      return { status: "refused", problem: problem("order-version-conflict", { errors: [otherContents] }) };
    });
  }

  /** One by one where the batch as a whole was refused: the others must not suffer for the one at fault. */
  async function upsertAll(projectId: string, orders: readonly IncomingOrder[]): Promise<WriteOutcome[]> {
    try {
      return await upsert(projectId, orders);
    } catch (error) {
      if (!isOfOneOrder(error)) throw error;
      if (orders.length === 1 && !isDeadlock(error))
        return [{ status: "refused", problem: takenRedemption() }];
      const outcomes: WriteOutcome[] = [];
      for (const order of orders) outcomes.push(...(await upsertAll(projectId, [order])));
      return outcomes;
    }
  }

  async function settleAll(actor: OrderActor, outcomes: WriteOutcome[]): Promise<WriteOutcome[]> {
    const settled = [...outcomes];
    const pending = outcomes.flatMap((outcome, index) =>
      "order" in outcome && outcome.order.settlement === "pending" ? [{ outcome, index }] : [],
    );
    for (let from = 0; from < pending.length; from += settledAtOnce) {
      await Promise.all(
        pending.slice(from, from + settledAtOnce).map(async ({ outcome, index }) => {
          settled[index] = { ...outcome, order: await settlement.settle(actor, outcome.order) };
        }),
      );
    }
    return settled;
  }

  return {
    async write(actor, incoming) {
      const checked = await linked(actor.projectId, incoming);
      const sound = checked.filter((order): order is IncomingOrder => "externalId" in order);
      const written = sound.length === 0 ? [] : await upsertAll(actor.projectId, sound);
      const settled = (await settleAll(actor, written)).values();
      return checked.map((order) =>
        "externalId" in order ? settled.next().value! : { status: "refused", problem: order },
      );
    },
  };
}

function ofCustomer(order: IncomingOrder, meant: (id: string) => string): IncomingOrder {
  const { customerId, document } = order;
  if (customerId === null || meant(customerId) === customerId) return order;
  return { ...order, customerId: meant(customerId), document: { ...document, customer: meant(customerId) } };
}

async function standingOf(connection: Connection, projectId: string, orders: readonly IncomingOrder[]) {
  return orders.length === 0 ? new Map() : standingOrders(connection, projectId, orders);
}

/** Only where two streams claim one redemption for different orders can they meet crosswise. */
function isOfOneOrder(error: unknown): boolean {
  return isDeadlock(error) || sqlStateOf(error) === uniqueViolation;
}

const otherContents = {
  path: "/version",
  code: "version_conflict",
  message: "Every change needs a higher version.",
};

function unknownRedemption(): Problem {
  const message = "There is no such redemption.";
  return problem("invalid-request", {
    errors: [{ path: "/redemption", code: "redemption_unknown", message }],
  });
}

function mismatch(path: string, code: string): Problem {
  const message = "The redemption says another one.";
  return problem("order-redemption-mismatch", { errors: [{ path, code, message }] });
}

function takenRedemption(): Problem {
  const message = "Another order has this redemption.";
  return problem("order-redemption-mismatch", {
    errors: [{ path: "/redemption", code: "redemption_taken", message }],
  });
}

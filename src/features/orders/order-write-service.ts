/** Takes orders over from an ERP: newer versions stand, older ones change nothing, whoever says what how often and in which order. */
import type { Clock } from "../../platform/clock.ts";
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
import { linked, redemptionsAsked, takenRedemption } from "./order-link-service.ts";
import type { OrderActor, OrderSettlementService } from "./order-settlement-service.ts";
import { holdOrders, namedRedemptions, standingOrders, upsertOrders } from "./order-store.ts";
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
  /** Writes the newer versions among them; which these are, and what they may say, is decided while those before them are held. */
  function writeNewer(
    projectId: string,
    orders: readonly IncomingOrder[],
  ): Promise<Map<string, WriteOutcome>> {
    return withTransaction(database, projectId, async (connection) => {
      const held = await holdOrders(
        connection,
        projectId,
        orders.map(({ externalId }) => externalId),
      );
      const newer = orders.filter(
        ({ externalId, version }) => version > (held.get(externalId)?.version ?? -1),
      );
      const known = await namedRedemptions(connection, projectId, redemptionsAsked(newer, held));
      const outcomes = new Map<string, WriteOutcome>();
      const sound = newer.flatMap((order) => {
        const checked = linked(order, held.get(order.externalId), known);
        if ("externalId" in checked) return [checked];
        outcomes.set(order.externalId, { status: "refused", problem: checked });
        return [];
      });
      if (sound.length === 0) return outcomes;
      const written = await upsertOrders(connection, projectId, sound, new Date(clock.now()));
      if (written.some(({ row, isNew }) => !isNew && !held.has(row.externalId))) throw new Overtaken();
      await recordEvents(connection, projectId, written.map(orderEvent));
      for (const { row } of written) outcomes.set(row.externalId, { status: "stored", order: row });
      return outcomes;
    });
  }

  /** Each time there is one more that is there to be held. */
  async function writeUnovertaken(
    projectId: string,
    orders: readonly IncomingOrder[],
  ): Promise<Map<string, WriteOutcome>> {
    for (;;) {
      try {
        return await writeNewer(projectId, orders);
      } catch (error) {
        if (!(error instanceof Overtaken)) throw error;
      }
    }
  }

  async function upsert(projectId: string, orders: readonly IncomingOrder[]): Promise<WriteOutcome[]> {
    const written = await writeUnovertaken(projectId, orders);
    const others = orders.filter(({ externalId }) => !written.has(externalId));
    const standing = await standingOf(database.of(projectId), projectId, others);
    return orders.map((order): WriteOutcome => {
      const outcome = written.get(order.externalId);
      if (outcome !== undefined) return outcome;
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
      const { projectId } = actor;
      const meant = await customersMeant(
        database.of(projectId),
        projectId,
        incoming.map(({ customerId }) => customerId),
      );
      const told = incoming.map((order) => ofCustomer(order, meant));
      return settleAll(actor, await upsertAll(projectId, told));
    },
  };
}

/** An order that was not there when the others were held was stored by somebody else meanwhile. */
class Overtaken extends Error {}

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

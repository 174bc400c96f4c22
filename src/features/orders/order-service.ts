import { z } from "zod";
import type { Role } from "../../platform/auth.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import { idempotently } from "../../platform/idempotency.ts";
import { newId } from "../../platform/ids.ts";
import type { AnswerNotes, OperationContext } from "../../platform/operation.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { type ProblemError, problem } from "../../platform/problem.ts";
import { mostErrorsReported } from "../../platform/validation.ts";
import { recordEvents } from "../events/event-service.ts";
import { hasReturns, lockBook } from "./order-book-service.ts";
import { incomingOrder, shownOrder } from "./order-document.ts";
import { orderReturnEvent } from "./order-event.ts";
import { refundOf, unitsLeft } from "./order-refunds.ts";
import type { Order, OrderDocument, OrderQuery, OrderReturn, OrderReturnRequest } from "./order-schemas.ts";
import { findOrder, listOrders, saveReturn } from "./order-store.ts";
import type { OrderRow } from "./order-tables.ts";
import type { OrderWriteService } from "./order-write-service.ts";

/** A request that moves money, and whether its answer is an earlier one. */
export interface IdempotentCall {
  readonly key: string | null;
  readonly answer: AnswerNotes;
}

export interface OrderService {
  put(
    context: OperationContext,
    externalId: string,
    document: OrderDocument,
    answer: AnswerNotes,
  ): Promise<Order>;
  order(context: OperationContext, externalId: string): Promise<Order>;
  list(context: OperationContext, query: OrderQuery): Promise<Page<Order>>;
  returnGoods(
    context: OperationContext,
    externalId: string,
    request: OrderReturnRequest,
    call: IdempotentCall,
  ): Promise<OrderReturn>;
}

/** Returns of an order that has a redemption are the redemption's. */
export type RedemptionReturns = (
  context: OperationContext,
  redemptionId: string,
  request: OrderReturnRequest,
  call: IdempotentCall,
) => Promise<OrderReturn>;

export interface OrderServiceOptions {
  database: Database;
  clock: Clock;
  writer: OrderWriteService;
  returns: RedemptionReturns;
}

const listCursor = cursorOf("orders", z.tuple([z.int(), z.string()]));

export function orderService({ database, clock, writer, returns }: OrderServiceOptions): OrderService {
  async function find(projectId: string, externalId: string): Promise<OrderRow> {
    const row = await findOrder(database.of(projectId), projectId, externalId);
    if (row === undefined) throw problem("order-not-found");
    return row;
  }

  /** The order with the redemption whose returns are its own, if it has one. */
  async function bookOf(projectId: string, externalId: string): Promise<OrderRow> {
    const order = await find(projectId, externalId);
    if (order.redemptionId !== null || order.status === "cancelled" || hasReturns(order)) return order;
    return withTransaction(
      database,
      projectId,
      async (connection) => (await lockBook(connection, projectId, externalId, clock.now())) ?? order,
    );
  }

  async function returnOwn(
    connection: Connection,
    { projectId, apiKeyId }: OperationContext,
    externalId: string,
    request: OrderReturnRequest,
  ): Promise<{ resourceId: string; answer: OrderReturn }> {
    const order = await lockBook(connection, projectId, externalId, clock.now());
    if (order === undefined) throw problem("order-not-found");
    // It was given a redemption since it was looked at: whoever repeats this returns goods of that.
    if (order.redemptionId !== null) throw problem("unavailable", { headers: { "retry-after": "1" } });
    requireReturnable(order, request);
    const back = refundOf(order.document, order, merged(request.lines));
    const { lines, shipping, refund } = back;
    const now = clock.now();
    const id = newId("ort", now);
    const refunded = await saveReturn(connection, order, back, {
      id,
      createdBy: apiKeyId,
      createdAt: new Date(now),
    });
    await recordEvents(connection, projectId, [orderReturnEvent(order, refund)]);
    return {
      resourceId: id,
      answer: { refund, refunded, shipping, withheld: 0, lines, gifts: [], restored: [] },
    };
  }

  return {
    async put(context, externalId, document, answer) {
      const [outcome] = await writer.write(context, [incomingOrder(externalId, document)]);
      switch (outcome?.status) {
        case "stored":
        case "replayed":
          answer.isReplay = outcome.status === "replayed";
          return shownOrder(outcome.order, showsCost(context.role));
        case "stale":
          throw staleVersion(outcome.current);
        case "refused":
          throw outcome.problem;
        default:
          throw new Error("an order had no outcome");
      }
    },

    async order({ projectId, role }, externalId) {
      return shownOrder(await find(projectId, externalId), showsCost(role));
    },

    async list({ projectId, role }, { limit, after, ...filters }) {
      const before = listCursor.decode(after);
      const rows = await listOrders(database.of(projectId), projectId, filters, { before, limit: limit + 1 });
      return listCursor.page(
        rows,
        limit,
        (row) => [row.placedAt.getTime(), row.externalId],
        (row) => shownOrder(row, showsCost(role)),
      );
    },

    async returnGoods(context, externalId, request, call) {
      const { projectId } = context;
      const { redemptionId, status } = await bookOf(projectId, externalId);
      if (redemptionId !== null) {
        if (status === "cancelled") throw cancelledOrder();
        return returns(context, redemptionId, request, call);
      }
      const { answer, isReplay } = await idempotently(
        database,
        {
          projectId,
          key: call.key,
          operation: "returnOrderGoods",
          request: { externalId, ...request },
        },
        (connection) => returnOwn(connection, context, externalId, request),
      );
      call.answer.isReplay = isReplay;
      return answer;
    },
  };
}

/** What goods cost the merchant is not for those who stand before the customer. */
function showsCost(role: Role): boolean {
  return role !== "checkout" && role !== "pos";
}

export function staleVersion(current: number) {
  return problem("stale_version", {
    errors: [{ path: "/version", code: "stale_version", message: `Version ${current} is stored already.` }],
  });
}

/** Says the same of what cannot come back as a redemption does. */
function requireReturnable(order: OrderRow, { lines, gifts = [] }: OrderReturnRequest): void {
  if (order.status === "cancelled") throw cancelledOrder();
  const left = unitsLeft(order.document, order.returned);
  const errors = lines.flatMap(({ id, quantity }, index): ProblemError[] => {
    const most = left.get(id);
    if (most === undefined) return [fault(`/lines/${index}`, "unknown_line", `The order has no line ${id}.`)];
    left.set(id, most - quantity);
    return quantity <= most
      ? []
      : [
          fault(
            `/lines/${index}`,
            "too_many_units",
            `${most} units of line ${id} are left, not ${quantity}.`,
          ),
        ];
  });
  if (gifts.length > 0)
    errors.push(fault("/gifts/0", "unknown_gift", "An order without a redemption has no gifts."));
  // An order that is a sum alone comes back as a whole.
  else if (lines.length === 0 && (order.document.lines.length > 0 || order.refunded >= order.total))
    errors.push(fault("", "nothing_to_return", "Name lines that come back."));
  if (errors.length > 0) throw problem("return-refused", { errors: errors.slice(0, mostErrorsReported) });
}

function cancelledOrder() {
  return problem("order-state-conflict", { detail: "The order is cancelled." });
}

/** A line that is named twice is meant twice. */
function merged(lines: OrderReturnRequest["lines"]): OrderReturnRequest["lines"] {
  const units = new Map<string, number>();
  for (const { id, quantity } of lines) units.set(id, (units.get(id) ?? 0) + quantity);
  return [...units].map(([id, quantity]) => ({ id, quantity }));
}

function fault(path: string, code: string, message: string): ProblemError {
  return { path, code, message };
}

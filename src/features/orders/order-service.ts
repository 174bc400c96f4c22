import { z } from "zod";
import type { Role } from "../../platform/auth.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Connection, Database } from "../../platform/database.ts";
import { idempotently } from "../../platform/idempotency.ts";
import { newId } from "../../platform/ids.ts";
import type { AnswerNotes, OperationContext } from "../../platform/operation.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { type ProblemError, problem } from "../../platform/problem.ts";
import { incomingOrder, shownOrder } from "./order-document.ts";
import { refundOf, unitsLeft } from "./order-refunds.ts";
import type { Order, OrderDocument, OrderQuery, OrderReturn, OrderReturnRequest } from "./order-schemas.ts";
import { findOrder, listOrders, lockOrder, saveReturn } from "./order-store.ts";
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
    const row = await findOrder(database.orm, projectId, externalId);
    if (row === undefined) throw problem("order-not-found");
    return row;
  }

  async function returnOwn(
    connection: Connection,
    { projectId, apiKeyId }: OperationContext,
    externalId: string,
    { lines: units }: OrderReturnRequest,
  ): Promise<{ resourceId: string; answer: OrderReturn }> {
    const order = await lockOrder(connection, projectId, externalId);
    if (order === undefined) throw problem("order-not-found");
    requireReturnable(order, units);
    const { lines, shipping, refund, returned } = refundOf(order.document, order, units);
    const now = clock.now();
    const id = newId("ort", now);
    await saveReturn(
      connection,
      order,
      { returned, refunded: order.refunded + refund },
      { projectId, id, externalId, lines, refund, createdBy: apiKeyId, createdAt: new Date(now) },
    );
    return { resourceId: id, answer: { refund, shipping, lines, restored: [] } };
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
      requireInstants(filters);
      const before = listCursor.decode(after);
      const rows = await listOrders(database.orm, projectId, filters, { before, limit: limit + 1 });
      const page = listCursor.page(rows, limit, (row) => [row.placedAt.getTime(), row.externalId]);
      return { ...page, items: page.items.map((row) => shownOrder(row, showsCost(role))) };
    },

    async returnGoods(context, externalId, request, call) {
      const { projectId } = context;
      const { redemptionId, status } = await find(projectId, externalId);
      if (redemptionId !== null) {
        if (status === "cancelled") throw problem("order-state-conflict", { detail: "It is cancelled." });
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

function requireInstants({ from, to }: Pick<OrderQuery, "from" | "to">): void {
  const errors: ProblemError[] = [];
  for (const [name, text] of Object.entries({ from, to })) {
    if (text === undefined) continue;
    // Before the year 1 JavaScript and PostgreSQL write years differently.
    if (!(Date.parse(text) >= Date.parse("0001-01-01T00:00:00Z")))
      errors.push({ path: `/${name}`, code: "time_invalid", message: "There is no such instant." });
  }
  if (errors.length > 0) throw problem("invalid-request", { errors });
}

function requireReturnable(order: OrderRow, units: OrderReturnRequest["lines"]): void {
  if (order.status === "cancelled") throw problem("order-state-conflict", { detail: "It is cancelled." });
  const left = unitsLeft(order.document, order.returned);
  const seen = new Set<string>();
  const errors = units.flatMap(({ id, quantity }, index): ProblemError[] => {
    const isTwice = seen.has(id);
    seen.add(id);
    const most = left.get(id);
    if (isTwice) return [fault(`/lines/${index}/id`, "duplicate_id", "Another one has this id.")];
    if (most === undefined) return [fault(`/lines/${index}/id`, "line_unknown", "There is no such line.")];
    if (quantity > most)
      return [fault(`/lines/${index}/quantity`, "more_than_left", `Only ${most} did not come back yet.`)];
    return [];
  });
  if (errors.length > 0) throw problem("invalid-request", { errors: errors.slice(0, 20) });
}

function fault(path: string, code: string, message: string): ProblemError {
  return { path, code, message };
}

/** What an order must satisfy beyond its shape, and the row that it becomes. */
import { isKeepable, outOfRange } from "../../platform/instants.ts";
import { type ProblemError, problem } from "../../platform/problem.ts";
import { mostErrorsReported } from "../../platform/validation.ts";
import { lineTotal } from "./order-refunds.ts";
import type { Order, OrderDocument } from "./order-schemas.ts";
import type { IncomingOrder, OrderRow } from "./order-tables.ts";

/** Before there is any point in remembering an order. */
const earliest = Date.parse("1970-01-01T00:00:00Z");

export function incomingOrder(externalId: string, document: OrderDocument): IncomingOrder {
  const errors = faultsOf(document);
  if (errors.length > 0) throw problem("invalid-request", { errors });
  const { version, status, customer, redemption, channel, store, dealer, currency, total, placedAt } =
    document;
  return {
    externalId,
    version,
    status,
    customerId: customer ?? null,
    redemptionId: redemption ?? null,
    channel: channel ?? null,
    store: store ?? null,
    dealer: dealer ?? null,
    currency,
    total,
    placedAt: Date.parse(placedAt),
    document,
  };
}

function faultsOf({ lines, placedAt, shipping = 0 }: OrderDocument): ProblemError[] {
  const errors: ProblemError[] = [];
  const fault = (path: string, code: string, message: string) => void errors.push({ path, code, message });
  if (!isKeepable(placedAt)) fault("/placedAt", outOfRange.code, outOfRange.message);
  else if (Date.parse(placedAt) < earliest) fault("/placedAt", "out_of_range", "Must not be before 1970.");
  const ids = new Set<string>();
  let sum = shipping;
  lines.forEach((line, index) => {
    const { id, quantity, unitPrice, discount = 0, total } = line;
    if (ids.has(id)) fault(`/lines/${index}/id`, "duplicate_id", "Another line has this id.");
    ids.add(id);
    if (total === undefined && discount > quantity * unitPrice)
      fault(`/lines/${index}/discount`, "discount_too_large", "More than the line costs.");
    sum += Math.max(quantity * unitPrice, lineTotal(line));
    if (sum > Number.MAX_SAFE_INTEGER)
      fault(`/lines/${index}/unitPrice`, "amount_too_large", "The order passes 2^53 - 1 minor units.");
  });
  return errors.slice(0, mostErrorsReported);
}

export function shownOrder(row: OrderRow, showsCost: boolean): Order {
  const { externalId, document, customerId, redemptionId, refunded, settlement, createdAt, updatedAt } = row;
  return {
    ...document,
    ...(customerId !== null && { customer: customerId }),
    ...(redemptionId !== null && { redemption: redemptionId }),
    ...(!showsCost && { lines: document.lines.map(({ unitCost: _, ...line }) => line) }),
    externalId,
    refunded,
    settlement,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}

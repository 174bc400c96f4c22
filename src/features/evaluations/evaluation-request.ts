/** What a request must satisfy beyond its shape. Runs on every evaluation, so it allocates next to nothing. */
import type { Cart } from "../../engine/cart.ts";
import type { Facts } from "../../engine/facts.ts";
import { atListPrices } from "../../engine/price-list.ts";
import { findZone } from "../../engine/zone.ts";
import type { Role } from "../../platform/auth.ts";
import { problem } from "../../platform/problem.ts";
import type { EvaluationRequest } from "./evaluation-schemas.ts";

type Privileged = Pick<
  EvaluationRequest,
  "at" | "promotions" | "only" | "rounding" | "marginFloor" | "timezone" | "customer" | "deposits"
>;

const privilegedFields = ["at", "promotions", "only", "rounding", "marginFloor", "timezone"] as const;

/** Whoever may choose the time, the rules or what is known of a customer may have any price. */
export function requirePrivileges(request: Privileged, role: Role): void {
  if (role === "marketing" || role === "admin") return;
  for (const field of privilegedFields) if (request[field] !== undefined) throw forbidden(`/${field}`);
  if (request.customer?.facts !== undefined) throw forbidden("/customer/facts");
  request.deposits?.forEach(({ promotion, units }, index) => {
    if (promotion !== undefined) throw forbidden(`/deposits/${index}/promotion`);
    if (units !== undefined) throw forbidden(`/deposits/${index}/units`);
  });
}

function forbidden(path: string) {
  const message = "This field needs the role marketing or admin.";
  return problem("forbidden-role", { detail: message, errors: [{ path, code: "forbidden_field", message }] });
}

export function requireSense({ lines, shipping, deposits, timezone }: EvaluationRequest): void {
  let total = 0;
  for (let index = 0; index < lines.length; index++) {
    const { quantity, unitPrice } = lines[index]!;
    total += quantity * unitPrice;
    if (total > Number.MAX_SAFE_INTEGER) throw tooLarge(`/lines/${index}/unitPrice`);
  }
  requireDistinct(lines, "lines");
  if (shipping !== undefined) {
    for (let index = 0; index < shipping.length; index++) {
      total += shipping[index]!.amount;
      if (total > Number.MAX_SAFE_INTEGER) throw tooLarge(`/shipping/${index}/amount`);
    }
    requireDistinct(shipping, "shipping");
  }
  if (deposits !== undefined) requireDistinctDeposits(deposits);
  requireTimezone(timezone);
}

/** Prices of lists may make more of a cart than can be counted. */
export function requireSenseAtListPrices(request: Cart, facts: Facts): void {
  if (facts.priceLists === undefined) return;
  let total = 0;
  for (const [index, { quantity, unitPrice }] of atListPrices(
    request,
    facts.priceLists,
  ).cart.lines.entries()) {
    total += quantity * unitPrice;
    if (total > Number.MAX_SAFE_INTEGER) throw tooLarge(`/lines/${index}/unitPrice`);
  }
  for (const [index, { amount }] of (request.shipping ?? []).entries()) {
    total += amount;
    if (total > Number.MAX_SAFE_INTEGER) throw tooLarge(`/shipping/${index}/amount`);
  }
}

export function requireTimezone(timezone: string | undefined): void {
  if (timezone !== undefined && findZone(timezone) === null) {
    throw invalid("/timezone", "timezone_unknown", "There is no such IANA time zone.");
  }
}

function requireDistinct(items: readonly { readonly id: string }[], field: "lines" | "shipping"): void {
  if (items.length < 2) return;
  const seen = new Set<string>();
  for (let index = 0; index < items.length; index++) {
    seen.add(items[index]!.id);
    if (seen.size <= index)
      throw invalid(`/${field}/${index}/id`, "duplicate_id", "Another one has this id.");
  }
}

function requireDistinctDeposits(deposits: NonNullable<EvaluationRequest["deposits"]>): void {
  const seen = new Set<string>();
  deposits.forEach(({ redemption }, index) => {
    seen.add(redemption);
    if (seen.size <= index) {
      throw invalid(`/deposits/${index}/redemption`, "duplicate_id", "A deposit is used once.");
    }
  });
}

function tooLarge(path: string) {
  return invalid(path, "amount_too_large", "Goods and shipping together pass 2^53 - 1 minor units.");
}

function invalid(path: string, code: string, message: string) {
  return problem("invalid-request", { errors: [{ path, code, message }] });
}

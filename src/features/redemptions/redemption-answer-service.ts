/** Redemptions as they are answered. */
import type { Granted } from "../ledger/ledger-commands.ts";
import type { Redemption } from "./redemption-schemas.ts";
import type { RedemptionReturnRow, RedemptionRow } from "./redemption-tables.ts";
import type { PastReturn } from "./return-schemas.ts";

/** How a redemption begins: what of its first answer does not stay as it was. */
export function beginningOf({ redemption, at }: Granted) {
  const { state, expiresAt } = redemption!;
  return {
    state,
    expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
    createdAt: new Date(at).toISOString(),
    refunded: 0,
  };
}

export function shown({
  id,
  state,
  source,
  orderRef,
  customerId,
  expiresAt,
  createdAt,
  refunded,
  quote,
}: RedemptionRow): Redemption {
  return {
    id,
    state,
    source,
    orderRef,
    customer: customerId,
    expiresAt: state === "reserved" ? (expiresAt?.toISOString() ?? null) : null,
    createdAt: createdAt.toISOString(),
    refunded,
    quote,
  };
}

/** A return, as it is told later on. */
export function pastReturnOf({
  step,
  createdAt,
  refund,
  refunded,
  shipping,
  withheld,
  lines,
  gifts,
  restored,
}: RedemptionReturnRow): PastReturn {
  return {
    step,
    at: createdAt.toISOString(),
    refund,
    refunded,
    shipping,
    withheld,
    lines,
    gifts,
    restored,
  };
}

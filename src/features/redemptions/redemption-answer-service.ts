/** Redemptions as they are answered. */
import type { Granted } from "../ledger/ledger-commands.ts";
import type { Redemption } from "./redemption-schemas.ts";
import type { RedemptionRow } from "./redemption-tables.ts";

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

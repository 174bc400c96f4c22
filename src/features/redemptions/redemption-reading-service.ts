/** Redemptions as other features see them. */
import type { Quote } from "../../engine/quote.ts";
import type { RedemptionStatus } from "../../ledger/books.ts";
import type { GoodsBack } from "../../ledger/points-share.ts";
import { nothingReturned, type Returned } from "../../ledger/returns.ts";
import { returnedPart, type Sale } from "../../ledger/sale.ts";
import type { Connection } from "../../platform/database.ts";
import { findRedemption, holdFates } from "./redemption-store.ts";
import { saleOf } from "./return-sale.ts";

/** What became of an order. */
export interface RedeemedOrder {
  readonly id: string;
  readonly orderRef: string;
  readonly state: RedemptionStatus;
  /** Null for a guest; after an erasure the pseudonym. */
  readonly customerId: string | null;
  readonly lines: Sale["lines"];
  /** Units that are back, by line. */
  readonly returned: Returned["lines"];
  readonly rewards: Quote["rewards"];
}

/** `isHeld`: it stays as it is until the transaction ends; whoever erases its customer waits, and finds what was made of it. */
export async function redeemedOrder(
  connection: Connection,
  projectId: string,
  id: string,
  options: { isHeld?: boolean } = {},
): Promise<RedeemedOrder | undefined> {
  const row = await findRedemption(connection, projectId, id, options);
  if (row === undefined) return undefined;
  const { orderRef, state, customerId, quote, request } = row;
  return {
    id,
    orderRef,
    state,
    customerId,
    lines: saleOf(quote, request, []).lines,
    returned: ((row.returned as Returned | null) ?? nothingReturned).lines,
    rewards: quote.rewards,
  };
}

/** What became of many, and whose they are; held as above, but for those that somebody else is changing. */
export const fatesOfOrders = holdFates;

/** What is back of it, line by line. */
export function goodsBackOf({ lines, returned }: Pick<RedeemedOrder, "lines" | "returned">): GoodsBack[] {
  return lines.map((line) => {
    const unitsBack = returned[line.id] ?? 0;
    return {
      paid: returnedPart(line, line.quantity).paid,
      paidBack: returnedPart(line, unitsBack).paid,
      units: line.quantity,
      unitsBack,
    };
  });
}

/** What others may ask of the goods of orders: what was paid for them, and what did not come back. */
import type { Connection } from "../../platform/database.ts";
import { type StoredGoods, storedGoods } from "./order-goods-store.ts";
import { type KeptLine, keptLines } from "./order-refunds.ts";

export { type GoodsPlace, ordersOfDealers } from "./order-goods-store.ts";
export type { KeptLine } from "./order-refunds.ts";

export interface GoodsOfOrder
  extends Pick<
    StoredGoods,
    "externalId" | "dealer" | "customerId" | "redemptionId" | "currency" | "status" | "placedAt"
  > {
  readonly channel: string | null;
  /** What was paid without shipping, whatever came back. */
  readonly worth: number;
  readonly lines: readonly KeptLine[];
}

/** `isHeld`: they stay as they are until the transaction ends; whoever erases their customers waits, and finds what was made of them. */
export async function goodsOfOrders(
  connection: Connection,
  projectId: string,
  externalIds: readonly string[],
  { isHeld = false }: { isHeld?: boolean } = {},
): Promise<Map<string, GoodsOfOrder>> {
  const rows = await storedGoods(connection, projectId, externalIds, { isHeld });
  return new Map(
    rows.map(({ document, returned, redemptionReturned, ...order }) => {
      const { externalId, status } = order;
      const back = new Map(Object.entries(redemptionReturned ?? {}));
      for (const { id, quantity } of returned) back.set(id, (back.get(id) ?? 0) + quantity);
      // Said of the whole order; what its redemption makes of that comes later.
      if (status === "returned") for (const { id, quantity } of document.lines) back.set(id, quantity);
      const lines = keptLines(document, back);
      const { channel = null, total, shipping = 0 } = document;
      return [externalId, { ...order, channel, worth: Math.max(0, total - shipping), lines }];
    }),
  );
}

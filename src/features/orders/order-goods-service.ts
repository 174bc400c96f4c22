/** What others may ask of the goods of orders: what was paid for them, and what did not come back. */
import type { Connection } from "../../platform/database.ts";
import { type StoredGoods, storedGoods } from "./order-goods-store.ts";
import { type KeptLine, keptLines } from "./order-refunds.ts";

export { type GoodsPlace, ordersOfDealers } from "./order-goods-store.ts";
export type { KeptLine } from "./order-refunds.ts";

export interface GoodsOfOrder
  extends Pick<StoredGoods, "externalId" | "dealer" | "currency" | "status" | "placedAt"> {
  readonly lines: readonly KeptLine[];
}

export async function goodsOfOrders(
  connection: Connection,
  projectId: string,
  externalIds: readonly string[],
): Promise<Map<string, GoodsOfOrder>> {
  const rows = await storedGoods(connection, projectId, externalIds);
  return new Map(
    rows.map(({ externalId, dealer, currency, status, placedAt, document, returned, redemptionReturned }) => {
      const back = new Map(Object.entries(redemptionReturned ?? {}));
      for (const { id, quantity } of returned) back.set(id, (back.get(id) ?? 0) + quantity);
      // Said of the whole order; what its redemption makes of that comes later.
      if (status === "returned") for (const { id, quantity } of document.lines) back.set(id, quantity);
      const lines = keptLines(document, back);
      return [externalId, { externalId, dealer, currency, status, placedAt, lines }];
    }),
  );
}

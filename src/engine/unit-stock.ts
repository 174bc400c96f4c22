/**
 * Stock of its own that a promotion was given to sell: so many units of a SKU, everywhere or at one store. What it has sold
 * is a counter of the shell's; here is which counters a sale takes from, and how much is left.
 */
import { z } from "zod";
import type { UsageFact } from "./facts.ts";
import type { Issue } from "./kind.ts";
import { limits } from "./limits.ts";
import { stockName } from "./safety-stock.ts";

const skuName = z.string().min(1).max(limits.nameLength);

export const unitStockSchema = z
  .array(
    z
      .strictObject({
        sku: skuName,
        store: skuName.optional().describe("Left out: wherever it is sold, all places together."),
        units: z.int().min(0).max(limits.amount),
      })
      .meta({ id: "UnitStock" }),
  )
  .min(1)
  .max(limits.stocksPerPromotion)
  .describe(
    "Units that the promotion may sell in all, by SKU and, if it says so, store. Goods that it does not name are not limited; a SKU named for some stores alone is sold there alone.",
  );

/** One of them. */
export interface UnitStock {
  /** Stays the same however the document is edited: what counters and facts call it. */
  readonly name: string;
  readonly store: string | null;
  readonly units: number;
}

/** By SKU. */
export type UnitStocks = ReadonlyMap<string, readonly UnitStock[]>;

interface WithStock {
  readonly limits?: { readonly stock?: z.output<typeof unitStockSchema> | undefined } | undefined;
}

/** `goodsStages`: in how many stages the promotion makes goods cheaper. */
export function compileUnitStocks(
  { limits: of }: WithStock,
  goodsStages: number,
  issue: (path: Issue["path"], code: Issue["code"], message: Issue["message"]) => void,
): UnitStocks | null {
  if (of?.stock === undefined) return null;
  if (goodsStages !== 1)
    issue(
      "/limits/stock",
      "stock_needs_one_stage",
      "A stock is of goods that the promotion makes cheaper, all of them in the item stage or all of them in the order stage.",
    );
  const stocks = new Map<string, UnitStock[]>();
  const names = new Set<string>();
  for (const [i, { sku, store, units }] of of.stock.entries()) {
    const name = stockName(sku, store);
    if (names.has(name))
      issue(`/limits/stock/${i}`, "stock_named_twice", "These goods have a stock here already.");
    names.add(name);
    stocks.set(sku, [...(stocks.get(sku) ?? []), { name, store: store ?? null, units }]);
  }
  return stocks;
}

/** Those that a unit sold in this store (undefined: in none) is taken from; null: the SKU is not limited. None: not sold here. */
export function stocksAt(
  stocks: UnitStocks | null,
  sku: string,
  store: string | undefined,
): readonly UnitStock[] | null {
  return stocks?.get(sku)?.filter((stock) => stock.store === null || stock.store === store) ?? null;
}

/** Null: as many as anybody likes. */
export function unitsLeft(
  stocks: UnitStocks | null,
  sku: string,
  store: string | undefined,
  usage: UsageFact | undefined,
): number | null {
  const here = stocksAt(stocks, sku, store);
  if (here === null) return null;
  return here.reduce(
    (least, { name, units }) => Math.min(least, Math.max(0, units - (usage?.unitsTaken?.[name] ?? 0))),
    here.length === 0 ? 0 : Number.MAX_SAFE_INTEGER,
  );
}

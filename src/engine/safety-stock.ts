/** What must stay on the shelf: how much there is, the shop's ERP says; what a promotion leaves alone, the promotion says. */
import { z } from "zod";
import type { StockSource } from "./facts.ts";
import type { Issue } from "./kind.ts";
import { limits } from "./limits.ts";

const name = z.string().min(1).max(limits.nameLength);
const units = z.int().min(0).max(limits.amount);

export const safetyStockSchema = z
  .strictObject({
    units: units.describe("Of every SKU that the ERP tells of and `skus` does not name."),
    skus: z
      .array(z.strictObject({ sku: name, store: name.optional(), units }).meta({ id: "SafetyStockOfSku" }))
      .min(1)
      .max(limits.stocksPerPromotion)
      .optional(),
    whenBelow: z
      .enum(["pause", "cap"])
      .default("pause")
      .describe(
        "`pause`: a SKU of which there is less is neither discounted nor given. `cap`: an order gets at most what is above it discounted or given.",
      ),
  })
  .meta({
    id: "SafetyStock",
    description:
      "By what `PUT /v1/stock/{sku}` tells of the store where it is sold, else of the SKU at large.",
  });

export interface SafetyStock {
  readonly units: number;
  readonly caps: boolean;
  /** By the name of the SKU, or of the SKU in a store. */
  readonly bySku: ReadonlyMap<string, number>;
}

/** What stock is called, of a SKU at large or in one store. */
export function stockName(sku: string, store: string | null | undefined): string {
  return JSON.stringify(store === null || store === undefined ? [sku] : [sku, store]);
}

/** Units that a promotion may discount or give, with the numbers behind it. */
export interface UnitsAboveSafety {
  readonly units: number;
  readonly required: number;
  readonly actual: number;
}

/** `goodsStages`: in how many stages the promotion makes goods cheaper; `givesGoods`: it has gifts. */
export function compileSafetyStock(
  document: z.output<typeof safetyStockSchema> | undefined,
  { goodsStages, givesGoods }: { goodsStages: number; givesGoods: boolean },
  issue: (path: Issue["path"], code: Issue["code"], message: Issue["message"]) => void,
): SafetyStock | null {
  if (document === undefined) return null;
  const bySku = new Map<string, number>();
  for (const [i, { sku, store, units: least }] of (document.skus ?? []).entries()) {
    const named = stockName(sku, store);
    if (bySku.has(named))
      issue(`/safetyStock/skus/${i}`, "stock_named_twice", "These goods were named before.");
    bySku.set(named, least);
  }
  const caps = document.whenBelow === "cap";
  if (goodsStages === 0 && !givesGoods)
    issue(
      "/safetyStock",
      "stock_needs_goods",
      "It makes no goods cheaper that could be left alone, and gives none.",
    );
  if (caps && goodsStages > 1)
    issue(
      "/safetyStock",
      "stock_needs_one_stage",
      "With `cap` it may make goods cheaper in the item stage or in the order stage, not in both: each would take its units.",
    );
  return { units: document.units, caps, bySku };
}

/** Of a SKU where it is sold; null: any number, or nobody knows how many there are. */
export function unitsAboveSafety(
  safety: SafetyStock,
  sku: string,
  store: string | undefined,
  stock: StockSource | undefined,
): UnitsAboveSafety | null {
  const here = stockName(sku, store);
  const atLarge = stockName(sku, null);
  const actual = stock?.get(here) ?? stock?.get(atLarge);
  if (actual === undefined) return null;
  const required = safety.bySku.get(here) ?? safety.bySku.get(atLarge) ?? safety.units;
  if (safety.caps) return { units: Math.max(0, actual - required), required, actual };
  return actual < required ? { units: 0, required, actual } : null;
}

/** A sale as it is stored: a redemption, and the ERP's order that stands for it, if there is one. Its lines, and what came back of them. */

interface QuotedAdjustment {
  readonly promotion: string;
  readonly amount: number;
  readonly runs?: readonly { readonly units: number; readonly amount: number }[];
}

interface QuotedLine {
  readonly id: string;
  readonly total: number;
  readonly adjustments: readonly QuotedAdjustment[];
}

/** Of an ERP's order. */
interface OrderedLine {
  readonly id: string;
  readonly sku: string;
  readonly quantity: number;
  readonly unitPrice: number;
  readonly unitCost?: number;
  readonly discount?: number;
  readonly total?: number;
}

interface SaleOrder {
  readonly status: string;
  readonly total: number;
  readonly channel: string | null;
  readonly lines: readonly OrderedLine[];
  readonly refunded: number;
  readonly returned: readonly { readonly id: string; readonly quantity: number }[];
  /** It names the redemption; else it only has the number under which the redemption was made. */
  readonly isLinked: boolean;
}

/** A redemption and its order as they are stored now. */
export interface StoredSale {
  readonly id: string;
  readonly orderRef: string;
  readonly state: string;
  readonly currency: string;
  readonly total: number;
  readonly refunded: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly revision: number;
  readonly channel: string | null;
  readonly request: readonly {
    readonly id: string;
    readonly sku: string;
    readonly quantity: number;
    readonly unitCost?: number;
  }[];
  readonly lines: readonly QuotedLine[];
  readonly promotions: readonly {
    readonly promotion: string;
    readonly promotionId: string | null;
    readonly amount: number;
  }[];
  readonly rewards: readonly {
    readonly kind: string;
    readonly promotion: string;
    readonly benefit: number;
    readonly sku?: string | null;
    readonly choices?: readonly string[];
    readonly quantity?: number;
    readonly value?: number | null;
  }[];
  readonly returned: {
    readonly lines?: Readonly<Record<string, number>>;
    readonly gifts?: Readonly<Record<string, number>>;
  } | null;
  readonly order: SaleOrder | null;
  readonly isKnownCustomer: boolean;
  /** When they bought before, epoch milliseconds; null: never. */
  readonly boughtBefore: number | null;
  /** The instant to which `boughtBefore` is compared. */
  readonly boughtAt: number;
}

export function isReturnedWhole({ state, order }: StoredSale): boolean {
  return state === "returned" || order?.status === "returned";
}

export interface SoldLine {
  readonly id: string;
  readonly sku: string;
  readonly quantity: number;
  /** Units that came back. */
  readonly back: number;
  readonly total: number;
  /** What was paid for those that were kept. */
  readonly kept: number;
  readonly unitCost: number | undefined;
}

export function soldLines(sale: StoredSale): SoldLine[] {
  const asked = new Map(sale.request.map((line) => [line.id, line]));
  const backOf = unitsBack(sale);
  const told =
    sale.order !== null && sale.order.lines.length > 0
      ? sale.order.lines.map(({ id, sku, quantity, unitPrice, discount = 0, total, unitCost }) => ({
          id,
          sku,
          quantity,
          total: total ?? quantity * unitPrice - discount,
          unitCost: unitCost ?? asked.get(id)?.unitCost,
        }))
      : sale.lines.map(({ id, total }) => ({
          id,
          sku: asked.get(id)?.sku ?? "",
          quantity: asked.get(id)?.quantity ?? 1,
          total,
          unitCost: asked.get(id)?.unitCost,
        }));
  return told.map(({ id, sku, quantity, total, unitCost }) => {
    const back = backOf(id, quantity);
    return { id, sku, quantity, back, total, kept: total - partOf(total, back, quantity), unitCost };
  });
}

/** Of a line, by whoever was told of it: the redemption, or an order that stands by itself. */
export function unitsBack(sale: StoredSale): (line: string, quantity: number) => number {
  const { order, returned } = sale;
  const isReturned = isReturnedWhole(sale);
  const byOrder = new Map((order?.returned ?? []).map(({ id, quantity }) => [id, quantity]));
  return (line, quantity) => {
    if (isReturned) return quantity;
    return Math.min(quantity, Math.max(returned?.lines?.[line] ?? 0, byOrder.get(line) ?? 0));
  };
}

/** What the first `units` of a line cost, as refunds have it: each of the earlier units has one of the cents that do not divide. */
export function partOf(total: number, units: number, of: number): number {
  const rest = total % of;
  return ((total - rest) / of) * units + Math.min(units, rest);
}

export function sumOf<Item>(items: readonly Item[], amountOf: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + amountOf(item), 0);
}

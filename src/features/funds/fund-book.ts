/** What funders bear of a sale as it stands: of every discount that was not returned, split as it was when it was sold. */
import { type FundedPart, sharesOf } from "../../engine/funding.ts";
import { returnedPart } from "../../ledger/sale.ts";

interface FundedAdjustment {
  readonly promotion: string;
  readonly amount: number;
  readonly runs: readonly { readonly units: number; readonly amount: number }[];
  readonly funding?: readonly FundedPart[] | undefined;
}

export interface FundedSale {
  readonly isOver: boolean;
  readonly lines: readonly {
    readonly id: string;
    readonly sku: string;
    readonly quantity: number;
    readonly unitPrice: number;
    readonly adjustments: readonly FundedAdjustment[];
  }[];
  readonly shipments: readonly { readonly adjustments: readonly FundedAdjustment[] }[];
  /** Units that are back, by line. */
  readonly returned: Readonly<Record<string, number>>;
}

export interface Borne {
  readonly promotion: string;
  readonly funder: string;
  /** Minor units. */
  readonly amount: number;
}

/** By promotion and funder, each once; nothing of a sale that was cancelled or came back as a whole. */
export function borneOf({ isOver, lines, shipments, returned }: FundedSale): Borne[] {
  const sums = new Map<string, Borne>();
  const bear = ({ promotion, funding }: FundedAdjustment, kept: number) => {
    if (funding === undefined) return;
    for (const { funder, amount } of sharesOf(kept, funding)) {
      const name = JSON.stringify([promotion, funder]);
      sums.set(name, { promotion, funder, amount: (sums.get(name)?.amount ?? 0) + amount });
    }
  };
  if (isOver) return [];
  for (const line of lines) {
    const back = Object.hasOwn(returned, line.id) ? returned[line.id]! : 0;
    // Told apart by their place: one promotion may touch a line in two stages.
    const adjustments = line.adjustments.map(({ runs }, place) => ({ promotion: String(place), runs }));
    const { discounts } = returnedPart({ ...line, adjustments }, back);
    for (const [place, adjustment] of line.adjustments.entries())
      bear(adjustment, adjustment.amount - (discounts.get(String(place)) ?? 0));
  }
  // What was off shipping is given up with the last unit, when the sale is over.
  for (const { adjustments } of shipments)
    for (const adjustment of adjustments) bear(adjustment, adjustment.amount);
  return [...sums.values()];
}

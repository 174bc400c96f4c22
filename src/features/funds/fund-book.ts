/**
 * What funders bear of a sale as it stands: of every discount that was neither returned nor given back by a refund that priced
 * the kept goods anew, split as it was when it was sold.
 */
import { type FundedPart, sharesOf } from "../../engine/funding.ts";
import { allocate } from "../../engine/money.ts";
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
  /** What refunds kept of discounts on goods that are not back, by promotion. */
  readonly givenBack?: Readonly<Record<string, number>> | undefined;
}

export interface Borne {
  readonly promotion: string;
  readonly funder: string;
  /** Minor units. */
  readonly amount: number;
}

/** By promotion and funder, each once; nothing of a sale that was cancelled or came back as a whole. */
export function borneOf({ isOver, lines, shipments, returned, givenBack = {} }: FundedSale): Borne[] {
  if (isOver) return [];
  const kept: { readonly adjustment: FundedAdjustment; amount: number }[] = [];
  for (const line of lines) {
    const back = Object.hasOwn(returned, line.id) ? returned[line.id]! : 0;
    // Told apart by their place: one promotion may touch a line in two stages.
    const adjustments = line.adjustments.map(({ runs }, place) => ({ promotion: String(place), runs }));
    const { discounts } = returnedPart({ ...line, adjustments }, back);
    for (const [place, adjustment] of line.adjustments.entries())
      kept.push({ adjustment, amount: adjustment.amount - (discounts.get(String(place)) ?? 0) });
  }
  // What was off shipping is given up with the last unit, when the sale is over.
  for (const { adjustments } of shipments)
    for (const adjustment of adjustments) kept.push({ adjustment, amount: adjustment.amount });
  for (const [promotion, amount] of Object.entries(givenBack))
    takeOff(
      amount,
      kept.filter(({ adjustment }) => adjustment.promotion === promotion),
    );

  const sums = new Map<string, Borne>();
  for (const { adjustment, amount: stands } of kept) {
    const { promotion, funding } = adjustment;
    if (funding === undefined) continue;
    for (const { funder, amount } of sharesOf(stands, funding)) {
      const name = JSON.stringify([promotion, funder]);
      sums.set(name, { promotion, funder, amount: (sums.get(name)?.amount ?? 0) + amount });
    }
  }
  return [...sums.values()];
}

/** In proportion, and no more of each than stands. */
function takeOff(amount: number, kept: readonly { amount: number }[]): void {
  const room = kept.reduce((sum, part) => sum + part.amount, 0);
  const { base, extra } = allocate(
    Math.min(amount, room),
    kept.map((part) => ({ weight: part.amount, count: 1, room: part.amount })),
  );
  for (const [at, part] of kept.entries()) part.amount -= base[at]! + extra[at]!;
}

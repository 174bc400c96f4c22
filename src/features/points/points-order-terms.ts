/** What an order of the ERP earns by the rates of a programme: arithmetic on what was paid for the goods that are kept. */
import { type GoodsSelector, goodsTest } from "../../engine/selectors/selector.ts";
import { type EarnRule, mostPoints } from "./points-schemas.ts";

/** A rate as it is for one order, whatever becomes of the programme and of the customer's tier. */
export interface OrderTerms {
  readonly key: string;
  readonly points: number;
  /** For each such amount, minor units of the order's currency. */
  readonly per: number;
  readonly percent: number;
  readonly products?: GoodsSelector | undefined;
  readonly withPromotions: boolean;
}

/** A line of an order, of which some may have come back. */
export interface EarningLine {
  readonly line: {
    readonly sku: string;
    readonly product?: string | undefined;
    readonly categories?: string[] | undefined;
    readonly brand?: string | undefined;
  };
  readonly kept: { readonly paid: number };
}

export interface EarningOrder {
  readonly status: string;
  readonly currency: string;
  readonly channel: string | null;
  /** Epoch milliseconds. */
  readonly placedAt: number;
  /** Paid without shipping; of an order that names no lines all there is to go by. */
  readonly worth: number;
  readonly lines: readonly EarningLine[];
}

const bought: ReadonlySet<string> = new Set(["paid", "fulfilled"]);

/** The rates that are meant for the order; none as long as it is not paid. */
export function termsFor(
  rules: readonly EarnRule[],
  { status, currency, channel, placedAt }: EarningOrder,
  tier: string | null,
): OrderTerms[] {
  if (!bought.has(status)) return [];
  return rules.flatMap(({ key, points, per, tiers = {}, channels, products, withPromotions, from }) => {
    const amount = per[currency];
    if (amount === undefined) return [];
    if (channels !== undefined && (channel === null || !channels.includes(channel))) return [];
    if (from !== undefined && placedAt < Date.parse(from)) return [];
    const percent = (tier !== null && Object.hasOwn(tiers, tier) ? tiers[tier] : undefined) ?? 100;
    return [{ key, points, per: amount, percent, products, withPromotions }];
  });
}

/** Rounded down, each rate by itself. `earnsByPromotion`: its redemption earns points of the programme anyhow. */
export function earnedBy(
  terms: readonly OrderTerms[],
  order: EarningOrder,
  { earnsByPromotion }: { earnsByPromotion: boolean },
): number {
  if (!bought.has(order.status)) return 0;
  const each = terms.map(({ points, per, percent, products, withPromotions }) =>
    earnsByPromotion && !withPromotions
      ? 0n
      : (BigInt(keptWorth(order, products)) * BigInt(points) * BigInt(percent)) / (BigInt(per) * 100n),
  );
  const sum = each.reduce((all, one) => all + one, 0n);
  return sum > BigInt(mostPoints) ? mostPoints : Number(sum);
}

function keptWorth({ lines, worth }: EarningOrder, products: GoodsSelector | undefined): number {
  if (lines.length === 0) return products === undefined ? worth : 0;
  const isMeant = products === undefined ? () => true : goodsTest(products);
  return lines.reduce((sum, { line, kept }) => {
    const { sku, product, categories = [], brand } = line;
    return isMeant({ sku, product, categories, brand }) ? sum + Math.max(0, kept.paid) : sum;
  }, 0);
}

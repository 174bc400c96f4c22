/**
 * What a sale, a return and a cancellation are in the books of a clerk: pure arithmetic on what is stored and is never changed.
 * A return is booked when goods come back, never taken out of the month of the sale.
 */
import { sharesOf } from "../../engine/funding.ts";
import type { Quote } from "../../engine/quote.ts";
import { returnedPart, type SoldLine } from "../../ledger/sale.ts";
import { type Borne, borneOf } from "../funds/fund-book.ts";
import type { RedemptionRequest } from "../redemptions/redemption-schemas.ts";
import { saleOf } from "../redemptions/return-sale.ts";

/**
 * Amounts in minor units, below zero for what came back. Of an event one row is of the order (no `promotion`), with everything but
 * the discount; the others have nothing but that. So each column adds up, and total = before − discount + withheld.
 */
export interface BookingRow {
  event: "sale" | "return" | "cancellation";
  at: string;
  redemption: string;
  source: string;
  orderRef: string;
  currency: string;
  promotion: string | null;
  /** Who bears the discount. */
  funder: string | null;
  /** Goods and shipping without promotions. */
  before: number | null;
  discount: number | null;
  /** Paid for what is back and not refunded (yet): the kept goods cost more, or a gift is missing. */
  withheld: number | null;
  total: number | null;
  /** The part of the total that was paid before, as deposits. */
  deposits: number | null;
}

export interface Booking {
  readonly event: BookingRow["event"];
  readonly at: Date;
  readonly redemption: string;
  /** Of the redemption: which return it was. */
  readonly step: number;
}

export interface BookedSale {
  readonly source: string;
  readonly orderRef: string;
  readonly currency: string;
  readonly request: Pick<RedemptionRequest, "lines">;
  readonly quote: Quote;
  /** All of them, the first one first. */
  readonly returns: readonly BookedReturn[];
}

export interface BookedReturn {
  readonly step: number;
  readonly refund: number;
  /** Of all that was back then. */
  readonly withheld: number;
  readonly lines: readonly { readonly id: string; readonly quantity: number }[];
}

export function bookingRows(booking: Booking, sale: BookedSale): BookingRow[] {
  const { event, at, redemption } = booking;
  const { source, orderRef, currency } = sale;
  const place = { event, at: at.toISOString(), redemption, source, orderRef, currency };
  const { was, is, money } = movedBy(booking, sale);
  return [
    { ...place, promotion: null, funder: null, before: is.before - was.before, discount: null, ...money },
    ...changes(was.borne, is.borne)
      // A gift or points take nothing off: the sale tells of their promotions all the same.
      .filter(({ discount }) => event === "sale" || discount !== 0)
      .map((change) => ({
        ...place,
        ...change,
        before: null,
        withheld: null,
        total: null,
        deposits: null,
      })),
  ];
}

interface Moved {
  readonly was: Standing;
  readonly is: Standing;
  readonly money: Pick<BookingRow, "withheld" | "total" | "deposits">;
}

function movedBy({ event, step }: Booking, sale: BookedSale): Moved {
  const { quote, returns } = sale;
  if (event === "return") {
    const earlier = returns.filter((past) => past.step < step);
    const own = returns.find((past) => past.step === step)!;
    return {
      was: standing(sale, earlier),
      is: standing(sale, [...earlier, own]),
      money: { total: -own.refund, withheld: own.withheld - (earlier.at(-1)?.withheld ?? 0), deposits: 0 },
    };
  }
  const sold = standing(sale, []);
  const { total, due } = quote;
  return event === "sale"
    ? { was: nothing, is: sold, money: { total, withheld: 0, deposits: total - due } }
    : { was: sold, is: nothing, money: { total: -total, withheld: 0, deposits: due - total } };
}

interface Standing {
  /** Of what is not back. */
  readonly before: number;
  readonly borne: readonly Borne[];
}

const nothing: Standing = { before: 0, borne: [] };

function standing({ request, quote }: BookedSale, returns: readonly BookedReturn[]): Standing {
  const { lines } = saleOf(quote, request, []);
  const back = new Map<string, number>();
  for (const { id, quantity } of returns.flatMap((past) => past.lines))
    back.set(id, (back.get(id) ?? 0) + quantity);
  const unitsOf = (line: SoldLine) => back.get(line.id) ?? 0;
  if (returns.length > 0 && lines.every((line) => unitsOf(line) === line.quantity)) return nothing;
  const funderOf = new Map(quote.promotions.map(({ promotion, funder }) => [promotion, funder]));
  const funded = <A extends Quote["lines"][number]["adjustments"][number]>(adjustment: A) => ({
    ...adjustment,
    funding:
      adjustment.funding ??
      sharesOf(adjustment.amount, [{ funder: funderOf.get(adjustment.promotion) ?? "", percent: 100 }]),
  });
  const adjusted = new Map(quote.lines.map(({ id, adjustments }) => [id, adjustments.map(funded)]));
  const borne = borneOf({
    isOver: false,
    lines: lines.map((line) => ({ ...line, adjustments: adjusted.get(line.id) ?? [] })),
    shipments: quote.shippingLines.map(({ adjustments }) => ({ adjustments: adjustments.map(funded) })),
    returned: Object.fromEntries(back),
  });
  const others = quote.promotions
    .filter(({ promotion }) => !borne.some((row) => row.promotion === promotion))
    .map(({ promotion, funder }) => ({ promotion, funder, amount: 0 }));
  return {
    before: lines.reduce(
      (sum, line) => sum - fullPriceOf(line, unitsOf(line)),
      quote.subtotal + quote.shipping,
    ),
    borne: [...borne, ...others],
  };
}

function fullPriceOf(line: SoldLine, units: number): number {
  const { paid, discounts } = returnedPart(line, units);
  return [...discounts.values()].reduce((sum, amount) => sum + amount, paid);
}

type Change = Pick<BookingRow, "promotion" | "funder" | "discount">;

function changes(was: readonly Borne[], is: readonly Borne[]): Change[] {
  const sums = new Map<string, { promotion: string; funder: string; discount: number }>();
  const add = ({ promotion, funder }: Borne, amount: number) => {
    const name = JSON.stringify([promotion, funder]);
    const sum = sums.get(name) ?? { promotion, funder, discount: 0 };
    sums.set(name, { ...sum, discount: sum.discount + amount });
  };
  for (const row of is) add(row, row.amount);
  for (const row of was) add(row, -row.amount);
  return [...sums.values()];
}

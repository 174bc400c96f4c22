/** Sales and what comes back of them, in few words. */
import type { Hold } from "../../src/ledger/books.ts";
import {
  type ComputedReturn,
  computeReturn,
  type KeptOrder,
  nothingReturned,
  type Returned,
  type ReturnedGift,
  type ReturnRefusal,
  type ReturnRequest,
} from "../../src/ledger/returns.ts";
import {
  type AppliedPromotion,
  type GivenGift,
  paidFor,
  type Sale,
  type SoldLine,
} from "../../src/ledger/sale.ts";

/** `line("1", 3, 1000, { p: [[1, 500], [2, 0]] })`: three units at 10.00; p takes 5.00 off the first. */
export function line(
  id: string,
  quantity: number,
  unitPrice: number,
  runs: Readonly<Record<string, readonly (readonly [units: number, amount: number])[]>> = {},
): SoldLine {
  const adjustments = Object.entries(runs).map(([promotion, list]) => ({
    promotion,
    runs: list.map(([units, amount]) => ({ units, amount })),
  }));
  return { id, sku: id, quantity, unitPrice, adjustments };
}

export function gift(fields: Partial<GivenGift> = {}): GivenGift {
  return {
    id: "gift",
    promotion: "bag",
    sku: "BAG",
    choices: [],
    quantity: 1,
    value: 2000,
    stock: "stock:0",
    ...fields,
  };
}

export function applied(key: string, fields: Partial<AppliedPromotion> = {}): AppliedPromotion {
  return {
    key,
    rule: `prm_${key}`,
    amount: 0,
    returns: "prorate",
    restoresUse: false,
    coupons: [],
    stocks: new Map(),
    ...fields,
  };
}

export function sale(lines: readonly SoldLine[], fields: Partial<Sale> = {}): Sale {
  return { lines, shipping: 0, gifts: [], promotions: [], ...fields };
}

export function held(rule: string, measure: string, amount: number, holder = ""): Hold {
  return { counter: { rule, measure, holder, period: "" }, amount, limit: null };
}

/** An order of which goods come back, return by return. */
export class ReturnDesk {
  readonly sale: Sale;
  readonly paid: number;
  holds: readonly Hold[];
  returned: Returned = nothingReturned;
  refunded = 0;
  private readonly priceOfKept: (quantities: ReadonlyMap<string, number>) => KeptOrder;

  constructor(
    given: Sale,
    holds: readonly Hold[] = [],
    priceOfKept: (quantities: ReadonlyMap<string, number>) => KeptOrder = () => {
      throw new Error("nobody said what the kept goods cost");
    },
  ) {
    this.sale = given;
    this.paid = paidFor(given);
    this.holds = holds;
    this.priceOfKept = priceOfKept;
  }

  /** `give({ "1": 2 }, { BAG: 1 })` */
  give(
    lines: Readonly<Record<string, number>>,
    gifts: Readonly<Record<string, number>> = {},
  ): ComputedReturn | ReturnRefusal {
    return this.request({
      lines: Object.entries(lines).map(([id, quantity]) => ({ id, quantity })),
      gifts: Object.entries(gifts).map(([sku, quantity]): ReturnedGift => ({ sku, quantity })),
    });
  }

  request(request: ReturnRequest): ComputedReturn | ReturnRefusal {
    const { sale: sold, returned, refunded, holds, priceOfKept } = this;
    const outcome = computeReturn({ sale: sold, returned, refunded, holds, priceOfKept }, request);
    if (outcome.type === "refused") return outcome.refusal;
    this.returned = outcome.returned;
    this.refunded = outcome.refunded;
    const released = new Map(outcome.release.map(({ counter, amount }) => [counter, amount]));
    this.holds = holds.map((hold) => ({ ...hold, amount: hold.amount - (released.get(hold.counter) ?? 0) }));
    return outcome;
  }

  /** What each of these returns refunds. */
  refunds(...returns: readonly Readonly<Record<string, number>>[]): number[] {
    return returns.map((lines) => {
      const outcome = this.give(lines);
      if ("reason" in outcome) throw new Error(outcome.reason);
      return outcome.refund;
    });
  }
}

import type { Attributes } from "./cart.ts";
import type { ContractFact } from "./contract.ts";
import type { DealerFact } from "./dealer.ts";
import type { PriceListFact } from "./price-list.ts";
import type { RfmScores } from "./rfm.ts";

/**
 * What the shell knows and the cart does not say. A condition declares the facts it `needs`; the shell loads all of
 * them in one round trip; the engine never fetches.
 */
export interface Facts {
  /** Orders this customer completed before this one. A known customer without orders has 0. */
  completedOrders?: number;
  /** Another order of theirs holds, or had, an offer for a first order: with no completed order, this one is still not the first. */
  isFirstOrderTaken?: true;
  /** When the last of them was placed, epoch milliseconds; null when there is none. */
  lastOrderAt?: number | null;
  /**
   * What the customer paid for completed orders of the last `limits.orderWindowDays` days before this one. Orders of one
   * day (of 24 hours before the instant asked about) may stand as one.
   */
  orders?: readonly OrderFact[];
  /** What is stored of the customer; what the cart says of them adds to it. */
  profile?: CustomerProfile;
  /** Segments the customer is in. */
  segments?: readonly string[];
  /** The customer's tier; null when they have none. */
  tier?: string | null;
  /** `1990-02-28`, or `--02-28` where the year is not known. */
  birthday?: string;
  /** By purpose: whether the customer has consented to it, and has not taken it back. */
  consents?: Readonly<Record<string, boolean>>;
  /**
   * What the customer did, of the types that are asked for, for as many days as are asked for. Events of one type, one campaign
   * and one day (of 24 hours before the instant asked about) may stand as one.
   */
  events?: readonly EventFact[];
  /** How the customer is scored; null for whoever has not bought anything. */
  rfm?: RfmScores | null;
  /** Contracts of the customer that run. */
  contracts?: readonly ContractFact[];
  /** The account of the dealer whom the cart names; null where there is none. */
  dealer?: DealerFact | null;
  /** Price lists that are meant for the shopper, the one that goes first first, with the prices of what is in the cart. */
  priceLists?: readonly PriceListFact[];
  /** There may be such lists, and nobody can be asked. */
  arePriceListsUnknown?: true;
  /** Coupons behind the cart's codes, by normalised code. */
  coupons?: ReadonlyMap<string, CouponFact>;
  /** Paid deposits that the request may use, by redemption id. */
  deposits?: ReadonlyMap<string, DepositFact>;
  /** Use counters by promotion key, at most a second old; absent means untouched. */
  usage?: UsageSource;
  /** What guards the campaigns of promotions, and what is taken of it; absent means that nothing does. */
  campaigns?: CampaignSource;
  /** The key of the promotion in a group of which the order takes part. */
  groupOf?: string;
  /** What the ERP says is on the shelf, at most about a second old. */
  stock?: StockSource;
  /** SKUs that were on promotion often enough this year: nothing is taken off them. Absent: there are none. */
  resting?: RestingSource;
  /** The project has switched its promotions off: only drafts are priced. */
  arePromotionsStopped?: true;
  /** Too many wrong codes came before this: those of the cart are not looked at, whatever they are. */
  areCodesWithheld?: true;
  /** Percent of customers who get none of a campaign's promotions, by campaign. */
  holdouts?: ReadonlyMap<string, number>;
  /**
   * Counters and records cannot be asked: what needs a guarantee (see `guarantees.ts`) does not apply. When the rules were last
   * known to be the newest, epoch milliseconds.
   */
  rulesAsOf?: number;
}

export type FactName =
  | "completedOrders"
  | "lastOrderAt"
  | "orders"
  | "segments"
  | "tier"
  | "rfm"
  | "birthday"
  | "consents"
  | "events"
  | "contracts"
  | "dealer";

export interface CustomerProfile {
  groups?: readonly string[];
  tags?: readonly string[];
  attributes?: Attributes;
}

export interface OrderFact {
  /** Epoch milliseconds. */
  at: number;
  currency: string;
  /** Minor units, less what was refunded. */
  total: number;
}

export interface EventFact {
  readonly type: string;
  /** Null: of none. */
  readonly campaign: string | null;
  /** Of the last of them, epoch milliseconds. */
  readonly at: number;
  readonly count: number;
}

export interface CouponFact {
  /** The key of the pool the code belongs to. */
  pool: string;
  /** `owned`: some other customer's than the cart's. */
  status: "usable" | "used" | "expired" | "void" | "owned";
}

export interface DepositFact {
  /** The key of the promotion whose deposit was paid. */
  promotion: string;
  units: number;
}

/** Units by the name of the stock, see `stockName`; undefined: nobody told. */
export interface StockSource {
  get(name: string): number | undefined;
}

export interface RestingSource {
  has(sku: string): boolean;
}

export interface UsageSource {
  get(promotionKey: string): UsageFact | undefined;
}

export interface CampaignSource {
  get(campaign: string): CampaignFact | undefined;
}

/** What all promotions of a campaign may take together, and what they have taken. */
export interface CampaignFact {
  /** The most that they take off altogether, by currency. */
  readonly budget?: Readonly<Record<string, number>>;
  /** Of that, spent and reserved. */
  readonly spent?: Readonly<Record<string, number>>;
  /** Orders of one customer in which any of them applies, in the period of the guard. */
  readonly perCustomer?: number;
  /** Of the cart's customer, reserved ones included. */
  readonly byCustomer?: number;
  /** It is paused in the cart's channel. */
  readonly isPaused?: true;
}

export interface UsageFact {
  /** Committed and reserved uses. */
  total: number;
  byCustomer?: number;
  byDevice?: number;
  byPhone?: number;
  byIp?: number;
  /** By normalised code. */
  byCode?: Readonly<Record<string, number>>;
  inPeriod?: number;
  /** Budget spent and reserved, by currency. */
  spent?: Readonly<Record<string, number>>;
  /** Gifts and services handed out and reserved, by the position of the benefit in the promotion. */
  stockTaken?: Readonly<Record<number, number>>;
  /** Units sold and reserved of its own stock of goods, by its name (see `unit-stock.ts`). */
  unitsTaken?: Readonly<Record<string, number>>;
}

export const noFacts: Facts = {};

/** Past orders and rules as the database tells them to the threads that price them. */
import type { CustomerProfile } from "../../engine/facts.ts";
import type { StoredConsents } from "../../engine/profile.ts";
import type { RfmBorders } from "../../engine/rfm.ts";
import type { History } from "../facts/given-facts.ts";
import type { OrderDocument } from "../orders/order-schemas.ts";

export interface StoredRule {
  readonly id: string;
  readonly document: unknown;
}

/** A past order, with what is known of its customer. */
export interface PastOrder {
  readonly document: OrderDocument;
  /** Ids of lines that were gifts of its redemption, which the cart had not; null: none. */
  readonly given: readonly string[] | null;
  readonly customer: string | null;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Before this order. Null where no rule asks for it. */
  readonly history: History | null;
  readonly profile:
    | (CustomerProfile & { readonly birthday?: string | null; readonly consents?: StoredConsents | null })
    | null;
  readonly segments: readonly string[];
  readonly tier: string | null;
  readonly scored: { readonly borders: RfmBorders; readonly spent: number } | null;
}

/** What the rules ask of customers: nothing else is loaded. */
export interface ReplayNeeds {
  readonly history: boolean;
  readonly profile: boolean;
  readonly tier: boolean;
  readonly scores: boolean;
}

/** As it was bought: what promotions gave with it they give again, or not, when it is priced. */
export function withoutGifts(order: PastOrder): PastOrder {
  const { document, given } = order;
  if (given === null) return order;
  return {
    ...order,
    document: { ...document, lines: document.lines.filter(({ id }) => !given.includes(id)) },
  };
}

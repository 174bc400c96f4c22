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

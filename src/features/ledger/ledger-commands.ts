/** What may be asked of the committer: a command of the accounting machine, and what is to be written with it. */
import type pg from "pg";
import type { Command, Outcome } from "../../ledger/admit.ts";
import type { RedemptionState } from "../../ledger/books.ts";
import type { Idempotency, IdempotencyRecord } from "../../platform/idempotency.ts";

/** The row of a new redemption, beside what the machine decides of it. */
export interface NewRedemption {
  readonly source: string;
  readonly orderRef: string;
  readonly mode: "reserve" | "commit";
  readonly customerId: string | null;
  readonly currency: string;
  readonly total: number;
  readonly discount: number;
  readonly revision: number;
  /** Epoch milliseconds. */
  readonly evaluatedAt: number;
  /** With what it was priced, and to what: JSON texts, so that they are written as they were answered. */
  readonly request: string;
  readonly facts: string;
  readonly settings: string;
  readonly quote: string;
  readonly createdBy: string;
  /** What its customer is promised beside the price; left out, nothing. */
  readonly rewards?: readonly PromisedReward[];
}

/** A reward of the quote that is to be granted once the redemption is committed (features/rewards). */
export interface PromisedReward {
  /** The place among the rewards of the quote. */
  readonly position: number;
  /** The promotion's key. */
  readonly promotion: string;
  readonly kind: "issue_coupon" | "points";
  readonly pool: string | null;
  readonly recipient: string | null;
  readonly validFor: string | null;
  readonly programme: string | null;
  readonly points: number | null;
}

/** What a return changes on its redemption beside its holds, and what is kept of the return itself. */
export interface ReturnNote {
  /** Refunded so far, this return included. */
  readonly refunded: number;
  /** What has come back so far, as JSON text. */
  readonly returned: string;
  /** Of this return alone, as it is answered. Lists are JSON texts. */
  readonly refund: number;
  readonly shipping: number;
  readonly withheld: number;
  readonly lines: string;
  readonly gifts: string;
  readonly restored: string;
}

/** A claim takes a code of the pool that is nobody's yet. */
export interface Pick {
  readonly poolId: string;
  readonly customerId: string;
  /** Seconds after the claim at which the code expires; null: as it stands on the coupon. */
  readonly validForSeconds: number | null;
}

export interface Submission {
  readonly command: Command;
  readonly newRedemption?: NewRedemption;
  readonly returnNote?: ReturnNote;
  readonly pick?: Pick;
  readonly idempotency?: Idempotency | null;
  /** The answer to keep with the idempotency key; left out where it follows from the resource. */
  readonly answer?: (granted: Granted) => unknown;
  /** Nobody waits for it any more: it is dropped unless its batch has begun. */
  readonly isAbandoned?: (() => boolean) | undefined;
  /** The reference of its order, for the events. */
  readonly orderRef?: string;
  /** Writes what belongs to the command in other tables, in its transaction; only if it is granted, and once for each attempt. */
  readonly alongside?: (client: pg.ClientBase, granted: Granted) => Promise<void>;
}

export interface PickedCoupon {
  readonly code: string;
  /** As it was imported, should that not follow from the code. */
  readonly spelling: string | null;
  /** Epoch milliseconds, or null. */
  readonly expiresAt: number | null;
}

export interface Granted {
  /** The command's own redemption as it is now; null for a claim. */
  readonly redemption: RedemptionState | null;
  readonly picked: PickedCoupon | null;
  /** When, by the database's clock; epoch milliseconds. */
  readonly at: number;
  /** Null unless a till gave something away. */
  readonly accepted: NonNullable<Extract<Outcome, { type: "granted" }>["accepted"]> | null;
}

export type Result =
  | ({ readonly type: "granted" } & Granted)
  | { readonly type: "repeated"; readonly redemption: RedemptionState }
  /** The idempotency key was used before; whether for the same request, the caller finds out. */
  | { readonly type: "answered"; readonly record: IdempotencyRecord }
  /** The customer was merged into this one, and is to be asked about anew under that id. */
  | { readonly type: "merged"; readonly customer: string }
  | {
      readonly type: "refused";
      readonly refusal: Extract<Outcome, { type: "refused" }>["refusal"] | { readonly reason: "pool_empty" };
    };

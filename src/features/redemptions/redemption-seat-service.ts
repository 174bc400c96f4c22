/** An order that takes part in a group that buys together: priced as a member's, and holding a seat. */
import type { Quote } from "../../engine/quote.ts";
import type { Refusal } from "../../ledger/admit.ts";
import type { Hold } from "../../ledger/books.ts";
import type { Problem } from "../../platform/problem.ts";
import type { Knowledge } from "../facts/facts-service.ts";
import type { Submission } from "../ledger/ledger-commands.ts";
import { type HoldsQuestion, holdsOf } from "./redemption-holds.ts";

export interface Seat {
  /** Tells a request for one group from the same request for another. */
  readonly name: string;
  /** The key of the promotion. */
  readonly promotion: string;
  /** Taken with everything else that the order takes, for whom the customer turns out to be: a guest may be merged by then. */
  holdsFor(customerId: string): readonly Hold[];
  /** Writes the membership, in the transaction of the redemption. */
  readonly alongside: NonNullable<Submission["alongside"]>;
  /** Throws where it is the seat that cannot be had. */
  requireOthers(refusal: Refusal | { readonly reason: "pool_empty" }): void;
  /** Why this price is not what a member expects; null: it is. */
  faultOf(quote: Omit<Quote, "id">): Problem | null;
}

export function seated(known: Knowledge, seat: Seat | undefined): Knowledge {
  return seat === undefined ? known : { ...known, facts: { ...known.facts, groupOf: seat.promotion } };
}

export function withSeat(
  seat: Seat | undefined,
  customerId: string | undefined,
  question: HoldsQuestion,
): Hold[] {
  const holds = holdsOf(question);
  if (seat === undefined) return holds;
  if (customerId === undefined) throw new Error("a seat is somebody's");
  return [...holds, ...seat.holdsFor(customerId)];
}

/** Contracts of a customer, as promotions know them. */
export interface ContractFact {
  readonly id: string;
  readonly kind: string | null;
  /** The last day, `2026-12-31`. */
  readonly endsOn: string;
}

/**
 * How much may be done for one evaluation. Counted in operations (a segment looked at, a share worked out), never in time:
 * the same request is always answered, or always refused.
 */
import { limits } from "./limits.ts";

/** Pricing the cart takes more than one evaluation may; whoever called turns it into a refusal. */
export class EvaluationTooComplex extends Error {
  readonly code = "EVALUATION_TOO_COMPLEX";

  constructor() {
    super(`The cart takes more than ${limits.operationsPerEvaluation} operations to price.`);
  }
}

export class WorkBudget {
  private spent = 0;
  private most: number;

  constructor(operations: number = limits.operationsPerEvaluation) {
    this.most = operations;
  }

  spend(operations: number): void {
    this.spent += operations;
    if (this.spent > this.most) throw new EvaluationTooComplex();
  }

  /**
   * What `search` finds within the larger part of what is left; null where that was not enough. The rest is kept, so that
   * what was found before can still be priced and explained.
   */
  searching<Found>(search: () => Found): Found | null {
    const { most } = this;
    this.most = this.spent + (most - this.spent) * searchShare;
    try {
      return search();
    } catch (error) {
      if (error instanceof EvaluationTooComplex) return null;
      throw error;
    } finally {
      this.most = most;
    }
  }
}

const searchShare = 0.5;

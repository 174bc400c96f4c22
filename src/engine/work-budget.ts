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
  /** Operations so far. */
  spent = 0;
  private most: number;
  private searched = 0;
  private isSearching = false;

  constructor(operations: number = limits.operationsPerEvaluation) {
    this.most = operations;
  }

  spend(operations: number): void {
    this.spent += operations;
    if (this.spent > this.most) throw new EvaluationTooComplex();
  }

  /**
   * What `search` finds within half of what is left, and within what all searches of one evaluation may take together; null
   * where that was not enough. The rest is kept, so that what was found before can still be priced and explained.
   */
  searching<Found>(search: () => Found): Found | null {
    const { most, spent, isSearching } = this;
    const share = (most - spent) * searchShare;
    // A search within a search has its share of that one's.
    const left = isSearching ? share : Math.min(share, limits.operationsForSearches - this.searched);
    if (left <= 0) return null;
    this.most = spent + left;
    this.isSearching = true;
    try {
      return search();
    } catch (error) {
      if (error instanceof EvaluationTooComplex) return null;
      throw error;
    } finally {
      this.most = most;
      this.isSearching = isSearching;
      if (!isSearching) this.searched += this.spent - spent;
    }
  }
}

const searchShare = 0.5;

/**
 * What smaller steps count for, by measurement: an operation takes up to 160 ns, a line that is asked whether it is meant
 * some 35, a name compared in a list of it some 10.
 */
export const operationsPerLine = 1 / 4;
export const operationsPerName = 1 / 16;

/** All that a quote is written from. */
import type { Cart } from "./cart.ts";
import type { Proposed } from "./plan/planner.ts";
import type { ListedCart } from "./price-list.ts";
import type { CompiledPromotion } from "./promotion.ts";
import type { Settings } from "./settings.ts";
import type { EnteredCode, Situation } from "./situation.ts";

export interface Outcome {
  /** At the prices of the lists that are meant for the shopper. */
  readonly request: Cart;
  /** What they made of it. */
  readonly listed: ListedCart;
  /** At the prices it came with. */
  readonly given: Cart;
  readonly settings: Settings;
  readonly rulebookVersion: string;
  readonly codes: readonly EnteredCode[];
  /**
   * Promotions for which the cart is not worth enough, where nothing but the nearest of them would be told: the least that is asked
   * for first. They are no candidates.
   */
  readonly beyond: () => readonly CompiledPromotion[];
  readonly situation: Situation;
  readonly proposed: Proposed;
}

/** Keys of the promotions about whose plans planner and evaluator disagreed, for the operator to look at. Null: they agreed. */
export function disputedIn({ situation, proposed }: Outcome): readonly string[] | null {
  if (proposed.disagreed !== true) return null;
  return situation.candidates.flatMap(({ promotion, rejection }) =>
    rejection === null ? [promotion.key] : [],
  );
}

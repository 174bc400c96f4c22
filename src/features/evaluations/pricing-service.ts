import type { Arm } from "../../engine/assignment.ts";
import type { Cart } from "../../engine/cart.ts";
import { assess, type EvaluateOptions } from "../../engine/evaluate.ts";
import { exposedArms } from "../../engine/exposed-arms.ts";
import type { Facts } from "../../engine/facts.ts";
import { disputedIn } from "../../engine/outcome.ts";
import type { Quote } from "../../engine/quote.ts";
import type { Rulebook } from "../../engine/rulebook.ts";
import type { Strategy } from "../../engine/settings.ts";
import { writeQuote } from "../../engine/write-quote.ts";
import type { Log } from "../../platform/log.ts";
import type { Metrics } from "../../platform/metrics.ts";

export interface PricingService {
  /**
   * The engine's `evaluate`, which tells the operator where planner and evaluator disagree. `exposed` hears in which arms the
   * customer met what is split.
   */
  quote(
    rulebook: Rulebook,
    request: Cart,
    facts: Facts,
    now: number,
    options: EvaluateOptions,
    exposed?: (arms: readonly Arm[]) => void,
  ): Quote;
  /** Of all quotes so far. */
  readonly figures: {
    /** By strategy: nobody proves anything of those in the merchant's order. */
    readonly quotes: Readonly<Record<Strategy, number>>;
    readonly proven: number;
    readonly degraded: number;
    /** What any plan could still have saved at most, as parts of the totals, added up. */
    readonly gaps: number;
  };
}

/** More keys of one cart are not logged. */
const mostKeys = 50;

export function pricingService({ log, metrics }: { log: Log; metrics: Metrics }): PricingService {
  const figures = { quotes: { best: 0, priority: 0 }, proven: 0, degraded: 0, gaps: 0 };
  return {
    figures,
    quote(rulebook, request, facts, now, options, exposed) {
      const outcome = assess(rulebook, request, facts, now, options);
      const disputed = disputedIn(outcome);
      if (disputed !== null) {
        metrics.plannerDisagreements.inc();
        // Keys of promotions and the version of the rules: nothing of the customer or the cart.
        log.warn(
          { rulebook: rulebook.version, promotions: disputed.slice(0, mostKeys) },
          "planner and evaluator disagree about what a plan costs",
        );
      }
      exposed?.(exposedArms(rulebook.experiments, outcome));
      const quote = writeQuote(outcome);
      figures.quotes[quote.strategy] += 1;
      if (quote.optimality.proven) figures.proven += 1;
      else if (quote.total > 0) figures.gaps += (quote.optimality.bound ?? 0) / quote.total;
      if (quote.asOf !== undefined) figures.degraded += 1;
      return quote;
    },
  };
}

/**
 * What a displaced promotion lacks even where nobody is in its way. "Another took its place" is only told of one that the place
 * would have served: who misses two more units misses them whoever has the others, and that is what the customer can mend.
 */
import { bidOn } from "./bid.ts";
import type { Goods } from "./goods.ts";
import type { Stage } from "./kind.ts";
import type { Outcome } from "./outcome.ts";
import { whyNothing } from "./price.ts";
import { budgetLeft, type Rejection } from "./situation.ts";
import { goodsAtStage } from "./stage-goods.ts";

/** The goods and shipments of one outcome, as its stages found them; made once for all promotions that are asked about. */
export class StageStarts {
  private readonly starts = new Map<Stage, { readonly goods: Goods; readonly shipments: Goods }>();
  private readonly outcome: Outcome;

  constructor(outcome: Outcome) {
    this.outcome = outcome;
  }

  at(stage: Stage): { readonly goods: Goods; readonly shipments: Goods } {
    let start = this.starts.get(stage);
    if (start === undefined) {
      start = goodsAtStage(this.outcome.situation, this.outcome.proposed.priced, stage);
      this.starts.set(stage, start);
    }
    return start;
  }
}

/** Null: with the goods to itself it would give something, or a reward. */
export function whatItLacks({ situation }: Outcome, index: number, starts: StageStarts): Rejection | null {
  const { promotion } = situation.candidates[index]!;
  let first: Rejection | null = null;
  for (const part of promotion.parts) {
    if (part.stage === "reward") return null;
    const { goods, shipments } = starts.at(part.stage);
    const bid = bidOn(situation, part.stage === "shipping" ? shipments : goods, index, part, null, null);
    if (bid.settlement.amount > 0) return null;
    first ??= whyNothing(bid, budgetLeft(situation, promotion));
  }
  return first;
}

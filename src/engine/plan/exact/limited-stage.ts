/**
 * The best item plan that takes off no more than so much, of all goods or of some.
 *
 * Then it depends on how much exactly is taken off: rounded, and without bundles that cost more than their parts. A model of that has
 * many states. So the plain model is asked first: mostly one of its best plans keeps the limit as the quote counts as well, without
 * such bundles, and none passes it so closely that it might not when it is counted. That settles the matter.
 */
import type { Situation } from "../../situation.ts";
import { Relaxation } from "./bound.ts";
import type { Component } from "./component.ts";
import type { FoundPlan } from "./found-plan.ts";
import { grain } from "./grain.ts";
import type { MachineOffer, Offer } from "./offer.ts";
import { mostRounded, rounded, roundedOffer } from "./rounding.ts";
import type { Limit } from "./search.ts";
import { isShared, losslessOffer, sharedOffer } from "./shares.ts";
import { type Solved, type SolvedWithin, solveWithin } from "./solve-items.ts";
import { byGroup, modelAgain, modelAll, type Part, type StageModel } from "./stage-model.ts";
import type { Work } from "./work.ts";

/** Beyond this a plan of limited worth is not sought: every unit tells plans of different worth apart. */
const maxJoinedUnits = 120;

export class LimitedStage {
  private readonly offers: readonly Offer[];
  private readonly stage: StageModel;
  private readonly situation: Situation;
  private readonly work: Work;
  /** Candidates whose amounts are rounded. */
  private readonly rounded: ReadonlySet<number>;
  /** How much rounding may add to all amounts, or take from them. */
  private readonly slack: number;
  private counted: StageModel | null | undefined;

  constructor(offers: readonly Offer[], stage: StageModel, situation: Situation, work: Work) {
    this.offers = offers;
    this.stage = stage;
    this.situation = situation;
    this.work = work;
    const fractions = offers.filter(({ isWhole }) => !isWhole);
    this.rounded = new Set(fractions.map(({ candidate }) => candidate));
    this.slack = fractions.length * mostRounded(situation.rounding);
  }

  /** Null: it cannot be sought. */
  best(above: number, limit: Limit): Solved | null {
    const { lines } = limit;
    return lines === null ? this.bestOfAll(above, limit) : this.bestBeside(above, { ...limit, lines });
  }

  private bestOfAll(above: number, limit: Limit): Solved | null {
    const { stage, slack } = this;
    const lowest = above - slack;
    const loose = this.seek(stage.parts, lowest, { ...limit, slack }, (plan) => {
      const counted = this.valueCounted(plan);
      return !plan.hasLoss && counted > above && counted <= limit.atMost;
    });
    if (loose === null) return null;
    if (loose.most <= lowest) return { ...loose, most: above };
    const value = loose.plan === null ? Number.NEGATIVE_INFINITY : this.valueCounted(loose.plan);
    const found = { value, most: Math.max(value, loose.most), uses: loose.uses };
    if (found.most - value < grain) return found;
    if (this.counted === undefined) this.counted = this.modelAsCounted();
    if (this.counted === null) return found;
    const closer = this.seek(this.counted.parts, Math.max(above, value), limit);
    if (closer === null) return found;
    return closer.plan === null ? { ...found, most: closer.most } : closer;
  }

  /** What the quote counts. */
  private valueCounted({ brought }: FoundPlan): number {
    let value = 0;
    for (const [candidate, amount] of brought)
      value += this.rounded.has(candidate) ? rounded(amount, this.situation.rounding) : amount;
    return value;
  }

  /** The stage with some offers changed; as it is, where that would be too large. */
  private changed(change: (offer: Offer) => Offer): readonly Part[] {
    const { offers, stage, work } = this;
    const changes = new Map(offers.map((offer) => [offer, change(offer)]));
    return modelAgain(stage.parts, (offer) => changes.get(offer) as MachineOffer, work) ?? stage.parts;
  }

  /** Rounded, and without groups that are not applied. Null: too large. */
  private modelAsCounted(): StageModel | null {
    const { offers, situation, stage, work } = this;
    const asCounted = offers.flatMap((offer) => roundedOffer(losslessOffer(offer), situation.rounding) ?? []);
    if (asCounted.every((offer, i) => offer === offers[i])) return stage;
    const model = modelAll(byGroup(asCounted), situation.cart.lines, work);
    return model === null || model.lumps > 0 ? null : model;
  }

  /** Where only what falls on some lines is limited: as much of it as can be told. */
  private bestBeside(above: number, limit: Limit & { readonly lines: ReadonlySet<number> }): Solved | null {
    const { offers, situation, slack } = this;
    const { lines } = situation.cart;
    // How an amount falls on single lines in whole minor units is not modelled; it moves each of them by less than one.
    const moved = offers.filter((offer) => !offer.isWhole || isShared(offer, limit.lines)).length;
    const loose = {
      ...limit,
      atMost: limit.atMost + moved * grain * limit.lines.size,
      ...(limit.inAll !== undefined && { inAll: limit.inAll + slack }),
    };
    const quantityOf = (line: number) => lines[line]!.quantity;
    const parts = this.changed((offer) => sharedOffer(offer, limit.lines, quantityOf) ?? offer);
    return this.seek(parts, above, loose);
  }

  /** Through all components, one after the other, every line cut into its units. */
  private seek(
    parts: readonly Part[],
    above: number,
    limit: Limit,
    passes?: (plan: FoundPlan) => boolean,
  ): SolvedWithin | null {
    const { lines } = this.situation.cart;
    let units = 0;
    const relaxations: Relaxation[] = [];
    for (const { component, relaxation } of parts) {
      const size = relaxation === null ? lines[component.units[0]!.line]!.quantity : component.units.length;
      units += size;
      if (units > maxJoinedUnits) return null;
      relaxations.push(relaxation ?? new Relaxation(cutUp(component, size), this.work));
    }
    return solveWithin(relaxations, above, limit, this.work, passes);
  }
}

function cutUp({ units, alternatives, allAlternatives }: Component, size: number): Component {
  const copies = <Value>([value]: readonly Value[]) => new Array<Value>(size).fill(value!);
  return {
    units: copies(units),
    alternatives: copies(alternatives),
    allAlternatives: copies(allAlternatives),
    players: [],
  };
}

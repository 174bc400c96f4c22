/**
 * The evaluator: prices a plan. It knows nothing of how the plan was found.
 *
 * Stage by stage, inside a stage by priority and then key, each promotion of the plan is asked what it would take off the
 * units it may touch; that is rounded once, allocated, and the next one computes on what is left.
 */
import { dearestFirst, Goods, isDiscounted, type Range, takeUnits } from "./goods.ts";
import { type BenefitView, type Proposal, type Reward, type RewardView, type Stage, stages } from "./kind.ts";
import { areInConflict, type CompiledPromotion, type StagePart } from "./promotion.ts";
import type { CompiledSelector } from "./selectors/selector.ts";
import { settle, type UnitRun } from "./settle.ts";
import { type Candidate, depositUnitsOf, type Rejection, rejectionByConditions, rejectionOf, type Situation, StageView } from "./situation.ts";

/** Which promotions, and how many units of each line each may use. What a planner proposes. */
export interface Plan {
  /** By candidate index; a candidate that is left out does not apply. */
  readonly members: readonly boolean[];
  /** By candidate index, then canonical line: the most units an item promotion may touch or use. Null: all that are free. */
  readonly allowances: readonly (readonly number[] | null)[] | null;
}

/** One promotion in one stage. */
export interface Application {
  readonly candidate: number;
  readonly stage: Stage;
  readonly amount: number;
  readonly times: number;
  readonly unapplied: number;
  /** On goods, or on shipments in the shipping stage. */
  readonly runs: readonly UnitRun[];
  /** Of the deposits it draws on, in minor units. */
  readonly depositsPaid: number;
  readonly reward: Reward | null;
}

export interface Priced {
  readonly applications: readonly Application[];
  /** By candidate; null for those that applied. */
  readonly rejections: readonly (Rejection | null)[];
  /** Goods and shipping after all discounts. */
  readonly total: number;
  readonly goods: Goods;
  readonly shipments: Goods;
  /** By candidate, then canonical line: units claimed in the item stage. Null where none were. */
  readonly claimed: readonly (readonly number[] | null)[];
  /** Some promotion found units or an order already taken by another. */
  readonly isContended: boolean;
}

const notInPlan: Rejection = { reason: "displaced" };

/** `order` is for planners that try another order of claiming; quotes are always priced in the order of the candidates. */
export function price(situation: Situation, plan: Plan, order?: readonly number[]): Priced {
  return new Pricing(situation, plan).run(order);
}

class Pricing {
  private readonly situation: Situation;
  private readonly plan: Plan;
  private readonly goods: Goods;
  private readonly shipments: Goods;
  private readonly applications: Application[] = [];
  private readonly rejections: (Rejection | null)[];
  private readonly claimed: (number[] | null)[];
  /** Candidates that gave something, in whatever stage. */
  private readonly hasApplied: boolean[];
  /** Out of it for all stages, unlike one that merely gave nothing in the stages so far. */
  private readonly isOut: boolean[];
  private readonly conditionsAsked: boolean[];
  private isContended = false;
  private readonly budgetSpent: number[];

  constructor(situation: Situation, plan: Plan) {
    const size = situation.candidates.length;
    this.situation = situation;
    this.plan = plan;
    this.goods = new Goods(situation.cart.lines);
    this.shipments = new Goods(situation.shipments);
    this.rejections = situation.candidates.map((candidate, i) => candidate.rejection ?? (plan.members[i] ? null : notInPlan));
    this.isOut = this.rejections.map((rejection) => rejection !== null);
    this.claimed = new Array<number[] | null>(size).fill(null);
    this.hasApplied = new Array<boolean>(size).fill(false);
    this.conditionsAsked = new Array<boolean>(size).fill(false);
    this.budgetSpent = new Array<number>(size).fill(0);
  }

  run(order?: readonly number[]): Priced {
    for (const stage of stages) {
      this.goods.startStage();
      this.shipments.startStage();
      const view = new StageView(this.situation, this.goods, this.shipments);
      const groups = new Map<string, number>();
      const size = this.situation.candidates.length;
      for (let i = 0; i < size; i++) {
        const candidate = order === undefined ? i : order[i]!;
        if (this.isOut[candidate]) continue;
        const part = partIn(this.situation.candidates[candidate]!.promotion, stage);
        if (part !== null) this.applyPart(candidate, part, view, groups);
      }
    }
    return {
      applications: this.applications,
      rejections: this.rejections.map((rejection, i) => (this.hasApplied[i] ? null : rejection)),
      total: this.goods.total + this.shipments.total,
      goods: this.goods,
      shipments: this.shipments,
      claimed: this.claimed,
      isContended: this.isContended,
    };
  }

  private applyPart(index: number, part: StagePart, view: StageView, groups: Map<string, number>): void {
    const candidate = this.situation.candidates[index]!;
    if (!this.conditionsHold(index, candidate, view)) return;
    const inTheWay = this.conflictsOf(index, candidate);
    const holder = part.stage === "item" ? undefined : groups.get(part.group);
    if (holder !== undefined) inTheWay.push(holder);
    if (inTheWay.length > 0) {
      this.isContended = true;
      return this.reject(index, { reason: "displaced", displacedBy: inTheWay });
    }
    const applied = part.stage === "reward" ? this.grant(index, part, view) : this.takeOff(index, part);
    if (applied && part.stage !== "item") groups.set(part.group, index);
  }

  /** Asked once, at the promotion's first stage; what does not depend on the stage was asked before. */
  private conditionsHold(index: number, { promotion, exhausted }: Candidate, view: StageView): boolean {
    if (!promotion.asksAtStage || this.conditionsAsked[index]) return true;
    this.conditionsAsked[index] = true;
    const verdict = promotion.conditions!.test(view);
    if (verdict.met && exhausted === null) return true;
    this.isOut[index] = true;
    this.reject(index, verdict.met ? exhausted! : rejectionByConditions(verdict, promotion, view));
    return false;
  }

  private conflictsOf(index: number, { promotion }: Candidate): number[] {
    if (!this.situation.hasConflicts) return [];
    return this.hasApplied.flatMap((applied, i) => (applied && i !== index && areInConflict(promotion, this.situation.candidates[i]!.promotion) ? [i] : []));
  }

  private reject(index: number, rejection: Rejection): void {
    this.rejections[index] ??= rejection;
  }

  // -------------------------------------------------------------- money

  private takeOff(index: number, part: StagePart): boolean {
    const { promotion } = this.situation.candidates[index]!;
    const goods = part.stage === "shipping" ? this.shipments : this.goods;
    const view = new UnitsView(this.situation, goods, index, part, this.plan.allowances?.[index] ?? null);
    const proposals: Proposal[] = [];
    let shortfall: Rejection | null = null;
    for (const benefit of part.benefits) {
      const answer = benefit.propose!(view);
      if (answer.wishes !== null) proposals.push(answer);
      else if (answer.unmet !== undefined && shortfall === null) shortfall = answer.unmet;
    }
    if (view.holders.size > 0) this.isContended = true;
    if (proposals.length === 0) {
      this.reject(index, view.holders.size > 0 ? displacedBy(view.holders) : (shortfall ?? { reason: "nothing_to_discount" }));
      return false;
    }
    const budgetLeft = this.budgetLeft(index, promotion);
    const atEdge = promotion.document.budget?.atEdge;
    const settled = settle(goods, proposals, this.situation.rounding, atEdge === "partial" ? budgetLeft : null);
    if (settled.amount === 0) {
      this.reject(index, whyNothing(settled.wished, budgetLeft, view.holders));
      return false;
    }
    if (budgetLeft !== null && settled.amount > budgetLeft) {
      this.reject(index, { reason: "budget_exhausted", required: settled.amount, actual: budgetLeft });
      return false;
    }
    this.budgetSpent[index]! += settled.amount;
    this.hasApplied[index] = true;
    if (part.stage === "item") this.claimUnits(index, part.group, goods, settled.touched, proposals);
    for (const run of settled.runs) goods.discount(run.line, run.from, run.count, run.amount);
    this.applications.push({
      candidate: index,
      stage: part.stage,
      amount: settled.amount,
      times: Math.max(...proposals.map((proposal) => proposal.times)),
      unapplied: Math.max(0, settled.wished - settled.amount),
      runs: settled.runs,
      depositsPaid: proposals.reduce((sum, proposal) => sum + (proposal.paid ?? 0), 0),
      reward: null,
    });
    return true;
  }

  private claimUnits(index: number, group: string, goods: Goods, touched: readonly Range[], proposals: readonly Proposal[]): void {
    const claim = { group, by: index };
    for (const range of touched) goods.claim(range, claim);
    for (const { used } of proposals) for (const range of used ?? []) goods.claim(range, claim);
    this.claimed[index] = goods.lines.map((_, line) =>
      goods.segmentsOf(line).reduce((units, segment) => units + (segment.claims.includes(claim) ? segment.count : 0), 0),
    );
  }

  /** Null when the promotion has no budget. */
  private budgetLeft(index: number, { key, document }: CompiledPromotion): number | null {
    if (document.budget === undefined) return null;
    const { currency } = this.situation.cart;
    const spent = this.situation.facts.usage?.get(key)?.spent?.[currency] ?? 0;
    return Math.max(0, document.budget.amount[currency]! - spent - this.budgetSpent[index]!);
  }

  // -------------------------------------------------------------- rewards

  private grant(index: number, part: StagePart, view: StageView): boolean {
    const { key } = this.situation.candidates[index]!.promotion;
    const rewardView: RewardView = {
      currency: this.situation.cart.currency,
      subtotal: (select) => view.subtotal(select, "current"),
      quantity: view.quantity,
      stockTaken: this.situation.facts.usage?.get(key)?.stockTaken ?? 0,
    };
    let granted = false;
    for (const benefit of part.benefits) {
      const reward = benefit.grant!(rewardView);
      if ("met" in reward) {
        this.reject(index, rejectionOf(reward));
        continue;
      }
      granted = true;
      this.hasApplied[index] = true;
      this.applications.push({ candidate: index, stage: "reward", amount: 0, times: 1, unapplied: 0, runs: [], depositsPaid: 0, reward });
    }
    return granted;
  }
}

/** The units one promotion may touch: covered, free in its group, and within its allowance. */
class UnitsView implements BenefitView {
  readonly currency: string;
  readonly depositUnits: number;
  /** Candidates that hold units this promotion would have touched. */
  readonly holders = new Set<number>();
  private readonly situation: Situation;
  private readonly goods: Goods;
  private readonly index: number;
  private readonly part: StagePart;
  private readonly allowance: readonly number[] | null;

  constructor(situation: Situation, goods: Goods, index: number, part: StagePart, allowance: readonly number[] | null) {
    this.situation = situation;
    this.goods = goods;
    this.index = index;
    this.part = part;
    this.allowance = part.stage === "item" ? allowance : null;
    this.currency = situation.cart.currency;
    this.depositUnits = part.stage === "order" ? depositUnitsOf(situation, situation.candidates[index]!.promotion) : 0;
  }

  unitPrice(range: Range): number {
    return this.goods.lines[range.line]!.unitPrice;
  }

  free(select: CompiledSelector, which: "all" | "paid" = "all"): Range[] {
    const coverage = this.part.stage === "shipping" ? this.situation.shipmentCoverage : this.situation.coverage;
    const free: Range[] = [];
    for (const line of coverage.of(select)) {
      const allowed = this.allowance === null ? null : this.allowance[line]!;
      const ofLine = allowed === null ? free : [];
      for (const segment of this.goods.segmentsOf(line)) {
        if (which === "paid" && segment.price === 0) continue;
        if (select.excludeDiscounted && isDiscounted(this.goods.lines[line]!, segment.price)) continue;
        const holder = this.part.stage === "item" ? segment.claims.find((claim) => claim.group === this.part.group && claim.by !== this.index) : undefined;
        if (holder !== undefined) this.holders.add(holder.by);
        else ofLine.push(segment);
      }
      if (allowed !== null) free.push(...takeUnits(ofLine.sort(dearestFirst), allowed));
    }
    return free;
  }
}

function partIn(promotion: CompiledPromotion, stage: Stage): StagePart | null {
  for (const part of promotion.parts) if (part.stage === stage) return part;
  return null;
}

function displacedBy(holders: ReadonlySet<number>): Rejection {
  return { reason: "displaced", displacedBy: [...holders].sort((a, b) => a - b) };
}

function whyNothing(wished: number, budgetLeft: number | null, holders: ReadonlySet<number>): Rejection {
  if (wished > 0 && budgetLeft === 0) return { reason: "budget_exhausted", required: wished, actual: 0 };
  if (wished > 0) return { reason: "floor_reached", required: wished, actual: 0 };
  return holders.size > 0 ? displacedBy(holders) : { reason: "nothing_to_discount" };
}

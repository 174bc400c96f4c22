/**
 * The evaluator: prices a plan. It knows nothing of how the plan was found.
 *
 * Stage by stage, inside a stage by priority and then key, each promotion of the plan is asked what it would take off the
 * units it may touch; that is rounded once, allocated, and the next one computes on what is left.
 */
import type { StockUse } from "./allotment.ts";
import { type Bid, bidOn } from "./bid.ts";
import { type Discount, Goods } from "./goods.ts";
import { type Reward, type RewardView, type Stage, stages } from "./kind.ts";
import { areInConflict, type CompiledPromotion, type StagePart } from "./promotion.ts";
import { unitsAboveSafety } from "./safety-stock.ts";
import type { Limit } from "./settle.ts";
import { filled, sortNumbers } from "./short-lists.ts";
import {
  budgetLeft,
  campaignBudgetLeft,
  type Rejection,
  rejectionByConditions,
  type Situation,
  StageView,
} from "./situation.ts";

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
  /** What kept it from giving more. */
  readonly limitedBy: readonly Limit[];
  /** Off goods, or off shipments in the shipping stage. */
  readonly discount: Discount;
  readonly reward: Reward | null;
  /** Of a reward, where its benefit stands in the promotion. */
  readonly position?: number;
  /** What it takes of its own stock of goods, where it has one. */
  readonly stock?: readonly StockUse[] | undefined;
}

export interface Priced {
  readonly applications: readonly Application[];
  /** By candidate; null for those that applied. */
  readonly rejections: readonly (Rejection | null)[];
  /** Goods and shipping after all discounts. */
  readonly total: number;
  readonly goods: Goods;
  readonly shipments: Goods;
  /** By candidate, then canonical line: units claimed in the item stage, null where it has no part. Empty unless an order was given. */
  readonly claimed: readonly (readonly number[] | null)[];
  /** In another order of claiming: who was denied a group of a later stage, and by whom. */
  readonly denied: ReadonlyMap<number, number>;
  /** Candidates that found units or an order taken by another, and those that had taken them. */
  readonly contenders: Contenders;
}

/** A set of candidates; most of many may be in it. */
export class Contenders {
  size = 0;
  private readonly isIn: boolean[];

  constructor(candidates: number) {
    this.isIn = filled(candidates, false);
  }

  add(index: number): void {
    if (this.isIn[index]) return;
    this.isIn[index] = true;
    this.size++;
  }

  has(index: number): boolean {
    return this.isIn[index]!;
  }
}

const nothing: readonly never[] = [];
const nothingOff: Discount = { amount: 0, runs: () => [] };
const notInPlan: Rejection = { reason: "displaced" };

/**
 * `order` is for planners that try another order of claiming; quotes are always priced in the order of the candidates.
 */
export function price(situation: Situation, plan: Plan, order?: readonly number[]): Priced {
  return new Pricing(situation, plan, false).run(order);
}

/** The same, and those left out of the plan are asked, stage by stage, what they would have found: their rejections say so. */
export function priceAndWatch(situation: Situation, plan: Plan): Priced {
  return new Pricing(situation, plan, true).run();
}

class Pricing {
  private readonly situation: Situation;
  private readonly plan: Plan;
  private readonly goods: Goods;
  private readonly shipments: Goods;
  private readonly applications: Application[] = [];
  private readonly rejections: (Rejection | null)[];
  private claimed: (number[] | null)[] = [];
  /** Candidates that gave something, in whatever stage. */
  private readonly hasApplied: boolean[];
  /** Out of it for all stages, unlike one that merely gave nothing in the stages so far. */
  private readonly isOut: boolean[];
  private isTrial = false;
  private readonly denied = new Map<number, number>();
  private readonly contenders: Contenders;
  /** By candidate, of those that have a budget. */
  private readonly budgetSpent = new Map<number, number>();
  /** By campaign, of those that have a budget. */
  private readonly campaignSpent = new Map<string, number>();
  /** Left out of the plan, but asked. */
  private readonly bystanders: readonly number[];

  constructor(situation: Situation, plan: Plan, isWatching: boolean) {
    const size = situation.candidates.length;
    this.situation = situation;
    this.plan = plan;
    this.goods = new Goods(situation.cart.lines);
    this.shipments = new Goods(situation.shipments);
    this.rejections = situation.candidates.map(
      (candidate, i) => candidate.rejection ?? (plan.members[i] ? null : notInPlan),
    );
    this.isOut = this.rejections.map((rejection) => rejection !== null);
    this.contenders = new Contenders(size);
    this.bystanders = isWatching ? indexesOf(this.rejections, notInPlan) : nobody;
    this.hasApplied = filled(size, false);
  }

  run(order?: readonly number[]): Priced {
    this.isTrial = order !== undefined;
    const view = new StageView(this.situation, this.goods, this.shipments);
    const groups = new Map<string, number>();
    for (const stage of stages) {
      this.goods.startStage();
      this.shipments.startStage();
      // A group holds within its stage.
      if (groups.size > 0) groups.clear();
      for (const candidate of order ?? this.situation.inStage[stage]) {
        if (this.isOut[candidate]) continue;
        const part = partIn(this.situation.candidates[candidate]!.promotion, stage);
        if (part !== null) this.applyPart(candidate, part, view, groups);
      }
      for (const index of this.bystanders) this.ask(index, stage, view, groups);
      if (stage === "item" && this.isTrial) this.claimed = this.unitsClaimed();
    }
    return {
      applications: this.applications,
      rejections: this.rejections.map((rejection, i) => (this.hasApplied[i] ? null : rejection)),
      total: this.goods.total + this.shipments.total,
      goods: this.goods,
      shipments: this.shipments,
      claimed: this.claimed,
      denied: this.denied,
      contenders: this.contenders,
    };
  }

  private applyPart(index: number, part: StagePart, view: StageView, groups: Map<string, number>): void {
    if (!this.conditionsHold(index, part, view)) return;
    const holder = part.stage === "item" ? undefined : groups.get(part.group);
    if (holder !== undefined && this.isTrial) this.denied.set(index, holder);
    if (holder !== undefined || this.situation.hasConflicts) {
      const conflicts = this.conflictsOf(index);
      const inTheWay = holder === undefined ? conflicts : [...conflicts, holder];
      if (inTheWay.length > 0) {
        this.noteRivals(index, inTheWay);
        this.reject(index, { reason: "displaced", displacedBy: inTheWay });
        return;
      }
    }
    const applied = part.stage === "reward" ? this.grant(index, part, view) : this.takeOff(index, part);
    if (applied && part.stage !== "item") groups.set(part.group, index);
  }

  /** What a bystander would find once those in the plan have taken theirs. The first stage that says why not decides. */
  private ask(index: number, stage: Stage, view: StageView, groups: ReadonlyMap<string, number>): void {
    if (this.rejections[index] !== notInPlan) return;
    const { promotion, exhausted } = this.situation.candidates[index]!;
    const part = partIn(promotion, stage);
    if (part === null) return;
    if (part === promotion.parts[0] && promotion.asksAtStage) {
      const verdict = promotion.conditions!.test(view);
      if (!verdict.met || exhausted !== null) {
        this.rejections[index] = verdict.met ? exhausted : rejectionByConditions(verdict, promotion, view);
        return;
      }
    }
    if (stage === "reward") return;
    const holder = stage === "item" ? undefined : groups.get(part.group);
    if (holder !== undefined) {
      this.rejections[index] = { reason: "displaced", displacedBy: [holder] };
      return;
    }
    const goods = stage === "shipping" ? this.shipments : this.goods;
    const bid = bidOn(this.situation, goods, index, part, null, null);
    if (bid.settlement.amount === 0)
      this.rejections[index] = whyNothing(bid, this.budgetLeft(index, promotion));
  }

  /** Asked once, at the promotion's first stage; what does not depend on the stage was asked before. */
  private conditionsHold(index: number, part: StagePart, view: StageView): boolean {
    const { promotion, exhausted } = this.situation.candidates[index]!;
    if (!promotion.asksAtStage || part !== promotion.parts[0]) return true;
    const verdict = promotion.conditions!.test(view);
    if (verdict.met && exhausted === null) return true;
    this.isOut[index] = true;
    this.reject(index, verdict.met ? exhausted! : rejectionByConditions(verdict, promotion, view));
    return false;
  }

  private conflictsOf(index: number): readonly number[] {
    if (!this.situation.hasConflicts) return nobody;
    const { promotion } = this.situation.candidates[index]!;
    return this.hasApplied.flatMap((applied, i) =>
      applied && i !== index && areInConflict(promotion, this.situation.candidates[i]!.promotion) ? [i] : [],
    );
  }

  private noteRivals(index: number, rivals: readonly number[]): void {
    if (rivals.length === 0) return;
    this.contenders.add(index);
    for (const rival of rivals) this.contenders.add(rival);
  }

  private reject(index: number, rejection: Rejection): void {
    this.rejections[index] ??= rejection;
  }

  // -------------------------------------------------------------- money

  private takeOff(index: number, part: StagePart): boolean {
    const { promotion } = this.situation.candidates[index]!;
    const goods = part.stage === "shipping" ? this.shipments : this.goods;
    const budgetLeft = promotion.isGuarded ? this.budgetLeft(index, promotion) : null;
    const trimTo = budgetLeft !== null && promotion.document.budget?.atEdge === "partial" ? budgetLeft : null;
    const bid = bidOn(this.situation, goods, index, part, this.plan.allowances?.[index] ?? null, trimTo);
    this.noteRivals(index, bid.holders);
    if (bid.settlement.amount === 0) {
      this.reject(index, whyNothing(bid, budgetLeft));
      return false;
    }
    if (budgetLeft !== null && bid.settlement.amount > budgetLeft) {
      this.reject(index, { reason: "budget_exhausted", required: bid.settlement.amount, actual: budgetLeft });
      return false;
    }
    if (!this.takeFromCampaign(index, promotion, bid.settlement.amount)) return false;
    this.situation.work.spend(bid.used.length + bid.counted.length);
    if (budgetLeft !== null)
      this.budgetSpent.set(index, (this.budgetSpent.get(index) ?? 0) + bid.settlement.amount);
    this.hasApplied[index] = true;
    if (part.stage === "item") {
      const claim = { group: part.group, by: index };
      for (const range of bid.settlement.touched()) goods.claim(range, claim);
      for (const range of bid.used) goods.claim(range, claim);
      // In another order of claiming, whoever comes later must leave the units it counts on.
      if (this.isTrial) for (const range of bid.counted) goods.claim(range, claim);
    }
    goods.discount(bid.settlement, part.stage === "item" ? part.group : null);
    this.applications.push({
      candidate: index,
      stage: part.stage,
      amount: bid.settlement.amount,
      times: bid.times,
      unapplied: Math.max(0, bid.settlement.wished - bid.settlement.amount),
      limitedBy: bid.settlement.limitedBy,
      discount: bid.settlement,
      reward: null,
      stock: bid.allotment?.uses([...bid.settlement.touched(), ...bid.used]),
    });
    return true;
  }

  private unitsClaimed(): (number[] | null)[] {
    const lines = this.goods.lines.length;
    // Who found nothing may not take in the real order what others found: none is not the same as all that are free.
    const claimed = this.situation.candidates.map(({ promotion }, index) =>
      this.plan.members[index] && partIn(promotion, "item") !== null ? filled(lines, 0) : null,
    );
    for (let line = 0; line < lines; line++) {
      for (const { claims, count } of this.goods.claimsOn(line)) {
        for (const { by } of claims) claimed[by]![line]! += count;
      }
    }
    return claimed;
  }

  /** Null when the promotion has no budget. */
  private budgetLeft(index: number, promotion: CompiledPromotion): number | null {
    const left = budgetLeft(this.situation, promotion);
    return left === null ? null : Math.max(0, left - (this.budgetSpent.get(index) ?? 0));
  }

  /** All promotions of a campaign take from one budget; one that asks for more than is left gets nothing. */
  private takeFromCampaign(index: number, promotion: CompiledPromotion, amount: number): boolean {
    const left = campaignBudgetLeft(this.situation, promotion);
    if (left === null) return true;
    const campaign = promotion.document.campaign!;
    const spent = this.campaignSpent.get(campaign) ?? 0;
    if (amount > left - spent) {
      this.reject(index, { reason: "campaign_budget_exhausted", required: amount, actual: left - spent });
      return false;
    }
    this.campaignSpent.set(campaign, spent + amount);
    return true;
  }

  // -------------------------------------------------------------- rewards

  private grant(index: number, part: StagePart, view: StageView): boolean {
    const { cart, facts, candidates } = this.situation;
    const { key, safetyStock } = candidates[index]!.promotion;
    const stockTaken = facts.usage?.get(key)?.stockTaken;
    let granted = false;
    for (const [place, benefit] of part.benefits.entries()) {
      const position = part.positions[place]!;
      const rewardView: RewardView = {
        currency: cart.currency,
        subtotal: (select) => view.subtotal(select, "current"),
        quantity: (select) => view.quantity(select),
        stockTaken: stockTaken?.[position] ?? 0,
        aboveSafety: (sku) =>
          safetyStock === null ? null : unitsAboveSafety(safetyStock, sku, cart.store, facts.stock),
      };
      const grant = benefit.grant!(rewardView);
      if ("met" in grant) {
        this.reject(index, grant);
        continue;
      }
      granted = true;
      this.hasApplied[index] = true;
      this.applications.push({
        candidate: index,
        stage: "reward",
        amount: 0,
        times: grant.times,
        unapplied: 0,
        limitedBy: nothing,
        discount: nothingOff,
        reward: grant.reward,
        position,
      });
    }
    return granted;
  }
}

const nobody: readonly number[] = [];

function indexesOf<Value>(values: readonly Value[], wanted: Value): number[] {
  const indexes: number[] = [];
  for (let i = 0; i < values.length; i++) if (values[i] === wanted) indexes.push(i);
  return indexes;
}

function partIn(promotion: CompiledPromotion, stage: Stage): StagePart | null {
  for (const part of promotion.parts) if (part.stage === stage) return part;
  return null;
}

function displacedBy(holders: readonly number[]): Rejection {
  return { reason: "displaced", displacedBy: holders.length === 1 ? holders : sortNumbers([...holders]) };
}

/** Why a bid comes to nothing. `budgetLeft`: null where the promotion has none. */
export function whyNothing(
  { settlement: { wished }, holders, shortfall, allotment }: Bid,
  budgetLeft: number | null,
): Rejection {
  if (wished > 0 && budgetLeft === 0) return { reason: "budget_exhausted", required: wished, actual: 0 };
  if (wished > 0) return { reason: "floor_reached", required: wished, actual: 0 };
  const shortage = allotment?.shortage() ?? null;
  if (shortage !== null) return shortage;
  if (holders.length > 0) return displacedBy(holders);
  return shortfall ?? { reason: "nothing_to_discount" };
}

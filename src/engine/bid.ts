/** What one promotion would take off the units it may touch, as they are by now. */
import { Allotment, hasStock } from "./allotment.ts";
import { dearestFirst, type Goods, isDiscounted, partOf, type Range, takeUnits } from "./goods.ts";
import type { BenefitView, Everything, Proposal, Unmet } from "./kind.ts";
import type { StagePart } from "./promotion.ts";
import type { CompiledSelector } from "./selectors/selector.ts";
import { type Settlement, settle } from "./settle.ts";
import { withOneMore } from "./short-lists.ts";
import { depositUnitsOf, type Situation } from "./situation.ts";

export interface Bid {
  readonly settlement: Settlement;
  readonly times: number;
  /** Units used up without a discount of their own. */
  readonly used: readonly Range[];
  /** Units counted to reach a threshold. */
  readonly counted: readonly Range[];
  /** What is missing where nothing can be given. */
  readonly shortfall: Unmet | null;
  /** Candidates that hold units this one would have touched. */
  readonly holders: ReadonlySet<number>;
  /** Where the promotion has a stock of its own: what it may touch of it. */
  readonly allotment: Allotment | null;
}

/** `allowance`: the most units of each line; null: all. `trimTo`: the rest of a budget that trims; null: none. */
export function bidOn(
  situation: Situation,
  goods: Goods,
  index: number,
  part: StagePart,
  allowance: readonly number[] | null,
  trimTo: number | null,
): Bid {
  // Allowances are of the item stage alone.
  const isKnownOnce =
    part.stage === "item" && trimTo === null && (allowance === null || allowsAll(situation, allowance, part));
  if (!isKnownOnce) return makeBid(situation, goods, index, part, allowance, trimTo);
  // Most promotions of a cart do not meet on the same lines, and planners try many plans: what a promotion would do on
  // lines that nobody has touched yet is worked out once.
  if (!isUntouched(situation, goods, part)) return makeBid(situation, goods, index, part, allowance, null);
  let standing = situation.standingBids[index];
  if (standing === undefined) {
    standing = makeBid(situation, goods, index, part, null, null);
    situation.standingBids[index] = standing;
  }
  return standing;
}

/** The promotion may use all units of the lines that it covers. */
function allowsAll(
  { cart, coverage }: Situation,
  allowance: readonly number[],
  { benefits }: StagePart,
): boolean {
  for (const { selectors } of benefits)
    for (const select of selectors)
      for (const line of coverage.of(select)) if (allowance[line]! < cart.lines[line]!.quantity) return false;
  return true;
}

/** None of the lines that the promotion covers has been touched. */
function isUntouched({ coverage }: Situation, goods: Goods, { benefits }: StagePart): boolean {
  for (const { selectors } of benefits)
    for (const select of selectors)
      for (const line of coverage.of(select)) if (!goods.isUntouched(line)) return false;
  return true;
}

const nothing: Settlement = { amount: 0, wished: 0, limitedBy: [], touched: () => [], runs: () => [] };
const noUnits: readonly Range[] = [];
/** The goods cut their segments in two as claims and discounts fall on them. */
const copiesOf = (ranges: readonly Range[]): readonly Range[] =>
  ranges.length === 0 ? noUnits : ranges.map((range) => partOf(range, 0, range.count));

function makeBid(
  situation: Situation,
  goods: Goods,
  index: number,
  part: StagePart,
  allowance: readonly number[] | null,
  trimTo: number | null,
): Bid {
  const view = new UnitsView(situation, goods, index, part, allowance);
  let proposals: Proposal[] | undefined;
  let shortfall: Unmet | null = null;
  for (const benefit of part.benefits) {
    const answer = benefit.propose!(view);
    if (answer.wishes !== null) proposals = withOneMore(proposals, answer);
    else shortfall ??= answer.unmet ?? null;
  }
  const { holders } = view;
  if (proposals === undefined)
    return {
      settlement: nothing,
      times: 0,
      used: noUnits,
      counted: noUnits,
      shortfall,
      holders,
      allotment: view.allotment,
    };
  const settlement = settle(goods, proposals, situation.rounding, trimTo, situation.work);
  let times = 0;
  let used = noUnits;
  let counted = noUnits;
  for (const proposal of proposals) {
    times = Math.max(times, proposal.times);
    if (proposal.counted !== undefined)
      counted = counted.length === 0 ? proposal.counted : [...counted, ...proposal.counted];
    if (proposal.used !== undefined) used = used.length === 0 ? proposal.used : [...used, ...proposal.used];
  }
  return {
    settlement,
    times,
    used: copiesOf(used),
    counted: copiesOf(counted),
    shortfall,
    holders,
    allotment: view.allotment,
  };
}

const nobody: ReadonlySet<number> = new Set();

/** The units one promotion may touch: covered, free in its group, and within its allowance. */
class UnitsView implements BenefitView {
  readonly currency: string;
  readonly depositUnits: number;
  /** Candidates that hold units this promotion would have touched. */
  holders: ReadonlySet<number> = nobody;
  private readonly situation: Situation;
  private readonly goods: Goods;
  private readonly index: number;
  private readonly part: StagePart;
  private readonly allowance: readonly number[] | null;
  private readonly isAllotted: boolean;
  /** Made when units are first asked for. */
  allotment: Allotment | null = null;

  constructor(
    situation: Situation,
    goods: Goods,
    index: number,
    part: StagePart,
    allowance: readonly number[] | null,
  ) {
    this.situation = situation;
    this.goods = goods;
    this.index = index;
    this.part = part;
    this.allowance = part.stage === "item" ? allowance : null;
    this.isAllotted = part.stage !== "shipping" && hasStock(situation, index);
    this.currency = situation.cart.currency;
    this.depositUnits =
      part.stage === "order" ? depositUnitsOf(situation, situation.candidates[index]!.promotion) : 0;
  }

  everything(select: CompiledSelector): Everything | null {
    const { goods, situation } = this;
    if (this.part.stage !== "order" || !select.coversEverything || goods.hasFloors || this.isAllotted)
      return null;
    return {
      worth: goods.total,
      stageWorth: goods.stageTotal,
      quantity: situation.cart.quantity,
      units: () => this.free(select),
    };
  }

  spend(operations: number): void {
    this.situation.work.spend(operations);
  }

  unitPrice(range: Range): number {
    return this.goods.lines[range.line]!.unitPrice;
  }

  free(select: CompiledSelector, which: "all" | "paid" = "all"): readonly Range[] {
    if (!this.isAllotted) return this.unclaimed(select, which);
    this.allotment ??= new Allotment(
      this.situation,
      this.index,
      this.part.benefits.flatMap(({ selectors }) =>
        selectors.flatMap((covered) => this.unclaimed(covered, "paid")),
      ),
    );
    return this.allotment.of(this.unclaimed(select, which));
  }

  private unclaimed(select: CompiledSelector, which: "all" | "paid"): readonly Range[] {
    const coverage =
      this.part.stage === "shipping" ? this.situation.shipmentCoverage : this.situation.coverage;
    let free: Range[] | undefined;
    const isItem = this.part.stage === "item";
    for (const line of coverage.of(select)) {
      let ofLine: Range[] | undefined = this.allowance === null ? free : undefined;
      const segments = isItem ? this.goods.segmentsFor(this.part.group, line) : this.goods.segmentsOf(line);
      this.situation.work.spend(segments.length);
      for (const segment of segments) {
        if (which === "paid" && segment.price === 0) continue;
        if (select.excludeDiscounted && isDiscounted(this.goods.lines[line]!, segment.price)) continue;
        const holder =
          segment.claims.length === 0
            ? undefined
            : segment.claims.find((claim) => claim.group === this.part.group && claim.by !== this.index);
        if (holder === undefined) ofLine = withOneMore(ofLine, segment);
        else if (!this.holders.has(holder.by)) this.holders = new Set([...this.holders, holder.by]);
      }
      if (this.allowance === null) free = ofLine;
      else if (ofLine !== undefined)
        for (const range of takeUnits(ofLine.sort(dearestFirst), this.allowance[line]!))
          free = withOneMore(free, range);
    }
    return free ?? noUnits;
  }
}

/** What one promotion would take off the units it may touch, as they are by now. */
import { Allotment, hasStock } from "./allotment.ts";
import {
  type Claim,
  dearestFirst,
  type Goods,
  isDiscounted,
  partOf,
  type Range,
  takeUnits,
} from "./goods.ts";
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
  /** Candidates that hold units this one would have touched, each once. */
  readonly holders: readonly number[];
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
  const holders = holdersOfAll(situation, goods, index, part);
  if (holders !== null) return noBid(holders, null, null);
  // Allowances are of the item stage alone.
  const isKnownOnce =
    part.stage === "item" && trimTo === null && (allowance === null || allowsAll(situation, allowance, part));
  // Most promotions of a cart do not meet on the same lines, and planners try many plans: what a promotion would do on
  // lines that nobody has touched yet is worked out once.
  if (!isKnownOnce || !isUntouched(situation, goods, part))
    return makeBid(situation, goods, index, part, allowance, trimTo);
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
const nobody: readonly number[] = [];

function noBid(holders: readonly number[], shortfall: Unmet | null, allotment: Allotment | null): Bid {
  return { settlement: nothing, times: 0, used: noUnits, counted: noUnits, shortfall, holders, allotment };
}

/**
 * Who holds the units, where its group holds every one that the promotion covers: then it finds nothing, whatever it is, and need not
 * be asked for a bid. Null: something may be free, or it takes a closer look.
 */
function holdersOfAll(
  situation: Situation,
  goods: Goods,
  index: number,
  { group, plainGoods }: StagePart,
): readonly number[] | null {
  if (plainGoods === null) return null;
  let holders = nobody;
  let segmentsSeen = 0;
  for (const line of situation.coverage.of(plainGoods)) {
    if (goods.isUntouched(line)) return null;
    for (const segment of goods.segmentsFor(group, line)) {
      // Of what costs nothing some benefits take no notice.
      const holder = segment.price === 0 ? undefined : holderOf(segment, group, index);
      if (holder === undefined) return null;
      holders = withHolder(holders, holder);
      segmentsSeen++;
    }
  }
  if (segmentsSeen === 0) return null;
  situation.work.spend(segmentsSeen);
  return holders;
}

/** Another of the group that has claimed the units. */
function holderOf(
  { claims }: { readonly claims: readonly Claim[] },
  group: string,
  index: number,
): number | undefined {
  for (const claim of claims) if (claim.group === group && claim.by !== index) return claim.by;
  return undefined;
}

function withHolder(holders: readonly number[], holder: number): readonly number[] {
  return holders.includes(holder) ? holders : [...holders, holder];
}

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
  const { holders, allotment } = view;
  if (proposals === undefined) return noBid(holders, shortfall, allotment);
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
    allotment,
  };
}

/** The units one promotion may touch: covered, free in its group, and within its allowance. */
class UnitsView implements BenefitView {
  readonly currency: string;
  readonly depositUnits: number;
  /** Candidates that hold units this promotion would have touched. */
  holders = nobody;
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
    const unitsAsNow = goods.unitsAsNow();
    return {
      worth: goods.total,
      stageWorth: goods.stageTotal,
      quantity: situation.cart.quantity,
      units() {
        const units = unitsAsNow();
        situation.work.spend(units.length);
        return units;
      },
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
        const holder = holderOf(segment, this.part.group, this.index);
        if (holder === undefined) ofLine = withOneMore(ofLine, segment);
        else this.holders = withHolder(this.holders, holder);
      }
      if (this.allowance === null) free = ofLine;
      else if (ofLine !== undefined)
        for (const range of takeUnits(ofLine.sort(dearestFirst), this.allowance[line]!))
          free = withOneMore(free, range);
    }
    return free ?? noUnits;
  }
}

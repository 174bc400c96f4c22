/**
 * The whole story of one promotion and one cart: whether it was a candidate, which conditions hold, what it took, or who took
 * its place, and what it would cost to have it all the same. For those who ask about a single cart; quotes say it in short.
 */
import type { LeafVerdict } from "./conditions/tree.ts";
import { isChoice, rejectionsOf, whyUnheard } from "./explanations.ts";
import { type Forced, planWith, whatIfWork } from "./forcing.ts";
import { outOfReach } from "./judge.ts";
import type { Stage } from "./kind.ts";
import { NearMisses } from "./near-miss.ts";
import type { Outcome } from "./outcome.ts";
import type { Work } from "./plan/exact/work.ts";
import type { Application, Priced } from "./price.ts";
import { areInConflict, type CompiledPromotion } from "./promotion.ts";
import { type Rejection, type Situation, StageView } from "./situation.ts";
import { goodsAtStage } from "./stage-goods.ts";
import { adjustmentsByPosition, isOnGoods, isOnShipments } from "./write-quote.ts";

export interface Rival {
  readonly promotion: CompiledPromotion;
  /** Why the two do not stand together. */
  readonly by: "group" | "exclusive" | "excludes" | "threshold";
  readonly group: string | null;
}

export interface TakenUnits {
  /** Of the request, or a shipment. */
  readonly line: string;
  readonly stage: Stage;
  readonly amount: number;
  readonly runs: readonly { readonly units: number; readonly amount: number }[];
}

export type AppliedPart = Pick<Application, "stage" | "amount" | "times" | "unapplied" | "limitedBy">;

export interface Story {
  readonly promotion: CompiledPromotion;
  readonly isCandidate: boolean;
  /** Null: it applied. */
  readonly rejection: Rejection | null;
  readonly conditions: readonly LeafVerdict[];
  readonly parts: readonly AppliedPart[];
  readonly rivals: readonly Rival[];
  /** The cheapest plan with it, where it could have been in the plan. */
  readonly forced: Forced | null;
  /** What it took; or what it would take if it were forced. */
  readonly units: readonly TakenUnits[];
  /** With what is missing added: what it would take off. */
  readonly wouldSave: number | null;
}

/** The stories of these candidates, by index; the work is shared, so later ones may lack what a plan would cost. */
export function storiesOf(outcome: Outcome, indexes: readonly number[]): Story[] {
  const rejections = rejectionsOf(outcome, true);
  const work = whatIfWork();
  return indexes.map((index) => storyOf(outcome, index, rejections[index]!, work));
}

/** `judged`: the promotion alone, which nothing in the cart or among its codes called for, or which nobody looked at. */
export function storyOfStranger(outcome: Outcome, judged: Situation, isDraft: boolean): Story {
  const { promotion } = judged.candidates[0]!;
  return {
    promotion,
    isCandidate: false,
    rejection: whyStranger(outcome, judged, isDraft),
    conditions: conditionsOf(outcome, promotion),
    parts: [],
    rivals: [],
    forced: null,
    units: [],
    wouldSave: null,
  };
}

function whyStranger({ codes }: Outcome, { candidates, facts }: Situation, isDraft: boolean): Rejection {
  const { promotion, rejection } = candidates[0]!;
  const isCoded = promotion.code !== null || promotion.pool !== null;
  const unheard = whyUnheard(facts, isCoded && codes.length > 0, isDraft);
  if (unheard !== null) return unheard;
  if (isCoded) return { reason: "code_not_entered" };
  return rejection === null || rejection === outOfReach ? { reason: "goods_missing" } : rejection;
}

function storyOf(outcome: Outcome, index: number, rejection: Rejection | null, work: Work): Story {
  const { situation, settings, proposed, request } = outcome;
  const { priced } = proposed;
  const { promotion } = situation.candidates[index]!;
  const forced =
    rejection !== null && isChoice(rejection) ? planWith(situation, index, settings.strategy, work) : null;
  const near =
    rejection === null
      ? null
      : situation.work.searching(() =>
          new NearMisses(situation, priced, request.identifiers).find(
            situation.candidates[index]!,
            rejection,
          ),
        );
  const taken = rejection === null ? priced : forced?.priced;
  return {
    promotion,
    isCandidate: true,
    rejection,
    conditions: conditionsOf(outcome, promotion),
    parts: rejection === null ? partsOf(priced, index) : [],
    rivals: (rejection?.displacedBy ?? []).map((other) =>
      rivalOf(promotion, situation.candidates[other]!.promotion, rejection!),
    ),
    forced,
    units: taken === undefined ? [] : unitsTaken(outcome, taken, promotion.key),
    wouldSave: near?.wouldSave ?? null,
  };
}

// ---------------------------------------------------------------- conditions

/** Each condition as it was asked: at the prices that its promotion's stage began with. */
function conditionsOf({ situation, proposed }: Outcome, { conditions, parts }: CompiledPromotion) {
  if (conditions === null) return [];
  const { goods, shipments } = goodsAtStage(situation, proposed.priced, parts[0]!.stage);
  return conditions.testEach(new StageView(situation, goods, shipments));
}

// ---------------------------------------------------------------- what it took

function partsOf({ applications }: Priced, index: number): AppliedPart[] {
  return applications
    .filter(({ candidate }) => candidate === index)
    .map(({ stage, amount, times, unapplied, limitedBy }) => ({
      stage,
      amount,
      times,
      unapplied,
      limitedBy,
    }));
}

function unitsTaken({ request, situation }: Outcome, priced: Priced, key: string): TakenUnits[] {
  const units: TakenUnits[] = [];
  const note = (
    lines: Situation["shipments"],
    asked: readonly { readonly id: string }[],
    isMeant: (stage: Stage) => boolean,
  ) => {
    adjustmentsByPosition(situation, priced, lines, asked.length, isMeant).forEach((ofLine, position) => {
      for (const { promotion, stage, amount, runs } of ofLine ?? [])
        if (promotion === key)
          units.push({
            line: asked[position]!.id,
            stage,
            amount,
            runs: runs.filter((run) => run.amount > 0),
          });
    });
  };
  note(situation.cart.lines, request.lines, isOnGoods);
  note(situation.shipments, request.shipping ?? [], isOnShipments);
  return units;
}

// ---------------------------------------------------------------- who took its place

function rivalOf(meant: CompiledPromotion, other: CompiledPromotion, { reason }: Rejection): Rival {
  if (reason === "threshold_protected") return { promotion: other, by: "threshold", group: null };
  if (meant.document.stacking.exclusive || other.document.stacking.exclusive)
    return { promotion: other, by: "exclusive", group: null };
  if (areInConflict(meant, other)) return { promotion: other, by: "excludes", group: null };
  const shared = meant.parts.find((mine) =>
    other.parts.some(({ stage, group }) => stage === mine.stage && group === mine.group),
  );
  return { promotion: other, by: "group", group: shared?.group ?? null };
}

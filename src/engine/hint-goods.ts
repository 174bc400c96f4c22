/** Which goods are worth trying in the cart: those whose lack, or whose next unit, some public promotion waits for. */
import type { BenefitDocument } from "./benefits/index.ts";
import type { Stage } from "./kind.ts";
import { limits } from "./limits.ts";
import { missOf } from "./near-miss.ts";
import type { Outcome } from "./outcome.ts";
import type { Rejection, Situation } from "./situation.ts";
import { goodsAtStage } from "./stage-goods.ts";

/** More units of a line, or (line null) any goods worth `amount`. */
export interface Goods {
  readonly line: string | null;
  readonly sku: string | null;
  readonly quantity: number | null;
  /** Minor units: what they cost by themselves. */
  readonly amount: number;
}

/** A threshold on all goods, counted where its promotion's stage begins. */
export interface AmountTarget {
  readonly candidate: number;
  readonly stage: Stage;
  readonly base: number;
  readonly next: number;
}

/** Lines tried for one promotion, the cheapest first. */
const linesPerPromotion = 3;

const isPublic = ({ candidates }: Situation, index: number): boolean =>
  candidates[index]!.promotion.document.visibility === "public";

export function amountTargets(
  { situation, proposed }: Outcome,
  rejections: readonly (Rejection | null)[],
): AmountTarget[] {
  const targets: AmountTarget[] = [];
  const base = goodsAtStage(situation, proposed.priced, "order").goods.total;
  situation.candidates.forEach(({ promotion, rejection }, candidate) => {
    if (!isPublic(situation, candidate)) return;
    const stage = promotion.parts[0]!.stage;
    const miss = missOf(rejections[candidate]!);
    if (miss?.gapIn === "amount" && (miss.gapOf?.coversEverything ?? true)) {
      targets.push({ candidate, stage, base: miss.actual!, next: miss.required! });
      return;
    }
    if (rejection !== null) return;
    const next = nextStep(situation, candidate, base);
    if (next !== null) targets.push({ candidate, stage: "order", base, next });
  });
  return targets.sort((a, b) => a.next - a.base - (b.next - b.base) || a.candidate - b.candidate);
}

/** The next amount of all goods at which a benefit of the order stage gives more. */
function nextStep({ candidates, cart }: Situation, index: number, base: number): number | null {
  const { parts, document } = candidates[index]!.promotion;
  const part = parts.find(({ stage }) => stage === "order");
  let next: number | null = null;
  part?.benefits.forEach(({ selectors }, i) => {
    if (!selectors.every(({ coversEverything }) => coversEverything)) return;
    const step = stepAfter(document.benefits[part.positions[i]!] as BenefitDocument, base, cart.currency);
    if (step !== null && (next === null || step < next)) next = step;
  });
  return next;
}

interface Steps {
  readonly every?: { readonly amount?: Readonly<Record<string, number>>; readonly quantity?: number };
  readonly maxTimes?: number;
  readonly by?: string;
  readonly tiers?: readonly { readonly from: Readonly<Record<string, number>> | number }[];
}

function stepAfter(benefit: BenefitDocument, base: number, currency: string): number | null {
  const { every, maxTimes, by, tiers } = benefit as unknown as Steps;
  const amount = every?.amount?.[currency];
  if (amount !== undefined) {
    const times = Math.floor(base / amount);
    return maxTimes !== undefined && times >= maxTimes ? null : (times + 1) * amount;
  }
  if (by !== "amount" || tiers === undefined) return null;
  const above = tiers
    .map(({ from }) => (typeof from === "number" ? from : from[currency]!))
    .filter((from) => from > base);
  return above.length === 0 ? null : Math.min(...above);
}

// ---------------------------------------------------------------- units

/** In the order in which they are tried: what is missing, then the next unit of what is counted in units. */
export function unitsToTry({ situation }: Outcome, rejections: readonly (Rejection | null)[]): Goods[] {
  const goods = new Map<string, Goods>();
  const add = (line: number, quantity: number) => {
    const { id, parts, sku, unitPrice } = situation.cart.lines[line]!;
    const amount = quantity * unitPrice;
    if (unitPrice === 0 || (quantity > 1 && amount > situation.cart.subtotal)) return;
    if (parts[0]!.quantity + quantity > limits.quantityPerLine) return;
    goods.set(`${line}:${quantity}`, { line: id, sku, quantity, amount });
  };
  const priceOf = (line: number) => situation.cart.lines[line]!.unitPrice;
  const cheapestFirst = (lines: readonly number[]) => {
    situation.work.spend(lines.length);
    return lines.filter((line) => priceOf(line) > 0).sort((a, b) => priceOf(a) - priceOf(b) || a - b);
  };
  rejections.forEach((rejection, index) => {
    const miss = missOf(rejection);
    if (miss?.gap === undefined || miss.gapOf === undefined || !isPublic(situation, index)) return;
    if (miss.gapIn === "amount" && miss.gapOf.coversEverything) return;
    const { gap } = miss;
    const quantityOf = (line: number) => (miss.gapIn === "units" ? gap : Math.ceil(gap / priceOf(line)));
    const [best] = cheapestFirst(situation.coverage.of(miss.gapOf)).sort(
      (a, b) => quantityOf(a) * priceOf(a) - quantityOf(b) * priceOf(b) || a - b,
    );
    if (best !== undefined) add(best, quantityOf(best));
  });
  situation.candidates.forEach(({ promotion, rejection }, index) => {
    if (rejection !== null || !isPublic(situation, index)) return;
    for (const part of promotion.parts) {
      if (part.stage !== "item") continue;
      part.benefits.forEach(({ selectors }, i) => {
        const document = promotion.document.benefits[part.positions[i]!] as BenefitDocument;
        if (!countsUnits(document)) return;
        for (const select of selectors)
          for (const line of cheapestFirst(situation.coverage.of(select)).slice(0, linesPerPromotion))
            add(line, 1);
      });
    }
  });
  return [...goods.values()];
}

const countingFields = ["buy", "components", "tiers", "every", "n"] as const;
const countsUnits = (benefit: BenefitDocument): boolean => countingFields.some((field) => field in benefit);

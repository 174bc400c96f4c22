import type { Caution } from "../planning/calculation.ts";
import { cautionsOn } from "../planning/significance.ts";
import type { ArmComparison } from "./measurement-schemas.ts";

export function cautionsOnArms(comparison: ArmComparison | null, days: number): Caution[] {
  if (comparison !== null) return cautionsOn(comparison.t !== null, comparison.orders, days);
  return [
    {
      code: "no_comparison",
      message: "Nobody who met it is in the other arm: nothing says what would have been sold anyway.",
    },
  ];
}

/** The first of each code. */
export function onceEach(cautions: readonly Caution[]): Caution[] {
  return cautions.filter(({ code }, place) => cautions.findIndex((other) => other.code === code) === place);
}

export const segmentsOfNow: Caution = {
  code: "segments_of_now",
  message:
    "Segments are those that customers are in now, some of them because of what they bought in the campaign: these differences prove nothing, and no verdict is given on them.",
};

export function cautionsOnGifts(uncosted: number): Caution[] {
  if (uncosted === 0) return [];
  const message = `Of ${uncosted} gifts and services nobody said what they cost: ROI is too good. The campaign's board names them.`;
  return [{ code: "gifts_not_in_cost", message }];
}

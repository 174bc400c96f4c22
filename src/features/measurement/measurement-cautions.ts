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

/** A tier programme as the engine reads it, and what is wrong with one. */
import type { TierRules } from "../../engine/tier-ladder.ts";
import type { ProblemError } from "../../platform/problem.ts";
import type { TierProgrammeDocument } from "./tier-schemas.ts";

/** What counts that is not of a currency. */
export const counted = "";

export function rulesOf({ qualification, validity, downgrade, tiers }: TierProgrammeDocument): TierRules {
  return {
    qualification,
    validity,
    downgrade,
    tiers: tiers.map(({ key, amounts, count }) => ({
      key,
      bounds: count === undefined ? (amounts ?? {}) : { [counted]: count },
    })),
  };
}

export function programmeFaults(document: TierProgrammeDocument): ProblemError[] {
  const { measure, qualification, tiers } = document;
  const errors: ProblemError[] = [];
  const fault = (path: string, code: string, message: string) => void errors.push({ path, code, message });
  const keys = tiers.map(({ key }) => key);
  const bounds = rulesOf(document).tiers.map((level) => level.bounds);
  for (const [place, { key, amounts, count }] of tiers.entries()) {
    const path = `/tiers/${place}`;
    if (keys.indexOf(key) < place) fault(`${path}/key`, "duplicate", "Every tier once.");
    if (measure === "amount" && (amounts === undefined || count !== undefined))
      fault(path, "bound_missing", "With the measure `amount` a tier has `amounts`, and no `count`.");
    else if (measure !== "amount" && (count === undefined || amounts !== undefined))
      fault(
        path,
        "bound_missing",
        `With the measure \`${measure}\` a tier has a \`count\`, and no \`amounts\`.`,
      );
    else faultsOfBounds(path, bounds[place]!, bounds[place - 1], fault);
  }
  if (qualification.kind === "calendar_year" && qualification.months !== 12)
    fault("/qualification/months", "bounds_contradict", "A calendar year has no other number of months.");
  return errors;
}

function faultsOfBounds(
  path: string,
  bounds: Readonly<Record<string, number>>,
  before: Readonly<Record<string, number>> | undefined,
  fault: (path: string, code: string, message: string) => void,
): void {
  const names = Object.keys(bounds);
  const at = (name: string) => (name === counted ? `${path}/count` : `${path}/amounts/${name}`);
  if (names.length === 0) fault(`${path}/amounts`, "bound_missing", "Say at least one amount.");
  for (const name of names)
    if (bounds[name]! < 1) fault(at(name), "bounds_contradict", "Nobody would be outside of it.");
  if (before === undefined) return;
  if (names.length !== Object.keys(before).length || names.some((name) => before[name] === undefined))
    fault(`${path}/amounts`, "currencies_differ", "All tiers name the same currencies.");
  else
    for (const name of names)
      if (bounds[name]! <= before[name]!) fault(at(name), "not_ascending", "Each is above the one before.");
}

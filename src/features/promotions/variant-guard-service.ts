/** Keeps the arms of an experiment as they were when the first customer met it: what is noted of them would not be comparable else. */
import { isDeepStrictEqual } from "node:util";
import type { Variant } from "../../engine/assignment.ts";
import type { PromotionDocument } from "../../engine/promotion.ts";
import type { Connection } from "../../platform/database.ts";
import { problem } from "../../platform/problem.ts";
import { armPlannedAt, armsEverInForce } from "./promotion-store.ts";

/** Whether it is noted of anybody that they met the experiment, or did so before that instant. */
export type IsMet = (
  connection: Connection,
  projectId: string,
  experiment: string,
  before?: Date,
) => Promise<boolean>;

interface State {
  readonly isInForce: boolean;
  readonly document: Pick<PromotionDocument, "variant">;
}

/**
 * Throws where the change would move, add or take away an arm of an experiment that customers have met. An arm that was planned
 * before anybody met it is no addition: arms may go live one after the other.
 */
export async function requireSameArms(
  connection: Connection,
  { projectId, id, before, after }: { projectId: string; id: string; before: State; after: State },
  isMet: IsMet,
): Promise<void> {
  const [was, is] = [before.document.variant, after.document.variant];
  const isMoved = !isDeepStrictEqual(was, is);
  if (!isMoved && (before.isInForce || !after.isInForce)) return;
  const known = ({ experiment }: Variant) => armsEverInForce(connection, projectId, experiment);
  const isAmong = (arms: readonly Variant[], one: Variant) => arms.some((arm) => isDeepStrictEqual(arm, one));
  const isPlanned = async (arms: readonly Variant[], one: Variant) => {
    if (arms.some((arm) => arm.name === one.name || (arm.from < one.to && one.from < arm.to))) return false;
    const since = await armPlannedAt(connection, projectId, id, one);
    return since !== null && !(await isMet(connection, projectId, one.experiment, since));
  };
  if (isMoved && was !== undefined && (await isMet(connection, projectId, was.experiment)))
    if (isAmong(await known(was), was)) throw refusalOf(was.experiment);
  if (after.isInForce && is !== undefined && (await isMet(connection, projectId, is.experiment))) {
    const arms = await known(is);
    if (!isAmong(arms, is) && !(await isPlanned(arms, is))) throw refusalOf(is.experiment);
  }
}

function refusalOf(experiment: string) {
  const message = `Customers have met the experiment ${experiment}: its arms stay as they were. For other arms, or to give everybody what won, end this one and make a new promotion, of a new experiment or of none.`;
  return problem("promotion-state-conflict", {
    detail: message,
    errors: [{ path: "/variant", code: "already_met", message }],
  });
}

/** Keeps the arms of an experiment as they were when the first customer met it: what is noted of them would not be comparable else. */
import { isDeepStrictEqual } from "node:util";
import type { PromotionDocument } from "../../engine/promotion.ts";
import type { Connection } from "../../platform/database.ts";
import { problem } from "../../platform/problem.ts";
import { armsEverInForce } from "./promotion-store.ts";

/** Whether it is noted of anybody that they met the experiment. */
export type IsMet = (connection: Connection, projectId: string, experiment: string) => Promise<boolean>;

interface State {
  readonly isInForce: boolean;
  readonly document: Pick<PromotionDocument, "variant">;
}

/** Throws where the change would move, add or take away an arm of an experiment that customers have met. */
export async function requireSameArms(
  connection: Connection,
  { projectId, before, after }: { projectId: string; before: State; after: State },
  isMet: IsMet,
): Promise<void> {
  const [was, is] = [before.document.variant, after.document.variant];
  const isMoved = !isDeepStrictEqual(was, is);
  if (!isMoved && (before.isInForce || !after.isInForce)) return;
  const isKnown = async (variant: NonNullable<typeof is>) =>
    (await armsEverInForce(connection, projectId, variant.experiment)).some((arm) =>
      isDeepStrictEqual(arm, variant),
    );
  if (isMoved && was !== undefined && (await isMet(connection, projectId, was.experiment)))
    if (await isKnown(was)) throw refusalOf(was.experiment);
  if (after.isInForce && is !== undefined && (await isMet(connection, projectId, is.experiment)))
    if (!(await isKnown(is))) throw refusalOf(is.experiment);
}

function refusalOf(experiment: string) {
  const message = `Customers have met the experiment ${experiment}: its arms stay as they were. Name a new experiment for others.`;
  return problem("promotion-state-conflict", {
    detail: message,
    errors: [{ path: "/variant", code: "already_met", message }],
  });
}

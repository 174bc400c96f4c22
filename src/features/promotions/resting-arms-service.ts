/** Arms of experiments that still run, whose own promotions are paused or over. */
import { experimentsOf, type Variant } from "../../engine/assignment.ts";
import type { CompiledPromotion } from "../../engine/promotion.ts";
import type { Connection } from "../../platform/database.ts";
import { restingArms } from "./promotion-store.ts";

/** Asks nothing where no promotion in force is a variant. */
export async function restingOf(
  connection: Connection,
  projectId: string,
  inForce: readonly CompiledPromotion[],
): Promise<Variant[]> {
  const experiments = [...experimentsOf(inForce.map(({ document }) => document)).keys()];
  return experiments.length === 0 ? [] : restingArms(connection, projectId, experiments);
}

/** What points of a programme pay, for features that only give them. */
import type { MoneyMap } from "../../engine/money.ts";
import type { Connection } from "../../platform/database.ts";
import { findProgramme } from "./points-store.ts";

/** By the rules of now, in minor units by currency; null where they pay for nothing. */
export async function valueOfPoints(
  connection: Connection,
  projectId: string,
  programme: string,
  points: number,
): Promise<MoneyMap | null> {
  const worth = (await findProgramme(connection, projectId, programme))?.document.worth;
  if (worth === undefined) return null;
  return Object.fromEntries(
    Object.entries(worth).map(([currency, each]) => [
      currency,
      Math.min(each * points, Number.MAX_SAFE_INTEGER),
    ]),
  );
}

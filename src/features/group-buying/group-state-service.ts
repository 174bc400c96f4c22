import type { Database } from "../../platform/database.ts";
import { groupOfRedemption } from "./group-buying-store.ts";

/** Whether the group of which the redemption holds a seat is complete. Once it is, it stays so. */
export function groupCompleteness(database: Database) {
  return async (projectId: string, redemption: string): Promise<boolean> =>
    (await groupOfRedemption(database.of(projectId), projectId, redemption))?.state === "succeeded";
}

/** Tells that a pool runs low, whoever took its codes. */
import type pg from "pg";
import type { Connection } from "../../platform/database.ts";
import { recordEvents } from "../events/event-service.ts";
import { poolsRunningLow } from "./committer-load-store.ts";
import { runningLowEvent } from "./ledger-events.ts";

/** In the transaction that took codes of these pools. Once for each pool, and again when codes were added. */
export async function announceLowPools(
  connection: Connection,
  projectId: string,
  poolIds: readonly string[],
): Promise<void> {
  // Drizzle's client, inside a transaction, is the transaction's.
  const { $client } = connection as Connection & { $client: pg.PoolClient };
  const low = await poolsRunningLow($client, projectId, poolIds);
  await recordEvents(connection, projectId, low.map(runningLowEvent));
}

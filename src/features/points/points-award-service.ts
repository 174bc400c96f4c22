/** Points that something else than an order or a hand gives: at once available, as an entry with its reason. */
import { earn } from "../../ledger/points.ts";
import type { Connection } from "../../platform/database.ts";
import { recordEvents } from "../events/event-service.ts";
import { newEvent } from "../events/event-types.ts";
import { holderOf, withPoints } from "./points-book-service.ts";

export interface PointsAward {
  readonly projectId: string;
  readonly customerId: string;
  readonly programme: string;
  readonly points: number;
  readonly reason: string;
}

/** In the caller's transaction. Whoever gives them answers for doing so once. */
export async function awardPoints(
  connection: Connection,
  { projectId, customerId, programme, points, reason }: PointsAward,
  { identifierKey, now, timezone }: { identifierKey: Uint8Array; now: number; timezone: string },
): Promise<void> {
  const { holder } = holderOf(identifierKey, customerId);
  const name = { projectId, holder, programme };
  await withPoints(connection, name, { customerId, now, timezone }, async ({ book, note, newLot }) => {
    note({ reason });
    earn(book, newLot(points, { isPending: false, earnedAt: now }), "adjust");
    const data = { customer: customerId, programme, points };
    await recordEvents(connection, projectId, [newEvent("dealwright.points.adjusted", holder, data)]);
  });
}

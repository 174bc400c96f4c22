import { and, eq, gte, lt } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import { trackedEvents } from "./tracking-tables.ts";

export interface TrackedEventCount {
  readonly customerId: string;
  readonly type: string;
  readonly campaign?: string | undefined;
  readonly from: Date;
  /** Before this instant. */
  readonly until: Date;
}

/** How often a customer did it; events count at their own time. */
export async function countTrackedEvents(
  connection: Connection,
  projectId: string,
  { customerId, type, campaign, from, until }: TrackedEventCount,
): Promise<number> {
  return connection.$count(
    trackedEvents,
    and(
      eq(trackedEvents.projectId, projectId),
      eq(trackedEvents.customerId, customerId),
      eq(trackedEvents.type, type),
      campaign === undefined ? undefined : eq(trackedEvents.campaign, campaign),
      gte(trackedEvents.occurredAt, from),
      lt(trackedEvents.occurredAt, until),
    ),
  );
}

import { and, eq, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import { type PromotionRow, type PromotionTurn, promotionTurns } from "./promotion-tables.ts";

const ofPromotion = (projectId: string, promotionId: string) =>
  and(eq(promotionTurns.projectId, projectId), eq(promotionTurns.promotionId, promotionId));

/** What has come, in its order. It is taken with the transaction; nobody else takes it meanwhile. */
export async function takeTurns(
  connection: Connection,
  projectId: string,
  promotionId: string,
  now: number,
): Promise<PromotionTurn[]> {
  // As text: the driver's own idea of a time zone has no say.
  const hasCome = sql`${promotionTurns.at} <= ${new Date(now).toISOString()}::timestamptz`;
  const taken = await connection
    .delete(promotionTurns)
    .where(and(ofPromotion(projectId, promotionId), hasCome))
    .returning();
  return taken.sort((one, other) => one.at.getTime() - other.at.getTime());
}

/** Notes what is ahead of a promotion as it is now, in place of what was noted before; answers what had come of that. It is locked. */
export async function renewTurns(
  connection: Connection,
  { projectId, id, status, startsAt, endsAt }: PromotionRow,
  now: number,
): Promise<PromotionTurn[]> {
  const come = await takeTurns(connection, projectId, id, now);
  await connection.delete(promotionTurns).where(ofPromotion(projectId, id));
  const turns = [
    { turn: "started", at: startsAt },
    { turn: "expired", at: endsAt },
  ] as const;
  const ahead = turns.flatMap(({ turn, at }) =>
    status === "active" && at !== null && at.getTime() > now
      ? [{ projectId, promotionId: id, turn, at }]
      : [],
  );
  if (ahead.length > 0) await connection.insert(promotionTurns).values(ahead);
  return come;
}

export interface DueTurn extends Record<string, unknown> {
  readonly projectId: string;
  readonly promotionId: string;
}

/** Promotions of all projects whose schedules have begun or run out, and nobody was told; over the walls. */
export async function dueTurns(connection: Connection, now: number, most: number): Promise<DueTurn[]> {
  const { rows } = await connection.execute<DueTurn>(sql`
    select project_id as "projectId", promotion_id as "promotionId"
      from due_promotion_turns(${new Date(now).toISOString()}, ${most})`);
  return rows;
}

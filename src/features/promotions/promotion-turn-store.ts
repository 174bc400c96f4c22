import { and, eq, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import { type Turn, turnsOf } from "./promotion-status.ts";
import { type PromotionRow, promotionTurns } from "./promotion-tables.ts";

/**
 * Notes what is ahead of a promotion as it is `after` a change, in place of what was noted. Answers what of that had come, in its
 * order, as far as it still was so `before`. The promotion is locked: nobody else takes its turns meanwhile.
 */
export async function renewTurns(
  connection: Connection,
  before: PromotionRow,
  after: PromotionRow,
  now: number,
): Promise<Turn[]> {
  const { projectId, id: promotionId } = after;
  const noted = await connection
    .delete(promotionTurns)
    .where(and(eq(promotionTurns.projectId, projectId), eq(promotionTurns.promotionId, promotionId)))
    .returning();
  const ahead = turnsOf(after).filter(({ at }) => at.getTime() > now);
  if (ahead.length > 0)
    await connection
      .insert(promotionTurns)
      .values(ahead.map((turn) => ({ projectId, promotionId, ...turn })));
  return turnsOf(before).filter(
    ({ turn, at }) =>
      at.getTime() <= now &&
      noted.some((other) => other.turn === turn && other.at.getTime() === at.getTime()),
  );
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

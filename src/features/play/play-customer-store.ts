import { sql } from "drizzle-orm";
import type { CustomerName } from "../../platform/customer-data.ts";
import type { Connection } from "../../platform/database.ts";

export async function playOfCustomer(
  connection: Connection,
  { projectId, id }: CustomerName,
  most: number,
): Promise<Record<string, unknown>[]> {
  const { rows } = await connection.execute<{ record: Record<string, unknown> }>(sql`
    select record from (
      select json_build_object('checkIns', programme, 'lastDay', day, 'streak', streak, 'best', best, 'total', total) as record
        from check_in_streaks where project_id = ${projectId} and customer_id = ${id}
      union all
      select json_build_object('challenge', challenge, 'done', done, 'completedAt', completed_at)
        from challenge_progress where project_id = ${projectId} and customer_id = ${id}
      union all
      select json_build_object('draw', draw, 'ticket', ticket, 'number', number, 'nonce', nonce, 'prize', prize, 'drawnAt', drawn_at)
        from draw_tickets where project_id = ${projectId} and customer_id = ${id}) as known
     limit ${most}`);
  return rows.map(({ record }) => record);
}

/** Streaks and progress go on under the pseudonym; tickets stay as they were drawn, or nobody could check the draw. */
export async function erasePlayCustomer(
  connection: Connection,
  { projectId, id, pseudonym }: CustomerName,
): Promise<number> {
  let erased = 0;
  for (const table of ["check_in_streaks", "challenge_progress", "draw_tickets"]) {
    const { rowCount } = await connection.execute(sql`
      update ${sql.raw(table)} set customer_id = ${pseudonym} where project_id = ${projectId} and customer_id = ${id}`);
    erased += rowCount ?? 0;
  }
  return erased;
}

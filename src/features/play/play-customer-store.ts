import { sql } from "drizzle-orm";
import type { CustomerMerge, CustomerName } from "../../platform/customer-data.ts";
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

/** Days that either checked in count once; goals are counted anew from what both did. */
export async function mergePlayCustomer(connection: Connection, merge: CustomerMerge): Promise<number> {
  const { projectId, guest, customer } = merge;
  const streaks = await mergeStreaks(connection, merge);
  const { rowCount: goals } = await connection.execute(sql`
    with gone as (
      delete from challenge_progress where project_id = ${projectId} and customer_id = ${guest.id} returning *
    )
    insert into challenge_progress as p (project_id, challenge, holder, customer_id, done, completed_at, due_at)
    select project_id, challenge, ${customer.holder}, ${customer.id}, done, completed_at, ${new Date(merge.now).toISOString()}::timestamptz
      from gone order by challenge
    on conflict (project_id, challenge, holder) do update
       set due_at = excluded.due_at, completed_at = coalesce(p.completed_at, excluded.completed_at)`);
  const { rowCount: tickets } = await connection.execute(sql`
    update draw_tickets set customer_id = ${customer.id}, holder = ${customer.holder}
     where project_id = ${projectId} and customer_id = ${guest.id}`);
  return streaks + (goals ?? 0) + (tickets ?? 0);
}

async function mergeStreaks(
  connection: Connection,
  { projectId, guest, customer }: CustomerMerge,
): Promise<number> {
  // Both rows in one order: each is locked while its customer checks in.
  const { rows } = await connection.execute<{ programme: string }>(sql`
    select programme, holder from check_in_streaks
     where project_id = ${projectId} and holder in (${guest.holder}, ${customer.holder})
     order by programme, holder for update`);
  if (rows.length === 0) return 0;
  await connection.execute(sql`
    with gone as (
      delete from check_ins where project_id = ${projectId} and holder = ${guest.holder} returning *
    )
    insert into check_ins (project_id, programme, holder, day, at, streak)
    select project_id, programme, ${customer.holder}, day, at, streak from gone order by programme, day
    on conflict do nothing`);
  // Days in a row have one difference of day and place.
  const { rowCount } = await connection.execute(sql`
    with gone as (
      delete from check_in_streaks where project_id = ${projectId} and holder = ${guest.holder} returning *
    ), runs as (
      select c.programme, max(c.day) as day, count(*)::int as days
        from (select programme, day, day - row_number() over (partition by programme order by day)::int as run
                from check_ins where project_id = ${projectId} and holder = ${customer.holder}) as c
       where c.programme in (select programme from gone) group by c.programme, c.run
    ), sums as (
      select g.programme, g.best as guests_best, g.day as guests_day, g.streak as guests_streak, r.day, r.streak, r.best, r.total
        from gone g cross join lateral (
          select max(day) as day, (array_agg(days order by day desc))[1] as streak, max(days) as best, sum(days)::int as total
            from runs where programme = g.programme) as r
    )
    insert into check_in_streaks as s (project_id, programme, holder, customer_id, day, streak, best, total)
    select ${projectId}, programme, ${customer.holder}, ${customer.id}, coalesce(day, guests_day), coalesce(streak, guests_streak),
           greatest(best, guests_best), coalesce(total, 0) from sums
    on conflict (project_id, programme, holder) do update
       set day = excluded.day, streak = excluded.streak, best = greatest(s.best, excluded.best), total = excluded.total`);
  return rowCount ?? 0;
}

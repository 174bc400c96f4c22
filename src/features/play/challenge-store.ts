import { and, eq, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import type { ChallengeGoal } from "./challenge-schemas.ts";
import { type ChallengeProgressRow, challengeProgresses } from "./challenge-tables.ts";

export type ProgressName = Pick<ChallengeProgressRow, "projectId" | "challenge" | "holder">;

/** Whom something happened to that a challenge may count. */
export interface Participant {
  readonly challenge: string;
  readonly holder: string;
  readonly customerId: string;
}

/**
 * Their progress is to be counted. In the transaction of what happened: whoever counts skips rows that are locked here, also those
 * that stay as they are, and so never counts too early for good. In one order, whoever marks.
 */
export async function markProgressDue(
  connection: Connection,
  projectId: string,
  participants: readonly Participant[],
  at: Date,
): Promise<void> {
  if (participants.length === 0) return;
  await connection.execute(sql`
    insert into challenge_progress as p (project_id, challenge, holder, customer_id, due_at)
    select distinct on (challenge, holder) ${projectId}, challenge, holder, customer_id, ${at.toISOString()}::timestamptz
      from (select challenge collate "C" as challenge, holder collate "C" as holder, customer_id
              from json_to_recordset(${JSON.stringify(
                participants.map(({ challenge, holder, customerId }) => ({
                  challenge,
                  holder,
                  customer_id: customerId,
                })),
              )}::json) as u (challenge text, holder text, customer_id text)) as named
     order by challenge, holder
    on conflict (project_id, challenge, holder) do update set due_at = least(p.due_at, excluded.due_at), customer_id = excluded.customer_id
     where p.completed_at is null`);
}

/** Whose these orders and redemptions are, and when they were placed, in epoch milliseconds. */
export async function buyersOf(
  connection: Connection,
  projectId: string,
  { orders, redemptions }: { orders: readonly string[]; redemptions: readonly string[] },
): Promise<{ customerId: string; at: number }[]> {
  const { rows } = await connection.execute<{ customerId: string; at: number }>(sql`
    select distinct customer_id as "customerId", (extract(epoch from at) * 1000)::float8 as at from (
      select customer_id, placed_at as at from orders
       where project_id = ${projectId} and external_id = any (${sql.param([...orders])}::text[])
      union all
      select customer_id, coalesce(committed_at, created_at) from redemptions
       where project_id = ${projectId} and id = any (${sql.param([...redemptions])}::text[])) as placed
     where customer_id is not null`);
  return rows;
}

/** Challenges by what they count: orders, of these kinds of event, or of this check-in programme. */
export async function challengesOf(
  connection: Connection,
  projectId: string,
  counted: { kind: "orders" } | { types: readonly string[] } | { programme: string },
): Promise<{ challenge: string; goal: ChallengeGoal; startsAt: string; endsAt: string }[]> {
  const isCounted =
    "kind" in counted
      ? sql`document -> 'goal' ->> 'kind' = ${counted.kind}`
      : "types" in counted
        ? sql`document -> 'goal' ->> 'type' = any (${sql.param([...counted.types])}::text[])`
        : sql`document -> 'goal' ->> 'programme' = ${counted.programme}`;
  const { rows } = await connection.execute<{
    challenge: string;
    goal: ChallengeGoal;
    startsAt: string;
    endsAt: string;
  }>(sql`
    select key as challenge, document -> 'goal' as goal, document ->> 'startsAt' as "startsAt", document ->> 'endsAt' as "endsAt"
      from programmes where project_id = ${projectId} and kind = 'challenge' and ${isCounted}`);
  return rows;
}

/** Whose progress is due by then, up to so many of each project; over the walls. */
export async function dueChallenges(connection: Connection, at: Date, most: number): Promise<ProgressName[]> {
  const { rows } = await connection.execute<{ projectId: string; challenge: string; holder: string }>(sql`
    select project_id as "projectId", challenge, holder from due_challenges(${at.toISOString()}::timestamptz, ${most})`);
  return rows;
}

const named = ({ projectId, challenge, holder }: ProgressName) =>
  and(
    eq(challengeProgresses.projectId, projectId),
    eq(challengeProgresses.challenge, challenge),
    eq(challengeProgresses.holder, holder),
  );

/** Locked, if it still is due and nobody else works on it. */
export async function lockDueProgress(
  connection: Connection,
  name: ProgressName,
  at: Date,
): Promise<ChallengeProgressRow | undefined> {
  const [row] = await connection
    .select()
    .from(challengeProgresses)
    .where(named(name))
    .for("update", { skipLocked: true });
  // Not asked of the database, which would look through all that is due to find this one.
  return row?.dueAt != null && row.dueAt <= at ? row : undefined;
}

export async function updateProgress(
  connection: Connection,
  name: ProgressName,
  change: Partial<Pick<ChallengeProgressRow, "done" | "completedAt" | "dueAt">>,
): Promise<void> {
  await connection.update(challengeProgresses).set(change).where(named(name));
}

export async function findProgress(
  connection: Connection,
  name: ProgressName,
): Promise<ChallengeProgressRow | undefined> {
  const [row] = await connection.select().from(challengeProgresses).where(named(name));
  return row;
}

export async function countParticipants(
  connection: Connection,
  projectId: string,
  challenge: string,
): Promise<{ participants: number; completed: number }> {
  const { rows } = await connection.execute<{ participants: number; completed: number }>(sql`
    select count(*)::int as participants, count(completed_at)::int as completed
      from challenge_progress where project_id = ${projectId} and challenge = ${challenge}`);
  return rows[0] ?? { participants: 0, completed: 0 };
}

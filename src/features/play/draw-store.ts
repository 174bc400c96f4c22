import { and, asc, eq, gt, isNull, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import { type DrawRow, type DrawTicketRow, draws, drawTickets } from "./draw-tables.ts";

export interface DrawName {
  readonly projectId: string;
  readonly key: string;
}

const named = ({ projectId, key }: DrawName) => and(eq(draws.projectId, projectId), eq(draws.key, key));

/** False: there is one of this key. */
export async function insertDraw(connection: Connection, row: DrawRow): Promise<boolean> {
  const { rowCount } = await connection.insert(draws).values(row).onConflictDoNothing();
  return (rowCount ?? 0) > 0;
}

export async function findDraw(connection: Connection, name: DrawName): Promise<DrawRow | undefined> {
  const [row] = await connection.select().from(draws).where(named(name));
  return row;
}

/** Locked until the transaction ends: tickets are drawn one after the other. */
export async function lockDraw(connection: Connection, name: DrawName): Promise<DrawRow | undefined> {
  const [row] = await connection.select().from(draws).where(named(name)).for("update");
  return row;
}

/**
 * One draw at a time of a customer who pays with points, until the transaction ends: two draws that take points of one
 * programme and give those of the other would wait for each other's accounts.
 */
export async function lockPlayer(connection: Connection, projectId: string, holder: string): Promise<void> {
  await connection.execute(
    sql`select pg_advisory_xact_lock(${playerLock}, hashtext(${`${projectId}/${holder}`}))`,
  );
}
const playerLock = 730_511_831;

/** From now on its seed may be told, and nothing is drawn. Waits for whoever draws a ticket; again it changes nothing. */
export async function revealDraw(connection: Connection, name: DrawName, at: Date): Promise<void> {
  await connection
    .update(draws)
    .set({ revealedAt: at })
    .where(and(named(name), isNull(draws.revealedAt)));
}

/** That are not over. */
export async function countDraws(connection: Connection, projectId: string, at: Date): Promise<number> {
  return connection.$count(draws, and(eq(draws.projectId, projectId), gt(draws.endsAt, at)));
}

/** By their keys. */
export async function listDraws(
  connection: Connection,
  projectId: string,
  { after, limit }: { after: string | null; limit: number },
): Promise<DrawRow[]> {
  return connection
    .select()
    .from(draws)
    .where(and(eq(draws.projectId, projectId), after === null ? undefined : gt(draws.key, after)))
    .orderBy(asc(draws.key))
    .limit(limit);
}

/** How often each prize was given, by draw and prize. */
export async function prizesGiven(
  connection: Connection,
  projectId: string,
  keys: readonly string[],
): Promise<Map<string, number>> {
  const { rows } = await connection.execute<{ draw: string; prize: string; given: number }>(sql`
    select draw, prize, given from draw_prizes where project_id = ${projectId} and draw = any (${sql.param([...keys])}::text[])`);
  return new Map(rows.map(({ draw, prize, given }) => [`${draw}/${prize}`, given]));
}

/** One more of it, unless all are given: in one statement, whoever else asks. */
export async function takePrize(
  connection: Connection,
  { projectId, key }: DrawName,
  prize: string,
  stock: number | undefined,
): Promise<boolean> {
  if (stock === 0) return false;
  const { rowCount } = await connection.execute(sql`
    insert into draw_prizes as p (project_id, draw, prize, given) values (${projectId}, ${key}, ${prize}, 1)
    on conflict (project_id, draw, prize) do update set given = p.given + 1 where p.given < ${stock ?? 2_147_483_647}`);
  return (rowCount ?? 0) > 0;
}

const ofDraw = ({ projectId, key }: DrawName) =>
  and(eq(drawTickets.projectId, projectId), eq(drawTickets.draw, key));

export async function findTicket(
  connection: Connection,
  name: DrawName,
  ticket: string,
): Promise<DrawTicketRow | undefined> {
  const [row] = await connection
    .select()
    .from(drawTickets)
    .where(and(ofDraw(name), eq(drawTickets.ticket, ticket)));
  return row;
}

/** Of a customer in a locked draw: in all, and on this day. */
export async function countTickets(
  connection: Connection,
  { projectId, key }: DrawName,
  holder: string,
  day: string,
): Promise<{ all: number; ofDay: number }> {
  const { rows } = await connection.execute<{ all: number; ofDay: number }>(sql`
    select count(*)::int as all, (count(*) filter (where day = ${day}::date))::int as "ofDay"
      from draw_tickets where project_id = ${projectId} and draw = ${key} and holder = ${holder}`);
  return rows[0] ?? { all: 0, ofDay: 0 };
}

/** The ticket, and with it the number that the draw has come to. */
export async function insertTicket(connection: Connection, row: DrawTicketRow): Promise<void> {
  await connection.insert(drawTickets).values(row);
  await connection
    .update(draws)
    .set({ drawn: row.number })
    .where(named({ projectId: row.projectId, key: row.draw }));
}

/** In the order of their numbers. */
export async function listTickets(
  connection: Connection,
  name: DrawName,
  { after, limit }: { after: number | null; limit: number },
): Promise<DrawTicketRow[]> {
  return connection
    .select()
    .from(drawTickets)
    .where(and(ofDraw(name), after === null ? undefined : gt(drawTickets.number, after)))
    .orderBy(asc(drawTickets.number))
    .limit(limit);
}

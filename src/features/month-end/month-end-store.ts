/** It looks into the tables of redemptions, and writes none. */
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import { voucherSource } from "../../ledger/books.ts";
import { allowSlowStatements, type Connection, type Database } from "../../platform/database.ts";
import { enterProject } from "../../platform/walls.ts";
import type { BookedReturn, BookedSale, Booking } from "./month-end-rows.ts";

/** Each with its documents, of up to a thousand lines. */
const readAtOnce = 100;
/** A month is looked up and sorted before its first row comes; the documents are read as they are asked for. */
const longestMilliseconds = 120_000;

export interface Period {
  readonly from: Date;
  readonly to: Date;
}

export interface Booked {
  readonly booking: Booking;
  readonly sale: BookedSale;
}

/** All of a period, as of one moment and in the order in which it happened, in batches. What vouchers set aside is no sale. */
export async function* bookingsOf(
  database: Database,
  projectId: string,
  { from, to }: Period,
): AsyncGenerator<Booked[]> {
  const client = await database.connect();
  let isReusable = false;
  try {
    await client.query(`begin isolation level repeatable read, read only; ${enterProject(projectId)}`);
    const connection = drizzle(client);
    await allowSlowStatements(connection, longestMilliseconds);
    // Ids alone are sorted; what belongs to them is read batch by batch.
    await client.query(
      `declare bookings no scroll cursor for
       select 'sale' as event, committed_at as at, id as redemption, -1 as step
         from redemptions where project_id = $1 and committed_at >= $2 and committed_at < $3 and source <> $4
       union all
       select 'return', created_at, redemption_id, step
         from redemption_returns where project_id = $1 and created_at >= $2 and created_at < $3
       union all
       select 'cancellation', ended_at, id, steps
         from redemptions
        where project_id = $1 and ended_at >= $2 and ended_at < $3 and state = 'cancelled' and committed_at is not null and source <> $4
       order by at, redemption, step`,
      [projectId, from, to, voucherSource],
    );
    for (;;) {
      const { rows } = await client.query<Booking>(`fetch ${readAtOnce} from bookings`);
      if (rows.length > 0) {
        const sales = await salesOf(connection, projectId, [
          ...new Set(rows.map(({ redemption }) => redemption)),
        ]);
        yield rows.map((booking) => ({ booking, sale: sales.get(booking.redemption)! }));
      }
      if (rows.length < readAtOnce) break;
    }
    await client.query("commit");
    isReusable = true;
  } finally {
    // Whoever stopped reading leaves an open transaction behind: it ends with its connection.
    client.release(!isReusable);
  }
}

async function salesOf(
  connection: Connection,
  projectId: string,
  ids: readonly string[],
): Promise<Map<string, BookedSale>> {
  const { rows } = await connection.execute<{ id: string } & Omit<BookedSale, "returns">>(sql`
    select id, source, order_ref as "orderRef", currency, request, quote
      from redemptions where project_id = ${projectId} and id = any (${sql.param([...ids])}::text[])`);
  const { rows: returns } = await connection.execute<Record<keyof BookedReturn | "redemption", never>>(sql`
    select redemption_id as redemption, step, refund, withheld, lines
      from redemption_returns
     where project_id = ${projectId} and redemption_id = any (${sql.param([...ids])}::text[])
     order by redemption_id, step`);
  const sales = new Map(rows.map(({ id, ...sale }) => [id, { ...sale, returns: [] as BookedReturn[] }]));
  for (const { redemption, ...past } of returns) sales.get(redemption)?.returns.push(past);
  return sales;
}

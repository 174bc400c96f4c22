import { and, desc, eq, getTableColumns, lt, sql } from "drizzle-orm";
import type pg from "pg";
import type { Connection } from "../../platform/database.ts";
import { quoteCounter } from "../ledger/promotion-counters.ts";
import type { HeldQuoteQuery } from "./quote-schemas.ts";
import { type QuoteRow, quotes } from "./quote-tables.ts";

/** With what its counter says. */
export interface StandingQuote extends QuoteRow {
  readonly used: number;
  readonly reserved: number;
}

const { rule, measure } = quoteCounter("");
const counted = (column: "used" | "reserved") =>
  sql<number>`coalesce((select ${sql.raw(column)} from counters c
     where c.project_id = ${quotes.projectId} and c.rule_id = ${rule} and c.measure = ${measure}
       and c.holder = ${quoteCounter("").holder} || ${quotes.id} collate "C" and c.period = ''), 0)::bigint`;

const columns = { ...getTableColumns(quotes), used: counted("used"), reserved: counted("reserved") };

export async function insertQuote(connection: Connection, row: QuoteRow): Promise<void> {
  await connection.insert(quotes).values(row);
}

export async function findQuote(
  connection: Connection,
  projectId: string,
  id: string,
): Promise<StandingQuote | undefined> {
  const [row] = await connection
    .select(columns)
    .from(quotes)
    .where(and(eq(quotes.projectId, projectId), eq(quotes.id, id)));
  return row;
}

/** Newest first. */
export async function listQuotes(
  connection: Connection,
  projectId: string,
  { customer, limit }: Omit<HeldQuoteQuery, "after">,
  beforeId: string | null,
): Promise<StandingQuote[]> {
  return connection
    .select(columns)
    .from(quotes)
    .where(
      and(
        eq(quotes.projectId, projectId),
        customer === undefined ? undefined : eq(quotes.customerId, customer),
        beforeId === null ? undefined : lt(quotes.id, beforeId),
      ),
    )
    .orderBy(desc(quotes.id))
    .limit(limit + 1);
}

/** In the transaction of the redemption. */
export async function noteRedemption(
  client: Pick<pg.ClientBase, "query">,
  projectId: string,
  id: string,
  redemptionId: string,
): Promise<void> {
  await client.query("update quotes set redemption_id = $3 where project_id = $1 and id = $2", [
    projectId,
    id,
    redemptionId,
  ]);
}

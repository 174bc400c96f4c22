/** How what many customers bought is best read. */
import { type SQL, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";

/** Of so few each is looked up, however little else there is. */
const fewCustomers = 10_000;
/** So many orders and redemptions are read at one go in the time in which one customer is looked up. */
const readWhileOneIsLookedUp = 8;

/**
 * Whether reading all that was ever bought once costs less than looking up the customers that these rows name, one each; a million
 * orders took a quarter of the processor's time.
 */
export async function isWholeCheaper(connection: Connection, customers: SQL): Promise<boolean> {
  const { rows } = await connection.execute<{ least: number }>(sql`
    select greatest(${fewCustomers}, sum(reltuples) / ${readWhileOneIsLookedUp})::bigint as least
      from pg_class where oid in ('orders'::regclass, 'redemptions'::regclass)`);
  const [counted] = (
    await connection.execute<{ isMany: boolean }>(sql`
      select count(*) >= ${rows[0]!.least}::bigint as "isMany" from (${customers} limit ${rows[0]!.least}::bigint) as counted`)
  ).rows;
  return counted!.isMany;
}

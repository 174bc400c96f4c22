import type { TestDatabase } from "./database.ts";

/** The tables in which a row has one of these in it, as a dump would have it. */
export async function rowsWith(
  { pool }: Pick<TestDatabase, "pool">,
  ...canaries: string[]
): Promise<string[]> {
  const { rows: tables } = await pool.query<{ name: string }>(
    "select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') order by 1",
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const { rows } = await pool.query<{ row: string }>(`select t::text as row from ${name} t`);
    const hits = rows.filter(({ row }) =>
      canaries.some((canary) => row.toLowerCase().includes(canary.toLowerCase())),
    );
    if (hits.length > 0) found.push(name);
  }
  return found;
}

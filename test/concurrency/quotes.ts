/** G08: the same carts in two processes, whose rules were stored in another order each. */
import { demoPromotions } from "../../src/features/demo/demo-promotions.ts";
import { seedPromotions } from "../../src/features/promotions/promotion-seed.ts";
import type { TestDatabase } from "../database.ts";
import { inParallel, openClient } from "../faults/http-client.ts";
import { projectWithKeys } from "../features/project-fixture.ts";

/** A project with the demo's promotions, and the key with which carts may choose their instant. */
export async function demoProject(
  database: TestDatabase,
  inOrder: (index: number) => number,
): Promise<string> {
  const now = Date.now();
  const { id, keys } = await projectWithKeys(database, now);
  const documents = demoPromotions
    .map((document, index) => ({ document, place: inOrder(index) }))
    .sort((a, b) => a.place - b.place)
    .map(({ document }) => document);
  // One by one, so that the order of their ids is that of their storing.
  for (const [index, document] of documents.entries())
    await seedPromotions(database.orm, { projectId: id, documents: [document], now: now + index });
  return keys.marketing;
}

export async function quotesFor(server: string, key: string, carts: readonly object[]): Promise<string[]> {
  const client = openClient(key);
  const quotes: string[] = [];
  await inParallel(carts.length, 16, async (index) => {
    const { text } = await client.call("POST", `${server}/v1/evaluations`, carts[index]);
    quotes[index] = withoutIds(text);
  });
  client.close();
  return quotes;
}

function withoutIds(text: string): string {
  return text
    .replaceAll(/"(prm|evl|req)_[0-9a-z]+"/g, '"$1"')
    .replaceAll(/"rulebook":"[^"]*"/g, '"rulebook":""');
}

/** A hash of everything in every table, but for when a key was last used. */
export async function contentsOf({ pool }: Pick<TestDatabase, "pool">): Promise<Record<string, string>> {
  const { rows: tables } = await pool.query<{ name: string }>(
    "select format('%I.%I', schemaname, relname) as name from pg_stat_user_tables order by 1",
  );
  const contents: Record<string, string> = {};
  for (const { name } of tables) {
    const { rows } = await pool.query<{ hash: string }>(
      `select md5(coalesce(string_agg(row, '' order by row), '')) as hash
         from (select (to_jsonb(t) - 'last_used_at')::text as row from ${name} t) as rows`,
    );
    contents[name] = rows[0]!.hash;
  }
  return contents;
}

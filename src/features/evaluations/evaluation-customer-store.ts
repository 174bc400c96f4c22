import { sql } from "drizzle-orm";
import type { CustomerName } from "../../platform/customer-data.ts";
import type { Connection } from "../../platform/database.ts";

export async function evaluationsOfCustomer(
  connection: Connection,
  { projectId, id }: CustomerName,
  most: number,
): Promise<Record<string, unknown>[]> {
  const { rows } = await connection.execute<{ record: Record<string, unknown> }>(sql`
    select jsonb_build_object('id', id, 'createdAt', created_at, 'request', request, 'facts', facts, 'quote', quote) as record
      from evaluations where project_id = ${projectId} and customer_id = ${id}
     order by created_at desc limit ${most}`);
  return rows.map(({ record }) => record);
}

/** They promised nothing and no book needs them; priced again without the customer, they would come out otherwise. */
export async function eraseEvaluationCustomer(
  connection: Connection,
  { projectId, id }: CustomerName,
): Promise<number> {
  const { rowCount } = await connection.execute(sql`
    delete from evaluations where project_id = ${projectId} and customer_id = ${id}`);
  return rowCount ?? 0;
}

import { type SQL, sql } from "drizzle-orm";
import type { CustomerName } from "../../platform/customer-data.ts";
import type { Connection } from "../../platform/database.ts";

export async function trackedEventsOfCustomer(
  connection: Connection,
  { projectId, id }: CustomerName,
  most: number,
): Promise<Record<string, unknown>[]> {
  const { rows } = await connection.execute<{ record: Record<string, unknown> }>(sql`
    select json_build_object('id', id, 'source', source, 'type', type, 'time', occurred_at, 'subject', subject, 'data', data) as record
      from tracked_events where project_id = ${projectId} and (customer_id = ${id} or ${ofTheirBrowsers(projectId, id)})
     order by occurred_at desc limit ${most}`);
  return rows.map(({ record }) => record);
}

/** What was done before anybody knew that it was them. */
function ofTheirBrowsers(projectId: string, id: string): SQL {
  return sql`(customer_id is null and visitor in (
    select visitor from tracked_events where project_id = ${projectId} and customer_id = ${id}))`;
}

/** That somebody did it stays, for the funnels; who, from which browser and what was said beside it goes. */
export async function eraseTrackedCustomer(
  connection: Connection,
  { projectId, id, pseudonym }: CustomerName,
): Promise<number> {
  const customer = JSON.stringify({ customer: pseudonym });
  const referrer = JSON.stringify({ referrer: pseudonym });
  // First: afterwards nobody can tell which browsers were theirs.
  const { rowCount: unknown } = await connection.execute(sql`
    update tracked_events set visitor = null, subject = null, data = data - 'visitor' - 'attributes'
     where project_id = ${projectId} and ${ofTheirBrowsers(projectId, id)}`);
  const { rowCount: own } = await connection.execute(sql`
    update tracked_events
       set customer_id = ${pseudonym}, visitor = null, subject = null,
           data = (data - 'visitor' - 'attributes') || ${customer}::jsonb
     where project_id = ${projectId} and customer_id = ${id}`);
  await connection.execute(sql`
    update tracked_events set data = data || ${referrer}::jsonb
     where project_id = ${projectId} and data ? 'referrer' and data ->> 'referrer' = ${id}`);
  return (unknown ?? 0) + (own ?? 0);
}

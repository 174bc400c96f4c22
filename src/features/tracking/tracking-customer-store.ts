import { type SQL, sql } from "drizzle-orm";
import type { CustomerMerge, CustomerName } from "../../platform/customer-data.ts";
import type { Connection } from "../../platform/database.ts";

/** What others did that names them is shown without the others. */
export async function trackedEventsOfCustomer(
  connection: Connection,
  { projectId, id }: CustomerName,
  most: number,
): Promise<Record<string, unknown>[]> {
  const place = sql`'id', id, 'source', source, 'type', type, 'time', occurred_at`;
  const { rows } = await connection.execute<{ record: Record<string, unknown> }>(sql`
    select record from (
      select occurred_at, json_build_object(${place}, 'subject', subject, 'data', data) as record
        from tracked_events where project_id = ${projectId} and (customer_id = ${id} or ${ofTheirBrowsers(projectId, id)})
      union all
      select occurred_at, json_build_object(${place}, 'subject', case when subject = ${id} then subject end,
               'data', case when ${isReferrer(id)} then json_build_object('referrer', ${id}::text) else '{}' end)
        from tracked_events where project_id = ${projectId} and ${namedByOthers(projectId, id)}
    ) as known order by occurred_at desc limit ${most}`);
  return rows.map(({ record }) => record);
}

/** What was done before anybody knew that it was them. */
function ofTheirBrowsers(projectId: string, id: string): SQL {
  return sql`(customer_id is null and visitor in (
    select visitor from tracked_events where project_id = ${projectId} and customer_id = ${id}))`;
}

const isReferrer = (id: string): SQL => sql`(data ? 'referrer' and data ->> 'referrer' = ${id})`;

function namedByOthers(projectId: string, id: string): SQL {
  return sql`(subject = ${id} or ${isReferrer(id)})
    and customer_id is distinct from ${id} and not coalesce(${ofTheirBrowsers(projectId, id)}, false)`;
}

/** That somebody did it stays, for the funnels; who, from which browser and what was said beside it goes. */
export async function eraseTrackedCustomer(
  connection: Connection,
  { projectId, id, pseudonym }: CustomerName,
): Promise<number> {
  const customer = JSON.stringify({ customer: pseudonym });
  const referrer = JSON.stringify({ referrer: pseudonym });
  const { rowCount: named } = await connection.execute(sql`
    update tracked_events
       set subject = nullif(subject, ${id}),
           data = case when ${isReferrer(id)} then data || ${referrer}::jsonb else data end
     where project_id = ${projectId} and ${namedByOthers(projectId, id)}`);
  // Before their own: afterwards nobody can tell which browsers were theirs.
  const { rowCount: unknown } = await connection.execute(sql`
    update tracked_events set visitor = null, subject = null, data = data - 'visitor' - 'attributes' - 'referrer'
     where project_id = ${projectId} and ${ofTheirBrowsers(projectId, id)}`);
  const { rowCount: own } = await connection.execute(sql`
    update tracked_events
       set customer_id = ${pseudonym}, visitor = null, subject = null,
           data = (data - 'visitor' - 'attributes' - 'referrer') || ${customer}::jsonb
     where project_id = ${projectId} and customer_id = ${id}`);
  return (named ?? 0) + (unknown ?? 0) + (own ?? 0);
}

export async function mergeTrackedCustomer(
  connection: Connection,
  { projectId, guest, customer }: CustomerMerge,
): Promise<number> {
  const { rowCount } = await connection.execute(sql`
    update tracked_events set customer_id = ${customer.id}, data = data || jsonb_build_object('customer', ${customer.id}::text)
     where project_id = ${projectId} and customer_id = ${guest.id}`);
  return rowCount ?? 0;
}

import { sql } from "drizzle-orm";
import type { CustomerName } from "../../platform/customer-data.ts";
import type { Connection } from "../../platform/database.ts";

export async function eventsOfCustomer(
  connection: Connection,
  { projectId, id }: CustomerName,
  most: number,
): Promise<Record<string, unknown>[]> {
  const { rows } = await connection.execute<{ record: Record<string, unknown> }>(sql`
    select json_build_object('id', id, 'type', type, 'subject', subject, 'createdAt', created_at, 'data', data) as record
      from outbox_events where project_id = ${projectId} and customer_id = ${id}
     order by created_at desc limit ${most}`);
  return rows.map(({ record }) => record);
}

/** Whoever reads or gets them from now on is told the pseudonym. Under `lockSequencer`, which finds rows by their place. */
export async function eraseEventCustomer(
  connection: Connection,
  { projectId, id, pseudonym }: CustomerName,
): Promise<number> {
  const { rowCount } = await connection.execute(sql`
    update outbox_events
       set data = (data::jsonb || jsonb_build_object('customer', ${pseudonym}::text)
                   || case when type = 'dealwright.customer.merged' then '{"guest": null}'
                           when type in ('dealwright.automation.notified', 'dealwright.automation.fired') then '{"locale": null, "consents": {}}'
                           else '{}' end::jsonb)::json
     where project_id = ${projectId} and customer_id = ${id}`);
  return rowCount ?? 0;
}

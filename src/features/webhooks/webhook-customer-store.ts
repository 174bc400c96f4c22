import { sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";

/** Answers of receivers to events of the customer. */
export async function responsesAboutCustomer(
  connection: Connection,
  projectId: string,
  customer: string,
  most: number,
): Promise<Record<string, unknown>[]> {
  const { rows } = await connection.execute<{ record: Record<string, unknown> }>(sql`
    select json_build_object('webhook', webhook_id, 'event', event_id, 'attemptedAt', attempted_at, 'response', response) as record
      from webhook_deliveries ${aboutCustomer(projectId, customer)} order by attempted_at desc limit ${most}`);
  return rows.map(({ record }) => record);
}

/** A receiver may have said in its answer whom it was told of. */
export async function eraseResponses(
  connection: Connection,
  projectId: string,
  customer: string,
): Promise<number> {
  // Locked in the order in which the dispatcher locks them, so that neither waits for the other.
  const { rowCount } = await connection.execute(sql`
    update webhook_deliveries d set response = ''
      from (select webhook_id, event_id from webhook_deliveries ${aboutCustomer(projectId, customer)}
             order by webhook_id, position for update) as said
     where d.project_id = ${projectId} and d.webhook_id = said.webhook_id and d.event_id = said.event_id`);
  return rowCount ?? 0;
}

const aboutCustomer = (projectId: string, customer: string) => sql`
  where project_id = ${projectId} and response <> '' and (webhook_id, event_id) in (
        select w.id, e.id from webhooks w join outbox_events e on e.project_id = w.project_id
         where w.project_id = ${projectId} and e.customer_id = ${customer})`;

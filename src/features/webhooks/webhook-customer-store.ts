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
  // Whoever changes several deliveries of a webhook locks the webhook first, as the dispatcher does.
  const { rowCount } = await connection.execute(sql`
    with owner as materialized (
      select id from webhooks
       where project_id = ${projectId}
         and id in (select webhook_id from webhook_deliveries ${aboutCustomer(projectId, customer)})
       order by id for no key update
    )
    update webhook_deliveries set response = '' ${aboutCustomer(projectId, customer)} and webhook_id in (select id from owner)`);
  return rowCount ?? 0;
}

const aboutCustomer = (projectId: string, customer: string) => sql`
  where project_id = ${projectId} and response <> '' and (webhook_id, event_id) in (
        select w.id, e.id from webhooks w join outbox_events e on e.project_id = w.project_id
         where w.project_id = ${projectId} and e.customer_id = ${customer})`;

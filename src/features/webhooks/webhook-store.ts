import { and, desc, eq, gt, inArray, isNull, lt, or, type SQL, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import {
  type WebhookDeliveryRow,
  type WebhookRow,
  type WebhookSecretRow,
  webhookDeliveries,
  webhookSecrets,
  webhooks,
} from "./webhook-tables.ts";

const named = (projectId: string, id: string) => and(eq(webhooks.projectId, projectId), eq(webhooks.id, id));
const deliveriesOf = (projectId: string, webhookId: string) =>
  and(eq(webhookDeliveries.projectId, projectId), eq(webhookDeliveries.webhookId, webhookId));

export async function countWebhooks(connection: Connection, projectId: string): Promise<number> {
  return connection.$count(webhooks, eq(webhooks.projectId, projectId));
}

export async function insertWebhook(connection: Connection, row: WebhookRow): Promise<void> {
  await connection.insert(webhooks).values(row);
}

export async function insertWebhookSecret(connection: Connection, row: WebhookSecretRow): Promise<void> {
  await connection.insert(webhookSecrets).values(row);
}

export async function findWebhook(
  connection: Connection,
  projectId: string,
  id: string,
): Promise<WebhookRow | undefined> {
  const [row] = await connection.select().from(webhooks).where(named(projectId, id));
  return row;
}

/** Locked until the transaction ends: nobody queues events for it meanwhile. */
export async function lockWebhook(
  connection: Connection,
  projectId: string,
  id: string,
): Promise<WebhookRow | undefined> {
  const [row] = await connection.select().from(webhooks).where(named(projectId, id)).for("update");
  return row;
}

/** Held until the transaction ends: of several that come together each sees how many there are. */
export async function lockWebhooks(connection: Connection, projectId: string): Promise<void> {
  await connection.execute(sql`select pg_advisory_xact_lock(730511821, hashtext(${projectId}))`);
}

/** Newest first. */
export async function listWebhooks(
  connection: Connection,
  projectId: string,
  { beforeId, limit }: { beforeId: string | null; limit: number },
): Promise<WebhookRow[]> {
  return connection
    .select()
    .from(webhooks)
    .where(and(eq(webhooks.projectId, projectId), beforeId === null ? undefined : lt(webhooks.id, beforeId)))
    .orderBy(desc(webhooks.id))
    .limit(limit);
}

/** Those that are live, the newest first. */
export async function findWebhookSecrets(
  connection: Connection,
  projectId: string,
  webhookIds: readonly string[],
  now: Date,
): Promise<WebhookSecretRow[]> {
  if (webhookIds.length === 0) return [];
  return connection
    .select()
    .from(webhookSecrets)
    .where(
      and(
        eq(webhookSecrets.projectId, projectId),
        inArray(webhookSecrets.webhookId, [...webhookIds]),
        or(isNull(webhookSecrets.expiresAt), gt(webhookSecrets.expiresAt, now)),
      ),
    )
    .orderBy(desc(webhookSecrets.createdAt), desc(webhookSecrets.expiresAt));
}

/** The one in use ends at `expiresAt`; one that was to end already ends now, so that there are never more than two. */
export async function retireWebhookSecrets(
  connection: Connection,
  projectId: string,
  webhookId: string,
  expiresAt: Date,
): Promise<void> {
  const own = and(eq(webhookSecrets.projectId, projectId), eq(webhookSecrets.webhookId, webhookId));
  await connection.delete(webhookSecrets).where(and(own, sql`${webhookSecrets.expiresAt} is not null`));
  await connection.update(webhookSecrets).set({ expiresAt }).where(own);
}

/** Whoever serves it reads it anew before anything more is sent. */
export async function updateWebhook(
  connection: Connection,
  projectId: string,
  id: string,
  change: Partial<WebhookRow>,
): Promise<WebhookRow> {
  const revision = sql`${webhooks.revision} + 1`;
  const [row] = await connection
    .update(webhooks)
    .set({ ...change, revision })
    .where(named(projectId, id))
    .returning();
  if (row === undefined) throw new Error(`webhook ${id} vanished under its lock`);
  return row;
}

/** With its secrets and all that was to be delivered to it. Under `lockWebhook`, so that nothing of it is left. */
export async function deleteWebhook(connection: Connection, projectId: string, id: string): Promise<void> {
  await connection.delete(webhookDeliveries).where(deliveriesOf(projectId, id));
  await connection.delete(webhooks).where(named(projectId, id));
}

/** Newest first. `before`: the position of the last one seen. */
export async function listDeliveries(
  connection: Connection,
  projectId: string,
  webhookId: string,
  query: { status: WebhookDeliveryRow["status"] | undefined; before: number | null; limit: number },
): Promise<WebhookDeliveryRow[]> {
  return connection
    .select()
    .from(webhookDeliveries)
    .where(
      and(
        deliveriesOf(projectId, webhookId),
        query.before === null ? undefined : lt(webhookDeliveries.position, query.before),
        query.status === undefined ? undefined : eq(webhookDeliveries.status, query.status),
      ),
    )
    .orderBy(desc(webhookDeliveries.position))
    .limit(query.limit);
}

/** Begins anew with one delivery, whatever became of it; undefined if there is no such. */
export async function replayDelivery(
  connection: Connection,
  projectId: string,
  webhookId: string,
  eventId: string,
  now: Date,
): Promise<WebhookDeliveryRow | undefined> {
  const [row] = await connection
    .update(webhookDeliveries)
    .set({ status: "pending", attempts: 0, dueAt: now })
    .where(and(deliveriesOf(projectId, webhookId), eq(webhookDeliveries.eventId, eventId)))
    .returning();
  return row;
}

/** Begins anew with up to `most` dead deliveries, the oldest first; answers how many there were. */
export async function replayDead(
  connection: Connection,
  projectId: string,
  webhookId: string,
  { now, most }: { now: Date; most: number },
): Promise<number> {
  // Locked before its deliveries, as everywhere.
  const { rowCount } = await connection.execute(sql`
    with owner as materialized (
      select from webhooks where project_id = ${projectId} and id = ${webhookId} for no key update
    )
    update webhook_deliveries set status = 'pending', attempts = 0, due_at = ${now.toISOString()}::timestamptz
     where project_id = ${projectId} and webhook_id = ${webhookId} and exists (select from owner) and event_id in (
           select event_id from webhook_deliveries
            where project_id = ${projectId} and webhook_id = ${webhookId} and status = 'dead'
            order by position limit ${most})`);
  return rowCount ?? 0;
}

/** What waits for its next attempt waits no longer. */
export async function hurryDeliveries(
  connection: Connection,
  projectId: string,
  webhookId: string,
  now: Date,
): Promise<void> {
  await connection
    .update(webhookDeliveries)
    .set({ dueAt: now })
    .where(
      and(
        deliveriesOf(projectId, webhookId),
        eq(webhookDeliveries.status, "pending"),
        gt(webhookDeliveries.dueAt, now),
      ),
    );
}

/** One delivery for each of these events and each enabled webhook that wants it. */
export async function insertDeliveries(
  connection: Connection,
  projectId: string,
  events: readonly { id: string; type: string; subject: string; position: number }[],
  now: Date,
): Promise<void> {
  const column = (values: readonly (string | number)[], type: SQL) => sql`${sql.param([...values])}::${type}`;
  // The lock is the one of a foreign key: it only keeps a webhook from being deleted meanwhile.
  await connection.execute(sql`
    with wanting as (
      select id, types from webhooks where project_id = ${projectId} and enabled order by id for key share
    )
    insert into webhook_deliveries (project_id, webhook_id, event_id, position, type, subject, status, due_at, created_at)
    select ${projectId}, w.id, e.id, e.position, e.type, e.subject, 'pending', ${now.toISOString()}::timestamptz, ${now.toISOString()}::timestamptz
      from unnest(${column(
        events.map(({ id }) => id),
        sql`text[]`,
      )}, ${column(
        events.map(({ type }) => type),
        sql`text[]`,
      )},
                  ${column(
                    events.map(({ subject }) => subject),
                    sql`text[]`,
                  )}, ${column(
                    events.map(({ position }) => position),
                    sql`bigint[]`,
                  )})
             as e (id, type, subject, position)
      join wanting w on w.types = '{}' or e.type = any (w.types)`);
}

/** With the events themselves. */
export async function deleteDeliveries(
  connection: Connection,
  projectId: string,
  through: number,
): Promise<void> {
  await connection.execute(sql`
    with owner as materialized (
      select id from webhooks where project_id = ${projectId} order by id for no key update
    )
    delete from webhook_deliveries d using owner w
     where d.project_id = ${projectId} and d.webhook_id = w.id and d.position <= ${through}`);
}

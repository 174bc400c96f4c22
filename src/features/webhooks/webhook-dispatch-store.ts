/** Which webhook is served by whom, what it gets next, and what became of it. */
import { type SQL, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";

/** Longer than a round and the attempts that it ends with: see webhook-dispatch-service.ts. By the database's clock, which all processes share. */
export const leaseSeconds = 30;

export interface WebhookName {
  readonly projectId: string;
  readonly id: string;
}

/** Those for which something is due and whom nobody serves, the longest waiting first. */
export async function webhooksToServe(
  connection: Connection,
  { now, most }: { now: Date; most: number },
): Promise<WebhookName[]> {
  const { rows } = await connection.execute<{ projectId: string; id: string }>(sql`
    select project_id as "projectId", id from webhooks_to_serve(${now.toISOString()}::timestamptz, ${most})`);
  return rows;
}

export interface WebhookBacklog {
  /** Counted up to a hundred thousand. */
  readonly undelivered: number;
  /** How long the longest overdue attempt has been due: dispatchers that keep up leave seconds. */
  readonly overdueSeconds: number;
  /** How long a webhook has been failing, the longest of them. */
  readonly failingSeconds: number;
}

const mostCounted = 100_000;

/** Of those that are switched on, over the walls. */
export async function webhookBacklog(connection: Connection): Promise<WebhookBacklog> {
  const { rows } = await connection.execute<WebhookBacklog & Record<string, unknown>>(sql`
    select undelivered::int as undelivered, coalesce(overdue_seconds, 0) as "overdueSeconds",
           coalesce(failing_seconds, 0) as "failingSeconds"
      from webhook_backlog(${mostCounted})`);
  return rows[0] ?? { undelivered: 0, overdueSeconds: 0, failingSeconds: 0 };
}

export interface ServedWebhook extends WebhookName {
  readonly url: string;
  readonly runner: string;
  readonly secrets: readonly string[];
  /** Of what its owner said of it. Once that is another, nothing more is sent as it was said before. */
  readonly revision: number;
  /** Whether its last attempt was a failure. */
  readonly isFailing: boolean;
}

/** Undefined: somebody else was first, or it is not to be served any more. */
export async function takeWebhook(
  connection: Connection,
  { projectId, id }: WebhookName,
  { runner, now, seconds }: { runner: string; now: Date; seconds: number },
): Promise<ServedWebhook | undefined> {
  const { rows } = await connection.execute<TakenRow>(sql`
    with taken as (
      update webhooks set runner = ${runner}, lease_until = now() + make_interval(secs => ${seconds})
       where project_id = ${projectId} and id = ${id} and enabled and (runner is null or lease_until < now())
         and (not_before is null or not_before <= ${now.toISOString()}::timestamptz)
      returning url, revision, failing_since is not null as failing
    )
    select url, revision, failing,
           array(select secret from webhook_secrets
                  where project_id = ${projectId} and webhook_id = ${id}
                    and (expires_at is null or expires_at > ${now.toISOString()}::timestamptz)
                  order by created_at desc) as secrets
      from taken`);
  const [row] = rows;
  if (row === undefined) return undefined;
  const { failing: isFailing, ...rest } = row;
  return { projectId, id, runner, isFailing, ...rest };
}

interface TakenRow extends Record<string, unknown>, Pick<ServedWebhook, "url" | "secrets" | "revision"> {
  failing: boolean;
}

export async function releaseWebhook(connection: Connection, webhook: ServedWebhook): Promise<void> {
  await connection.execute(sql`
    update webhooks set runner = null, lease_until = null, served_at = now() where ${held(webhook)}`);
}

const held = ({ projectId, id, runner }: ServedWebhook) =>
  sql`project_id = ${projectId} and id = ${id} and runner = ${runner}`;
/** It is this runner's, and its owner has changed nothing since it was taken. */
const isServedSo = (webhook: ServedWebhook) => sql`${held(webhook)} and revision = ${webhook.revision}`;

export interface DueDelivery {
  readonly eventId: string;
  readonly position: number;
  readonly attempts: number;
  readonly type: string;
  readonly subject: string;
  readonly data: Record<string, unknown>;
  readonly createdAt: Date;
}

/** What is due and the first of its subject: no two of them are of one subject, so that they may be sent side by side. */
export async function dueDeliveries(
  connection: Connection,
  { projectId, id }: WebhookName,
  { now, most }: { now: Date; most: number },
): Promise<DueDelivery[]> {
  const { rows } = await connection.execute<
    Omit<DueDelivery, "createdAt"> & { createdAt: string | Date }
  >(sql`
    select d.event_id as "eventId", d.position, d.attempts, e.type, e.subject, e.data, e.created_at as "createdAt"
      from (select event_id, position, attempts from webhook_deliveries head
             where project_id = ${projectId} and webhook_id = ${id} and status = 'pending'
               and due_at <= ${now.toISOString()}::timestamptz
               and not exists (
                   select from webhook_deliveries earlier
                    where earlier.project_id = ${projectId} and earlier.webhook_id = ${id} and earlier.status = 'pending'
                      and earlier.subject = head.subject and earlier.position < head.position)
             order by due_at, position limit ${most}) as d
      join outbox_events e on e.project_id = ${projectId} and e.id = d.event_id
     order by d.position`);
  return rows.map(({ createdAt, ...row }) => ({ ...row, createdAt: new Date(createdAt) }));
}

export interface Attempt {
  readonly now: Date;
  readonly responseStatus: number | null;
  readonly durationMilliseconds: number;
  readonly response: string;
  readonly failure: string | null;
}

const told = ({ now, responseStatus, durationMilliseconds, response, failure }: Attempt) => sql`
  attempts = attempts + 1, attempted_at = ${now.toISOString()}::timestamptz, response_status = ${responseStatus},
  duration_ms = ${durationMilliseconds}, response = ${response}, failure = ${failure}`;

const own = ({ projectId, id }: WebhookName) => sql`project_id = ${projectId} and webhook_id = ${id}`;

/**
 * Begins what is noted, and all of it hangs on there being a row: then `where` holds, and will until the statement ends. Without
 * the lock its owner could change the webhook between two parts of one statement. Whoever changes several deliveries of a webhook
 * locks the webhook first, so that nobody waits for another in a circle.
 */
const withServed = (where: SQL) => sql`
  with served as materialized (select revision from webhooks where ${where} for no key update)`;
const isServed = sql`exists (select from served)`;

/**
 * False: nothing more should be sent. Either its owner has changed the webhook meanwhile, or it is no longer this runner's; then
 * somebody else sends the event again, and says what became of it.
 */
export async function noteDelivered(
  connection: Connection,
  webhook: ServedWebhook,
  { eventId, position, subject }: DueDelivery,
  attempt: Attempt,
): Promise<boolean> {
  const { rows } = await connection.execute<{ revision: number }>(sql`
    ${withServed(held(webhook))}, delivered as (
      update webhook_deliveries set status = 'delivered', ${told(attempt)}
       where ${own(webhook)} and event_id = ${eventId} and ${isServed}
    ), next as (
      update webhook_deliveries set due_at = ${attempt.now.toISOString()}::timestamptz
       where ${own(webhook)} and subject = ${subject} and status = 'pending' and position > ${position}
         and due_at > ${attempt.now.toISOString()}::timestamptz and ${isServed}
    ), well as (
      update webhooks set failing_since = null where ${isServedSo(webhook)} and failing_since is not null and ${isServed}
    )
    select revision from served`);
  return rows[0]?.revision === webhook.revision;
}

/**
 * `dueAt`: the next attempt; null: it is given up. What follows of its subject waits as long. Answers since when the receiver
 * fails. Null, and nothing is noted, if the webhook is no longer this runner's, or its owner has changed it: the answer was of
 * another receiver, perhaps.
 */
export async function noteFailed(
  connection: Connection,
  webhook: ServedWebhook,
  { eventId, position, subject }: DueDelivery,
  attempt: Attempt,
  { dueAt, notBefore }: { dueAt: Date | null; notBefore: Date | null },
): Promise<Date | null> {
  const due = sql`${dueAt?.toISOString() ?? null}::timestamptz`;
  const { rows } = await connection.execute<{ since: string | Date }>(sql`
    ${withServed(isServedSo(webhook))}, failed as (
      update webhook_deliveries
         set status = ${dueAt === null ? "dead" : "pending"}, due_at = coalesce(${due}, due_at), ${told(attempt)}
       where ${own(webhook)} and event_id = ${eventId} and ${isServed}
    ), waiting as (
      update webhook_deliveries set due_at = ${due}
       where ${own(webhook)} and subject = ${subject} and status = 'pending' and position > ${position}
         and due_at < ${due} and ${isServed}
    )
    update webhooks
       set failing_since = coalesce(failing_since, ${attempt.now.toISOString()}::timestamptz),
           not_before = greatest(not_before, ${notBefore?.toISOString() ?? null}::timestamptz)
     where ${isServedSo(webhook)} and ${isServed}
    returning failing_since as since`);
  const [row] = rows;
  return row === undefined ? null : new Date(row.since);
}

/**
 * What was queued while an earlier event of its subject waits for its next attempt waits as long. Until then it looks due and
 * cannot be sent: the webhook would be taken and released again without end.
 */
export async function postponeFollowers(
  connection: Connection,
  webhook: ServedWebhook,
  now: Date,
): Promise<void> {
  const at = sql`${now.toISOString()}::timestamptz`;
  await connection.execute(sql`
    ${withServed(isServedSo(webhook))}
    update webhook_deliveries follower set due_at = head.due_at
      from (select event_id,
                   (select due_at from webhook_deliveries first
                     where ${own(webhook)} and first.subject = due.subject and status = 'pending'
                     order by position limit 1) as due_at
              from webhook_deliveries due where ${own(webhook)} and status = 'pending' and due_at <= ${at}) as head
     where follower.project_id = ${webhook.projectId} and follower.webhook_id = ${webhook.id}
       and follower.event_id = head.event_id and head.due_at > ${at} and ${isServed}`);
}

/** False if it was disabled already, changed by its owner, or changed hands. */
export async function disableWebhook(
  connection: Connection,
  webhook: ServedWebhook,
  reason: "gone" | "failing",
  now: Date,
): Promise<boolean> {
  const { rowCount } = await connection.execute(sql`
    update webhooks set enabled = false, disabled_reason = ${reason}, updated_at = ${now.toISOString()}::timestamptz
     where ${isServedSo(webhook)} and enabled`);
  return (rowCount ?? 0) > 0;
}

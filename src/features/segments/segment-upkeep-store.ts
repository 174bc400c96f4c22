/** What is read and kept so that segments stay current. It looks into the tables of several features, and writes its own. */
import { type SQL, sql } from "drizzle-orm";
import { limits } from "../../engine/limits.ts";
import type { EventsAsked } from "../../engine/segment.ts";
import { millisecondsPerDay } from "../../engine/zone.ts";
import type { Connection } from "../../platform/database.ts";
import type { KnownCustomer } from "./segment-rules.ts";
import type { SegmentRow } from "./segment-tables.ts";

export interface Upkeep {
  readonly position: number;
  /** Epoch milliseconds. */
  readonly sweepDueAt: number;
  readonly sweepAfter: string | null;
  /** Where the project's events end, and through where they are deleted. */
  readonly lastPosition: number;
  readonly deletedThrough: number;
}

/** Those in which something is to be done. */
export async function projectsWithUpkeepDue(connection: Connection, now: number): Promise<string[]> {
  const { rows } = await connection.execute<{ project_id: string }>(sql`
    select project_id from projects_with_upkeep_due(${new Date(now).toISOString()}::timestamptz) as project_id`);
  return rows.map(({ project_id }) => project_id);
}

/** From what is committed by now on: the sweep that follows sees all of it. */
export async function beginUpkeep(connection: Connection, projectId: string): Promise<void> {
  await connection.execute(sql`
    insert into customer_upkeep (project_id, position)
    values (${projectId}, coalesce((select last_position from event_streams where project_id = ${projectId}), 0))
    on conflict do nothing`);
}

/** Whoever erases a customer waits for it: what is computed from their orders must not come back after them. */
export async function holdUpkeep(connection: Connection, projectId: string): Promise<void> {
  await connection.execute(sql`select from customer_upkeep where project_id = ${projectId} for update`);
}

/** Locked until the transaction ends; undefined while somebody else works on the project. */
export async function takeUpkeep(connection: Connection, projectId: string): Promise<Upkeep | undefined> {
  const { rows } = await connection.execute(sql`
    select from customer_upkeep where project_id = ${projectId} for update skip locked`);
  if (rows.length === 0) return undefined;
  // After the lock: what the one before has written is seen.
  const taken = await connection.execute<Record<keyof Upkeep, never>>(sql`
    select u.position, floor(extract(epoch from sweep_due_at) * 1000)::bigint as "sweepDueAt",
           sweep_after as "sweepAfter",
           coalesce(s.last_position, 0) as "lastPosition", coalesce(s.deleted_through, 0) as "deletedThrough"
      from customer_upkeep u left join event_streams s on s.project_id = u.project_id where u.project_id = ${projectId}`);
  return taken.rows[0];
}

export async function setPosition(
  connection: Connection,
  projectId: string,
  position: number,
): Promise<void> {
  await connection.execute(
    sql`update customer_upkeep set position = ${position} where project_id = ${projectId}`,
  );
}

export async function beginSweep(
  connection: Connection,
  projectId: string,
  { versions, nextAt }: { versions: Readonly<Record<string, number>>; nextAt: Date },
): Promise<void> {
  await connection.execute(sql`
    update customer_upkeep set sweep_due_at = ${nextAt.toISOString()}::timestamptz, sweep_after = '',
           sweep_versions = ${JSON.stringify(versions)}::jsonb
     where project_id = ${projectId}`);
}

export async function setSweepAfter(connection: Connection, projectId: string, after: string): Promise<void> {
  await connection.execute(
    sql`update customer_upkeep set sweep_after = ${after} where project_id = ${projectId}`,
  );
}

export async function endSweep(connection: Connection, projectId: string): Promise<void> {
  await connection.execute(sql`
    update segments s set refreshed_version = (u.sweep_versions ->> s.id)::bigint
      from customer_upkeep u
     where u.project_id = ${projectId} and s.project_id = u.project_id and u.sweep_versions ? s.id`);
  await connection.execute(sql`
    update customer_upkeep set sweep_after = null, sweep_versions = null
     where project_id = ${projectId}`);
}

export type RuledSegment = Pick<SegmentRow, "id" | "key" | "version" | "document"> & {
  readonly refreshedVersion: number;
};

/** Segments with conditions; none of them is deleted until the transaction ends. */
export async function segmentsByConditions(
  connection: Connection,
  projectId: string,
): Promise<RuledSegment[]> {
  const { rows } = await connection.execute<Record<keyof RuledSegment, never>>(sql`
    select id, key, version, refreshed_version as "refreshedVersion", document from segments
     where project_id = ${projectId} and refreshed_version is not null order by id for key share`);
  return rows;
}

/** Events after which something else may be true of a customer. */
const telling = [
  "dealwright.customer.changed",
  "dealwright.customer.merged",
  "dealwright.order.placed",
  "dealwright.order.updated",
  "dealwright.order.cancelled",
  "dealwright.order.returned",
  "dealwright.redemption.committed",
  "dealwright.redemption.cancelled",
  "dealwright.return.created",
  "dealwright.points.earned",
  "dealwright.points.reversed",
];

/** Whom the events after `after` and up to `through` are about. */
export async function changedCustomers(
  connection: Connection,
  projectId: string,
  { after, through }: { after: number; through: number },
): Promise<string[]> {
  const { rows } = await connection.execute<{ id: string }>(sql`
    select distinct coalesce(e.customer_id, r.customer_id) as id
      from outbox_events e
      -- What follows on a redemption names only the redemption.
      left join lateral (select customer_id from redemptions
        where project_id = e.project_id and id = e.subject offset 0) r on e.customer_id is null
     where e.project_id = ${projectId} and e.position > ${after} and e.position <= ${through}
       and e.type = any (${sql.param(telling)}::text[])
       and coalesce(e.customer_id, r.customer_id) not like 'erased:%'`);
  return rows.map(({ id }) => id);
}

/** Those who buy more often only make a batch smaller. */
const ordersOfACustomer = 5;

/** The next customers by id, whether the shop told of them or only an order did; `after` is the last one looked at. */
export async function nextCustomers(
  connection: Connection,
  projectId: string,
  after: string,
  most: number,
): Promise<{ ids: string[]; through: string | null }> {
  const orders = most * ordersOfACustomer;
  const { rows } = await connection.execute<{ id: string; through: string | null }>(sql`
    with named as materialized (
      (select 1 as list, id from customers where project_id = ${projectId} and id > ${after} order by id limit ${most})
      union all
      (select 2, customer_id from orders
        where project_id = ${projectId} and customer_id > ${after} order by customer_id limit ${orders})
      union all
      (select 3, customer_id from redemptions
        where project_id = ${projectId} and customer_id > ${after} order by customer_id limit ${orders})
    ), ends as (
      -- Of a list that was cut off nobody knows what comes after its last one.
      select min(last) as through from (
        select max(id) as last from named group by list having count(*) = case list when 1 then ${most}::int else ${orders}::int end) as full_lists
    )
    select distinct id, through from named, ends where through is null or id <= through order by id`);
  return {
    ids: rows.flatMap(({ id }) => (id.startsWith("erased:") ? [] : [id])),
    through: rows[0]?.through ?? null,
  };
}

const sums = (projectId: string, ids: readonly string[]) => sql`
  select customer_id, sum(orders)::bigint as completed_orders, min(first_at) as first_order_at,
         max(last_at) as last_order_at, jsonb_object_agg(currency, spent) as spent
    from (select customer_id, currency, count(*) as orders, min(at) as first_at, max(at) as last_at,
                 least(sum(total), ${Number.MAX_SAFE_INTEGER})::bigint as spent
            from order_history where project_id = ${projectId} and customer_id = any (${sql.param(ids)}::text[])
           group by customer_id, currency) as by_currency
   group by customer_id`;

/** Adds up anew what these customers bought; answers those who bought anything. */
export async function refreshActivity(
  connection: Connection,
  projectId: string,
  ids: readonly string[],
): Promise<string[]> {
  const { rows } = await connection.execute<{ id: string }>(sql`
    with sums as materialized (${sums(projectId, ids)}), gone as (
      delete from customer_activity
       where project_id = ${projectId} and customer_id = any (${sql.param(ids)}::text[])
         and customer_id not in (select customer_id from sums)
    ), kept as (
      insert into customer_activity as a (project_id, customer_id, completed_orders, first_order_at, last_order_at, spent)
      select ${projectId}, sums.* from sums
      on conflict (project_id, customer_id) do update
         set completed_orders = excluded.completed_orders, first_order_at = excluded.first_order_at,
             last_order_at = excluded.last_order_at, spent = excluded.spent
       where (a.completed_orders, a.first_order_at, a.last_order_at, a.spent)
             is distinct from (excluded.completed_orders, excluded.first_order_at, excluded.last_order_at, excluded.spent)
    )
    select customer_id as id from sums`);
  return rows.map(({ id }) => id);
}

/**
 * Everybody whom the shop told of or an order did. Once the first sweep has ended they all are in `customers`; before, whoever
 * asks has to look through the orders.
 */
async function everybody(connection: Connection, projectId: string): Promise<SQL> {
  const { rows } = await connection.execute(sql`
    select from customer_upkeep where project_id = ${projectId} and sweep_due_at > 'epoch' and sweep_after is null`);
  const told = sql`select id from customers where project_id = ${projectId}`;
  if (rows.length > 0) return told;
  return sql`${told}
    union select customer_id from orders where project_id = ${projectId} and customer_id not like 'erased:%'
    union select customer_id from redemptions where project_id = ${projectId} and customer_id not like 'erased:%'`;
}

export interface CustomersWanted {
  /** With their orders of the last `limits.orderWindowDays` days. */
  readonly withOrders: boolean;
  /** With what they did of this; null: nothing. */
  readonly events: EventsAsked | null;
  /** From the sums that are kept; else added up now. */
  readonly fromActivity: boolean;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** What is known of these customers; those of whom the shop told nothing and whose orders do not count are left out. */
export async function knownCustomers(
  connection: Connection,
  projectId: string,
  ids: readonly string[],
  { withOrders, events, fromActivity, now }: CustomersWanted,
): Promise<KnownCustomer[]> {
  const activity = fromActivity
    ? sql`select customer_id, completed_orders, last_order_at, spent from customer_activity
           where project_id = ${projectId} and customer_id = any (${sql.param(ids)}::text[])`
    : sums(projectId, ids);
  const { rows } = await connection.execute<Record<keyof KnownCustomer, never>>(sql`
    select u.id, coalesce(c.document, '{}') as document, t.tier, coalesce(a.completed_orders, 0) as "completedOrders",
           floor(extract(epoch from a.last_order_at) * 1000)::bigint as "lastOrderAt", coalesce(a.spent, '{}') as spent
      from unnest(${sql.param(ids)}::text[]) as u (id)
      left join customers c on c.project_id = ${projectId} and c.id = u.id
      left join (${activity}) a on a.customer_id = u.id
      left join customer_tiers t on t.project_id = ${projectId} and t.customer_id = u.id
     where c.id is not null or a.customer_id is not null`);
  const deeds = events === null ? null : await eventsOf(connection, projectId, ids, { ...events, now });
  const known =
    deeds === null
      ? rows
      : rows.map((row) => ({ ...(row as KnownCustomer), events: deeds.get(row.id) ?? [] }));
  if (!withOrders) return known;
  const since = new Date(now - (limits.orderWindowDays + 1) * millisecondsPerDay).toISOString();
  const orders = await connection.execute<{ customer_id: string; orders: never }>(sql`
    select customer_id, json_agg(json_build_object('at', floor(extract(epoch from at) * 1000)::bigint,
             'currency', currency, 'total', total)) as orders
      from order_history
     where project_id = ${projectId} and customer_id = any (${sql.param(ids)}::text[]) and at > ${since}::timestamptz
     group by customer_id`);
  const byCustomer = new Map(orders.rows.map((row) => [row.customer_id, row.orders]));
  return known.map((row) => ({ ...row, orders: byCustomer.get(row.id) ?? [] }));
}

/** What these customers did, by type, campaign and day, counted back from now: windows are whole days. */
async function eventsOf(
  connection: Connection,
  projectId: string,
  ids: readonly string[],
  { types, days, now }: EventsAsked & { now: number },
): Promise<Map<string, NonNullable<KnownCustomer["events"]>>> {
  const since = new Date(now - days * millisecondsPerDay).toISOString();
  const { rows } = await connection.execute<{ customer_id: string; events: never }>(sql`
    select customer_id, json_agg(json_build_object('type', type, 'campaign', campaign, 'at', at, 'count', count)) as events
      from (select customer_id, type, campaign, floor(extract(epoch from max(occurred_at)) * 1000)::bigint as at, count(*) as count
              from tracked_events
             where project_id = ${projectId} and customer_id = any (${sql.param(ids)}::text[])
               and type = any (${sql.param([...types])}::text[]) and occurred_at > ${since}::timestamptz
             group by customer_id, type, campaign,
                      floor((${now}::bigint - extract(epoch from occurred_at) * 1000) / ${millisecondsPerDay}::bigint)) as days
     group by customer_id`);
  return new Map(rows.map(({ customer_id, events }) => [customer_id, events]));
}

export interface Sample {
  readonly customers: number;
  /** One of so many was taken. */
  readonly oneIn: number;
  readonly ids: string[];
}

/** Of up to `most` customers all; of more an even part, the same each time. */
export async function sampleCustomers(
  connection: Connection,
  projectId: string,
  most: number,
): Promise<Sample> {
  const all = await everybody(connection, projectId);
  const { rows } = await connection.execute<{ customers: number }>(
    sql`select count(*) as customers from (${all}) as everybody`,
  );
  const customers = Number(rows[0]?.customers ?? 0);
  const oneIn = Math.max(1, Math.ceil(customers / most));
  const taken = await connection.execute<{ id: string }>(sql`
    select id from (${all}) as everybody
     where (hashtext(id)::bigint + 2147483648) % ${oneIn}::bigint = 0 order by id`);
  return { customers, oneIn, ids: taken.rows.map(({ id }) => id) };
}

/** Memberships and sums of one customer. */
export async function customerRecords(
  connection: Connection,
  projectId: string,
  customerId: string,
): Promise<Record<string, unknown>[]> {
  const { rows } = await connection.execute<{ record: Record<string, unknown> }>(sql`
    select json_build_object('segment', s.key, 'since', m.since) as record
      from segment_members m join segments s on s.project_id = m.project_id and s.id = m.segment_id
     where m.project_id = ${projectId} and m.customer_id = ${customerId}
    union all
    select json_build_object('completedOrders', completed_orders, 'firstOrderAt', first_order_at,
             'lastOrderAt', last_order_at, 'spent', spent)
      from customer_activity where project_id = ${projectId} and customer_id = ${customerId}`);
  return rows.map(({ record }) => record);
}

/** The customer is in every list that the guest is in. */
export async function mergeLists(
  connection: Connection,
  { projectId, from, to, since }: { projectId: string; from: string; to: string; since: Date },
): Promise<void> {
  await connection.execute(sql`
    insert into segment_members (project_id, segment_id, customer_id, since)
    select m.project_id, m.segment_id, ${to}, ${since.toISOString()}::timestamptz
      from segment_members m join segments s on s.project_id = m.project_id and s.id = m.segment_id
     where m.project_id = ${projectId} and m.customer_id = ${from} and s.refreshed_version is null
     order by m.segment_id
    on conflict do nothing`);
}

export async function deleteCustomerRecords(
  connection: Connection,
  projectId: string,
  customerId: string,
): Promise<number> {
  const { rows } = await connection.execute<{ count: number }>(sql`
    with members as (
      delete from segment_members where project_id = ${projectId} and customer_id = ${customerId} returning 1
    ), activity as (
      delete from customer_activity where project_id = ${projectId} and customer_id = ${customerId} returning 1
    ), touches as (
      delete from segment_touches where project_id = ${projectId} and customer_id = ${customerId}
    )
    select (select count(*) from members) + (select count(*) from activity) as count`);
  return Number(rows[0]?.count ?? 0);
}

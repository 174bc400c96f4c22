import { sql } from "drizzle-orm";
import type { CustomerName } from "../../platform/customer-data.ts";
import type { Connection } from "../../platform/database.ts";

type Records = Record<string, unknown>[];

async function records(connection: Connection, query: ReturnType<typeof sql>): Promise<Records> {
  const { rows } = await connection.execute<{ record: Record<string, unknown> }>(query);
  return rows.map(({ record }) => record);
}

export function pointsOfCustomer(
  connection: Connection,
  { projectId, id }: CustomerName,
  most: number,
): Promise<Records> {
  return records(
    connection,
    sql`
    select json_build_object('programme', programme, 'available', available, 'pending', pending, 'reserved', reserved, 'debt', debt) as record
      from points_accounts where project_id = ${projectId} and customer_id = ${id} order by programme limit ${most}`,
  );
}

const accountsOf = ({ projectId, id }: CustomerName) => sql`
  select project_id, holder, programme from points_accounts where project_id = ${projectId} and customer_id = ${id}`;

export function pointsEntriesOfCustomer(
  connection: Connection,
  customer: CustomerName,
  most: number,
): Promise<Records> {
  return records(
    connection,
    sql`
    select json_build_object('programme', e.programme, 'at', e.created_at, 'cause', e.cause, 'from', e.from_account, 'to', e.to_account,
             'points', e.amount, 'lot', e.lot_id, 'redemption', e.redemption_id, 'spend', e.spend_id, 'reason', e.reason) as record
      from (${accountsOf(customer)}) a join points_entries e using (project_id, holder, programme) order by e.id desc limit ${most}`,
  );
}

/** Each was begun by an entry; those that have nothing left are found by no other index. */
export function pointsLotsOfCustomer(
  connection: Connection,
  customer: CustomerName,
  most: number,
): Promise<Records> {
  return records(
    connection,
    sql`
    select json_build_object('id', l.id, 'programme', l.programme, 'points', l.amount, 'remaining', l.remaining, 'isPending', l.is_pending,
             'redemption', l.redemption_id, 'order', l.external_id, 'earnedAt', l.earned_at, 'availableAt', l.available_at, 'expiresAt', l.expires_at) as record
      from (select distinct e.project_id, e.lot_id as id
              from (${accountsOf(customer)}) a join points_entries e using (project_id, holder, programme)
             where e.from_account = 'issued' and e.lot_id is not null) begun
      join points_lots l using (project_id, id) order by l.id desc limit ${most}`,
  );
}

export function pointsSpendsOfCustomer(
  connection: Connection,
  customer: CustomerName,
  most: number,
): Promise<Records> {
  return records(
    connection,
    sql`
    select json_build_object('id', s.id, 'programme', s.programme, 'state', s.state, 'points', s.points, 'refunded', s.refunded,
             'orderRef', s.order_ref, 'redemption', s.redemption_id, 'order', s.external_id, 'currency', s.currency, 'value', s.value, 'coupon', s.coupon, 'createdAt', s.created_at) as record
      from (${accountsOf(customer)}) a join points_spends s using (project_id, holder, programme) order by s.id desc limit ${most}`,
  );
}

/** The points stay theirs, under the pseudonym: the books know nobody. */
export async function erasePointsCustomer(
  connection: Connection,
  { projectId, id, pseudonym }: CustomerName,
): Promise<number> {
  const { rowCount } = await connection.execute(sql`
    update points_accounts set customer_id = ${pseudonym} where project_id = ${projectId} and customer_id = ${id}`);
  return rowCount ?? 0;
}

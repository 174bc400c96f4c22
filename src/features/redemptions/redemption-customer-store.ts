import { sql } from "drizzle-orm";
import type { CustomerMerge, CustomerName } from "../../platform/customer-data.ts";
import type { Connection } from "../../platform/database.ts";

export async function redemptionsOfCustomer(
  connection: Connection,
  { projectId, id }: CustomerName,
  most: number,
): Promise<Record<string, unknown>[]> {
  const { rows } = await connection.execute<{ record: Record<string, unknown> }>(sql`
    select json_build_object('id', r.id, 'source', source, 'orderRef', order_ref, 'state', state, 'createdAt', created_at,
             'currency', currency, 'total', total, 'discount', discount, 'refunded', refunded, 'request', request, 'quote', quote,
             'returns', (select coalesce(json_agg(json_build_object('at', b.created_at, 'refund', b.refund, 'shipping', b.shipping,
                                  'withheld', b.withheld, 'lines', b.lines, 'gifts', b.gifts) order by b.step), '[]')
                           from redemption_returns b where b.project_id = r.project_id and b.redemption_id = r.id)) as record
      from redemptions r where project_id = ${projectId} and customer_id = ${id}
     order by created_at desc limit ${most}`);
  return rows.map(({ record }) => record);
}

/** What was bought, for how much and with which codes and coupons stays: it is the books'. Who bought it, and what they said of themselves, goes. */
export async function eraseRedemptionCustomer(
  connection: Connection,
  { projectId, id, pseudonym }: CustomerName,
): Promise<number> {
  const { rowCount } = await connection.execute(sql`
    update redemptions
       set customer_id = ${pseudonym}, facts = jsonb_strip_nulls(jsonb_build_object('coupons', facts::jsonb -> 'coupons'))::json,
           request = ((request::jsonb - '{attributes,identifiers}'::text[])
             || jsonb_build_object('customer', jsonb_build_object('id', ${pseudonym}::text),
                  'lines', (select coalesce(jsonb_agg(line - 'attributes' order by place), '[]')
                              from jsonb_array_elements(request::jsonb -> 'lines') with ordinality as l (line, place))))::json
     where project_id = ${projectId} and customer_id = ${id}`);
  return rowCount ?? 0;
}

export async function quotesOfCustomer(
  connection: Connection,
  { projectId, id }: CustomerName,
  most: number,
): Promise<Record<string, unknown>[]> {
  const { rows } = await connection.execute<{ record: Record<string, unknown> }>(sql`
    select jsonb_build_object('id', id, 'evaluation', evaluation_id, 'createdAt', created_at, 'validUntil', valid_until,
             'currency', currency, 'total', total, 'redemption', redemption_id) as record
      from quotes where project_id = ${projectId} and customer_id = ${id} order by id desc limit ${most}`);
  return rows.map(({ record }) => record);
}

/** Whom a price was promised to is not there any more; what was redeemed by it stays as a redemption. */
export async function eraseQuotes(connection: Connection, { projectId, id }: CustomerName): Promise<number> {
  const { rowCount } = await connection.execute(
    sql`delete from quotes where project_id = ${projectId} and customer_id = ${id}`,
  );
  return rowCount ?? 0;
}

export async function mergeQuotes(
  connection: Connection,
  { projectId, guest, customer }: CustomerMerge,
): Promise<number> {
  const { rowCount } = await connection.execute(sql`
    update quotes set customer_id = ${customer.id} where project_id = ${projectId} and customer_id = ${guest.id}`);
  return rowCount ?? 0;
}

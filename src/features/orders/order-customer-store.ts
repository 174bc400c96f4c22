import { sql } from "drizzle-orm";
import type { CustomerMerge, CustomerName } from "../../platform/customer-data.ts";
import type { Connection } from "../../platform/database.ts";
import type { OrderRow } from "./order-tables.ts";

export async function ordersOfCustomer(
  connection: Connection,
  { projectId, id }: CustomerName,
  most: number,
): Promise<Record<string, unknown>[]> {
  const { rows } = await connection.execute<{ record: Record<string, unknown> }>(sql`
    select document || jsonb_build_object('externalId', external_id, 'refunded', refunded, 'updatedAt', updated_at) as record
      from orders where project_id = ${projectId} and customer_id = ${id} order by placed_at desc limit ${most}`);
  return rows.map(({ record }) => record);
}

/** The order stays what it was worth; free attributes and a postal code may point to anybody, so they go as well. */
export async function eraseOrderCustomer(
  connection: Connection,
  { projectId, id, pseudonym }: CustomerName,
): Promise<number> {
  const { rowCount } = await connection.execute(sql`
    update orders
       set customer_id = ${pseudonym},
           document = ((document - 'attributes') #- '{shipTo,postalCode}')
             || jsonb_build_object('customer', ${pseudonym}::text,
                  'lines', (select coalesce(jsonb_agg(line - 'attributes' order by place), '[]')
                              from jsonb_array_elements(document -> 'lines') with ordinality as l (line, place)))
     where project_id = ${projectId} and customer_id = ${id}`);
  return rowCount ?? 0;
}

export type MovedOrder = Pick<
  OrderRow,
  "externalId" | "version" | "status" | "customerId" | "currency" | "total" | "redemptionId"
>;

export async function mergeOrderCustomer(
  connection: Connection,
  { projectId, guest, customer, now }: CustomerMerge,
): Promise<MovedOrder[]> {
  const { rows } = await connection.execute<Record<keyof MovedOrder, never>>(sql`
    update orders
       set customer_id = ${customer.id}, updated_at = ${new Date(now).toISOString()}::timestamptz,
           document = case when document ->> 'customer' = ${guest.id}
                           then document || jsonb_build_object('customer', ${customer.id}::text) else document end
     where project_id = ${projectId} and customer_id = ${guest.id}
    returning external_id as "externalId", version, status, customer_id as "customerId", currency, total, redemption_id as "redemptionId"`);
  return rows;
}

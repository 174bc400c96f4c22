import { sql } from "drizzle-orm";
import type { CustomerMerge, CustomerName } from "../../platform/customer-data.ts";
import type { Connection } from "../../platform/database.ts";

export async function contractsOfCustomer(
  connection: Connection,
  { projectId, id }: CustomerName,
  most: number,
): Promise<Record<string, unknown>[]> {
  const { rows } = await connection.execute<{ record: Record<string, unknown> }>(sql`
    select json_build_object('contract', id, 'kind', kind, 'name', name, 'value', value, 'currency', currency, 'startsOn', starts_on,
             'endsOn', ends_on, 'autoRenew', auto_renew, 'state', state, 'renewedBy', renewed_by, 'renewal', renewal) as record
      from contracts where project_id = ${projectId} and customer_id = ${id} order by ends_on desc, id limit ${most}`);
  return rows.map(({ record }) => record);
}

/** Terms and amounts stay, under the pseudonym; names may be anybody's. */
export async function eraseContractCustomer(
  connection: Connection,
  { projectId, id, pseudonym }: CustomerName,
): Promise<number> {
  const { rowCount } = await connection.execute(sql`
    update contracts set customer_id = ${pseudonym}, name = null where project_id = ${projectId} and customer_id = ${id}`);
  return rowCount ?? 0;
}

export async function mergeContractCustomer(
  connection: Connection,
  { projectId, guest, customer }: CustomerMerge,
): Promise<number> {
  const { rowCount } = await connection.execute(sql`
    update contracts set customer_id = ${customer.id} where project_id = ${projectId} and customer_id = ${guest.id}`);
  return rowCount ?? 0;
}

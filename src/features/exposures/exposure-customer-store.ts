import { sql } from "drizzle-orm";
import type { CustomerMerge, CustomerName } from "../../platform/customer-data.ts";
import type { Connection } from "../../platform/database.ts";

export async function exposuresOfCustomer(
  connection: Connection,
  { projectId, id }: CustomerName,
  most: number,
): Promise<Record<string, unknown>[]> {
  const { rows } = await connection.execute<{ record: Record<string, unknown> }>(sql`
    select json_build_object('kind', kind, 'name', name, 'arm', arm, 'at', at, 'channel', channel) as record
      from exposures where project_id = ${projectId} and customer_id = ${id} order by at desc limit ${most}`);
  return rows.map(({ record }) => record);
}

/** Under their pseudonym they go on counting in their arm, as their orders do. */
export function eraseExposureCustomer(
  connection: Connection,
  { projectId, id, pseudonym }: CustomerName,
): Promise<number> {
  return renameExposures(connection, projectId, { from: id, to: pseudonym });
}

/** Where the customer met it themselves, that stands; else the guest's. */
export function mergeExposures(
  connection: Connection,
  { projectId, guest, customer }: CustomerMerge,
): Promise<number> {
  return renameExposures(connection, projectId, { from: guest.id, to: customer.id });
}

async function renameExposures(
  connection: Connection,
  projectId: string,
  { from, to }: { from: string; to: string },
): Promise<number> {
  // Met under both names: one first exposure stands already.
  const { rowCount: known } = await connection.execute(sql`
    delete from exposures e where project_id = ${projectId} and customer_id = ${from} and exists (
      select from exposures f where f.project_id = ${projectId} and f.kind = e.kind and f.name = e.name
         and f.customer_id = ${to})`);
  const { rowCount: renamed } = await connection.execute(sql`
    update exposures set customer_id = ${to} where project_id = ${projectId} and customer_id = ${from}`);
  return (known ?? 0) + (renamed ?? 0);
}

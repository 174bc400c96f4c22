import { sql } from "drizzle-orm";
import type { CustomerName } from "../../platform/customer-data.ts";
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
export async function eraseExposureCustomer(
  connection: Connection,
  { projectId, id, pseudonym }: CustomerName,
): Promise<number> {
  // Erased before, and met again since: the first exposure stands already.
  const { rowCount: known } = await connection.execute(sql`
    delete from exposures e where project_id = ${projectId} and customer_id = ${id} and exists (
      select from exposures f where f.project_id = ${projectId} and f.kind = e.kind and f.name = e.name
         and f.customer_id = ${pseudonym})`);
  const { rowCount: renamed } = await connection.execute(sql`
    update exposures set customer_id = ${pseudonym} where project_id = ${projectId} and customer_id = ${id}`);
  return (known ?? 0) + (renamed ?? 0);
}

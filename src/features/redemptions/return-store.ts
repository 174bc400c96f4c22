import { sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";

/** Whether the redemption is the payment of a deposit. */
export async function paysDeposit(
  connection: Connection,
  projectId: string,
  redemptionId: string,
): Promise<boolean> {
  const { rows } = await connection.execute(sql`
    select 1 from redemptions
     where project_id = ${projectId} and id = ${redemptionId} and is_deposit`);
  return rows.length > 0;
}

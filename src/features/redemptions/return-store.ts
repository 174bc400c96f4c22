import { sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";

/** Whether an order counts the deposit that this redemption paid: its refund then holds the deposit too. */
export async function isDepositUsed(
  connection: Connection,
  projectId: string,
  redemptionId: string,
): Promise<boolean> {
  const { rows } = await connection.execute(sql`
    select 1 from counters
     where project_id = ${projectId} and holder = ${`redemption:${redemptionId}`}
       and measure = 'deposit' and used + reserved > 0 limit 1`);
  return rows.length > 0;
}

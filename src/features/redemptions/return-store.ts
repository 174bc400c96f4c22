import { and, asc, eq, gt, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import { type RedemptionReturnRow, redemptionReturns } from "./redemption-tables.ts";

/** In the order in which they came; `most` of those after a step, or all. */
export async function returnsOf(
  connection: Connection,
  projectId: string,
  redemptionId: string,
  { afterStep = null, most = null }: { afterStep?: number | null; most?: number | null } = {},
): Promise<RedemptionReturnRow[]> {
  const { redemptionId: of, step } = redemptionReturns;
  const found = connection
    .select()
    .from(redemptionReturns)
    .where(
      and(
        eq(redemptionReturns.projectId, projectId),
        eq(of, redemptionId),
        afterStep === null ? undefined : gt(step, afterStep),
      ),
    )
    .orderBy(asc(step));
  return most === null ? found : found.limit(most);
}

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

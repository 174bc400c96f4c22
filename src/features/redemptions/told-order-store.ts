import { sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import { isSameSale } from "./told-order.ts";

const isTheSame = sql.raw(isSameSale("o", "r"));

export interface ToldRedemption extends Record<string, unknown> {
  readonly id: string;
  readonly customerId: string | null;
}

/** The redemptions that were bought and could be this order's; no more than two, as two say already that it is not known which. */
export async function redemptionsOfOrder(
  connection: Connection,
  projectId: string,
  externalId: string,
): Promise<ToldRedemption[]> {
  // The index of redemptions by order begins with the source: it is asked once for each source that there is.
  const { rows } = await connection.execute<ToldRedemption>(sql`
    with recursive sources as (
      (select source from redemptions where project_id = ${projectId} and state not in ('cancelled', 'expired') order by source limit 1)
      union all
      select (select source from redemptions
               where project_id = ${projectId} and state not in ('cancelled', 'expired') and source > s.source
               order by source limit 1)
        from sources s where s.source is not null)
    select r.id, r.customer_id as "customerId"
      from sources s
      join redemptions r on r.project_id = ${projectId} and r.source = s.source and r.order_ref = ${externalId}
                        and r.state not in ('cancelled', 'expired')
      join orders o on o.project_id = ${projectId} and o.external_id = ${externalId}
     where r.state <> 'reserved' and ${isTheSame}
     order by r.id limit 2`);
  return rows;
}

/**
 * Whether goods of the redemption came back by the ERP's order that stands for it. Waits for whoever is at that order: if it
 * finds nothing back, what comes back of the order from now on finds the redemption.
 */
export async function isReturnedWithOrder(
  connection: Connection,
  projectId: string,
  redemptionId: string,
): Promise<boolean> {
  const { rows } = await connection.execute<{ isReturned: boolean }>(sql`
    select (o.refunded > 0 or o.returned <> '[]') as "isReturned"
      from redemptions r join orders o on ${isTheSame}
     where r.project_id = ${projectId} and r.id = ${redemptionId}
       for share of o`);
  return rows.some(({ isReturned }) => isReturned);
}

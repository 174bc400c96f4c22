/** How automations follow what happens. It looks into the tables of several features, and writes its own. */
import { sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import { followedTypes, type NumberedHappening } from "./automation-triggers.ts";

export interface Round {
  readonly position: number;
  /** Where the project's events end, and through where they are deleted. */
  readonly lastPosition: number;
  readonly deletedThrough: number;
}

/** Locked until the transaction ends; undefined while somebody else works on the project. */
export async function takeRound(connection: Connection, projectId: string): Promise<Round | undefined> {
  const { rows } = await connection.execute(sql`
    select from automation_rounds where project_id = ${projectId} for update skip locked`);
  if (rows.length === 0) return undefined;
  // After the lock: what the one before has written is seen.
  const taken = await connection.execute<Record<keyof Round, never>>(sql`
    select r.position, coalesce(s.last_position, 0) as "lastPosition", coalesce(s.deleted_through, 0) as "deletedThrough"
      from automation_rounds r left join event_streams s on s.project_id = r.project_id where r.project_id = ${projectId}`);
  return taken.rows[0];
}

/** Whoever erases a customer waits for it: nobody is reached after that by what was read before. */
export async function holdRound(connection: Connection, projectId: string): Promise<void> {
  await connection.execute(sql`select from automation_rounds where project_id = ${projectId} for update`);
}

export async function setPosition(
  connection: Connection,
  projectId: string,
  position: number,
): Promise<void> {
  await connection.execute(
    sql`update automation_rounds set position = ${position} where project_id = ${projectId}`,
  );
}

interface Range {
  readonly after: number;
  readonly through: number;
}

/** Of the events after `after` and up to `through` those that may trigger something, in order. */
export async function followedEvents(
  connection: Connection,
  projectId: string,
  { after, through }: Range,
): Promise<NumberedHappening[]> {
  const { rows } = await connection.execute<Record<keyof NumberedHappening, never>>(sql`
    select id, type, position, coalesce((select a.customer_id from customer_aliases a where a.project_id = e.project_id and a.alias = e.customer_id),
           customer_id) as "customerId", data
      from outbox_events e
     where project_id = ${projectId} and position > ${after} and position <= ${through}
       and type = any (${sql.param([...followedTypes])}::text[]) and customer_id not like 'erased:%'
     order by position`);
  return rows;
}

const tellingOfCoupons = [
  "dealwright.redemption.committed",
  "dealwright.redemption.cancelled",
  "dealwright.return.created",
];

export interface UsedCoupon {
  readonly code: string;
  readonly redemptionId: string;
  readonly state: string;
  readonly currency: string;
  readonly total: number;
  readonly refunded: number;
  readonly quote: {
    readonly promotions: readonly { readonly promotion: string; readonly promotionId: string | null }[];
    readonly lines: readonly QuotedGoods[];
    readonly shippingLines: readonly QuotedGoods[];
  };
}

interface QuotedGoods {
  readonly adjustments: readonly { readonly promotion: string; readonly code: string | null }[];
}

/** Coupons of automations in the redemptions that these events tell of. */
export async function couponsOfEvents(
  connection: Connection,
  projectId: string,
  { after, through }: Range,
): Promise<UsedCoupon[]> {
  const { rows } = await connection.execute<Record<keyof UsedCoupon, never>>(sql`
    with told as materialized (
      select distinct subject as id from outbox_events
       where project_id = ${projectId} and position > ${after} and position <= ${through}
         and type = any (${sql.param(tellingOfCoupons)}::text[])
    )
    select distinct on (c.code, r.id) c.code, r.id as "redemptionId", r.state, r.currency, r.total, r.refunded, r.quote
      from told
      join ledger_entries l on l.project_id = ${projectId} and l.redemption_id = told.id and l.code is not null
      join automation_coupons c on c.project_id = ${projectId} and c.code = l.code
      join redemptions r on r.project_id = ${projectId} and r.id = told.id
     order by c.code, r.id`);
  return rows;
}

/** What these promotions took off in the order, by the books: as budgets count it. */
export async function takenOff(
  connection: Connection,
  projectId: string,
  {
    redemptionId,
    promotions,
    currency,
  }: { redemptionId: string; promotions: readonly string[]; currency: string },
): Promise<number> {
  const { rows } = await connection.execute<{ amount: number }>(sql`
    select coalesce(sum(used), 0)::bigint as amount from ledger_postings
     where project_id = ${projectId} and redemption_id = ${redemptionId}
       and rule_id = any (${sql.param([...promotions])}::text[]) and measure = ${`amount:${currency}`}`);
  return rows[0]!.amount;
}

/** Null: the order gave it back. A coupon that was used again afterwards keeps what came of that. */
export async function noteUse(
  connection: Connection,
  projectId: string,
  { code, redemptionId }: Pick<UsedCoupon, "code" | "redemptionId">,
  use: { currency: string; revenue: number; discount: number } | null,
): Promise<void> {
  await connection.execute(
    use === null
      ? sql`update automation_coupons set redemption_id = null, currency = null, revenue = null, discount = null
             where project_id = ${projectId} and code = ${code} and redemption_id = ${redemptionId}`
      : sql`update automation_coupons set redemption_id = ${redemptionId}, currency = ${use.currency}, revenue = ${use.revenue},
                   discount = ${use.discount}
             where project_id = ${projectId} and code = ${code}`,
  );
}

import { and, asc, eq, gt, gte, lte, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import type { ContractQuery, RenewalQuery } from "./contract-schemas.ts";
import { type ContractRow, contracts } from "./contract-tables.ts";

export interface ContractName {
  readonly projectId: string;
  readonly id: string;
}

const named = ({ projectId, id }: ContractName) =>
  and(eq(contracts.projectId, projectId), eq(contracts.id, id));

export async function findContract(
  connection: Connection,
  name: ContractName,
): Promise<ContractRow | undefined> {
  const [row] = await connection.select().from(contracts).where(named(name));
  return row;
}

/** Until the transaction ends. */
export async function lockContract(
  connection: Connection,
  name: ContractName,
): Promise<ContractRow | undefined> {
  const [row] = await connection.select().from(contracts).where(named(name)).for("update");
  return row;
}

/** Undefined while somebody else works on it. */
export async function lockFreeContract(
  connection: Connection,
  name: ContractName,
): Promise<ContractRow | undefined> {
  const [row] = await connection
    .select()
    .from(contracts)
    .where(named(name))
    .for("update", { skipLocked: true });
  return row;
}

/** False: there is one of that id, or one that the same order bought. */
export async function insertContract(connection: Connection, row: ContractRow): Promise<boolean> {
  const inserted = await connection
    .insert(contracts)
    .values(row)
    .onConflictDoNothing()
    .returning({ id: contracts.id });
  return inserted.length > 0;
}

export async function updateContract(
  connection: Connection,
  name: ContractName,
  change: Partial<ContractRow>,
): Promise<void> {
  await connection.update(contracts).set(change).where(named(name));
}

/** By their ids. */
export async function listContracts(
  connection: Connection,
  projectId: string,
  { customer, kind, state, endsFrom, endsTo }: Omit<ContractQuery, "limit" | "after">,
  { after, limit }: { after: string | null; limit: number },
): Promise<ContractRow[]> {
  const is = (column: Parameters<typeof eq>[0], value: string | undefined) =>
    value === undefined ? undefined : eq(column, value);
  return connection
    .select()
    .from(contracts)
    .where(
      and(
        eq(contracts.projectId, projectId),
        is(contracts.customerId, customer),
        is(contracts.kind, kind),
        is(contracts.state, state),
        endsFrom === undefined ? undefined : gte(contracts.endsOn, endsFrom),
        endsTo === undefined ? undefined : lte(contracts.endsOn, endsTo),
        after === null ? undefined : gt(contracts.id, after),
      ),
    )
    .orderBy(asc(contracts.id))
    .limit(limit);
}

/** Of all projects. */
export async function dueContracts(connection: Connection, at: Date, most: number): Promise<ContractName[]> {
  const { rows } = await connection.execute<{ project_id: string; id: string }>(
    sql`select project_id, id from due_contracts(${at.toISOString()}::timestamptz, ${most})`,
  );
  return rows.map(({ project_id, id }) => ({ projectId: project_id, id }));
}

export interface Purchase extends Record<string, unknown> {
  readonly customer: string | null;
  /** The same for an order and for the redemption that it stands for: the redemption's id, where there is one. */
  readonly name: string;
}

/** The order or redemption of that name; undefined: there is none that stands. It looks into tables of other features. */
export async function purchaseOf(
  connection: Connection,
  projectId: string,
  order: string,
): Promise<Purchase | undefined> {
  const { rows } = await connection.execute<Purchase>(sql`
    select coalesce(o.customer_id, r.customer_id) as customer, coalesce(o.redemption_id, twin.id, o.external_id) as name
      from orders o left join redemptions r on r.project_id = ${projectId} and r.id = o.redemption_id
      left join lateral (
        select id from redemptions
         where o.redemption_id is null and project_id = ${projectId} and order_ref = o.external_id and customer_id = o.customer_id
           and state in ('committed', 'partially_returned') order by id limit 1) as twin on true
     where o.project_id = ${projectId} and o.external_id = ${order} and o.status not in ('cancelled', 'returned')
    union all
    select customer_id, id from redemptions
     where project_id = ${projectId} and id = ${order} and state in ('committed', 'partially_returned')
     limit 1`);
  return rows[0];
}

export interface CohortSums {
  readonly cohort: string;
  readonly contracts: number;
  readonly renewed: number;
  readonly ended: number;
  readonly cancelled: number;
  readonly open: number;
}

/** The latest first. */
export async function sumCohorts(
  connection: Connection,
  projectId: string,
  { by, kind, endsFrom, endsTo }: RenewalQuery,
  most: number,
): Promise<CohortSums[]> {
  const cohort = {
    month: sql`left(ends_on, 7)`,
    quarter: sql`left(ends_on, 4) || '-Q' || (substr(ends_on, 6, 2)::int + 2) / 3`,
    year: sql`left(ends_on, 4)`,
  }[by];
  const { rows } = await connection.execute<Record<keyof CohortSums, never>>(sql`
    select ${cohort} as cohort, count(*)::int as contracts,
           (count(*) filter (where state = 'renewed'))::int as renewed, (count(*) filter (where state = 'ended'))::int as ended,
           (count(*) filter (where state = 'cancelled'))::int as cancelled, (count(*) filter (where state = 'active'))::int as open
      from contracts
     where project_id = ${projectId} and ${kind === undefined ? sql`true` : sql`kind = ${kind}`}
       and ${endsFrom === undefined ? sql`true` : sql`ends_on >= ${endsFrom}`}
       and ${endsTo === undefined ? sql`true` : sql`ends_on <= ${endsTo}`}
     group by 1 order by 1 desc limit ${most}`);
  return rows;
}

/** Ids of those that ran on any of these days. */
export async function contractsRunning(
  connection: Connection,
  projectId: string,
  customer: string,
  { from, to }: { from: string; to: string },
  most: number,
): Promise<string[]> {
  const { rows } = await connection.execute<{ id: string }>(sql`
    select id from contracts
     where project_id = ${projectId} and customer_id = ${customer} and starts_on <= ${to} and ends_on >= ${from}
     order by id limit ${most}`);
  return rows.map(({ id }) => id);
}

import { and, asc, eq, gt, gte, inArray, sql } from "drizzle-orm";
import type { CustomerName } from "../../platform/customer-data.ts";
import type { Connection } from "../../platform/database.ts";
import type { CustomerDocument, CustomerQuery } from "./customer-schemas.ts";
import { type CustomerRow, customers } from "./customer-tables.ts";

export interface IncomingCustomer {
  readonly id: string;
  /** Null takes a field away; what is left out stays. */
  readonly document: CustomerDocument;
}

/**
 * Adds what is said to what is known, and answers the rows that it changed: one statement, so that whatever the number of
 * writers nobody's field is lost. Names no id twice.
 */
export async function upsertCustomers(
  connection: Connection,
  projectId: string,
  incoming: readonly IncomingCustomer[],
  now: Date,
): Promise<CustomerRow[]> {
  const at = sql`${now.toISOString()}::timestamptz`;
  return (
    connection
      .insert(customers)
      // Sorted, so that two batches wait for each other in one direction only.
      .select(
        sql`
    select ${projectId}::text, id, 1::bigint, document, ${at}, ${at}
      from jsonb_to_recordset(${JSON.stringify(incoming)}::jsonb) as incoming (id text, document jsonb)
     order by id`,
      )
      .onConflictDoUpdate({
        target: [customers.projectId, customers.id],
        set: {
          version: sql`customers.version + 1`,
          document: merged,
          updatedAt: sql`excluded.updated_at`,
        },
        setWhere: sql`jsonb_strip_nulls(${merged}) <> jsonb_strip_nulls(customers.document)`,
      })
      .returning()
  );
}

/** Customers of whom the shop has told nothing, such as those of orders; who is known already stays as they are. */
export async function insertMissing(
  connection: Connection,
  projectId: string,
  ids: readonly string[],
  now: Date,
): Promise<void> {
  const at = sql`${now.toISOString()}::timestamptz`;
  await connection.execute(sql`
    insert into customers (project_id, id, version, document, created_at, updated_at)
    select ${projectId}, id, 1, '{}', ${at}, ${at} from unnest(${sql.param(ids)}::text[]) as u (id) order by id
    on conflict do nothing`);
}

// A field that was taken away stays as null: of a row that is inserted nobody could tell it from one that was never there.
const merged = sql`customers.document || excluded.document`;

const named = (projectId: string, id: string) =>
  and(eq(customers.projectId, projectId), eq(customers.id, id));

export async function findCustomer(
  connection: Connection,
  projectId: string,
  id: string,
): Promise<CustomerRow | undefined> {
  const [row] = await connection.select().from(customers).where(named(projectId, id));
  return row;
}

/** Locked until the transaction ends. */
export async function lockCustomer(
  connection: Connection,
  projectId: string,
  id: string,
): Promise<CustomerRow | undefined> {
  const [row] = await connection.select().from(customers).where(named(projectId, id)).for("update");
  return row;
}

/** Locked in one order; by id. */
export async function lockCustomers(
  connection: Connection,
  projectId: string,
  ids: readonly string[],
): Promise<Map<string, CustomerRow>> {
  const rows = await connection
    .select()
    .from(customers)
    .where(and(eq(customers.projectId, projectId), inArray(customers.id, [...ids])))
    .orderBy(asc(customers.id))
    .for("update");
  return new Map(rows.map((row) => [row.id, row]));
}

/** By id, which never changes: whoever stood throughout is met once. `after`: the id of the last one seen. */
export async function listCustomers(
  connection: Connection,
  projectId: string,
  { group, tag, segment, tier, updatedSince }: Omit<CustomerQuery, "limit" | "after">,
  { after, limit }: { after: string | null; limit: number },
): Promise<CustomerRow[]> {
  const has = (field: "groups" | "tags", value: string | undefined) =>
    value === undefined ? undefined : sql`${customers.document} -> ${field}::text ? ${value}::text`;
  return connection
    .select()
    .from(customers)
    .where(
      and(
        eq(customers.projectId, projectId),
        after === null ? undefined : gt(customers.id, after),
        has("groups", group),
        has("tags", tag),
        segment === undefined
          ? undefined
          : sql`exists (select from segment_members m join segments s on s.project_id = m.project_id and s.id = m.segment_id
              where m.project_id = ${projectId} and m.customer_id = ${customers.id} and s.key = ${segment})`,
        tier === undefined
          ? undefined
          : sql`exists (select from customer_tiers t
              where t.project_id = ${projectId} and t.customer_id = ${customers.id} and t.tier = ${tier})`,
        updatedSince === undefined ? undefined : gte(customers.updatedAt, new Date(updatedSince)),
      ),
    )
    .orderBy(asc(customers.id))
    .limit(limit);
}

export async function recordsOfCustomer(
  connection: Connection,
  { projectId, id }: CustomerName,
): Promise<Record<string, unknown>[]> {
  const row = await findCustomer(connection, projectId, id);
  return row === undefined ? [] : [{ ...row.document, version: row.version, updatedAt: row.updatedAt }];
}

export async function deleteCustomer(
  connection: Connection,
  { projectId, id }: Pick<CustomerName, "projectId" | "id">,
): Promise<number> {
  const { rowCount } = await connection.delete(customers).where(named(projectId, id));
  return rowCount ?? 0;
}

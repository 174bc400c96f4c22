import { and, desc, eq, getTableColumns, gte, inArray, lt, type SQL, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import type { Refund } from "./order-refunds.ts";
import type { OrderQuery, OrderSettlement } from "./order-schemas.ts";
import {
  type IncomingOrder,
  type OrderReturnRow,
  type OrderRow,
  orderReturns,
  orders,
} from "./order-tables.ts";

/**
 * Writes each order that is newer than what is stored, and answers the rows it wrote: one guarded statement, so that
 * whatever the number of writers the highest version stands. Names no external id twice.
 */
export async function upsertOrders(
  connection: Connection,
  projectId: string,
  incoming: readonly IncomingOrder[],
  now: Date,
): Promise<WrittenOrder[]> {
  const at = sql`${now.toISOString()}::timestamptz`;
  const written = await connection
    .insert(orders)
    .select(
      // Every column, as the table has them. Sorted, so that two batches wait for each other in one direction only.
      sql`
    select ${projectId}::text, "externalId", version, status, "customerId", "redemptionId", channel, store, dealer, currency,
           total, "placedAt", document, '[]'::jsonb, 0::bigint,
           case when status = 'returned' or status = 'cancelled' and "redemptionId" is not null then 'pending' end, ${at}, ${at}
      from ${incomingRows(incoming)}
     order by "externalId"`,
    )
    .onConflictDoUpdate({
      target: [orders.projectId, orders.externalId],
      set: Object.fromEntries(replaced.map((name) => [name, sql.raw(`excluded.${orders[name].name}`)])),
      setWhere: sql`orders.version < excluded.version`,
    })
    // A row that was there before has been locked by us.
    .returning({ ...getTableColumns(orders), isNew: sql<boolean>`orders.xmax = 0` });
  return written.map(({ isNew, ...row }) => ({ row, isNew }));
}

export interface WrittenOrder {
  readonly row: OrderRow;
  /** Never heard of before. */
  readonly isNew: boolean;
}

/** All but the key, what was returned, and when it first came. */
const replaced = [
  "version",
  "status",
  "customerId",
  "redemptionId",
  "channel",
  "store",
  "dealer",
  "currency",
  "total",
  "placedAt",
  "document",
  "settlement",
  "updatedAt",
] as const;

function incomingRows(incoming: readonly IncomingOrder[]): SQL {
  const rows = incoming.map((order) => ({ ...order, placedAt: new Date(order.placedAt).toISOString() }));
  return sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as incoming (
    "externalId" text, version bigint, status text, "customerId" text, "redemptionId" text, channel text,
    store text, dealer text, currency text, total bigint, "placedAt" timestamptz, document jsonb)`;
}

export interface StandingOrder {
  readonly row: OrderRow;
  /** The stored version says the very same as the incoming one. */
  readonly isSame: boolean;
}

/** What is stored of orders that were not written because it is as new, by external id. */
export async function standingOrders(
  connection: Connection,
  projectId: string,
  incoming: readonly IncomingOrder[],
): Promise<Map<string, StandingOrder>> {
  const documents = sql`(select incoming.version = ${orders.version}
        -- Of an erased customer's order not everything is known that the ERP once said.
        and (incoming.document = ${orders.document} or ${orders.customerId} like 'erased:%')
      from ${incomingRows(incoming)} where incoming."externalId" = ${orders.externalId})`;
  const rows = await connection
    .select({ row: orders, isSame: sql<boolean>`coalesce(${documents}, false)` })
    .from(orders)
    .where(
      and(
        eq(orders.projectId, projectId),
        inArray(
          orders.externalId,
          incoming.map(({ externalId }) => externalId),
        ),
      ),
    );
  return new Map(rows.map((standing) => [standing.row.externalId, standing]));
}

const named = (projectId: string, externalId: string) =>
  and(eq(orders.projectId, projectId), eq(orders.externalId, externalId));

export async function findOrder(
  connection: Connection,
  projectId: string,
  externalId: string,
): Promise<OrderRow | undefined> {
  const [row] = await connection.select().from(orders).where(named(projectId, externalId));
  return row;
}

/** What decides whether a next version may follow. */
export type HeldOrder = Pick<
  OrderRow,
  "externalId" | "version" | "status" | "redemptionId" | "currency" | "settlement" | "returned" | "refunded"
>;

/** Those of them that are there, by external id, locked in one order until the transaction ends. */
export async function holdOrders(
  connection: Connection,
  projectId: string,
  externalIds: readonly string[],
): Promise<Map<string, HeldOrder>> {
  const { externalId, version, status, redemptionId, currency, settlement, returned, refunded } = orders;
  const rows = await connection
    .select({ externalId, version, status, redemptionId, currency, settlement, returned, refunded })
    .from(orders)
    .where(and(eq(orders.projectId, projectId), inArray(externalId, [...externalIds])))
    .orderBy(externalId)
    .for("update");
  return new Map(rows.map((row) => [row.externalId, row]));
}

/** From now on its returns are the redemption's; where nobody said whose it is, it is of the redemption's customer. */
export async function linkOrder(
  connection: Connection,
  { projectId, externalId, customerId }: OrderRow,
  redemption: { readonly id: string; readonly customerId: string | null },
  updatedAt: Date,
): Promise<OrderRow> {
  const [row] = await connection
    .update(orders)
    .set({ redemptionId: redemption.id, customerId: customerId ?? redemption.customerId, updatedAt })
    .where(named(projectId, externalId))
    .returning();
  return row!;
}

/** Locked until the transaction ends, so that two returns of one order follow each other. */
export async function lockOrder(
  connection: Connection,
  projectId: string,
  externalId: string,
): Promise<OrderRow | undefined> {
  const [row] = await connection.select().from(orders).where(named(projectId, externalId)).for("update");
  return row;
}

/** Latest first. `before`: the place of the last one seen. */
export async function listOrders(
  connection: Connection,
  projectId: string,
  { customer, status, store, channel, dealer, redemption, from, to }: Omit<OrderQuery, "limit" | "after">,
  { before, limit }: { before: readonly [placedAt: number, externalId: string] | null; limit: number },
): Promise<OrderRow[]> {
  const is = (column: Parameters<typeof eq>[0], value: string | undefined) =>
    value === undefined ? undefined : eq(column, value);
  const instant = (text: string) => new Date(Date.parse(text));
  return connection
    .select()
    .from(orders)
    .where(
      and(
        eq(orders.projectId, projectId),
        is(orders.customerId, customer),
        is(orders.status, status),
        is(orders.store, store),
        is(orders.channel, channel),
        is(orders.dealer, dealer),
        is(orders.redemptionId, redemption),
        from === undefined ? undefined : gte(orders.placedAt, instant(from)),
        to === undefined ? undefined : lt(orders.placedAt, instant(to)),
        before === null
          ? undefined
          : sql`(${orders.placedAt}, ${orders.externalId}) < (${new Date(before[0]).toISOString()}::timestamptz, ${before[1]})`,
      ),
    )
    .orderBy(desc(orders.placedAt), desc(orders.externalId))
    .limit(limit);
}

/** Only of the version that was settled: a newer one has a settlement of its own to make. */
export async function settleOrder(
  connection: Connection,
  { projectId, externalId, version }: Pick<OrderRow, "projectId" | "externalId" | "version">,
  settlement: OrderSettlement,
): Promise<OrderRow | undefined> {
  const [row] = await connection
    .update(orders)
    .set({ settlement })
    .where(and(named(projectId, externalId), eq(orders.version, version), eq(orders.settlement, "pending")))
    .returning();
  return row;
}

/** What came back of a locked order: an entry of its own, and what it comes to with those before, which is answered. */
export async function saveReturn(
  connection: Connection,
  { projectId, externalId, refunded: before }: Pick<OrderRow, "projectId" | "externalId" | "refunded">,
  { lines, refund, returned }: Pick<Refund, "lines" | "refund" | "returned">,
  entry: Pick<OrderReturnRow, "id" | "createdBy" | "createdAt">,
): Promise<number> {
  const refunded = before + refund;
  await connection.insert(orderReturns).values({ ...entry, projectId, externalId, lines, refund });
  await connection.update(orders).set({ returned, refunded }).where(named(projectId, externalId));
  return refunded;
}

/** Orders whose cancellation or return was cut off, the longest waiting first; over the walls. */
export async function unsettledOrders(
  connection: Connection,
  { before, limit }: { before: Date; limit: number },
): Promise<Pick<OrderRow, "projectId" | "externalId">[]> {
  const { rows } = await connection.execute<Pick<OrderRow, "projectId" | "externalId">>(sql`
    select project_id as "projectId", external_id as "externalId"
      from unsettled_orders(${before.toISOString()}::timestamptz, ${limit})`);
  return rows;
}

export interface NamedRedemption {
  readonly id: string;
  readonly customerId: string | null;
  readonly currency: string;
  readonly state: string;
}

/** Only looked at; what becomes of them is for their own service. */
export async function namedRedemptions(
  connection: Connection,
  projectId: string,
  ids: readonly string[],
): Promise<Map<string, NamedRedemption>> {
  if (ids.length === 0) return new Map();
  const { rows } = await connection.execute<NamedRedemption & Record<string, unknown>>(sql`
    select id, customer_id as "customerId", currency, state from redemptions where project_id = ${projectId} and id in ${ids}`);
  return new Map(rows.map((row) => [row.id, row]));
}

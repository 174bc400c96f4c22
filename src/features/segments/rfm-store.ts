import { sql } from "drizzle-orm";
import { millisecondsPerDay } from "../../engine/zone.ts";
import type { Connection } from "../../platform/database.ts";
import type { Borders, RfmDocument } from "./rfm-schemas.ts";

export interface RfmRow {
  readonly version: number;
  readonly document: RfmDocument;
  /** Null: not worked out yet. */
  readonly borders: Borders | null;
  /** Of the version whose borders these are. */
  readonly computedVersion: number;
  /** Epoch milliseconds. */
  readonly computedAt: number | null;
}

const columns = sql`version, document, borders, computed_version as "computedVersion",
  (extract(epoch from computed_at) * 1000)::bigint as "computedAt"`;

export async function findRfm(
  connection: Connection,
  projectId: string,
  lock = false,
): Promise<RfmRow | undefined> {
  const { rows } = await connection.execute<Record<keyof RfmRow, never>>(sql`
    select ${columns} from rfm_settings where project_id = ${projectId} ${lock ? sql`for update` : sql``}`);
  return rows[0];
}

/**
 * The next version. Borders that are told are in force at once; else those of the version before stay until others are worked
 * out, unless they are of amounts in another currency. `computedVersion` stays behind, so that the upkeep looks at everybody.
 */
export async function saveRfm(
  connection: Connection,
  projectId: string,
  document: RfmDocument,
): Promise<RfmRow> {
  const { rows } = await connection.execute<Record<keyof RfmRow, never>>(sql`
    insert into rfm_settings as r (project_id, version, document, borders) values (${projectId}, 1, ${newRfm(document)})
    on conflict (project_id) do update
       set version = r.version + 1, document = excluded.document,
           borders = coalesce(excluded.borders, case when r.document ->> 'currency' = excluded.document ->> 'currency' then r.borders end)
    returning ${columns}`);
  return rows[0]!;
}

/** Undefined, and nothing is changed, where there are settings already. */
export async function insertRfm(
  connection: Connection,
  projectId: string,
  document: RfmDocument,
): Promise<RfmRow | undefined> {
  const { rows } = await connection.execute<Record<keyof RfmRow, never>>(sql`
    insert into rfm_settings (project_id, version, document, borders) values (${projectId}, 1, ${newRfm(document)})
    on conflict do nothing returning ${columns}`);
  return rows[0];
}

function newRfm(document: RfmDocument) {
  const { borders } = document;
  return sql`${JSON.stringify(document)}::jsonb, ${borders === undefined ? null : JSON.stringify(borders)}::jsonb`;
}

export async function saveBorders(
  connection: Connection,
  projectId: string,
  { version, borders, at }: { version: number; borders: Borders | null; at: Date },
): Promise<void> {
  await connection.execute(sql`
    update rfm_settings set borders = ${borders === null ? null : JSON.stringify(borders)}::jsonb, computed_version = ${version},
           computed_at = ${at.toISOString()}::timestamptz
     where project_id = ${projectId} and version = ${version}`);
}

/** The last value of each of the first four fifths of those who bought; null where nobody did. */
export async function quintiles(
  connection: Connection,
  projectId: string,
  currency: string,
  now: number,
): Promise<Borders | null> {
  const fifths = sql.raw("array[0.2, 0.4, 0.6, 0.8]::float8[]");
  const { rows } = await connection.execute<Record<keyof Borders, number[] | null>>(sql`
    select percentile_disc(${fifths}) within group (order by days) as recency,
           percentile_disc(${fifths}) within group (order by completed_orders) as frequency,
           percentile_disc(${fifths}) within group (order by amount) as amount
      from (select completed_orders, coalesce((spent ->> ${currency})::bigint, 0) as amount,
                   greatest(0, floor((${now}::bigint - extract(epoch from last_order_at) * 1000) / ${millisecondsPerDay}))::bigint as days
              from customer_activity where project_id = ${projectId}) as activity`);
  const { recency, frequency, amount } = rows[0]!;
  if (recency === null || frequency === null || amount === null) return null;
  return { recency: recency.map(Number), frequency: frequency.map(Number), amount: amount.map(Number) };
}

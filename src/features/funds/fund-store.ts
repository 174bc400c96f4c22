import { sql } from "drizzle-orm";
import type { Returned } from "../../ledger/returns.ts";
import type { Connection } from "../../platform/database.ts";
import type { FundedSale } from "./fund-book.ts";

/** Whoever books or settles: one transaction of the project at a time, so that nothing is booked into what is settled. */
export async function lockFunds(connection: Connection, projectId: string): Promise<void> {
  await connection.execute(sql`select pg_advisory_xact_lock(730511833, hashtext(${projectId}))`);
}

export interface DealersSale extends Record<string, unknown> {
  readonly id: string;
  readonly dealer: string;
  readonly currency: string;
  readonly state: string;
  readonly lines: FundedSale["lines"];
  readonly shipments: FundedSale["shipments"];
  readonly returned: Returned | null;
}

/** Of these redemptions, those of a dealer with a discount that several fund. Only looked at. */
export async function dealersSales(
  connection: Connection,
  projectId: string,
  redemptions: readonly string[],
): Promise<DealersSale[]> {
  const { rows } = await connection.execute<
    DealersSale & { sold: { id: string; sku: string; quantity: number; unitPrice: number }[] }
  >(sql`
    select id, request ->> 'dealer' as dealer, currency, state, quote -> 'lines' as lines,
           quote -> 'shippingLines' as shipments, request -> 'lines' as sold, returned
      from redemptions
     where exists (select 1 from dealers where project_id = ${projectId})
       and project_id = ${projectId} and id = any (${sql.param([...redemptions])}::text[])
       and request ->> 'dealer' is not null and quote::text like '%"funding"%'
     order by id`);
  return rows.map(({ sold, ...row }) => {
    const goods = new Map(sold.map((line) => [line.id, line]));
    return { ...row, lines: row.lines.map((line) => ({ ...line, ...goods.get(line.id)! })) };
  });
}

export interface BookedSum extends Record<string, unknown> {
  readonly redemption: string;
  readonly promotion: string;
  readonly funder: string;
  readonly amount: number;
  /** The last entry of the redemption. */
  readonly last: number;
}

export async function bookedOf(
  connection: Connection,
  projectId: string,
  redemptions: readonly string[],
): Promise<BookedSum[]> {
  const { rows } = await connection.execute<BookedSum>(sql`
    select redemption_id as redemption, promotion, funder, sum(amount)::bigint as amount,
           max(max(number)) over (partition by redemption_id)::int as last
      from fund_entries where project_id = ${projectId} and redemption_id = any (${sql.param([...redemptions])}::text[])
     group by redemption_id, promotion, funder`);
  return rows;
}

export interface FundEntryRow extends Record<string, unknown> {
  readonly redemption: string;
  readonly number: number;
  readonly dealer: string;
  readonly period: string;
  readonly promotion: string;
  readonly funder: string;
  readonly currency: string;
  readonly amount: number;
  /** ISO 8601. */
  readonly bookedAt: string;
}

export async function insertFundEntries(
  connection: Connection,
  projectId: string,
  entries: readonly FundEntryRow[],
): Promise<void> {
  if (entries.length === 0) return;
  await connection.execute(sql`
    insert into fund_entries (project_id, redemption_id, number, dealer, period, promotion, funder, currency, amount, booked_at)
    select ${projectId}, redemption, number, dealer, period, promotion, funder, currency, amount, "bookedAt"
      from jsonb_to_recordset(${JSON.stringify(entries)}::jsonb)
        as e (redemption text, number int, dealer text, period text, promotion text, funder text, currency text, amount bigint,
              "bookedAt" timestamptz)`);
}

export interface FundSum extends Record<string, unknown> {
  readonly promotion: string;
  readonly currency: string;
  readonly funder: string;
  readonly amount: number;
}

export async function fundSums(
  connection: Connection,
  projectId: string,
  dealer: string,
  period: string,
): Promise<FundSum[]> {
  const { rows } = await connection.execute<FundSum>(sql`
    select promotion, currency, funder, sum(amount)::bigint as amount from fund_entries
     where project_id = ${projectId} and dealer = ${dealer} collate "C" and period = ${period}
     group by promotion, currency, funder
     order by promotion collate "C", currency, funder collate "C"`);
  return rows;
}

export async function listFundEntries(
  connection: Connection,
  projectId: string,
  { dealer, period }: { dealer: string; period: string },
  { after, limit }: { after: readonly [redemption: string, number: number] | null; limit: number },
): Promise<FundEntryRow[]> {
  const { rows } = await connection.execute<FundEntryRow>(sql`
    select redemption_id as redemption, number, dealer, period, promotion, funder, currency, amount,
           to_json(booked_at) #>> '{}' as "bookedAt"
      from fund_entries
     where project_id = ${projectId} and dealer = ${dealer} collate "C" and period = ${period}
       and (${after === null} or (redemption_id, number) > (${after?.[0] ?? ""} collate "C", ${after?.[1] ?? 0}))
     order by redemption_id, number limit ${limit}`);
  return rows;
}

export interface SettledRow extends Record<string, unknown> {
  readonly dealer: string;
  readonly period: string;
  readonly reference: string;
  readonly settledAt: number;
}

/** Of these dealers, the months that are settled. */
export async function settledPeriods(
  connection: Connection,
  projectId: string,
  dealers: readonly string[],
): Promise<SettledRow[]> {
  const { rows } = await connection.execute<SettledRow>(sql`
    select dealer, period, reference, floor(extract(epoch from settled_at) * 1000)::bigint as "settledAt"
      from fund_settlements where project_id = ${projectId} and dealer = any (${sql.param([...dealers])}::text[])`);
  return rows;
}

export async function insertSettlement(
  connection: Connection,
  projectId: string,
  row: Omit<SettledRow, "settledAt"> & { settledAt: Date; settledBy: string },
): Promise<void> {
  await connection.execute(sql`
    insert into fund_settlements (project_id, dealer, period, reference, settled_at, settled_by)
    values (${projectId}, ${row.dealer}, ${row.period}, ${row.reference}, ${row.settledAt.toISOString()}::timestamptz, ${row.settledBy})`);
}

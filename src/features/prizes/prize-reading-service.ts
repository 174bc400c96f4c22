/** What customers were given, as it stands. */
import { z } from "zod";
import type { Clock } from "../../platform/clock.ts";
import type { Connection, Database } from "../../platform/database.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { issuedCoupons } from "../coupons/coupon-issue-service.ts";
import type { GivenPrize, PrizeQuery } from "./prize-schemas.ts";
import { findPrizes, listPrizes, type PrizeOrigin } from "./prize-store.ts";
import type { PrizeRow } from "./prize-tables.ts";

export interface PrizeReadingService {
  list(projectId: string, query: PrizeQuery): Promise<Page<GivenPrize>>;
  /** What was given for these things. In the caller's transaction: what was given in it is there. */
  of(connection: Connection, from: PrizeOrigin, references: readonly string[]): Promise<GivenPrize[]>;
}

const cursor = cursorOf("prizes", z.string());

export function prizeReadingService({
  database,
  clock,
}: {
  database: Database;
  clock: Clock;
}): PrizeReadingService {
  async function showerOf(connection: Connection, rows: readonly PrizeRow[]) {
    const codes = rows.flatMap(({ code }) => code ?? []);
    const projectId = rows[0]?.projectId ?? "";
    const coupons = await issuedCoupons(connection, projectId, codes, clock.now());
    return (row: PrizeRow): GivenPrize => {
      const { id, source, programme, reference, customerId: customer, state, reason } = row;
      const coupon = row.code === null ? undefined : coupons.get(row.code);
      return {
        id,
        source,
        programme,
        reference,
        customer,
        state,
        reason,
        prize: row.document,
        code: coupon?.code ?? null,
        couponStatus: coupon?.status ?? null,
        createdAt: row.createdAt.toISOString(),
        updatedAt: row.updatedAt.toISOString(),
      };
    };
  }

  return {
    async list(projectId, { limit, after, ...filters }) {
      const connection = database.of(projectId);
      const page = { before: cursor.decode(after), limit: limit + 1 };
      const rows = await listPrizes(connection, projectId, filters, page);
      return cursor.page(rows, limit, ({ id }) => id, await showerOf(connection, rows));
    },
    async of(connection, from, references) {
      const rows = await findPrizes(connection, from, references);
      return rows.map(await showerOf(connection, rows));
    },
  };
}

/** What a customer has, and how it came about. */
import { z } from "zod";
import { type Connection, type Database, withReadSnapshot } from "../../platform/database.ts";
import { exportedRows } from "../../platform/exports.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import type { StreamAnswer } from "../../platform/stream-operation.ts";
import type { ProjectService } from "../projects/project-service.ts";
import { holderOf } from "./points-book-service.ts";
import type { PointsEntryAnswer, PointsEntryQuery, PointsStatement } from "./points-schemas.ts";
import { type AccountName, findAccount, listLots, listPointsEntries, nextToLapse } from "./points-store.ts";
import type { PointsEntryRow } from "./points-tables.ts";

const mostLots = 200;
const rowsPerPage = 500;

export interface PointsReadingService {
  statement(projectId: string, customer: string, programme: string): Promise<PointsStatement>;
  /** Last first. */
  entries(projectId: string, customer: string, query: PointsEntryQuery): Promise<Page<PointsEntryAnswer>>;
  /** All of them, last first. */
  export(projectId: string, customer: string, programme: string, format: "ndjson" | "csv"): StreamAnswer;
}

const cursor = cursorOf("pointsEntries", z.string());
const columns = [
  "id",
  "at",
  "cause",
  "from",
  "to",
  "points",
  "lot",
  "redemption",
  "spend",
  "reason",
] as const;

export function pointsReadingService({
  database,
  projects,
}: {
  database: Database;
  projects: Pick<ProjectService, "identifierKey">;
}): PointsReadingService {
  async function nameOf(
    connection: Connection,
    projectId: string,
    customer: string,
    programme: string,
  ): Promise<AccountName> {
    const { holder } = holderOf(await projects.identifierKey(connection, projectId), customer);
    return { projectId, holder, programme };
  }

  async function* pages(projectId: string, customer: string, programme: string) {
    const connection = database.of(projectId);
    const name = await nameOf(connection, projectId, customer, programme);
    let before: string | null = null;
    for (;;) {
      const rows: PointsEntryRow[] = await listPointsEntries(connection, name, {
        before,
        limit: rowsPerPage,
      });
      if (rows.length > 0) yield rows.map(shownEntry);
      if (rows.length < rowsPerPage) return;
      before = rows.at(-1)?.id ?? null;
    }
  }

  return {
    statement(projectId, customer, programme) {
      return withReadSnapshot(database, projectId, async (connection) => {
        const name = await nameOf(connection, projectId, customer, programme);
        const account = await findAccount(connection, name);
        const lots = await listLots(connection, name, mostLots);
        const next = await nextToLapse(connection, name);
        return {
          programme,
          available: account?.available ?? 0,
          pending: account?.pending ?? 0,
          reserved: account?.reserved ?? 0,
          debt: account?.debt ?? 0,
          expiringNext: next === undefined ? null : { points: next.points, at: next.at.toISOString() },
          lots: lots.map(({ id, amount, remaining, isPending, redemptionId, externalId, ...at }) => ({
            id,
            points: amount,
            remaining,
            isPending,
            redemption: redemptionId,
            order: externalId,
            earnedAt: at.earnedAt.toISOString(),
            availableAt: at.availableAt.toISOString(),
            expiresAt: at.expiresAt?.toISOString() ?? null,
          })),
        };
      });
    },

    async entries(projectId, customer, { programme, limit, after }) {
      const connection = database.of(projectId);
      const name = await nameOf(connection, projectId, customer, programme);
      const page = { before: cursor.decode(after), limit: limit + 1 };
      return cursor.page(await listPointsEntries(connection, name, page), limit, ({ id }) => id, shownEntry);
    },

    export(projectId, customer, programme, format) {
      return {
        contentType: format === "csv" ? "text/csv" : "application/x-ndjson",
        body: exportedRows(format, columns, pages(projectId, customer, programme)),
      };
    },
  };
}

function shownEntry(row: PointsEntryRow): PointsEntryAnswer {
  return {
    id: row.id,
    at: row.createdAt.toISOString(),
    cause: row.cause,
    from: row.fromAccount,
    to: row.toAccount,
    points: row.amount,
    lot: row.lotId,
    redemption: row.redemptionId,
    spend: row.spendId,
    reason: row.reason,
  };
}

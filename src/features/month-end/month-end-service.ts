import type { Database } from "../../platform/database.ts";
import { type ExportFormat, exportedRows, fewExportsAtOnce } from "../../platform/exports.ts";
import { isKeepable, outOfRange } from "../../platform/instants.ts";
import { type ProblemError, problem } from "../../platform/problem.ts";
import type { StreamAnswer } from "../../platform/stream-operation.ts";
import { type BookingRow, bookingRows } from "./month-end-rows.ts";
import type { RedemptionExportQuery } from "./month-end-schemas.ts";
import { bookingsOf } from "./month-end-store.ts";

export interface MonthEndService {
  /** What was sold, returned and cancelled in the period, as of the moment at which the export begins. */
  redemptions(
    projectId: string,
    period: Omit<RedemptionExportQuery, "format">,
    format: ExportFormat,
  ): StreamAnswer;
}

const longestPeriodMilliseconds = 366 * 86_400_000;

const columns = [
  "event",
  "at",
  "redemption",
  "source",
  "orderRef",
  "currency",
  "promotion",
  "funder",
  "before",
  "discount",
  "withheld",
  "total",
  "deposits",
] as const satisfies readonly (keyof BookingRow)[];

export function monthEndService({ database }: { database: Database }): MonthEndService {
  const fewAtOnce = fewExportsAtOnce();

  return {
    redemptions(projectId, { from, to }, format) {
      requireSoundPeriod(from, to);

      async function* rows(): AsyncGenerator<BookingRow[]> {
        const period = { from: new Date(from), to: new Date(to) };
        for await (const booked of bookingsOf(database, projectId, period))
          yield booked.flatMap(({ booking, sale }) => bookingRows(booking, sale));
      }

      return {
        contentType: format === "csv" ? "text/csv" : "application/x-ndjson",
        body: fewAtOnce(exportedRows(format, columns, rows())),
      };
    },
  };
}

function requireSoundPeriod(from: string, to: string): void {
  const errors: ProblemError[] = Object.entries({ from, to }).flatMap(([name, text]) =>
    isKeepable(text) ? [] : [{ path: `/${name}`, ...outOfRange }],
  );
  const length = Date.parse(to) - Date.parse(from);
  if (length <= 0)
    errors.push({ path: "/to", code: "period_empty", message: "The period ends before it begins." });
  if (length > longestPeriodMilliseconds)
    errors.push({ path: "/to", code: "period_too_long", message: "A period has at most 366 days." });
  if (errors.length > 0) throw problem("invalid-request", { errors });
}

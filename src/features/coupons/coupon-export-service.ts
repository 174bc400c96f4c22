import qrcode from "qrcode";
import type { Clock } from "../../platform/clock.ts";
import { csvLines } from "../../platform/csv.ts";
import type { Database } from "../../platform/database.ts";
import { problem } from "../../platform/problem.ts";
import type { StreamAnswer } from "../../platform/stream-operation.ts";
import { existingPool } from "./coupon-pool-service.ts";
import type { Coupon, ExportQuery } from "./coupon-schemas.ts";
import { couponShower } from "./coupon-service.ts";
import { exportCoupons } from "./coupon-store.ts";

export interface CouponExportService {
  /** The pool's coupons as they are at one moment. */
  codes(
    projectId: string,
    key: string,
    query: Omit<ExportQuery, "format">,
    format: ExportFormat,
  ): Promise<StreamAnswer>;
}

export type ExportFormat = "ndjson" | "csv";

/** Each holds a database connection for as long as its client takes to read. */
const exportsAtOnce = 3;

const columns = [
  "code",
  "pool",
  "status",
  "uses",
  "usesLeft",
  "expiresAt",
  "customer",
  "claimedAt",
  "createdAt",
] as const satisfies readonly (keyof Coupon)[];

export function couponExportService({
  database,
  clock,
}: {
  database: Database;
  clock: Clock;
}): CouponExportService {
  let running = 0;

  return {
    async codes(projectId, key, query, format) {
      const pool = await existingPool(database.of(projectId), projectId, key);
      const show = couponShower(pool);
      const now = clock.now();

      async function* body(): AsyncGenerator<string> {
        if (running >= exportsAtOnce) {
          const detail = "Other exports are running.";
          throw problem("unavailable", { detail, headers: { "retry-after": "10" } });
        }
        running += 1;
        try {
          if (format === "csv") yield csvLines([[...columns]]);
          const source = { projectId, poolId: pool.id, now: new Date(now) };
          for await (const rows of exportCoupons(database, source, query)) {
            const coupons = rows.map((row) => show(row, now));
            yield format === "csv"
              ? csvLines(coupons.map((coupon) => columns.map((column) => coupon[column])))
              : coupons.map((coupon) => `${JSON.stringify(coupon)}\n`).join("");
          }
        } finally {
          running -= 1;
        }
      }

      return { contentType: format === "csv" ? "text/csv" : "application/x-ndjson", body: body() };
    },
  };
}

/** The code as a QR image, to be printed or shown at a till. */
export async function qrImage(
  code: string,
  format: "svg" | "png",
  size: number,
): Promise<{ contentType: string; body: AsyncIterable<Buffer> }> {
  const image =
    format === "svg"
      ? Buffer.from(await qrcode.toString(code, { type: "svg" }))
      : await qrcode.toBuffer(code, { type: "png", width: size });
  const body = (async function* () {
    yield image;
  })();
  return { contentType: format === "svg" ? "image/svg+xml" : "image/png", body };
}

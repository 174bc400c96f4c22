import qrcode from "qrcode";
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database.ts";
import { type ExportFormat, exportedRows, fewExportsAtOnce } from "../../platform/exports.ts";
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
  const fewAtOnce = fewExportsAtOnce();

  return {
    async codes(projectId, key, query, format) {
      const pool = await existingPool(database.of(projectId), projectId, key);
      const show = couponShower(pool);
      const now = clock.now();

      async function* coupons(): AsyncGenerator<Coupon[]> {
        const source = { projectId, poolId: pool.id, now: new Date(now) };
        for await (const rows of exportCoupons(database, source, query))
          yield rows.map((row) => show(row, now));
      }

      return {
        contentType: format === "csv" ? "text/csv" : "application/x-ndjson",
        body: fewAtOnce(exportedRows(format, columns, coupons())),
      };
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

/** Coupons that a customer is given without asking: rewards, and whatever else issues them. */
import type { Connection } from "../../platform/database.ts";
import { announceLowPools } from "../ledger/pool-level-service.ts";
import { printCode } from "./code-form.ts";
import { endOf, expiryOf, formOf } from "./coupon-pool-service.ts";
import { existingPoolKeys, findPool, findPools } from "./coupon-pool-store.ts";
import {
  findCoupons,
  hasFreeCoupon,
  lockCoupons,
  statusAt,
  takeFreeCoupons,
  updateCoupon,
} from "./coupon-store.ts";
import type { CouponPoolRow } from "./coupon-tables.ts";

export interface CouponOrder {
  readonly projectId: string;
  /** The pool's key. */
  readonly pool: string;
  readonly customerId: string;
  /** ISO 8601, from now; null: as the pool has it. */
  readonly validFor: string | null;
  /** Epoch milliseconds. */
  readonly now: number;
  /** In which days and months are counted. */
  readonly timezone: string;
}

export type IssuedCoupon =
  | { readonly type: "issued"; readonly code: string }
  | { readonly type: "refused"; readonly reason: "pool_unknown" | "pool_empty" };

/**
 * In the caller's transaction: with it the code becomes the customer's, or does not. It is no claim: the pool's claim limits
 * are about what customers take by themselves. Whoever gives it answers for doing so once.
 */
export async function issueCoupon(
  connection: Connection,
  { customerId, ...order }: CouponOrder,
): Promise<IssuedCoupon> {
  const { codes, reason } = await issueCoupons(connection, order, [customerId]);
  const [code] = codes;
  return code === undefined ? { type: "refused", reason } : { type: "issued", code };
}

/** The same for many customers of one pool: their codes, in their order, as far as there are any; the others are refused. */
export async function issueCoupons(
  connection: Connection,
  order: Omit<CouponOrder, "customerId">,
  customerIds: readonly string[],
): Promise<{ codes: readonly string[]; reason: "pool_unknown" | "pool_empty" }> {
  const { projectId } = order;
  const pool = await findPool(connection, projectId, { key: order.pool });
  if (pool === undefined) return { codes: [], reason: "pool_unknown" };
  const codes = await takeFreeCoupons(
    connection,
    { projectId, poolId: pool.id },
    { customerIds, at: new Date(order.now), expiresAt: endOfIssued(pool, order) },
  );
  if (codes.length > 0) await announceLowPools(connection, projectId, [pool.id]);
  return { codes, reason: "pool_empty" };
}

/** Why the pool could not give a coupon now; null if it could. */
export async function whyNoCoupon(
  connection: Connection,
  { projectId, pool: key }: Pick<CouponOrder, "projectId" | "pool">,
  now: number,
): Promise<"pool_unknown" | "pool_empty" | null> {
  const pool = await findPool(connection, projectId, { key });
  if (pool === undefined) return "pool_unknown";
  return (await hasFreeCoupon(connection, { projectId, poolId: pool.id }, new Date(now)))
    ? null
    : "pool_empty";
}

/** Which of these pools are there, by their keys. */
export const existingPools = existingPoolKeys;

/** So that nobody can use it any more; how often it was used before. A reservation that holds it may still be committed. */
export async function voidIssued(
  connection: Connection,
  projectId: string,
  code: string,
): Promise<{ used: number; reserved: number }> {
  const [row] = await lockCoupons(connection, projectId, [code]);
  if (row === undefined) throw new Error("an issued coupon is gone");
  if (row.status !== "void") await updateCoupon(connection, row, { status: "void" });
  return { used: row.used, reserved: row.reserved };
}

/** How issued codes look, and how they stand, by the code as it is stored. */
export async function issuedCoupons(
  connection: Connection,
  projectId: string,
  codes: readonly string[],
  now: number,
) {
  const rows = codes.length === 0 ? [] : await findCoupons(connection, projectId, codes);
  const pools = await findPools(connection, projectId, [...new Set(rows.map(({ poolId }) => poolId))]);
  return new Map(
    rows.flatMap((row) => {
      const pool = pools.find(({ id }) => id === row.poolId);
      if (pool === undefined) return [];
      const { code, expiresAt, spelling } = row;
      return [
        [
          code,
          { code: printCode(formOf(pool), code, spelling), status: statusAt(row, now), expiresAt },
        ] as const,
      ];
    }),
  );
}

/** Beside the code's own end; whichever is first. */
function endOfIssued(
  pool: CouponPoolRow,
  { validFor, now, timezone }: Pick<CouponOrder, "validFor" | "now" | "timezone">,
): Date | null {
  const sinceClaim = pool.document.validSince === "claim" ? expiryOf(pool, "claim", now, timezone) : null;
  return earlier(validFor === null ? null : endOf(validFor, now, timezone), sinceClaim);
}

function earlier(one: Date | null, other: Date | null): Date | null {
  if (one === null || other === null) return one ?? other;
  return one < other ? one : other;
}

import { normalizeCode } from "../../engine/codes.ts";
import type { CouponFact } from "../../engine/facts.ts";
import type { Connection } from "../../platform/database.ts";
import { candidatesOf } from "./code-form.ts";
import { type CouponFactRow, findCouponFacts, statusAt } from "./coupon-store.ts";

/** A fact, and which coupon it is of: two entered codes may be one. */
export interface CouponRecord extends CouponFact {
  /** As stored. */
  readonly code: string;
  readonly poolId: string;
}

export interface CouponReader {
  /** Whose cart it is; another customer's coupons are not for them. Undefined: nobody known. */
  readonly customerId: string | undefined;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** What the entered codes are, by their normalised form; those that are no coupon of the project are left out. */
export async function couponFacts(
  connection: Connection,
  projectId: string,
  codes: readonly string[],
  reader: CouponReader,
): Promise<Map<string, CouponRecord>> {
  const candidates = couponCandidates(codes);
  if (candidates.length === 0) return new Map();
  return couponFactsOf(await findCouponFacts(connection, projectId, candidates), codes, reader);
}

/** Every form in which the codes may be stored: what `coupons.code` is compared with. */
export function couponCandidates(codes: readonly string[]): string[] {
  return [...new Set(codes.flatMap(candidatesOf))].filter((code) => code !== "").sort();
}

/** The rows that were found for `couponCandidates(codes)`, by entered code. */
export function couponFactsOf(
  rows: readonly CouponFactRow[],
  codes: readonly string[],
  { customerId, now }: CouponReader,
): Map<string, CouponRecord> {
  const byCode = new Map(rows.map((row) => [row.code, row]));
  const facts = new Map<string, CouponRecord>();
  for (const entered of codes) {
    const row = candidatesOf(entered).flatMap((code) => byCode.get(code) ?? [])[0];
    if (row === undefined) continue;
    const { code, pool, poolId } = row;
    // Whose it is comes first: what became of it is not for others to know.
    const isOthers = row.customerId !== null && row.customerId !== customerId;
    facts.set(normalizeCode(entered), {
      code,
      pool,
      poolId,
      status: isOthers ? "owned" : statusAt(row, now),
    });
  }
  return facts;
}

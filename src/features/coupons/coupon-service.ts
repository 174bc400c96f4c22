import { z } from "zod";
import type { Cart } from "../../engine/cart.ts";
import { normalizeCode } from "../../engine/codes.ts";
import type { Quote } from "../../engine/quote.ts";
import { couponReason, reasons } from "../../engine/reasons.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { problem } from "../../platform/problem.ts";
import { candidatesOf, printCode } from "./code-form.ts";
import { type CouponReader, type CouponRecord, couponFacts } from "./coupon-facts-service.ts";
import { formOf } from "./coupon-pool-service.ts";
import { findPools } from "./coupon-pool-store.ts";
import type { Coupon, CouponQuery, CouponsToValidate, CouponValidation } from "./coupon-schemas.ts";
import { findCoupon, listCustomerCoupons, lockCoupon, statusAt, updateCoupon } from "./coupon-store.ts";
import type { CouponPoolRow, CouponRow } from "./coupon-tables.ts";

export interface CouponService {
  coupon(projectId: string, code: string): Promise<Coupon>;
  list(projectId: string, query: CouponQuery): Promise<Page<Coupon>>;
  /** For good. Doing it twice changes nothing. */
  void(projectId: string, code: string): Promise<Coupon>;
  transfer(projectId: string, code: string, customer: string): Promise<Coupon>;
  validate(context: OperationContext, request: CouponsToValidate): Promise<CouponValidation>;
  /** What the entered codes are, for an evaluation: one statement, and none without codes. */
  facts(
    projectId: string,
    codes: readonly string[],
    reader: CouponReader,
  ): Promise<Map<string, CouponRecord>>;
}

export interface CouponServiceOptions {
  database: Database;
  clock: Clock;
  /** Prices a cart, as an evaluation does. */
  evaluate: (context: OperationContext, cart: Cart) => Pick<Quote, "codes"> | Promise<Pick<Quote, "codes">>;
}

const cursor = cursorOf("customerCoupons", z.tuple([z.string(), z.string()]));

export function couponService({ database, clock, evaluate }: CouponServiceOptions): CouponService {
  function change(
    projectId: string,
    code: string,
    decide: (row: CouponRow) => Parameters<typeof updateCoupon>[2] | null,
  ): Promise<Coupon> {
    return withTransaction(database, async (connection) => {
      const row = await lockCoupon(connection, projectId, candidatesOf(code));
      if (row === undefined) throw problem("coupon-not-found");
      const changes = decide(row);
      const after = changes === null ? row : await updateCoupon(connection, row, changes);
      return one(connection, after);
    });
  }

  async function one(connection: Connection, row: CouponRow): Promise<Coupon> {
    const [coupon] = await shownCoupons(connection, [row], clock.now());
    if (coupon === undefined) throw new Error("the pool of a coupon is gone");
    return coupon;
  }

  return {
    async coupon(projectId, code) {
      const row = await findCoupon(database.orm, projectId, candidatesOf(code));
      if (row === undefined) throw problem("coupon-not-found");
      return one(database.orm, row);
    },

    async list(projectId, { customer, limit, after }) {
      const before = cursor.decode(after);
      const rows = await listCustomerCoupons(database.orm, projectId, customer, { before, limit: limit + 1 });
      const page = cursor.page(rows, limit, ({ claimedAt, code }) => [claimedAt?.toISOString() ?? "", code]);
      return { ...page, items: await shownCoupons(database.orm, page.items, clock.now()) };
    },

    void: (projectId, code) =>
      change(projectId, code, ({ status }) => (status === "void" ? null : { status: "void" })),

    transfer: (projectId, code, customerId) =>
      change(projectId, code, (row) => {
        if (row.customerId === customerId) return null;
        const status = statusAt(row, clock.now());
        if (status !== "usable") throw problem("coupon-state-conflict", { detail: `It is ${status}.` });
        if (row.reserved > 0) throw problem("coupon-state-conflict", { detail: "An order holds it." });
        return { customerId, claimedAt: new Date(clock.now()) };
      }),

    async validate(context, { codes, customer, cart }) {
      if (cart !== undefined) {
        const { codes: results } = await evaluate(context, { ...cart, codes });
        const byCode = new Map(results.map((result) => [normalizeCode(result.code), result]));
        return {
          codes: codes.map((code) => {
            const { status, reason, promotion } = byCode.get(normalizeCode(code)) ?? unknown;
            return { code, status, reason, promotion, message: messageOf(reason, cart.locale) };
          }),
        };
      }
      const reader = { customerId: customer, now: clock.now() };
      const facts = await couponFacts(database.orm, context.projectId, codes, reader);
      return {
        codes: codes.map((code) => {
          const fact = facts.get(normalizeCode(code));
          if (fact?.status === "usable")
            return { code, status: "usable", reason: null, message: null, promotion: null };
          const reason = fact === undefined ? unknown.reason : couponReason[fact.status];
          return { code, status: "rejected", reason, message: messageOf(reason), promotion: null };
        }),
      };
    },

    facts: (projectId, codes, reader) => couponFacts(database.orm, projectId, codes, reader),
  };
}

const unknown = { status: "rejected", reason: "code_unknown", promotion: null } as const;

function messageOf(reason: string | null, locale?: string): string | null {
  const words = reason === null ? undefined : reasons.get(reason);
  return words === undefined ? reason : locale === "zh-CN" ? words["zh-CN"] : words.en;
}

/** Rows as callers see them: printed by the form of their pools, which are read together. */
export async function shownCoupons(
  connection: Connection,
  rows: readonly CouponRow[],
  now: number,
): Promise<Coupon[]> {
  const [first] = rows;
  if (first === undefined) return [];
  const pools = await findPools(connection, first.projectId, [...new Set(rows.map(({ poolId }) => poolId))]);
  const showers = new Map(pools.map((pool) => [pool.id, couponShower(pool)]));
  return rows.flatMap((row) => showers.get(row.poolId)?.(row, now) ?? []);
}

/** How the coupons of one pool are shown. */
export function couponShower(pool: CouponPoolRow): (row: CouponRow, now: number) => Coupon {
  const form = formOf(pool);
  return (row, now) => {
    const { code, maxUses, used, reserved, expiresAt, customerId, claimedAt, createdAt } = row;
    return {
      code: printCode(form, code),
      pool: pool.key,
      status: statusAt(row, now),
      uses: maxUses,
      usesLeft: maxUses - used - reserved,
      expiresAt: expiresAt?.toISOString() ?? null,
      customer: customerId,
      claimedAt: claimedAt?.toISOString() ?? null,
      createdAt: createdAt.toISOString(),
    };
  };
}

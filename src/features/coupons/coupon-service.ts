import { z } from "zod";
import type { Cart } from "../../engine/cart.ts";
import { normalizeCode } from "../../engine/codes.ts";
import { whyNotOn } from "../../engine/judge.ts";
import type { Quote } from "../../engine/quote.ts";
import { couponReason, reasonWords } from "../../engine/reasons.ts";
import { spokenLocale } from "../../engine/settings.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { problem } from "../../platform/problem.ts";
import { nothingChanged, recordChange } from "../audit/audit-service.ts";
import { hashCustomer } from "../ledger/promotion-counters.ts";
import type { Asker, WrongCodeService } from "../limits/wrong-code-service.ts";
import type { ProjectService } from "../projects/project-service.ts";
import type { ProjectRules, RulebookService } from "../promotions/rulebook-service.ts";
import { candidatesOf, printCode } from "./code-form.ts";
import { formOf } from "./coupon-pool-service.ts";
import { findPools } from "./coupon-pool-store.ts";
import type { Coupon, CouponQuery, CouponsToValidate, CouponValidation } from "./coupon-schemas.ts";
import { findCoupons, listCustomerCoupons, lockCoupons, statusAt, updateCoupon } from "./coupon-store.ts";
import type { CouponPoolRow, CouponRow } from "./coupon-tables.ts";

export interface CouponService {
  coupon(asker: Asker, code: string): Promise<Coupon>;
  list(projectId: string, query: CouponQuery): Promise<Page<Coupon>>;
  /** For good. Doing it twice changes nothing. */
  void(context: OperationContext, code: string): Promise<Coupon>;
  transfer(context: OperationContext, code: string, customer: string): Promise<Coupon>;
  validate(context: OperationContext, request: CouponsToValidate): Promise<CouponValidation>;
}

export interface CouponServiceOptions {
  database: Database;
  clock: Clock;
  projects: Pick<ProjectService, "identifierKey">;
  wrongCodes: WrongCodeService;
  rulebooks: RulebookService;
  /** Prices a cart, as an evaluation does. */
  evaluate: (context: OperationContext, cart: Cart) => Pick<Quote, "codes"> | Promise<Pick<Quote, "codes">>;
}

const cursor = cursorOf("customerCoupons", z.tuple([z.string(), z.string()]));

export function couponService(options: CouponServiceOptions): CouponService {
  const { database, clock, projects, wrongCodes, rulebooks, evaluate } = options;

  async function change(
    context: OperationContext,
    code: string,
    decide: (row: CouponRow) => Parameters<typeof updateCoupon>[2] | null,
  ): Promise<Coupon> {
    const { projectId } = context;
    const changed = await wrongCodes.guard(context, code, (requireTry) =>
      withTransaction(database, projectId, async (connection) => {
        const known = await couponBehind(connection, projectId, code, lockCoupons);
        requireTry();
        if (known === undefined) return undefined;
        const { row, pool } = known;
        const show = couponShower(pool);
        const changes = decide(row);
        if (changes === null) {
          nothingChanged(context);
          return show(row, clock.now());
        }
        const after = await updateCoupon(connection, row, changes);
        const key = await projects.identifierKey(connection, projectId);
        const audited = ({ status, customerId }: CouponRow) => ({
          pool: pool.key,
          status,
          // The trail outlives the customer's data: it tells owners apart, not who they are.
          customer: customerId === null ? null : hashCustomer(key, customerId),
        });
        const change = { id: row.code, before: audited(row), after: audited(after) };
        await recordChange(connection, context, change);
        return show(after, clock.now());
      }),
    );
    if (changed === undefined) throw problem("coupon-not-found");
    return changed;
  }

  /** Without a cart only coupons of pools are known. */
  async function withoutCart(
    asker: Asker,
    { codes, customer }: CouponsToValidate,
  ): Promise<CouponValidation> {
    const { projectId, apiKeyId } = asker;
    const rules = await rulebooks.rulesOf(projectId);
    const buyer = { customer: { id: customer } };
    const mightTry = wrongCodes.mayTry(rules, apiKeyId, buyer);
    const found = mightTry
      ? await couponsBehind(database.of(projectId), projectId, codes, findCoupons)
      : new Map();
    const mayTry = mightTry && wrongCodes.mayTry(rules, apiKeyId, buyer);
    const wrong = codes.map(normalizeCode).filter((code) => !found.has(code));
    if (mayTry) wrongCodes.note(rules, apiKeyId, buyer, wrong);
    return {
      codes: codes.map((code) => {
        const reason = mayTry
          ? refusalOf(found.get(normalizeCode(code)), rules, customer, clock.now())
          : "too_many_attempts";
        const status = reason === null ? "usable" : "rejected";
        return { code, status, reason, message: messageOf(reason), promotion: null };
      }),
    };
  }

  return {
    async coupon(asker, code) {
      const known = await wrongCodes.guard(asker, code, async (requireTry) => {
        const found = await couponBehind(database.of(asker.projectId), asker.projectId, code, findCoupons);
        requireTry();
        return found;
      });
      if (known === undefined) throw problem("coupon-not-found");
      return couponShower(known.pool)(known.row, clock.now());
    },

    async list(projectId, { customer, limit, after }) {
      const before = cursor.decode(after);
      const rows = await listCustomerCoupons(database.of(projectId), projectId, customer, {
        before,
        limit: limit + 1,
      });
      const show = await couponShowerOf(database.of(projectId), projectId, rows);
      const now = clock.now();
      return cursor.page(
        rows,
        limit,
        ({ claimedAt, code }) => [claimedAt?.toISOString() ?? "", code],
        (row) => show(row, now),
      );
    },

    void: (context, code) =>
      change(context, code, ({ status }) => (status === "void" ? null : { status: "void" })),

    transfer: (context, code, customerId) =>
      change(context, code, (row) => {
        if (row.customerId === customerId) return null;
        const status = statusAt(row, clock.now());
        if (status !== "usable") throw problem("coupon-state-conflict", { detail: `It is ${status}.` });
        if (row.reserved > 0) throw problem("coupon-state-conflict", { detail: "An order holds it." });
        return { customerId, claimedAt: new Date(clock.now()) };
      }),

    async validate(context, request) {
      const { codes, cart } = request;
      if (cart === undefined) return withoutCart(context, request);
      const { codes: results } = await evaluate(context, { ...cart, codes });
      const byCode = new Map(results.map((result) => [normalizeCode(result.code), result]));
      return {
        codes: codes.map((code) => {
          const { status, reason, promotion } = byCode.get(normalizeCode(code)) ?? unknown;
          return { code, status, reason, promotion, message: messageOf(reason, cart.locale) };
        }),
      };
    },
  };
}

interface KnownCoupon {
  readonly row: CouponRow;
  readonly pool: CouponPoolRow;
}

/**
 * The coupons behind typed codes, by their normalised form. A code is looked for as it is and with its look-alikes folded;
 * the latter counts only in pools that fold.
 */
async function couponsBehind(
  connection: Connection,
  projectId: string,
  codes: readonly string[],
  find: typeof findCoupons,
): Promise<Map<string, KnownCoupon>> {
  const candidates = [...new Set(codes.flatMap(candidatesOf))].filter((code) => code !== "");
  const rows = candidates.length === 0 ? [] : await find(connection, projectId, candidates);
  const pools = await findPools(connection, projectId, [...new Set(rows.map(({ poolId }) => poolId))]);
  const behind = new Map<string, KnownCoupon>();
  for (const typed of codes) {
    const normal = normalizeCode(typed);
    for (const code of candidatesOf(typed).toReversed()) {
      const row = rows.find((one) => one.code === code);
      const pool = pools.find(({ id }) => id === row?.poolId);
      if (row !== undefined && pool !== undefined && (code === normal || formOf(pool).folds))
        behind.set(normal, { row, pool });
    }
  }
  return behind;
}

async function couponBehind(
  connection: Connection,
  projectId: string,
  code: string,
  find: typeof findCoupons,
): Promise<KnownCoupon | undefined> {
  const [known] = (await couponsBehind(connection, projectId, [code], find)).values();
  return known;
}

/** As an evaluation would put it. */
function refusalOf(
  known: KnownCoupon | undefined,
  { rulebook, isStopped }: Pick<ProjectRules, "rulebook" | "isStopped">,
  customer: string | undefined,
  now: number,
): string | null {
  if (isStopped) return "promotions_stopped";
  if (known === undefined) return unknown.reason;
  const { row, pool } = known;
  const status = statusAt(row, now);
  if (status !== "usable") return couponReason[status];
  if (row.customerId !== null && row.customerId !== customer) return couponReason.owned;
  const served = rulebook.promotions.filter((promotion) => promotion.pool === pool.key);
  const reasons = served.map(({ schedule }) => whyNotOn(schedule, now)?.reason ?? null);
  if (reasons.includes(null)) return null;
  // What is planned in private is told to nobody.
  return reasons.find((_, at) => served[at]!.document.visibility !== "private") ?? unknown.reason;
}

const unknown = { status: "rejected", reason: "code_unknown", promotion: null } as const;

function messageOf(reason: string | null, locale?: string): string | null {
  return reason === null ? null : reasonWords(reason, spokenLocale(locale ?? ""));
}

/** How coupons of several pools are shown: printed by the form of their pools, which are read together. */
async function couponShowerOf(
  connection: Connection,
  projectId: string,
  rows: readonly CouponRow[],
): Promise<(row: CouponRow, now: number) => Coupon> {
  const ids = [...new Set(rows.map(({ poolId }) => poolId))];
  const pools = await findPools(connection, projectId, ids);
  const showers = new Map(pools.map((pool) => [pool.id, couponShower(pool)]));
  return (row, now) => {
    const show = showers.get(row.poolId);
    if (show === undefined) throw new Error("a coupon has no pool");
    return show(row, now);
  };
}

/** How the coupons of one pool are shown. */
export function couponShower(pool: CouponPoolRow): (row: CouponRow, now: number) => Coupon {
  const form = formOf(pool);
  return (row, now) => {
    const { code, maxUses, used, reserved, expiresAt, customerId, claimedAt, createdAt, spelling } = row;
    return {
      code: printCode(form, code, spelling),
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

/** Points that are given and taken by hand, and points that are spent. */
import { earn, spend as spendOf } from "../../ledger/points.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Connection, type Database, isDeadlock } from "../../platform/database.ts";
import { idempotently } from "../../platform/idempotency.ts";
import { newId } from "../../platform/ids.ts";
import type { Answered, OperationContext } from "../../platform/operation.ts";
import { problem } from "../../platform/problem.ts";
import { nothingChanged, recordChange } from "../audit/audit-service.ts";
import { issueCoupon, issuedCoupons, voidIssued } from "../coupons/coupon-issue-service.ts";
import { customersMeant } from "../customers/customer-alias-service.ts";
import { recordEvents } from "../events/event-service.ts";
import { newEvent } from "../events/event-types.ts";
import type { ProjectService } from "../projects/project-service.ts";
import {
  type BookOptions,
  holderOf,
  type OpenBook,
  type PointsHolder,
  withPoints,
} from "./points-book-service.ts";
import type {
  PointsAdjustment,
  PointsBalance,
  PointsProgrammeDocument,
  PointsSpend,
  PointsSpendRequest,
} from "./points-schemas.ts";
import { type AccountName, findSpend, insertSpend } from "./points-store.ts";
import type { PointsSpendRow } from "./points-tables.ts";
import { back, completed, standingSpend, tell, tieOf, tieSpend } from "./points-tender-service.ts";

export interface PointsService {
  adjust(
    context: OperationContext,
    customer: string,
    request: PointsAdjustment,
    key: string | null,
  ): Promise<Answered<PointsBalance>>;
  spend(
    context: OperationContext,
    customer: string,
    request: PointsSpendRequest,
    key: string | null,
  ): Promise<Answered<PointsSpend>>;
  spent(projectId: string, id: string): Promise<PointsSpend>;
  /** Makes a reservation final; again it changes nothing. */
  commit(context: OperationContext, id: string): Promise<PointsSpend>;
  /** Gives back all that is not back yet; again it changes nothing. */
  cancel(context: OperationContext, id: string): Promise<PointsSpend>;
  /** Gives back some of what was spent. */
  refund(
    context: OperationContext,
    id: string,
    points: number,
    key: string | null,
  ): Promise<Answered<PointsSpend>>;
}

export interface PointsOptions {
  database: Database;
  clock: Clock;
  projects: Pick<ProjectService, "identifierKey" | "timezone">;
}

export function pointsService({ database, clock, projects }: PointsOptions): PointsService {
  /** The holder whom the stated id means. */
  async function whose(connection: Connection, projectId: string, stated: string): Promise<PointsHolder> {
    const meant = await customersMeant(connection, projectId, [stated]);
    return holderOf(await projects.identifierKey(connection, projectId), meant(stated));
  }

  async function opened<T>(
    connection: Connection,
    name: AccountName,
    options: Omit<BookOptions, "now" | "timezone">,
    work: (open: OpenBook) => T | Promise<T>,
  ): Promise<T | null> {
    const timezone = await projects.timezone(connection, name.projectId);
    return withPoints(connection, name, { ...options, now: clock.now(), timezone }, work);
  }

  async function shown(connection: Connection, row: PointsSpendRow): Promise<PointsSpend> {
    const { id, programme, state, points, refunded, currency, value, orderRef, expiresAt, createdAt } = row;
    const { redemptionId: redemption, externalId: order } = row;
    const codes = row.coupon === null ? [] : [row.coupon];
    const [coupon] = (await issuedCoupons(connection, row.projectId, codes, clock.now())).values();
    return {
      id,
      programme,
      state,
      points,
      refunded,
      currency,
      value,
      coupon: coupon?.code ?? null,
      orderRef,
      redemption,
      order,
      expiresAt: expiresAt?.toISOString() ?? null,
      createdAt: createdAt.toISOString(),
    };
  }

  async function existing(connection: Connection, projectId: string, id: string): Promise<PointsSpendRow> {
    const row = await findSpend(connection, projectId, id);
    if (row === undefined) throw problem("points-spend-not-found");
    return row;
  }

  /** The spend under the lock of its account; it is looked up first, to know whose it is. */
  async function change(
    connection: Connection,
    { projectId, apiKeyId }: OperationContext,
    id: string,
    work: (open: OpenBook, row: PointsSpendRow) => Promise<PointsSpendRow>,
  ): Promise<PointsSpend> {
    const found = await existing(connection, projectId, id);
    const { holder, programme, takes } = found;
    const lots = takes.map(([lot]) => lot);
    const changed = await opened(
      connection,
      { projectId, holder, programme },
      { customerId: null, lots },
      async (open) => {
        const row = await existing(connection, projectId, id);
        open.note({ spendId: id, createdBy: apiKeyId });
        return work(open, row);
      },
    );
    if (changed === null) throw new Error("points were spent of an account that is not there");
    return shown(connection, changed);
  }

  return {
    adjust(context, customer, request, key) {
      const { projectId, apiKeyId } = context;
      const { points, reason, programme } = request;
      if (points === 0)
        throw problem("invalid-request", {
          errors: [{ path: "/points", code: "nothing_to_do", message: "Give or take at least one point." }],
        });
      const call = { projectId, key, operation: "adjustPoints", request: { customer, request } };
      return idempotently(database, call, async (connection) => {
        const { holder, customerId } = await whose(connection, projectId, customer);
        const name = { projectId, holder, programme };
        const answer = await opened(connection, name, { customerId }, async ({ book, note, newLot }) => {
          const before = { ...book.balances };
          note({ reason, createdBy: apiKeyId });
          if (points > 0) earn(book, newLot(points, { isPending: false, earnedAt: clock.now() }), "adjust");
          else if (spendOf(book, -points, "issued") === null) throw tooFew(-points, book.balances.available);
          const after = { ...book.balances };
          await recordChange(connection, context, {
            id: holder,
            before,
            after: { ...after, points, reason },
          });
          const data = { customer: customerId, programme, points };
          await recordEvents(connection, projectId, [newEvent("dealwright.points.adjusted", holder, data)]);
          return { programme, ...after };
        });
        return { resourceId: holder, answer: answer! };
      }).then((answered) => {
        if (answered.isReplay) nothingChanged(context);
        return answered;
      });
    },

    spend(context, customer, request, key) {
      const { projectId, apiKeyId } = context;
      const { programme, mode } = request;
      requireSense(request);
      const call = { projectId, key, operation: "spendPoints", request: { customer, request } };
      const attempt = () =>
        idempotently(database, call, async (connection) => {
          const { holder, customerId } = await whose(connection, projectId, customer);
          const name = { projectId, holder, programme };
          const now = clock.now();
          const { heldUntil, ...tie } = await tieOf(connection, projectId, request, customerId, now);
          const row = await opened(connection, name, { customerId }, async (open) => {
            const { points, currency, value, coupon } = offerOf(open.programme, request);
            const standing = await standingSpend(connection, open, tie, { points, currency, mode });
            if (standing !== undefined) return standing;
            const id = newId("pts", now);
            open.note({ spendId: id, createdBy: apiKeyId });
            const takes = spendOf(open.book, points, mode === "reserve" ? "reserved" : "redeemed");
            if (takes === null) throw tooFew(points, open.book.balances.available);
            const code = coupon === null ? null : await bought(connection, name, customerId, coupon, now);
            const spent: PointsSpendRow = {
              ...name,
              id,
              points,
              refunded: 0,
              state: mode === "reserve" ? "reserved" : "committed",
              takes,
              orderRef: request.orderRef ?? null,
              ...tie,
              currency,
              value,
              coupon: code,
              isFinal: false,
              expiresAt: mode === "reserve" ? new Date(heldUntil ?? now + request.ttlSeconds * 1_000) : null,
              createdAt: new Date(now),
            };
            await insertSpend(connection, spent);
            await tieSpend(connection, spent, now);
            if (spent.state === "committed")
              await tell(connection, "dealwright.points.spent", open, spent, points);
            return spent;
          });
          return { resourceId: row!.id, answer: await shown(connection, row!) };
        });
      // A merge of customers locks accounts first and what they pay for last; here it is the other way round.
      return attempt().catch((error: unknown) => {
        if (!isDeadlock(error)) throw error;
        return attempt();
      });
    },

    async spent(projectId, id) {
      const connection = database.of(projectId);
      return shown(connection, await existing(connection, projectId, id));
    },

    commit: (context, id) =>
      inTransaction(context, (connection) =>
        change(connection, context, id, async (open, row) => {
          if (row.state === "committed") return row;
          if (row.state !== "reserved") throw wrongState(row);
          return completed(connection, open, row);
        }),
      ),

    cancel: (context, id) =>
      inTransaction(context, (connection) =>
        change(connection, context, id, async (open, row) => {
          if (row.state === "cancelled" || row.state === "expired") return row;
          requireNotFinal(row);
          if (row.coupon !== null) requireUnused(await voidIssued(connection, row.projectId, row.coupon));
          return back(connection, open, row, row.points - row.refunded, "cancelled");
        }),
      ),

    refund(context, id, points, key) {
      const { projectId } = context;
      const call = { projectId, key, operation: "refundPoints", request: { id, points } };
      return idempotently(database, call, async (connection) => ({
        resourceId: id,
        answer: await change(connection, context, id, async (open, row) => {
          requireNotFinal(row);
          requireUntied(row);
          if (row.state !== "committed" || row.coupon !== null) throw wrongState(row);
          const left = row.points - row.refunded;
          if (points > left) throw tooFew(points, left);
          return back(connection, open, row, points, row.state);
        }),
      }));
    },
  };

  function inTransaction<T>({ projectId }: OperationContext, work: (connection: Connection) => Promise<T>) {
    return idempotently(
      database,
      { projectId, key: null, operation: "", request: null },
      async (connection) => ({
        resourceId: "",
        answer: await work(connection),
      }),
    ).then(({ answer }) => answer);
  }

  async function bought(
    connection: Connection,
    { projectId }: AccountName,
    customerId: string,
    { pool, validFor }: PointsProgrammeDocument["coupons"][number],
    now: number,
  ): Promise<string> {
    const timezone = await projects.timezone(connection, projectId);
    const order = { projectId, pool, customerId, validFor: validFor ?? null, now, timezone };
    const issued = await issueCoupon(connection, order);
    if (issued.type === "issued") return issued.code;
    const message = "There is no coupon to be had.";
    throw problem("points-refused", { errors: [{ path: "/coupon", code: issued.reason, message }] });
  }
}

function requireSense({ points, coupon, mode, currency, redemption, order }: PointsSpendRequest): void {
  const refuse = (path: string, code: string, message: string) =>
    problem("invalid-request", { errors: [{ path, code, message }] });
  if ((points === undefined) === (coupon === undefined))
    throw refuse("/points", "bounds_contradict", "Give `points` or `coupon`.");
  if (coupon !== undefined && mode === "reserve")
    throw refuse("/mode", "bounds_contradict", "A coupon is bought at once.");
  if (coupon !== undefined && currency !== undefined)
    throw refuse("/currency", "bounds_contradict", "Only tender is worth money.");
  if (redemption !== undefined && order !== undefined)
    throw refuse("/order", "bounds_contradict", "Give `redemption` or `order`.");
  if (coupon !== undefined && (redemption ?? order) !== undefined)
    throw refuse("/coupon", "bounds_contradict", "A coupon pays for no order.");
}

/** What the points buy. */
function offerOf(programme: PointsProgrammeDocument, { points, coupon: pool, currency }: PointsSpendRequest) {
  if (pool !== undefined) {
    const coupon = programme.coupons.find((offer) => offer.pool === pool);
    if (coupon === undefined)
      throw problem("points-refused", {
        errors: [
          {
            path: "/coupon",
            code: "not_for_sale",
            message: "The programme does not sell coupons of this pool.",
          },
        ],
      });
    return { points: coupon.points, currency: null, value: null, coupon };
  }
  if (currency === undefined) return { points: points!, currency: null, value: null, coupon: null };
  const worth = programme.worth?.[currency];
  if (worth === undefined)
    throw problem("points-refused", {
      errors: [
        {
          path: "/currency",
          code: "currency_not_supported",
          message: "Points pay nothing in this currency.",
        },
      ],
    });
  const value = points! * worth;
  if (!Number.isSafeInteger(value)) throw tooFew(points!, Math.floor(Number.MAX_SAFE_INTEGER / worth));
  return { points: points!, currency, value, coupon: null };
}

function tooFew(wanted: number, there: number) {
  const message = `${there} points are there, not ${wanted}.`;
  return problem("points-refused", { errors: [{ path: "/points", code: "not_enough_points", message }] });
}

/** Whoever holds the coupon for an order may still use it, although it is void. */
function requireUnused({ used, reserved }: { used: number; reserved: number }): void {
  if (used + reserved === 0) return;
  const [code, message] =
    used > 0
      ? ["coupon_used", "The coupon that they bought was used."]
      : ["coupon_reserved", "An order holds the coupon that they bought: cancel its redemption first."];
  throw problem("points-refused", { errors: [{ path: "", code, message }] });
}

function requireNotFinal({ isFinal }: PointsSpendRow): void {
  if (!isFinal) return;
  const message = "What it paid for stays, such as a ticket that was drawn.";
  throw problem("points-refused", { errors: [{ path: "", code: "spend_is_final", message }] });
}

function requireUntied({ redemptionId, externalId }: PointsSpendRow): void {
  if (redemptionId === null && externalId === null) return;
  const message = "Returns of the order that it paid for give them back.";
  throw problem("points-refused", { errors: [{ path: "", code: "follows_order", message }] });
}

function wrongState({ state }: PointsSpendRow) {
  return problem("points-spend-state-conflict", { detail: `It is ${state}.` });
}

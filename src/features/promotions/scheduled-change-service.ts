/** Changes of promotions that happen by themselves at an instant: once, by one process, in the name of whoever planned them. */
import { z } from "zod";
import { promotionSchema } from "../../engine/promotion.ts";
import { isAllowed } from "../../platform/auth.ts";
import { eachApart, repeated } from "../../platform/background.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import { newId } from "../../platform/ids.ts";
import type { Log } from "../../platform/log.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { Problem, type ProblemCode, problem } from "../../platform/problem.ts";
import { nothingChanged, recordChange } from "../audit/audit-service.ts";
import { recordEvents } from "../events/event-service.ts";
import { newEvent } from "../events/event-types.ts";
import type { ProjectService } from "../projects/project-service.ts";
import type { ScheduledChange, ScheduledChangeRequest } from "./promotion-approval-schemas.ts";
import { approvalState } from "./promotion-approval-store.ts";
import { requireSound } from "./promotion-document.ts";
import type { ChangedPromotion, PromotionService } from "./promotion-service.ts";
import { findPromotion, lockPromotion } from "./promotion-store.ts";
import {
  type DueChange,
  dueChanges,
  insertScheduledChange,
  keyNow,
  listScheduledChanges,
  lockScheduledChange,
  settleScheduledChange,
} from "./scheduled-change-store.ts";
import type { PlannedChange, ScheduledChangeRow } from "./scheduled-change-tables.ts";

/** For whoever else acts in the name of a key when nobody is looking. */
export { keyNow } from "./scheduled-change-store.ts";

export interface ScheduledChangeService {
  plan(
    context: OperationContext,
    promotionId: string,
    request: ScheduledChangeRequest,
  ): Promise<ScheduledChange>;
  list(
    projectId: string,
    promotionId: string,
    page: { limit: number; after?: string | undefined },
  ): Promise<Page<ScheduledChange>>;
  /** Cancelling twice changes nothing; what has happened already cannot be cancelled. */
  cancel(context: OperationContext, promotionId: string, id: string): Promise<ScheduledChange>;
  /** Applies what is due, the longest waiting first and so many at once; answers how many this process settled. */
  sweep(): Promise<number>;
  start(): void;
  close(): Promise<void>;
}

export interface ScheduledChangeOptions {
  database: Database;
  clock: Clock;
  projects: Pick<ProjectService, "timezone">;
  promotions: PromotionService;
  log: Log;
}

const sweepMilliseconds = 500;
/** `elsewhere`: another process is at it, and how that ends is not known yet. */
type Settling = "settled here" | "settled before" | "elsewhere";

/** In one sweep; of a project fewer, so that none keeps the others waiting. */
const mostAtOnce = { ofAll: 1_000, ofProject: 100 };
const cursor = cursorOf("scheduledChanges", z.string());

export function scheduledChangeService(options: ScheduledChangeOptions): ScheduledChangeService {
  const { database, clock, projects, promotions, log } = options;
  const background = repeated(sweepMilliseconds, sweep, (error) => {
    log.warn({ err: error }, "could not look for scheduled changes; the next sweep tries again");
  });

  async function sweep(): Promise<number> {
    let settled = 0;
    // In their order: of two for one promotion, the later one finds what the earlier one made. While the earlier one is not
    // settled, the later ones wait for the next sweep.
    const heldBack = new Set<string>();
    const work = async ({ projectId, id, promotionId }: DueChange) => {
      if (heldBack.has(promotionId)) return;
      const settling = await settle(projectId, id);
      if (settling === "settled here") settled += 1;
      if (settling === "elsewhere") heldBack.add(promotionId);
    };
    const due = await dueChanges(database.outside, mostAtOnce);
    await eachApart(due, background.signal, work, (error, change) => {
      heldBack.add(change.promotionId);
      log.warn(
        { err: error, ...change },
        "a scheduled change could not be applied; the next sweep tries again",
      );
    });
    return settled;
  }

  /** All of it in one transaction, so that a killed process has applied nothing, and nobody applies it twice. */
  async function settle(projectId: string, id: string): Promise<Settling> {
    let changed: ChangedPromotion | null = null;
    try {
      const settling = await settleLocked(projectId, id, async (connection, row) => {
        changed = await apply(connection, row);
        await settleScheduledChange(connection, row, "applied");
      });
      if (changed !== null) await promotions.settled(changed);
      return settling;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return fail(projectId, id, error.code);
    }
  }

  async function apply(connection: Connection, row: ScheduledChangeRow): Promise<ChangedPromotion> {
    const { projectId, promotionId: id, change, createdBy, requestId } = row;
    const key = await keyNow(connection, projectId, createdBy);
    if (key === undefined || !isAllowed(["marketing"], key.role)) throw problem("forbidden-role");
    const context: OperationContext = {
      projectId,
      apiKeyId: createdBy,
      ...key,
      requestId,
      change: { operation: "applyScheduledChange", resource: "promotion", network: null, isTold: false },
    };
    if ("action" in change) return promotions.moveIn(connection, context, id, change.action);
    const standing = await lockPromotion(connection, projectId, { id });
    if (standing === undefined) throw problem("promotion-not-found");
    const { documentVersion } = await approvalState(connection, projectId, id);
    if (documentVersion > row.baseVersion) throw problem("precondition-failed");
    return promotions.updateIn(connection, context, id, documentOf(change, standing.document));
  }

  function fail(projectId: string, id: string, failure: ProblemCode): Promise<Settling> {
    return settleLocked(projectId, id, async (connection, row) => {
      await settleScheduledChange(connection, row, "failed", failure);
      const { requestId, createdBy: apiKeyId, promotionId } = row;
      const origin = {
        operation: "applyScheduledChange",
        resource: "promotion",
        network: null,
        isTold: false,
      };
      const by = {
        environment: "live",
        role: "viewer",
        ...(await keyNow(connection, projectId, apiKeyId)),
      } as const;
      await recordChange(
        connection,
        { projectId, apiKeyId, requestId, ...by, change: origin },
        { id: promotionId, before: null, after: { scheduledChange: id, failure } },
      );
      const promotion = await findPromotion(connection, projectId, { id: promotionId });
      if (promotion === undefined) throw new Error(`a change of ${promotionId}, which is gone`);
      await recordEvents(connection, projectId, [
        newEvent("dealwright.promotion.change_failed", promotionId, {
          promotion: promotion.key,
          promotionId,
          scheduledChange: id,
          at: row.at.toISOString(),
          failure,
          plannedBy: apiKeyId,
        }),
      ]);
      log.warn({ projectId, promotionId, scheduledChange: id, failure }, "a scheduled change failed");
    });
  }

  function settleLocked(
    projectId: string,
    id: string,
    work: (connection: Connection, row: ScheduledChangeRow) => Promise<void>,
  ): Promise<Settling> {
    return withTransaction(database, projectId, async (connection) => {
      const row = await lockScheduledChange(connection, projectId, id, "skip");
      if (row === undefined) return "elsewhere";
      if (row.state !== "waiting") return "settled before";
      await work(connection, row);
      return "settled here";
    });
  }

  return {
    plan(context, promotionId, { at, ...planned }) {
      const { projectId, apiKeyId, requestId } = context;
      const change = changeIn(planned);
      if (Date.parse(at) <= clock.now()) throw invalid("/at", "in_the_past", "Must be in the future.");
      return withTransaction(database, projectId, async (connection) => {
        const promotion = await lockPromotion(connection, projectId, { id: promotionId });
        if (promotion === undefined) throw problem("promotion-not-found");
        if (!("action" in change)) {
          // What is plainly wrong is said now, not when nobody is looking.
          const timezone = await projects.timezone(connection, projectId);
          const wanted = documentOf(change, promotion.document);
          const prefix = "document" in change ? "/document" : "/patch";
          const { document } = requireSound(wanted, { id: promotionId, timezone }, { prefix });
          if (document.key !== promotion.key)
            throw invalid(`${prefix}/key`, "key_immutable", "The key of a promotion never changes.");
        }
        const stored = await insertScheduledChange(connection, {
          projectId,
          id: newId("sch", clock.now()),
          promotionId,
          at: new Date(at),
          baseVersion: promotion.version,
          change,
          createdBy: apiKeyId,
          requestId,
        });
        const after = { scheduledChange: stored.id, at: stored.at.toISOString(), ...change };
        await recordChange(connection, context, { id: promotionId, before: null, after });
        return shown(stored);
      });
    },

    async list(projectId, promotionId, { limit, after }) {
      const connection = database.of(projectId);
      if ((await findPromotion(connection, projectId, { id: promotionId })) === undefined)
        throw problem("promotion-not-found");
      const before = cursor.decode(after);
      const rows = await listScheduledChanges(connection, projectId, promotionId, before, limit + 1);
      return cursor.page(rows, limit, ({ id }) => id, shown);
    },

    cancel(context, promotionId, id) {
      const { projectId } = context;
      return withTransaction(database, projectId, async (connection) => {
        const row = await lockScheduledChange(connection, projectId, id, "wait");
        if (row === undefined || row.promotionId !== promotionId) throw problem("scheduled-change-not-found");
        if (row.state === "cancelled") {
          nothingChanged(context);
          return shown(row);
        }
        if (row.state !== "waiting")
          throw problem("scheduled-change-settled", { detail: `It is ${row.state}.` });
        const settled = await settleScheduledChange(connection, row, "cancelled");
        const before = { scheduledChange: id, at: row.at.toISOString(), ...row.change };
        await recordChange(connection, context, { id: promotionId, before, after: null });
        return shown(settled);
      });
    },

    sweep,
    start: background.start,
    close: background.close,
  };
}

function changeIn({ document, patch, action }: Omit<ScheduledChangeRequest, "at">): PlannedChange {
  const given = [
    ...(document === undefined ? [] : [{ document }]),
    ...(patch === undefined ? [] : [{ patch }]),
    ...(action === undefined ? [] : [{ action }]),
  ];
  const [change] = given;
  if (change === undefined || given.length > 1)
    throw invalid("/action", "bounds_contradict", "Give exactly one of `document`, `patch` and `action`.");
  return change;
}

function documentOf(change: Exclude<PlannedChange, { action: unknown }>, standing: unknown): unknown {
  return "document" in change ? change.document : merged(standing, change.patch);
}

/** JSON Merge Patch (RFC 7396). */
function merged(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else
      Object.defineProperty(result, name, {
        value: merged(result[name], value),
        enumerable: true,
        configurable: true,
        writable: true,
      });
  }
  return result;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(path: string, code: string, message: string) {
  return problem("invalid-request", { errors: [{ path, code, message }] });
}

function shown(row: ScheduledChangeRow): ScheduledChange {
  const { id, promotionId, at, baseVersion, change, state, failure, createdBy, createdAt, settledAt } = row;
  return {
    id,
    promotionId,
    at: at.toISOString(),
    baseVersion,
    document: "document" in change ? promotionSchema.parse(change.document) : null,
    patch: "patch" in change ? { ...change.patch } : null,
    action: "action" in change ? change.action : null,
    state,
    failure,
    createdBy,
    createdAt: createdAt.toISOString(),
    settledAt: settledAt?.toISOString() ?? null,
  };
}

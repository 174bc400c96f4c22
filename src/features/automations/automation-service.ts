/** Automations as they are written, and their life: draft, active, paused, archived. */

import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { withDefaults } from "../../engine/conditions/tree.ts";
import { limits } from "../../engine/limits.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import { newId } from "../../platform/ids.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { type ProblemError, problem } from "../../platform/problem.ts";
import { recordChange } from "../audit/audit-service.ts";
import { existingPools } from "../coupons/coupon-issue-service.ts";
import type { ProjectService } from "../projects/project-service.ts";
import { keepActivity } from "../segments/segment-facts-service.ts";
import type { SegmentService } from "../segments/segment-service.ts";
import { firstLook, isByClock } from "./automation-clock.ts";
import { requireSound } from "./automation-document.ts";
import { setClock } from "./automation-look-store.ts";
import { forgetOwed } from "./automation-run-store.ts";
import type {
  Automation,
  AutomationDocument,
  AutomationQuery,
  AutomationStatus,
} from "./automation-schemas.ts";
import {
  beginFollowing,
  countActive,
  findAutomation,
  insertAutomation,
  listAutomations,
  lockAutomation,
  recount,
  saveAutomation,
} from "./automation-store.ts";
import type { AutomationName, AutomationRow } from "./automation-tables.ts";
import { happeningOf } from "./automation-triggers.ts";

export interface AutomationService {
  create(context: OperationContext, document: AutomationDocument): Promise<Automation>;
  replace(
    context: OperationContext,
    id: string,
    ifMatch: string,
    document: AutomationDocument,
  ): Promise<Automation>;
  activate(context: OperationContext, id: string): Promise<Automation>;
  /** Once it is answered nothing more is done of it, in any process. */
  pause(context: OperationContext, id: string): Promise<Automation>;
  archive(context: OperationContext, id: string): Promise<Automation>;
  automation(projectId: string, id: string): Promise<Automation>;
  list(projectId: string, query: AutomationQuery): Promise<Page<Automation>>;
}

const cursor = cursorOf("automations", z.string());

const followsFrom: Readonly<Record<Exclude<AutomationStatus, "draft">, readonly AutomationStatus[]>> = {
  active: ["draft", "paused"],
  paused: ["active"],
  archived: ["draft", "active", "paused"],
};

export function automationService({
  database,
  clock,
  projects,
  segments,
  wake,
}: {
  database: Database;
  clock: Clock;
  projects: Pick<ProjectService, "timezone">;
  segments: Pick<SegmentService, "missing">;
  /** Something is due, perhaps, that was not before. */
  wake: () => void;
}): AutomationService {
  /** What it names is there: a run that finds nothing to give would owe it without end. */
  async function requireReady(
    connection: Connection,
    projectId: string,
    { trigger, actions }: AutomationDocument,
  ): Promise<void> {
    const errors: ProblemError[] = [];
    const named = "segment" in trigger && trigger.segment !== undefined ? [trigger.segment] : [];
    for (const key of await segments.missing(projectId, named))
      errors.push({
        path: "/trigger/segment",
        code: "segment_unknown",
        message: `There is no segment ${key}.`,
      });
    const pools = actions.map((action) => (action.kind === "issue_coupon" ? action.pool : null));
    const known = await existingPools(
      connection,
      projectId,
      pools.flatMap((pool) => pool ?? []),
    );
    for (const [place, pool] of pools.entries())
      if (pool !== null && !known.has(pool))
        errors.push({
          path: `/actions/${place}/pool`,
          code: "pool_unknown",
          message: `There is no coupon pool ${pool}.`,
        });
    if (errors.length > 0) throw problem("automation-not-ready", { errors });
  }

  /** Whatever happens from now on triggers it; what happened before and was not done yet is forgotten. */
  async function begin(connection: Connection, row: AutomationRow): Promise<AutomationRow> {
    await requireReady(connection, row.projectId, row.document);
    return {
      ...row,
      epoch: row.epoch + 1,
      sincePosition: await beginFollowing(connection, row.projectId),
      activatedAt: new Date(clock.now()),
    };
  }

  /** Its clock runs while it is in force, and begins anew with another trigger. */
  async function wind(connection: Connection, before: AutomationRow, row: AutomationRow): Promise<void> {
    const { trigger } = row.document;
    if (row.status !== "active") return setClock(connection, row, null);
    if (before.status === "active" && isDeepStrictEqual(trigger, before.document.trigger)) return;
    if (!isByClock(trigger)) return setClock(connection, row, null);
    // Who has not bought for so long follows from what is kept for segments.
    if (trigger.kind === "inactivity") await keepActivity(connection, row.projectId);
    const first = firstLook(trigger, await projects.timezone(connection, row.projectId), clock.now());
    await setClock(connection, row, first === null ? null : new Date(first));
  }

  async function change(
    context: OperationContext,
    id: string,
    work: (connection: Connection, before: AutomationRow) => Promise<AutomationRow>,
  ): Promise<Automation> {
    const name: AutomationName = { projectId: context.projectId, id };
    const after = await withTransaction(database, context.projectId, async (connection) => {
      // Whatever of it is under way ends first.
      const before = await lockAutomation(connection, name);
      if (before === undefined) throw problem("automation-not-found");
      const changed = await work(connection, before);
      const row = { ...changed, version: before.version + 1, updatedAt: new Date(clock.now()) };
      await saveAutomation(connection, row);
      await wind(connection, before, row);
      const { caps } = row.document;
      if (row.status !== "archived" && (caps.runs ?? caps.coupons) !== undefined)
        await recount(connection, row);
      await recordChange(connection, context, { id, before: audited(before), after: audited(row) });
      return row;
    });
    wake();
    return shown(after);
  }

  function become(
    context: OperationContext,
    id: string,
    status: Exclude<AutomationStatus, "draft">,
    work: (connection: Connection, row: AutomationRow) => Promise<AutomationRow>,
  ): Promise<Automation> {
    return change(context, id, async (connection, before) => {
      if (!followsFrom[status].includes(before.status))
        throw problem("automation-state-conflict", { detail: `It is ${before.status}.` });
      return work(connection, { ...before, status });
    });
  }

  return {
    async create(context, document) {
      const { projectId } = context;
      const at = new Date(clock.now());
      return withTransaction(database, projectId, async (connection) => {
        requireSound(document, await projects.timezone(connection, projectId));
        const row = await insertAutomation(connection, {
          projectId,
          id: newId("aut", clock.now()),
          key: document.key,
          status: "draft",
          version: 1,
          document,
          listensTo: happeningOf(document.trigger),
          epoch: 0,
          sincePosition: null,
          activatedAt: null,
          createdAt: at,
          updatedAt: at,
        });
        if (row === undefined) {
          const errors = [{ path: "/key", code: "key_taken", message: "Another automation has this key." }];
          throw problem("automation-key-taken", { errors });
        }
        await recordChange(connection, context, { id: row.id, before: null, after: audited(row) });
        return shown(row);
      });
    },

    replace: (context, id, ifMatch, document) =>
      change(context, id, async (connection, before) => {
        if (ifMatch !== "*" && ifMatch !== String(before.version)) throw problem("precondition-failed");
        if (before.status === "archived")
          throw problem("automation-state-conflict", { detail: "It is archived." });
        if (document.key !== before.key) {
          const message = "The key of an automation never changes.";
          throw problem("invalid-request", { errors: [{ path: "/key", code: "key_immutable", message }] });
        }
        requireSound(document, await projects.timezone(connection, context.projectId));
        const row = { ...before, document, listensTo: happeningOf(document.trigger) };
        if (row.status !== "active") return row;
        if (!isDeepStrictEqual(document.trigger, before.document.trigger)) return begin(connection, row);
        await requireReady(connection, context.projectId, document);
        return row;
      }),

    activate: (context, id) =>
      become(context, id, "active", async (connection, row) => {
        if ((await countActive(connection, row.projectId)) >= limits.activeAutomationsPerProject)
          throw problem("too-many-automations");
        return begin(connection, row);
      }),

    pause: (context, id) => become(context, id, "paused", async (_connection, row) => row),

    archive: (context, id) =>
      become(context, id, "archived", async (connection, row) => {
        await forgetOwed(connection, row, new Date(clock.now()));
        return row;
      }),

    async automation(projectId, id) {
      const row = await findAutomation(database.of(projectId), { projectId, id });
      if (row === undefined) throw problem("automation-not-found");
      return shown(row);
    },

    async list(projectId, { status, limit, after }) {
      const page = { status, beforeId: cursor.decode(after), limit: limit + 1 };
      const rows = await listAutomations(database.of(projectId), projectId, page);
      return cursor.page(rows, limit, ({ id }) => id, shown);
    },
  };
}

function audited({ status, version, document }: AutomationRow) {
  return { status, version, document };
}

function shown({
  id,
  status,
  version,
  document,
  activatedAt,
  createdAt,
  updatedAt,
}: AutomationRow): Automation {
  return {
    ...document,
    ...(document.conditions !== undefined && { conditions: withDefaults(document.conditions) }),
    id,
    status,
    version,
    activatedAt: activatedAt?.toISOString() ?? null,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}

/** Segments as they are written, and what can be asked of them. */

import { z } from "zod";
import { withDefaults } from "../../engine/conditions/tree.ts";
import { limits } from "../../engine/limits.ts";
import type { Clock } from "../../platform/clock.ts";
import {
  type Connection,
  type Database,
  withReadSnapshot,
  withTransaction,
} from "../../platform/database.ts";
import { newId } from "../../platform/ids.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { problem } from "../../platform/problem.ts";
import { newTurns } from "../../platform/turns.ts";
import { recordChange } from "../audit/audit-service.ts";
import type { ProjectService } from "../projects/project-service.ts";
import { bordersOf } from "./rfm-borders-service.ts";
import { soundSegment, whoIsIn } from "./segment-rules.ts";
import type { Segment, SegmentDocument, SegmentPreview, SegmentPreviewRequest } from "./segment-schemas.ts";
import { mostPreviewed } from "./segment-schemas.ts";
import {
  countSegmentsByConditions,
  deleteSegment,
  findSegment,
  insertSegment,
  knownKeys,
  listSegments,
  lockEventTypes,
  lockSegment,
  segmentSizes,
  updateSegment,
} from "./segment-store.ts";
import type { SegmentRow } from "./segment-tables.ts";
import { beginUpkeep, knownCustomers, sampleCustomers } from "./segment-upkeep-store.ts";

export interface SegmentService {
  create(context: OperationContext, document: SegmentDocument): Promise<Segment>;
  replace(
    context: OperationContext,
    key: string,
    ifMatch: string,
    document: SegmentDocument,
  ): Promise<Segment>;
  remove(context: OperationContext, key: string): Promise<{ key: string; members: number }>;
  segment(projectId: string, key: string): Promise<Segment>;
  list(projectId: string, query: { limit: number; after?: string | undefined }): Promise<Page<Segment>>;
  /** Whom conditions would have, without storing them. */
  preview(projectId: string, request: SegmentPreviewRequest): Promise<SegmentPreview>;
  /** Of these keys, those that no segment has. */
  missing(projectId: string, keys: readonly string[]): Promise<string[]>;
}

const cursor = cursorOf("segments", z.string());
const customersAtOnce = 1_000;

export function segmentService({
  database,
  clock,
  projects,
  wake,
}: {
  database: Database;
  clock: Clock;
  projects: Pick<ProjectService, "timezone">;
  /** There are conditions that nobody was held against yet. */
  wake: () => void;
}): SegmentService {
  async function requireSound(
    connection: Connection,
    projectId: string,
    { conditions, currency }: SegmentDocument,
  ): Promise<Pick<SegmentRow, "eventTypes">> {
    if (conditions === undefined) {
      if (currency === undefined) return { eventTypes: null };
      throw invalid("/currency", "conditions_missing", "Only conditions ask for a currency.");
    }
    const timezone = await projects.timezone(connection, projectId);
    const { events } = soundSegment(conditions, currency, timezone);
    if (events === null) return { eventTypes: null };
    // Whoever stores events now is waited for: the look at everybody that follows sees them.
    await lockEventTypes(connection, projectId);
    return { eventTypes: [...events.types] };
  }

  async function shownAll(projectId: string, rows: readonly SegmentRow[]): Promise<Segment[]> {
    const ids = rows.map(({ id }) => id);
    const sizes = await segmentSizes(database.of(projectId), projectId, ids);
    return rows.map((row) => shown(row, sizes.get(row.id) ?? 0));
  }

  return {
    async create(context, document) {
      const { projectId } = context;
      const at = new Date(clock.now());
      const stored = await withTransaction(database, projectId, async (connection) => {
        const asked = await requireSound(connection, projectId, document);
        if (
          document.conditions !== undefined &&
          (await countSegmentsByConditions(connection, projectId)) >= limits.segmentsPerProject
        )
          throw problem("too-many-segments");
        const row = await insertSegment(connection, {
          projectId,
          id: newId("seg", clock.now()),
          key: document.key,
          version: 1,
          document,
          ...asked,
          refreshedVersion: document.conditions === undefined ? null : 0,
          createdAt: at,
          updatedAt: at,
        });
        if (row === undefined) {
          const errors = [{ path: "/key", code: "key_taken", message: "Another segment has this key." }];
          throw problem("segment-key-taken", { errors });
        }
        if (document.conditions !== undefined) await beginUpkeep(connection, projectId);
        await recordChange(connection, context, { id: row.key, before: null, after: document });
        return row;
      });
      wake();
      return shown(stored, 0);
    },

    async replace(context, key, ifMatch, document) {
      const { projectId } = context;
      const stored = await withTransaction(database, projectId, async (connection) => {
        const before = await lockSegment(connection, projectId, key);
        if (before === undefined) throw problem("segment-not-found");
        if (ifMatch !== "*" && ifMatch !== String(before.version)) throw problem("precondition-failed");
        if (document.key !== key)
          throw invalid("/key", "key_immutable", "The key of a segment never changes.");
        if ((document.conditions === undefined) !== (before.document.conditions === undefined))
          throw invalid("/conditions", "form_fixed", "A list stays a list, and conditions stay conditions.");
        const asked = await requireSound(connection, projectId, document);
        const updatedAt = new Date(clock.now());
        const row = { ...before, ...asked, version: before.version + 1, document, updatedAt };
        await recordChange(connection, context, { id: key, before: before.document, after: document });
        return updateSegment(connection, row);
      });
      wake();
      const [answer] = await shownAll(projectId, [stored]);
      return answer!;
    },

    remove(context, key) {
      const { projectId } = context;
      return withTransaction(database, projectId, async (connection) => {
        const row = await lockSegment(connection, projectId, key, "update");
        if (row === undefined) throw problem("segment-not-found");
        const sizes = await segmentSizes(connection, projectId, [row.id]);
        await deleteSegment(connection, projectId, key);
        await recordChange(connection, context, { id: key, before: row.document, after: null });
        return { key, members: sizes.get(row.id) ?? 0 };
      });
    },

    async segment(projectId, key) {
      const row = await findSegment(database.of(projectId), projectId, key);
      if (row === undefined) throw problem("segment-not-found");
      const [answer] = await shownAll(projectId, [row]);
      return answer!;
    },

    async list(projectId, { limit, after }) {
      const beforeId = cursor.decode(after);
      const rows = await listSegments(database.of(projectId), projectId, { beforeId, limit: limit + 1 });
      const sizes = await segmentSizes(
        database.of(projectId),
        projectId,
        rows.map(({ id }) => id),
      );
      return cursor.page(
        rows,
        limit,
        ({ id }) => id,
        (row) => shown(row, sizes.get(row.id) ?? 0),
      );
    },

    preview(projectId, { conditions, currency, sample: named }) {
      return withReadSnapshot(database, projectId, async (connection) => {
        const timezone = await projects.timezone(connection, projectId);
        const segment = soundSegment(conditions, currency, timezone);
        const now = clock.now();
        const scoring = await bordersOf(connection, projectId);
        const sample = await sampleCustomers(connection, projectId, mostPreviewed);
        const withOrders = segment.needs.includes("orders");
        const found: string[] = [];
        const turns = newTurns();
        for (let from = 0; from < sample.ids.length; from += customersAtOnce) {
          const ids = sample.ids.slice(from, from + customersAtOnce);
          const wanted = { withOrders, events: segment.events, fromActivity: false, now };
          const customers = await knownCustomers(connection, projectId, ids, wanted);
          found.push(...(await whoIsIn(segment, customers, { scoring, now, turns })));
        }
        return {
          size: Math.min(found.length * sample.oneIn, sample.customers),
          isExact: sample.oneIn === 1,
          customers: sample.customers,
          sample: found.sort().slice(0, named),
        };
      });
    },

    async missing(projectId, keys) {
      const known = await knownKeys(database.of(projectId), projectId, keys);
      return keys.filter((key) => !known.has(key));
    },
  };
}

function invalid(path: string, code: string, message: string) {
  return problem("invalid-request", { errors: [{ path, code, message }] });
}

function shown(row: SegmentRow, size: number): Segment {
  const { id, version, document, refreshedVersion, createdAt, updatedAt } = row;
  return {
    ...document,
    ...(document.conditions !== undefined && { conditions: withDefaults(document.conditions) }),
    id,
    size,
    isCurrent: refreshedVersion === null || refreshedVersion === version,
    version,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}

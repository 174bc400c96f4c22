/** By what customers are scored. */
import type { ConditionDocument } from "../../engine/conditions/tree.ts";
import { type Database, withTransaction } from "../../platform/database.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { type ProblemError, problem } from "../../platform/problem.ts";
import { nothingChanged, recordChange } from "../audit/audit-service.ts";
import type { PresetRequest, RfmDocument, RfmSettings } from "./rfm-schemas.ts";
import { presetNames } from "./rfm-schemas.ts";
import { findRfm, insertRfm, type RfmRow, saveRfm } from "./rfm-store.ts";
import type { Segment } from "./segment-schemas.ts";
import type { SegmentService } from "./segment-service.ts";
import { knownKeys } from "./segment-store.ts";
import { beginUpkeep } from "./segment-upkeep-store.ts";

export interface RfmService {
  settings(projectId: string): Promise<RfmSettings>;
  /** `ifMatch` empty: whatever is there, or nothing. */
  put(context: OperationContext, ifMatch: string, document: RfmDocument): Promise<RfmSettings>;
  /** The named segments that are not there yet, created; all of them answered. */
  createPresets(context: OperationContext, request: PresetRequest): Promise<{ items: Segment[] }>;
}

export function rfmService({
  database,
  segments,
  wake,
}: {
  database: Database;
  segments: Pick<SegmentService, "create" | "segment">;
  wake: () => void;
}): RfmService {
  return {
    async settings(projectId) {
      const row = await findRfm(database.of(projectId), projectId);
      if (row === undefined) throw problem("rfm-not-configured");
      return shown(row);
    },

    async put(context, ifMatch, document) {
      requireSound(document);
      const { projectId } = context;
      const row = await withTransaction(database, projectId, async (connection) => {
        const before = await findRfm(connection, projectId, true);
        if (
          ifMatch !== "" &&
          (before === undefined || (ifMatch !== "*" && ifMatch !== String(before.version)))
        )
          throw problem("precondition-failed");
        await beginUpkeep(connection, projectId);
        const after = await saveRfm(connection, projectId, document);
        await recordChange(connection, context, {
          id: projectId,
          before: before?.document ?? null,
          after: document,
        });
        return after;
      });
      wake();
      return shown(row);
    },

    async createPresets(context, { presets = [...presetNames], currency }) {
      const { projectId } = context;
      await withTransaction(database, projectId, async (connection) => {
        if ((await findRfm(connection, projectId)) !== undefined) return;
        if (currency === undefined)
          throw invalid([
            { path: "/currency", code: "currency_required", message: "Say in which amounts count." },
          ]);
        const document = { currency, method: "quintiles" } as const;
        if ((await insertRfm(connection, projectId, document)) === undefined) return;
        await beginUpkeep(connection, projectId);
        await recordChange(connection, aboutRfm(context), { id: projectId, before: null, after: document });
      });
      const known = await knownKeys(database.of(projectId), projectId, presets);
      const items: Segment[] = [];
      for (const key of new Set(presets)) {
        const { name, conditions } = presetSegments[key];
        items.push(
          known.has(key)
            ? await segments.segment(projectId, key)
            : await segments.create(context, { key, name, conditions }),
        );
      }
      nothingChanged(context);
      return { items };
    },
  };
}

/** Settings that come with segments are in the trail as settings. */
function aboutRfm({ change, ...context }: OperationContext): OperationContext {
  return change === undefined ? context : { ...context, change: { ...change, resource: "rfm" } };
}

/** What the named segments mean; once created they are segments like any other. */
const presetSegments: Readonly<
  Record<(typeof presetNames)[number], { name: string; conditions: ConditionDocument }>
> = {
  "high-value-active": {
    name: "Bought lately, and for much",
    conditions: { kind: "rfm", recency: { atLeast: 4 }, amount: { atLeast: 4 } },
  },
  "at-risk": {
    name: "Used to buy often, and has not lately",
    conditions: {
      all: [
        { kind: "rfm", recency: { atMost: 2 }, frequency: { atLeast: 3 } },
        { kind: "days_since_order", atMost: 90 },
      ],
    },
  },
  dormant: { name: "No order for more than 90 days", conditions: { kind: "days_since_order", atLeast: 91 } },
  new: {
    name: "First order in the last 30 days",
    conditions: {
      all: [
        { kind: "order_count", atLeast: 1, atMost: 1 },
        { kind: "days_since_order", atMost: 30 },
      ],
    },
  },
};

function requireSound({ method, borders }: RfmDocument): void {
  const errors: ProblemError[] = [];
  const fault = (path: string, code: string, message: string) => void errors.push({ path, code, message });
  if (method === "fixed" && borders === undefined) fault("/borders", "borders_missing", "Say the borders.");
  if (method === "quintiles" && borders !== undefined)
    fault("/borders", "bounds_contradict", "Quintiles are worked out; give no borders.");
  for (const [name, values] of Object.entries(borders ?? {}))
    if (values.some((value, index) => index > 0 && value <= values[index - 1]!))
      fault(`/borders/${name}`, "not_ascending", "Each border is above the one before.");
  if (errors.length > 0) throw invalid(errors);
}

function invalid(errors: ProblemError[]) {
  return problem("invalid-request", { errors });
}

function shown({ version, document, borders, computedAt }: RfmRow): RfmSettings {
  return {
    currency: document.currency,
    method: document.method,
    borders,
    computedAt: computedAt === null ? null : new Date(computedAt).toISOString(),
    version,
  };
}

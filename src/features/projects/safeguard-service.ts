import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../../platform/clock.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { nothingChanged, recordChange } from "../audit/audit-service.ts";
import { recordEvents } from "../events/event-service.ts";
import { type NewEvent, newEvent } from "../events/event-types.ts";
import { bumpRevision, existingProject } from "./project-service.ts";
import {
  type AlarmRow,
  findProject,
  lockProject,
  mergeSafeguards,
  noteAlarm,
  setStop,
} from "./project-store.ts";
import type { ProjectRow } from "./project-tables.ts";
import { type ProjectSafeguards, type SafeguardsChange, safeguards } from "./safeguard-schemas.ts";

export interface SafeguardService {
  safeguards(projectId: string): Promise<ProjectSafeguards>;
  update(context: OperationContext, change: SafeguardsChange): Promise<ProjectSafeguards>;
  /** Stopping again changes nothing: who was first, and why, stays. */
  stop(context: OperationContext, reason: string): Promise<ProjectSafeguards>;
  resume(context: OperationContext): Promise<ProjectSafeguards>;
  /** Writes the event of an alarm unless it was raised in this window before; answers whether it was written. */
  raiseAlarm(alarm: AlarmRow, event: NewEvent): Promise<boolean>;
}

export interface SafeguardServiceOptions {
  database: Database;
  clock: Clock;
  /** Resolves once this process knows the project as of that revision. */
  reach: (projectId: string, revision: number) => Promise<void>;
}

/** The switches for bad days. They travel with the rulebook: told at once, and found by asking where telling fails. */
export function safeguardService({ database, clock, reach }: SafeguardServiceOptions): SafeguardService {
  async function change(
    context: OperationContext,
    work: (row: ProjectRow, connection: Connection) => Promise<unknown>,
  ): Promise<ProjectSafeguards> {
    const { projectId } = context;
    const { after, revision } = await withTransaction(database, projectId, async (connection) => {
      const row = existingProject(await lockProject(connection, projectId));
      await work(row, connection);
      const before = shown(row);
      const after = shown(existingProject(await findProject(connection, projectId)));
      if (isDeepStrictEqual(before, after)) {
        nothingChanged(context);
        return { after, revision: row.revision };
      }
      const revision = await bumpRevision(connection, projectId);
      await recordChange(connection, context, { id: projectId, before, after });
      return { after, revision };
    });
    await reach(projectId, revision);
    return after;
  }

  return {
    async safeguards(projectId) {
      return shown(existingProject(await findProject(database.of(projectId), projectId)));
    },
    update: (context, parts) =>
      change(context, (row, connection) => mergeSafeguards(connection, row.id, parts)),
    stop: (context, reason) =>
      change(context, async (row, connection) => {
        if (row.stoppedAt !== null) return;
        const stop = { stoppedAt: new Date(clock.now()), stoppedBy: context.apiKeyId, stopReason: reason };
        await setStop(connection, row.id, stop);
        const told = newEvent("dealwright.project.stopped", row.id, { reason, stoppedBy: context.apiKeyId });
        await recordEvents(connection, row.id, [told]);
      }),
    resume: (context) =>
      change(context, async (row, connection) => {
        if (row.stoppedAt === null) return;
        await setStop(connection, row.id, { stoppedAt: null, stoppedBy: null, stopReason: null });
        const told = newEvent("dealwright.project.resumed", row.id, { resumedBy: context.apiKeyId });
        await recordEvents(connection, row.id, [told]);
      }),
    raiseAlarm: (alarm, event) =>
      withTransaction(database, alarm.projectId, async (connection) => {
        const isFirst = await noteAlarm(connection, alarm);
        if (isFirst) await recordEvents(connection, alarm.projectId, [event]);
        return isFirst;
      }),
  };
}

function shown(row: ProjectRow): ProjectSafeguards {
  const { stoppedAt: at, stoppedBy: by, stopReason: reason } = row;
  return {
    stop: at === null || by === null || reason === null ? null : { at: at.toISOString(), by, reason },
    ...safeguards.parse(row.safeguards),
  };
}

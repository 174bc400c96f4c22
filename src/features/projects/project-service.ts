import { isDeepStrictEqual } from "node:util";
import { projectOf, type Role } from "../../platform/auth.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { problem } from "../../platform/problem.ts";
import { nothingChanged, recordChange } from "../audit/audit-service.ts";
import {
  type Project,
  type ProjectSettings,
  type ProjectSettingsChange,
  projectSettings,
} from "./project-schemas.ts";
import {
  changeSettings,
  findProject,
  findRevisions,
  incrementRevision,
  lockProject,
} from "./project-store.ts";
import type { ProjectRow } from "./project-tables.ts";
import { type Safeguards, safeguards } from "./safeguard-schemas.ts";

/** Where a project's id is announced when its rulebook must be loaded anew. */
export const rulebookChannel = "dealwright_rulebook";

export interface ProjectService {
  project(projectId: string): Promise<Project>;
  updateSettings(context: OperationContext, ifMatch: string, change: ProjectSettingsChange): Promise<Project>;
  /** What a rulebook is compiled with, and the revision it then has. */
  rulebookBasis(connection: Connection, projectId: string): Promise<RulebookBasis | undefined>;
  /** What identifiers of buyers are hashed with. */
  identifierKey(connection: Connection, projectId: string): Promise<Buffer>;
  /** In which days and months of the project are counted. */
  timezone(connection: Connection, projectId: string): Promise<string>;
  /** The current revisions of these projects, in one statement. */
  revisions(projectIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
}

export interface RulebookBasis {
  readonly settings: ProjectSettings;
  readonly revision: number;
  readonly identifierKey: Buffer;
  readonly safeguards: Safeguards;
  /** No promotion is in force, whatever its status. */
  readonly isStopped: boolean;
}

/** What is worked out by the time zone of a project and stored, and so follows it. */
export interface ZoneFollower {
  /** Before the project is locked, as whoever changes one of these has it. */
  lock(connection: Connection, projectId: string): Promise<void>;
  follow(connection: Connection, projectId: string, timezone: string): Promise<void>;
}

/** `zones` left out: nothing is stored by the time zone. */
export function projectService(database: Database, zones?: ZoneFollower): ProjectService {
  return {
    async project(projectId) {
      return shown(existingProject(await findProject(database.of(projectId), projectId)));
    },
    updateSettings(context, ifMatch, change) {
      requireAdminFor(change, context.role);
      requireUsableSettings(change);
      const { projectId } = context;
      return withTransaction(database, projectId, async (connection) => {
        if (change.timezone !== undefined) await zones?.lock(connection, projectId);
        const before = existingProject(await lockProject(connection, projectId));
        const version = ifMatch === "*" ? null : versionOf(ifMatch);
        if (version !== null && version !== before.settingsVersion) throw problem("precondition-failed");
        const was = projectSettings.parse(before.settings);
        // Settings stored by an older version do not name all of them.
        if (isDeepStrictEqual({ ...was, ...change }, was)) {
          nothingChanged(context);
          return shown(before);
        }
        const row = await changeSettings(connection, projectId, change);
        await bumpRevision(connection, projectId);
        if (change.timezone !== undefined && change.timezone !== was.timezone)
          await zones?.follow(connection, projectId, change.timezone);
        await recordChange(connection, context, {
          id: projectId,
          before: before.settings,
          after: row.settings,
        });
        return shown(row);
      });
    },
    async rulebookBasis(connection, projectId) {
      const row = await findProject(connection, projectId);
      if (row === undefined) return undefined;
      const { settings, revision, identifierKey, stoppedAt } = row;
      return {
        settings: projectSettings.parse(settings),
        revision,
        identifierKey,
        safeguards: safeguards.parse(row.safeguards),
        isStopped: stoppedAt !== null,
      };
    },
    async identifierKey(connection, projectId) {
      return existingProject(await findProject(connection, projectId)).identifierKey;
    },
    async timezone(connection, projectId) {
      return projectSettings.parse(existingProject(await findProject(connection, projectId)).settings)
        .timezone;
    },
    async revisions(projectIds) {
      const rows = await findRevisions(database.outside, projectIds);
      return new Map(rows.map(({ id, revision }) => [id, revision]));
    },
  };
}

/**
 * To be called in every transaction that changes what evaluations of the project depend on. Its processes then load the
 * rulebook anew once the transaction commits, and not at all if it does not.
 */
export async function bumpRevision(connection: Connection, projectId: string): Promise<number> {
  const revision = await incrementRevision(connection, projectId, rulebookChannel);
  if (revision === undefined) {
    throw new Error(`there is no project ${projectId}`);
  }
  return revision;
}

export function existingProject(row: ProjectRow | undefined): ProjectRow {
  if (row === undefined) {
    throw new Error("the project of a valid API key is gone");
  }
  return row;
}

function shown({ id, key, name, environment, settings, settingsVersion, createdAt }: ProjectRow): Project {
  return {
    id: projectOf(id),
    key,
    name,
    environment,
    settings: projectSettings.parse(settings),
    settingsVersion,
    createdAt: createdAt.toISOString(),
  };
}

/** A tag that is no version of ours cannot match any. */
function versionOf(tag: string): number {
  return /^\d{1,15}$/.test(tag) ? Number(tag) : -1;
}

/** By these the makers of promotions are watched: whoever is watched does not set them. */
const watching = ["approvalAboveBudget", "auditRetentionDays"] as const;

function requireAdminFor(change: ProjectSettingsChange, role: Role): void {
  if (role === "admin") return;
  const named = watching.filter((name) => change[name] !== undefined);
  if (named.length === 0) return;
  throw problem("forbidden-role", {
    detail: `To change ${named.join(" and ")} needs the role admin; the key has ${role}.`,
  });
}

function requireUsableSettings({ timezone }: ProjectSettingsChange): void {
  if (timezone === undefined || isTimezone(timezone)) {
    return;
  }
  throw problem("invalid-request", {
    errors: [{ path: "/timezone", code: "unknown_timezone", message: "There is no such IANA time zone." }],
  });
}

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

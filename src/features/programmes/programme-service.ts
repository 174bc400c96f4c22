/** Documents by which others work: kept by key, with a version, each change on record. */
import { z } from "zod";
import type { Clock } from "../../platform/clock.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { type ProblemCode, type ProblemError, problem } from "../../platform/problem.ts";
import { recordChange } from "../audit/audit-service.ts";
import { mostProgrammes } from "./programme-schemas.ts";
import { countProgrammes, findProgramme, listProgrammes, putProgramme } from "./programme-store.ts";
import type { ProgrammeRow } from "./programme-tables.ts";

export interface Programme<Document> {
  readonly key: string;
  readonly version: number;
  readonly updatedAt: string;
  readonly document: Document;
}

export type ShownProgramme<Document> = Document & Omit<Programme<Document>, "document">;

export interface ProgrammeService<Document> {
  /** Throws unless it is there. */
  existing(connection: Connection, projectId: string, key: string): Promise<Programme<Document>>;
  get(projectId: string, key: string): Promise<ShownProgramme<Document>>;
  put(
    context: OperationContext,
    key: string,
    ifMatch: string,
    document: Document,
  ): Promise<ShownProgramme<Document>>;
  list(
    projectId: string,
    page: { limit: number; after?: string | undefined },
  ): Promise<Page<ShownProgramme<Document>>>;
}

export interface ProgrammeOptions<Document> {
  database: Database;
  clock: Clock;
  kind: ProgrammeRow["kind"];
  schema: z.ZodType<Document>;
  missing: ProblemCode;
  /** What is wrong with a document beyond its shape and its window. */
  faultsOf?(document: Document): ProblemError[];
}

export function programmeService<Document extends Windowed>(
  options: ProgrammeOptions<Document>,
): ProgrammeService<Document> {
  const { database, clock, kind, schema, missing, faultsOf = () => [] } = options;
  const cursor = cursorOf(`programmes:${kind}`, z.string());

  function read({ key, version, updatedAt, document }: ProgrammeRow): Programme<Document> {
    return { key, version, updatedAt: updatedAt.toISOString(), document: schema.parse(document) };
  }

  function shown(row: ProgrammeRow): ShownProgramme<Document> {
    const { document, ...stamp } = read(row);
    return { ...document, ...stamp };
  }

  async function found(connection: Connection, projectId: string, key: string): Promise<ProgrammeRow> {
    const row = await findProgramme(connection, { projectId, kind, key });
    if (row === undefined) throw problem(missing);
    return row;
  }

  return {
    existing: async (connection, projectId, key) => read(await found(connection, projectId, key)),
    get: async (projectId, key) => shown(await found(database.of(projectId), projectId, key)),
    async put(context, key, ifMatch, told) {
      const { projectId } = context;
      const errors = [...windowFaults(told), ...faultsOf(told)];
      if (errors.length > 0) throw problem("invalid-request", { errors });
      const document = inUtc(told);
      return withTransaction(database, projectId, async (connection) => {
        const before = await findProgramme(connection, { projectId, kind, key });
        if (
          before === undefined &&
          (await countProgrammes(connection, { projectId, kind }, new Date(clock.now()))) >= mostProgrammes
        )
          throw problem("too-many-programmes");
        const version = ifMatch === "*" ? null : /^\d{1,9}$/.test(ifMatch) ? Number(ifMatch) : -1;
        const isStale = version !== null && version !== (before?.version ?? 0);
        const row = { projectId, kind, key, document, updatedAt: new Date(clock.now()) };
        const stored = isStale
          ? undefined
          : await putProgramme(connection, row, before === undefined ? version : (version ?? before.version));
        if (stored === undefined) throw problem("precondition-failed");
        await recordChange(connection, context, {
          id: key,
          before: before?.document ?? null,
          after: document,
        });
        return shown(stored);
      });
    },
    async list(projectId, { limit, after }) {
      const page = { after: cursor.decode(after), limit: limit + 1 };
      const rows = await listProgrammes(database.of(projectId), { projectId, kind }, page);
      return cursor.page(rows, limit, ({ key }) => key, shown);
    },
  };
}

export interface Windowed {
  readonly startsAt?: string | undefined;
  readonly endsAt?: string | undefined;
}

const windowBounds = ["startsAt", "endsAt"] as const;

/** Of a window that is not one. */
export function windowFaults(window: Windowed): ProblemError[] {
  const { startsAt, endsAt } = window;
  if (startsAt === undefined || endsAt === undefined || Date.parse(startsAt) < Date.parse(endsAt)) return [];
  return [{ path: "/endsAt", code: "period_empty", message: "It ends before it begins." }];
}

/** With a window that has no faults written in UTC: zod takes offsets and precisions that others do not. */
export function inUtc<Document extends Windowed>(document: Document): Document {
  const bounds = windowBounds.flatMap((bound) => {
    const told = document[bound];
    return told === undefined ? [] : [[bound, new Date(told).toISOString()]];
  });
  return { ...document, ...Object.fromEntries(bounds) };
}

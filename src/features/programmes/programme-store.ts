import { and, asc, eq, gt, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import { type ProgrammeRow, programmes } from "./programme-tables.ts";

export type ProgrammeName = Pick<ProgrammeRow, "projectId" | "kind" | "key">;

const ofKind = ({ projectId, kind }: Omit<ProgrammeName, "key">) =>
  and(eq(programmes.projectId, projectId), eq(programmes.kind, kind));

export async function findProgramme(
  connection: Connection,
  name: ProgrammeName,
): Promise<ProgrammeRow | undefined> {
  const [row] = await connection
    .select()
    .from(programmes)
    .where(and(ofKind(name), eq(programmes.key, name.key)));
  return row;
}

/** Undefined unless it stands at `version`; 0 is one that was never set, null any. */
export async function putProgramme(
  connection: Connection,
  row: Omit<ProgrammeRow, "version">,
  version: number | null,
): Promise<ProgrammeRow | undefined> {
  const [stored] = await connection
    .insert(programmes)
    .values({ ...row, version: 1 })
    .onConflictDoUpdate({
      target: [programmes.projectId, programmes.kind, programmes.key],
      set: { document: row.document, updatedAt: row.updatedAt, version: sql`${programmes.version} + 1` },
      ...(version !== null && { setWhere: eq(programmes.version, version) }),
    })
    .returning();
  return stored;
}

/** Those that are not over by then. Their windows are kept in UTC, so their texts compare as their instants do. */
export async function countProgrammes(
  connection: Connection,
  name: Omit<ProgrammeName, "key">,
  at: Date,
): Promise<number> {
  const isOpen = sql`coalesce(document ->> 'endsAt' > ${at.toISOString()}, true)`;
  return connection.$count(programmes, and(ofKind(name), isOpen));
}

/** By their keys. */
export async function listProgrammes(
  connection: Connection,
  name: Omit<ProgrammeName, "key">,
  { after, limit }: { after: string | null; limit: number },
): Promise<ProgrammeRow[]> {
  return connection
    .select()
    .from(programmes)
    .where(and(ofKind(name), after === null ? undefined : gt(programmes.key, after)))
    .orderBy(asc(programmes.key))
    .limit(limit);
}

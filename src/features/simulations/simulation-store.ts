import { and, eq, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import type { Simulation } from "./simulation-schemas.ts";
import { type SimulationRow, simulations } from "./simulation-tables.ts";

const named = (projectId: string, id: string) =>
  and(eq(simulations.projectId, projectId), eq(simulations.id, id));

export async function insertSimulation(connection: Connection, row: SimulationRow): Promise<void> {
  await connection.insert(simulations).values(row);
}

export async function findSimulation(
  connection: Connection,
  projectId: string,
  id: string,
): Promise<SimulationRow | undefined> {
  const [row] = await connection.select().from(simulations).where(named(projectId, id));
  return row;
}

/** A simulation as it is shown; how far it is its job says. */
export type ShownSimulation = Pick<SimulationRow, "id" | "jobId" | "request" | "revision" | "createdBy"> &
  Pick<Simulation, "state" | "done" | "total" | "failure" | "report"> & {
    createdAt: string;
    finishedAt: string | null;
  };

/** Newest first; `id`: only that one, with its report, which may be large. */
export async function shownSimulations(
  connection: Connection,
  projectId: string,
  { id = null, before = null, limit }: { id?: string | null; before?: string | null; limit: number },
): Promise<ShownSimulation[]> {
  const { rows } = await connection.execute<ShownSimulation & Record<string, unknown>>(sql`
    select s.id, s.job_id as "jobId", s.request, s.revision, s.created_by as "createdBy", s.created_at as "createdAt",
           j.state, j.done, j.total, j.failure, j.finished_at as "finishedAt",
           case when ${id}::text is not null and j.state = 'succeeded' then s.report end as report
      from simulations s join jobs j on j.project_id = s.project_id and j.id = s.job_id
     where s.project_id = ${projectId} and (${id}::text is null or s.id = ${id})
       and (${before}::text is null or s.id < ${before})
     order by s.id desc limit ${limit}`);
  return rows.map((row) => ({
    ...row,
    createdAt: new Date(row.createdAt).toISOString(),
    finishedAt: row.finishedAt === null ? null : new Date(row.finishedAt).toISOString(),
  }));
}

/** How many there are and how many of them are not over. Held until the transaction ends: nobody else counts meanwhile. */
export async function countSimulations(
  connection: Connection,
  projectId: string,
): Promise<{ all: number; live: number }> {
  await connection.execute(sql`select pg_advisory_xact_lock(730511823, hashtext(${projectId}))`);
  const { rows } = await connection.execute<{ all: number; live: number }>(sql`
    select count(*)::int as all,
           count(*) filter (where j.state in ('queued', 'running', 'cancelling'))::int as live
      from simulations s join jobs j on j.project_id = s.project_id and j.id = s.job_id
     where s.project_id = ${projectId}`);
  return rows[0]!;
}

/** Where a replay has got to, and what it has added up. */
export async function saveCheckpoint(
  connection: Connection,
  { projectId, id }: Pick<SimulationRow, "projectId" | "id">,
  checkpoint: Pick<SimulationRow, "checkpoint" | "reachedAt" | "reachedId">,
): Promise<void> {
  await connection.update(simulations).set(checkpoint).where(named(projectId, id));
}

/** `report`: as JSON text, which nobody here need look into. */
export async function saveReport(
  connection: Connection,
  { projectId, id }: Pick<SimulationRow, "projectId" | "id">,
  report: string,
): Promise<void> {
  await connection
    .update(simulations)
    .set({ report: sql`${report}::jsonb`, checkpoint: null, reachedAt: null, reachedId: null })
    .where(named(projectId, id));
}

export async function deleteSimulation(connection: Connection, projectId: string, id: string): Promise<void> {
  await connection.delete(simulations).where(named(projectId, id));
}

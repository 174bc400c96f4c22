import { newId } from "../../src/platform/ids.ts";
import type { TestDatabase } from "../database.ts";

/** A simulation that is over, as its job leaves it; no orders were replayed for it. */
export async function storedSimulation(
  { pool }: Pick<TestDatabase, "pool">,
  projectId: string,
  name: string,
): Promise<string> {
  const [id, job] = [newId("sim"), newId("job")];
  const at = "2026-11-01T00:00:00Z";
  await pool.query(
    `insert into jobs (project_id, id, kind, state, input, total, done, attempts, created_by, created_at, finished_at)
     values ($1, $2, 'simulate', 'succeeded', '{}', 0, 0, 1, 'key_test', $3, $3)`,
    [projectId, job, at],
  );
  const report = {
    results: [],
    left: [],
    assumptions: [],
    cautions: [{ code: "no_orders", message: name }],
  };
  await pool.query(
    `insert into simulations (project_id, id, job_id, request, revision, settings, report, created_by, created_at)
     values ($1, $2, $3, $4, 1, '{}', $5, 'key_test', $6)`,
    [projectId, id, job, { name, promotions: [] }, report, at],
  );
  return id;
}

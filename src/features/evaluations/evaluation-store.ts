import { and, eq } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import { type EvaluationRow, evaluations } from "./evaluation-tables.ts";

export async function insertEvaluation(connection: Connection, row: EvaluationRow): Promise<void> {
  await connection.insert(evaluations).values(row);
}

export async function findEvaluation(
  connection: Connection,
  projectId: string,
  id: string,
): Promise<EvaluationRow | undefined> {
  const [row] = await connection
    .select()
    .from(evaluations)
    .where(and(eq(evaluations.projectId, projectId), eq(evaluations.id, id)));
  return row;
}

/** The job behind a simulation: streams past orders to the threads that price them, and keeps how far it has got. */
import { z } from "zod";
import { type Database, withTransaction } from "../../platform/database.ts";
import type { RunningJob } from "../jobs/job-service.ts";
import type { ReplayPlan } from "./order-replay.ts";
import { type OrderPeriod, readOrders, readRules } from "./past-order-store.ts";
import { type ReplayThreads, startReplayThreads } from "./replay-threads-service.ts";
import { findSimulation, saveCheckpoint, saveReport } from "./simulation-store.ts";
import type { SimulationRow } from "./simulation-tables.ts";

export const replayKind = "simulate";
export const replayInput = z.object({ simulation: z.string() });

export interface ReplayOptions {
  database: Database;
  threads: number;
  /** So many orders are one statement and one message to a thread. */
  ordersPerBatch?: number | undefined;
  /** After so many orders it is kept what they came to: what a takeover repeats. */
  ordersPerCheckpoint?: number | undefined;
}

type ReplayJob = Omit<RunningJob, "total"> & Partial<Pick<RunningJob, "total">>;

/** A thread costs three seconds of the processor before the engine in it is as fast as it gets: as much as so many orders. */
const ordersPerThread = 20_000;

/** Does the whole of it, or what an earlier attempt has left, and stops where the job is to stop. */
export async function replayOrders(options: ReplayOptions, job: ReplayJob): Promise<Record<string, unknown>> {
  const { database } = options;
  const { simulation: id } = replayInput.parse(job.input);
  const row = await findSimulation(database.of(job.projectId), job.projectId, id);
  if (row === undefined || row.report !== null || job.signal.aborted) return { simulation: id };
  const rules = await readRules(database.of(row.projectId), row.projectId, row.revision);
  const plan = JSON.stringify(planOf(row));
  const left = job.total == null ? Number.POSITIVE_INFINITY : job.total - job.done;
  const count = Math.max(1, Math.min(options.threads, Math.ceil(left / ordersPerThread)));
  const threads = await startReplayThreads(count, { rules, plan }, row.checkpoint);
  const stop = () => void threads.close();
  job.signal.addEventListener("abort", stop);
  try {
    await stream(options, job, row, threads);
  } finally {
    job.signal.removeEventListener("abort", stop);
    await threads.close();
  }
  return { simulation: id };
}

async function stream(
  { database, ordersPerBatch = 250, ordersPerCheckpoint = 10_000 }: ReplayOptions,
  job: ReplayJob,
  row: SimulationRow,
  threads: ReplayThreads,
): Promise<void> {
  const { projectId, request } = row;
  const period = periodOf(request);
  const { needs } = threads;
  let { done } = job;
  let kept = done;
  let after =
    row.reachedAt === null || row.reachedId === null ? null : { at: row.reachedAt, id: row.reachedId };
  while (!job.signal.aborted) {
    const limit = ordersPerBatch;
    const batch = await readOrders(database.of(projectId), projectId, period, { after, limit, needs });
    if (batch !== null) {
      await threads.replay(batch.orders);
      after = batch.reached;
      done += batch.count;
      if (done - kept < ordersPerCheckpoint) continue;
    }
    const checkpoint = await threads.gather();
    const report = batch === null ? await threads.report(request.top) : null;
    await withTransaction(database, projectId, async (connection) => {
      if (report !== null) await saveReport(connection, row, report);
      else await saveCheckpoint(connection, row, { checkpoint, reachedAt: after!.at, reachedId: after!.id });
      await job.advance(connection, done);
    });
    if (report !== null) return;
    kept = done;
  }
}

function planOf({ request, settings }: SimulationRow): ReplayPlan {
  const { promotions, only, codes, shiftDays, elasticity, strategy } = request;
  return {
    drafts: promotions,
    only,
    codes,
    shiftDays,
    elasticity: elasticity ?? null,
    settings: { ...settings, ...(strategy !== undefined && { strategy }) },
  };
}

export function periodOf({ from, to, channel }: SimulationRow["request"]): OrderPeriod {
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString(), channel: channel ?? null };
}

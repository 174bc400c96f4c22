import { z } from "zod";
import type { Clock } from "../../platform/clock.ts";
import {
  type Connection,
  type Database,
  sqlStateOf,
  uniqueViolation,
  withTransaction,
} from "../../platform/database.ts";
import { idempotently } from "../../platform/idempotency.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { problem } from "../../platform/problem.ts";
import { nothingChanged, recordChange } from "../audit/audit-service.ts";
import type { Job, JobService, RunningJob } from "../jobs/job-service.ts";
import type { ProjectService } from "../projects/project-service.ts";
import { type CodeForm, mostCodes, spaceOf } from "./code-form.ts";
import { type CodeRow, codeRows } from "./code-rows.ts";
import { expiryOf, formOf } from "./coupon-pool-service.ts";
import { countCodes, findPool, lockOrders, lockPool, lockPoolForms } from "./coupon-pool-store.ts";
import { copyCoupons, copyNewCoupons } from "./coupon-store.ts";

export { job as generationJob } from "../jobs/job-service.ts";

const generationKind = "generate_codes";

/** So many codes are one transaction: progress is seen, a takeover repeats little, and no lock is held for long. */
const codesPerChunk = 50_000;

export interface CouponGenerationService {
  /** Begins a job that adds exactly `count` codes to the pool. */
  generate(
    author: OperationContext,
    key: string,
    count: number,
    idempotencyKey: string | null,
  ): Promise<{ job: Job; isReplay: boolean }>;
}

export interface CouponGenerationOptions {
  database: Database;
  clock: Clock;
  projects: ProjectService;
  jobs: JobService;
}

/** What a code is made with is settled when the job is begun: a change of the pool then touches all of them or none. */
const generationInput = z.object({
  poolId: z.string(),
  maxUses: z.int(),
  expiresAt: z.iso.datetime().nullable(),
  createdAt: z.iso.datetime(),
});

export function couponGenerationService(options: CouponGenerationOptions): CouponGenerationService {
  const { database, clock, projects, jobs } = options;

  jobs.define(generationKind, async (job) => {
    const input = generationInput.parse(job.input);
    const pool = await findPool(database.of(job.projectId), job.projectId, { id: input.poolId });
    if (pool === undefined) throw problem("coupon-pool-not-found");
    await generateInto(database, job, formOf(pool), {
      projectId: job.projectId,
      poolId: pool.id,
      maxUses: input.maxUses,
      expiresAt: input.expiresAt === null ? null : new Date(input.expiresAt),
      createdAt: new Date(input.createdAt),
    });
    return { pool: pool.key, codes: job.total };
  });

  return {
    async generate(author, key, count, idempotencyKey) {
      const request = {
        projectId: author.projectId,
        key: idempotencyKey,
        operation: "generateCoupons",
        request: { key, count },
      };
      const { answer, isReplay } = await idempotently(database, request, async (connection) => {
        await lockOrders(connection, author.projectId);
        const pool = await lockPool(connection, author.projectId, { key });
        if (pool === undefined) throw problem("coupon-pool-not-found");
        const most = mostCodes(formOf(pool));
        const space = spaceOf(formOf(pool));
        // Locked, as a chunk that is stored between the two readings would be in neither.
        const pools = await lockPoolForms(connection, author.projectId);
        const alike = pools.filter((other) => spaceOf(formOf(other)) === space);
        const pending = await pendingByPool(jobs, connection, author.projectId);
        const codesOf = ({ id, codes }: (typeof alike)[number]) => codes + (pending.get(id) ?? 0);
        const known = codesOf(pool);
        const inAll = alike.reduce((sum, other) => sum + codesOf(other), 0);
        if (inAll + count > most) {
          const message = `Pools with codes of this form have ${inAll}, made or on order; together they may have ${most}. A prefix makes another form.`;
          throw problem("guessable-codes", { errors: [{ path: "/count", code: "too_big", message }] });
        }
        const now = clock.now();
        const expiresAt = expiryOf(pool, "issue", now, await projects.timezone(connection, author.projectId));
        const input: z.output<typeof generationInput> = {
          poolId: pool.id,
          maxUses: pool.document.usesPerCode,
          expiresAt: expiresAt?.toISOString() ?? null,
          createdAt: new Date(now).toISOString(),
        };
        const job = await jobs.enqueue(connection, author, { kind: generationKind, input, total: count });
        const after = { codes: known + count, ordered: count, job: job.id };
        await recordChange(connection, author, { id: key, before: { codes: known }, after });
        return { resourceId: job.id, answer: job };
      });
      if (isReplay) nothingChanged(author);
      jobs.wake();
      return { job: answer, isReplay };
    },
  };
}

/** Codes of the pool that jobs have still to make. */
export async function pendingCodes(
  jobs: JobService,
  connection: Connection,
  projectId: string,
  poolId: string,
): Promise<number> {
  return (await pendingByPool(jobs, connection, projectId)).get(poolId) ?? 0;
}

async function pendingByPool(
  jobs: JobService,
  connection: Connection,
  projectId: string,
): Promise<ReadonlyMap<string, number>> {
  const pending = new Map<string, number>();
  for (const { input, remaining } of await jobs.live(connection, projectId, generationKind)) {
    const { poolId } = generationInput.parse(input);
    pending.set(poolId, (pending.get(poolId) ?? 0) + remaining);
  }
  return pending;
}

/** Adds what is left of the job, chunk by chunk: each with its progress in one transaction. */
export async function generateInto(
  database: Database,
  job: Pick<RunningJob, "done" | "total" | "signal" | "advance">,
  form: CodeForm,
  row: CodeRow,
): Promise<void> {
  const total = job.total ?? 0;
  for (let done = job.done; done < total && !job.signal.aborted; ) {
    const count = Math.min(codesPerChunk, total - done);
    const next = done + count;
    // Each chunk draws from its own part of all codes, so that the whole job fills the index from left to right: random
    // places in it would cost as much again. A code is no easier to guess, there are as many in every part.
    const range = { from: done / total, to: next / total };
    const finish = async (connection: Connection) => {
      await countCodes(connection, row.projectId, row.poolId, count);
      await job.advance(connection, next);
    };
    try {
      await withTransaction(database, row.projectId, async (connection) => {
        await copyCoupons(connection, codeRows(form, row, count, range));
        await finish(connection);
      });
    } catch (error) {
      if (sqlStateOf(error) !== uniqueViolation) throw error;
      await withTransaction(database, row.projectId, async (connection) => {
        await copyExactly(connection, (missing) => codeRows(form, row, missing, range), count);
        await finish(connection);
      });
    }
    done = next;
  }
}

/** One of the drawn codes is there already: draws as many more as it takes. */
async function copyExactly(
  connection: Connection,
  draw: (count: number) => AsyncIterable<Buffer>,
  count: number,
): Promise<void> {
  let missing = count;
  for (let round = 0; missing > 0; round += 1) {
    // A pool is never so full that half of what is drawn is taken; this many rounds without an end are a fault of ours.
    if (round === 100) throw new Error("the codes of the pool are used up");
    missing -= await copyNewCoupons(connection, draw(missing));
  }
}

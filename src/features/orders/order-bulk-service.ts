/** Orders as a stream: a line in, a line out, in the same order, and never more of either in memory than one batch. */
import type { Readable } from "node:stream";
import { limits } from "../../engine/limits.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { Problem, type ProblemBody, problem, problemBody } from "../../platform/problem.ts";
import { answerInBatches, type StreamRecord } from "../../platform/stream-records.ts";
import { mostErrorsReported, problemErrorsOf } from "../../platform/validation.ts";
import { incomingOrder } from "./order-document.ts";
import { bulkOrder } from "./order-schemas.ts";
import { staleVersion } from "./order-service.ts";
import type { IncomingOrder } from "./order-tables.ts";
import type { OrderWriteService, WriteOutcome } from "./order-write-service.ts";

export interface OrderBulkService {
  /** Pieces of NDJSON, each with whole lines. */
  write(context: OperationContext, body: Readable): AsyncGenerator<string>;
}

export interface BulkResult {
  line: number;
  /** Null where the line does not say it. */
  externalId: string | null;
  status: WriteOutcome["status"];
  problem?: ProblemBody;
}

interface Line {
  readonly line: number;
  readonly externalId: string | null;
  readonly order: IncomingOrder | Problem;
}

/** A batch is full at so many lines of its orders, which can have a thousand; one with few weighs as much as `fewestLines`. */
const linesPerBatch = 5_000;
const fewestLines = 10;

export function orderBulkService(writer: OrderWriteService): OrderBulkService {
  /**
   * Where a batch names one order several times, its second mention is written after the first, and so on: what comes out
   * is what would have come out one by one.
   */
  async function writeBatch(context: OperationContext, batch: readonly Line[]): Promise<string> {
    const rounds: { at: number; order: IncomingOrder }[][] = [];
    const mentions = new Map<string, number>();
    batch.forEach(({ order }, at) => {
      if (order instanceof Problem) return;
      const round = mentions.get(order.externalId) ?? 0;
      mentions.set(order.externalId, round + 1);
      rounds[round] ??= [];
      rounds[round].push({ at, order });
    });
    const outcomes = new Map<number, WriteOutcome>();
    for (const round of rounds) {
      const written = await writer.write(
        context,
        round.map(({ order }) => order),
      );
      round.forEach(({ at }, index) => void outcomes.set(at, written[index]!));
    }
    return batch
      .map((line, at) => `${JSON.stringify(resultOf(line, outcomes.get(at), context.requestId))}\n`)
      .join("");
  }

  return {
    write: (context, body) =>
      answerInBatches(body, {
        lineOf,
        weightOf: ({ order }) =>
          order instanceof Problem ? fewestLines : Math.max(order.document.lines.length, fewestLines),
        fullAt: linesPerBatch,
        write: (batch) => writeBatch(context, batch),
      }),
  };
}

function lineOf({ line, value, fault }: StreamRecord<unknown>): Line {
  if (fault !== null) {
    return {
      line,
      externalId: null,
      order: problem("invalid-request", { errors: [{ path: "", ...fault }] }),
    };
  }
  const parsed = bulkOrder.safeParse(value, { reportInput: true });
  if (!parsed.success) {
    const errors = problemErrorsOf(parsed.error.issues).slice(0, mostErrorsReported);
    return { line, externalId: statedId(value), order: problem("invalid-request", { errors }) };
  }
  const { externalId, ...document } = parsed.data;
  try {
    return { line, externalId, order: incomingOrder(externalId, document) };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { line, externalId, order: error };
  }
}

function statedId(value: unknown): string | null {
  const { externalId } = (value ?? {}) as { externalId?: unknown };
  return typeof externalId === "string" ? externalId.slice(0, limits.nameLength) : null;
}

function resultOf(
  { line, externalId, order }: Line,
  outcome: WriteOutcome | undefined,
  requestId: string,
): BulkResult {
  const refused = (failure: Problem): BulkResult => ({
    line,
    externalId,
    status: "refused",
    problem: problemBody(failure, requestId),
  });
  if (order instanceof Problem) return refused(order);
  if (outcome === undefined) throw new Error("an order had no outcome");
  if (outcome.status === "refused") return refused(outcome.problem);
  const result: BulkResult = { line, externalId, status: outcome.status };
  return outcome.status === "stale"
    ? { ...result, problem: problemBody(staleVersion(outcome.current), requestId) }
    : result;
}

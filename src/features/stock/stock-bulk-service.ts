/** Stock as a stream: a line in, a line out, in the same order, and never more in memory than one batch. */
import type { Readable } from "node:stream";
import type { OperationContext } from "../../platform/operation.ts";
import { Problem, type ProblemBody, problem, problemBody } from "../../platform/problem.ts";
import { answerInBatches, type StreamRecord } from "../../platform/stream-records.ts";
import { mostErrorsReported, problemErrorsOf } from "../../platform/validation.ts";
import { bulkStock } from "./stock-schemas.ts";
import { type StockOutcome, type StockService, staleFault } from "./stock-service.ts";
import type { IncomingStock } from "./stock-store.ts";

export interface StockBulkService {
  /** Pieces of NDJSON, each with whole lines. */
  write(context: OperationContext, body: Readable): AsyncGenerator<string>;
}

export interface StockResult {
  line: number;
  /** Null where the line does not say it. */
  sku: string | null;
  status: StockOutcome["status"] | "refused";
  problem?: ProblemBody;
}

interface Line {
  readonly line: number;
  readonly sku: string | null;
  readonly stock: IncomingStock | Problem;
}

const levelsPerBatch = 500;

export function stockBulkService(stock: Pick<StockService, "incomingOf" | "writeAll">): StockBulkService {
  /** Where a batch names a SKU of a store several times, the second mention is written after the first, and so on. */
  async function writeBatch(context: OperationContext, batch: readonly Line[]): Promise<string> {
    const rounds: { at: number; incoming: IncomingStock }[][] = [];
    const mentions = new Map<string, number>();
    for (const [at, { stock: incoming }] of batch.entries()) {
      if (incoming instanceof Problem) continue;
      const name = JSON.stringify([incoming.sku, incoming.store]);
      const round = mentions.get(name) ?? 0;
      mentions.set(name, round + 1);
      rounds[round] ??= [];
      rounds[round].push({ at, incoming });
    }
    const outcomes = new Map<number, StockOutcome>();
    for (const round of rounds) {
      const written = await stock.writeAll(
        context.projectId,
        round.map(({ incoming }) => incoming),
      );
      round.forEach(({ at }, place) => {
        outcomes.set(at, written[place]!);
      });
    }
    return batch
      .map((line, at) => `${JSON.stringify(resultOf(line, outcomes.get(at), context.requestId))}\n`)
      .join("");
  }

  function lineOf({ line, value, fault }: StreamRecord<unknown>): Line {
    const { sku: stated } = (value ?? {}) as { sku?: unknown };
    const refused = (errors: Problem["errors"]): Line => ({
      line,
      sku: typeof stated === "string" ? stated.slice(0, 200) : null,
      stock: problem("invalid-request", { errors }),
    });
    if (fault !== null) return refused([{ path: "", ...fault }]);
    const parsed = bulkStock.safeParse(value, { reportInput: true });
    if (!parsed.success) return refused(problemErrorsOf(parsed.error.issues).slice(0, mostErrorsReported));
    const { sku, ...document } = parsed.data;
    const incoming = stock.incomingOf(sku, document);
    return "code" in incoming ? refused([incoming]) : { line, sku, stock: incoming };
  }

  return {
    write: (context, body) =>
      answerInBatches(body, {
        lineOf,
        fullAt: levelsPerBatch,
        write: (batch) => writeBatch(context, batch),
      }),
  };
}

function resultOf(
  { line, sku, stock }: Line,
  outcome: StockOutcome | undefined,
  requestId: string,
): StockResult {
  if (stock instanceof Problem)
    return { line, sku, status: "refused", problem: problemBody(stock, requestId) };
  const { status, row } = outcome!;
  if (status !== "stale") return { line, sku, status };
  return {
    line,
    sku,
    status,
    problem: problemBody(problem("stale", { errors: [staleFault(row)] }), requestId),
  };
}

/** Customers as a stream: a line in, a line out, in the same order, and never more in memory than one batch. */
import type { Readable } from "node:stream";
import { limits } from "../../engine/limits.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { Problem, type ProblemBody, problem, problemBody } from "../../platform/problem.ts";
import { answerInBatches, type StreamRecord } from "../../platform/stream-records.ts";
import { mostErrorsReported, problemErrorsOf } from "../../platform/validation.ts";
import { faultsOf, tidied } from "./customer-document.ts";
import { bulkCustomer, type CustomerDocument } from "./customer-schemas.ts";
import type { CustomerService } from "./customer-service.ts";

export interface CustomerBulkService {
  /** Pieces of NDJSON, each with whole lines. */
  write(context: OperationContext, body: Readable): AsyncGenerator<string>;
}

export interface BulkResult {
  line: number;
  /** Null where the line does not say it. */
  id: string | null;
  status: "stored" | "unchanged" | "refused";
  problem?: ProblemBody;
}

interface Line {
  readonly line: number;
  readonly id: string | null;
  readonly document: CustomerDocument | Problem;
}

const customersPerBatch = 500;

export function customerBulkService(customers: Pick<CustomerService, "writeAll">): CustomerBulkService {
  /** Where a batch names somebody several times, the second mention is written after the first, and so on. */
  async function writeBatch(context: OperationContext, batch: readonly Line[]): Promise<string> {
    const rounds: { at: number; id: string; document: CustomerDocument }[][] = [];
    const mentions = new Map<string, number>();
    batch.forEach(({ id, document }, at) => {
      if (document instanceof Problem || id === null) return;
      const round = mentions.get(id) ?? 0;
      mentions.set(id, round + 1);
      rounds[round] ??= [];
      rounds[round].push({ at, id, document });
    });
    const stored = new Set<number>();
    for (const round of rounds) {
      const changed = await customers.writeAll(
        context.projectId,
        round.map(({ id, document }) => ({ id, document })),
      );
      for (const { at, id } of round) if (changed.has(id)) stored.add(at);
    }
    return batch
      .map((line, at) => `${JSON.stringify(resultOf(line, stored.has(at), context.requestId))}\n`)
      .join("");
  }

  return {
    write: (context, body) =>
      answerInBatches(body, {
        lineOf,
        fullAt: customersPerBatch,
        write: (batch) => writeBatch(context, batch),
      }),
  };
}

function lineOf({ line, value, fault }: StreamRecord<unknown>): Line {
  const refused = (errors: Problem["errors"], id: string | null): Line => ({
    line,
    id,
    document: problem("invalid-request", { errors }),
  });
  if (fault !== null) return refused([{ path: "", ...fault }], null);
  const parsed = bulkCustomer.safeParse(value, { reportInput: true });
  if (!parsed.success)
    return refused(problemErrorsOf(parsed.error.issues).slice(0, mostErrorsReported), statedId(value));
  const { id, ...document } = parsed.data;
  const errors = faultsOf(id, document);
  return errors.length > 0 ? refused(errors, id) : { line, id, document: tidied(document) };
}

function statedId(value: unknown): string | null {
  const { id } = (value ?? {}) as { id?: unknown };
  return typeof id === "string" ? id.slice(0, limits.nameLength) : null;
}

function resultOf({ line, id, document }: Line, isStored: boolean, requestId: string): BulkResult {
  return document instanceof Problem
    ? { line, id, status: "refused", problem: problemBody(document, requestId) }
    : { line, id, status: isStored ? "stored" : "unchanged" };
}

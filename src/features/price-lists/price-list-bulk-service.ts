/** The prices of a list as a stream: a line in, a line out, in the same order, and never more in memory than one batch. */
import type { Readable } from "node:stream";
import { limits } from "../../engine/limits.ts";
import type { Database } from "../../platform/database.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { Problem, type ProblemBody, problem, problemBody } from "../../platform/problem.ts";
import type { StreamAnswer } from "../../platform/stream-operation.ts";
import { answerInBatches, type StreamRecord } from "../../platform/stream-records.ts";
import { mostErrorsReported, problemErrorsOf } from "../../platform/validation.ts";
import { nothingChanged } from "../audit/audit-service.ts";
import { bulkListPrice, type ListPriceDocument } from "./price-list-schemas.ts";
import { existingPriceList, faultsOf, type PriceListService } from "./price-list-service.ts";

export interface PriceListBulkService {
  write(context: OperationContext, list: string, body: Readable): Promise<StreamAnswer>;
}

interface BulkResult {
  line: number;
  /** Null where the line does not say it. */
  sku: string | null;
  status: "stored" | "removed" | "unchanged" | "refused";
  problem?: ProblemBody;
}

interface Line {
  readonly line: number;
  readonly sku: string | null;
  /** Null: the price is taken out. */
  readonly document: ListPriceDocument | null | Problem;
}

const pricesPerBatch = 1_000;

export function priceListBulkService({
  database,
  priceLists,
}: {
  database: Database;
  priceLists: Pick<PriceListService, "writePrices">;
}): PriceListBulkService {
  /** Where a batch names a SKU several times, the second mention is written after the first, and so on. */
  async function writeBatch(
    context: OperationContext,
    list: string,
    batch: readonly Line[],
  ): Promise<string> {
    const rounds: { at: number; sku: string; document: ListPriceDocument | null }[][] = [];
    const mentions = new Map<string, number>();
    batch.forEach(({ sku, document }, at) => {
      if (document instanceof Problem || sku === null) return;
      const round = mentions.get(sku) ?? 0;
      mentions.set(sku, round + 1);
      rounds[round] ??= [];
      rounds[round].push({ at, sku, document });
    });
    const changed = new Set<number>();
    for (const round of rounds) {
      const skus = await priceLists.writePrices(context, list, round);
      for (const { at, sku } of round) if (skus.has(sku)) changed.add(at);
    }
    return batch
      .map((line, at) => `${JSON.stringify(resultOf(line, changed.has(at), context.requestId))}\n`)
      .join("");
  }

  return {
    async write(context, list, body) {
      await existingPriceList(database.of(context.projectId), context.projectId, list);
      // Each batch that changes something tells of it; there may be none.
      nothingChanged(context);
      return {
        contentType: "application/x-ndjson",
        body: answerInBatches(body, {
          lineOf,
          fullAt: pricesPerBatch,
          write: (batch) => writeBatch(context, list, batch),
        }),
      };
    },
  };
}

function lineOf({ line, value, fault }: StreamRecord<unknown>): Line {
  const refused = (errors: Problem["errors"], sku: string | null): Line => ({
    line,
    sku,
    document: problem("invalid-request", { errors }),
  });
  if (fault !== null) return refused([{ path: "", ...fault }], null);
  const parsed = bulkListPrice.safeParse(value, { reportInput: true });
  if (!parsed.success)
    return refused(problemErrorsOf(parsed.error.issues).slice(0, mostErrorsReported), statedSku(value));
  if ("remove" in parsed.data) return { line, sku: parsed.data.sku, document: null };
  const { sku, ...document } = parsed.data;
  const errors = faultsOf(document);
  return errors.length > 0 ? refused(errors, sku) : { line, sku, document };
}

function statedSku(value: unknown): string | null {
  const { sku } = (value ?? {}) as { sku?: unknown };
  return typeof sku === "string" ? sku.slice(0, limits.nameLength) : null;
}

function resultOf({ line, sku, document }: Line, hasChanged: boolean, requestId: string): BulkResult {
  if (document instanceof Problem)
    return { line, sku, status: "refused", problem: problemBody(document, requestId) };
  if (!hasChanged) return { line, sku, status: "unchanged" };
  return { line, sku, status: document === null ? "removed" : "stored" };
}

/** Promotions of one environment as drafts of the other: tried in test, then live; or live ones taken to be tried. */
import type { PromotionDocument } from "../../engine/promotion.ts";
import { projectOf, spaceOf } from "../../platform/auth.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { Problem, problem } from "../../platform/problem.ts";
import { nothingChanged } from "../audit/audit-service.ts";
import {
  documentIn,
  type Promotion,
  type PromotionCopy,
  type PromotionCopyResult,
} from "./promotion-schemas.ts";
import type { PromotionService } from "./promotion-service.ts";

export interface PromotionCopyService {
  copy(caller: OperationContext, request: PromotionCopy): Promise<PromotionCopyResult>;
}

type Skipped = PromotionCopyResult["skipped"][number];

const pageSize = 200;

export function promotionCopyService(promotions: PromotionService): PromotionCopyService {
  async function* everyPromotion(projectId: string): AsyncGenerator<Promotion> {
    let after: string | undefined;
    do {
      const page = await promotions.list(projectId, {
        limit: pageSize,
        ...(after !== undefined && { after }),
      });
      yield* page.items;
      after = page.nextCursor ?? undefined;
    } while (after !== undefined);
  }

  async function* named(projectId: string, keys: readonly string[]): AsyncGenerator<Promotion | Skipped> {
    for (const key of new Set(keys)) {
      yield await promotions.promotion(projectId, { key }).catch((error: unknown): Skipped => {
        if (!isProblem(error, "promotion-not-found")) throw error;
        return { key, reason: "not_found" };
      });
    }
  }

  return {
    async copy(caller, { from, promotions: keys }) {
      // A test key could otherwise read what is live, or change it.
      if (caller.environment !== "live") throw problem("live-key-required");
      const project = projectOf(caller.projectId);
      const source = spaceOf(project, from);
      const author = { ...caller, projectId: spaceOf(project, from === "live" ? "test" : "live") };
      const result: PromotionCopyResult = { copied: [], skipped: [] };
      for await (const found of keys === undefined ? everyPromotion(source) : named(source, keys)) {
        if ("reason" in found) {
          result.skipped.push(found);
          continue;
        }
        const { key, status } = found;
        if (status === "ended" || status === "archived") {
          result.skipped.push({ key, reason: status });
          continue;
        }
        const document = documentIn(found);
        try {
          const { id } = await promotions.create(author, document);
          result.copied.push({ key, id, pools: poolsOf(document) });
        } catch (error) {
          result.skipped.push({ key, reason: reasonOf(error) });
        }
      }
      if (result.copied.length === 0) nothingChanged(caller);
      return result;
    },
  };
}

function reasonOf(error: unknown): Skipped["reason"] {
  if (isProblem(error, "promotion-key-taken")) return "key_taken";
  if (isProblem(error, "invalid-promotion")) return "invalid_there";
  throw error;
}

function isProblem(error: unknown, code: Problem["code"]): boolean {
  return error instanceof Problem && error.code === code;
}

/** Pools that it draws on: their codes are never copied. */
function poolsOf({ trigger, benefits }: PromotionDocument): string[] {
  const drawn = trigger.type === "coupon" ? [trigger.pool] : [];
  const issued = benefits.flatMap((benefit) =>
    "pool" in benefit && typeof benefit.pool === "string" ? [benefit.pool] : [],
  );
  return [...new Set([...drawn, ...issued])];
}

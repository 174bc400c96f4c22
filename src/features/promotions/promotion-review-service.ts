import { setImmediate as nextTurn } from "node:timers/promises";
import { z } from "zod";
import { type ConditionDocument, leavesOf } from "../../engine/conditions/tree.ts";
import { findOverlaps, type Overlap, placesOf } from "../../engine/overlaps.ts";
import type { CompiledPromotion, PromotionDocument } from "../../engine/promotion.ts";
import type { Clock } from "../../platform/clock.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { problem } from "../../platform/problem.ts";
import { checkDocument } from "./promotion-document.ts";
import { explained } from "./promotion-reading-service.ts";
import type {
  OverlapQuery,
  PromotionFinding,
  PromotionOverlap,
  PromotionValidation,
} from "./promotion-schemas.ts";
import type { ProjectRules, RulebookService } from "./rulebook-service.ts";

/** What can be said of promotions without changing any. */
export interface PromotionReviewService {
  validate(projectId: string, document: unknown): Promise<PromotionValidation>;
  overlaps(projectId: string, query: OverlapQuery): Promise<Page<PromotionOverlap>>;
}

const cursor = cursorOf("promotionOverlaps", z.tuple([z.string(), z.string()]));

export function promotionReviewService({
  clock,
  rulebooks,
  poolExists,
  missingSegments,
}: {
  clock: Clock;
  rulebooks: RulebookService;
  poolExists: (projectId: string, key: string) => Promise<boolean>;
  /** Of these keys of segments, those that there are not. */
  missingSegments: (projectId: string, keys: readonly string[]) => Promise<string[]>;
}): PromotionReviewService {
  return {
    async validate(projectId, input) {
      const rules = await rulebooks.rulesOf(projectId);
      const checked = checkDocument(input, { id: null, timezone: rules.settings.timezone });
      const explanation = checked.document === null ? null : explained(checked.document);
      if (checked.errors !== null) {
        return { valid: false, errors: checked.errors, warnings: [], stages: [], explanation };
      }
      const { compiled, document } = checked;
      const { pool } = compiled;
      const isPoolMissing = pool !== null && !(await poolExists(projectId, pool));
      return {
        valid: true,
        errors: [],
        warnings: [
          ...warningsOf(document, compiled, rules, clock.now()),
          ...(isPoolMissing ? [poolMissing] : []),
          ...(await segmentsMissing(document, (keys) => missingSegments(projectId, keys))),
        ],
        stages: compiled.parts.map(({ stage }) => stage),
        explanation,
      };
    },

    async overlaps(projectId, { limit, after, promotion, across }) {
      const { rulebook } = await rulebooks.rulesOf(projectId);
      if (promotion !== undefined && !rulebook.promotions.some(({ key }) => key === promotion))
        throw problem("promotion-not-found", { detail: `No promotion in force has the key ${promotion}.` });
      const question = { now: clock.now(), key: promotion ?? null, isAcross: across === "places" };
      const found: Overlap[] = [];
      let position: readonly [string, string] | null = cursor.decode(after);
      do {
        const room = limit + 1 - found.length;
        const { overlaps, next } = findOverlaps(rulebook.promotions, {
          ...question,
          limit: room,
          after: position,
        });
        found.push(...overlaps);
        position = next;
        // A large rulebook takes several turns, between which requests are answered.
        if (position !== null) await nextTurn();
      } while (position !== null && found.length <= limit);
      return cursor.page(found, limit, ({ first, second }) => [first.key, second.key], shownOverlap);
    },
  };
}

const poolMissing: PromotionFinding = {
  path: "/trigger/pool",
  code: "pool_missing",
  message: "There is no such pool of coupons: nobody has one.",
};

/** Where conditions name segments that there are not. */
async function segmentsMissing(
  { conditions }: PromotionDocument,
  missing: (keys: readonly string[]) => Promise<string[]>,
): Promise<PromotionFinding[]> {
  if (conditions === undefined) return [];
  const named = leavesOf(conditions as ConditionDocument, "/conditions").flatMap(({ path, document }) =>
    document.kind === "segment"
      ? (document.in as string[]).map((key, index) => ({ key, path: `${path}/in/${index}` }))
      : [],
  );
  if (named.length === 0) return [];
  const unknown = new Set(await missing([...new Set(named.map(({ key }) => key))]));
  return named.flatMap(({ key, path }) =>
    unknown.has(key)
      ? [{ path, code: "segment_missing", message: "There is no such segment: nobody is in it." }]
      : [],
  );
}

function warningsOf(
  document: PromotionDocument,
  compiled: CompiledPromotion,
  { rulebook }: ProjectRules,
  now: number,
): PromotionFinding[] {
  const warnings: PromotionFinding[] = [];
  const warn = (path: string, code: string, message: string) => warnings.push({ path, code, message });
  const { schedule, code, key } = compiled;
  const others = rulebook.promotions.filter((promotion) => promotion.key !== key);
  if (schedule?.endsAt != null && schedule.endsAt <= now) {
    warn("/schedule/endsAt", "schedule_over", "The schedule has already ended.");
  } else if (schedule !== null && !schedule.contains(now) && schedule.nextChange(now) === null) {
    warn("/schedule", "schedule_never_on", "The schedule never comes round again.");
  }
  if (code !== null && others.some((promotion) => promotion.code === code)) {
    warn("/trigger/code", "code_shared", "Another live promotion has this code: both are triggered by it.");
  }
  const live = new Set(others.map((promotion) => promotion.key));
  for (const [index, excluded] of (document.stacking.excludes?.promotions ?? []).entries()) {
    if (!live.has(excluded)) {
      warn(`/stacking/excludes/promotions/${index}`, "promotion_not_live", "No live promotion has this key.");
    }
  }
  if (document.texts === undefined && document.name === undefined) {
    warn("", "label_missing", "Without texts or a name, customers are shown the key.");
  }
  return warnings;
}

function shownOverlap({ first, second, outcome, winner, groups, from }: Overlap): PromotionOverlap {
  return {
    promotions: [first, second].map((promotion) => ({
      promotion: promotion.key,
      promotionId: promotion.id,
      name: promotion.document.name ?? null,
      channels: placesOf(promotion, "channel"),
      stores: placesOf(promotion, "store"),
      regions: placesOf(promotion, "region"),
      priority: promotion.document.priority,
    })),
    outcome,
    winner: winner?.key ?? null,
    groups: [...groups],
    from: new Date(from).toISOString(),
  };
}

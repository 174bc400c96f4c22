import { z } from "zod";
import { limits } from "../../engine/limits.ts";
import { currencyCode } from "../../engine/money.ts";
import { type PromotionDocument, promotionKey, promotionSchema } from "../../engine/promotion.ts";
import { environment } from "../../platform/auth.ts";
import { pageOf, pageQuery } from "../../platform/pagination.ts";
import { promotionChanges, shownStatuses } from "./promotion-status.ts";

export const promotionStatus = z.enum(shownStatuses).meta({
  id: "PromotionStatus",
  description: "`scheduled` and `ended` also follow from the schedule of an active promotion.",
});

export const explanation = z
  .object({ en: z.string(), "zh-CN": z.string() })
  .meta({ id: "Explanation", scalar: true, description: "One sentence in each language the engine speaks." });

export const promotion = promotionSchema
  .extend({
    id: z.string(),
    status: promotionStatus,
    version: z.int().describe("The ETag, as `If-Match` wants it. Every change counts it up."),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    killedAt: z.iso.datetime().nullable().describe("Since when not even its reservations are committed."),
    explanation,
  })
  .meta({ id: "Promotion" });
export type Promotion = z.output<typeof promotion>;

const asRead = "As it was read; not changed by this.";
/** What is read may be sent back as it is: the fields that are ours to set are taken and passed over. */
export const promotionUpdate = promotionSchema
  .extend({
    id: z.string().optional().describe(asRead),
    status: z.string().optional().describe(asRead),
    version: z.int().optional().describe(asRead),
    createdAt: z.string().optional().describe(asRead),
    updatedAt: z.string().optional().describe(asRead),
    killedAt: z.string().nullable().optional().describe(asRead),
    explanation: z.record(z.string(), z.string()).optional().meta({
      id: "ExplanationAsRead",
      scalar: true,
      description: asRead,
    }),
  })
  .meta({ id: "PromotionUpdate" });

export function documentIn(update: z.output<typeof promotionUpdate>): PromotionDocument {
  const {
    id: _id,
    status: _status,
    version: _version,
    createdAt: _createdAt,
    updatedAt: _updatedAt,
    killedAt: _killedAt,
    explanation: _explanation,
    ...document
  } = update;
  return document;
}
export const promotionPage = pageOf(promotion, "PromotionPage");

export const promotionQuery = pageQuery.extend({
  status: promotionStatus.optional(),
  tag: z.string().min(1).max(limits.nameLength).optional(),
  campaign: z.string().min(1).max(limits.nameLength).optional(),
  trigger: z
    .enum(["automatic", "code", "coupon"])
    .meta({ id: "TriggerType" })
    .optional()
    .describe("How it is triggered."),
  q: z
    .string()
    .min(1)
    .max(limits.nameLength)
    .optional()
    .describe("Part of the key or the name, in any case."),
});
export type PromotionQuery = z.output<typeof promotionQuery>;

export const promotionUsage = z
  .object({
    id: z.string(),
    promotion: promotionKey,
    status: promotionStatus,
    uses: z.int().describe("In how many orders it applies, reserved ones included; less those given back."),
    usesLeft: z.int().nullable().describe("Of `limits.total`. Null: as often as wanted."),
    budgets: z
      .array(
        z
          .object({
            currency: currencyCode,
            amount: z.int().describe("Minor units, as are the others."),
            taken: z.int().describe("Reserved ones included."),
            left: z.int(),
          })
          .meta({ id: "PromotionBudgetUsage" }),
      )
      .describe("By currency. Empty: it has none."),
  })
  .meta({ id: "PromotionUsage" });
export type PromotionUsage = z.output<typeof promotionUsage>;
export const promotionUsagePage = pageOf(promotionUsage, "PromotionUsagePage");

export const promotionVersion = z
  .object({
    version: z.int(),
    status: z.enum(["draft", "active", "paused", "ended", "archived"]).meta({ id: "StoredPromotionStatus" }),
    change: z.enum(promotionChanges).meta({ id: "PromotionChange" }),
    changedBy: z.string().describe("The id of the API key that made the change."),
    createdAt: z.iso.datetime(),
    reason: z.string().nullable().describe("Why it was killed."),
    rulebook: z.string().describe("The version of the rules at that change."),
    document: promotionSchema,
  })
  .meta({ id: "PromotionVersion" });
export type PromotionVersion = z.output<typeof promotionVersion>;
export const promotionVersionPage = pageOf(promotionVersion, "PromotionVersionPage");

export const killing = z
  .strictObject({ reason: z.string().min(1).max(limits.textLength) })
  .meta({ id: "Killing" });

export const reversion = z
  .strictObject({
    version: z
      .int()
      .min(1)
      .max(2 ** 31 - 1)
      .describe("The version whose document becomes the newest."),
  })
  .meta({ id: "Reversion" });

export const promotionCopy = z
  .strictObject({
    from: environment.describe("The environment to copy from; the copies arrive in the other one."),
    promotions: z
      .array(promotionKey)
      .min(1)
      .max(1_000)
      .optional()
      .describe("Their keys. Left out: every promotion that is neither ended nor archived."),
  })
  .meta({ id: "PromotionCopy" });
export type PromotionCopy = z.output<typeof promotionCopy>;

export const promotionCopyResult = z
  .object({
    copied: z.array(
      z
        .object({
          key: promotionKey,
          id: z.string().describe("Of the copy, which is a draft."),
          pools: z
            .array(z.string())
            .describe("Keys of the coupon pools it names: pools and their codes are not copied."),
        })
        .meta({ id: "CopiedPromotion" }),
    ),
    skipped: z.array(
      z
        .object({
          key: promotionKey,
          reason: z.enum(["not_found", "key_taken", "ended", "archived", "invalid_there"]).meta({
            id: "CopySkipReason",
            description:
              "`key_taken`: a promotion there has the key, and stays as it is. `invalid_there`: it makes no sense by the settings there.",
          }),
        })
        .meta({ id: "SkippedPromotion" }),
    ),
  })
  .meta({ id: "PromotionCopyResult" });
export type PromotionCopyResult = z.output<typeof promotionCopyResult>;

/** Free JSON: what is wrong with its shape is part of the answer, not a problem. */
export const uncheckedDocument = z.record(z.string(), z.unknown()).meta({
  id: "UncheckedPromotionDocument",
  scalar: true,
  description: "A promotion document, right or wrong.",
});

const finding = z
  .object({
    path: z.string().describe("JSON Pointer into the document."),
    code: z.string(),
    message: z.string(),
  })
  .meta({ id: "PromotionFinding" });
export type PromotionFinding = z.output<typeof finding>;

export const promotionValidation = z
  .object({
    valid: z.boolean(),
    errors: z.array(finding).describe("Why it cannot be saved."),
    warnings: z.array(finding).describe("What is probably not meant."),
    stages: z
      .array(z.enum(["item", "order", "shipping", "reward"]).meta({ id: "PromotionStage" }))
      .describe("Where in the pipeline it acts."),
    explanation: explanation.nullable(),
  })
  .meta({ id: "PromotionValidation" });
export type PromotionValidation = z.output<typeof promotionValidation>;

export const overlapQuery = pageQuery.extend({
  promotion: promotionKey.optional().describe("Only the overlaps of the promotion with this key."),
  across: z
    .enum(["places"])
    .optional()
    .describe(
      "`places`: also pairs that give the same goods other prices in other channels, stores or regions (`elsewhere`).",
    ),
});

export type OverlapQuery = z.output<typeof overlapQuery>;

const overlappingPromotion = z
  .object({
    promotion: promotionKey,
    promotionId: z.string().nullable(),
    name: z.string().nullable(),
    channels: z.array(z.string()).nullable().describe("Null: every channel."),
    stores: z.array(z.string()).nullable().describe("Null: every store."),
    regions: z.array(z.string()).nullable().describe("Null: every region."),
    priority: z.int(),
  })
  .meta({ id: "OverlappingPromotion" });

export const promotionOverlap = z
  .object({
    promotions: z.array(overlappingPromotion).describe("The two, by key."),
    outcome: z.enum(["stack", "group", "excluded", "exclusive", "elsewhere"]).meta({
      id: "OverlapOutcome",
      description:
        "When both apply: `stack` both do; `group` one of their exclusivity group; `excluded` one excludes the other; `exclusive` one tolerates nothing beside it; `elsewhere` never in one order: the same goods have other prices in other channels, stores or regions.",
    }),
    winner: promotionKey.nullable().describe("Which goes first by priority; null where both apply."),
    groups: z.array(z.string()).describe("The exclusivity groups they share."),
    from: z.iso.datetime().describe("The first instant, from now on, at which both are on."),
  })
  .meta({ id: "PromotionOverlap" });
export type PromotionOverlap = z.output<typeof promotionOverlap>;
export const promotionOverlapPage = pageOf(promotionOverlap, "PromotionOverlapPage");

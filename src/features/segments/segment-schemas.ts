import { z } from "zod";
import { conditionSchema } from "../../engine/conditions/tree.ts";
import { limits } from "../../engine/limits.ts";
import { currencyCode } from "../../engine/money.ts";
import { pageOf, pageQuery } from "../../platform/pagination.ts";

const name = z.string().min(1).max(limits.nameLength);

/** What conditions of promotions name. */
export const segmentKey = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[a-z0-9][a-z0-9._-]*$/)
  .describe("Lower-case letters, digits, `.`, `_` and `-`.");
export const segmentParams = z.strictObject({ key: segmentKey });

const conditions = conditionSchema.describe(
  "Whoever meets them is in it: conditions about customers, in the same language as those of promotions. Without any the segment is a list.",
);
const currency = currencyCode.describe(
  "In which orders count for `order_amount`, where its amounts name several currencies.",
);

export const segmentDocument = z
  .strictObject({
    key: segmentKey,
    name: name.optional(),
    conditions: conditions.optional(),
    currency: currency.optional(),
  })
  .meta({ id: "SegmentDocument" });
export type SegmentDocument = z.output<typeof segmentDocument>;

export const segment = segmentDocument
  .extend({
    id: z.string(),
    size: z.int().describe("How many customers are in it."),
    isCurrent: z
      .boolean()
      .describe("False while everybody is looked at for the first time since the conditions were written."),
    version: z.int(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: "Segment" });
export type Segment = z.output<typeof segment>;
export const segmentPage = pageOf(segment, "SegmentPage");
export const segmentQuery = pageQuery;

/** Up to so many customers a preview looks at all of them. */
export const mostPreviewed = 20_000;

export const segmentPreviewRequest = z
  .strictObject({
    conditions,
    currency: currency.optional(),
    sample: z.int().min(0).max(100).default(10).describe("How many of them to name."),
  })
  .meta({ id: "SegmentPreviewRequest" });
export type SegmentPreviewRequest = z.output<typeof segmentPreviewRequest>;

export const segmentPreview = z
  .object({
    size: z.int().describe("How many customers the segment would have."),
    isExact: z
      .boolean()
      .describe(
        `False where there are more than ${mostPreviewed} customers: told from an even part of them.`,
      ),
    customers: z.int().describe("Of how many in all."),
    sample: z.array(z.string()),
  })
  .meta({ id: "SegmentPreview" });
export type SegmentPreview = z.output<typeof segmentPreview>;

export const segmentDeletion = z
  .object({ key: z.string(), members: z.int().describe("How many customers were in it.") })
  .meta({ id: "SegmentDeletion" });

export const mostMembersAtOnce = 1_000;
const ids = z.array(name).max(mostMembersAtOnce);

export const segmentMembersChange = z
  .strictObject({ add: ids.optional(), remove: ids.optional() })
  .meta({ id: "SegmentMembersChange" });
export type SegmentMembersChange = z.output<typeof segmentMembersChange>;

export const segmentMembersChanged = z
  .object({
    added: z.int().describe("Who was in it already is not counted."),
    removed: z.int(),
    size: z.int(),
  })
  .meta({ id: "SegmentMembersChanged" });
export type SegmentMembersChanged = z.output<typeof segmentMembersChanged>;

/** A line of the bulk stream. */
export const bulkMember = z.strictObject({ customer: name, member: z.boolean().default(true) });

export const segmentMember = z
  .object({ customer: z.string(), since: z.iso.datetime() })
  .meta({ id: "SegmentMember" });
export const segmentMemberPage = pageOf(segmentMember, "SegmentMemberPage");
export type SegmentMember = z.output<typeof segmentMember>;

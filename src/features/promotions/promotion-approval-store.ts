import { and, desc, eq, lt, sql } from "drizzle-orm";
import type { Connection } from "../../platform/database.ts";
import {
  type ApprovalRow,
  type CommentRow,
  promotionApprovals,
  promotionComments,
} from "./promotion-approval-tables.ts";

/** What of a promotion's history decides whether it is approved. */
export interface ApprovalState {
  /** The version in which the document became what it is. */
  readonly documentVersion: number;
  /** The latest word on the document as it is. */
  readonly decision: ApprovalRow["decision"] | null;
  /** Who worked on the document since it was last approved. */
  readonly authors: readonly string[];
}

/** Of the promotion as this connection sees it. Pausing and activating leave the document, and so what was said of it. */
export async function approvalState(
  connection: Connection,
  projectId: string,
  promotionId: string,
): Promise<ApprovalState> {
  const { rows } = await connection.execute<ApprovalState & Record<string, unknown>>(sql`
    with edits as (
      select version, changed_by from promotion_versions
       where project_id = ${projectId} and promotion_id = ${promotionId} and change in ('created', 'updated', 'reverted')),
    words as (
      select id, version, decision from promotion_approvals
       where project_id = ${projectId} and promotion_id = ${promotionId}),
    last_words as (select distinct on (version) version, decision from words order by version, id desc)
    select (select max(version) from edits) as "documentVersion",
           (select decision from words where version >= (select max(version) from edits) order by id desc limit 1) as decision,
           array(select distinct changed_by from edits
                  where version > coalesce((select max(version) from last_words where decision = 'approved'
                                               and version < (select max(version) from edits)), 0)) as authors`);
  return rows[0]!;
}

export async function insertApproval(
  connection: Connection,
  row: Omit<ApprovalRow, "createdAt">,
): Promise<ApprovalRow> {
  const [stored] = await connection.insert(promotionApprovals).values(row).returning();
  return stored!;
}

/** Newest first. */
export async function listApprovals(
  connection: Connection,
  projectId: string,
  promotionId: string,
  beforeId: string | null,
  limit: number,
): Promise<ApprovalRow[]> {
  const { id } = promotionApprovals;
  return connection
    .select()
    .from(promotionApprovals)
    .where(
      and(
        eq(promotionApprovals.projectId, projectId),
        eq(promotionApprovals.promotionId, promotionId),
        beforeId === null ? undefined : lt(id, beforeId),
      ),
    )
    .orderBy(desc(id))
    .limit(limit);
}

export async function insertComment(
  connection: Connection,
  row: Omit<CommentRow, "createdAt">,
): Promise<CommentRow> {
  const [stored] = await connection.insert(promotionComments).values(row).returning();
  return stored!;
}

/** Newest first. */
export async function listComments(
  connection: Connection,
  projectId: string,
  promotionId: string,
  beforeId: string | null,
  limit: number,
): Promise<CommentRow[]> {
  const { id } = promotionComments;
  return connection
    .select()
    .from(promotionComments)
    .where(
      and(
        eq(promotionComments.projectId, projectId),
        eq(promotionComments.promotionId, promotionId),
        beforeId === null ? undefined : lt(id, beforeId),
      ),
    )
    .orderBy(desc(id))
    .limit(limit);
}

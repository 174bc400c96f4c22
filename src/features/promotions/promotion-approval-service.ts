/** A second pair of eyes: promotions beyond the project's `approvalAboveBudget` come into force only when somebody else agrees. */
import { z } from "zod";
import type { PromotionDocument } from "../../engine/promotion.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import { newId } from "../../platform/ids.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { problem } from "../../platform/problem.ts";
import { recordChange } from "../audit/audit-service.ts";
import { recordEvents } from "../events/event-service.ts";
import { newEvent } from "../events/event-types.ts";
import type { ProjectSettings } from "../projects/project-schemas.ts";
import type { DecisionRequest, PromotionApproval, PromotionComment } from "./promotion-approval-schemas.ts";
import {
  approvalState,
  insertApproval,
  insertComment,
  listApprovals,
  listComments,
} from "./promotion-approval-store.ts";
import type { ApprovalRow, CommentRow } from "./promotion-approval-tables.ts";
import { findPromotion, lockPromotion } from "./promotion-store.ts";

interface PageQuery {
  readonly limit: number;
  readonly after?: string | undefined;
}

export interface PromotionApprovalService {
  /** Says so of the version that was looked at. Whoever worked on it since it was last approved cannot approve it. */
  decide(
    context: OperationContext,
    promotionId: string,
    decision: ApprovalRow["decision"],
    request: DecisionRequest,
  ): Promise<PromotionApproval>;
  approvals(projectId: string, promotionId: string, page: PageQuery): Promise<Page<PromotionApproval>>;
  comment(context: OperationContext, promotionId: string, text: string): Promise<PromotionComment>;
  comments(projectId: string, promotionId: string, page: PageQuery): Promise<Page<PromotionComment>>;
}

const approvalCursor = cursorOf("promotionApprovals", z.string());
const commentCursor = cursorOf("promotionComments", z.string());

export function promotionApprovalService(database: Database): PromotionApprovalService {
  async function requireExisting(projectId: string, id: string): Promise<void> {
    if ((await findPromotion(database.of(projectId), projectId, { id })) === undefined)
      throw problem("promotion-not-found");
  }

  return {
    decide(context, promotionId, decision, { version, note = null }) {
      const { projectId, apiKeyId } = context;
      return withTransaction(database, projectId, async (connection) => {
        const promotion = await lockPromotion(connection, projectId, { id: promotionId });
        if (promotion === undefined) throw problem("promotion-not-found");
        if (promotion.version !== version) throw problem("precondition-failed");
        const state = await approvalState(connection, projectId, promotionId);
        if (decision === "approved" && state.authors.includes(apiKeyId)) {
          const detail =
            "Whoever changed the document cannot approve it; somebody else has to, with a key of their own.";
          throw problem("approval-refused", { detail });
        }
        const row = {
          projectId,
          id: newId("apv"),
          promotionId,
          version,
          decision,
          note,
          decidedBy: apiKeyId,
        };
        const stored = await insertApproval(connection, row);
        await recordChange(connection, context, {
          id: promotionId,
          before: { version, decision: state.decision },
          after: { version, decision },
        });
        const told = { promotion: promotion.key, promotionId, version, decidedBy: apiKeyId };
        await recordEvents(connection, projectId, [
          decision === "approved"
            ? newEvent("dealwright.promotion.approved", promotionId, { ...told, decision })
            : newEvent("dealwright.promotion.rejected", promotionId, { ...told, decision }),
        ]);
        return shownApproval(stored);
      });
    },

    async approvals(projectId, promotionId, { limit, after }) {
      await requireExisting(projectId, promotionId);
      const before = approvalCursor.decode(after);
      const rows = await listApprovals(database.of(projectId), projectId, promotionId, before, limit + 1);
      return approvalCursor.page(rows, limit, ({ id }) => id, shownApproval);
    },

    async comment({ projectId, apiKeyId }, promotionId, text) {
      const connection = database.of(projectId);
      const promotion = await findPromotion(connection, projectId, { id: promotionId });
      if (promotion === undefined) throw problem("promotion-not-found");
      const { version } = promotion;
      const row = { projectId, id: newId("cmt"), promotionId, version, body: text, createdBy: apiKeyId };
      return shownComment(await insertComment(connection, row));
    },

    async comments(projectId, promotionId, { limit, after }) {
      await requireExisting(projectId, promotionId);
      const before = commentCursor.decode(after);
      const rows = await listComments(database.of(projectId), projectId, promotionId, before, limit + 1);
      return commentCursor.page(rows, limit, ({ id }) => id, shownComment);
    },
  };
}

/**
 * Throws unless the promotion may come into force, or stay in force, with this document. One that is in force cannot take
 * a new document that needs approval: nobody can have approved it.
 */
export async function requireApproval(
  connection: Connection,
  {
    projectId,
    id,
    document,
    isNew,
  }: { projectId: string; id: string; document: PromotionDocument; isNew: boolean },
  settings: Pick<ProjectSettings, "approvalAboveBudget">,
): Promise<void> {
  if (!needsApproval(document, settings)) return;
  if (isNew) {
    const detail = "It is in force: pause it, change it, and have the change approved.";
    throw problem("approval-required", { detail });
  }
  const { decision } = await approvalState(connection, projectId, id);
  if (decision === "approved") return;
  const detail = decision === "rejected" ? "It was rejected." : "Nobody else has approved it as it is.";
  throw problem("approval-required", { detail });
}

/** A promotion without a budget may cost anything; so may one in a currency that the setting does not name. */
function needsApproval(
  { budget }: PromotionDocument,
  { approvalAboveBudget: above }: Pick<ProjectSettings, "approvalAboveBudget">,
): boolean {
  if (above === null) return false;
  if (budget === undefined) return true;
  return Object.entries(budget.amount).some(([currency, amount]) => amount > (above[currency] ?? -1));
}

function shownApproval({ projectId: _projectId, createdAt, ...row }: ApprovalRow): PromotionApproval {
  return { ...row, createdAt: createdAt.toISOString() };
}

function shownComment({
  id,
  promotionId,
  version,
  body,
  createdBy,
  createdAt,
}: CommentRow): PromotionComment {
  return { id, promotionId, version, text: body, createdBy, createdAt: createdAt.toISOString() };
}

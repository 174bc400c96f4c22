/** What became of a campaign, why, and what to know of it the next time. */
import { z } from "zod";
import type { Clock } from "../../platform/clock.ts";
import { type Database, withTransaction } from "../../platform/database.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { problem } from "../../platform/problem.ts";
import { recordChange } from "../audit/audit-service.ts";
import type { CampaignBoardService } from "./campaign-board-service.ts";
import { reviewRows } from "./campaign-review.ts";
import { reviewCsv, reviewMarkdown } from "./campaign-review-document.ts";
import type {
  CampaignKnowledge,
  CampaignKnowledgeQuery,
  CampaignReview,
  CampaignReviewNotes,
} from "./campaign-review-schemas.ts";
import { type FoundKnowledge, findReview, listKnowledge, putReview } from "./campaign-review-store.ts";
import { existingCampaign } from "./campaign-service.ts";
import { wordsOfQuery, wordsOfText } from "./campaign-words.ts";

export interface CampaignReviewService {
  review(projectId: string, key: string): Promise<CampaignReview>;
  write(
    context: OperationContext,
    key: string,
    ifMatch: string,
    notes: CampaignReviewNotes,
  ): Promise<CampaignReview>;
  document(projectId: string, key: string, format: "markdown" | "csv"): Promise<string>;
  knowledge(projectId: string, query: CampaignKnowledgeQuery): Promise<Page<CampaignKnowledge>>;
}

export interface CampaignReviewOptions {
  database: Database;
  clock: Clock;
  boards: Pick<CampaignBoardService, "live">;
}

const cursor = cursorOf("campaign-knowledge", z.tuple([z.int(), z.string()]));
const noNotes: CampaignReviewNotes = { fiveWhys: [] };

export function campaignReviewService({
  database,
  clock,
  boards,
}: CampaignReviewOptions): CampaignReviewService {
  async function review(projectId: string, key: string): Promise<CampaignReview> {
    const board = await boards.live(projectId, key);
    const connection = database.of(projectId);
    const record = await findReview(connection, projectId, key);
    const notes = record?.notes ?? noNotes;
    return {
      campaign: key,
      name: board.name,
      asOf: board.asOf,
      isOver: Date.parse(board.endsAt) <= Date.parse(board.asOf),
      currency: board.currency,
      figures: board.figures,
      elements: board.elements,
      rows: reviewRows(board, notes),
      notes,
      version: record?.version ?? 0,
    };
  }

  return {
    review,

    async write(context, key, ifMatch, notes) {
      const { projectId } = context;
      const { currency, figures, goals } = await boards.live(projectId, key);
      await withTransaction(database, projectId, async (connection) => {
        const { document } = await existingCampaign(connection, projectId, key);
        const before = await findReview(connection, projectId, key);
        const version = ifMatch === "*" ? null : /^\d{1,9}$/.test(ifMatch) ? Number(ifMatch) : -1;
        const stored = await putReview(
          connection,
          {
            projectId,
            campaign: key,
            notes,
            keyFigures: { currency, figures, goals },
            updatedAt: clock.now(),
          },
          wordsOfText(textOf(key, document.name, notes)),
          version,
        );
        if (stored === undefined) throw problem("precondition-failed");
        await recordChange(connection, context, { id: key, before: before?.notes ?? null, after: notes });
      });
      return review(projectId, key);
    },

    async document(projectId, key, format) {
      const told = await review(projectId, key);
      return format === "csv" ? reviewCsv(told) : reviewMarkdown(told);
    },

    async knowledge(projectId, { q, type, limit, after }) {
      const before = cursor.decode(after);
      const words = q === undefined ? null : wordsOfQuery(q);
      const page = { before, limit: limit + 1 };
      const rows = await listKnowledge(database.of(projectId), projectId, { type, words }, page);
      return cursor.page(rows, limit, ({ updatedAt, campaign }) => [updatedAt, campaign], shownKnowledge);
    },
  };
}

/** What an entry is found by. */
function textOf(key: string, name: string, { knowledge, fiveWhys }: CampaignReviewNotes): string {
  if (knowledge === undefined) return "";
  const { type, audience, strategy, successFactors, risks, tags } = knowledge;
  const whys = fiveWhys.flatMap(({ problem, whys, action }) => [problem, ...whys, action ?? ""]);
  return [key, name, type, audience, strategy, ...successFactors, ...risks, ...tags, ...whys].join("\n");
}

function shownKnowledge({ campaign, name, notes, keyFigures, updatedAt }: FoundKnowledge): CampaignKnowledge {
  return { ...notes.knowledge!, campaign, name, keyFigures, updatedAt: new Date(updatedAt).toISOString() };
}

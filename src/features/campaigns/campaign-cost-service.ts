/** What a campaign cost beside its discounts, as somebody entered it: a list that is only added to. */
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { withTransaction } from "../../platform/database.ts";
import type { Answered, OperationContext } from "../../platform/operation.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { problem } from "../../platform/problem.ts";
import { nothingChanged, recordChange } from "../audit/audit-service.ts";
import { findCost, insertCost, listCosts } from "./campaign-cost-store.ts";
import type { CampaignCost, CampaignCostEntry, CampaignCostQuery } from "./campaign-schemas.ts";
import { type CampaignOptions, existingCampaign } from "./campaign-service.ts";
import type { CampaignCostRow } from "./campaign-tables.ts";

export interface CampaignCostService {
  add(context: OperationContext, campaign: string, entry: CampaignCostEntry): Promise<Answered<CampaignCost>>;
  list(projectId: string, campaign: string, query: CampaignCostQuery): Promise<Page<CampaignCost>>;
}

const cursor = cursorOf("campaign-costs", z.tuple([z.int(), z.string()]));
const earliest = Date.parse("2000-01-01T00:00:00Z");
const latest = Date.parse("2100-01-01T00:00:00Z");

export function campaignCostService({
  database,
  clock,
}: Pick<CampaignOptions, "database" | "clock">): CampaignCostService {
  return {
    async add(context, campaign, entry) {
      const { projectId, apiKeyId } = context;
      const at = Date.parse(entry.at);
      if (!(at >= earliest && at <= latest)) {
        const message = "Name a time from 2000 to 2100.";
        throw problem("invalid-request", { errors: [{ path: "/at", code: "out_of_range", message }] });
      }
      return withTransaction(database, projectId, async (connection) => {
        await existingCampaign(connection, projectId, campaign);
        const { note = null, channel = null } = entry;
        const row: CampaignCostRow = {
          ...entry,
          projectId,
          campaign,
          at: new Date(at),
          note,
          channel,
          createdBy: apiKeyId,
          createdAt: new Date(clock.now()),
        };
        const stored = await insertCost(connection, row);
        if (stored !== undefined) {
          await recordChange(connection, context, {
            id: `${campaign}/${row.id}`,
            before: null,
            after: shownCost(stored),
          });
          return { answer: shownCost(stored), isReplay: false };
        }
        nothingChanged(context);
        const before = (await findCost(connection, row))!;
        const { createdBy, createdAt } = before;
        if (!isDeepStrictEqual(before, { ...row, createdBy, createdAt }))
          throw problem("campaign-cost-conflict");
        return { answer: shownCost(before), isReplay: true };
      });
    },

    async list(projectId, campaign, { limit, after, ...filters }) {
      const connection = database.of(projectId);
      const before = cursor.decode(after);
      await existingCampaign(connection, projectId, campaign);
      const rows = await listCosts(connection, { projectId, campaign }, filters, {
        before,
        limit: limit + 1,
      });
      return cursor.page(rows, limit, ({ at, id }) => [at.getTime(), id], shownCost);
    },
  };
}

function shownCost({
  projectId: _projectId,
  campaign: _campaign,
  note,
  channel,
  at,
  createdAt,
  ...row
}: CampaignCostRow): CampaignCost {
  return {
    ...row,
    at: at.toISOString(),
    ...(note !== null && { note }),
    ...(channel !== null && { channel }),
    createdAt: createdAt.toISOString(),
  };
}

/** Tries whether a campaign can be launched, keeps what came of it, and says whether a promotion may come into force. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { z } from "zod";
import type { PromotionDocument } from "../../engine/promotion.ts";
import { EvaluationTooComplex } from "../../engine/work-budget.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import { newId } from "../../platform/ids.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { problem } from "../../platform/problem.ts";
import { recordChange } from "../audit/audit-service.ts";
import { type CampaignDocument, campaignKey } from "../campaigns/campaign-schemas.ts";
import { existingCampaign, findCampaignDocument } from "../campaigns/campaign-service.ts";
import type { ProjectService } from "../projects/project-service.ts";
import type { RulebookService } from "../promotions/rulebook-service.ts";
import type { WebhookService } from "../webhooks/webhook-service.ts";
import {
  type CampaignRules,
  campaignRules,
  conflictEvidence,
  evaluationLatency,
  fingerprintOf,
  floorEvidence,
  latencyOf,
  promotionEvidence,
} from "./campaign-rules.ts";
import {
  judgeBudget,
  judgeChannelPrices,
  judgeConflicts,
  judgeFloors,
  judgeGoals,
  judgeLatency,
  judgePools,
  judgePromotions,
  judgeStock,
  judgeTracking,
  judgeWebhooks,
  type StockEvidence,
} from "./launch-check-lines.ts";
import type { LaunchCheck, LaunchCheckLine } from "./launch-check-schemas.ts";
import {
  campaignPromotions,
  insertLaunchCheck,
  latestLaunchCheck,
  listLaunchChecks,
  mostPromotionsChecked,
  roundTrip,
  soldLately,
  stockOnHand,
  trackedSince,
  usesLeft,
  wasInForce,
  wasLaunchedWith,
} from "./launch-check-store.ts";
import type { LaunchCheckRow } from "./launch-check-tables.ts";

export interface LaunchCheckService {
  check(context: OperationContext, campaign: string): Promise<LaunchCheck>;
  list(
    projectId: string,
    campaign: string,
    query: { limit: number; after?: string | undefined },
  ): Promise<Page<LaunchCheck>>;
}

export interface LaunchCheckOptions {
  database: Database;
  clock: Clock;
  projects: Pick<ProjectService, "project">;
  rulebooks: Pick<RulebookService, "rulesOf">;
  webhooks: Pick<WebhookService, "list" | "test">;
}

const cursor = cursorOf("launch-checks", z.string());
const trackedDays = 30;
const webhooksTested = 20;
const roundTrips = 20;
/** Where the project does not say how old the word of stock may be. */
const usualStockAgeSeconds = 3_600;
const hour = 3_600_000;

export function launchCheckService(options: LaunchCheckOptions): LaunchCheckService {
  const { database, clock, projects, rulebooks, webhooks } = options;

  async function poolsLine(
    projectId: string,
    { mine }: CampaignRules,
    { goals }: CampaignDocument,
  ): Promise<LaunchCheckLine> {
    const needed = mine.flatMap(({ pool, document }) => [
      ...(pool === null ? [] : [pool]),
      ...document.benefits.flatMap((benefit) =>
        benefit.kind === "issue_coupon" ? [benefit.pool as string] : [],
      ),
    ]);
    const keys = [...new Set(needed)];
    const left = await usesLeft(database.of(projectId), projectId, keys, new Date(clock.now()));
    return judgePools({
      pools: keys.map((key) => ({ key, usesLeft: left.get(key) ?? null })),
      goal: goals.find(({ metric }) => metric === "orders")?.target ?? null,
    });
  }

  async function stockLine(projectId: string, { mine }: CampaignRules): Promise<LaunchCheckLine> {
    const promised = promisedBy(mine.map(({ document }) => document));
    const { settings } = await projects.project(projectId);
    const { receivedAt, onHand } = await stockOnHand(database.of(projectId), projectId, [...promised.keys()]);
    const evidence: StockEvidence = {
      promised: [...promised].map(([sku, units]) => ({ sku, units, onHand: onHand.get(sku) ?? null })),
      ageSeconds:
        receivedAt === null ? null : Math.max(0, Math.round((clock.now() - receivedAt.getTime()) / 1_000)),
      maxAgeSeconds: settings.stockMaxAgeSeconds ?? usualStockAgeSeconds,
    };
    return judgeStock(evidence);
  }

  async function webhooksLine(projectId: string): Promise<LaunchCheckLine> {
    const { items } = await webhooks.list(projectId, { limit: webhooksTested });
    const inUse = items.filter(({ enabled }) => enabled);
    const tests = await Promise.all(
      inUse.map(async ({ id, url }) => {
        const { delivered, responseStatus, failure } = await webhooks.test(projectId, id);
        return { url, delivered, said: failure ?? String(responseStatus) };
      }),
    );
    return judgeWebhooks(tests);
  }

  async function databaseLine(projectId: string): Promise<LaunchCheckLine> {
    const took: number[] = [];
    for (let i = 0; i < roundTrips; i += 1) {
      const began = performance.now();
      await roundTrip(database.of(projectId));
      took.push(performance.now() - began);
    }
    return judgeLatency("database_latency", latencyOf(took));
  }

  async function linesOf(
    projectId: string,
    campaign: string,
    document: CampaignDocument,
    stored: Awaited<ReturnType<typeof campaignPromotions>>,
    cutAt: number | null,
  ): Promise<LaunchCheckLine[]> {
    const { rulebook, settings } = await rulebooks.rulesOf(projectId);
    const rules = campaignRules(stored, rulebook, settings);
    const window = { startsAt: Date.parse(document.startsAt), endsAt: Date.parse(document.endsAt), cutAt };
    // As it will be on the first day; while it runs, as it is.
    const at = Math.max(window.startsAt, clock.now());
    const goods = await soldLately(database.of(projectId), projectId);
    const conflicts = await conflictEvidence(rules, at, nextTurn);
    const since = new Date(clock.now() - trackedDays * 24 * hour);
    const floors = await orTooComplex("price_floors", async () =>
      judgeFloors(await floorEvidence(rules, goods, at, nextTurn)),
    );
    // By itself, so that neither it nor the rest measures the other.
    const latency = await orTooComplex("evaluation_latency", async () =>
      judgeLatency("evaluation_latency", await evaluationLatency(rules, goods, at, nextTurn)),
    );
    return [
      judgePromotions(promotionEvidence(stored, rules, window)),
      judgeConflicts(conflicts),
      judgeChannelPrices(conflicts, document.allowChannelPrices === true),
      floors,
      await poolsLine(projectId, rules, document),
      await stockLine(projectId, rules),
      judgeBudget({
        budget: document.budget ?? null,
        isCapped: document.guards?.discounts !== undefined,
        unbounded: rules.mine
          .filter((promotion) => promotion.document.budget === undefined)
          .map(({ key }) => key),
      }),
      judgeGoals(document.goals),
      judgeTracking({
        events: await trackedSince(database.of(projectId), projectId, campaign, since),
        days: trackedDays,
      }),
      await webhooksLine(projectId),
      await databaseLine(projectId),
      latency,
    ];
  }

  return {
    async check(context, campaign) {
      const { projectId, apiKeyId } = context;
      const { document } = await existingCampaign(database.of(projectId), projectId, campaign);
      const found = await campaignPromotions(database.of(projectId), projectId, campaign);
      const stored = found.slice(0, mostPromotionsChecked);
      const cutAt = found.length > stored.length ? mostPromotionsChecked : null;
      const lines = await linesOf(projectId, campaign, document, stored, cutAt);
      const row: LaunchCheckRow = {
        projectId,
        campaign,
        id: newId("lch", clock.now()),
        passed: lines.every(({ outcome }) => outcome !== "failed"),
        lines,
        promotions: stored.map(({ id, key, document: of }) => ({ id, key, fingerprint: fingerprintOf(of) })),
        createdBy: apiKeyId,
        createdAt: new Date(clock.now()),
      };
      await withTransaction(database, projectId, async (connection) => {
        await insertLaunchCheck(connection, row);
        const after = {
          passed: row.passed,
          failed: lines.flatMap(({ name, outcome }) => (outcome === "failed" ? [name] : [])),
        };
        await recordChange(connection, context, { id: `${campaign}/${row.id}`, before: null, after });
      });
      return shown(row);
    },

    async list(projectId, campaign, { limit, after }) {
      const before = cursor.decode(after);
      await existingCampaign(database.of(projectId), projectId, campaign);
      const name = { projectId, campaign };
      const rows = await listLaunchChecks(database.of(projectId), name, { before, limit: limit + 1 });
      return cursor.page(rows, limit, ({ id }) => id, shown);
    },
  };
}

/**
 * Whether a promotion, with this document, may come into force. Throws `launch-check-required` where it may not. It is the launch
 * that is gated: while a campaign runs, its coupons and goods are partly gone, and a check would be red for that. What was in force
 * is resumed without one, and an extra that was checked with the launch is put into force without another.
 */
export function launchGate(clock: Clock) {
  return async (
    connection: Connection,
    { projectId, id, document }: { projectId: string; id: string; document: PromotionDocument },
  ): Promise<void> => {
    const { campaign } = document;
    if (campaign === undefined || !campaignKey.safeParse(campaign).success) return;
    const planned = await findCampaignDocument(connection, projectId, campaign);
    if (planned?.launchCheck === undefined) return;
    const { withinHours } = planned.launchCheck;
    if (await wasInForce(connection, projectId, id, document)) return;
    const fingerprint = fingerprintOf(document);
    if (await wasLaunchedWith(connection, { projectId, campaign }, { id, fingerprint }, withinHours)) return;
    const since = new Date(clock.now() - withinHours * hour);
    const latest = await latestLaunchCheck(connection, projectId, campaign, since);
    const refuse = (detail: string) => problem("launch-check-required", { detail });
    if (latest === undefined)
      throw refuse(
        `Campaign ${campaign} was not checked within ${withinHours} hours: POST /v1/campaigns/${campaign}/launch-check.`,
      );
    const failed = latest.lines.filter(({ outcome }) => outcome === "failed").map(({ name }) => name);
    if (!latest.passed)
      throw refuse(`The latest check of campaign ${campaign} failed: ${failed.join(", ")}.`);
    const checked = latest.promotions.find((promotion) => promotion.id === id);
    if (checked?.fingerprint !== fingerprint)
      throw refuse(`The promotion is not as it was when campaign ${campaign} was checked; check it again.`);
  };
}

/** What cannot be priced at all is no line that nobody tells of. */
async function orTooComplex(
  name: LaunchCheckLine["name"],
  judge: () => Promise<LaunchCheckLine>,
): Promise<LaunchCheckLine> {
  try {
    return await judge();
  } catch (error) {
    if (!(error instanceof EvaluationTooComplex)) throw error;
    return {
      name,
      outcome: "failed",
      evidence: error.message,
      advice: "Put fewer promotions on the same goods.",
    };
  }
}

/** Units by SKU: stocks of their own, and gifts. */
function promisedBy(documents: readonly PromotionDocument[]): Map<string, number> {
  const promised = new Map<string, number>();
  const add = (sku: string, units: number) => void promised.set(sku, (promised.get(sku) ?? 0) + units);
  for (const { limits, benefits } of documents) {
    for (const { sku, store, units } of limits?.stock ?? []) if (store === undefined) add(sku, units);
    for (const benefit of benefits)
      if (benefit.kind === "gift" && typeof benefit.sku === "string" && typeof benefit.stock === "number")
        add(benefit.sku, benefit.stock);
  }
  return promised;
}

function shown({ projectId: _projectId, promotions, createdAt, ...row }: LaunchCheckRow): LaunchCheck {
  return { ...row, promotions: promotions.map(({ key }) => key), createdAt: createdAt.toISOString() };
}

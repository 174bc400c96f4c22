/** Promotions as callers see them. */
import { z } from "zod";
import { describePromotion } from "../../engine/describe.ts";
import { type PromotionDocument, promotionSchema } from "../../engine/promotion.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { problem } from "../../platform/problem.ts";
import { amountCounter, usesCounter } from "../ledger/promotion-counters.ts";
import type { Promotion, PromotionQuery, PromotionUsage, PromotionVersion } from "./promotion-schemas.ts";
import { shownStatus } from "./promotion-status.ts";
import {
  findPromotion,
  listPromotions,
  listVersions,
  type PromotionName,
  takenOf,
} from "./promotion-store.ts";
import type { PromotionRow, PromotionVersionRow } from "./promotion-tables.ts";

export { takenOf };

export interface PageQuery {
  limit: number;
  after?: string | undefined;
}

export interface PromotionReading {
  promotion(projectId: string, name: PromotionName): Promise<Promotion>;
  list(projectId: string, query: PromotionQuery): Promise<Page<Promotion>>;
  /** The same pages. */
  usages(projectId: string, query: PromotionQuery): Promise<Page<PromotionUsage>>;
  versions(projectId: string, id: string, page: PageQuery): Promise<Page<PromotionVersion>>;
}

const listCursor = cursorOf("promotions", z.string());
const versionCursor = cursorOf("promotionVersions", z.int());

const idOf = ({ id }: PromotionRow) => id;

export function promotionReading(database: Database, clock: Clock): PromotionReading {
  async function read(projectId: string, { limit, after, ...filters }: PromotionQuery) {
    const now = clock.now();
    const page = { now: new Date(now), beforeId: listCursor.decode(after), limit: limit + 1 };
    return { now, rows: await listPromotions(database.of(projectId), projectId, filters, page) };
  }

  return {
    async promotion(projectId, name) {
      const row = await findPromotion(database.of(projectId), projectId, name);
      if (row === undefined) throw problem("promotion-not-found");
      return shown(row, clock.now());
    },

    async list(projectId, query) {
      const { rows, now } = await read(projectId, query);
      return listCursor.page(rows, query.limit, idOf, (row) => shown(row, now));
    },

    async usages(projectId, query) {
      const { rows, now } = await read(projectId, query);
      const promotions = rows.map((row) => ({ ...row, document: promotionSchema.parse(row.document) }));
      const taken = await takenOf(database.of(projectId), projectId, promotions.flatMap(countersOf));
      return listCursor.page(promotions, query.limit, idOf, (row) => usageOf(row, now, taken));
    },

    async versions(projectId, id, { limit, after }) {
      const before = versionCursor.decode(after);
      const rows = await listVersions(database.of(projectId), projectId, id, before, limit + 1);
      // Every promotion has a first version, so an empty first page means that there is no such promotion.
      if (rows.length === 0 && before === null) throw problem("promotion-not-found");
      return versionCursor.page(rows, limit, ({ version }) => version, shownVersion);
    },
  };
}

export function shown(row: PromotionRow, now: number): Promotion {
  const { id, version, createdAt, updatedAt } = row;
  const document = promotionSchema.parse(row.document);
  return {
    ...document,
    id,
    status: shownStatus(row, now),
    version,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
    killedAt: row.killedAt?.toISOString() ?? null,
    explanation: explained(document),
  };
}

type Read = PromotionRow & { readonly document: PromotionDocument };

const budgetOf = ({ document }: Read) => Object.entries(document.budget?.amount ?? {});

const countersOf = (row: Read) => [
  usesCounter(row.id),
  ...budgetOf(row).map(([currency]) => amountCounter(row.id, currency)),
];

function usageOf(row: Read, now: number, taken: Awaited<ReturnType<typeof takenOf>>): PromotionUsage {
  const { id, key, document } = row;
  const total = document.limits?.total;
  const uses = taken(usesCounter(id));
  return {
    id,
    promotion: key,
    status: shownStatus(row, now),
    uses,
    // It may be lowered below what was taken.
    usesLeft: total === undefined ? null : Math.max(0, total - uses),
    budgets: budgetOf(row).map(([currency, amount]) => {
      const spent = taken(amountCounter(id, currency));
      return { currency, amount, taken: spent, left: Math.max(0, amount - spent) };
    }),
  };
}

export function explained(document: PromotionDocument): Promotion["explanation"] {
  return { en: describePromotion(document, "en"), "zh-CN": describePromotion(document, "zh-CN") };
}

function shownVersion(row: PromotionVersionRow): PromotionVersion {
  const { version, status, change, changedBy, createdAt, revision, reason } = row;
  return {
    version,
    status,
    change,
    changedBy,
    createdAt: createdAt.toISOString(),
    reason,
    rulebook: String(revision),
    document: promotionSchema.parse(row.document),
  };
}

/**
 * A yearly cap on promotion days (促销依赖症): customers who always find a SKU on promotion stop paying its price. A day
 * counts for a SKU when an order was committed on it in which a promotion on goods that needs no code took something off it. A SKU that has
 * had its days rests: its price is its floor, in quotes and redemptions alike, on every day but those that count already.
 *
 * The days are noted as the events of redemptions are numbered, and who rests today depends on earlier days alone: it is read once a day, and
 * now and then again for what was told late.
 */
import { z } from "zod";
import { periodAt } from "../../engine/period.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database.ts";
import type { Log } from "../../platform/log.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import type { FanOut } from "../events/event-sequencer-service.ts";
import type { ProjectService } from "../projects/project-service.ts";
import type { PromotionDays, PromotionDaysQuery } from "./promotion-day-schemas.ts";
import { countDay, daysOf, listDays, restingSkus } from "./promotion-day-store.ts";

/** For the sequencer. */
export const followPromotionDays: FanOut = async (connection, projectId, events) => {
  const committed = events.flatMap(({ type, subject }) =>
    type === "dealwright.redemption.committed" ? [subject] : [],
  );
  if (committed.length === 0) return;
  const rows = await daysOf(connection, projectId, [...new Set(committed)]);
  for (const day of [...new Set(rows.map((row) => row.day))].sort()) {
    const skus = rows.filter((row) => row.day === day).map(({ sku }) => sku);
    await countDay(connection, projectId, day, skus);
  }
};

export interface PromotionDayService {
  /** Who rests on the day of that instant; at once, unless it was not in memory. Null: the project has no cap. */
  restingOf(asked: CappedProject, at: number): ReadonlySet<string> | Promise<ReadonlySet<string>> | null;
  list(projectId: string, query: PromotionDaysQuery): Promise<Page<PromotionDays>>;
}

interface CappedProject {
  readonly projectId: string;
  readonly settings: { readonly timezone: string; readonly promotionDaysPerYear: number | null };
}

interface Entry {
  skus: ReadonlySet<string> | null;
  loading: Promise<ReadonlySet<string>> | null;
  /** By `performance.now()`. */
  readAt: number;
}

const mostEntries = 500;
const freshMilliseconds = 300_000;
const skuCursor = cursorOf("promotion-days", z.strictObject({ sku: z.string() }));

export function promotionDayService({
  database,
  clock,
  projects,
  log,
}: {
  database: Database;
  clock: Clock;
  projects: Pick<ProjectService, "project">;
  log: Log;
}): PromotionDayService {
  /** By project, day and cap. */
  const entries = new Map<string, Entry>();

  function load(entry: Entry, projectId: string, day: string, most: number): Promise<ReadonlySet<string>> {
    entry.loading ??= restingSkus(database.of(projectId), projectId, day, most)
      .then((skus) => {
        entry.skus = new Set(skus);
        entry.readAt = performance.now();
        return entry.skus;
      })
      .finally(() => {
        entry.loading = null;
      });
    return entry.loading;
  }

  return {
    restingOf({ projectId, settings: { timezone, promotionDaysPerYear: most } }, at) {
      if (most === null) return null;
      const day = periodAt("day", timezone, at);
      const name = `${projectId} ${day} ${most}`;
      let entry = entries.get(name);
      if (entry === undefined) {
        if (entries.size >= mostEntries) entries.delete(entries.keys().next().value ?? "");
        entry = { skus: null, loading: null, readAt: 0 };
        entries.set(name, entry);
      }
      if (entry.skus === null) return load(entry, projectId, day, most);
      if (performance.now() - entry.readAt > freshMilliseconds)
        load(entry, projectId, day, most).catch((error: unknown) =>
          log.debug({ err: error, projectId }, "promotion days could not be read; those in memory go on"),
        );
      return entry.skus;
    },
    async list(projectId, { year: asked, sku, after, limit }) {
      const { settings } = await projects.project(projectId);
      const today = periodAt("day", settings.timezone, clock.now());
      const year = asked ?? Number(today.slice(0, 4));
      const from = skuCursor.decode(after)?.sku ?? "";
      const question = { year, sku, after: from, limit: limit + 1 };
      const rows = await listDays(database.of(projectId), projectId, question);
      const most = settings.promotionDaysPerYear;
      const isPresent = today.startsWith(`${year}-`);
      return skuCursor.page(
        rows,
        limit,
        (row) => ({ sku: row.sku }),
        (row): PromotionDays => ({
          ...row,
          year,
          most,
          // A day that counts already does not end early.
          isResting: isPresent && most !== null && row.days - (row.lastDay === today ? 1 : 0) >= most,
        }),
      );
    },
  };
}

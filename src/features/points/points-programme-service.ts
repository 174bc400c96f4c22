/** The rules of a currency of points, and its books. */
import { Temporal } from "temporal-polyfill";
import type { Clock } from "../../platform/clock.ts";
import { type Database, withTransaction } from "../../platform/database.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { problem } from "../../platform/problem.ts";
import { recordChange } from "../audit/audit-service.ts";
import {
  type PointsBooks,
  type PointsProgramme,
  type PointsProgrammeDocument,
  pointsProgrammeDocument,
} from "./points-schemas.ts";
import { findProgramme, putProgramme, sumsOfProgramme } from "./points-store.ts";
import type { PointsProgrammeRow } from "./points-tables.ts";

export interface PointsProgrammeService {
  /** With the usual rules, where nobody has set any. */
  programme(projectId: string, key: string): Promise<PointsProgramme>;
  put(
    context: OperationContext,
    key: string,
    ifMatch: string,
    document: PointsProgrammeDocument,
  ): Promise<PointsProgramme>;
  books(projectId: string, key: string): Promise<PointsBooks>;
}

export function pointsProgrammeService({
  database,
  clock,
}: {
  database: Database;
  clock: Clock;
}): PointsProgrammeService {
  return {
    async programme(projectId, key) {
      return shown(key, await findProgramme(database.of(projectId), projectId, key));
    },

    put(context, key, ifMatch, given) {
      const { projectId } = context;
      requireSound(given);
      return withTransaction(database, projectId, async (connection) => {
        const before = await findProgramme(connection, projectId, key);
        const version = ifMatch === "*" ? null : /^\d{1,9}$/.test(ifMatch) ? Number(ifMatch) : -1;
        const now = new Date(clock.now());
        const document = withBeginnings(given, before?.document, now);
        const row = { projectId, key, document, updatedAt: now };
        // One that was never set is at version 0, and anybody may be the first to set it.
        const isStale = version !== null && version !== (before?.version ?? 0);
        const stored = isStale
          ? undefined
          : await putProgramme(connection, row, before === undefined ? version : (version ?? before.version));
        if (stored === undefined) throw problem("precondition-failed");
        await recordChange(connection, context, {
          id: key,
          before: before?.document ?? null,
          after: document,
        });
        return shown(key, stored);
      });
    },

    async books(projectId, key) {
      const sums = await sumsOfProgramme(database.of(projectId), projectId, key);
      const { issued, redeemed, expired } = sums;
      return { programme: key, ...sums, liability: issued - redeemed - expired };
    },
  };
}

/** A rate that does not say since when it holds goes on holding since then, or begins now. */
function withBeginnings(
  document: PointsProgrammeDocument,
  before: PointsProgrammeDocument | undefined,
  now: Date,
): PointsProgrammeDocument {
  const since = new Map((before?.earn ?? []).map(({ key, from }) => [key, from]));
  const earn = document.earn.map(({ from, ...rule }) => ({
    ...rule,
    from: from ?? since.get(rule.key) ?? now.toISOString(),
  }));
  return { ...document, earn };
}

function requireSound({ coupons, earn, pendingDays, validMonths }: PointsProgrammeDocument): void {
  for (const [place, { key, per }] of earn.entries()) {
    const refuse = (path: string, code: string, message: string) =>
      problem("invalid-request", { errors: [{ path: `/earn/${place}/${path}`, code, message }] });
    if (earn.findIndex((rule) => rule.key === key) < place)
      throw refuse("key", "duplicate", "Every key once.");
    if (Object.keys(per).length === 0) throw refuse("per", "amount_missing", "Name an amount.");
    for (const [currency, amount] of Object.entries(per))
      if (amount === 0)
        throw refuse(`per/${currency}`, "every_zero", "An amount per point must be above zero.");
  }
  if (validMonths !== null && pendingDays >= shortestDays(validMonths)) {
    const message = "Points would lapse before they can be spent.";
    throw problem("invalid-request", {
      errors: [{ path: "/pendingDays", code: "bounds_contradict", message }],
    });
  }
  const pools = coupons.map(({ pool }) => pool);
  const double = pools.findIndex((pool, index) => pools.indexOf(pool) < index);
  if (double < 0) return;
  const path = `/coupons/${double}/pool`;
  throw problem("invalid-request", { errors: [{ path, code: "duplicate", message: "Every pool once." }] });
}

/** Of all runs of so many months; February makes the shortest. */
function shortestDays(months: number): number {
  const starts = Array.from({ length: 12 }, (_, month) => new Temporal.PlainDate(2025, month + 1, 1));
  return Math.min(...starts.map((start) => start.until(start.add({ months })).days));
}

function shown(key: string, row: PointsProgrammeRow | undefined): PointsProgramme {
  return { key, version: row?.version ?? 0, ...pointsProgrammeDocument.parse(row?.document ?? {}) };
}

/** What automations did. */
import { z } from "zod";
import type { Clock } from "../../platform/clock.ts";
import { type Database, withReadSnapshot } from "../../platform/database.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { problem } from "../../platform/problem.ts";
import { issuedCoupons } from "../coupons/coupon-issue-service.ts";
import { valueOfPoints } from "../points/points-worth-service.ts";
import { countStates, sumCoupons, sumPoints } from "./automation-result-store.ts";
import { codesOfRuns, listRuns } from "./automation-run-store.ts";
import type { AutomationResults, AutomationRun, AutomationRunQuery, RunState } from "./automation-schemas.ts";
import { findAutomation } from "./automation-store.ts";
import type { AutomationRunRow } from "./automation-tables.ts";

export interface AutomationReadingService {
  results(projectId: string, id: string): Promise<AutomationResults>;
  runs(projectId: string, id: string, query: AutomationRunQuery): Promise<Page<AutomationRun>>;
}

const cursor = cursorOf("automation-runs", z.string());

export function automationReadingService({
  database,
  clock,
}: {
  database: Database;
  clock: Clock;
}): AutomationReadingService {
  return {
    results: (projectId, id) =>
      withReadSnapshot(database, projectId, async (connection) => {
        const name = { projectId, id };
        if ((await findAutomation(connection, name)) === undefined) throw problem("automation-not-found");
        const states = await countStates(connection, name);
        const of = (state: RunState) =>
          states.reduce((sum, row) => (row.state === state ? sum + row.count : sum), 0);
        const { issued, redeemed, amounts } = await sumCoupons(connection, name);
        const points: AutomationResults["points"] = [];
        for (const { programme, awarded } of await sumPoints(connection, name)) {
          const value = await valueOfPoints(connection, projectId, programme, awarded);
          points.push({ programme, awarded, value });
        }
        return {
          entered: states.reduce((sum, { count }) => sum + count, 0),
          waiting: of("waiting"),
          done: of("done"),
          owed: of("owed"),
          skipped: states.flatMap(({ state, reason, count }) =>
            state === "skipped" && reason !== null ? [{ reason, count }] : [],
          ),
          issued,
          redeemed,
          amounts,
          points,
        };
      }),

    async runs(projectId, id, { limit, after, ...filters }) {
      const connection = database.of(projectId);
      const beforeId = cursor.decode(after);
      if ((await findAutomation(connection, { projectId, id })) === undefined)
        throw problem("automation-not-found");
      const rows = await listRuns(connection, { projectId, id }, filters, { beforeId, limit: limit + 1 });
      const ids = rows.map((run) => run.id);
      const issued = await codesOfRuns(connection, projectId, ids);
      const codes = issued.map(({ code }) => code);
      const printed = await issuedCoupons(connection, projectId, codes, clock.now());
      const byRun = new Map<string, string[]>();
      for (const { runId, code } of issued)
        byRun.set(runId, [...(byRun.get(runId) ?? []), printed.get(code)?.code ?? code]);
      const position = (run: AutomationRunRow) => run.id;
      return cursor.page(rows, limit, position, (run) => shown(run, byRun.get(run.id) ?? []));
    },
  };
}

function shown(run: AutomationRunRow, coupons: string[]): AutomationRun {
  const { id, customerId, state, reason, trigger, pool, attempts, dueAt, ranAt, createdAt } = run;
  return {
    id,
    customer: customerId,
    state,
    reason,
    trigger,
    pool,
    coupons,
    attempts,
    dueAt: dueAt?.toISOString() ?? null,
    ranAt: ranAt?.toISOString() ?? null,
    createdAt: createdAt.toISOString(),
  };
}

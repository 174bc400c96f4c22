/** Agreements on rebates. One can be replaced until a period of it is closed; then what it says is what was settled. */
import { z } from "zod";
import type { Clock } from "../../platform/clock.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { problem } from "../../platform/problem.ts";
import { recordChange } from "../audit/audit-service.ts";
import type { ProjectService } from "../projects/project-service.ts";
import { bookedPeriods } from "./rebate-account-store.ts";
import {
  closedPeriods,
  findAgreement,
  listAgreements,
  lockRebates,
  saveAgreement,
} from "./rebate-agreement-store.ts";
import { insertSweep } from "./rebate-due-store.ts";
import {
  mostAgreements,
  type RebateAgreement,
  type RebateAgreementDocument,
  rebateAgreementDocument,
  type ShownPeriod,
} from "./rebate-schemas.ts";
import type { RebateAgreementRow } from "./rebate-tables.ts";
import { type Agreement, agreementFaults, compileAgreement } from "./rebate-terms.ts";

export interface RebateAgreementService {
  /** `ifMatch` empty: whatever is there, or nothing. */
  put(
    context: OperationContext,
    key: string,
    ifMatch: string,
    document: RebateAgreementDocument,
  ): Promise<RebateAgreement>;
  agreement(projectId: string, key: string): Promise<RebateAgreement>;
  list(
    projectId: string,
    page: { limit: number; after?: string | undefined },
  ): Promise<Page<RebateAgreement>>;
}

const cursor = cursorOf("rebate-agreements", z.string());

export function rebateAgreementService({
  database,
  clock,
  projects,
  wake,
}: {
  database: Database;
  clock: Clock;
  projects: Pick<ProjectService, "timezone">;
  wake: () => void;
}): RebateAgreementService {
  async function shownAll(
    connection: Connection,
    projectId: string,
    rows: readonly RebateAgreementRow[],
  ): Promise<Map<string, RebateAgreement>> {
    const closed = await closedPeriods(
      connection,
      projectId,
      rows.map(({ key }) => key),
    );
    return new Map(
      rows.map(({ key, version, updatedAt, document }) => {
        const agreement = compileAgreement(key, rebateAgreementDocument.parse(document));
        const periods = shownPeriods(agreement, closed.get(key) ?? new Set());
        return [key, { ...agreement.document, key, version, updatedAt: updatedAt.toISOString(), periods }];
      }),
    );
  }

  return {
    async put(context, key, ifMatch, told) {
      const { projectId } = context;
      const errors = agreementFaults(told);
      if (errors.length > 0) throw problem("invalid-request", { errors });
      const shown = await withTransaction(database, projectId, async (connection) => {
        await lockRebates(connection, projectId);
        const before = await findAgreement(connection, projectId, key);
        if (
          ifMatch !== "" &&
          (before === undefined || (ifMatch !== "*" && ifMatch !== String(before.version)))
        )
          throw problem("precondition-failed");
        if ((await closedPeriods(connection, projectId, [key])).size > 0)
          throw problem("rebate-agreement-settled");
        if (before === undefined) {
          const others = await listAgreements(connection, projectId, { after: null, limit: mostAgreements });
          if (others.length >= mostAgreements) throw problem("too-many-rebate-agreements");
        }
        // A project that moves to another zone moves no period that somebody has agreed on.
        const timezone = told.schedule.timezone ?? (await projects.timezone(connection, projectId));
        const document = { ...told, schedule: { ...told.schedule, timezone } };
        const row: RebateAgreementRow = {
          projectId,
          key,
          version: (before?.version ?? 0) + 1,
          document,
          updatedAt: new Date(clock.now()),
        };
        await saveAgreement(connection, row);
        // What came before it counts as well; and what counted for the one before may count no more.
        const reach = [
          document,
          ...(before === undefined ? [] : [rebateAgreementDocument.parse(before.document)]),
        ].map((one) => compileAgreement(key, one));
        await insertSweep(connection, projectId, {
          dealers: [null],
          from: Math.min(...reach.map(({ from }) => from)),
          until: Math.max(...reach.map(({ until }) => until)),
        });
        await recordChange(connection, context, {
          id: key,
          before: before?.document ?? null,
          after: document,
        });
        return (await shownAll(connection, projectId, [row])).get(key)!;
      });
      wake();
      return shown;
    },

    async agreement(projectId, key) {
      const connection = database.of(projectId);
      const row = await findAgreement(connection, projectId, key);
      if (row === undefined) throw problem("rebate-agreement-not-found");
      const shown = (await shownAll(connection, projectId, [row])).get(key)!;
      const booked = await bookedPeriods(connection, projectId, key, adjustmentsPeriod);
      const closed = (await closedPeriods(connection, projectId, [key])).get(key) ?? new Set();
      const more = booked.sort(byNumber).map((period): ShownPeriod => {
        return { key: period, startsAt: null, endsAt: null, state: closed.has(period) ? "closed" : "open" };
      });
      return { ...shown, periods: [...shown.periods, ...more] };
    },

    async list(projectId, { limit, after }) {
      const connection = database.of(projectId);
      const rows = await listAgreements(connection, projectId, {
        after: cursor.decode(after),
        limit: limit + 1,
      });
      const shown = await shownAll(connection, projectId, rows);
      return cursor.page(
        rows,
        limit,
        ({ key }) => key,
        ({ key }) => shown.get(key)!,
      );
    },
  };
}

function shownPeriods({ periods }: Agreement, closed: ReadonlySet<string>): ShownPeriod[] {
  return periods.map(({ key, startsAt, endsAt }) => ({
    key,
    startsAt: new Date(startsAt).toISOString(),
    endsAt: new Date(endsAt).toISOString(),
    state: closed.has(key) ? "closed" : "open",
  }));
}

/** Once all periods are closed, what is still to be corrected is booked in `adjustments-1`; once that is closed in the next. */
export const adjustmentsPeriod = "adjustments-";

/** Where something for a closed period is booked: the first period that is not closed. */
export function openPeriodOf({ periods }: Agreement, closed: ReadonlySet<string>): string {
  const open = periods.find(({ key }) => !closed.has(key));
  if (open !== undefined) return open.key;
  for (let number = 1; ; number += 1)
    if (!closed.has(`${adjustmentsPeriod}${number}`)) return `${adjustmentsPeriod}${number}`;
}

const byNumber = (a: string, b: string) =>
  Number(a.slice(adjustmentsPeriod.length)) - Number(b.slice(adjustmentsPeriod.length));

/** Every agreement of the project, compiled. */
export async function agreementsOf(
  connection: Connection,
  projectId: string,
): Promise<Map<string, Agreement>> {
  const rows = await listAgreements(connection, projectId, { after: null, limit: mostAgreements });
  return new Map(rows.map((row) => [row.key, compiled(row)]));
}

export async function existingAgreement(
  connection: Connection,
  projectId: string,
  key: string,
): Promise<Agreement> {
  const row = await findAgreement(connection, projectId, key);
  if (row === undefined) throw problem("rebate-agreement-not-found");
  return compiled(row);
}

const mostCompiled = 1_000;
const known = new Map<string, Agreement>();

function compiled({ projectId, key, version, document }: RebateAgreementRow): Agreement {
  const name = `${projectId} ${key} ${version}`;
  const agreement = known.get(name) ?? compileAgreement(key, rebateAgreementDocument.parse(document));
  if (known.size >= mostCompiled) known.clear();
  known.set(name, agreement);
  return agreement;
}

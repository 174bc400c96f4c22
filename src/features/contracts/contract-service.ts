/** Contracts of customers: terms that follow each other, renewed by orders, by hand or by themselves. */
import { z } from "zod";
import { dateOf, dayOfDate, monthsLater } from "../../engine/calendar.ts";
import { findZone } from "../../engine/zone.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { problem } from "../../platform/problem.ts";
import { nothingChanged, recordChange } from "../audit/audit-service.ts";
import { recordEvents } from "../events/event-service.ts";
import { newEvent } from "../events/event-types.ts";
import type { ProjectService } from "../projects/project-service.ts";
import {
  type Contract,
  type ContractDocument,
  type ContractQuery,
  type ContractRenewal,
  mostCohorts,
  type RenewalQuery,
  type RenewalReport,
} from "./contract-schemas.ts";
import {
  findContract,
  insertContract,
  listContracts,
  lockContract,
  purchaseOf,
  sumCohorts,
  updateContract,
} from "./contract-store.ts";
import type { ContractRow } from "./contract-tables.ts";

export interface ContractService {
  /** `ifMatch` empty: whatever is there, or nothing. */
  put(context: OperationContext, id: string, ifMatch: string, document: ContractDocument): Promise<Contract>;
  contract(projectId: string, id: string): Promise<Contract>;
  list(projectId: string, query: ContractQuery): Promise<Page<Contract>>;
  /** Answers the new term; the same renewal again changes nothing. */
  renew(context: OperationContext, id: string, renewal: ContractRenewal): Promise<Contract>;
  cancel(context: OperationContext, id: string): Promise<Contract>;
  renewals(projectId: string, query: RenewalQuery): Promise<RenewalReport>;
}

const cursor = cursorOf("contracts", z.string());
const mostMonths = 240;

export function contractService({
  database,
  clock,
  projects,
}: {
  database: Database;
  clock: Clock;
  projects: Pick<ProjectService, "timezone">;
}): ContractService {
  return {
    async put(context, id, ifMatch, document) {
      const { projectId } = context;
      requireDays(document);
      return withTransaction(database, projectId, async (connection) => {
        const name = { projectId, id };
        const before = await lockContract(connection, name);
        const isMet = before !== undefined && (ifMatch === "*" || ifMatch === String(before.version));
        if (ifMatch !== "" && !isMet) throw problem("precondition-failed");
        if (before !== undefined && before.state !== "active") throw problem("contract-closed");
        const row: ContractRow = {
          ...name,
          ...columnsOf(document),
          state: "active",
          renews: before?.renews ?? null,
          renewedBy: null,
          renewal: before?.renewal ?? null,
          version: (before?.version ?? 0) + 1,
          dueAt: await dayAfter(connection, projects, projectId, document.endsOn),
          closedAt: null,
          updatedAt: new Date(clock.now()),
        };
        if (before === undefined) {
          // Somebody else was first: as if they had come later.
          if (!(await insertContract(connection, row))) throw problem("precondition-failed");
        } else await updateContract(connection, name, row);
        await recordChange(connection, context, {
          id,
          before: before === undefined ? null : documentOf(before),
          after: documentOf(row),
        });
        await tell(connection, row, "changed");
        return shown(row);
      });
    },

    async contract(projectId, id) {
      const row = await findContract(database.of(projectId), { projectId, id });
      if (row === undefined) throw problem("contract-not-found");
      return shown(row);
    },

    async list(projectId, { limit, after, ...filters }) {
      const rows = await listContracts(database.of(projectId), projectId, filters, {
        after: cursor.decode(after),
        limit: limit + 1,
      });
      return cursor.page(rows, limit, ({ id }) => id, shown);
    },

    renew(context, id, renewal) {
      const { projectId } = context;
      return withTransaction(database, projectId, async (connection) => {
        const before = await lockContract(connection, { projectId, id });
        if (before === undefined) throw problem("contract-not-found");
        const { order } = renewal;
        const purchase = order === undefined ? undefined : await purchaseOf(connection, projectId, order);
        if (before.renewedBy !== null && before.renewedBy === renewal.id) {
          const next = (await findContract(connection, { projectId, id: renewal.id }))!;
          if (next.renewal === (purchase?.name ?? order ?? null)) {
            nothingChanged(context);
            return shown(next);
          }
        }
        if (before.state !== "active") throw problem("contract-closed");
        if (order !== undefined && purchase?.customer !== before.customerId)
          throw faultAt(
            "/order",
            "unknown_order",
            "The customer has no such order or redemption that stands.",
          );
        const bought = purchase === undefined ? renewal : { ...renewal, order: purchase.name };
        const next = await nextTerm(connection, projects, before, bought, new Date(clock.now()));
        if (next.endsOn < next.startsOn) throw endsTooSoon();
        if (!(await insertContract(connection, next))) {
          const isIdTaken = (await findContract(connection, { projectId, id: renewal.id })) !== undefined;
          throw isIdTaken
            ? faultAt("/id", "contract_exists", "There is a contract of that id.")
            : faultAt("/order", "order_used", "It has renewed another contract.");
        }
        const after = await close(connection, before, "renewed", next.updatedAt, next.id);
        await recordChange(connection, context, { id, before: documentOf(before), after: documentOf(after) });
        await tell(connection, after, "renewed");
        return shown(next);
      });
    },

    cancel(context, id) {
      const { projectId } = context;
      return withTransaction(database, projectId, async (connection) => {
        const before = await lockContract(connection, { projectId, id });
        if (before === undefined) throw problem("contract-not-found");
        if (before.state === "cancelled") {
          nothingChanged(context);
          return shown(before);
        }
        if (before.state !== "active") throw problem("contract-closed");
        const after = await close(connection, before, "cancelled", new Date(clock.now()));
        await recordChange(connection, context, { id, before: documentOf(before), after: documentOf(after) });
        await tell(connection, after, "cancelled");
        return shown(after);
      });
    },

    async renewals(projectId, query) {
      const sums = await sumCohorts(database.of(projectId), projectId, query, mostCohorts);
      const cohorts = sums.reverse().map((of) => {
        const decided = of.renewed + of.ended + of.cancelled;
        const percent = decided === 0 ? null : Math.round((of.renewed / decided) * 1_000_000) / 10_000;
        return { ...of, renewalPercent: percent };
      });
      return { cohorts };
    },
  };
}

/** The term that follows, as long as the one before unless somebody says otherwise. */
export async function nextTerm(
  connection: Connection,
  projects: Pick<ProjectService, "timezone">,
  before: ContractRow,
  { id, endsOn, value, kind, autoRenew, order }: ContractRenewal,
  at: Date,
): Promise<ContractRow> {
  const start = dayOfDate(before.endsOn)! + 1;
  const end = endsOn ?? dateText(sameLength(before, start));
  return {
    ...before,
    id,
    value: value ?? before.value,
    kind: kind ?? before.kind,
    autoRenew: autoRenew ?? before.autoRenew,
    startsOn: dateText(start),
    endsOn: end,
    state: "active",
    renews: before.id,
    renewedBy: null,
    renewal: order ?? null,
    version: 1,
    dueAt: await dayAfter(connection, projects, before.projectId, end),
    closedAt: null,
    updatedAt: at,
  };
}

/** So many whole months where it was that, else so many days. */
function sameLength({ startsOn, endsOn }: ContractRow, start: number): number {
  const [from, to] = [dayOfDate(startsOn)!, dayOfDate(endsOn)!];
  for (let months = 1; months <= mostMonths; months++)
    if (monthsLater(from, months) - 1 === to) return monthsLater(start, months) - 1;
  return start + (to - from);
}

export async function close(
  connection: Connection,
  row: ContractRow,
  state: "renewed" | "ended" | "cancelled",
  at: Date,
  renewedBy: string | null = null,
): Promise<ContractRow> {
  const change = { state, renewedBy, version: row.version + 1, dueAt: null, closedAt: at, updatedAt: at };
  await updateContract(connection, row, change);
  return { ...row, ...change };
}

export async function tell(
  connection: Connection,
  { projectId, id, customerId, kind, endsOn, renewedBy }: ContractRow,
  what: "changed" | "renewed" | "ended" | "cancelled",
): Promise<void> {
  const data = { contract: id, customer: customerId, kind, endsOn, renewedBy };
  await recordEvents(connection, projectId, [newEvent(`dealwright.contract.${what}`, id, data)]);
}

/** When the day is over, by the clock of the project's zone. */
async function dayAfter(
  connection: Connection,
  projects: Pick<ProjectService, "timezone">,
  projectId: string,
  date: string,
): Promise<Date> {
  const zone = findZone(await projects.timezone(connection, projectId))!;
  return new Date(zone.startOfDay(dayOfDate(date)! + 1));
}

function requireDays({ startsOn, endsOn }: ContractDocument): void {
  if (endsOn < startsOn) throw endsTooSoon();
}

const faultAt = (path: string, code: string, message: string) =>
  problem("invalid-request", { errors: [{ path, code, message }] });
const endsTooSoon = () => faultAt("/endsOn", "ends_before_start", "It would end before it starts.");

/** `2026-02-28`, of days since 1970-01-01. */
function dateText(day: number): string {
  const { year, month, monthDay } = dateOf(day);
  const two = (count: number) => String(count).padStart(2, "0");
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(monthDay)}`;
}

function columnsOf({ customer, kind, name, ...rest }: ContractDocument) {
  return { ...rest, customerId: customer, kind: kind ?? null, name: name ?? null };
}

function documentOf({
  customerId,
  kind,
  name,
  value,
  currency,
  startsOn,
  endsOn,
  autoRenew,
  state,
}: ContractRow) {
  return {
    customer: customerId,
    ...(kind !== null && { kind }),
    ...(name !== null && { name }),
    value,
    currency,
    startsOn,
    endsOn,
    autoRenew,
    state,
  };
}

function shown(row: ContractRow): Contract {
  const { id, renews, renewedBy, renewal, closedAt, version, updatedAt } = row;
  return {
    ...documentOf(row),
    id,
    renews,
    renewedBy,
    renewal,
    closedAt: closedAt?.toISOString() ?? null,
    version,
    updatedAt: updatedAt.toISOString(),
  };
}

/** The rules of a project's tiers, and a customer's own. */
import { noTier, qualifyingSums } from "../../engine/tier-ladder.ts";
import type { Clock } from "../../platform/clock.ts";
import { isErased } from "../../platform/customer-data.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { problem } from "../../platform/problem.ts";
import { nothingChanged, recordChange } from "../audit/audit-service.ts";
import { noteCustomers } from "../customers/customer-service.ts";
import { hashCustomer } from "../ledger/promotion-counters.ts";
import type { ProjectService } from "../projects/project-service.ts";
import { counted, programmeFaults, rulesOf } from "./tier-rules.ts";
import type { CustomerTier, TierProgramme, TierProgrammeDocument, TierSetting } from "./tier-schemas.ts";
import {
  deleteSetting,
  findAchievements,
  findProgramme,
  findSettings,
  findTiers,
  saveProgramme,
  saveSetting,
  type TierProgrammeRow,
} from "./tier-store.ts";
import type { TierUpkeepService } from "./tier-upkeep-service.ts";

/** What looks at customers after every change, and for whom it is not to look at them meanwhile. */
export interface CustomerUpkeep {
  /** From now on, if not before. */
  begin(connection: Connection, projectId: string): Promise<void>;
  /** Until the transaction ends. */
  hold(connection: Connection, projectId: string): Promise<void>;
  wake(projectId: string | null): void;
}

export interface TierService {
  programme(projectId: string): Promise<TierProgramme>;
  /** `ifMatch` empty: whatever is there, or nothing. */
  put(context: OperationContext, ifMatch: string, document: TierProgrammeDocument): Promise<TierProgramme>;
  /** Of anybody: who is not known is in none. */
  tierOf(projectId: string, customer: string): Promise<CustomerTier>;
  set(context: OperationContext, customer: string, setting: TierSetting): Promise<CustomerTier>;
  /** What the customer bought decides again; if nothing was set, it changes nothing. */
  reset(context: OperationContext, customer: string): Promise<CustomerTier>;
}

export interface TierOptions {
  database: Database;
  clock: Clock;
  projects: Pick<ProjectService, "timezone" | "identifierKey">;
  tiers: TierUpkeepService;
  upkeep: CustomerUpkeep;
}

export function tierService({ database, clock, projects, tiers, upkeep }: TierOptions): TierService {
  async function existing(connection: Connection, projectId: string): Promise<TierProgrammeRow> {
    const row = await findProgramme(connection, projectId);
    if (row === undefined) throw problem("tiers-not-configured");
    return row;
  }

  async function shown(connection: Connection, projectId: string, customer: string): Promise<CustomerTier> {
    const { document } = await existing(connection, projectId);
    const now = clock.now();
    const rules = rulesOf(document);
    const timezone = await projects.timezone(connection, projectId);
    const holder = hashCustomer(await projects.identifierKey(connection, projectId), customer);
    const { tier, since, until, isManual } =
      (await findTiers(connection, projectId, [customer])).get(customer) ?? noTier;
    const setting = (await findSettings(connection, projectId, [customer])).get(customer);
    const done = await findAchievements(connection, projectId, new Map([[customer, holder]]), document);
    const { from, sums } = qualifyingSums(rules, done.get(customer) ?? [], { timezone, now });
    const nameOf = (key: string | null) => document.tiers.find((level) => level.key === key)?.name ?? null;
    const next = rules.tiers[rules.tiers.findIndex(({ key }) => key === tier) + 1];
    const isAmount = document.measure === "amount";
    const amounts = (of: Readonly<Record<string, number>>) =>
      Object.entries(of).map(([currency, amount]) => ({ currency, amount }));
    const missing = Object.fromEntries(
      Object.entries(next?.bounds ?? {}).map(([of, bound]) => [of, Math.max(0, bound - (sums[of] ?? 0))]),
    );
    return {
      customer,
      tier,
      name: nameOf(tier),
      since: instantOf(since),
      until: instantOf(until),
      isManual,
      reason: isManual ? (setting?.reason ?? null) : null,
      measure: document.measure,
      countedFrom: new Date(from).toISOString(),
      amounts: isAmount ? amounts(sums) : [],
      count: isAmount ? null : (sums[counted] ?? 0),
      next:
        next === undefined
          ? null
          : {
              tier: next.key,
              name: nameOf(next.key),
              missingAmounts: isAmount ? amounts(missing) : [],
              missingCount: isAmount ? null : (missing[counted] ?? 0),
            },
    };
  }

  /** Under the lock of the upkeep, so that it is true at once, and told once. */
  function change(
    { projectId }: OperationContext,
    customer: string,
    work: (connection: Connection, holder: string, now: number) => Promise<boolean>,
  ): Promise<CustomerTier> {
    return withTransaction(database, projectId, async (connection) => {
      await existing(connection, projectId);
      await upkeep.hold(connection, projectId);
      const now = clock.now();
      const holder = hashCustomer(await projects.identifierKey(connection, projectId), customer);
      if (await work(connection, holder, now))
        await tiers.refresh(connection, projectId, [customer], { now, isByHand: true });
      return shown(connection, projectId, customer);
    });
  }

  return {
    async programme(projectId) {
      return programmeOf(await existing(database.of(projectId), projectId));
    },

    async put(context, ifMatch, document) {
      const errors = programmeFaults(document);
      if (errors.length > 0) throw problem("invalid-request", { errors });
      const { projectId } = context;
      const row = await withTransaction(database, projectId, async (connection) => {
        const before = await findProgramme(connection, projectId, true);
        if (
          ifMatch !== "" &&
          (before === undefined || (ifMatch !== "*" && ifMatch !== String(before.version)))
        )
          throw problem("precondition-failed");
        await upkeep.begin(connection, projectId);
        const after = await saveProgramme(connection, projectId, document);
        await recordChange(connection, context, {
          id: projectId,
          before: before?.document ?? null,
          after: document,
        });
        return after;
      });
      upkeep.wake(null);
      return programmeOf(row);
    },

    tierOf: (projectId, customer) => shown(database.of(projectId), projectId, customer),

    set(context, customer, { tier, until, reason }) {
      return change(context, customer, async (connection, holder, now) => {
        const { projectId } = context;
        const { document } = await existing(connection, projectId);
        requireSettable(document, customer, { tier, until, reason }, now);
        const before = (await findSettings(connection, projectId, [customer])).get(customer);
        const end = Date.parse(until);
        await noteCustomers(connection, projectId, [customer], new Date(now));
        await saveSetting(connection, projectId, {
          customerId: customer,
          tier,
          from: now,
          until: end,
          reason,
        });
        await recordChange(connection, context, {
          id: holder,
          before: before === undefined ? null : settingOf(before),
          after: { tier, until: new Date(end).toISOString(), reason },
        });
        return true;
      });
    },

    reset(context, customer) {
      return change(context, customer, async (connection, holder) => {
        const { projectId } = context;
        const before = (await findSettings(connection, projectId, [customer])).get(customer);
        if (before === undefined) {
          nothingChanged(context);
          return false;
        }
        await deleteSetting(connection, projectId, customer);
        await recordChange(connection, context, { id: holder, before: settingOf(before), after: null });
        return true;
      });
    },
  };
}

function requireSettable(
  { tiers }: TierProgrammeDocument,
  customer: string,
  { tier, until }: TierSetting,
  now: number,
): void {
  const fault = (path: string, code: string, message: string) =>
    problem("invalid-request", { errors: [{ path, code, message }] });
  if (isErased(customer))
    throw fault("/id", "id_reserved", "Ids that begin like this stand for erased customers.");
  if (tier !== null && !tiers.some(({ key }) => key === tier))
    throw fault("/tier", "tier_unknown", "There is no such tier.");
  if (!(Date.parse(until) > now)) throw fault("/until", "not_in_future", "That is over already.");
}

function settingOf({ tier, until, reason }: { tier: string | null; until: number; reason: string }) {
  return { tier, until: new Date(until).toISOString(), reason };
}

function programmeOf({ version, refreshedVersion, document }: TierProgrammeRow): TierProgramme {
  return { ...document, isCurrent: refreshedVersion >= version, version };
}

function instantOf(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

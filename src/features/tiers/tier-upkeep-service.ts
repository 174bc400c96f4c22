/**
 * Keeps true who is in which tier. Called by the upkeep of customers, in its transaction and under its lock: after whatever
 * happened to a customer, when something follows by time alone, and for everybody once the rules were written.
 */
import { type SetTier, tierStanding } from "../../engine/tier-ladder.ts";
import type { CustomerData } from "../../platform/customer-data.ts";
import { pseudonymOf } from "../../platform/customer-data.ts";
import type { Connection } from "../../platform/database.ts";
import { newTurns } from "../../platform/turns.ts";
import { recordEvents } from "../events/event-service.ts";
import { type NewEvent, newEvent } from "../events/event-types.ts";
import { hashCustomer } from "../ledger/promotion-counters.ts";
import type { ProjectService } from "../projects/project-service.ts";
import { rulesOf } from "./tier-rules.ts";
import type { TierProgrammeDocument } from "./tier-schemas.ts";
import {
  beginSweep,
  type CustomerTierRow,
  deleteSetting,
  deleteTiers,
  dueTiers,
  endSweep,
  findAchievements,
  findProgramme,
  findSettings,
  findTiers,
  mergeSetting,
  recordsOfTiers,
  saveTiers,
} from "./tier-store.ts";

const toldAtOnce = 1_000;

export interface TierUpkeepService {
  /** Everybody is to be looked at by newer rules. */
  isSweepDue(connection: Connection, projectId: string): Promise<boolean>;
  /** Everybody is looked at by the present rules from now on; and now everybody was. */
  beginSweep(connection: Connection, projectId: string): Promise<void>;
  endSweep(connection: Connection, projectId: string): Promise<void>;
  /** Customers for whom something follows by now, at most so many. */
  due(connection: Connection, projectId: string, now: number, most: number): Promise<string[]>;
  /** Makes true what is kept of these customers, and tells what changed; `isByHand`: somebody has just set it. */
  refresh(
    connection: Connection,
    projectId: string,
    ids: readonly string[],
    options: { now: number; isByHand?: boolean },
  ): Promise<void>;
}

export function tierUpkeepService({
  projects,
}: {
  projects: Pick<ProjectService, "timezone" | "identifierKey">;
}): TierUpkeepService {
  return {
    async isSweepDue(connection, projectId) {
      const programme = await findProgramme(connection, projectId);
      return programme !== undefined && programme.sweptVersion < programme.version;
    },

    beginSweep,
    endSweep,
    due: dueTiers,

    async refresh(connection, projectId, ids, { now, isByHand = false }) {
      const programme = await findProgramme(connection, projectId);
      if (programme === undefined || ids.length === 0) return;
      const { document } = programme;
      const key = await projects.identifierKey(connection, projectId);
      const timezone = await projects.timezone(connection, projectId);
      const holders = new Map(ids.map((id) => [id, hashCustomer(key, id)]));
      const [before, set, done] = [
        await findTiers(connection, projectId, ids),
        await findSettings(connection, projectId, ids),
        document.tiers.length === 0
          ? new Map<string, []>()
          : await findAchievements(connection, projectId, holders, document),
      ];
      const rules = rulesOf(document);
      const changed: CustomerTierRow[] = [];
      const gone: string[] = [];
      const told: NewEvent[] = [];
      const turns = newTurns();
      for (const [id, holder] of holders) {
        const setting: SetTier | null = set.get(id) ?? null;
        const after = tierStanding(rules, done.get(id) ?? [], { set: setting, timezone, now });
        const row = { customerId: id, ...after };
        const known = before.get(id);
        if (after.tier === null && after.nextAt === null) {
          if (known !== undefined) gone.push(id);
        } else if (!isSame(known, row)) changed.push(row);
        const from = known?.tier ?? null;
        if (from !== after.tier)
          told.push(changeOf(document, pseudonymOf(holder), { ...row, from, isByHand }));
        if (turns.isOver()) await turns.next();
      }
      await saveTiers(connection, projectId, changed);
      await deleteTiers(connection, projectId, gone);
      for (let at = 0; at < told.length; at += toldAtOnce)
        await recordEvents(connection, projectId, told.slice(at, at + toldAtOnce));
    },
  };
}

function isSame(known: CustomerTierRow | undefined, row: CustomerTierRow): boolean {
  return (
    known !== undefined &&
    known.tier === row.tier &&
    known.since === row.since &&
    known.until === row.until &&
    known.isManual === row.isManual &&
    known.nextAt === row.nextAt
  );
}

function changeOf(
  { tiers }: TierProgrammeDocument,
  pseudonym: string,
  change: CustomerTierRow & { from: string | null; isByHand: boolean },
): NewEvent {
  const { customerId: customer, from, tier, until, isByHand } = change;
  const levelOf = (key: string | null) => tiers.findIndex((level) => level.key === key);
  return newEvent("dealwright.tier.changed", pseudonym, {
    customer,
    from,
    tier,
    until: until === null ? null : new Date(until).toISOString(),
    reason: isByHand ? "manual" : levelOf(tier) > levelOf(from) ? "upgrade" : "downgrade",
  });
}

/** After that of segments, which holds the upkeep. */
export const tierCustomerData: CustomerData = {
  name: "tiers",
  read: (connection, { projectId, id }) => recordsOfTiers(connection, projectId, id),
  async erase(connection, { projectId, id }) {
    const known = (await findTiers(connection, projectId, [id])).size;
    await deleteTiers(connection, projectId, [id]);
    return known + (await deleteSetting(connection, projectId, id));
  },
  async merge(connection, { projectId, guest, customer }) {
    const known = (await findTiers(connection, projectId, [guest.id])).size;
    await deleteTiers(connection, projectId, [guest.id]);
    return known + (await mergeSetting(connection, projectId, { from: guest.id, to: customer.id }));
  },
};

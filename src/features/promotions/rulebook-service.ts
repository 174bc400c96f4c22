import { setTimeout as delay } from "node:timers/promises";
import type { SelectorTable } from "../../engine/promotion.ts";
import { buildRulebook, type Rulebook } from "../../engine/rulebook.ts";
import { repeated } from "../../platform/background.ts";
import { type Clock, systemClock } from "../../platform/clock.ts";
import {
  type Connection,
  type Database,
  isConnectionLost,
  withReadSnapshot,
} from "../../platform/database.ts";
import { DatabaseAway } from "../../platform/database-watch.ts";
import type { Listener } from "../../platform/listen.ts";
import type { Log } from "../../platform/log.ts";
import { defaultOutage, type Outage } from "../../platform/outage.ts";
import { problem } from "../../platform/problem.ts";
import { remembered } from "../../platform/remembered.ts";
import type { ProjectSettings } from "../projects/project-schemas.ts";
import { type ProjectService, rulebookChannel } from "../projects/project-service.ts";
import type { Safeguards } from "../projects/safeguard-schemas.ts";
import { type CampaignInForce, type Splits, splitsOf } from "./campaign-in-force.ts";
import { type OtherRulebooks, otherRulebooks } from "./other-rulebooks-service.ts";
import { allActive, killedPromotions, promotionsChangedSince, type RuleRow } from "./promotion-store.ts";
import { restingOf } from "./resting-arms-service.ts";
import { type CompiledRules, compileRules, promotionsOf } from "./rule-compiler.ts";
import { rulebookKeeper } from "./rulebook-keeper-service.ts";

const mostProjects = 500;
/** A book compiled piecemeal keeps selectors that nobody uses any more; now and then it is compiled afresh. */
const mostStaleRules = 2_000;

/** What the carts of a project are priced by at one moment. Never changed: a new revision is a new value. */
export interface ProjectRules {
  readonly projectId: string;
  readonly revision: number;
  readonly settings: ProjectSettings;
  /** By which devices, phones and addresses are hashed before they are counted. */
  readonly identifierKey: Uint8Array;
  readonly safeguards: Safeguards;
  /** No promotion of the rulebook is in force. */
  readonly isStopped: boolean;
  /** Ids of promotions whose reservations are not committed any more. */
  readonly killed: ReadonlySet<string>;
  readonly rulebook: Rulebook;
  /** By key. */
  readonly campaigns: ReadonlyMap<string, CampaignInForce>;
  /** For whom there are price lists, as `scopeName` has it. */
  readonly priceListScopes: ReadonlySet<string>;
  /** Campaigns of its promotions that some customers are held out of; null: there are none. */
  readonly splits: Splits | null;
  /** When they were last known to be the newest. Epoch milliseconds. */
  readonly asOf: () => number;
  /** As an earlier process left them: without the key of the hashes, so that nothing can be counted by them. */
  readonly isFromDisk: boolean;
}

export interface RulebookService extends OtherRulebooks {
  /** The rules as last seen, at most about a second old. Answers at once unless the project was not in memory. */
  rulesOf(projectId: string): ProjectRules | Promise<ProjectRules>;
  /** The same; while the database is away, of a project that is not in memory those on the disk. For what promises nothing. */
  rulesForQuote(projectId: string): ProjectRules | Promise<ProjectRules>;
  /** Resolves once this process prices by `revision`: whoever changed a promotion then sees the change at once. */
  reach(projectId: string, revision: number): Promise<void>;
  /** How many rulebooks there are, and how long ago the least fresh of them was known to be the newest. */
  inMemory(): { count: number; oldestSeconds: number };
  /** Since they were last kept on the disk; 0 where nothing is kept. */
  keptAgeSeconds(): number;
  /** Begins to follow changes that other processes make. */
  start(): Promise<void>;
  close(): Promise<void>;
}

export interface RulebookServiceOptions {
  database: Database;
  projects: ProjectService;
  log: Log;
  /** Left out: there are no campaigns. */
  campaigns?: (connection: Connection, projectId: string) => Promise<CampaignInForce[]>;
  /** Left out: there are no price lists. */
  priceLists?: (connection: Connection, projectId: string) => Promise<string[]>;
  clock?: Clock;
  outage?: Outage | undefined;
  /** Left out: changes are found by asking alone. */
  listener?: Listener | undefined;
  pollMilliseconds?: number | undefined;
}

interface Entry {
  readonly projectId: string;
  rules: ProjectRules | null;
  compiled: CompiledRules;
  selectors: SelectorTable;
  staleRules: number;
  /** Something changed since the load now running began. */
  isStale: boolean;
  loading: Promise<ProjectRules> | null;
  lastUse: number;
  /** When the rules were last known to be the newest. */
  confirmedAt: number;
}

export function rulebookService(options: RulebookServiceOptions): RulebookService {
  const { database, projects, log, listener, pollMilliseconds = 1_000 } = options;
  const { clock = systemClock, outage = defaultOutage, campaigns: readCampaigns = async () => [] } = options;
  const { priceLists: readPriceListScopes = async () => [] } = options;
  const { watch } = database;
  const { directory } = outage;
  const keeper = directory === null ? null : rulebookKeeper({ ...outage, directory, log, now: clock.now });
  const fromDisk = new Map<string, Promise<ProjectRules>>();
  /** Of them, those that are there. */
  const readFromDisk = new Map<string, ProjectRules>();
  const entries = new Map<string, Entry>();
  const others = otherRulebooks({ database, log, inForce: (projectId) => entries.get(projectId)?.rules });
  const polling = repeated(pollMilliseconds, poll, (error) =>
    log.warn({ err: error }, "the revisions of the rulebooks could not be read"),
  );
  let uses = 0;

  function entryOf(projectId: string): Entry {
    let entry = entries.get(projectId);
    if (entry === undefined) {
      entry = addEntry(projectId);
    }
    uses += 1;
    entry.lastUse = uses;
    return entry;
  }

  async function loadOrRead(entry: Entry): Promise<ProjectRules> {
    const { projectId } = entry;
    try {
      if (!watch.isShut()) return await load(entry);
    } catch (error) {
      if (!isConnectionLost(error) || !(await watch.confirm())) throw error;
    }
    entries.delete(projectId);
    return remembered(fromDisk, projectId, mostProjects, async () => {
      const kept = await keeper?.read(projectId);
      if (kept === undefined || kept === null) throw new DatabaseAway();
      readFromDisk.set(projectId, kept);
      return kept;
    });
  }

  function addEntry(projectId: string): Entry {
    if (entries.size >= mostProjects) {
      const [idlest] = [...entries.values()].sort((a, b) => a.lastUse - b.lastUse);
      if (idlest !== undefined) entries.delete(idlest.projectId);
    }
    const entry: Entry = {
      projectId,
      rules: null,
      compiled: new Map(),
      selectors: new Map(),
      staleRules: 0,
      isStale: false,
      loading: null,
      lastUse: 0,
      confirmedAt: clock.now(),
    };
    entries.set(projectId, entry);
    return entry;
  }

  /** One load at a time; what changes meanwhile makes it go round again. Readers keep the old rules until it is done. */
  function load(entry: Entry): Promise<ProjectRules> {
    entry.loading ??= loadUntilFresh(entry).finally(() => {
      entry.loading = null;
    });
    return entry.loading;
  }

  async function loadUntilFresh(entry: Entry): Promise<ProjectRules> {
    try {
      for (;;) {
        entry.isStale = false;
        const began = performance.now();
        const asked = clock.now();
        entry.rules = await loadOnce(entry);
        entry.confirmedAt = asked;
        if (!entry.isStale) return entry.rules;
        // Under a storm of changes at most half of the time goes into compiling.
        await delay(Math.min(performance.now() - began, 250));
      }
    } catch (error) {
      // What could not be loaded at all is tried again by the next request, not kept as an empty shell.
      if (entry.rules === null) entries.delete(entry.projectId);
      throw error;
    }
  }

  async function loadOnce(entry: Entry): Promise<ProjectRules> {
    const { projectId, rules } = entry;
    const { basis, rows, killed, campaigns, priceLists, isWhole } = await withReadSnapshot(
      database,
      projectId,
      async (connection) => {
        const basis = await projects.rulebookBasis(connection, projectId);
        const isWhole = rules === null || basis?.settings.timezone !== rules.settings.timezone;
        if (basis === undefined || basis.revision === rules?.revision)
          return { basis, rows: [], killed: [], campaigns: [], priceLists: [], isWhole: false };
        const killed = await killedPromotions(connection, projectId);
        const campaigns = await readCampaigns(connection, projectId);
        const priceLists = await readPriceListScopes(connection, projectId);
        const rows = isWhole
          ? await allActive(connection, projectId)
          : await promotionsChangedSince(connection, projectId, rules.revision);
        return { basis, rows, killed, campaigns, priceLists, isWhole };
      },
    );
    if (basis === undefined) throw problem("unauthenticated", { detail: "The project is gone." });
    if (basis.revision === rules?.revision) return rules;
    await compileInto(entry, rows, basis.settings.timezone, isWhole);
    const promotions = promotionsOf(entry.compiled);
    const resting = await restingOf(database.of(projectId), projectId, promotions);
    const rulebook = buildRulebook(String(basis.revision), promotions, resting);
    return {
      projectId,
      revision: basis.revision,
      settings: basis.settings,
      identifierKey: basis.identifierKey,
      safeguards: basis.safeguards,
      isStopped: basis.isStopped,
      killed: new Set(killed),
      rulebook,
      campaigns: new Map(campaigns.map((campaign) => [campaign.key, campaign])),
      priceListScopes: new Set(priceLists),
      splits: splitsOf(campaigns, rulebook),
      asOf: () => entry.confirmedAt,
      isFromDisk: false,
    };
  }

  async function compileInto(
    entry: Entry,
    rows: readonly RuleRow[],
    timezone: string,
    isWhole: boolean,
  ): Promise<void> {
    const { projectId } = entry;
    if (isWhole) {
      entry.selectors = new Map();
      entry.staleRules = 0;
      entry.compiled = await compileRules(rows, { timezone, selectors: entry.selectors, log, projectId });
      return;
    }
    const active = rows.filter(({ status }) => status === "active");
    const fresh = await compileRules(active, { timezone, selectors: entry.selectors, log, projectId });
    for (const { id } of rows) entry.compiled.delete(id);
    for (const [id, rule] of fresh) entry.compiled.set(id, rule);
    entry.staleRules += rows.length;
    if (entry.staleRules > mostStaleRules + entry.compiled.size) {
      entry.selectors = new Map();
      entry.staleRules = 0;
      const all = [...entry.compiled].map(([id, { version, promotion }]) => ({
        id,
        version,
        document: promotion.document,
      }));
      entry.compiled = await compileRules(all, { timezone, selectors: entry.selectors, log, projectId });
    }
  }

  /** In the background: nobody waits for it, and the next poll tries again. */
  function refresh(projectId: string): void {
    const entry = entries.get(projectId);
    if (entry === undefined || polling.signal.aborted) return;
    entry.isStale = true;
    load(entry).catch((error: unknown) => {
      log.warn({ err: error, projectId }, "a rulebook could not be loaded anew; the one in memory goes on");
    });
  }

  async function poll(): Promise<void> {
    if (entries.size === 0) return;
    const asked = clock.now();
    const revisions = await projects.revisions([...entries.keys()]);
    for (const [projectId, entry] of entries) {
      const revision = revisions.get(projectId);
      if (entry.rules === null || revision === undefined) continue;
      if (revision === entry.rules.revision) entry.confirmedAt = asked;
      else refresh(projectId);
    }
  }

  /** Before an answer counts as given by the newest rules again. */
  async function catchUp(): Promise<void> {
    await poll();
    await Promise.all([...entries.values()].map(({ loading }) => loading));
    fromDisk.clear();
    readFromDisk.clear();
  }

  function* inForce(): Iterable<ProjectRules> {
    for (const { rules } of entries.values()) if (rules !== null) yield rules;
  }

  return {
    rulesOf(projectId) {
      const entry = entryOf(projectId);
      return entry.rules ?? load(entry);
    },

    rulesForQuote(projectId) {
      const entry = entryOf(projectId);
      return entry.rules ?? loadOrRead(entry);
    },

    ...others,

    async reach(projectId, revision) {
      const entry = entries.get(projectId);
      if (entry === undefined) return;
      try {
        while ((entry.rules?.revision ?? 0) < revision) {
          entry.isStale = true;
          await load(entry);
        }
      } catch (error) {
        // The change itself is committed; this process follows with the next poll.
        log.warn({ err: error, projectId }, "a rulebook could not be loaded after a change");
      }
    },

    inMemory() {
      const now = clock.now();
      const confirmed = [
        ...[...entries.values()].map(({ confirmedAt }) => confirmedAt),
        ...[...readFromDisk.values()].map(({ asOf }) => asOf()),
      ];
      const oldest = confirmed.reduce((least, at) => Math.min(least, at), now);
      return { count: confirmed.length, oldestSeconds: (now - oldest) / 1_000 };
    },
    keptAgeSeconds: () => keeper?.ageSeconds() ?? 0,
    async start() {
      polling.start();
      watch.onReturn(catchUp);
      keeper?.start(inForce);
      await listener?.subscribe(rulebookChannel, refresh, () => {
        for (const projectId of entries.keys()) refresh(projectId);
      });
    },

    async close() {
      await polling.close();
      await keeper?.close();
      await Promise.allSettled([...entries.values()].map(({ loading }) => loading));
    },
  };
}

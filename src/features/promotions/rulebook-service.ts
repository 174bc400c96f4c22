import { setTimeout as delay } from "node:timers/promises";
import type { SelectorTable } from "../../engine/promotion.ts";
import { buildRulebook, type Rulebook } from "../../engine/rulebook.ts";
import type { Settings } from "../../engine/settings.ts";
import { repeated } from "../../platform/background.ts";
import { type Connection, type Database, withReadSnapshot } from "../../platform/database.ts";
import type { Listener } from "../../platform/listen.ts";
import type { Log } from "../../platform/log.ts";
import { problem } from "../../platform/problem.ts";
import { type ProjectService, rulebookChannel } from "../projects/project-service.ts";
import type { Safeguards } from "../projects/safeguard-schemas.ts";
import {
  activePromotions,
  killedPromotions,
  promotionsAsOf,
  promotionsChangedSince,
  type RuleRow,
} from "./promotion-store.ts";
import { type CompiledRules, compileRules } from "./rule-compiler.ts";

const mostProjects = 500;
const rowsPerPage = 500;
const mostPastRulebooks = 16;
const mostZonesPerRulebook = 4;
/** A book compiled piecemeal keeps selectors that nobody uses any more; now and then it is compiled afresh. */
const mostStaleRules = 2_000;

/** What the carts of a project are priced by at one moment. Never changed: a new revision is a new value. */
export interface ProjectRules {
  readonly projectId: string;
  readonly revision: number;
  readonly settings: Settings;
  /** By which devices, phones and addresses are hashed before they are counted. */
  readonly identifierKey: Uint8Array;
  readonly safeguards: Safeguards;
  /** No promotion of the rulebook is in force. */
  readonly isStopped: boolean;
  /** Ids of promotions whose reservations are not committed any more. */
  readonly killed: ReadonlySet<string>;
  readonly rulebook: Rulebook;
}

export interface RulebookService {
  /** The rules as last seen, at most about a second old. Answers at once unless the project was not in memory. */
  rulesOf(projectId: string): ProjectRules | Promise<ProjectRules>;
  /** The same rules with another time zone for the schedules that name none. */
  inTimezone(rules: ProjectRules, timezone: string): Promise<ProjectRules>;
  /** The rules of an earlier revision, from the history. */
  rulebookAsOf(projectId: string, revision: number, timezone: string): Promise<Rulebook>;
  /** Resolves once this process prices by `revision`: whoever changed a promotion then sees the change at once. */
  reach(projectId: string, revision: number): Promise<void>;
  /** How many rulebooks there are, and how long ago the least fresh of them was known to be the newest. */
  inMemory(): { count: number; oldestSeconds: number };
  /** Begins to follow changes that other processes make. */
  start(): Promise<void>;
  close(): Promise<void>;
}

export interface RulebookServiceOptions {
  database: Database;
  projects: ProjectService;
  log: Log;
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
  /** When the rules were last known to be the newest, by the clock of `performance`. */
  confirmedAt: number;
}

export function rulebookService(options: RulebookServiceOptions): RulebookService {
  const { database, projects, log, listener, pollMilliseconds = 1_000 } = options;
  const entries = new Map<string, Entry>();
  const past = new Map<string, Promise<Rulebook>>();
  const inZones = new WeakMap<ProjectRules, Map<string, Promise<ProjectRules>>>();
  const polling = repeated(pollMilliseconds, poll, (error) =>
    log.warn({ err: error }, "the revisions of the rulebooks could not be read"),
  );
  let uses = 0;

  function rulesOf(projectId: string): ProjectRules | Promise<ProjectRules> {
    let entry = entries.get(projectId);
    if (entry === undefined) {
      entry = addEntry(projectId);
    }
    uses += 1;
    entry.lastUse = uses;
    return entry.rules ?? load(entry);
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
      confirmedAt: performance.now(),
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
        entry.rules = await loadOnce(entry);
        entry.confirmedAt = began;
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
    const { basis, rows, killed, isWhole } = await withReadSnapshot(
      database,
      projectId,
      async (connection) => {
        const basis = await projects.rulebookBasis(connection, projectId);
        const isWhole = rules === null || basis?.settings.timezone !== rules.settings.timezone;
        if (basis === undefined || basis.revision === rules?.revision)
          return { basis, rows: [], killed: [], isWhole: false };
        const killed = await killedPromotions(connection, projectId);
        const rows = isWhole
          ? await allActive(connection, projectId)
          : await promotionsChangedSince(connection, projectId, rules.revision);
        return { basis, rows, killed, isWhole };
      },
    );
    if (basis === undefined) throw problem("unauthenticated", { detail: "The project is gone." });
    if (basis.revision === rules?.revision) return rules;
    await compileInto(entry, rows, basis.settings.timezone, isWhole);
    return {
      projectId,
      revision: basis.revision,
      settings: basis.settings,
      identifierKey: basis.identifierKey,
      safeguards: basis.safeguards,
      isStopped: basis.isStopped,
      killed: new Set(killed),
      rulebook: buildRulebook(
        String(basis.revision),
        [...entry.compiled.values()].map(({ promotion }) => promotion),
      ),
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
    const asked = performance.now();
    const revisions = await projects.revisions([...entries.keys()]);
    for (const [projectId, entry] of entries) {
      const revision = revisions.get(projectId);
      if (entry.rules === null || revision === undefined) continue;
      if (revision === entry.rules.revision) entry.confirmedAt = asked;
      else refresh(projectId);
    }
  }

  async function makePast(projectId: string, revision: number, timezone: string): Promise<Rulebook> {
    const rows = await promotionsAsOf(database.of(projectId), projectId, revision);
    const compiled = await compileRules(rows, { timezone, selectors: new Map(), log, projectId });
    return buildRulebook(
      String(revision),
      [...compiled.values()].map(({ promotion }) => promotion),
    );
  }

  async function makeInZone(rules: ProjectRules, timezone: string): Promise<ProjectRules> {
    const rows = rules.rulebook.promotions.map(({ id, document }) => ({
      id: id ?? "",
      version: 0,
      document,
    }));
    const { projectId } = rules;
    const compiled = await compileRules(rows, { timezone, selectors: new Map(), log, projectId });
    return {
      ...rules,
      settings: { ...rules.settings, timezone },
      rulebook: buildRulebook(
        rules.rulebook.version,
        [...compiled.values()].map(({ promotion }) => promotion),
      ),
    };
  }

  return {
    rulesOf,

    async inTimezone(rules, timezone) {
      if (timezone === rules.settings.timezone) return rules;
      const zones = inZones.get(rules) ?? new Map<string, Promise<ProjectRules>>();
      inZones.set(rules, zones);
      return remembered(zones, timezone, mostZonesPerRulebook, () => makeInZone(rules, timezone));
    },

    async rulebookAsOf(projectId, revision, timezone) {
      const current = entries.get(projectId)?.rules;
      if (current?.revision === revision && current.settings.timezone === timezone) return current.rulebook;
      return remembered(past, `${projectId} ${revision} ${timezone}`, mostPastRulebooks, () =>
        makePast(projectId, revision, timezone),
      );
    },

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
      let oldest = performance.now();
      const now = oldest;
      for (const { confirmedAt } of entries.values()) oldest = Math.min(oldest, confirmedAt);
      return { count: entries.size, oldestSeconds: (now - oldest) / 1_000 };
    },

    async start() {
      polling.start();
      await listener?.subscribe(rulebookChannel, refresh, () => {
        for (const projectId of entries.keys()) refresh(projectId);
      });
    },

    async close() {
      await polling.close();
      await Promise.allSettled([...entries.values()].map(({ loading }) => loading));
    },
  };
}

/** In pages: turning ten thousand rows into objects at one go would hold up requests. */
async function allActive(connection: Connection, projectId: string): Promise<RuleRow[]> {
  const rows: RuleRow[] = [];
  let page: RuleRow[];
  do {
    page = await activePromotions(connection, projectId, {
      afterId: rows.at(-1)?.id ?? "",
      limit: rowsPerPage,
    });
    rows.push(...page);
  } while (page.length === rowsPerPage);
  return rows;
}

/** The value behind `key`, made once; the oldest go when there are more than `most`, and a failure is not remembered. */
function remembered<Value>(
  values: Map<string, Promise<Value>>,
  key: string,
  most: number,
  make: () => Promise<Value>,
): Promise<Value> {
  const known = values.get(key);
  if (known !== undefined) return known;
  const value = make();
  values.set(key, value);
  value.catch(() => values.delete(key));
  const [oldest] = values.keys();
  if (values.size > most && oldest !== undefined) values.delete(oldest);
  return value;
}

/**
 * The counters that belong to nobody in particular (total uses, budgets, stocks), in memory: a quote reads them there, at
 * most about a second old. Exactness belongs to the committer, which reads them under locks.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { CompiledPromotion } from "../../engine/promotion.ts";
import { counterKey } from "../../ledger/books.ts";
import type { Database } from "../../platform/database.ts";
import type { Log } from "../../platform/log.ts";
import type { CommitterService } from "../ledger/committer-service.ts";
import type { ProjectRules } from "../promotions/rulebook-service.ts";
import { readSharedCounters } from "./facts-store.ts";
import { isCounted } from "./usage-facts.ts";

const pollMilliseconds = 1_000;
const mostProjects = 500;

export interface Usage {
  /** The counted promotions of the rules, by key. */
  readonly promotions: ReadonlyMap<string, CompiledPromotion>;
  /** By counter key. Goes on changing. */
  readonly taken: ReadonlyMap<string, number>;
}

export interface UsageService {
  /** At once, unless the project's counters were not in memory. */
  usageOf(rules: ProjectRules): Usage | Promise<Usage>;
  start(): void;
  close(): void;
}

interface Entry {
  rules: ProjectRules;
  promotions: Map<string, CompiledPromotion>;
  taken: Map<string, number>;
  usage: Usage | null;
  loading: Promise<Usage> | null;
  /** Asked for since the last poll: what nobody asks for is not kept up to date. */
  isWanted: boolean;
}

export function usageService(options: {
  database: Database;
  committer: CommitterService;
  log: Log;
}): UsageService {
  const { database, committer, log } = options;
  const entries = new Map<string, Entry>();
  const closing = new AbortController();

  committer.onPosted((projectId, books, names) => {
    const entry = entries.get(projectId);
    if (entry === undefined) return;
    for (const name of names) {
      if (name.holder !== "") continue;
      const key = counterKey(name);
      const tally = books.counters.get(key);
      if (tally !== undefined) entry.taken.set(key, tally.used + tally.reserved);
    }
  });

  function usageOf(rules: ProjectRules): Usage | Promise<Usage> {
    let entry = entries.get(rules.projectId);
    if (entry === undefined) {
      if (entries.size >= mostProjects) entries.delete(entries.keys().next().value ?? "");
      entry = {
        rules,
        promotions: countedIn(rules),
        taken: new Map(),
        usage: null,
        loading: null,
        isWanted: true,
      };
      entries.set(rules.projectId, entry);
    } else if (entry.rules !== rules) {
      entry.rules = rules;
      entry.promotions = countedIn(rules);
      entry.usage = entry.usage === null ? null : { promotions: entry.promotions, taken: entry.taken };
    }
    entry.isWanted = true;
    if (entry.promotions.size === 0) return nothingCounted;
    return entry.usage ?? load(entry);
  }

  function load(entry: Entry): Promise<Usage> {
    entry.loading ??= refresh(entry).finally(() => {
      entry.loading = null;
    });
    return entry.loading;
  }

  async function refresh(entry: Entry): Promise<Usage> {
    const ids = [...entry.promotions.values()].flatMap(({ id }) => id ?? []);
    const read = await readSharedCounters(database.pool, entry.rules.projectId, ids);
    for (const [key, amount] of read) entry.taken.set(key, amount);
    entry.usage = { promotions: entry.promotions, taken: entry.taken };
    return entry.usage;
  }

  async function poll(): Promise<void> {
    while (!closing.signal.aborted) {
      await delay(pollMilliseconds, undefined, { ref: false, signal: closing.signal }).catch(() => {});
      for (const entry of entries.values()) {
        if (closing.signal.aborted) return;
        if (!entry.isWanted || entry.promotions.size === 0) continue;
        entry.isWanted = false;
        await load(entry).catch((error: unknown) => {
          log.debug({ err: error }, "the counters could not be read; those in memory go on");
        });
      }
    }
  }

  return {
    usageOf,
    start() {
      poll();
    },
    close: () => closing.abort(),
  };
}

const nothingCounted: Usage = { promotions: new Map(), taken: new Map() };

const counted = new WeakMap<ProjectRules["rulebook"], Map<string, CompiledPromotion>>();

/** Worked out once for each rulebook. */
function countedIn({ rulebook }: ProjectRules): Map<string, CompiledPromotion> {
  let promotions = counted.get(rulebook);
  if (promotions === undefined) {
    promotions = new Map(
      rulebook.promotions.filter(isCounted).map((promotion) => [promotion.key, promotion]),
    );
    counted.set(rulebook, promotions);
  }
  return promotions;
}

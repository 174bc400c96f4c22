/**
 * The counters that belong to nobody in particular (total uses, budgets, stocks), in memory: a quote reads them there, at
 * most about a second old. Exactness belongs to the committer, which reads them under locks.
 */
import type { CompiledPromotion } from "../../engine/promotion.ts";
import { counterKey } from "../../ledger/books.ts";
import { repeated } from "../../platform/background.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database.ts";
import type { Log } from "../../platform/log.ts";
import { guardedAmong, ruleOfCampaign } from "../ledger/campaign-counters.ts";
import type { CommitterService } from "../ledger/committer-service.ts";
import { amountCounter } from "../ledger/promotion-counters.ts";
import type { ProjectRules } from "../promotions/rulebook-service.ts";
import { readSharedCounters } from "./facts-store.ts";
import { isCounted } from "./usage-facts.ts";

const mostProjects = 500;
/** A budget of which no more is left is called low. */
const lowShare = 0.1;

export interface Usage {
  /** The counted promotions of the rules, by key. */
  readonly promotions: ReadonlyMap<string, CompiledPromotion>;
  /** Whose counters they are, as counters name them: those promotions, and guarded campaigns. */
  readonly rules: readonly string[];
  /** By counter key. Goes on changing. */
  readonly taken: ReadonlyMap<string, number>;
}

export interface UsageService {
  /** At once, unless the project's counters were not in memory. */
  usageOf(rules: ProjectRules): Usage | Promise<Usage>;
  /** Promotions that are not over, and campaigns, with a budget: by what is left of it as far as is known in memory. */
  budgets(): { all: number; low: number; spent: number };
  start(): void;
  close(): Promise<void>;
}

interface Entry {
  projectRules: ProjectRules;
  promotions: Usage["promotions"];
  rules: Usage["rules"];
  taken: Map<string, number>;
  usage: Usage | null;
  loading: Promise<Usage> | null;
  /** By `performance.now()`. */
  lastUse: number;
}

export function usageService(options: {
  database: Database;
  clock: Clock;
  committer: CommitterService;
  log: Log;
  pollMilliseconds?: number;
  /** A project that nobody asks about for so long is forgotten, and read again by whoever asks next. */
  idleMilliseconds?: number;
}): UsageService {
  const { database, clock, committer, log, pollMilliseconds = 1_000, idleMilliseconds = 300_000 } = options;
  const entries = new Map<string, Entry>();
  const background = repeated(pollMilliseconds, poll, (error) => {
    log.debug({ err: error }, "the counters could not be read; those in memory go on");
  });

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
        projectRules: rules,
        ...countedIn(rules),
        taken: new Map(),
        usage: null,
        loading: null,
        lastUse: 0,
      };
      entries.set(rules.projectId, entry);
    } else if (entry.projectRules !== rules) {
      entry.projectRules = rules;
      Object.assign(entry, countedIn(rules));
      if (entry.usage !== null) entry.usage = usageIn(entry);
    }
    entry.lastUse = performance.now();
    if (entry.rules.length === 0) return nothingCounted;
    return entry.usage ?? load(entry);
  }

  function load(entry: Entry): Promise<Usage> {
    entry.loading ??= refresh(entry).finally(() => {
      entry.loading = null;
    });
    return entry.loading;
  }

  async function refresh(entry: Entry): Promise<Usage> {
    const { projectId } = entry.projectRules;
    const read = await readSharedCounters(database.of(projectId).$client, projectId, entry.rules);
    for (const [key, amount] of read) entry.taken.set(key, amount);
    entry.usage = usageIn(entry);
    return entry.usage;
  }

  async function poll(): Promise<void> {
    for (const [projectId, entry] of entries) {
      if (background.signal.aborted) return;
      // Not kept and left to age: the next quote would read counters of long ago.
      if (performance.now() - entry.lastUse > idleMilliseconds) entries.delete(projectId);
      else if (entry.rules.length > 0) await load(entry);
    }
  }

  function budgets() {
    const found = { all: 0, low: 0, spent: 0 };
    const now = clock.now();
    const add = (rule: string, budget: Readonly<Record<string, number>>, taken: Usage["taken"]) => {
      const shares = Object.entries(budget).map(
        ([currency, amount]) => 1 - (taken.get(counterKey(amountCounter(rule, currency))) ?? 0) / amount,
      );
      const left = Math.min(...shares);
      found.all += 1;
      if (left <= 0) found.spent += 1;
      if (left <= lowShare) found.low += 1;
    };
    for (const { promotions, taken, projectRules } of entries.values()) {
      for (const { id, document, schedule } of promotions.values()) {
        const { endsAt = null } = schedule ?? {};
        if (document.budget === undefined || id === null || (endsAt !== null && endsAt <= now)) continue;
        add(id, document.budget.amount, taken);
      }
      for (const { key, budget } of guardedAmong(projectRules.campaigns).values())
        if (budget !== null) add(ruleOfCampaign(key), budget, taken);
    }
    return found;
  }

  return { usageOf, budgets, start: background.start, close: background.close };
}

const nothingCounted: Usage = { promotions: new Map(), rules: [], taken: new Map() };

function usageIn({ promotions, rules, taken }: Entry): Usage {
  return { promotions, rules, taken };
}

type Counted = Pick<Usage, "promotions" | "rules">;

const counted = new WeakMap<ProjectRules["rulebook"], Counted>();

/** Worked out once for each rulebook. */
function countedIn({ rulebook, campaigns }: ProjectRules): Counted {
  let found = counted.get(rulebook);
  if (found === undefined) {
    const promotions = rulebook.promotions.filter(isCounted);
    found = {
      promotions: new Map(promotions.map((promotion) => [promotion.key, promotion])),
      rules: [
        ...promotions.flatMap(({ id }) => id ?? []),
        ...[...guardedAmong(campaigns).keys()].map(ruleOfCampaign),
      ],
    };
    counted.set(rulebook, found);
  }
  return found;
}

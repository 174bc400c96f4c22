/**
 * What the ERP says is on the shelves, in memory: evaluations read it there, at most about a second old. Only of projects in
 * which a promotion asks for it.
 */
import { stockName } from "../../engine/safety-stock.ts";
import { eachApart, repeated } from "../../platform/background.ts";
import type { Database } from "../../platform/database.ts";
import type { Listener } from "../../platform/listen.ts";
import type { Log } from "../../platform/log.ts";
import { changesAfter, stockChannel } from "./stock-store.ts";

/** Units by `stockName`. Goes on changing. */
export type StockLevels = ReadonlyMap<string, number>;

export interface StockLevelsService {
  /** At once, unless the project's levels were not in memory. */
  levelsOf(projectId: string): StockLevels | Promise<StockLevels>;
  /** Resolves once this process knows what was committed before. */
  catchUp(projectId: string): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

const mostProjects = 500;
const rowsPerRead = 5_000;
const beginning = { revision: 0, sku: "", store: "" };

interface Entry {
  readonly levels: Map<string, number>;
  seen: typeof beginning;
  isLoaded: boolean;
  loading: Promise<StockLevels> | null;
  /** By `performance.now()`. */
  lastUse: number;
}

export function stockLevelsService({
  database,
  log,
  listener,
  pollMilliseconds = 1_000,
  idleMilliseconds = 300_000,
}: {
  database: Database;
  log: Log;
  listener?: Listener | undefined;
  pollMilliseconds?: number;
  idleMilliseconds?: number;
}): StockLevelsService {
  const entries = new Map<string, Entry>();
  const background = repeated(pollMilliseconds, poll, (error) =>
    log.debug({ err: error }, "the stock could not be read; that in memory goes on"),
  );

  function entryOf(projectId: string): Entry {
    let entry = entries.get(projectId);
    if (entry === undefined) {
      if (entries.size >= mostProjects) entries.delete(entries.keys().next().value ?? "");
      entry = {
        levels: new Map(),
        seen: beginning,
        isLoaded: false,
        loading: null,
        lastUse: 0,
      };
      entries.set(projectId, entry);
    }
    entry.lastUse = performance.now();
    return entry;
  }

  function load(projectId: string, entry: Entry): Promise<StockLevels> {
    entry.loading ??= readOn(projectId, entry).finally(() => {
      entry.loading = null;
    });
    return entry.loading;
  }

  async function readOn(projectId: string, entry: Entry): Promise<StockLevels> {
    for (;;) {
      const rows = await changesAfter(database.of(projectId), projectId, entry.seen, rowsPerRead);
      for (const { sku, store, quantity } of rows)
        entry.levels.set(stockName(sku, store === "" ? null : store), quantity);
      const last = rows.at(-1);
      if (last !== undefined) entry.seen = last;
      if (rows.length < rowsPerRead) break;
    }
    entry.isLoaded = true;
    return entry.levels;
  }

  async function poll(): Promise<void> {
    // Not kept and left to age: the next quote would read what was there long ago.
    for (const [projectId, { lastUse }] of entries)
      if (performance.now() - lastUse > idleMilliseconds) entries.delete(projectId);
    const read = ([projectId, entry]: [string, Entry]) => load(projectId, entry);
    await eachApart([...entries], background.signal, read, (error, [projectId]) =>
      log.debug({ err: error, projectId }, "the stock could not be read; that in memory goes on"),
    );
  }

  async function catchUp(projectId: string): Promise<void> {
    const entry = entries.get(projectId);
    if (entry === undefined) return;
    // One that has begun may have read past it already; what begins now, also for others who waited, has not.
    await entry.loading?.catch(() => {});
    await load(projectId, entry);
  }

  function hear(projectId: string): void {
    catchUp(projectId).catch((error: unknown) =>
      log.debug({ err: error, projectId }, "the stock could not be read; the next poll tries again"),
    );
  }

  return {
    levelsOf(projectId) {
      const entry = entryOf(projectId);
      return entry.isLoaded ? entry.levels : load(projectId, entry);
    },
    catchUp,
    async start() {
      background.start();
      await listener?.subscribe(stockChannel, hear, () => {
        for (const projectId of entries.keys()) hear(projectId);
      });
    },
    close: background.close,
  };
}

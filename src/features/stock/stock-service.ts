/** Stock as the ERP tells of it. What was counted before what is known changes nothing, however often and late it comes. */

import { z } from "zod";
import type { Clock } from "../../platform/clock.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import { isKeepable, outOfRange } from "../../platform/instants.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { type ProblemError, problem } from "../../platform/problem.ts";
import type { ProjectService } from "../projects/project-service.ts";
import type { StockLevelsService } from "./stock-levels-service.ts";
import type { StockDocument, StockLevel, StockQuery } from "./stock-schemas.ts";
import {
  beginWrite,
  findFeed,
  findLevels,
  type IncomingStock,
  listLevels,
  storeNewer,
  tellOfChange,
} from "./stock-store.ts";
import type { StockLevelRow } from "./stock-tables.ts";

export interface StockService {
  /** What is to be stored; or what is wrong with when it was counted. */
  incomingOf(sku: string, document: StockDocument): IncomingStock | ProblemError;
  put(projectId: string, sku: string, document: StockDocument): Promise<StockLevel>;
  /** What became of each, in their order. No two may name the same SKU and store. */
  writeAll(projectId: string, incoming: readonly IncomingStock[]): Promise<StockOutcome[]>;
  list(projectId: string, query: StockQuery): Promise<Page<StockLevel>>;
}

/** `stale`: something that was counted later is known. `unchanged`: it is known already. */
export interface StockOutcome {
  readonly status: "stored" | "unchanged" | "stale";
  /** What is known now. */
  readonly row: StockLevelRow;
}

/** However long a feed may be silent: so often it is looked whether the project says otherwise by now. */
const lookAgainSeconds = 600;

const levelCursor = cursorOf("stock", z.strictObject({ sku: z.string(), store: z.string() }));

export function stockService({
  database,
  clock,
  projects,
  levels,
}: {
  database: Database;
  clock: Clock;
  projects: Pick<ProjectService, "project">;
  levels: Pick<StockLevelsService, "catchUp">;
}): StockService {
  async function writeAll(projectId: string, incoming: readonly IncomingStock[]): Promise<StockOutcome[]> {
    const maxAgeSeconds = await maxAgeOf(projectId);
    const outcomes = await withTransaction(database, projectId, (connection) =>
      write(connection, projectId, incoming, maxAgeSeconds),
    );
    // Whoever told it sees it at once; other processes hear of it.
    if (outcomes.some(({ status }) => status === "stored")) await levels.catchUp(projectId).catch(() => {});
    return outcomes;
  }

  async function write(
    connection: Connection,
    projectId: string,
    incoming: readonly IncomingStock[],
    maxAgeSeconds: number | null,
  ): Promise<StockOutcome[]> {
    const receivedAt = new Date(clock.now());
    const alarmAt = new Date(
      clock.now() + Math.min(maxAgeSeconds ?? lookAgainSeconds, lookAgainSeconds) * 1_000,
    );
    const revision = await beginWrite(connection, projectId, receivedAt, alarmAt);
    const stored = await storeNewer(connection, projectId, incoming, { revision, receivedAt });
    if (stored.length > 0) await tellOfChange(connection, projectId);
    const found = new Map(stored.map((row) => [nameOf(row), row]));
    const others = incoming.filter((one) => !found.has(nameOf(one)));
    const known = new Map((await findLevels(connection, projectId, others)).map((row) => [nameOf(row), row]));
    return incoming.map((one) => {
      const row = found.get(nameOf(one));
      if (row !== undefined) return { status: "stored", row };
      const standing = known.get(nameOf(one))!;
      const isSame = standing.asOf.getTime() === one.asOf.getTime() && standing.quantity === one.quantity;
      return { status: isSame ? "unchanged" : "stale", row: standing };
    });
  }

  async function maxAgeOf(projectId: string): Promise<number | null> {
    return (await projects.project(projectId)).settings.stockMaxAgeSeconds;
  }

  function incomingOf(sku: string, { store, quantity, asOf }: StockDocument): IncomingStock | ProblemError {
    if (!isKeepable(asOf)) return { path: "/asOf", ...outOfRange };
    const counted = Date.parse(asOf);
    if (counted > clock.now() + aheadSeconds * 1_000) return notYet;
    return { sku, store: store ?? "", quantity, asOf: new Date(counted) };
  }

  return {
    incomingOf,
    writeAll,

    async put(projectId, sku, document) {
      const incoming = incomingOf(sku, document);
      if ("code" in incoming) throw problem("invalid-request", { errors: [incoming] });
      const [outcome] = await writeAll(projectId, [incoming]);
      const { status, row } = outcome!;
      if (status === "stale") throw problem("stale", { errors: [staleFault(row)] });
      return shown(row, false);
    },

    async list(projectId, { limit, after, ...filters }) {
      const connection = database.of(projectId);
      const rows = await listLevels(connection, projectId, filters, {
        after: levelCursor.decode(after),
        limit: limit + 1,
      });
      const [feed, maxAgeSeconds] = [await findFeed(connection, projectId), await maxAgeOf(projectId)];
      const isStale =
        feed !== undefined &&
        maxAgeSeconds !== null &&
        clock.now() - feed.receivedAt.getTime() > maxAgeSeconds * 1_000;
      return levelCursor.page(
        rows,
        limit,
        ({ sku, store }) => ({ sku, store }),
        (row) => shown(row, isStale),
      );
    },
  };
}

/** How far ahead of ours the clock of an ERP may be. A count from further ahead would be the latest until then, whatever comes. */
const aheadSeconds = 300;

const notYet = { path: "/asOf", code: "time_in_future", message: "Nobody can have counted then yet." };

export function staleFault({ asOf }: StockLevelRow) {
  return { path: "/asOf", code: "stale", message: `The count of ${asOf.toISOString()} is stored already.` };
}

function nameOf({ sku, store }: { readonly sku: string; readonly store: string }): string {
  return JSON.stringify([sku, store]);
}

function shown({ sku, store, quantity, asOf, receivedAt }: StockLevelRow, isStale: boolean): StockLevel {
  return {
    sku,
    store: store === "" ? null : store,
    quantity,
    asOf: asOf.toISOString(),
    receivedAt: receivedAt.toISOString(),
    isStale,
  };
}

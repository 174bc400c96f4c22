/** Accounts of dealers, in networks of several levels. */
import { z } from "zod";
import type { DealerFact } from "../../engine/dealer.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { problem } from "../../platform/problem.ts";
import { nothingChanged, recordChange } from "../audit/audit-service.ts";
import { recordEvents } from "../events/event-service.ts";
import { newEvent } from "../events/event-types.ts";
import { type Dealer, type DealerDocument, type DealerQuery, mostLevels } from "./dealer-schemas.ts";
import {
  dealersBelow,
  dealersById,
  findDealer,
  listDealers,
  lockNetworks,
  moveDealersBelow,
  saveDealer,
} from "./dealer-store.ts";
import type { DealerRow } from "./dealer-tables.ts";

export interface DealerService {
  /** `ifMatch` empty: whatever is there, or nothing. */
  put(context: OperationContext, id: string, ifMatch: string, document: DealerDocument): Promise<Dealer>;
  dealer(projectId: string, id: string): Promise<Dealer>;
  list(projectId: string, query: DealerQuery): Promise<Page<Dealer>>;
}

const listCursor = cursorOf("dealers", z.string());
const toldAtOnce = 1_000;

export function dealerService({ database, clock }: { database: Database; clock: Clock }): DealerService {
  async function networkOf(
    connection: Connection,
    projectId: string,
    id: string,
    parent: string | undefined,
  ): Promise<string[]> {
    if (parent === undefined) return [id];
    const above = await findDealer(connection, projectId, parent);
    if (above === undefined) throw parentFault("unknown_dealer", "There is no such dealer.");
    if (above.network.includes(id)) throw parentFault("network_circle", "They are below this dealer.");
    return [...above.network, id];
  }

  return {
    put(context, id, ifMatch, document) {
      const { projectId } = context;
      return withTransaction(database, projectId, async (connection) => {
        await lockNetworks(connection, projectId);
        const before = await findDealer(connection, projectId, id);
        if (
          ifMatch !== "" &&
          (before === undefined || (ifMatch !== "*" && ifMatch !== String(before.version)))
        )
          throw problem("precondition-failed");
        if (before !== undefined && isSame(before.document, document)) {
          nothingChanged(context);
          return shown(before);
        }
        const network = await networkOf(connection, projectId, id, document.parent);
        const hasMoved = before !== undefined && before.network.join("\n") !== network.join("\n");
        const below = hasMoved ? await dealersBelow(connection, projectId, id) : { ids: [], deepest: 0 };
        if (network.length + below.deepest > mostLevels)
          throw parentFault("network_too_deep", `Networks have at most ${mostLevels} levels.`);
        const row: DealerRow = {
          projectId,
          id,
          level: document.level ?? null,
          region: document.region ?? null,
          parent: document.parent ?? null,
          network,
          document,
          version: (before?.version ?? 0) + 1,
          updatedAt: new Date(clock.now()),
        };
        await saveDealer(connection, row);
        if (hasMoved) await moveDealersBelow(connection, projectId, id, network);
        await recordChange(connection, context, { id, before: before?.document ?? null, after: document });
        // Whoever is below has another network.
        const changed = [id, ...below.ids];
        for (let at = 0; at < changed.length; at += toldAtOnce)
          await recordEvents(
            connection,
            projectId,
            changed
              .slice(at, at + toldAtOnce)
              .map((dealer) => newEvent("dealwright.dealer.changed", dealer, { dealer })),
          );
        return shown(row);
      });
    },

    async dealer(projectId, id) {
      const row = await findDealer(database.of(projectId), projectId, id);
      if (row === undefined) throw problem("dealer-not-found");
      return shown(row);
    },

    async list(projectId, { limit, after, ...filters }) {
      const rows = await listDealers(database.of(projectId), projectId, filters, {
        after: listCursor.decode(after),
        limit: limit + 1,
      });
      return listCursor.page(rows, limit, ({ id }) => id, shown);
    },
  };
}

/** For whoever goes by who the dealers of orders are. */
export async function dealerFacts(
  connection: Connection,
  projectId: string,
  ids: readonly string[],
): Promise<Map<string, DealerFact>> {
  return dealersById(connection, projectId, ids);
}

/** All of them, some at a time, by id. */
export async function* everyDealer(
  connection: Connection,
  projectId: string,
  atOnce: number,
): AsyncGenerator<DealerFact[]> {
  let after: string | null = null;
  for (;;) {
    const rows: DealerRow[] = await listDealers(connection, projectId, {}, { after, limit: atOnce });
    if (rows.length > 0) yield rows;
    if (rows.length < atOnce) return;
    after = rows.at(-1)!.id;
  }
}

function parentFault(code: string, message: string) {
  return problem("invalid-request", { errors: [{ path: "/parent", code, message }] });
}

/** What PostgreSQL keeps of a document has its own order of fields. */
function isSame(stored: DealerDocument, told: DealerDocument): boolean {
  return textOf(stored) === textOf(told);
}

function textOf({ name, level, region, parent, territory }: DealerDocument): string {
  const { regions, postalPrefixes, stores } = territory;
  return JSON.stringify([name, level, region, parent, regions, postalPrefixes, stores]);
}

function shown({ id, document, network, version, updatedAt }: DealerRow): Dealer {
  return { ...document, id, network, version, updatedAt: updatedAt.toISOString() };
}

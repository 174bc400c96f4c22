/**
 * Orders that were shipped outside of their dealer's territory [窜货]: flagged in the transaction that numbers their events, and
 * cleared by somebody who says why. Judged by the territory of that moment; one that changes later judges what comes then.
 */
import { z } from "zod";
import type { Clock } from "../../platform/clock.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { problem } from "../../platform/problem.ts";
import { nothingChanged, recordChange } from "../audit/audit-service.ts";
import type { FanOut } from "../events/event-sequencer-service.ts";
import { recordEvents } from "../events/event-service.ts";
import { type NewEvent, newEvent } from "../events/event-types.ts";
import { changedOrders } from "../orders/order-event.ts";
import type { TerritoryFlag, TerritoryFlagQuery } from "./dealer-schemas.ts";
import type { TerritoryFlagRow } from "./dealer-tables.ts";
import { destinationHash, placeOf } from "./dealer-territory.ts";
import {
  deleteFlag,
  hasDealers,
  listFlags,
  lockFlags,
  openFlags,
  type ShippedOrder,
  saveFlag,
  shippedOrders,
} from "./territory-flag-store.ts";

export { openFlags };

export interface TerritoryFlagService {
  list(projectId: string, query: TerritoryFlagQuery): Promise<Page<TerritoryFlag>>;
  /** Once. For the same reason again it changes nothing. */
  clear(context: OperationContext, order: string, reason: string): Promise<TerritoryFlag>;
}

/** For the sequencer. */
export function followShippedOrders(clock: Clock): FanOut {
  return async (connection, projectId, events) => {
    const { orders } = changedOrders(events);
    if (orders.length === 0 || !(await hasDealers(connection, projectId))) return;
    const shipped = await shippedOrders(connection, projectId, orders);
    const flags = await lockFlags(connection, projectId, orders);
    const told: NewEvent[] = [];
    for (const order of shipped)
      await judge(
        connection,
        { projectId, order, flag: flags.get(order.externalId), now: clock.now() },
        told,
      );
    await recordEvents(connection, projectId, told);
  };
}

async function judge(
  connection: Connection,
  {
    projectId,
    order,
    flag,
    now,
  }: { projectId: string; order: ShippedOrder; flag: TerritoryFlagRow | undefined; now: number },
  told: NewEvent[],
): Promise<void> {
  const { externalId, dealer, region, store, currency, total, placedAt, territory } = order;
  const isOutside = dealer !== null && territory !== null && placeOf(territory, order) === "outside";
  if (!isOutside) {
    if (flag === undefined) return;
    await deleteFlag(connection, projectId, externalId);
    told.push(flagEvent("withdrawn", flag));
    return;
  }
  const destination = destinationHash(dealer, order);
  const isKnown = flag !== undefined && flag.destination === destination;
  const row: TerritoryFlagRow = {
    projectId,
    externalId,
    dealer,
    destination,
    region,
    store,
    currency,
    total,
    placedAt: new Date(placedAt),
    flaggedAt: isKnown ? flag.flaggedAt : new Date(now),
    clearedAt: isKnown ? flag.clearedAt : null,
    clearedBy: isKnown ? flag.clearedBy : null,
    reason: isKnown ? flag.reason : null,
  };
  await saveFlag(connection, row);
  if (!isKnown) told.push(flagEvent("flagged", row));
}

function flagEvent(
  change: "flagged" | "cleared" | "withdrawn",
  { externalId, dealer, region, store }: TerritoryFlagRow,
): NewEvent {
  return newEvent(`dealwright.territory.${change}`, externalId, { order: externalId, dealer, region, store });
}

const cursor = cursorOf("territory-flags", z.tuple([z.int(), z.string()]));

export function territoryFlagService({
  database,
  clock,
}: {
  database: Database;
  clock: Clock;
}): TerritoryFlagService {
  return {
    async list(projectId, { limit, after, ...filters }) {
      const before = cursor.decode(after);
      const rows = await listFlags(database.of(projectId), projectId, filters, { before, limit: limit + 1 });
      return cursor.page(rows, limit, (row) => [row.placedAt.getTime(), row.externalId], shown);
    },

    clear(context, order, reason) {
      const { projectId, apiKeyId } = context;
      return withTransaction(database, projectId, async (connection) => {
        const flag = (await lockFlags(connection, projectId, [order])).get(order);
        if (flag === undefined) throw problem("territory-flag-not-found");
        if (flag.clearedAt !== null) {
          if (flag.reason !== reason) throw problem("territory-flag-cleared");
          nothingChanged(context);
          return shown(flag);
        }
        const cleared = { ...flag, clearedAt: new Date(clock.now()), clearedBy: apiKeyId, reason };
        await saveFlag(connection, cleared);
        await recordChange(connection, context, {
          id: order,
          before: { state: "open" },
          after: { state: "cleared", reason },
        });
        await recordEvents(connection, projectId, [flagEvent("cleared", cleared)]);
        return shown(cleared);
      });
    },
  };
}

function shown(row: TerritoryFlagRow): TerritoryFlag {
  const { externalId, dealer, region, store, currency, total, placedAt, flaggedAt } = row;
  return {
    order: externalId,
    dealer,
    state: row.clearedAt === null ? "open" : "cleared",
    shipTo: { region, store },
    currency,
    total,
    placedAt: placedAt.toISOString(),
    flaggedAt: flaggedAt.toISOString(),
    clearedAt: row.clearedAt?.toISOString() ?? null,
    clearedBy: row.clearedBy,
    reason: row.reason,
  };
}

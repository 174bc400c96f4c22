import { z } from "zod";
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { problem } from "../../platform/problem.ts";
import type { Flag, FlagQuery } from "./offline-schemas.ts";
import { findFlag, listFlags, resolveFlag } from "./offline-store.ts";
import type { OfflineFlagRow } from "./offline-tables.ts";

export interface OfflineFlagService {
  list(projectId: string, query: FlagQuery): Promise<Page<Flag>>;
  /** Once. The same note again changes nothing. */
  resolve(context: OperationContext, id: string, note: string): Promise<Flag>;
}

const cursor = cursorOf("offline-flags", z.strictObject({ id: z.string() }));

export function offlineFlagService({
  database,
  clock,
}: {
  database: Database;
  clock: Clock;
}): OfflineFlagService {
  return {
    async list(projectId, query) {
      const before = cursor.decode(query.after)?.id ?? null;
      const rows = await listFlags(database.of(projectId), projectId, query, before);
      const { items, nextCursor } = cursor.page(rows, query.limit, ({ id }) => ({ id }));
      return { items: items.map(shown), nextCursor };
    },
    async resolve({ projectId, apiKeyId }, id, note) {
      const resolvedAt = new Date(clock.now());
      const resolved = await resolveFlag(database.of(projectId), projectId, id, {
        resolvedAt,
        resolvedBy: apiKeyId,
        note,
      });
      const row = resolved ?? (await findFlag(database.of(projectId), projectId, id));
      if (row === undefined) throw problem("offline-flag-not-found");
      if (row.note !== note) throw problem("offline-flag-resolved");
      return shown(row);
    },
  };
}

function shown({
  id,
  kind,
  redemptionId,
  voucherId,
  promotion,
  source,
  orderRef,
  till,
  acceptedAt,
  currency,
  discount,
  amount,
  createdAt,
  resolvedAt,
  resolvedBy,
  note,
}: OfflineFlagRow): Flag {
  return {
    id,
    kind,
    state: resolvedAt === null ? "open" : "resolved",
    redemption: redemptionId,
    voucher: voucherId,
    promotion,
    source,
    orderRef,
    till,
    acceptedAt: acceptedAt.toISOString(),
    currency,
    discount,
    amount,
    createdAt: createdAt.toISOString(),
    resolvedAt: resolvedAt?.toISOString() ?? null,
    resolvedBy,
    note,
  };
}

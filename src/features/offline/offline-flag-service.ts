import { z } from "zod";
import type { Clock } from "../../platform/clock.ts";
import { type Database, withTransaction } from "../../platform/database.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { problem } from "../../platform/problem.ts";
import { nothingChanged, recordChange } from "../audit/audit-service.ts";
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
      return cursor.page(rows, query.limit, ({ id }) => ({ id }), shown);
    },
    resolve(context, id, note) {
      const { projectId, apiKeyId } = context;
      const resolution = { resolvedAt: new Date(clock.now()), resolvedBy: apiKeyId, note };
      return withTransaction(database, projectId, async (connection) => {
        const resolved = await resolveFlag(connection, projectId, id, resolution);
        const row = resolved ?? (await findFlag(connection, projectId, id));
        if (row === undefined) throw problem("offline-flag-not-found");
        if (row.note !== note) throw problem("offline-flag-resolved");
        if (resolved === undefined) nothingChanged(context);
        // The note is free text, and stays where it can be found: with the flag.
        else
          await recordChange(connection, context, {
            id,
            before: { state: "open" },
            after: { state: "resolved" },
          });
        return shown(row);
      });
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

/** Tags that something else than the shop gives and takes. */
import { limits } from "../../engine/limits.ts";
import { pseudonymOf } from "../../platform/customer-data.ts";
import type { Connection } from "../../platform/database.ts";
import { recordEvents } from "../events/event-service.ts";
import { newEvent } from "../events/event-types.ts";
import { hashCustomer } from "../ledger/promotion-counters.ts";
import { insertMissing, lockCustomer, upsertCustomers } from "./customer-store.ts";

/**
 * In the caller's transaction. Of whoever was not known it makes a customer; one who has as many tags as they may gets no
 * more. What changes nothing is no change.
 */
export async function changeTags(
  connection: Connection,
  { projectId, id }: { projectId: string; id: string },
  { add, remove }: { add: readonly string[]; remove: readonly string[] },
  { identifierKey, now }: { identifierKey: Uint8Array; now: number },
): Promise<void> {
  const at = new Date(now);
  await insertMissing(connection, projectId, [id], at);
  const standing = await lockCustomer(connection, projectId, id);
  const before = standing?.document.tags ?? [];
  const gone = new Set(remove);
  const tags = [...new Set([...before.filter((tag) => !gone.has(tag)), ...add])].slice(
    0,
    Math.max(limits.namesPerField, before.length),
  );
  if (tags.length === before.length && tags.every((tag, place) => tag === before[place])) return;
  const rows = await upsertCustomers(connection, projectId, [{ id, document: { tags } }], at);
  const events = rows.map(({ version }) =>
    newEvent("dealwright.customer.changed", pseudonymOf(hashCustomer(identifierKey, id)), {
      customer: id,
      version,
    }),
  );
  await recordEvents(connection, projectId, events);
}

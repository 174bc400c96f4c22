/** What is known of customers, for whoever asks conditions about them beside segments. */
import type { CompiledSegment } from "../../engine/segment.ts";
import type { Connection } from "../../platform/database.ts";
import { newTurns } from "../../platform/turns.ts";
import { bordersOf } from "./rfm-borders-service.ts";
import { type KnownCustomer, whoIsIn } from "./segment-rules.ts";
import { beginUpkeep, knownCustomers, sampleCustomers } from "./segment-upkeep-store.ts";

/** From the first call on what customers bought is added up, and kept current. */
export const keepActivity = beginUpkeep;

/** Of up to `most` customers all; of more an even part. */
export const someCustomers = sampleCustomers;

/** By id, as it is at this moment, with what these conditions ask for; of whom nothing is known, nothing. */
export async function knownNow(
  connection: Connection,
  projectId: string,
  ids: readonly string[],
  { conditions, now }: { conditions: CompiledSegment | null; now: number },
): Promise<Map<string, KnownCustomer>> {
  const withOrders = conditions?.needs.includes("orders") ?? false;
  const events = conditions?.events ?? null;
  const nothing = { document: {}, tier: null, completedOrders: 0, lastOrderAt: null, spent: {} };
  const known = new Map<string, KnownCustomer>(
    ids.map((id) => [
      id,
      { id, ...nothing, ...(withOrders && { orders: [] }), ...(events && { events: [] }) },
    ]),
  );
  const wanted = { withOrders, events, fromActivity: false, now };
  for (const customer of await knownCustomers(connection, projectId, ids, wanted))
    known.set(customer.id, customer);
  return known;
}

/** Who of them meets the conditions. */
export async function whoMeets(
  connection: Connection,
  projectId: string,
  conditions: CompiledSegment,
  customers: readonly KnownCustomer[],
  now: number,
): Promise<Set<string>> {
  const scoring = await bordersOf(connection, projectId);
  return new Set(await whoIsIn(conditions, customers, { scoring, now, turns: newTurns() }));
}

/** What is told of who came into a segment and who left it. */
import { pseudonymOf } from "../../platform/customer-data.ts";
import { type NewEvent, newEvent } from "../events/event-types.ts";
import { hashCustomer } from "../ledger/promotion-counters.ts";

export interface ToldChange {
  readonly segmentId: string;
  readonly customerId: string;
  readonly isIn: boolean;
}

/** `keys`: of the segments, by id. */
export function membershipEvents(
  changes: readonly ToldChange[],
  keys: ReadonlyMap<string, string>,
  identifierKey: Uint8Array,
): NewEvent[] {
  return changes.map(({ segmentId, customerId, isIn }) =>
    newEvent(
      isIn ? "dealwright.segment.entered" : "dealwright.segment.left",
      pseudonymOf(hashCustomer(identifierKey, customerId)),
      { customer: customerId, segment: keys.get(segmentId) ?? "", segmentId },
    ),
  );
}

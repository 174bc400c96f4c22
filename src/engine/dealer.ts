/** Dealers as rules know them: which of them are meant. */
import { z } from "zod";
import { limits } from "./limits.ts";

export interface DealerFact {
  readonly id: string;
  readonly level: string | null;
  readonly region: string | null;
  /** From the head of the network down to the dealer. */
  readonly network: readonly string[];
}

const names = z.array(z.string().min(1).max(limits.nameLength)).min(1).max(limits.namesPerSelector);

/** Inside a field any of the values, across the fields all of them. */
export const dealerFilter = z.strictObject({
  in: names.optional().describe("Ids of dealers."),
  levels: names.optional(),
  regions: names.optional().describe("Where the dealer is at home."),
  networks: names.optional().describe("Ids of dealers: they themselves and whoever is below them."),
});
export type DealerFilter = z.output<typeof dealerFilter>;

/** Whether a dealer is meant. A level or region that is not known is none of those named. */
export function dealerTest(filter: DealerFilter): (dealer: DealerFact) => boolean {
  const [ids, levels, regions, networks] = [filter.in, filter.levels, filter.regions, filter.networks].map(
    (values) => (values === undefined ? null : new Set(values)),
  );
  return ({ id, level, region, network }) =>
    (ids == null || ids.has(id)) &&
    (levels == null || (level !== null && levels.has(level))) &&
    (regions == null || (region !== null && regions.has(region))) &&
    (networks == null || network.some((dealer) => networks.has(dealer)));
}

import type { Rulebook } from "../../engine/rulebook.ts";
import type { GuardedCampaign } from "../ledger/campaign-counters.ts";

/** What carts are priced by of a campaign. */
export interface CampaignInForce extends GuardedCampaign {
  /** Of the customers who get none of its promotions; null: nobody is held out. */
  readonly holdoutPercent: number | null;
  /** Of the customers of whom it is noted that they met the campaign. */
  readonly samplePercent: number;
}

/** In percent, by campaign. */
export interface Splits {
  readonly holdouts: ReadonlyMap<string, number>;
  readonly samples: ReadonlyMap<string, number>;
}

/** Of those that promotions in force belong to: what others hold out concerns no cart. */
export function splitsOf(campaigns: readonly CampaignInForce[], { promotions }: Rulebook): Splits | null {
  const splitting = campaigns.filter(({ holdoutPercent }) => holdoutPercent !== null);
  if (splitting.length === 0) return null;
  const named = new Set(promotions.map(({ document }) => document.campaign));
  const met = splitting.filter(({ key }) => named.has(key));
  if (met.length === 0) return null;
  return {
    holdouts: new Map(met.map(({ key, holdoutPercent }) => [key, holdoutPercent!])),
    samples: new Map(met.map(({ key, samplePercent }) => [key, samplePercent])),
  };
}

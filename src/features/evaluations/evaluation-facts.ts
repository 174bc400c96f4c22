/** Facts as they are kept with an evaluation, so that it can be computed again. */
import type { CampaignFact, Facts, UsageFact } from "../../engine/facts.ts";

type Entries<Map> = Map extends ReadonlyMap<infer Key, infer Value> ? [Key, Value][] : never;

/** Facts as JSON: maps become lists of entries. */
export interface StoredFacts
  extends Omit<Facts, "coupons" | "deposits" | "holdouts" | "usage" | "campaigns" | "stock" | "resting"> {
  coupons?: Entries<NonNullable<Facts["coupons"]>>;
  deposits?: Entries<NonNullable<Facts["deposits"]>>;
  holdouts?: Entries<NonNullable<Facts["holdouts"]>>;
  /** Of the promotions, and campaigns, that were asked about. */
  usage?: [string, UsageFact][];
  campaigns?: [string, CampaignFact][];
  stock?: [string, number][];
  /** SKUs. */
  resting?: string[];
}

/** To be written as JSON, which leaves out what is undefined. */
export function storeFacts(facts: Facts): StoredFacts {
  const { coupons, deposits, holdouts, usage, campaigns, stock, resting } = facts;
  return {
    ...facts,
    coupons: coupons && [...coupons],
    deposits: deposits && [...deposits],
    holdouts: holdouts && [...holdouts],
    usage: usage instanceof Map ? [...usage] : undefined,
    campaigns: campaigns instanceof Map && campaigns.size > 0 ? [...campaigns] : undefined,
    stock: stock instanceof Map ? [...stock] : undefined,
    resting: resting instanceof Set && resting.size > 0 ? [...resting] : undefined,
  } as StoredFacts;
}

export function restoreFacts(facts: StoredFacts): Facts {
  const { coupons, deposits, holdouts, usage, campaigns, stock, resting, ...plain } = facts;
  return {
    ...plain,
    ...(coupons !== undefined && { coupons: new Map(coupons) }),
    ...(deposits !== undefined && { deposits: new Map(deposits) }),
    ...(holdouts !== undefined && { holdouts: new Map(holdouts) }),
    ...(usage !== undefined && { usage: new Map(usage) }),
    ...(campaigns !== undefined && { campaigns: new Map(campaigns) }),
    ...(stock !== undefined && { stock: new Map(stock) }),
    ...(resting !== undefined && { resting: new Set(resting) }),
  };
}

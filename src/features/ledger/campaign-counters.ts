/** What all promotions of a campaign take together, as counters: their discounts, and how often one customer had any of them. */
import { type Period, periodAt } from "../../engine/period.ts";
import type { CounterName } from "../../ledger/books.ts";
import { amountCounter, holderOf, usesCounter, type Who } from "./promotion-counters.ts";

/** A campaign as whoever counts for it knows it. */
export interface GuardedCampaign {
  readonly key: string;
  /** The most that its promotions take off altogether, minor units by currency; null: as much as they like. */
  readonly budget: Readonly<Record<string, number>> | null;
  /** In how many orders of one customer; null: in any. Without a period, in the whole campaign. */
  readonly perCustomer: { readonly orders: number; readonly period?: Period | undefined } | null;
  /** Where none of its promotions applies for now. */
  readonly pausedChannels: readonly string[];
  /** In which its days are told; null: the project's. */
  readonly timezone: string | null;
}

export type GuardedCampaigns = ReadonlyMap<string, GuardedCampaign>;

function isGuarded({ budget, perCustomer, pausedChannels }: GuardedCampaign): boolean {
  return budget !== null || perCustomer !== null || pausedChannels.length > 0;
}

const guarded = new WeakMap<GuardedCampaigns, GuardedCampaigns>();

/** Those that guard anything; worked out once for each revision of the rules. Where there is none, no cart carries any. */
export function guardedAmong(campaigns: GuardedCampaigns): GuardedCampaigns {
  let found = guarded.get(campaigns);
  if (found === undefined) {
    found = new Map([...campaigns].filter(([, campaign]) => isGuarded(campaign)));
    guarded.set(campaigns, found);
  }
  return found;
}

const prefix = "campaign:";

/** The `rule` of its counters, among which those of promotions are ids. */
export function ruleOfCampaign(key: string): string {
  return `${prefix}${key}`;
}

/** The campaign whose counter it is; null: it is no campaign's. */
export function campaignOfRule(rule: string): string | null {
  return rule.startsWith(prefix) ? rule.slice(prefix.length) : null;
}

/** Counted whether or not there is a cap: one that is set later knows what went before, since the campaign was entered. */
export function campaignAmountCounter(key: string, currency: string): CounterName {
  return amountCounter(ruleOfCampaign(key), currency);
}

/** Null where no customer is known, or nothing is counted by customer. */
export function campaignCustomerCounter(
  { key, perCustomer, timezone }: GuardedCampaign,
  who: Who,
  at: number,
  projectTimezone: string,
): CounterName | null {
  const holder = holderOf("customer", who);
  if (perCustomer === null || holder === null) return null;
  const { period } = perCustomer;
  return usesCounter(
    ruleOfCampaign(key),
    holder,
    period === undefined ? "" : periodAt(period, timezone ?? projectTimezone, at),
  );
}

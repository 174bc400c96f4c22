/** From a quote to what its redemption promises beside the price. */
import type { Quote } from "../../engine/quote.ts";
import type { PromisedReward } from "../ledger/ledger-commands.ts";

/** Gifts and services are the order's own: they come with the goods. */
export function promisedBy({ rewards }: Pick<Quote, "rewards">): { rewards?: PromisedReward[] } {
  const promised = rewards.flatMap(
    ({ kind, promotion, pool, to = null, validFor = null }, position): PromisedReward[] =>
      kind === "issue_coupon" && pool !== undefined
        ? [{ position, promotion, kind, pool, recipient: to, validFor, programme: null, points: null }]
        : [],
  );
  return promised.length === 0 ? {} : { rewards: promised };
}

/** From a quote to what its redemption promises beside the price. */
import type { Quote } from "../../engine/quote.ts";
import type { PromisedReward } from "../ledger/ledger-commands.ts";

type Reward = Quote["rewards"][number];

/** Points of a promotion that names no programme. */
const usualProgramme = "points";

/** Gifts and services are the order's own: they come with the goods. */
export function promisedBy({ rewards }: Pick<Quote, "rewards">): { rewards?: PromisedReward[] } {
  if (rewards.length === 0) return {};
  const promised = rewards.flatMap((reward, position): PromisedReward[] => {
    const { kind, promotion, pool = null, to = null, validFor = null } = reward;
    const named = { position, promotion, pool, recipient: to, validFor, programme: null, points: null };
    if (kind === "issue_coupon" && pool !== null) return [{ ...named, kind }];
    if (kind !== "points") return [];
    return [{ ...named, kind, programme: programmeOf(reward), points: pointsOf(reward, rewards) }];
  });
  return promised.length === 0 ? {} : { rewards: promised };
}

const programmeOf = ({ programme = usualProgramme }: Reward) => programme;

/**
 * A multiplier gives what is missing to so many times the points of the order's other rewards of its programme: two doubled offers
 * are three times the points, not four. Rounded down.
 */
function pointsOf(reward: Reward, rewards: readonly Reward[]): number {
  const { multiplier, points } = reward;
  if (multiplier === undefined) return points ?? 0;
  const others = rewards
    .filter(({ kind }) => kind === "points")
    .filter((other) => other.multiplier === undefined && programmeOf(other) === programmeOf(reward))
    .reduce((sum, { points: earned }) => sum + (earned ?? 0), 0);
  const [whole = "0", fraction = ""] = String(multiplier).split(".");
  const scale = 10n ** BigInt(fraction.length);
  return Number((BigInt(others) * (BigInt(whole + fraction) - scale)) / scale);
}

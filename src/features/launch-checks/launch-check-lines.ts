/** What of the evidence is good enough to launch with. Pure: each line is judged on figures that somebody else gathered. */
import type { LaunchCheckLine, LineName } from "./launch-check-schemas.ts";

type Judgement = readonly [outcome: LaunchCheckLine["outcome"], evidence: string, advice?: string];

function line(name: LineName, [outcome, evidence, advice]: Judgement): LaunchCheckLine {
  return { name, outcome, evidence, advice: advice ?? null };
}

const someOf = (names: readonly string[]) =>
  `${names.slice(0, 5).join(", ")}${names.length > 5 ? ` and ${names.length - 5} more` : ""}`;

export interface PromotionEvidence {
  readonly keys: readonly string[];
  readonly unsound: readonly string[];
  /** Over before the campaign begins, or beginning after it. */
  readonly outside: readonly string[];
  /** So many were looked at, and there are more; null: all were. */
  readonly cutAt: number | null;
}

export function judgePromotions({ keys, unsound, outside, cutAt }: PromotionEvidence): LaunchCheckLine {
  if (cutAt !== null)
    return line("promotions", [
      "failed",
      `More than ${cutAt} promotions name this campaign; the check covers the first ${cutAt}.`,
      "Archive what is not needed, or split the campaign.",
    ]);
  if (keys.length === 0)
    return line("promotions", [
      "failed",
      "No promotion names this campaign.",
      "Name it in `campaign` of its promotions.",
    ]);
  if (unsound.length > 0)
    return line("promotions", [
      "failed",
      `${unsound.length} of ${keys.length} cannot work as written: ${someOf(unsound)}.`,
      "Correct them; `POST /v1/promotions/validate` says what is wrong.",
    ]);
  if (outside.length > 0)
    return line("promotions", [
      "failed",
      `${outside.length} of ${keys.length} are never on while the campaign runs: ${someOf(outside)}.`,
      "Give them a schedule within the campaign's dates.",
    ]);
  return line("promotions", [
    "passed",
    keys.length === 1
      ? "1 promotion, sound and on while the campaign runs."
      : `${keys.length} promotions, all of them sound and on while the campaign runs.`,
  ]);
}

export interface ConflictEvidence {
  readonly compared: number;
  /** Pairs of which only one can apply, and neither has the higher priority. */
  readonly undecided: readonly string[];
  /** Pairs that have one code. */
  readonly sharedCodes: readonly string[];
  /** Pairs that meet in some other way. */
  readonly others: readonly string[];
  /** Pairs of the campaign that give the same goods different prices in different channels, stores or regions. */
  readonly elsewhere: readonly string[];
  /** The same, of one of the campaign's with one that is in force beside it. */
  readonly elsewhereWithOthers: readonly string[];
  readonly isComplete: boolean;
  /** Of the pairs elsewhere. */
  readonly isCompleteAcross: boolean;
}

export function judgeConflicts({
  compared,
  undecided,
  sharedCodes,
  others,
  isComplete,
}: ConflictEvidence): LaunchCheckLine {
  if (sharedCodes.length > 0)
    return line("rule_conflicts", [
      "failed",
      `One code triggers two promotions: ${someOf(sharedCodes)}.`,
      "Give each a code of its own.",
    ]);
  if (undecided.length > 0)
    return line("rule_conflicts", [
      "failed",
      `${undecided.length} pairs meet on the same goods, only one of each can apply, and their priorities are equal: ${someOf(undecided)}.`,
      "Say by `priority` which goes first, or keep them apart by goods, channel or time.",
    ]);
  if (others.length > 0 || !isComplete)
    return line("rule_conflicts", [
      "warning",
      `${others.length}${isComplete ? "" : " or more"} pairs meet on the same goods: ${someOf(others)}.`,
      "See `GET /v1/promotions/overlaps` for what happens where they do.",
    ]);
  return line("rule_conflicts", [
    "passed",
    `None of the campaign's promotions meets another; ${compared} were compared.`,
  ]);
}

/** `isAllowed`: the campaign wants it so. */
export function judgeChannelPrices(
  {
    elsewhere,
    elsewhereWithOthers,
    isCompleteAcross,
  }: Pick<ConflictEvidence, "elsewhere" | "elsewhereWithOthers" | "isCompleteAcross">,
  isAllowed: boolean,
): LaunchCheckLine {
  const all = [...elsewhere, ...elsewhereWithOthers];
  const told = `${all.length}${isCompleteAcross ? "" : " or more"} pairs give the same goods other prices in other channels, stores or regions: ${someOf(all)}.`;
  if (elsewhere.length > 0 && !isAllowed)
    return line("channel_prices", [
      "failed",
      told,
      "Give the same benefit everywhere, or set `allowChannelPrices` of the campaign where that is what is wanted.",
    ]);
  if (all.length > 0)
    return line("channel_prices", [
      "warning",
      told,
      isAllowed
        ? "The campaign allows it: tell the shops what others sell for."
        : "The others are not the campaign's: see whether that is wanted, and tell the shops what others sell for.",
    ]);
  if (!isCompleteAcross)
    return line("channel_prices", [
      "warning",
      "There are too many promotions to compare all of them.",
      "See `GET /v1/promotions/overlaps?across=places`.",
    ]);
  return line("channel_prices", ["passed", "The same goods have the same offers in all places."]);
}

export interface FloorEvidence {
  /** The project's margin floor, percent; null without one. */
  readonly marginFloor: number | null;
  /** SKUs of recent orders whose cost is known, and which of them would be sold under the floor, or else under cost. */
  readonly skus: number;
  readonly below: readonly string[];
  /** Further SKUs that would be, for whoever meets every condition, is in every arm, has every code and buys several. */
  readonly belowAtBest: readonly string[];
  /** Promotions that could lower a price and applied to none of these SKUs even then. */
  readonly untried: readonly string[];
}

export function judgeFloors({
  marginFloor,
  skus,
  below,
  belowAtBest,
  untried,
}: FloorEvidence): LaunchCheckLine {
  if (skus === 0)
    return line("price_floors", [
      "warning",
      "Of no SKU of recent orders is the cost known.",
      "Send `unitCost` with orders and carts, and set `marginFloor`.",
    ]);
  if (marginFloor === null && below.length > 0)
    return line("price_floors", [
      "failed",
      `There is no margin floor, and ${below.length} of ${skus} SKUs would be sold below cost: ${someOf(below)}.`,
      "Set the project's `marginFloor`, or lessen the discount.",
    ]);
  if (marginFloor === null && belowAtBest.length > 0)
    return line("price_floors", [
      "warning",
      `There is no margin floor, and whoever meets all conditions may buy ${belowAtBest.length} of ${skus} SKUs below cost: ${someOf(belowAtBest)}.`,
      "Set the project's `marginFloor`, or lessen the discount.",
    ]);
  if (below.length > 0)
    return line("price_floors", [
      "warning",
      `${below.length} of ${skus} SKUs would fall under the floor of ${marginFloor} %, which cuts their discount short: ${someOf(below)}.`,
      "Do not advertise the full discount for them.",
    ]);
  if (belowAtBest.length > 0)
    return line("price_floors", [
      "warning",
      `For whoever meets all conditions ${belowAtBest.length} of ${skus} SKUs may fall under the floor of ${marginFloor} %, which cuts their discount short: ${someOf(belowAtBest)}.`,
      "Do not advertise the full discount for them.",
    ]);
  if (untried.length > 0)
    return line("price_floors", [
      "warning",
      `${untried.length} promotions were not tried, as they apply to none of ${skus} SKUs of recent orders whose cost is known: ${someOf(untried)}.`,
      "Try them yourself: `POST /v1/evaluations` with a cart that they are for.",
    ]);
  return line("price_floors", [
    "passed",
    marginFloor === null
      ? `There is no margin floor, but none of ${skus} SKUs would be sold below cost.`
      : `All of ${skus} SKUs stay above the floor of ${marginFloor} %.`,
  ]);
}

export interface PoolEvidence {
  /** By key; null where there is no such pool. */
  readonly pools: readonly { readonly key: string; readonly usesLeft: number | null }[];
  /** Orders that the campaign wants; null without such a goal. */
  readonly goal: number | null;
}

export function judgePools({ pools, goal }: PoolEvidence): LaunchCheckLine {
  if (pools.length === 0) return line("coupon_pools", ["passed", "No promotion needs a pool of coupons."]);
  const told = pools.map(
    ({ key, usesLeft }) => `${key}: ${usesLeft === null ? "there is no such pool" : `${usesLeft} uses left`}`,
  );
  const need = goal ?? 1;
  const short = pools.filter(({ usesLeft }) => usesLeft === null || usesLeft < need);
  if (short.length > 0)
    return line("coupon_pools", [
      "failed",
      `${someOf(told)}; ${goal === null ? "at least one is needed" : `the goal is ${goal} orders`}.`,
      `Make codes: \`POST /v1/coupon-pools/${short[0]!.key}/codes\`.`,
    ]);
  return line("coupon_pools", [
    "passed",
    `${someOf(told)}${goal === null ? "" : `, for a goal of ${goal} orders`}.`,
  ]);
}

export interface StockEvidence {
  /** What promotions promise of a SKU, and what the ERP says is there; null where it says nothing. */
  readonly promised: readonly {
    readonly sku: string;
    readonly units: number;
    readonly onHand: number | null;
  }[];
  /** Since something was told of any stock; null where nothing ever was. */
  readonly ageSeconds: number | null;
  readonly maxAgeSeconds: number;
}

export function judgeStock({ promised, ageSeconds, maxAgeSeconds }: StockEvidence): LaunchCheckLine {
  if (promised.length === 0) return line("stock", ["passed", "No promotion promises goods from a stock."]);
  if (ageSeconds === null)
    return line("stock", [
      "failed",
      `${promised.length} SKUs are promised, and nobody told of any stock.`,
      "Connect the ERP: `PUT /v1/stock/{sku}` or `POST /v1/stock/bulk`.",
    ]);
  if (ageSeconds > maxAgeSeconds)
    return line("stock", [
      "failed",
      `The last word of stock is ${ageSeconds} seconds old; ${maxAgeSeconds} are allowed.`,
      "Look after the ERP's feed.",
    ]);
  const short = promised.filter(({ units, onHand }) => onHand === null || onHand < units);
  if (short.length > 0)
    return line("stock", [
      "failed",
      `Too little on hand: ${someOf(short.map(({ sku, units, onHand }) => `${sku} ${onHand ?? "unknown"} of ${units}`))}.`,
      "Bring in the goods, or lower the promotion's stock.",
    ]);
  return line("stock", [
    "passed",
    `${promised.length} SKUs have what is promised; the last word of stock is ${ageSeconds} seconds old.`,
  ]);
}

export interface BudgetEvidence {
  readonly budget: { readonly currency: string; readonly amount: number } | null;
  /** The campaign caps its discounts. */
  readonly isCapped: boolean;
  /** Promotions without a budget of their own. */
  readonly unbounded: readonly string[];
}

export function judgeBudget({ budget, isCapped, unbounded }: BudgetEvidence): LaunchCheckLine {
  if (budget === null)
    return line("budget", [
      "failed",
      "The campaign has no budget.",
      "Set `budget`: what it may cost in all.",
    ]);
  const told = `The budget is ${budget.amount} minor units of ${budget.currency}`;
  if (!isCapped && unbounded.length > 0)
    return line("budget", [
      "warning",
      `${told}, but nothing stops these at it: ${someOf(unbounded)}.`,
      "Set `guards.discounts` of the campaign, or `budget` of each promotion.",
    ]);
  return line("budget", [
    "passed",
    `${told}, and discounts end ${isCapped ? "at the campaign's cap" : "with the promotions' own budgets"}.`,
  ]);
}

export function judgeGoals(
  goals: readonly { readonly metric: string; readonly target?: number | undefined }[],
): LaunchCheckLine {
  if (goals.length === 0)
    return line("goals", [
      "failed",
      "The campaign has no goals.",
      "Set `goals`: metrics with their numbers.",
    ]);
  return line("goals", [
    "passed",
    `${goals.length} goals: ${someOf(goals.map(({ metric, target }) => `${metric} ${target}`))}.`,
  ]);
}

export function judgeTracking({
  events,
  days,
}: {
  readonly events: number;
  readonly days: number;
}): LaunchCheckLine {
  if (events === 0)
    return line("tracking", [
      "failed",
      `No tracked event has named the campaign in ${days} days.`,
      "Send a test event with `data.campaign` from every page and app: `POST /v1/events`.",
    ]);
  return line("tracking", ["passed", `${events} tracked events have named the campaign in ${days} days.`]);
}

export function judgeWebhooks(
  tests: readonly { readonly url: string; readonly delivered: boolean; readonly said: string }[],
): LaunchCheckLine {
  if (tests.length === 0)
    return line("webhooks", [
      "warning",
      "There is no webhook: nobody is told of exhausted budgets and alarms.",
      "Create one: `POST /v1/webhooks`.",
    ]);
  const deaf = tests.filter(({ delivered }) => !delivered);
  if (deaf.length > 0)
    return line("webhooks", [
      "failed",
      `${deaf.length} of ${tests.length} did not take a test event: ${someOf(deaf.map(({ url, said }) => `${url} (${said})`))}.`,
      "Mend the receiver, or pause the webhook.",
    ]);
  return line("webhooks", ["passed", `${tests.length} took a test event.`]);
}

export interface LatencyEvidence {
  readonly samples: number;
  readonly medianMilliseconds: number;
  /** The 95th percentile. */
  readonly slowMilliseconds: number;
}

/** Beyond these a checkout is felt to wait; most of it is other people's time. */
export const latencyBounds = {
  database_latency: { warning: 20, failed: 100 },
  evaluation_latency: { warning: 20, failed: 50 },
} as const;

export function judgeLatency(
  name: keyof typeof latencyBounds,
  { samples, medianMilliseconds, slowMilliseconds }: LatencyEvidence,
): LaunchCheckLine {
  const { warning, failed } = latencyBounds[name];
  const what =
    name === "database_latency"
      ? "round trips to the database"
      : "evaluations with the campaign's promotions";
  const told = `Of ${samples} ${what} half took at most ${rounded(medianMilliseconds)} ms and 95 % at most ${rounded(slowMilliseconds)} ms; ${failed} are allowed.`;
  const advice =
    name === "database_latency"
      ? "Look at the load of the database and the network to it."
      : "Fewer promotions on the same goods, the strategy `priority`, or more processes.";
  if (slowMilliseconds > failed) return line(name, ["failed", told, advice]);
  return slowMilliseconds > warning ? line(name, ["warning", told, advice]) : line(name, ["passed", told]);
}

const rounded = (milliseconds: number) => Math.round(milliseconds * 100) / 100;

/** Why goals were missed, as far as figures can tell: each rule names the figures it concludes from. Pure arithmetic. */
import { toFourDecimals } from "../planning/calculation.ts";
import { givenAwayWords, giversOf } from "./campaign-board.ts";
import type { Attainment, CampaignBoard, CampaignFigures } from "./campaign-board-schemas.ts";
import type {
  CampaignCause,
  CampaignReviewNotes,
  CampaignReviewRow,
  CauseCode,
} from "./campaign-review-schemas.ts";
import type { CampaignMetric } from "./campaign-schemas.ts";

export type ReviewBasis = Pick<
  CampaignBoard,
  "figures" | "elements" | "goals" | "channels" | "promotions" | "uncostedSkus"
>;

type Rule = (basis: ReviewBasis, goal: Attainment) => CampaignCause[];

const lowShare = 0.7;
const manyReturns = 0.1;
const knownCustomers = 0.5;

const cause = (code: CauseCode, message: string, evidence: CampaignCause["evidence"]): CampaignCause => ({
  code,
  message,
  evidence,
});
const percent = (share: number): string => `${Math.round(share * 1_000) / 10} %`;
const nameOf = (channel: string | null): string => channel ?? "(no channel)";

/** Visits that would have been enough at the conversion there was. */
const fewVisits: Rule = ({ figures, goals }, { metric, target }) => {
  const { visits, conversion, averageOrderValue, unitsPerOrder } = figures;
  const wanted = goals.find((goal) => goal.metric === "conversion")?.target;
  if (conversion === null || conversion === 0 || (wanted !== undefined && conversion < wanted)) return [];
  const perOrder = metric === "gmv" ? averageOrderValue : metric === "units" ? unitsPerOrder : 1;
  if (perOrder === null || perOrder <= 0) return [];
  const needed = Math.ceil(target / perOrder / conversion);
  if (needed <= visits) return [];
  return [
    cause("few_visits", `${visits} visits were too few: at this conversion ${needed} were needed.`, {
      visits,
      needed,
      conversion,
    }),
  ];
};

/** Held against the goal, and without one against the campaign's average. */
const channelConversion: Rule = ({ figures, goals, channels }) => {
  const reference = goals.find(({ metric }) => metric === "conversion")?.target ?? figures.conversion;
  if (reference === null) return [];
  return channels
    .filter(
      ({ visits, conversion }) => visits > 0 && conversion !== null && conversion < lowShare * reference,
    )
    .map(({ channel, visits, conversion }) =>
      cause(
        "channel_conversion_low",
        `On ${nameOf(channel)} ${percent(conversion!)} of visits became orders; ${percent(reference)} were wanted.`,
        { channel: nameOf(channel), visits, conversion: conversion!, reference },
      ),
    );
};

const exhausted: Rule = ({ promotions }) =>
  promotions
    .filter(({ usesLeft, budgetLeft }) => usesLeft === 0 || budgetLeft === 0)
    .map(({ promotion, usesLeft, budget, lastSoldAt }) => {
      const when = lastSoldAt === null ? "" : `; it applied last around ${lastSoldAt}`;
      const what = usesLeft === 0 ? `${promotion} had no uses left` : `${promotion} had spent its budget`;
      return cause("promotion_exhausted", `${what}${when}.`, {
        promotion,
        ...(usesLeft === 0 ? { usesLeft } : { budget: budget ?? 0 }),
        ...(lastSoldAt !== null && { lastSoldAt }),
      });
    });

const returns: Rule = ({ figures: { refunded, gmv } }) => {
  const share = toFourDecimals(refunded / Math.max(1, refunded + gmv));
  if (share <= manyReturns) return [];
  return [cause("many_returns", `${percent(share)} of what was paid was refunded.`, { refunded, share })];
};

/** An ROI of r leaves 1 ÷ (1 + r) of the revenue for costs. */
const costShare: Rule = ({ figures: { cost, discountCost, giftCost, otherCosts, gmv } }, { target }) => {
  if (gmv <= 0) return [];
  const [share, allowed] = [toFourDecimals(cost / gmv), toFourDecimals(1 / (1 + target))];
  if (share <= allowed) return [];
  return [
    cause(
      "cost_share_above_goal",
      `It cost ${percent(share)} of GMV; 1 : ${target} allows ${percent(allowed)}. Discounts were ${percent(discountCost / gmv)}, ${giftCost === 0 ? "" : `gifts ${percent(giftCost / gmv)}, `}entered costs ${percent(otherCosts / gmv)}.`,
      { share, allowed, discountCost, otherCosts },
    ),
  ];
};

const overPlan: Rule = ({ elements }) =>
  elements.flatMap(({ name, planned, spent }) =>
    planned === null || spent <= planned
      ? []
      : cause("element_over_plan", `${name}: ${spent} were spent of ${planned} planned.`, {
          element: name,
          planned,
          spent,
        }),
  );

const channelRoi: Rule = ({ channels }, { target }) =>
  channels
    .filter(({ roi }) => roi !== null && roi < target)
    .map(({ channel, roi, cost, gmv }) =>
      cause("channel_below_goal", `${nameOf(channel)} earned 1 : ${roi}.`, {
        channel: nameOf(channel),
        roi: roi!,
        cost,
        gmv,
      }),
    );

const knownOnes: Rule = ({ figures: { newCustomers, orders } }) => {
  const share = orders === 0 ? 1 : toFourDecimals(newCustomers / orders);
  if (orders === 0 || share >= knownCustomers) return [];
  return [
    cause("mostly_known_customers", `${percent(share)} of the orders were somebody's first.`, {
      newCustomers,
      orders,
      share,
    }),
  ];
};

const smallOrders: Rule = ({ figures, goals }) => {
  const wanted = goals.find(({ metric }) => metric === "averageOrderValue")?.target;
  const { averageOrderValue } = figures;
  if (wanted === undefined || averageOrderValue === null || averageOrderValue >= wanted) return [];
  return [
    cause("small_orders", `An order came to ${averageOrderValue}, not to ${wanted}.`, {
      averageOrderValue,
      wanted,
    }),
  ];
};

const unknownVisits: Rule = ({ figures: { visits, orders } }) =>
  visits > 0 || orders === 0
    ? []
    : [
        cause("visits_unknown", "No `view` events name the campaign: nobody knows how many came.", {
          orders,
        }),
      ];

/** However good it looks. */
const givenAway: Rule = ({ promotions, uncostedSkus, figures: { giftValue } }) => {
  const givers = giversOf(promotions);
  if (givers.length === 0) return [];
  return [
    cause("gifts_not_in_cost", `${givenAwayWords(givers, uncostedSkus)}.`, {
      promotions: givers.length,
      giftValue,
    }),
  ];
};

const sales: readonly Rule[] = [exhausted, channelConversion, fewVisits, smallOrders, returns, unknownVisits];
const rules: Readonly<Record<CampaignMetric, readonly Rule[]>> = {
  gmv: sales,
  orders: sales,
  units: sales,
  stockUnits: sales,
  newCustomers: [knownOnes, ...sales],
  winBacks: sales,
  roi: [costShare, overPlan, channelRoi, returns],
  conversion: [channelConversion, exhausted, unknownVisits],
  averageOrderValue: [returns, exhausted],
};

const actions: Readonly<Record<CauseCode, string>> = {
  few_visits: "Bring more people: look at the channels whose visits convert best.",
  channel_conversion_low: "Look at the channel's page and offer; move its money to those that convert.",
  promotion_exhausted: "Plan larger budgets and stocks, or smaller benefits, and watch the alert at 80 %.",
  many_returns: "Find out from the returned goods and customers why they came back.",
  cost_share_above_goal: "Give less to those who buy anyway: higher thresholds, narrower audiences.",
  element_over_plan: "Plan it as it cost, and ask for approval before it is exceeded.",
  channel_below_goal: "Spend less on the channel, or more cheaply.",
  mostly_known_customers: "Ask for a first order in the conditions, or reward referrals.",
  small_orders: "Set the thresholds above the usual order.",
  cost_unknown: "Send `unitCost` with orders.",
  visits_unknown: "Send `view` events with the campaign's key.",
  gifts_not_in_cost:
    "Say in the promotion or with the order what gifts cost (`unitCost`), and enter what points and coupons cost.",
  few_orders: "Wait for more orders before anything is concluded.",
};

export function reviewRows(
  basis: ReviewBasis,
  { fiveWhys }: Pick<CampaignReviewNotes, "fiveWhys">,
): CampaignReviewRow[] {
  return basis.goals.map((goal) => {
    const { metric, actual, target, isReached } = goal;
    const causes = isReached
      ? []
      : [...rules[metric].flatMap((rule) => rule(basis, goal)), ...doubts(basis.figures)];
    if (metric === "roi") causes.push(...givenAway(basis, goal));
    const written = fiveWhys.find((note) => note.metric === metric && note.action !== undefined)?.action;
    const [first] = causes;
    const suggested = isReached
      ? "Reached: write down what made it work."
      : first === undefined
        ? "No figure explains it: ask why five times."
        : actions[first.code];
    return {
      ...goal,
      gap: actual === null ? null : toFourDecimals(actual - target),
      causes,
      action: written ?? suggested,
    };
  });
}

function doubts({ orders, margin: { knownShare } }: CampaignFigures): CampaignCause[] {
  const found: CampaignCause[] = [];
  if (orders < 100)
    found.push(
      cause("few_orders", "Under 100 orders chance decides: this is no conclusion yet.", { orders }),
    );
  if (knownShare !== null && knownShare < 1)
    found.push(
      cause("cost_unknown", `What goods cost is known for ${percent(knownShare)} of them.`, { knownShare }),
    );
  return found;
}

/** From what was summed up to what is shown: figures, goals, alerts. Pure arithmetic. */
import { toFourDecimals } from "../planning/calculation.ts";
import { acquisitionCostOf, percentOf, roiOf } from "../planning/campaign-returns.ts";
import { fewOrders } from "../planning/significance.ts";
import type {
  Attainment,
  BoardPromotion,
  CampaignAlert,
  CampaignElement,
  CampaignFigures,
} from "./campaign-board-schemas.ts";
import { goalCurrency } from "./campaign-document.ts";
import { type SaleFigures, saleMeasures } from "./campaign-sale.ts";
import type { CampaignDocument, CampaignGoal, CampaignMetric } from "./campaign-schemas.ts";

export interface Sums {
  readonly sales: SaleFigures;
  readonly visits: number;
  readonly otherCosts: number;
  /** Of all currencies: visits are counted in none. */
  readonly allOrders: number;
}

export function addSales(all: SaleFigures, more: SaleFigures): SaleFigures {
  return Object.fromEntries(
    saleMeasures.map((measure) => [measure, all[measure] + more[measure]]),
  ) as unknown as SaleFigures;
}

/** Less those that were returned whole. */
export const ordersOf = (sales: SaleFigures): number => sales.orders - sales.returnedOrders;

export function figuresOf({ sales, visits, otherCosts, allOrders }: Sums): CampaignFigures {
  const gmv = sales.revenue - sales.refunded;
  const orders = ordersOf(sales);
  const units = sales.units - sales.returnedUnits;
  const cost = sales.discount + sales.giftCost + otherCosts;
  return {
    visits,
    orders,
    units,
    unitsPerOrder: ratioOf(units, orders),
    gmv,
    margin: marginOf(sales, gmv, otherCosts),
    refunded: sales.refunded,
    averageOrderValue: orders === 0 ? null : Math.round(gmv / orders),
    conversion: ratioOf(allOrders, visits),
    discountCost: sales.discount,
    giftValue: sales.giftValue,
    giftCost: sales.giftCost,
    uncostedGifts: sales.uncostedGifts,
    otherCosts,
    cost,
    roi: roiOf(gmv, cost),
    newCustomers: sales.newCustomers,
    winBacks: sales.winBacks,
    acquisitionCost: acquisitionCostOf(cost, sales.newCustomers),
    promotedUnits: sales.promotedUnits,
  };
}

const ratioOf = (part: number, whole: number): number | null =>
  whole === 0 ? null : toFourDecimals(part / whole);

export function marginOf(
  {
    goods,
    costedGoods,
    goodsCost,
    giftCost,
  }: Pick<SaleFigures, "goods" | "costedGoods" | "goodsCost" | "giftCost">,
  gmv: number,
  otherCosts: number,
): CampaignFigures["margin"] {
  const isAllKnown = goods > 0 && costedGoods === goods;
  return {
    // Never a whole that is none: 0.99996 is not everything.
    knownShare: goods <= 0 ? null : isAllKnown ? 1 : Math.floor((costedGoods / goods) * 10_000) / 10_000,
    amount: costedGoods > 0 ? costedGoods - goodsCost : null,
    grossPercent: costedGoods > 0 ? percentOf(costedGoods - goodsCost, costedGoods) : null,
    netPercent: isAllKnown ? percentOf(gmv - goodsCost - giftCost - otherCosts, gmv) : null,
  };
}

/** Of these it makes sense to ask how much of the target should be there by now. */
const addingUp: ReadonlySet<CampaignMetric> = new Set([
  "gmv",
  "orders",
  "units",
  "newCustomers",
  "winBacks",
  "stockUnits",
]);

/** What promotions took off, and what it cost that they gave away. */
const discounts = "discounts";
const gifts = "gifts";

/** In the order of the budget, then what was spent on what nobody planned. */
export function elementsOf(
  budget: CampaignDocument["budget"],
  costs: readonly { readonly element: string; readonly amount: number }[],
  { discountCost, giftCost }: Pick<CampaignFigures, "discountCost" | "giftCost">,
): CampaignElement[] {
  const planned = new Map<string, number>();
  for (const { name, amount } of [...(budget?.elements ?? []), ...(budget?.hiddenCosts ?? [])])
    planned.set(name, (planned.get(name) ?? 0) + amount);
  const spent = new Map<string, number>([[discounts, discountCost]]);
  if (giftCost !== 0) spent.set(gifts, giftCost);
  for (const { element, amount } of costs) spent.set(element, (spent.get(element) ?? 0) + amount);
  return [...new Set([...planned.keys(), ...spent.keys()])].map((name) => ({
    name,
    planned: planned.get(name) ?? null,
    spent: spent.get(name) ?? 0,
  }));
}

export function attainmentOf(
  goal: CampaignGoal,
  campaign: Pick<CampaignDocument, "startsAt" | "endsAt" | "budget">,
  figures: CampaignFigures,
  now: number,
): Attainment {
  const { metric, target = 0, by = campaign.endsAt } = goal;
  const actual = metric === "stockUnits" ? figures.promotedUnits : figures[metric];
  const elapsed = elapsedShare(campaign.startsAt, by, now);
  const expected = addingUp.has(metric) ? toFourDecimals(target * elapsed) : target;
  const hasBegun = now >= Date.parse(campaign.startsAt);
  return {
    metric,
    target,
    currency: goalCurrency(goal, campaign.budget) ?? null,
    by,
    actual,
    percent: actual === null ? null : Math.round((actual / target) * 10_000) / 100,
    expected,
    isOnTrack: actual === null || !hasBegun ? null : actual >= expected,
    isReached: actual !== null && actual >= target,
  };
}

/** 0 before it begins, 1 once it is over. */
export function elapsedShare(startsAt: string, endsAt: string, now: number): number {
  const [from, to] = [Date.parse(startsAt), Date.parse(endsAt)];
  return toFourDecimals(Math.min(1, Math.max(0, (now - from) / (to - from))));
}

const lowConversion = 0.7;
const lowRoi = 0.8;
const nearlySpent = 0.8;

export function alertsOf(board: {
  readonly figures: CampaignFigures;
  readonly goals: readonly Attainment[];
  readonly promotions: readonly BoardPromotion[];
  readonly budget: number | null;
  readonly uncostedSkus: readonly string[];
}): CampaignAlert[] {
  const { figures, goals, promotions, budget, uncostedSkus } = board;
  const alerts: CampaignAlert[] = [];
  const add = (
    code: CampaignAlert["code"],
    severity: CampaignAlert["severity"],
    subject: string,
    message: string,
    actual: number | null,
    threshold: number | null,
  ) => void alerts.push({ code, severity, subject, message, actual, threshold });
  const isEnough = figures.orders >= fewOrders;
  for (const { metric, target, actual, expected, isOnTrack } of goals) {
    if (isOnTrack !== false || actual === null) continue;
    if (metric === "roi" && actual < lowRoi * target)
      add(
        "roi_low",
        isEnough ? "critical" : "warning",
        metric,
        `ROI is 1 : ${actual}, the goal 1 : ${target}.`,
        actual,
        lowRoi * target,
      );
    else if (metric === "conversion" && actual < lowConversion * target)
      add(
        "conversion_low",
        "critical",
        metric,
        `${percent(actual)} of visits become orders, the goal is ${percent(target)}.`,
        actual,
        lowConversion * target,
      );
    else
      add(
        "goal_behind",
        "warning",
        metric,
        `It is at ${actual}; by now it should be ${expected}.`,
        actual,
        expected,
      );
  }
  if (budget !== null && budget > 0) {
    const told = `${figures.cost} of ${budget} are spent.`;
    if (figures.cost >= budget) add("budget_spent", "critical", "campaign", told, figures.cost, budget);
    else if (figures.cost >= budget * nearlySpent)
      add("budget_nearly_spent", "warning", "campaign", told, figures.cost, budget * nearlySpent);
  }
  for (const { promotion, usesLeft, budget: whole, budgetLeft } of promotions) {
    if (usesLeft !== null && usesLeft <= 0)
      add("promotion_exhausted", "critical", promotion, "It has no uses left.", usesLeft, 0);
    else if (budgetLeft !== null && budgetLeft <= 0)
      add("promotion_exhausted", "critical", promotion, "Its budget is spent.", budgetLeft, 0);
    else if (whole !== null && budgetLeft !== null && whole - budgetLeft >= whole * nearlySpent)
      add(
        "promotion_budget_nearly_spent",
        "warning",
        promotion,
        `${budgetLeft} of its budget of ${whole} are left.`,
        budgetLeft,
        whole - whole * nearlySpent,
      );
  }
  const { knownShare } = figures.margin;
  if (knownShare !== null && knownShare < 1)
    add(
      "cost_unknown",
      "warning",
      "gmv",
      `What the goods cost is known for ${percent(knownShare)} of what was paid for them; the margin is that of this share.`,
      knownShare,
      1,
    );
  const givers = giversOf(promotions);
  if (givers.length > 0)
    add(
      "gifts_not_in_cost",
      "warning",
      "roi",
      `${givenAwayWords(givers, uncostedSkus)}: say or enter what they cost, or ROI is too good${figures.cost === 0 ? " and no policy on it acts" : ""}.`,
      figures.giftValue,
      null,
    );
  if (figures.orders > 0 && figures.visits === 0)
    add(
      "visits_unknown",
      "warning",
      "conversion",
      "No `view` events name the campaign: there is no conversion to be told.",
      0,
      null,
    );
  if (figures.orders > 0 && !isEnough)
    add(
      "few_orders",
      "info",
      "orders",
      `Under ${fewOrders} orders chance decides: draw no conclusion yet.`,
      figures.orders,
      fewOrders,
    );
  const order = ["critical", "warning", "info"];
  return alerts.sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
}

/** Promotions that gave away what is in no cost. */
export const giversOf = (promotions: readonly BoardPromotion[]): string[] =>
  promotions.filter(({ hasUnknownCost }) => hasUnknownCost).map(({ promotion }) => promotion);

const mostNamed = 5;
export function givenAwayWords(givers: readonly string[], skus: readonly string[]): string {
  const which = skus.length === 0 ? "" : ` (${namesOf(skus)})`;
  return `${namesOf(givers)} gave gifts, services, points or coupons that are in no cost${which}`;
}

function namesOf(names: readonly string[]): string {
  const more = names.length - mostNamed;
  return names.slice(0, mostNamed).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

const percent = (share: number): string => `${Math.round(share * 10_000) / 100} %`;

/** A campaign as it stands: goals attained, figures by channel and promotion, alerts. */
import { millisecondsPerDay } from "../../engine/zone.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Connection, type Database, withReadSnapshot } from "../../platform/database.ts";
import { amountCounter, usesCounter } from "../ledger/promotion-counters.ts";
import type { ProjectService } from "../projects/project-service.ts";
import { takenOf } from "../promotions/promotion-reading-service.ts";
import { shownStatus } from "../promotions/promotion-status.ts";
import {
  addSales,
  alertsOf,
  attainmentOf,
  elapsedShare,
  elementsOf,
  figuresOf,
  ordersOf,
  type Sums,
} from "./campaign-board.ts";
import type {
  Attainment,
  BoardPromotion,
  CampaignAttainments,
  CampaignBoard,
  CampaignStanding,
} from "./campaign-board-schemas.ts";
import { campaignStatusAt, goalCurrency } from "./campaign-document.ts";
import {
  type PromotionOf,
  promotionsOf,
  type SalesOf,
  type Span,
  sumCosts,
  sumSales,
  sumVisits,
  timelineOf,
  uncostedSkusOf,
  type VisitSpan,
} from "./campaign-kpi-store.ts";
import { nothing, quarterMilliseconds, quarterOf } from "./campaign-sale.ts";
import { existingCampaign } from "./campaign-service.ts";
import type { CampaignRow } from "./campaign-tables.ts";

export interface CampaignBoardService {
  attainment(projectId: string, key: string): Promise<CampaignAttainments>;
  live(projectId: string, key: string): Promise<CampaignBoard>;
  /** The same without promotions and course. */
  standing(projectId: string, key: string): Promise<CampaignStanding>;
}

export interface CampaignBoardOptions {
  database: Database;
  clock: Clock;
  projects: Pick<ProjectService, "timezone">;
}

const mostChannels = 100;
const mostPromotions = 200;
const mostSkus = 100;
const mostPoints = 400;
/** Shorter campaigns are told by hours. */
const hourlyDays = 3;

export function campaignBoardService({
  database,
  clock,
  projects,
}: CampaignBoardOptions): CampaignBoardService {
  async function attainments(connection: Connection, row: CampaignRow, now: number): Promise<Attainment[]> {
    const { document } = row;
    const told: Attainment[] = [];
    // Most goals are to be reached by the same day.
    const known = new Map<string, Sums>();
    for (const goal of document.goals) {
      const currency = goalCurrency(goal, document.budget) ?? null;
      const until = earlier(goal.by, document);
      const name = `${currency} ${until}`;
      const sums = known.get(name) ?? (await sumsUntil(connection, row, until, currency));
      known.set(name, sums);
      told.push(attainmentOf(goal, document, figuresOf(sums), now));
    }
    return told;
  }

  /** The campaign as a whole, and its channels: the largest GMV first. */
  async function wholeOf(connection: Connection, row: CampaignRow, sales: readonly SalesOf[], now: number) {
    const currency = mainCurrency(row, sales);
    const whole = sales.filter(({ promotion }) => promotion === "");
    const inCurrency = whole.filter((sum) => sum.currency === currency);
    const visits = await sumVisits(connection, visitSpanOf(row));
    const costs = (await sumCosts(connection, allOf(row))).filter((cost) => cost.currency === currency);
    const figures = figuresOf({
      sales: inCurrency.reduce(addSales, nothing),
      visits: sumOf(visits, (channel) => channel.visits),
      otherCosts: sumOf(costs, ({ amount }) => amount),
      allOrders: sumOf(whole, ordersOf),
    });
    const ofChannels = [...inCurrency, ...visits, ...costs].flatMap(({ channel }) => channel ?? []);
    const channels = [...new Set(ofChannels)].map((channel) => ({
      channel: channel === "" ? null : channel,
      ...figuresOf({
        sales: inCurrency.filter((sum) => sum.channel === channel).reduce(addSales, nothing),
        visits: sumOf(visits, (of) => (of.channel === channel ? of.visits : 0)),
        otherCosts: sumOf(costs, (cost) => (cost.channel === channel ? cost.amount : 0)),
        allOrders: sumOf(whole, (sum) => (sum.channel === channel ? ordersOf(sum) : 0)),
      }),
    }));
    channels.sort((a, b) => b.gmv - a.gmv || b.visits - a.visits);
    const elements = elementsOf(row.document.budget, costs, figures);
    return { currency, whole, elements, figures, channels, goals: await attainments(connection, row, now) };
  }

  return {
    standing: (projectId, key) =>
      withReadSnapshot(database, projectId, async (connection) => {
        const now = clock.now();
        const row = await existingCampaign(connection, projectId, key);
        const { startsAt, endsAt } = row.document;
        const sales = await sumSales(connection, allOf(row), true);
        const { whole: _, elements: _elements, ...standing } = await wholeOf(connection, row, sales, now);
        return { status: campaignStatusAt(row, now), startsAt, endsAt, ...standing };
      }),

    attainment: (projectId, key) =>
      withReadSnapshot(database, projectId, async (connection) => {
        const now = clock.now();
        const row = await existingCampaign(connection, projectId, key);
        const { startsAt, endsAt } = row.document;
        return {
          campaign: key,
          asOf: new Date(now).toISOString(),
          elapsed: elapsedShare(startsAt, endsAt, now),
          goals: await attainments(connection, row, now),
        };
      }),

    live: (projectId, key) =>
      withReadSnapshot(database, projectId, async (connection) => {
        const now = clock.now();
        const row = await existingCampaign(connection, projectId, key);
        const { document } = row;
        const { name, startsAt, endsAt } = document;
        const timezone = document.timezone ?? (await projects.timezone(connection, projectId));
        const sales = await sumSales(connection, allOf(row));
        const { currency, whole, elements, figures, channels, goals } = await wholeOf(
          connection,
          row,
          sales,
          now,
        );
        const promotions = await boardPromotions(connection, row, sales, currency, now);
        const uncostedSkus =
          figures.uncostedGifts === 0 ? [] : await uncostedSkusOf(connection, row, currency, mostSkus);
        const budget = document.budget?.amount ?? null;
        const by =
          Date.parse(endsAt) - Date.parse(startsAt) <= hourlyDays * millisecondsPerDay ? "hour" : "day";
        const timeline = await timelineOf(connection, visitSpanOf(row), {
          currency,
          timezone,
          by,
          most: mostPoints,
        });
        return {
          campaign: key,
          name,
          status: campaignStatusAt(row, now),
          asOf: new Date(now).toISOString(),
          startsAt,
          endsAt,
          timezone,
          elapsed: elapsedShare(startsAt, endsAt, now),
          currency,
          otherCurrencies: othersOf(whole, currency),
          budget,
          budgetLeft: budget === null ? null : budget - figures.cost,
          elements,
          figures,
          goals,
          channels: channels.slice(0, mostChannels),
          promotions,
          uncostedSkus,
          timeline: timeline.map(({ from, ...point }) => ({ from: new Date(from).toISOString(), ...point })),
          alerts: alertsOf({ figures, goals, promotions, budget, uncostedSkus }),
        };
      }),
  };
}

const wholeQuarters = (instant: string): number => quarterOf(Date.parse(instant) + quarterMilliseconds - 1);

/** Everything that it sold and cost, as its measurement and the market have it. */
function allOf({ projectId, key: campaign }: CampaignRow): Span {
  return { projectId, campaign, until: null };
}

function visitSpanOf({ projectId, key: campaign, document }: CampaignRow, until?: string): VisitSpan {
  const from = quarterOf(Date.parse(document.startsAt));
  return { projectId, campaign, from, until: wholeQuarters(until ?? document.endsAt) };
}

/** Null: the goal is that of the whole campaign. */
function earlier(by: string | undefined, { endsAt }: CampaignRow["document"]): string | null {
  return by === undefined || Date.parse(by) >= Date.parse(endsAt) ? null : by;
}

/** The campaign as a whole, until then if that is said; in all currencies where none is given, which is for counting only. */
async function sumsUntil(
  connection: Connection,
  row: CampaignRow,
  until: string | null,
  currency: string | null,
): Promise<Sums> {
  const span = until === null ? allOf(row) : { ...allOf(row), until: wholeQuarters(until) };
  const sales = await sumSales(connection, span, true);
  const visits = await sumVisits(connection, visitSpanOf(row, until ?? undefined));
  const costs = await sumCosts(connection, span);
  return {
    sales: sales.filter((sum) => currency === null || sum.currency === currency).reduce(addSales, nothing),
    visits: sumOf(visits, (channel) => channel.visits),
    otherCosts: sumOf(costs, (cost) => (cost.currency === currency ? cost.amount : 0)),
    allOrders: sumOf(sales, ordersOf),
  };
}

function mainCurrency({ document }: CampaignRow, sales: readonly SalesOf[]): string | null {
  const planned =
    document.budget?.currency ?? document.goals.find(({ currency }) => currency !== undefined)?.currency;
  if (planned !== undefined) return planned;
  const whole = sales.filter(({ promotion }) => promotion === "");
  const orders = new Map<string, number>();
  for (const { currency, orders: more } of whole) orders.set(currency, (orders.get(currency) ?? 0) + more);
  return [...orders].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0] ?? null;
}

function othersOf(whole: readonly SalesOf[], main: string | null): CampaignBoard["otherCurrencies"] {
  const others = [...new Set(whole.map(({ currency }) => currency))].filter((currency) => currency !== main);
  return others.sort().map((currency) => {
    const own = whole.filter((sum) => sum.currency === currency).reduce(addSales, nothing);
    return { currency, orders: own.orders - own.returnedOrders, gmv: own.revenue - own.refunded };
  });
}

async function boardPromotions(
  connection: Connection,
  { projectId, key: campaign }: CampaignRow,
  sales: readonly SalesOf[],
  currency: string | null,
  now: number,
): Promise<BoardPromotion[]> {
  const sold = new Map<string, SalesOf[]>();
  for (const sum of sales)
    if (sum.promotion !== "" && sum.currency === currency)
      sold.set(sum.promotion, [...(sold.get(sum.promotion) ?? []), sum]);
  const rows = await promotionsOf(
    connection,
    { projectId, campaign },
    [...sold.keys()],
    currency,
    mostPromotions,
  );
  const countersOf = ({ id }: PromotionOf) => [usesCounter(id), amountCounter(id, currency ?? "")] as const;
  const taken = await takenOf(connection, projectId, rows.flatMap(countersOf));
  return rows
    .map((row) => {
      const [uses, amount] = countersOf(row);
      const left = { uses: leftOf(row.usesLimit, taken(uses)), budget: leftOf(row.budget, taken(amount)) };
      return boardPromotion(row, campaign, (sold.get(row.key) ?? []).reduce(addSales, nothing), left, now);
    })
    .sort((a, b) => b.discountCost - a.discountCost || (a.promotion < b.promotion ? -1 : 1));
}

/** Null: without a limit. It may be lowered below what was taken. */
const leftOf = (limit: number | null, taken: number) => (limit === null ? null : Math.max(0, limit - taken));

function boardPromotion(
  row: PromotionOf,
  campaign: string,
  sums: Sums["sales"],
  left: { uses: number | null; budget: number | null },
  now: number,
): BoardPromotion {
  const instant = (at: number | null) => (at === null ? null : new Date(at));
  const lifetime = { status: row.status, startsAt: instant(row.startsAt), endsAt: instant(row.endsAt) };
  return {
    promotion: row.key,
    name: row.name,
    status: row.campaign === campaign ? shownStatus(lifetime, now) : "moved",
    orders: sums.orders - sums.returnedOrders,
    gmv: sums.revenue - sums.refunded,
    discountCost: sums.discount,
    givesAway: row.givesAway,
    hasUnknownCost: sums.uncostedGifts > 0 || (row.givesBeyondCost && sums.orders > sums.returnedOrders),
    usesLeft: left.uses,
    budget: row.budget,
    budgetLeft: left.budget,
    lastSoldAt: instant(row.lastSoldAt)?.toISOString() ?? null,
  };
}

function sumOf<Item>(items: readonly Item[], amountOf: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + amountOf(item), 0);
}

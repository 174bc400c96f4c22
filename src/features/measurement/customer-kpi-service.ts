/**
 * What customers cost and are worth: acquisition cost, repurchase, and their value, by the channel and the month of
 * their first order.
 *
 * Two values are told apart. The historical one is what was earned until now. The other is the simple retention model of Gupta and
 * Lehmann: whoever bought earns m in a period and stays for the next one with the chance r, so that their value is
 * m + m·r/(1 + d) + m·r²/(1 + d)² + … = m × (1 + d) ÷ (1 + d − r). It takes r and m for the same in all periods, which flatters
 * cohorts whose customers leave late and wrongs those who leave early.
 */
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database.ts";
import { problem } from "../../platform/problem.ts";
import { type Caution, toFourDecimals } from "../planning/calculation.ts";
import { acquisitionCostOf, percentOf } from "../planning/campaign-returns.ts";
import type { ProjectService } from "../projects/project-service.ts";
import type { CustomerKpiQuery, CustomerKpiRow, CustomerKpis } from "./customer-kpi-schemas.ts";
import {
  buyers,
  type KpiQuestion,
  type NewCustomers,
  type Spent,
  sumCosts,
  sumNewCustomers,
} from "./customer-kpi-store.ts";
import { whileMeasuring } from "./measuring-service.ts";
import { isWholeCheaper } from "./purchase-history-store.ts";

export interface CustomerKpiService {
  kpis(projectId: string, query: CustomerKpiQuery): Promise<CustomerKpis>;
}

const mostDays = 366;
const fewerMonths = "Ask for a shorter time, by itself a month or a quarter.";
const dayMilliseconds = 86_400_000;
/** Fewer allow no retention: one customer more or less would move it by more than a point. */
const fewCustomers = 100;

const model = {
  formula:
    "CAC = cost entries of campaigns ÷ new customers; repurchase = bought again within the days ÷ first orders that old; historical CLV = margin × revenue until now ÷ customers; CLV = m × (1 + d) ÷ (1 + d − r), with m = margin × revenue of the first period per customer, r = bought in the second period ÷ customers two periods old, d = (1 + yearly rate)^(period ÷ 365) − 1",
  source:
    "Simple retention model: Gupta and Lehmann, Customers as Assets, Journal of Interactive Marketing 17 (2003).",
};

export function customerKpiService({
  database,
  clock,
  projects,
}: {
  database: Database;
  clock: Clock;
  projects: Pick<ProjectService, "timezone">;
}): CustomerKpiService {
  return {
    async kpis(projectId, query) {
      const from = new Date(query.from);
      const to = new Date(query.to);
      requireModest(from, to);
      const byChannel = query.by === "channel" || query.by === "channel_and_cohort";
      const byCohort = query.by === "cohort" || query.by === "channel_and_cohort";
      const now = new Date(clock.now());
      const { news, spent } = await whileMeasuring(database, projectId, fewerMonths, async (connection) => {
        const timezone = await projects.timezone(connection, projectId);
        const question: KpiQuestion = { ...query, from, to, now, byChannel, byCohort, timezone };
        return {
          news: await sumNewCustomers(
            connection,
            projectId,
            question,
            await isWholeCheaper(connection, buyers(projectId, question)),
          ),
          spent: await sumCosts(connection, projectId, question),
        };
      });
      const rows = rowsOf(news, spent, query);
      return { currency: query.currency, rows, model, cautions: cautionsOn(rows, query, byChannel) };
    },
  };
}

function requireModest(from: Date, to: Date): void {
  const length = to.getTime() - from.getTime();
  if (length > 0 && length <= mostDays * dayMilliseconds) return;
  throw problem("invalid-request", {
    errors: [
      { path: "/to", code: "out_of_range", message: `Must be later than from, by at most ${mostDays} days.` },
    ],
  });
}

const nobody = {
  customers: 0,
  orders: 0,
  revenue: 0,
  matured: 0,
  again: 0,
  observed: 0,
  retained: 0,
  firstPeriod: 0,
};

/** A channel or month that only cost something has a row as well. */
function rowsOf(
  news: readonly NewCustomers[],
  spent: readonly Spent[],
  query: CustomerKpiQuery,
): CustomerKpiRow[] {
  const nameOf = ({ channel, cohort }: Pick<Spent, "channel" | "cohort">) =>
    JSON.stringify([cohort, channel]);
  const costs = new Map(spent.map((row) => [nameOf(row), row.cost]));
  const groups = new Map<string, NewCustomers>(
    spent.map(({ channel, cohort }) => [nameOf({ channel, cohort }), { ...nobody, channel, cohort }]),
  );
  for (const row of news) groups.set(nameOf(row), row);
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, row]) => rowOf(row, costs.get(name) ?? 0, query));
}

function rowOf(
  {
    channel,
    cohort,
    customers,
    orders,
    revenue,
    matured,
    again,
    observed,
    retained,
    firstPeriod,
  }: NewCustomers,
  cost: number,
  { margin = 100, discountRate, periodDays }: CustomerKpiQuery,
): CustomerKpiRow {
  const kept = margin / 100;
  const isFitted = observed >= fewCustomers;
  const discount = (1 + discountRate / 100) ** (periodDays / 365) - 1;
  // Of customers who all stay and money that loses nothing there is no finite value.
  const whole = 1 + discount - retained / Math.max(1, observed);
  return {
    channel,
    cohort,
    customers,
    orders,
    revenue,
    cost,
    acquisitionCost: acquisitionCostOf(cost, customers),
    matured,
    repurchaseRate: percentOf(again, matured),
    historicalValue: customers === 0 ? null : toFourDecimals((kept * revenue) / customers),
    observed,
    retention: isFitted ? percentOf(retained, observed) : null,
    lifetimeValue:
      isFitted && whole > 0
        ? toFourDecimals((((kept * firstPeriod) / observed) * (1 + discount)) / whole)
        : null,
  };
}

function cautionsOn(
  rows: readonly CustomerKpiRow[],
  { margin }: CustomerKpiQuery,
  byChannel: boolean,
): Caution[] {
  const cautions: Caution[] = [
    {
      code: "costs_entered_only",
      message:
        "Costs are those that were entered for campaigns; discounts are taken off the revenue already.",
    },
  ];
  if (margin === undefined)
    cautions.push({
      code: "margin_unknown",
      message: "Values are revenue: say what is left after the goods.",
    });
  if (rows.some(({ customers, observed }) => customers > 0 && observed < fewCustomers))
    cautions.push({
      code: "few_customers",
      message: `Where fewer than ${fewCustomers} customers are two periods old, nothing is said of their future.`,
    });
  if (rows.some(({ matured, customers }) => matured < customers))
    cautions.push({
      code: "not_matured",
      message:
        "Of customers who came lately it is not known yet whether they buy again: they are left out of the rate.",
    });
  if (byChannel && rows.some(({ channel, cost }) => channel === null && cost !== 0))
    cautions.push({
      code: "costs_without_channel",
      message: "Some costs name no channel: acquisition costs of the channels are too low by them.",
    });
  return cautions;
}

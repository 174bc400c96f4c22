/** What being a customer was worth in a year: each order is priced once more as it was, without any promotion. */
import { dayOf } from "../../engine/calendar.ts";
import { evaluate } from "../../engine/evaluate.ts";
import { buildRulebook } from "../../engine/rulebook.ts";
import { findZone } from "../../engine/zone.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Database, withReadSnapshot } from "../../platform/database.ts";
import { problem } from "../../platform/problem.ts";
import { restoreFacts } from "../evaluations/evaluation-facts.ts";
import type { ProjectService } from "../projects/project-service.ts";
import { mostReplayed, type ValueReport, type ValueReportQuery } from "./contract-schemas.ts";
import { contractsRunning } from "./contract-store.ts";
import { isKnown, otherOrders, type PricedOrder, pricedOrders } from "./value-report-store.ts";

export interface ValueReportService {
  report(projectId: string, customer: string, query: ValueReportQuery): Promise<ValueReport>;
}

const mostContracts = 100;
const withoutRules = buildRulebook("none", []);

export function valueReportService({
  database,
  clock,
  projects,
}: {
  database: Database;
  clock: Clock;
  projects: Pick<ProjectService, "timezone">;
}): ValueReportService {
  return {
    report: (projectId, customer, { year: asked, currency }) =>
      withReadSnapshot(database, projectId, async (connection) => {
        const zone = findZone(await projects.timezone(connection, projectId))!;
        const now = clock.now();
        const year = asked ?? new Date(now + zone.spanAt(now).offset).getUTCFullYear();
        const [from, to] = [year, year + 1].map((of) => new Date(zone.startOfDay(dayOf(of, 1, 1)))) as [
          Date,
          Date,
        ];
        const span = { projectId, customer, currency, from, to };
        const found = await pricedOrders(connection, span, mostReplayed + 1);
        const priced = found.slice(0, mostReplayed);
        const others = await otherOrders(connection, span);
        const days = { from: `${year}-01-01`, to: `${year}-12-31` };
        const contracts = await contractsRunning(connection, projectId, customer, days, mostContracts);
        const isNothing = priced.length + others.orders + contracts.length === 0;
        if (isNothing && !(await isKnown(connection, span))) throw problem("customer-not-found");
        const paid = sumOf(priced, (order) => order.paid) + others.paid;
        const withoutPromotions = sumOf(priced, priceWithoutPromotions) + others.paid;
        return {
          customer,
          year,
          currency,
          orders: priced.length + others.orders,
          paid,
          withoutPromotions,
          saved: withoutPromotions - paid,
          replayed: priced.length,
          isComplete: found.length === priced.length,
          services: servicesOf(priced),
          giftValue: sumOf(priced, ({ rewards }) =>
            sumOf(rewards, (reward) =>
              reward.kind === "gift" ? (reward.value ?? 0) * (reward.quantity ?? 1) : 0,
            ),
          ),
          contracts,
        };
      }),
  };
}

/** Of the goods that were kept, at the prices, facts and settings of then. */
function priceWithoutPromotions({ request, facts, settings, evaluatedAt, returned }: PricedOrder): number {
  const lines = request.lines.flatMap((line) => {
    const quantity = line.quantity - (returned[line.id] ?? 0);
    return quantity > 0 ? [{ ...line, quantity }] : [];
  });
  const { codes: _codes, deposits: _deposits, ...cart } = request;
  const kept = { ...cart, lines, explain: "none" as const };
  return evaluate(withoutRules, kept, restoreFacts(facts), evaluatedAt, { settings }).total;
}

function servicesOf(orders: readonly PricedOrder[]): ValueReport["services"] {
  const used = new Map<string, { count: number; value: number }>();
  for (const { rewards } of orders)
    for (const reward of rewards) {
      if (reward.kind !== "service") continue;
      const { name = "", quantity = 1, value } = reward;
      const before = used.get(name) ?? { count: 0, value: 0 };
      used.set(name, { count: before.count + quantity, value: before.value + (value ?? 0) * quantity });
    }
  return [...used]
    .map(([service, sums]) => ({ service, ...sums }))
    .sort((a, b) => b.count - a.count || (a.service < b.service ? -1 : 1));
}

function sumOf<Item>(items: readonly Item[], amountOf: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + amountOf(item), 0);
}

/** What is printed, and what is held against the worked case. */
import type { CampaignBoard, CampaignReview } from "../../src/client/client.ts";

export interface Check {
  readonly what: string;
  readonly expected: string | number;
  readonly actual: string | number | null;
}

export const isAsExpected = ({ expected, actual }: Check): boolean => expected === actual;

/** Minor units as money: 325000000 is ¥3,250,000.00. */
export function yuan(amount: number): string {
  return `${amount < 0 ? "−" : ""}¥${(Math.abs(amount) / 100).toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}

const money = new Set(["gmv", "averageOrderValue"]);

function shown(metric: string, value: number | null): string {
  if (value === null) return "unknown";
  if (money.has(metric)) return yuan(value);
  if (metric === "roi") return `1 : ${value}`;
  return metric === "conversion" ? `${Math.round(value * 10_000) / 100} %` : value.toLocaleString("en-US");
}

/** Columns as wide as what is in them; numbers to the right. Wide characters are not counted as such. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[],
): string {
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]) =>
    `  ${cells
      .map((cell, column) =>
        right.includes(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join("  ")
      .trimEnd()}`;
  return [line(head), line(widths.map((width) => "─".repeat(width))), ...rows.map(line)].join("\n");
}

export function reviewTable({ rows }: CampaignReview): string {
  return table(
    ["goal", "target", "actual", "attained", "gap", "cause", "action"],
    rows.map(({ metric, target, actual, percent, gap, causes, action }) => [
      metric,
      shown(metric, target),
      shown(metric, actual),
      percent === null ? "" : `${percent} %`,
      gap === null ? "" : `${gap > 0 ? "+" : ""}${shown(metric, gap).replace("1 : ", "")}`,
      causes[0]?.message ?? "—",
      action,
    ]),
    [1, 2, 3, 4],
  );
}

export interface BudgetLine {
  readonly element: string;
  /** Null: in no line of the budget. */
  readonly planned: number | null;
  readonly actual: number;
}

export function budgetTable(lines: readonly BudgetLine[]): string {
  return table(
    ["line", "planned", "actual", "of plan"],
    lines.map(({ element, planned, actual }) => [
      element,
      planned === null ? "—" : yuan(planned),
      yuan(actual),
      planned === null || planned === 0 ? "—" : `${Math.round((actual / planned) * 10_000) / 100} %`,
    ]),
    [1, 2, 3],
  );
}

export function channelTable({ figures, channels }: Pick<CampaignBoard, "figures" | "channels">): string {
  return table(
    ["channel", "visits", "orders", "conversion", "GMV", "share"],
    channels.map(({ channel, visits, orders, conversion, gmv }) => [
      channel ?? "(none)",
      visits.toLocaleString("en-US"),
      orders.toLocaleString("en-US"),
      shown("conversion", conversion),
      yuan(gmv),
      `${Math.round((gmv / figures.gmv) * 10_000) / 100} %`,
    ]),
    [1, 2, 3, 4, 5],
  );
}

export function kpiTable({ figures }: Pick<CampaignBoard, "figures">, repurchase: number | null): string {
  const {
    averageOrderValue,
    unitsPerOrder,
    conversion,
    margin,
    refunded,
    cost,
    roi,
    acquisitionCost,
    giftValue,
  } = figures;
  return table(
    ["KPI", "value"],
    [
      ["GMV", yuan(figures.gmv)],
      ["refunded", yuan(refunded)],
      ["orders", figures.orders.toLocaleString("en-US")],
      ["average order", yuan(averageOrderValue ?? 0)],
      ["units per order", String(unitsPerOrder)],
      ["conversion", shown("conversion", conversion)],
      ["cost, all of it", yuan(cost)],
      ["gifts and services are worth", yuan(giftValue)],
      ["ROI", shown("roi", roi)],
      ["cost of a new customer", yuan(Math.round(acquisitionCost ?? 0))],
      ["gross margin", `${margin.grossPercent} %`],
      ["net margin", `${margin.netPercent} %`],
      ["buy again within 30 days", repurchase === null ? "unknown" : `${repurchase} %`],
    ],
    [1],
  );
}

export function checkTable(checks: readonly Check[]): string {
  return table(
    ["figure", "worked case", "came out", ""],
    checks.map((check) => [
      check.what,
      String(check.expected),
      String(check.actual),
      isAsExpected(check) ? "as it says" : "NOT AS IT SAYS",
    ]),
    [1, 2],
  );
}

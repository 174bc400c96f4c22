/** A review as a page that is read and as a table that is worked on. */
import { csvLines } from "../../platform/csv.ts";
import { moneyMetrics } from "./campaign-document.ts";
import type { CampaignReview, CampaignReviewRow } from "./campaign-review-schemas.ts";

/** Tables of GitHub Flavored Markdown (https://github.github.com/gfm/#tables-extension-). */
export function reviewMarkdown(review: CampaignReview): string {
  const { name, campaign, asOf, isOver, figures, elements, rows, notes, currency } = review;
  const { knowledge, fiveWhys } = notes;
  const list = (title: string, items: readonly string[]) =>
    items.length === 0 ? [] : [`**${title}**`, "", ...items.map((item) => `* ${inline(item)}`), ""];
  const lines = [
    `# ${inline(name)} (${campaign})`,
    "",
    `As of ${asOf}${isOver ? "" : ", while it is still running"}. Amounts in minor units${currency === null ? "" : ` of ${currency}`}.`,
    "",
    "| Goal | Target | Actual | Attained | Gap | Causes | Action |",
    "|---|---|---|---|---|---|---|",
    ...rows.map((row) => `| ${cellsOf(row).map(inline).join(" | ")} |`),
    "",
    "| Element | Planned | Spent |",
    "|---|---|---|",
    ...elements.map(
      ({ name, planned, spent }) => `| ${inline(name)} | ${planned ?? "not planned"} | ${spent} |`,
    ),
    "",
    "| Figure | |",
    "|---|---|",
    ...keyFigures(figures).map(([title, value]) => `| ${title} | ${value ?? "unknown"} |`),
    "",
  ];
  for (const { problem, whys, action } of fiveWhys)
    lines.push(
      `## Why: ${inline(problem)}`,
      "",
      ...whys.map((why, index) => `${index + 1}. ${inline(why)}`),
      "",
      ...(action === undefined ? [] : [`Action: ${inline(action)}`, ""]),
    );
  if (knowledge !== undefined)
    lines.push(
      `## ${inline(knowledge.type)}`,
      "",
      `**Audience**: ${inline(knowledge.audience)}`,
      "",
      `**Strategy**: ${inline(knowledge.strategy)}`,
      "",
      ...list("Success factors", knowledge.successFactors),
      ...list("Risks", knowledge.risks),
    );
  return lines.join("\n");
}

/** Goals, then the elements of the budget, whose goal is `cost: ` and their name. */
export function reviewCsv({ rows, elements, currency: main }: CampaignReview): string {
  return csvLines([
    ["goal", "target", "actual", "percent", "gap", "currency", "by", "causes", "action"],
    ...rows.map(({ metric, target, actual, percent, gap, currency, by, causes, action }) => [
      metric,
      target,
      actual,
      percent,
      gap,
      currency,
      by,
      causes.map(({ message }) => message).join(" "),
      action,
    ]),
    ...elements.map(({ name, planned, spent }) => [
      `cost: ${name}`,
      planned,
      spent,
      planned === null || planned === 0 ? null : Math.round((spent / planned) * 10_000) / 100,
      planned === null ? null : spent - planned,
      main,
      null,
      null,
      null,
    ]),
  ]);
}

function cellsOf({
  metric,
  target,
  actual,
  percent,
  gap,
  currency,
  causes,
  action,
}: CampaignReviewRow): string[] {
  const unit = moneyMetrics.has(metric) && currency !== null ? ` ${currency}` : "";
  const told = (value: number | null) => (value === null ? "unknown" : `${value}${unit}`);
  return [
    metric,
    told(target),
    told(actual),
    percent === null ? "unknown" : `${Math.round(percent)} %`,
    told(gap),
    causes.map(({ message }) => message).join(" "),
    action,
  ];
}

function keyFigures(figures: CampaignReview["figures"]): [string, number | string | null][] {
  const { margin, roi } = figures;
  return [
    ["GMV", figures.gmv],
    ["Gross margin of goods of known cost", margin.amount],
    ["Share of goods of known cost", margin.knownShare],
    ["Orders", figures.orders],
    ["Average order", figures.averageOrderValue],
    ["Conversion", figures.conversion],
    ["Discounts", figures.discountCost],
    ["Gifts", figures.giftCost],
    ["Other costs", figures.otherCosts],
    ["ROI", roi === null ? null : `1 : ${roi}`],
    ["New customers", figures.newCustomers],
    ["Acquisition cost", figures.acquisitionCost],
  ];
}

/** What somebody wrote, so that it stays text: no cell, line, heading, link or tag of its own. */
function inline(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]<>#|]/g, "\\$&").replaceAll(/\s+/g, " ");
}

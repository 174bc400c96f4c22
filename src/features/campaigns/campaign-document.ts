/** What a campaign must satisfy beyond the shape, its status by its dates, and what of its budget is left to plan. */
import { findZone } from "../../engine/zone.ts";
import { type ProblemError, problem } from "../../platform/problem.ts";
import type {
  Campaign,
  CampaignBudget,
  CampaignDocument,
  CampaignGoal,
  CampaignMetric,
  CampaignStatus,
} from "./campaign-schemas.ts";

const earliest = Date.parse("2000-01-01T00:00:00Z");
const latest = Date.parse("2100-01-01T00:00:00Z");

export const moneyMetrics: ReadonlySet<CampaignMetric> = new Set(["gmv", "averageOrderValue"]);
const inCurrency: ReadonlySet<CampaignMetric> = new Set([...moneyMetrics, "roi"]);
const ratios: ReadonlySet<CampaignMetric> = new Set(["roi", "conversion"]);

/** With its instants in UTC; throws with all that is wrong with it. */
export function soundCampaign(document: CampaignDocument): CampaignDocument {
  const errors: ProblemError[] = [];
  const fault: Report = (path, code, message) => void errors.push({ path, code, message });
  checkWindow(document, fault);
  if (document.timezone !== undefined && findZone(document.timezone) === null)
    fault("/timezone", "timezone_unknown", "There is no such IANA time zone.");
  checkGoals(document, fault);
  if (document.budget !== undefined) checkBudget(document.budget, fault);
  if (errors.length > 0) throw problem("invalid-request", { errors });
  return {
    ...document,
    startsAt: inUtc(document.startsAt),
    endsAt: inUtc(document.endsAt),
    goals: document.goals.map((goal) => (goal.by === undefined ? goal : { ...goal, by: inUtc(goal.by) })),
  };
}

type Report = (path: string, code: string, message: string) => void;

const inUtc = (instant: string) => new Date(instant).toISOString();

const isUsable = (instant: string) => Date.parse(instant) >= earliest && Date.parse(instant) <= latest;

function checkWindow({ startsAt, endsAt }: CampaignDocument, fault: Report): void {
  for (const [name, instant] of Object.entries({ startsAt, endsAt }))
    if (!isUsable(instant)) fault(`/${name}`, "out_of_range", "Name a time from 2000 to 2100.");
  if (Date.parse(startsAt) >= Date.parse(endsAt))
    fault("/endsAt", "period_empty", "It ends before it begins.");
}

function checkGoals({ goals, startsAt, endsAt, budget }: CampaignDocument, fault: Report): void {
  const seen = new Set<string>();
  for (const [place, goal] of goals.entries()) {
    const path = `/goals/${place}`;
    const { metric, target, by = endsAt } = goal;
    if (target === undefined || target === 0)
      fault(`${path}/target`, "goal_without_number", "Name the number that is to be reached.");
    else if (!ratios.has(metric) && !Number.isSafeInteger(target))
      fault(`${path}/target`, "target_not_whole", "Counts and minor units are whole numbers.");
    else if (metric === "conversion" && target > 1)
      fault(`${path}/target`, "out_of_range", "Orders per visit lie between 0 and 1.");
    if (inCurrency.has(metric)) {
      if (goalCurrency(goal, budget) === undefined)
        fault(`${path}/currency`, "currency_missing", "Name a currency here or in the budget.");
    } else if (goal.currency !== undefined)
      fault(`${path}/currency`, "currency_unexpected", "What is counted has no currency.");
    if (!isUsable(by) || Date.parse(by) <= Date.parse(startsAt))
      fault(`${path}/by`, "out_of_range", "It must come after the campaign begins, and before 2100.");
    const name = `${metric} ${goalCurrency(goal, budget)} ${Date.parse(by)}`;
    if (seen.has(name)) fault(path, "duplicate_goal", "Another goal has this metric and date.");
    seen.add(name);
  }
}

/** In which a goal is told; undefined for what has none. */
export function goalCurrency({ metric, currency }: CampaignGoal, budget: CampaignBudget | undefined) {
  return inCurrency.has(metric) ? (currency ?? budget?.currency) : undefined;
}

function checkBudget(budget: CampaignBudget, fault: Report): void {
  for (const list of ["elements", "hiddenCosts", "stages"] as const) {
    const names = new Set<string>();
    for (const [place, { name }] of (budget[list] ?? []).entries()) {
      if (names.has(name))
        fault(`/budget/${list}/${place}/name`, "duplicate_name", "Another part is called so.");
      names.add(name);
    }
  }
  const { byElement, byStage } = unallocatedOf(budget);
  if (byElement < 0)
    fault("/budget/elements", "budget_exceeded", "Elements and hidden costs come to more than the budget.");
  if (byStage < 0) fault("/budget/stages", "budget_exceeded", "The stages come to more than the budget.");
}

export function unallocatedOf({ amount, elements = [], hiddenCosts = [], stages = [] }: CampaignBudget) {
  const sum = (list: readonly { readonly amount: number }[]) =>
    list.reduce((whole, part) => whole + part.amount, 0);
  return { byElement: amount - sum(elements) - sum(hiddenCosts), byStage: amount - sum(stages) };
}

export function campaignStatusAt(
  {
    startsAt,
    endsAt,
    archivedAt,
  }: { readonly startsAt: Date; readonly endsAt: Date; readonly archivedAt: Date | null },
  now: number,
): CampaignStatus {
  if (archivedAt !== null) return "archived";
  if (now < startsAt.getTime()) return "planned";
  return now < endsAt.getTime() ? "running" : "over";
}

export function shownUnallocated({ budget }: CampaignDocument): Campaign["unallocated"] {
  return budget === undefined ? null : unallocatedOf(budget);
}

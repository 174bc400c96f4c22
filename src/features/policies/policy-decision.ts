/** Whether a policy is to act, by the campaign's board alone. */
import type { CampaignFigures, CampaignStanding } from "../campaigns/campaign-board-schemas.ts";
import { toFourDecimals } from "../planning/calculation.ts";
import type { PolicyAction, PolicyDocument } from "./policy-schemas.ts";

/** What it has done so far for one channel, or for the campaign. */
export interface Acted {
  readonly times: number;
  /** Epoch milliseconds. */
  readonly lastAt: number;
}

export interface Decision {
  readonly channel: string | null;
  readonly evidence: PolicyAction["evidence"];
}

const millisecondsPerMinute = 60_000;

/** `acted`: by channel; `null` for the campaign as a whole. */
export function decisionsOf(
  { when, most, pauseMinutes }: Pick<PolicyDocument, "when" | "most" | "pauseMinutes">,
  board: Pick<CampaignStanding, "figures" | "channels" | "goals" | "currency">,
  acted: ReadonlyMap<string | null, Acted>,
  now: number,
): Decision[] {
  const subjects: { channel: string | null; figures: CampaignFigures }[] =
    when.per === "campaign"
      ? [{ channel: null, figures: board.figures }]
      : board.channels.flatMap(({ channel, ...figures }) => (channel === null ? [] : [{ channel, figures }]));
  const goal = board.goals.find(
    ({ metric, currency }) => metric === when.metric && (currency === null || currency === board.currency),
  );
  const unit = when.of === "value" ? 1 : goal?.expected;
  if (unit === undefined) return [];
  return subjects.flatMap(({ channel, figures }) => {
    const before = acted.get(channel);
    if (before !== undefined && before.times >= most) return [];
    if (before !== undefined && now < before.lastAt + pauseMinutes * millisecondsPerMinute) return [];
    const sample = when.metric === "conversion" ? figures.visits : figures.orders;
    const actual = figures[when.metric];
    if (actual === null || sample < when.minSample) return [];
    const bound = passed(actual, when, unit);
    if (bound === null) return [];
    const evidence = { metric: when.metric, actual, bound: toFourDecimals(bound), sample };
    return [{ channel, evidence }];
  });
}

/** The bound that the figure lies beyond; null: it lies within. */
function passed(actual: number, { below, above }: PolicyDocument["when"], unit: number): number | null {
  if (below !== undefined && actual < below * unit) return below * unit;
  if (above !== undefined && actual > above * unit) return above * unit;
  return null;
}

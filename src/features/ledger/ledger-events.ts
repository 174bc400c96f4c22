/** What a batch has to tell: what became of redemptions, and which budgets and limits it filled. No database here. */
import { createHash } from "node:crypto";
import {
  type CounterName,
  counterKey,
  type Hold,
  type RedemptionState,
  type Tally,
} from "../../ledger/books.ts";
import type { Entry } from "../../ledger/entries.ts";
import { type NewEvent, newEvent } from "../events/event-types.ts";
import { campaignOfRule } from "./campaign-counters.ts";
import type { Submission } from "./ledger-commands.ts";

/** One state of a redemption that the command led to: its own, or that of another it gave way to. */
export function redemptionEvent(
  { id, state }: RedemptionState,
  { newRedemption, orderRef, returnNote }: Submission,
  isNew: boolean,
): NewEvent {
  const ref = newRedemption?.orderRef ?? orderRef;
  const named = { redemption: id, ...(ref !== undefined && { orderRef: ref }) };
  if (state === "partially_returned" || state === "returned") {
    const { lines = {} } = JSON.parse(returnNote?.returned ?? "{}") as { lines?: Record<string, number> };
    const refunded = returnNote?.refunded ?? 0;
    return newEvent("dealwright.return.created", id, { ...named, state, refunded, lines });
  }
  if (!isNew || newRedemption === undefined)
    return newEvent(`dealwright.redemption.${state}`, id, { ...named, state });
  const { customerId: customer, currency, total, discount } = newRedemption;
  const data = { ...named, state, customer, currency, total, discount };
  return newEvent(`dealwright.redemption.${state}`, id, data);
}

const budgetPercents = [50, 80, 100] as const;
const amountMeasure = "amount:";

/**
 * The thresholds that these entries passed. The counters are locked, so that what stood there before and stands there now is
 * exact; and a limit that is passed, given back and passed again is told once, because the event's id follows from it.
 */
export function thresholdEvents(
  holds: readonly Hold[],
  entries: readonly Entry[],
  tallyOf: (key: string) => Tally | undefined,
): NewEvent[] {
  const taken = new Map<string, number>();
  for (const { counter, reserved, used } of entries) {
    const key = counterKey(counter);
    taken.set(key, (taken.get(key) ?? 0) + reserved + used);
  }
  return holds.flatMap(({ counter, limit }): NewEvent[] => {
    const key = counterKey(counter);
    const tally = tallyOf(key);
    const added = taken.get(key) ?? 0;
    if (limit === null || limit === 0 || tally === undefined || added <= 0 || counter.holder !== "")
      return [];
    return thresholdsPassed(counter, limit, tally.used + tally.reserved, added);
  });
}

function thresholdsPassed(counter: CounterName, limit: number, after: number, added: number): NewEvent[] {
  const { rule, measure, period } = counter;
  const passes = (percent: number) =>
    after * 100 >= limit * percent && (after - added) * 100 < limit * percent;
  if (measure.startsWith(amountMeasure)) {
    const currency = measure.slice(amountMeasure.length);
    const campaign = campaignOfRule(rule);
    if (campaign !== null)
      return budgetPercents
        .filter(passes)
        .map((percent) =>
          newEvent(
            "dealwright.campaign.budget_reached",
            campaign,
            { campaign, currency, percent, budget: limit, taken: after },
            idOf("budget", rule, measure, limit, percent),
          ),
        );
    return budgetPercents.filter(passes).map((percent) => {
      const data = { promotionId: rule, currency, percent, budget: limit, taken: after };
      return newEvent("dealwright.budget.reached", rule, data, idOf("budget", rule, measure, limit, percent));
    });
  }
  if ((measure !== "uses" && !measure.startsWith("stock:")) || !passes(100)) return [];
  const data = { promotionId: rule, measure, period: period === "" ? null : period, limit };
  return [newEvent("dealwright.limit.reached", rule, data, idOf("limit", rule, measure, period, limit))];
}

export function runningLowEvent(pool: { id: string; key: string; codes: number; left: number }): NewEvent {
  const { id: poolId, key, codes, left } = pool;
  return newEvent(
    "dealwright.pool.running_low",
    poolId,
    { poolId, pool: key, left, codes },
    idOf("pool", poolId, codes),
  );
}

/** The same for the same occasion. */
function idOf(...parts: readonly (string | number)[]): string {
  return `evt_${createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, 26)}`;
}

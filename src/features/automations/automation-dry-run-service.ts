/** Whom an automation would reach now, by the very rules by which it then reaches them; nothing is done. */
import { millisecondsPerDay } from "../../engine/zone.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Connection, type Database, withReadSnapshot } from "../../platform/database.ts";
import { problem } from "../../platform/problem.ts";
import { heldOutAmong } from "../campaigns/campaign-holdout-service.ts";
import { whyNoCoupon } from "../coupons/coupon-issue-service.ts";
import { hashCustomer } from "../ledger/promotion-counters.ts";
import type { ProjectService } from "../projects/project-service.ts";
import { knownNow, someCustomers, whoMeets } from "../segments/segment-facts-service.ts";
import { soundSegment } from "../segments/segment-rules.ts";
import type { TrackedEvent } from "../tracking/tracking-schemas.ts";
import { countedSince } from "./automation-caps.ts";
import { isByClock } from "./automation-clock.ts";
import { requireSound } from "./automation-document.ts";
import { inactivityOf, lookFor, type Reached } from "./automation-look-service.ts";
import { isActivityKept, membersOf } from "./automation-look-store.ts";
import { holdersOfLapsing, latestEvents, occasionsKnown } from "./automation-result-store.ts";
import { countRunsOf, takenOfCaps } from "./automation-run-store.ts";
import {
  type AutomationDocument,
  type AutomationDryRun,
  type DryRunQuery,
  mostTried,
  type SkipReason,
} from "./automation-schemas.ts";
import { findAutomation } from "./automation-store.ts";
import { isMatch } from "./automation-triggers.ts";

export interface AutomationDryRunService {
  ofAutomation(projectId: string, id: string, query: DryRunQuery): Promise<AutomationDryRun>;
  ofDocument(projectId: string, document: AutomationDocument, query: DryRunQuery): Promise<AutomationDryRun>;
}

const customersAtOnce = 1_000;
const eventDays = 30;

interface Trial {
  readonly projectId: string;
  /** Null for a document that is not stored. */
  readonly id: string | null;
  readonly document: AutomationDocument;
  readonly now: number;
  readonly timezone: string;
}

type Outcome = SkipReason | "before" | null;

export function automationDryRunService({
  database,
  clock,
  projects,
}: {
  database: Database;
  clock: Clock;
  projects: Pick<ProjectService, "timezone" | "identifierKey">;
}): AutomationDryRunService {
  async function tried(connection: Connection, trial: Trial, query: DryRunQuery): Promise<AutomationDryRun> {
    const { projectId, document, now } = trial;
    const { candidates, isExact } = await candidatesOf(connection, trial);
    const key = await projects.identifierKey(connection, projectId);
    const outcomes = new Map<string, Outcome>();
    for (let from = 0; from < candidates.length; from += customersAtOnce) {
      const some = candidates.slice(from, from + customersAtOnce);
      const named = some.map((one) => ({ ...one, holder: hashCustomer(key, one.customerId) }));
      for (const [customer, outcome] of await judged(connection, trial, named))
        outcomes.set(customer, outcome);
    }
    await capAll(connection, trial, outcomes);

    const missing: { pool: string; reason: string }[] = [];
    for (const action of document.actions) {
      if (action.kind !== "issue_coupon") continue;
      const reason = await whyNoCoupon(connection, { projectId, pool: action.pool }, now);
      if (reason !== null) missing.push({ pool: action.pool, reason });
    }
    const counts = new Map<string, number>();
    for (const outcome of outcomes.values())
      if (outcome !== null) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    const { afterCustomer: after } = query;
    const wanted = [...outcomes]
      .map(([customer, reason]) => ({ customer, reason }))
      .filter(
        ({ customer, reason }) =>
          (reason === null) === (query.outcome === "reached") && (after === undefined || customer > after),
      )
      .sort((a, b) => (a.customer < b.customer ? -1 : 1));
    const skipped = [...counts].map(([reason, count]) => ({ reason, count }));
    return {
      candidates: outcomes.size,
      isExact,
      reached: outcomes.size - skipped.reduce((sum, { count }) => sum + count, 0),
      skipped: skipped.sort((a, b) => (a.reason < b.reason ? -1 : 1)),
      missing,
      items: wanted.slice(0, query.sample),
    };
  }

  return {
    ofAutomation: (projectId, id, query) =>
      withReadSnapshot(database, projectId, async (connection) => {
        const row = await findAutomation(connection, { projectId, id });
        if (row === undefined) throw problem("automation-not-found");
        const timezone = await projects.timezone(connection, projectId);
        return tried(
          connection,
          { projectId, id, document: row.document, now: clock.now(), timezone },
          query,
        );
      }),

    ofDocument: (projectId, document, query) =>
      withReadSnapshot(database, projectId, async (connection) => {
        const timezone = await projects.timezone(connection, projectId);
        requireSound(document, timezone);
        return tried(connection, { projectId, id: null, document, now: clock.now(), timezone }, query);
      }),
  };
}

/** For whom it would be triggered, each customer once. */
async function candidatesOf(
  connection: Connection,
  { projectId, document: { trigger }, now, timezone }: Trial,
): Promise<{ candidates: Reached[]; isExact: boolean }> {
  const alike = (ids: Iterable<string>): Reached[] =>
    [...new Set(ids)].map((customerId) => ({ customerId, occurrence: "", trigger: {} }));
  const upTo = (ids: readonly string[]) => ({
    candidates: alike(ids.slice(0, mostTried)),
    isExact: ids.length <= mostTried,
  });
  if (trigger.kind === "event") {
    const since = new Date(now - eventDays * millisecondsPerDay);
    const events = await latestEvents(connection, projectId, {
      type: trigger.type,
      since,
      most: mostTried + 1,
    });
    const matching = events.filter(({ data }) =>
      isMatch(trigger, { type: trigger.type, data } as unknown as TrackedEvent),
    );
    return {
      candidates: alike(matching.map(({ customerId }) => customerId)),
      isExact: events.length <= mostTried,
    };
  }
  if (trigger.kind === "points_expiring")
    return upTo(
      await holdersOfLapsing(connection, projectId, { programme: trigger.programme, most: mostTried + 1 }),
    );
  if (trigger.kind === "segment_entered" || trigger.kind === "segment_left") {
    const page = await membersOf(connection, projectId, trigger.segment, { after: "", most: mostTried + 1 });
    return upTo(page.candidates.map(({ id }) => id));
  }
  if (!isByClock(trigger)) return { candidates: [], isExact: true };
  if (trigger.kind === "inactivity" && !(await isActivityKept(connection, projectId))) {
    const sample = await someCustomers(connection, projectId, mostTried);
    const latest = now - trigger.days * millisecondsPerDay;
    const candidates: Reached[] = [];
    for (let from = 0; from < sample.ids.length; from += customersAtOnce) {
      const ids = sample.ids.slice(from, from + customersAtOnce);
      for (const { id, lastOrderAt } of (
        await knownNow(connection, projectId, ids, { conditions: null, now })
      ).values())
        if (lastOrderAt !== null && lastOrderAt <= latest)
          candidates.push({ customerId: id, ...inactivityOf(lastOrderAt) });
    }
    return { candidates, isExact: sample.oneIn === 1 };
  }
  const candidates: Reached[] = [];
  let after: string | null = "";
  // By how many were looked at, not found: a date that nobody has is looked for among all customers.
  for (let looked = 0; after !== null && looked < mostTried; looked += customersAtOnce) {
    const page = { after, most: customersAtOnce };
    const { reached, through } = await lookFor(
      connection,
      projectId,
      trigger,
      { at: now, timezone, lookedDay: null },
      page,
    );
    candidates.push(...reached);
    after = through;
  }
  return { candidates, isExact: after === null };
}

/** What would become of each, but for what all have together. */
async function judged(
  connection: Connection,
  { projectId, id, document, now, timezone }: Trial,
  candidates: readonly (Reached & { holder: string })[],
): Promise<[string, Outcome][]> {
  const { conditions, currency, caps, campaign } = document;
  const name = id === null ? null : { projectId, id };
  const before = name === null ? new Set() : await occasionsKnown(connection, name, candidates);
  const holders = candidates.map(({ holder }) => holder);
  const customers = candidates.map(({ customerId }) => customerId);
  const capped = new Set<string>();
  if (name !== null)
    for (const cap of caps.perCustomer)
      for (const [holder, count] of await countRunsOf(
        connection,
        { projectId, automationId: name.id },
        holders,
        countedSince(cap, timezone, now),
      ))
        if (count >= cap.count) capped.add(holder);
  let meeting: ReadonlySet<string> | null = null;
  if (conditions !== undefined) {
    const asked = soundSegment(conditions, currency, timezone);
    const known = await knownNow(connection, projectId, customers, { conditions: asked, now });
    meeting = await whoMeets(connection, projectId, asked, [...known.values()], now);
  }
  const heldOut = await heldOutAmong(connection, projectId, campaign, customers);
  return candidates.map(({ customerId, holder }) => {
    if (before.has(holder)) return [customerId, "before"];
    if (meeting !== null && !meeting.has(customerId)) return [customerId, "conditions"];
    if (capped.has(holder)) return [customerId, "cap_customer"];
    return [customerId, heldOut.has(customerId) ? "held_out" : null];
  });
}

/** What is left of the overall caps goes to the first of them. */
async function capAll(
  connection: Connection,
  { projectId, id, document }: Trial,
  outcomes: Map<string, Outcome>,
): Promise<void> {
  const { caps, actions } = document;
  const taken =
    id === null ? { runs: 0, coupons: 0 } : await takenOfCaps(connection, { projectId, automationId: id });
  const couponsEach = actions.filter(({ kind }) => kind === "issue_coupon").length;
  let { runs, coupons } = taken;
  for (const [customer, outcome] of outcomes) {
    if (outcome !== null) continue;
    if (caps.runs !== undefined && runs >= caps.runs) outcomes.set(customer, "cap_runs");
    else if (caps.coupons !== undefined && coupons + couponsEach > caps.coupons)
      outcomes.set(customer, "cap_coupons");
    else {
      runs += 1;
      coupons += couponsEach;
    }
  }
}

/**
 * Does what automations are triggered to do. Each run is a transaction: its caps, its actions and that it was done are all
 * there or not at all, so that a crash repeats nothing and loses nothing; one that fails is tried again later, and keeps none
 * of the others from theirs.
 */
import { setAmong } from "../../engine/bounded-map.ts";
import type { CompiledSegment } from "../../engine/segment.ts";
import { eachApart } from "../../platform/background.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import type { Log } from "../../platform/log.ts";
import type { CampaignHoldoutService } from "../campaigns/campaign-holdout-service.ts";
import { whyNoCoupon } from "../coupons/coupon-issue-service.ts";
import { recordEvents } from "../events/event-service.ts";
import type { ProjectService } from "../projects/project-service.ts";
import { knownNow, whoMeets } from "../segments/segment-facts-service.ts";
import { compiledSegment } from "../segments/segment-rules.ts";
import { act, owedEvent, type RunCase } from "./automation-action-service.ts";
import { countedSince } from "./automation-caps.ts";
import {
  beginActions,
  countRunsOf,
  deleteRun,
  dueRuns,
  findRun,
  giveBack,
  insertCoupons,
  lockRun,
  owedRuns,
  poolsOwed,
  postponeRun,
  saveRun,
  takeMoreCoupons,
  takenOfCaps,
  takeOfCaps,
  tryCustomer,
  undoActions,
} from "./automation-run-store.ts";
import type { AutomationDocument, RunState, SkipReason } from "./automation-schemas.ts";
import { holdAutomation } from "./automation-store.ts";
import type { AutomationRow, AutomationRunRow } from "./automation-tables.ts";

const mostAtOnce = 100;
const mostOwedAtOnce = 200;
const firstRetrySeconds = 30;
const mostDoublings = 7;
/** Documents that are kept compiled, of all projects. */
const mostCompiled = 1_000;

interface PoolName {
  readonly projectId: string;
  readonly pool: string;
}

interface Settled {
  readonly state: RunState | "forgotten";
  /** The one it waits for, where it is owed. */
  readonly pool?: string | null;
}

export interface AutomationRunService {
  /** Up to a batch of what is due in a project; answers how many were settled. */
  runDue(projectId: string, signal: AbortSignal): Promise<number>;
  /** Does what waits for codes, as far as there are any by now. */
  deliverOwed(signal: AbortSignal): Promise<void>;
}

export interface AutomationRunOptions {
  database: Database;
  clock: Clock;
  log: Log;
  projects: Pick<ProjectService, "timezone" | "identifierKey">;
  holdouts: CampaignHoldoutService;
}

export function automationRunService({
  database,
  clock,
  log,
  projects,
  holdouts,
}: AutomationRunOptions): AutomationRunService {
  /** By id, version and time zone. */
  const compiled = new Map<string, CompiledSegment | null>();

  function conditionsOf({ id, version, document }: AutomationRow, timezone: string): CompiledSegment | null {
    const name = `${id} ${version} ${timezone}`;
    const known = compiled.get(name);
    if (known !== undefined) return known;
    const { conditions, currency } = document;
    const segment =
      conditions === undefined ? null : compiledSegment({ key: "", conditions, currency }, timezone);
    setAmong(compiled, name, segment, mostCompiled);
    return segment;
  }

  /** What became of it; null if it is not to be done any more, or somebody else is at it or at another of the customer. */
  function execute(projectId: string, id: string): Promise<Settled | null> {
    return withTransaction(database, projectId, async (connection) => {
      const name = { projectId, id };
      const found = await findRun(connection, name);
      if (found === undefined) return null;
      // In one order, everywhere: the automation, the customer, the run, and what its actions touch.
      const automation = await holdAutomation(connection, { projectId, id: found.automationId });
      if (automation === undefined || !(await tryCustomer(connection, projectId, found.holder))) return null;
      const run = await lockRun(connection, name);
      if (run === undefined) return null;
      const isForgotten = run.state === "waiting" && run.epoch !== automation.epoch;
      if (automation.status !== "active" || isForgotten) return putAside(connection, run);
      const identifierKey = await projects.identifierKey(connection, projectId);
      const timezone = await projects.timezone(connection, projectId);
      return settle(connection, { automation, run, identifierKey, now: clock.now(), timezone });
    });
  }

  /**
   * Paused, or put into force again since, or for another trigger: what has not begun is forgotten, and found again where it is
   * still so later; what is owed stays owed.
   */
  async function putAside(connection: Connection, run: AutomationRunRow): Promise<Settled> {
    if (run.state === "owed") {
      await saveRun(connection, run, { dueAt: null });
      return { state: "owed", pool: run.pool };
    }
    await deleteRun(connection, run);
    return { state: "forgotten" };
  }

  async function settle(connection: Connection, one: RunCase): Promise<Settled> {
    const { run, automation, now } = one;
    const ranAt = new Date(now);
    const skipped = async (reason: SkipReason): Promise<Settled> => {
      await saveRun(connection, run, { state: "skipped", reason, pool: null, dueAt: null, ranAt });
      return { state: "skipped" };
    };
    // What is owed was promised: it counts against the caps already.
    const reason = run.state === "owed" ? null : await whyNot(connection, one);
    if (reason !== null) return skipped(reason);
    await beginActions(connection);
    if (run.state === "owed" && !(await isCharged(connection, one))) {
      await giveBack(connection, run);
      return skipped("cap_coupons");
    }
    const acted = await act(connection, one);
    if (acted.type === "owed") {
      await undoActions(connection);
      const { pool, reason: why } = acted;
      // Looked at again and again: a row that stays as it is is not written.
      if (run.state === "owed" && run.pool === pool && run.reason === why && run.dueAt === null)
        return { state: "owed", pool };
      if (run.state !== "owed") await recordEvents(connection, run.projectId, [owedEvent(one, pool, why)]);
      const first = run.state === "owed" ? {} : { ranAt, couponsTaken: couponsOf(automation.document) };
      await saveRun(connection, run, { state: "owed", reason: why, pool, dueAt: null, ...first });
      return { state: "owed", pool };
    }
    const { projectId, id: runId } = run;
    const issued = acted.coupons.map((coupon) => ({
      projectId,
      runId,
      automationId: automation.id,
      ...coupon,
    }));
    await insertCoupons(connection, issued);
    const points = Object.keys(acted.points).length === 0 ? null : acted.points;
    await saveRun(connection, run, { state: "done", reason: null, pool: null, dueAt: null, ranAt, points });
    return { state: "done" };
  }

  async function whyNot(connection: Connection, one: RunCase): Promise<SkipReason | null> {
    const { automation, run, now, timezone } = one;
    const { caps, conditions, trigger } = automation.document;
    if (trigger.kind === "inactivity" && !(await isStillInactive(connection, one))) return "active_again";
    if (conditions !== undefined && !(await isMet(connection, one))) return "conditions";
    for (const cap of caps.perCustomer) {
      const counts = await countRunsOf(connection, run, [run.holder], countedSince(cap, timezone, now));
      if ((counts.get(run.holder) ?? 0) >= cap.count) return "cap_customer";
    }
    // Before the caps of all: whoever gets nothing takes nothing of them.
    const { projectId, customerId } = run;
    if (await holdouts.isHeldOut(connection, projectId, automation.document.campaign, customerId))
      return "held_out";
    if (caps.runs === undefined && caps.coupons === undefined) return null;
    const wanted = {
      runs: caps.runs ?? null,
      coupons: caps.coupons ?? null,
      couponsOfRun: couponsOf(automation.document),
    };
    if (await takeOfCaps(connection, run, wanted)) return null;
    const { runs } = await takenOfCaps(connection, run);
    return caps.runs !== undefined && runs >= caps.runs ? "cap_runs" : "cap_coupons";
  }

  /** Owed under another document it may issue more than was kept for it, and may not where the cap has no room for that. */
  async function isCharged(connection: Connection, { automation, run }: RunCase): Promise<boolean> {
    const { coupons } = automation.document.caps;
    const more = couponsOf(automation.document) - run.couponsTaken;
    return coupons === undefined || more === 0 || takeMoreCoupons(connection, run, { more, most: coupons });
  }

  /** Conditions of an earlier version that this one cannot read are met by nobody. */
  async function isMet(
    connection: Connection,
    { automation, run, now, timezone }: RunCase,
  ): Promise<boolean> {
    const conditions = conditionsOf(automation, timezone);
    if (conditions === null) return false;
    const { projectId, customerId } = run;
    const known = await knownNow(connection, projectId, [customerId], { conditions, now });
    return (await whoMeets(connection, projectId, conditions, [...known.values()], now)).has(customerId);
  }

  /** Nothing was bought since it was triggered. */
  async function isStillInactive(connection: Connection, { run, now }: RunCase): Promise<boolean> {
    const { projectId, customerId, trigger } = run;
    const known = await knownNow(connection, projectId, [customerId], { conditions: null, now });
    const lastOrderAt = known.get(customerId)?.lastOrderAt ?? null;
    return lastOrderAt !== null && new Date(lastOrderAt).toISOString() === trigger.lastOrderAt;
  }

  async function putOff(error: unknown, projectId: string, id: string): Promise<void> {
    log.warn({ err: error, projectId, run: id }, "a run of an automation failed; tried again later");
    const retry = { now: clock.now(), firstSeconds: firstRetrySeconds, mostDoublings };
    await postponeRun(database.of(projectId), { projectId, id }, retry);
  }

  /** A batch of what waits for a pool; whether there may be more that it has codes for. */
  async function deliver({ projectId, pool }: PoolName, signal: AbortSignal): Promise<boolean> {
    const connection = database.of(projectId);
    if ((await whyNoCoupon(connection, { projectId, pool }, clock.now())) !== null) return false;
    const owed = await owedRuns(connection, projectId, { pool, most: mostOwedAtOnce });
    let settled = 0;
    for (const id of owed) {
      if (signal.aborted) return false;
      try {
        const became = await execute(projectId, id);
        // There is none left for the others either; one that waits for another pool now is out of their way.
        if (became?.state === "owed" && became.pool === pool) return false;
        if (became !== null) settled += 1;
      } catch (error) {
        await putOff(error, projectId, id);
      }
    }
    return settled > 0 && owed.length === mostOwedAtOnce;
  }

  return {
    async runDue(projectId, signal) {
      let settled = 0;
      const due = await dueRuns(database.of(projectId), projectId, { now: clock.now(), most: mostAtOnce });
      const one = async (id: string) => {
        if ((await execute(projectId, id)) !== null) settled += 1;
      };
      await eachApart(due, signal, one, (error, id) => putOff(error, projectId, id));
      return settled;
    },

    async deliverOwed(signal) {
      let pools = await poolsOwed(database.outside);
      // A batch of each in turn: one with many codes does not keep the others waiting.
      while (pools.length > 0 && !signal.aborted) {
        const unfinished: PoolName[] = [];
        const one = async (pool: PoolName) => {
          if (await deliver(pool, signal)) unfinished.push(pool);
        };
        await eachApart(pools, signal, one, (error, name) =>
          log.warn(
            { err: error, ...name },
            "owed coupons of automations could not be issued; tried again in a second",
          ),
        );
        pools = unfinished;
      }
    },
  };
}

function couponsOf({ actions }: AutomationDocument): number {
  return actions.filter(({ kind }) => kind === "issue_coupon").length;
}

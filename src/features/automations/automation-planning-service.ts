/**
 * Finds out whom automations reach. One process works on a project at a time, under the lock of its row: an event triggers
 * its runs in the transaction that counts it as followed, so none is skipped and none triggers twice.
 */
import type { Clock } from "../../platform/clock.ts";
import { isErased } from "../../platform/customer-data.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import { newId } from "../../platform/ids.ts";
import type { Log } from "../../platform/log.ts";
import { candidatesOf } from "../coupons/code-form.ts";
import { hashCustomer } from "../ledger/promotion-counters.ts";
import type { ProjectService } from "../projects/project-service.ts";
import type { TrackingFollower } from "../tracking/tracking-service.ts";
import { localDay, rememberedSince } from "./automation-caps.ts";
import { followingLook, isByClock } from "./automation-clock.ts";
import { lookFor } from "./automation-look-service.ts";
import {
  dueClock,
  findClock,
  isActivityKept,
  postponeClock,
  saveClock,
  setClock,
} from "./automation-look-store.ts";
import {
  couponsOfEvents,
  followedEvents,
  noteUse,
  type Round,
  setPosition,
  takenOff,
  takeRound,
  type UsedCoupon,
} from "./automation-planning-store.ts";
import { insertRuns, type NewRun } from "./automation-run-store.ts";
import { followers, holdAutomation, listenersTo } from "./automation-store.ts";
import type { AutomationClockRow } from "./automation-tables.ts";
import { happened, isMatch, keptOf, occurrenceOf, trackedHappening } from "./automation-triggers.ts";

const eventsAtOnce = 1_000;
const customersAtOnce = 1_000;
const retryMilliseconds = 30_000;
/** Until the sums of what customers bought are there. */
const waitMilliseconds = 2_000;

export interface AutomationPlanningService {
  /** Whatever customers do triggers its runs in the transaction that stores it: nobody is missed, and none triggers twice. */
  readonly followTracked: TrackingFollower;
  /** One batch of a project; whether there may be more to do. */
  step(projectId: string): Promise<boolean>;
}

export interface AutomationPlanningOptions {
  database: Database;
  clock: Clock;
  log: Log;
  projects: Pick<ProjectService, "timezone" | "identifierKey">;
}

export function automationPlanningService(options: AutomationPlanningOptions): AutomationPlanningService {
  const { database, clock, log, projects } = options;

  async function begin(
    connection: Connection,
    projectId: string,
    reached: readonly Omit<NewRun, "id" | "holder">[],
    dueAt: number = clock.now(),
  ): Promise<void> {
    if (reached.length === 0) return;
    const key = await projects.identifierKey(connection, projectId);
    const now = clock.now();
    const runs = reached.flatMap((run) =>
      isErased(run.customerId)
        ? []
        : [{ ...run, id: newId("run", now), holder: hashCustomer(key, run.customerId) }],
    );
    await insertRuns(connection, projectId, runs, { dueAt, now });
  }

  /** A page of the look that is due first; whether there was one. One that fails is tried again later. */
  async function look(projectId: string): Promise<boolean> {
    let clockRow: AutomationClockRow | undefined;
    try {
      return await withTransaction(database, projectId, async (connection) => {
        if ((await takeRound(connection, projectId)) === undefined) return false;
        clockRow = await dueClock(connection, projectId, new Date(clock.now()));
        if (clockRow === undefined) return false;
        await lookOn(connection, clockRow);
        return true;
      });
    } catch (error) {
      if (clockRow === undefined) throw error;
      log.warn(
        { err: error, projectId, automation: clockRow.automationId },
        "an automation could not look for customers; tried again later",
      );
      const dueAt = new Date(clock.now() + retryMilliseconds);
      await postponeClock(database.of(projectId), clockRow, dueAt);
      return true;
    }
  }

  async function lookOn(connection: Connection, found: AutomationClockRow): Promise<void> {
    const { projectId, automationId } = found;
    const name = { projectId, id: automationId };
    const automation = await holdAutomation(connection, name);
    // As it is now that nobody changes it: perhaps it was paused a moment ago.
    const row = await findClock(connection, name);
    if (automation === undefined || row === undefined) return;
    const { trigger } = automation.document;
    if (automation.status !== "active" || !isByClock(trigger)) return setClock(connection, name, null);
    const { lookedDay } = row;
    const now = clock.now();
    if (trigger.kind === "inactivity" && !(await isActivityKept(connection, projectId)))
      return saveClock(connection, { ...row, dueAt: new Date(now + waitMilliseconds) });
    const timezone = await projects.timezone(connection, projectId);
    const at = row.ofAt.getTime();
    const page = { after: row.after ?? "", most: customersAtOnce };
    const { reached, through } = await lookFor(
      connection,
      projectId,
      trigger,
      { at, timezone, lookedDay },
      page,
    );
    await begin(
      connection,
      projectId,
      reached.map((one) => ({ automationId, epoch: automation.epoch, ...one })),
      at,
    );
    if (through !== null) return saveClock(connection, { ...row, dueAt: row.ofAt, after: through });
    const next = followingLook(trigger, timezone, at, now);
    if (next === null) return setClock(connection, name, null);
    const nextAt = new Date(next);
    await saveClock(connection, {
      ...row,
      dueAt: nextAt,
      ofAt: nextAt,
      after: null,
      lookedDay: localDay(timezone, at),
    });
  }

  async function followNumbered(connection: Connection, projectId: string, round: Round): Promise<void> {
    const { position, lastPosition, deletedThrough } = round;
    if (position < deletedThrough) {
      log.warn(
        { projectId, position, deletedThrough },
        "events were deleted before automations had followed them",
      );
      return setPosition(connection, projectId, deletedThrough);
    }
    const range = { after: position, through: Math.min(position + eventsAtOnce, lastPosition) };
    const listening = await followers(connection, projectId);
    if (listening.length > 0) {
      const reached: Omit<NewRun, "id" | "holder">[] = [];
      for (const event of await followedEvents(connection, projectId, range))
        for (const { id, epoch, document, sincePosition } of listening) {
          const trigger = happened(document.trigger, event);
          if (trigger === null || event.position <= (sincePosition ?? 0)) continue;
          const { customerId } = event;
          reached.push({ automationId: id, epoch, customerId, occurrence: event.id, trigger });
        }
      await begin(connection, projectId, reached);
    }
    for (const used of await couponsOfEvents(connection, projectId, range))
      await note(connection, projectId, used);
    await setPosition(connection, projectId, range.through);
  }

  return {
    async followTracked(connection, projectId, events) {
      const happenings = [...new Set(events.map(({ type }) => trackedHappening(type)))];
      const listening = await listenersTo(connection, projectId, happenings);
      const since = rememberedSince(clock.now());
      const reached = listening.flatMap(({ id, epoch, document, activatedAt }) =>
        events.flatMap((event) =>
          event.data.customer !== undefined &&
          isMatch(document.trigger, event) &&
          Date.parse(event.time) >= Math.max(activatedAt?.getTime() ?? Infinity, since)
            ? [
                {
                  automationId: id,
                  epoch,
                  customerId: event.data.customer,
                  occurrence: occurrenceOf(event),
                  trigger: keptOf(event),
                },
              ]
            : [],
        ),
      );
      await begin(connection, projectId, reached);
    },

    async step(projectId) {
      const went = await withTransaction(database, projectId, async (connection) => {
        const round = await takeRound(connection, projectId);
        if (round === undefined) return "elsewhere";
        if (round.position >= round.lastPosition) return "nothing";
        await followNumbered(connection, projectId, round);
        return "on";
      });
      if (went === "elsewhere") return false;
      return (await look(projectId)) || went === "on";
    },
  };
}

/** What came of a coupon, by the order that used it as it stands now. */
async function note(connection: Connection, projectId: string, used: UsedCoupon): Promise<void> {
  const { redemptionId, state, currency, total, refunded } = used;
  if (state !== "committed" && state !== "partially_returned")
    return noteUse(connection, projectId, used, null);
  const promotions = promotionsOf(used);
  const discount = await takenOff(connection, projectId, { redemptionId, promotions, currency });
  await noteUse(connection, projectId, used, { currency, revenue: total - refunded, discount });
}

/** The ids of those that the code triggered in the order. */
function promotionsOf({ code, quote }: UsedCoupon): string[] {
  const adjustments = [...quote.lines, ...quote.shippingLines].flatMap((goods) => goods.adjustments);
  const keys = new Set(
    adjustments.flatMap(({ promotion, code: entered }) =>
      entered !== null && candidatesOf(entered).includes(code) ? [promotion] : [],
    ),
  );
  const ids = quote.promotions.flatMap(({ promotion, promotionId }) =>
    keys.has(promotion) && promotionId !== null ? [promotionId] : [],
  );
  return [...new Set(ids)];
}

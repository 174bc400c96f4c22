/** Looks at campaigns by their policies, again and again. Every process does it; what one looks at, the others leave to it. */
import { type Environment, isAllowed, type Role } from "../../platform/auth.ts";
import { eachApart, repeated } from "../../platform/background.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Connection, type Database, withTransaction } from "../../platform/database.ts";
import { newId } from "../../platform/ids.ts";
import type { Log } from "../../platform/log.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { Problem, problem } from "../../platform/problem.ts";
import type { CampaignStanding } from "../campaigns/campaign-board-schemas.ts";
import type { CampaignService } from "../campaigns/campaign-service.ts";
import { recordEvents } from "../events/event-service.ts";
import { newEvent } from "../events/event-types.ts";
import type { Acting, PolicyActionService } from "./policy-action-service.ts";
import { type Decision, decisionsOf } from "./policy-decision.ts";
import {
  actedSoFar,
  duePolicies,
  insertAction,
  lockFreePolicy,
  type PolicyName,
  setDue,
} from "./policy-store.ts";
import type { PolicyActionRow, PolicyRow } from "./policy-tables.ts";

export interface PolicyRoundService {
  /** Looks at all that are due by now; answers how often something was done. */
  look(): Promise<number>;
  start(): void;
  close(): Promise<void>;
}

/** What the key may do now; undefined for one that was revoked or has expired. */
export type KeyNow = (
  connection: Connection,
  projectId: string,
  apiKeyId: string,
) => Promise<{ role: Role; environment: Environment } | undefined>;

const pollMilliseconds = 5_000;
/** A policy is looked at so often: a loss runs on for so long at most. */
const lookMilliseconds = 30_000;
/** Dates of campaigns change. */
const overMilliseconds = 3_600_000;
const mostAtOnce = 100;
/** In an event; the log has all. */
const mostChangesTold = 20;

export function policyRoundService({
  database,
  clock,
  log,
  standingOf,
  campaigns,
  keyNow,
  acting,
}: {
  database: Database;
  clock: Clock;
  log: Log;
  standingOf: (projectId: string, campaign: string) => Promise<CampaignStanding>;
  campaigns: Pick<CampaignService, "lockIn">;
  keyNow: KeyNow;
  acting: PolicyActionService;
}): PolicyRoundService {
  const background = repeated(pollMilliseconds, look, (error) =>
    log.warn({ err: error }, "could not look for policies that are due; the next round tries again"),
  );

  async function look(): Promise<number> {
    let done = 0;
    const failed = async (error: unknown, name: PolicyName) => {
      log.warn({ err: error, ...name }, "a policy could not be looked at; tried again in half a minute");
      await setDue(database.of(name.projectId), name, new Date(clock.now() + lookMilliseconds));
    };
    let due: PolicyName[];
    do {
      due = await duePolicies(database.outside, new Date(clock.now()), mostAtOnce);
      let looks = 0;
      // All policies of a campaign go by the same figures.
      const standings = new Map<string, Promise<CampaignStanding>>();
      const one = async (name: PolicyName) => {
        const campaign = JSON.stringify([name.projectId, name.campaign]);
        const standing = standings.get(campaign) ?? standingOf(name.projectId, name.campaign);
        standings.set(campaign, standing);
        const acted = await lookAt(name, await standing);
        if (acted === null) return;
        looks += 1;
        done += acted;
      };
      await eachApart(due, background.signal, one, failed);
      // Those that others look at stay due: not again in this round.
      if (looks === 0) break;
    } while (due.length === mostAtOnce && !background.signal.aborted);
    return done;
  }

  /** How often it acted; null: others look at it, or have just done so. */
  async function lookAt(name: PolicyName, board: CampaignStanding): Promise<number | null> {
    const { projectId } = name;
    const now = clock.now();
    let actings: Acting[] | null = null;
    try {
      actings = await withTransaction(database, projectId, async (connection) => {
        const row = await lockFreePolicy(connection, name);
        if (row === undefined || row.dueAt === null || row.dueAt.getTime() > now) return null;
        await setDue(connection, name, nextLook(row, board, now));
        const carriedOut: Acting[] = [];
        for (const decision of await decisions(connection, row, board, now))
          carriedOut.push(await carryOut(connection, row, decision, now));
        return carriedOut;
      });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      // What cannot be done now is noted as well, and tried again after the policy's pause.
      return noteFailure(name, board, error.code, now);
    }
    if (actings === null) return null;
    for (const { settle } of actings) await settle();
    return actings.length;
  }

  async function decisions(
    connection: Connection,
    row: PolicyRow,
    board: CampaignStanding,
    now: number,
  ): Promise<Decision[]> {
    const { document } = row;
    const { from = board.startsAt, until = board.endsAt } = document.when;
    if (!document.isEnabled || now < Date.parse(from) || now >= Date.parse(until)) return [];
    return decisionsOf(document, board, await actedSoFar(connection, row), now);
  }

  async function carryOut(
    connection: Connection,
    row: PolicyRow,
    { channel, evidence }: Decision,
    now: number,
  ): Promise<Acting> {
    const { projectId, campaign, key: policy, document, setBy } = row;
    const { act } = document;
    const key = await keyNow(connection, projectId, setBy);
    if (key === undefined || !isAllowed(["marketing"], key.role)) throw problem("forbidden-role");
    const context: OperationContext = {
      projectId,
      apiKeyId: setBy,
      ...key,
      requestId: row.requestId,
      change: { operation: "applyPolicy", resource: "policy", network: null, isTold: false },
    };
    // The campaign before its promotions, as whoever changes it does.
    await campaigns.lockIn(connection, projectId, campaign);
    const done = await acting.act(connection, context, { campaign, channel, act });
    const action = actionOf(row, { channel, evidence }, now);
    await insertAction(connection, { ...action, changes: done.changes });
    await recordEvents(connection, projectId, [
      newEvent("dealwright.policy.acted", campaign, {
        campaign,
        policy,
        action: action.id,
        channel,
        evidence,
        act: act.kind,
        changes: done.changes.slice(0, mostChangesTold),
      }),
    ]);
    log.info(
      { projectId, campaign, policy, channel, evidence, changes: done.changes.length },
      "a policy acted",
    );
    return done;
  }

  function noteFailure(
    name: PolicyName,
    board: CampaignStanding,
    failure: string,
    now: number,
  ): Promise<number> {
    return withTransaction(database, name.projectId, async (connection) => {
      const row = await lockFreePolicy(connection, name);
      if (row === undefined) return 0;
      await setDue(connection, name, nextLook(row, board, now));
      const decided = await decisions(connection, row, board, now);
      const { projectId, campaign, key: policy, document } = row;
      for (const decision of decided) {
        const action = actionOf(row, decision, now);
        await insertAction(connection, { ...action, failure });
        const told = { campaign, policy, action: action.id, ...decision, act: document.act.kind, failure };
        await recordEvents(connection, projectId, [newEvent("dealwright.policy.failed", campaign, told)]);
      }
      log.warn({ ...name, failure }, "a policy could not do what it should");
      return 0;
    });
  }

  return { look, start: background.start, close: background.close };
}

function actionOf(
  { projectId, campaign, key: policy, document: { act } }: PolicyRow,
  { channel, evidence }: Decision,
  now: number,
): PolicyActionRow {
  return {
    projectId,
    id: newId("pla", now),
    campaign,
    policy,
    channel,
    at: new Date(now),
    evidence,
    act,
    changes: [],
    failure: null,
    undoneAt: null,
    undoneBy: null,
  };
}

/** Null: it will never have anything to do again, as it stands. Once its time is over, now and then: that may be put off. */
function nextLook({ document }: PolicyRow, board: CampaignStanding, now: number): Date | null {
  const { from = board.startsAt, until = board.endsAt } = document.when;
  if (!document.isEnabled || board.status === "archived") return null;
  const pause = now >= Date.parse(until) ? overMilliseconds : lookMilliseconds;
  return new Date(Math.min(Math.max(Date.parse(from), now + pause), now + overMilliseconds));
}

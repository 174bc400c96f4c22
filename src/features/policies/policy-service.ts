/** Policies of campaigns as they are set, what they did, and how that is taken back. */
import { z } from "zod";
import type { Clock } from "../../platform/clock.ts";
import { type Database, withTransaction } from "../../platform/database.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { cursorOf, type Page } from "../../platform/pagination.ts";
import { type ProblemError, problem } from "../../platform/problem.ts";
import { nothingChanged, recordChange } from "../audit/audit-service.ts";
import { existingCampaign } from "../campaigns/campaign-service.ts";
import { recordEvents } from "../events/event-service.ts";
import { newEvent } from "../events/event-types.ts";
import type { PolicyActionService } from "./policy-action-service.ts";
import {
  mostPolicies,
  type Policy,
  type PolicyAction,
  type PolicyActionQuery,
  type PolicyDocument,
} from "./policy-schemas.ts";
import {
  countPolicies,
  findPolicy,
  listActions,
  listPolicies,
  lockAction,
  markUndone,
  putPolicy,
} from "./policy-store.ts";
import type { PolicyActionRow, PolicyRow } from "./policy-tables.ts";

export interface PolicyService {
  put(
    context: OperationContext,
    name: { campaign: string; key: string },
    ifMatch: string,
    document: PolicyDocument,
  ): Promise<Policy>;
  policy(projectId: string, name: { campaign: string; key: string }): Promise<Policy>;
  list(
    projectId: string,
    campaign: string,
    page: { limit: number; after?: string | undefined },
  ): Promise<Page<Policy>>;
  actions(projectId: string, campaign: string, query: PolicyActionQuery): Promise<Page<PolicyAction>>;
  undo(context: OperationContext, campaign: string, id: string): Promise<PolicyAction>;
}

const cursor = cursorOf("policies", z.string());
const actionCursor = cursorOf("policyActions", z.string());

export function policyService({
  database,
  clock,
  acting,
}: {
  database: Database;
  clock: Clock;
  acting: PolicyActionService;
}): PolicyService {
  return {
    async put(context, { campaign, key }, ifMatch, document) {
      const { projectId, apiKeyId, requestId } = context;
      const errors = faultsOf(document);
      if (errors.length > 0) throw problem("invalid-request", { errors });
      return withTransaction(database, projectId, async (connection) => {
        await existingCampaign(connection, projectId, campaign);
        const before = await findPolicy(connection, { projectId, campaign, key });
        if (
          before === undefined &&
          (await countPolicies(connection, { projectId, campaign })) >= mostPolicies
        )
          throw problem("too-many-policies");
        const at = new Date(clock.now());
        const row = {
          projectId,
          campaign,
          key,
          document,
          // Looked at as soon as can be; who looks first sees whether the campaign runs.
          dueAt: document.isEnabled ? at : null,
          setBy: apiKeyId,
          requestId,
          updatedAt: at,
        };
        const version = ifMatch === "*" ? null : /^\d{1,9}$/.test(ifMatch) ? Number(ifMatch) : -1;
        const stored =
          version !== null && version !== (before?.version ?? 0)
            ? undefined
            : await putPolicy(connection, row, version);
        if (stored === undefined) throw problem("precondition-failed");
        const audited = { before: before?.document ?? null, after: document };
        await recordChange(connection, context, { id: `${campaign}/${key}`, ...audited });
        return shown(stored);
      });
    },

    async policy(projectId, name) {
      const row = await findPolicy(database.of(projectId), { projectId, ...name });
      if (row === undefined) throw problem("policy-not-found");
      return shown(row);
    },

    async list(projectId, campaign, { limit, after }) {
      const connection = database.of(projectId);
      await existingCampaign(connection, projectId, campaign);
      const page = { after: cursor.decode(after), limit: limit + 1 };
      const rows = await listPolicies(connection, { projectId, campaign }, page);
      return cursor.page(rows, limit, ({ key }) => key, shown);
    },

    async actions(projectId, campaign, { limit, after, policy }) {
      const connection = database.of(projectId);
      await existingCampaign(connection, projectId, campaign);
      const page = { before: actionCursor.decode(after), limit: limit + 1 };
      const rows = await listActions(connection, { projectId, campaign, policy }, page);
      return actionCursor.page(rows, limit, ({ id }) => id, shownAction);
    },

    async undo(context, campaign, id) {
      const { projectId, apiKeyId } = context;
      const { row, settle } = await withTransaction(database, projectId, async (connection) => {
        const done = await lockAction(connection, projectId, campaign, id);
        if (done === undefined) throw problem("policy-action-not-found");
        if (done.undoneAt !== null) {
          nothingChanged(context);
          return { row: done, settle: null };
        }
        const { changes, settle } = await acting.undo(connection, context, campaign, done.changes);
        const undone = { undoneAt: new Date(clock.now()), undoneBy: apiKeyId };
        const after = await markUndone(connection, done, undone);
        await recordChange(connection, context, {
          id,
          before: { changes: done.changes },
          after: { changes },
        });
        await recordEvents(connection, projectId, [
          newEvent("dealwright.policy.undone", campaign, {
            campaign,
            policy: done.policy,
            action: id,
            changes,
          }),
        ]);
        return { row: after, settle };
      });
      await settle?.();
      return shownAction(row);
    },
  };
}

const goalless: ReadonlySet<string> = new Set(["cost", "discountCost", "acquisitionCost"]);
const addingUp: ReadonlySet<string> = new Set(["gmv", "orders", "newCustomers"]);

function faultsOf({ when, act }: PolicyDocument): ProblemError[] {
  const errors: ProblemError[] = [];
  const fault = (path: string, code: string, message: string) => void errors.push({ path, code, message });
  const { metric, below, above, per, of, from, until } = when;
  if ((below === undefined) === (above === undefined))
    fault("/when/below", "bounds_contradict", "Give exactly one of `below` and `above`.");
  if (act.kind === "pause_channel" && per !== "channel")
    fault("/when/per", "channel_required", "To pause a channel, look at each by itself: `per: channel`.");
  if (of === "goal" && goalless.has(metric))
    fault("/when/of", "goal_unknown", "There are no goals of this metric: name a value.");
  if (of === "goal" && per === "channel" && addingUp.has(metric))
    fault(
      "/when/of",
      "goal_of_whole",
      "The goal is the whole campaign's, not that of a channel: name a value.",
    );
  if (from !== undefined && until !== undefined && Date.parse(from) >= Date.parse(until))
    fault("/when/until", "period_empty", "It ends before it begins.");
  return errors;
}

function shown({ campaign, key, version, document, updatedAt }: PolicyRow): Policy {
  return { ...document, campaign, key, version, updatedAt: updatedAt.toISOString() };
}

function shownAction(row: PolicyActionRow): PolicyAction {
  const { id, policy, channel, at, evidence, act, changes, failure, undoneAt, undoneBy } = row;
  return {
    id,
    policy,
    channel,
    at: at.toISOString(),
    evidence,
    act,
    changes,
    failure,
    undoneAt: undoneAt?.toISOString() ?? null,
    undoneBy,
  };
}

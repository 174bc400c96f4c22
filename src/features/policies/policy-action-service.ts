/** What policies do, and how it is taken back. Each change is the one that a marketer would have made, on record as such. */
import type { Connection } from "../../platform/database.ts";
import type { OperationContext } from "../../platform/operation.ts";
import { problem } from "../../platform/problem.ts";
import { highestCapPercent } from "../campaigns/campaign-guards.ts";
import type { CampaignService } from "../campaigns/campaign-service.ts";
import type { Promotion } from "../promotions/promotion-schemas.ts";
import type { ChangedPromotion, PromotionService } from "../promotions/promotion-service.ts";
import type { PolicyAct, PolicyAction } from "./policy-schemas.ts";

type Change = PolicyAction["changes"][number];

/** Changes made in the caller's transaction. Call `settle` once that is committed. */
export interface Acting {
  readonly changes: Change[];
  settle(): Promise<void>;
}

export interface PolicyActionService {
  act(
    connection: Connection,
    context: OperationContext,
    asked: { readonly campaign: string; readonly channel: string | null; readonly act: PolicyAct },
  ): Promise<Acting>;
  /** Leaves alone what somebody changed since. */
  undo(
    connection: Connection,
    context: OperationContext,
    campaign: string,
    changes: readonly Change[],
  ): Promise<Acting>;
}

const promotionPrefix = "promotion ";
const pausedChannels = "pausedChannels";
const discountCap = "discountCap";

export function policyActionService({
  promotions,
  campaigns,
}: {
  promotions: PromotionService;
  campaigns: Pick<CampaignService, "changeGuardsIn" | "reach">;
}): PolicyActionService {
  function begun(projectId: string) {
    const moved: ChangedPromotion[] = [];
    let revision: number | null = null;
    return {
      changes: [] as Change[],
      noteMoved(changed: readonly ChangedPromotion[]) {
        moved.push(...changed);
        for (const { before, after } of changed)
          noteChange(this.changes, `${promotionPrefix}${before.key}`, before.status, after.status);
      },
      noteRevision(reached: number | null) {
        revision = reached ?? revision;
      },
      async settle() {
        for (const one of moved) await promotions.settled(one);
        if (revision !== null) await campaigns.reach(projectId, revision);
      },
    };
  }

  return {
    async act(connection, context, { campaign, channel, act }) {
      const { projectId } = context;
      const acting = begun(projectId);
      switch (act.kind) {
        case "alert":
          break;
        case "pause_promotions":
          acting.noteMoved(
            await promotions.moveAllIn(connection, context, campaign, act.promotions ?? null, "pause"),
          );
          break;
        case "activate_promotion": {
          const { promotion: key } = act;
          const moved = await promotions.moveAllIn(connection, context, campaign, [key], "activate");
          acting.noteMoved(moved);
          if (moved.length === 0) requireInForce(await promotions.promotion(projectId, { key }), campaign);
          break;
        }
        case "pause_channel": {
          if (channel === null) throw problem("invalid-request");
          const { before, after, revision } = await campaigns.changeGuardsIn(
            connection,
            context,
            campaign,
            (guards) => withPaused(guards, (paused) => [...new Set([...paused, channel])]),
          );
          acting.noteRevision(revision);
          noteChange(acting.changes, pausedChannels, listed(before), listed(after));
          break;
        }
        case "raise_discount_cap": {
          const { before, after, revision } = await campaigns.changeGuardsIn(
            connection,
            context,
            campaign,
            (guards) => withCap(guards, (percent) => Math.min(highestCapPercent, percent + act.byPercent)),
          );
          acting.noteRevision(revision);
          noteChange(acting.changes, discountCap, capOf(before), capOf(after));
        }
      }
      return acting;
    },

    async undo(connection, context, campaign, changes) {
      const acting = begun(context.projectId);
      for (const { what, before, after } of changes) {
        if (what.startsWith(promotionPrefix)) {
          // What was a draft and was put into force is paused: it cannot become a draft again.
          const back = before === "active" ? "activate" : "pause";
          const key = what.slice(promotionPrefix.length);
          acting.noteMoved(await promotions.moveAllIn(connection, context, campaign, [key], back));
          continue;
        }
        const changed = await campaigns.changeGuardsIn(connection, context, campaign, (guards) =>
          what === discountCap
            ? withCap(guards, (percent) => (String(percent) === after ? Number(before) : percent))
            : withPaused(guards, (paused) => {
                const added = unlisted(after).filter((channel) => !unlisted(before).includes(channel));
                return paused.filter((channel) => !added.includes(channel));
              }),
        );
        acting.noteRevision(changed.revision);
        const shown = what === discountCap ? capOf : listed;
        noteChange(acting.changes, what, shown(changed.before), shown(changed.after));
      }
      return acting;
    },
  };
}

/** What could not be put into force, though it is not. */
function requireInForce({ campaign, status, killedAt }: Promotion, wanted: string): void {
  if (campaign !== wanted) throw problem("promotion-not-found");
  if (killedAt !== null) throw problem("promotion-killed");
  if (status !== "active" && status !== "scheduled") throw problem("promotion-state-conflict");
}

type Guards = Parameters<Parameters<CampaignService["changeGuardsIn"]>[3]>[0];

function withPaused(guards: Guards, change: (paused: readonly string[]) => string[]): Guards {
  return { ...guards, pausedChannels: change(guards.pausedChannels ?? []) };
}

/** Without a cap there is none to raise. */
function withCap(guards: Guards, change: (percent: number) => number): Guards {
  if (guards.discounts === undefined) return guards;
  return { ...guards, discounts: { ...guards.discounts, percent: change(guards.discounts.percent) } };
}

const listed = ({ pausedChannels = [] }: Guards) => JSON.stringify(pausedChannels);
const unlisted = (text: string) => JSON.parse(text) as string[];
const capOf = ({ discounts }: Guards) => (discounts === undefined ? "" : String(discounts.percent));

function noteChange(changes: Change[], what: string, before: string, after: string): void {
  if (before !== after) changes.push({ what, before, after });
}

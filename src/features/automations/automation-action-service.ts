/** What automations do: all of a run's actions in its transaction, or none of them. */
import type { Connection } from "../../platform/database.ts";
import { issueCoupon } from "../coupons/coupon-issue-service.ts";
import { type Contact, contactOf } from "../customers/customer-contact-service.ts";
import { changeTags } from "../customers/customer-tag-service.ts";
import { recordEvents } from "../events/event-service.ts";
import { type NewEvent, newEvent } from "../events/event-types.ts";
import { holderOf } from "../points/points-book-service.ts";
import { givePoints } from "../points/points-gift-service.ts";
import { usualProgramme } from "../points/points-schemas.ts";
import type { AutomationAction } from "./automation-schemas.ts";
import type { AutomationRow, AutomationRunRow } from "./automation-tables.ts";

export interface RunCase {
  readonly automation: AutomationRow;
  readonly run: AutomationRunRow;
  readonly identifierKey: Uint8Array;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly timezone: string;
}

export type Acted =
  | {
      readonly type: "done";
      readonly coupons: readonly { pool: string; code: string }[];
      /** By programme. */
      readonly points: Readonly<Record<string, number>>;
    }
  /** What was done before has to be undone by the caller. */
  | { readonly type: "owed"; readonly pool: string; readonly reason: "pool_empty" | "pool_unknown" };

export async function act(connection: Connection, one: RunCase): Promise<Acted> {
  const { automation, run, identifierKey, now, timezone } = one;
  const { projectId, customerId } = run;
  const { actions, key } = automation.document;
  const of = <Kind extends AutomationAction["kind"]>(kind: Kind) =>
    actions.filter((action): action is Extract<AutomationAction, { kind: Kind }> => action.kind === kind);

  const coupons: { pool: string; code: string }[] = [];
  for (const { pool, validFor = null } of of("issue_coupon")) {
    const issued = await issueCoupon(connection, { projectId, pool, customerId, validFor, now, timezone });
    if (issued.type === "refused") return { type: "owed", pool, reason: issued.reason };
    coupons.push({ pool, code: issued.code });
  }
  const add = of("add_tag").map(({ tag }) => tag);
  const remove = of("remove_tag").map(({ tag }) => tag);
  if (add.length + remove.length > 0)
    await changeTags(connection, { projectId, id: customerId }, { add, remove }, { identifierKey, now });
  const awarded: Record<string, number> = {};
  for (const { points, programme = usualProgramme } of of("award_points")) {
    awarded[programme] = (awarded[programme] ?? 0) + points;
    const given = { projectId, ...holderOf(identifierKey, customerId), programme, points };
    await givePoints(connection, given, { now, timezone, reason: `Automation ${key}` });
  }
  if (actions.some(({ kind }) => isTold(kind))) {
    const contact = await contactOf(connection, projectId, customerId);
    const told = actions.flatMap((action) => eventOf(action, one, { coupons, contact }) ?? []);
    await recordEvents(connection, projectId, told);
  }
  return { type: "done", coupons, points: awarded };
}

function isTold(kind: AutomationAction["kind"]): boolean {
  return kind === "notify" || kind === "webhook";
}

function eventOf(
  action: AutomationAction,
  one: RunCase,
  { coupons, contact }: { readonly coupons: readonly { readonly pool: string }[]; readonly contact: Contact },
): NewEvent | null {
  const { run } = one;
  const pools = coupons.map(({ pool }) => pool);
  const data = { ...whatOf(one), ...contact, trigger: run.trigger, pools };
  switch (action.kind) {
    case "notify": {
      const { template, texts = {}, data: own = {} } = action;
      return newEvent("dealwright.automation.notified", run.id, { ...data, template, texts, data: own });
    }
    case "webhook":
      return newEvent("dealwright.automation.fired", run.id, { ...data, data: action.data ?? {} });
    default:
      return null;
  }
}

export function owedEvent(one: RunCase, pool: string, reason: "pool_empty" | "pool_unknown"): NewEvent {
  return newEvent("dealwright.automation.owed", one.run.id, { ...whatOf(one), pool, reason });
}

function whatOf({ automation, run }: RunCase) {
  const { key, id } = automation;
  return { automation: key, automationId: id, run: run.id, customer: run.customerId };
}

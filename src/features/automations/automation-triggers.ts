/** What sets an automation off. */
import { createHash } from "node:crypto";
import type { TrackedEvent } from "../tracking/tracking-schemas.ts";
import type { AutomationTrigger } from "./automation-schemas.ts";

/** Something that happened, as automations listen to it. */
export const trackedHappening = (type: string) => `event:${type}`;

/** What a trigger listens to; null where the clock sets it off. */
export function happeningOf(trigger: AutomationTrigger): string | null {
  switch (trigger.kind) {
    case "event":
      return trackedHappening(trigger.type);
    case "segment_entered":
    case "segment_left":
      return `${trigger.kind}:${trigger.segment}`;
    case "points_expiring":
      return "points_expiring";
    default:
      return null;
  }
}

export function isMatch(trigger: AutomationTrigger, { type, data }: TrackedEvent): boolean {
  if (trigger.kind !== "event" || trigger.type !== type) return false;
  if (trigger.match === undefined) return true;
  const { attributes = {}, ...fields } = trigger.match;
  const said = data.attributes ?? {};
  return (
    Object.entries(fields).every(([field, value]) => data[field as keyof typeof fields] === value) &&
    Object.entries(attributes).every(([attribute, value]) => said[attribute] === value)
  );
}

/** Names an event that a shop told of, as short as any. */
export function occurrenceOf({ source, id }: Pick<TrackedEvent, "source" | "id">): string {
  return createHash("sha256")
    .update(JSON.stringify([source, id]))
    .digest("base64url");
}

/** What of it a run keeps: nobody else whom it names, and nothing that was said of them. */
export function keptOf({ type, source, id, data }: TrackedEvent): Record<string, unknown> {
  const { channel, campaign, promotion, store, sku } = data;
  return { type, source, id, channel, campaign, promotion, store, sku };
}

/** An event of the project's numbered stream. */
export interface NumberedHappening {
  readonly id: string;
  readonly type: string;
  readonly position: number;
  readonly customerId: string;
  readonly data: Record<string, unknown>;
}

export const followedTypes = [
  "dealwright.segment.entered",
  "dealwright.segment.left",
  "dealwright.points.expiring",
] as const;

/** What of the event the run keeps, or null if the trigger is about something else. */
export function happened(
  trigger: AutomationTrigger,
  { type, data }: NumberedHappening,
): Record<string, unknown> | null {
  switch (trigger.kind) {
    case "segment_entered":
    case "segment_left":
      return type === `dealwright.segment.${trigger.kind.slice("segment_".length)}` &&
        data.segment === trigger.segment
        ? { segment: data.segment }
        : null;
    case "points_expiring": {
      const { programme, points, expiresAt } = data;
      return type === "dealwright.points.expiring" && (trigger.programme ?? programme) === programme
        ? { programme, points, expiresAt }
        : null;
    }
    default:
      return null;
  }
}

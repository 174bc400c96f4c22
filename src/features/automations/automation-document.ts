/** What an automation must satisfy beyond the shape. */
import { isReservedEvent } from "../../engine/conditions/event-count.ts";
import { type ProblemError, problem } from "../../platform/problem.ts";
import { soundSegment } from "../segments/segment-rules.ts";
import { reportFaults } from "./automation-clock.ts";
import { type AutomationDocument, mostDataBytes } from "./automation-schemas.ts";

export function requireSound(document: AutomationDocument, timezone: string): void {
  const { trigger, conditions, currency, actions, caps } = document;
  const errors: ProblemError[] = [];
  const fault = (path: string, code: string, message: string) => void errors.push({ path, code, message });
  if (trigger.kind === "event" && isReservedEvent(trigger.type))
    fault("/trigger/type", "type_reserved", `Nobody tells of ${trigger.type} as an event of a customer.`);
  reportFaults(trigger, timezone, (path, code, message) => fault(`/trigger${path}`, code, message));
  for (const [place, action] of actions.entries()) {
    const own = "data" in action ? action.data : undefined;
    if (own !== undefined && Buffer.byteLength(JSON.stringify(own)) > mostDataBytes)
      fault(`/actions/${place}/data`, "data_too_large", `At most ${mostDataBytes} bytes.`);
  }
  for (const [place, { per, days }] of caps.perCustomer.entries())
    if ((per === undefined) === (days === undefined))
      fault(`/caps/perCustomer/${place}`, "bounds_contradict", "Give `per` or `days`.");
  if (caps.perCustomer.length === 0 && mayLoop(document))
    fault(
      "/caps/perCustomer",
      "cap_missing",
      "What it changes may set it off again, at once and without end: give at least one cap.",
    );
  if (conditions === undefined && currency !== undefined)
    fault("/currency", "conditions_missing", "Only conditions ask for a currency.");
  if (errors.length > 0) throw problem("invalid-request", { errors });
  if (conditions !== undefined) soundSegment(conditions, currency, timezone);
}

/** Tags and points decide who is in a segment, and segments who gets tags and points: perhaps by way of other automations. */
function mayLoop({ trigger, actions }: AutomationDocument): boolean {
  const isListening = ["segment_entered", "segment_left", "points_expiring"].includes(trigger.kind);
  return isListening && actions.some(({ kind }) => ["add_tag", "remove_tag", "award_points"].includes(kind));
}

import type { z } from "zod";
import { cloudEventOf } from "./cloud-event.ts";
import { type EventKind, eventTypes } from "./event-types.ts";

/** `openapi/events.md`. */
export function eventsDocument(): string {
  const sections = Object.entries<EventKind>(eventTypes).map(
    ([type, { summary, subject, data, example }]) => {
      const fields = Object.entries(data.shape).flatMap(([name, schema]) => {
        const { description } = schema as z.ZodType;
        return description === undefined ? [] : [`\`${name}\`: ${description}`];
      });
      const body = cloudEventOf({
        projectId: "prj_01kb3t3a4b5c6d7e8f9g0h1j2k",
        id: "evt_01kb3tbm1n2p3q4r5s6t7v8w9x",
        type,
        subject: example.subject,
        data: example.data,
        position: 17,
        createdAt: new Date("2026-11-11T10:00:00Z"),
      });
      const lines = [`## ${type}`, "", `${summary} Its subject is ${subject}.`, ""];
      if (fields.length > 0) lines.push(...fields.map((field) => `* ${field}`), "");
      return [...lines, "```json", JSON.stringify(body, null, 2), "```", ""].join("\n");
    },
  );
  return [
    "# Events",
    "",
    "Each is written in the transaction of the change that it tells of. All are CloudEvents 1.0 in JSON; of a person they tell at most the customer's id.",
    "Generated from `src/features/events/event-types.ts` by `npm run generate`; do not edit.",
    "",
    ...sections,
  ].join("\n");
}

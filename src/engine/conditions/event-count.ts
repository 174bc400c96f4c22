import { z } from "zod";
import type { EventFact } from "../facts.ts";
import { defineCondition, met, unmet } from "../kind.ts";
import { limits } from "../limits.ts";
import { millisecondsPerDay } from "../zone.ts";
import { checkBounds } from "./bounds.ts";

/** What nobody may tell of as an event of a customer. */
/** What nobody else may tell: orders have an endpoint of their own, and events of Dealwright are told by it. */
export const isReservedEvent = (type: string): boolean => /^(?:order$|dealwright\.)/.test(type);

export const eventCount = defineCondition({
  kind: "event_count",
  summary:
    "How often the customer did something in the last `withinDays` days (of 24 hours): events that `POST /v1/events` told of them by their id, each at its own time. Bounds are inclusive. For segments and automations; a promotion asks for such a segment.",
  params: z.strictObject({
    type: z
      .string()
      .regex(/^[a-z][a-z0-9_.-]*$/)
      .max(100)
      .describe("Such as `view`, `share`, `sign_up`, or a name of your own."),
    campaign: z
      .string()
      .min(1)
      .max(limits.nameLength)
      .optional()
      .describe("Only events of this campaign; left out, of any and of none."),
    atLeast: z.int().min(0).optional(),
    atMost: z.int().min(0).optional(),
    withinDays: z.int().min(1).max(limits.orderWindowDays),
  }),
  example: { type: "view", atLeast: 3, withinDays: 30 },
  needs: ["events"],
  isAboutCustomer: true,
  isOfSegmentsAlone: true,
  reasons: {
    event_count_out_of_range: {
      en: "This offer is for customers who did something else of late.",
      "zh-CN": "近期的行为不符合此优惠的要求。",
    },
  },
  compile({ type, campaign, atLeast, atMost, withinDays }, compiler, path) {
    checkBounds({ atLeast, atMost }, compiler, path);
    if (isReservedEvent(type))
      compiler.issue(`${path}/type`, "type_reserved", `Nobody tells of ${type} as an event of a customer.`);
    const least = atLeast ?? 0;
    const most = atMost ?? Number.POSITIVE_INFINITY;
    return {
      test({ facts: { events }, now }) {
        const actual = countAfter(now - withinDays * millisecondsPerDay, { type, campaign }, events);
        if (actual < least) return unmet("event_count_out_of_range", { required: least, actual });
        if (actual > most) return unmet("event_count_out_of_range", { required: most, actual });
        return met;
      },
    };
  },
  words({ type, campaign, atLeast, atMost, withinDays }, say) {
    const parts: string[] = [];
    if (atLeast !== undefined)
      parts.push(say.pick({ en: `at least ${atLeast}`, "zh-CN": `不少于${atLeast}次` }));
    if (atMost !== undefined) parts.push(say.pick({ en: `at most ${atMost}`, "zh-CN": `不超过${atMost}次` }));
    const bounds = parts.join(say.pick({ en: " and ", "zh-CN": "且" }));
    const of = campaign === undefined ? "" : say.pick({ en: ` of ${campaign}`, "zh-CN": `（${campaign}）` });
    return say.pick({
      en: `${bounds} “${type}” events${of} in the last ${withinDays} days`,
      "zh-CN": `近${withinDays}天“${type}”${of}${bounds}`,
    });
  },
});

/** One whose time is after `now` counts as today's. */
function countAfter(
  since: number,
  { type, campaign }: { type: string; campaign: string | undefined },
  events: readonly EventFact[],
): number {
  let sum = 0;
  for (const event of events)
    if (event.type === type && event.at > since && (campaign === undefined || event.campaign === campaign))
      sum += event.count;
  return sum;
}

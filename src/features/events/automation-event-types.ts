/** What is told of automations. */
import { z } from "zod";

const what = z.object({
  automation: z.string().describe("Its key."),
  automationId: z.string(),
  run: z.string(),
  customer: z.string().nullable().describe("Their id; a pseudonym once erased."),
});
const subject = "the run's id";
const example = {
  automation: "win-back",
  automationId: "aut_01kb3t8a9b0c1d2e3f4g5h6j7k",
  run: "run_01kb3t8b1c2d3e4f5g6h7j8k9m",
  customer: "c-7",
};
const anything = z.record(z.string(), z.unknown());
const ofRun = {
  locale: z.string().nullable().describe("The customer's, as the shop said it."),
  consents: z
    .record(z.string(), z.unknown())
    .describe(
      "By purpose `{ granted, at, source }`: whoever sends something on asks them first. Empty once erased.",
    ),
  trigger: anything.describe("What happened."),
  pools: z
    .array(z.string())
    .describe("Of the coupons it issued; the codes are with the run and the customer, in no event."),
};
const trigger = { segment: "dormant" };
const contact = {
  locale: "en",
  consents: { newsletter: { granted: true, at: "2026-10-01T09:00:00+08:00", source: "checkout" } },
};

export const automationEventTypes = {
  "dealwright.automation.notified": {
    summary: "An automation has something to say to a customer; a receiver sends it on.",
    subject,
    data: what.extend({
      ...ofRun,
      template: z.string(),
      texts: z.record(z.string(), z.string()).describe("By language."),
      data: anything,
    }),
    example: {
      subject: example.run,
      data: {
        ...example,
        ...contact,
        trigger,
        pools: ["come-back"],
        template: "win-back",
        texts: { en: "We miss you: 30 off your next order." },
        data: {},
      },
    },
  },
  "dealwright.automation.fired": {
    summary: "The action `webhook` of an automation.",
    subject,
    data: what.extend({ ...ofRun, data: anything }),
    example: {
      subject: example.run,
      data: { ...example, ...contact, trigger, pools: [], data: { list: "dormant" } },
    },
  },
  "dealwright.automation.owed": {
    summary:
      "An automation cannot give a coupon, because its pool has none. All of the run is done once the pool has codes.",
    subject,
    data: what.extend({ pool: z.string(), reason: z.enum(["pool_empty", "pool_unknown"]) }),
    example: { subject: example.run, data: { ...example, pool: "come-back", reason: "pool_empty" } },
  },
} as const;

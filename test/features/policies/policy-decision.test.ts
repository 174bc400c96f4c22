import { expect, test } from "vitest";
import type { CampaignBoard } from "../../../src/features/campaigns/campaign-board-schemas.ts";
import { decisionsOf } from "../../../src/features/policies/policy-decision.ts";
import { policyDocument } from "../../../src/features/policies/policy-schemas.ts";

const now = Date.parse("2026-11-11T12:00:00Z");
const minute = 60_000;
const figures = { orders: 200, visits: 4_000, gmv: 1_000_000, roi: 2.3, conversion: 0.05 };
const board = (changes: object = {}) =>
  ({
    figures,
    goals: [
      { metric: "roi", expected: 3 },
      { metric: "conversion", expected: 0.08 },
    ],
    channels: [
      { channel: "app", ...figures, roi: 0.4 },
      { channel: "web", ...figures },
      { channel: null, ...figures, roi: 0.1 },
    ],
    ...changes,
  }) as unknown as CampaignBoard;
const decided = (when: object, acted = new Map(), changes: object = {}) =>
  decisionsOf(
    policyDocument.parse({ when, act: { kind: "alert" }, pauseMinutes: 30, most: 2 }),
    board(changes),
    acted,
    now,
  ).map(({ channel, evidence }) => [channel, evidence.actual, evidence.bound]);

test.each<[string, object, unknown[]]>([
  ["ROI under the figure", { metric: "roi", below: 2.31 }, [[null, 2.3, 2.31]]],
  ["ROI at the figure", { metric: "roi", below: 2.3 }, []],
  // Handbook P11: 0.8 × the goal of 3 is 2.4.
  ["ROI under 0.8 × its goal", { metric: "roi", below: 0.8, of: "goal" }, [[null, 2.3, 2.4]]],
  ["conversion over 1.2 × its goal", { metric: "conversion", above: 1.2, of: "goal" }, []],
  [
    "conversion under 0.7 × its goal",
    { metric: "conversion", below: 0.7, of: "goal" },
    [[null, 0.05, 0.056]],
  ],
  ["a goal that the campaign does not have", { metric: "gmv", below: 1, of: "goal" }, []],
  [
    "a weak channel, not one that nobody named",
    { metric: "roi", below: 1, per: "channel" },
    [["app", 0.4, 1]],
  ],
  ["a figure that is not known", { metric: "acquisitionCost", above: 1 }, []],
  ["fewer orders than say anything", { metric: "roi", below: 3, minSample: 201 }, []],
  [
    "visits where conversion is asked",
    { metric: "conversion", below: 1, minSample: 4_000 },
    [[null, 0.05, 1]],
  ],
])("%s", (_, when, expected) => {
  expect(decided(when)).toEqual(expected);
});

test("acts so often and no more, and not again before its pause is over; each channel by itself", () => {
  const when = { metric: "roi", below: 1, per: "channel" };
  const acted = (times: number, minutesAgo: number) =>
    new Map([["app", { times, lastAt: now - minutesAgo * minute }]]);
  expect(decided(when, acted(1, 29))).toEqual([]);
  expect(decided(when, acted(1, 30))).toEqual([["app", 0.4, 1]]);
  expect(decided(when, acted(2, 300))).toEqual([]);
  const web = { channels: [{ channel: "web", ...figures, roi: 0.2 }] };
  expect(decided(when, acted(2, 300), web)).toEqual([["web", 0.2, 1]]);
});

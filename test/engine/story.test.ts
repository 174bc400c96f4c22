/** The story of one promotion: what kept it out or down, and what it took or would have taken. */
import { describe, expect, test } from "vitest";
import { explain } from "../../src/engine/explain.ts";
import { type Facts, noFacts } from "../../src/engine/facts.ts";
import type { PromotionInput } from "../../src/engine/promotion.ts";
import { buildRulebook } from "../../src/engine/rulebook.ts";
import { tell } from "../../src/engine/story-words.ts";
import { cart } from "../cart-notation.ts";
import { compileAll, now, promotion } from "./engine-call.ts";

const storyOf = (
  promotions: PromotionInput[],
  lines: string[],
  fields: object = {},
  facts: Facts = noFacts,
  drafts: PromotionInput[] = [],
) => {
  const rulebook = buildRulebook("1", compileAll(promotions));
  const question = { key: "p", isTold: () => true };
  const options = { drafts: { promotions: compileAll(drafts), only: false } };
  const { stories, outcome } = explain(rulebook, cart(...lines, fields), facts, now, options, question)!;
  const [story] = stories;
  return { ...story!, words: tell(story!, "en", "CNY", outcome.proposed.priced.total) };
};

const percent = (fields: Partial<PromotionInput>, figure: number) =>
  promotion({ benefits: [{ kind: "percent_off", percent: figure }], ...fields });
const best = percent({ key: "best", stacking: { group: "other" } }, 50);

describe("what keeps a promotion out", () => {
  test.each<[string, PromotionInput, PromotionInput[], string, string | null]>([
    ["another of its group", percent({}, 10), [percent({ key: "best" }, 50)], "group", "item"],
    ["that it is exclusive", percent({ stacking: { exclusive: true } }, 10), [best], "exclusive", null],
    [
      "that another is exclusive",
      percent({}, 10),
      [percent({ key: "best", stacking: { exclusive: true } }, 50)],
      "exclusive",
      null,
    ],
    [
      "what it excludes",
      percent({ stacking: { excludes: { promotions: ["best"] } } }, 10),
      [best],
      "excludes",
      null,
    ],
  ])("is %s", (_title, meant, others, by, group) => {
    const { rejection, rivals, forced, units } = storyOf([meant, ...others], ["1x A @ 100.00"]);
    expect(rejection!.reason).toBe("displaced");
    expect(rivals.map((rival) => [rival.promotion.key, rival.by, rival.group])).toEqual([
      ["best", by, group],
    ]);
    expect(forced!.priced.total).toBe(9000);
    expect(units).toEqual([{ line: "1", stage: "item", amount: 1000, runs: [{ units: 1, amount: 1000 }] }]);
  });

  test("is a fact that is missing: its condition neither holds nor fails", () => {
    const { rejection, conditions } = storyOf(
      [percent({ conditions: { not: { kind: "first_order" } } }, 10)],
      ["1x A @ 1.00"],
    );
    expect(rejection).toMatchObject({ reason: "facts_missing", path: "customer.id" });
    expect(conditions).toMatchObject([
      { path: "/conditions/not", isWanted: false, verdict: { met: false, reason: "facts_missing" } },
    ]);
  });

  test("is another channel, although quotes do not even look at such promotions", () => {
    const { isCandidate, rejection, words } = storyOf(
      [percent({ conditions: { kind: "channel", in: ["app"] } }, 10)],
      ["1x A @ 1.00"],
      { channel: "web" },
    );
    expect([isCandidate, rejection!.reason]).toEqual([true, "channel_not_included"]);
    expect(words).toContain("It asks for: ");
  });
});

describe("what keeps a promotion out that nobody looked at", () => {
  const stopped: Facts = { arePromotionsStopped: true };
  const withheld: Facts = { areCodesWithheld: true };
  const plain = percent({}, 10);
  const coded = percent({ trigger: { type: "code", code: "SAVE" } }, 10);
  const entered = ["SAVE"];
  const elsewhere = promotion({ benefits: [{ kind: "percent_off", percent: 10, select: { skus: ["B"] } }] });

  test.each<[string, PromotionInput, string[], Facts, string]>([
    ["is that promotions are stopped", plain, [], stopped, "promotions_stopped"],
    ["is the same where its goods are missing too", elsewhere, [], stopped, "promotions_stopped"],
    ["is the same with its code", coded, entered, stopped, "promotions_stopped"],
    ["is that codes are withheld", coded, entered, withheld, "too_many_attempts"],
    ["is the same whatever codes were entered", coded, ["NOPE"], withheld, "too_many_attempts"],
    ["is a code that nobody entered", coded, [], withheld, "code_not_entered"],
    ["is a code that was not entered while others were heard", coded, ["NOPE"], {}, "code_not_entered"],
    ["is that its goods are missing", elsewhere, [], {}, "goods_missing"],
  ])("%s", (_title, meant, codes, facts, reason) => {
    const story = storyOf([meant], ["1x A @ 100.00"], { codes }, facts);
    expect([story.isCandidate, story.rejection!.reason]).toEqual([false, reason]);
  });

  test("is never that promotions are stopped where it is a draft", () => {
    expect(storyOf([], ["1x A @ 100.00"], {}, stopped, [plain]).rejection).toBeNull();
    expect(storyOf([], ["1x A @ 1.00"], { codes: ["NOPE"] }, stopped, [coded]).rejection!.reason).toBe(
      "code_not_entered",
    );
  });
});

describe("what keeps a promotion down", () => {
  test.each<[string, PromotionInput, string, string[]]>([
    [
      "is its cap",
      promotion({ benefits: [{ kind: "percent_off", percent: 50, maxAmount: { CNY: 1000 } }] }),
      "1x A @ 100.00",
      ["cap"],
    ],
    [
      "is not a cap that it does not reach",
      promotion({ benefits: [{ kind: "percent_off", percent: 50, maxAmount: { CNY: 5001 } }] }),
      "1x A @ 100.00",
      [],
    ],
    [
      "is what is left of its budget",
      percent({ budget: { amount: { CNY: 1000 }, atEdge: "partial" } }, 50),
      "1x A @ 100.00",
      ["budget"],
    ],
    [
      "is the price, not a budget that has enough",
      promotion({
        budget: { amount: { CNY: 20_000 }, atEdge: "partial" },
        benefits: [{ kind: "amount_off", target: "item", amount: { CNY: 15_000 } }],
      }),
      "1x A @ 100.00",
      ["floor"],
    ],
    [
      "is the floor first and then the budget, where both cut",
      percent({ budget: { amount: { CNY: 1000 }, atEdge: "partial" } }, 50),
      "1x A @ 100.00 floor 60.00",
      ["floor", "budget"],
    ],
    [
      "is not a cap above what the floor lets through",
      promotion({ benefits: [{ kind: "percent_off", percent: 50, maxAmount: { CNY: 3000 } }] }),
      "1x A @ 100.00 floor 80.00",
      ["floor"],
    ],
    [
      "is the cap of one of its benefits",
      promotion({
        benefits: [
          { kind: "percent_off", percent: 50, maxAmount: { CNY: 1000 } },
          { kind: "amount_off", target: "item", amount: { CNY: 100 } },
        ],
      }),
      "1x A @ 100.00",
      ["cap"],
    ],
    [
      "is the cap of the tier reached",
      promotion({
        benefits: [
          {
            kind: "tiered",
            by: "quantity",
            mode: "volume",
            tiers: [{ from: 1, benefit: { kind: "percent_off", percent: 50, maxAmount: { CNY: 1000 } } }],
          },
        ],
      }),
      "1x A @ 100.00",
      ["cap"],
    ],
  ])("%s", (_title, meant, line, limits) => {
    expect(storyOf([meant], [line]).parts).toMatchObject([{ stage: "item", limitedBy: limits }]);
  });

  test("is the lowest price of the goods", () => {
    const { parts, words } = storyOf([percent({ name: "Half" }, 50)], ["1x A @ 100.00 floor 80.00"]);
    expect(parts).toMatchObject([{ amount: 2000, unapplied: 3000, limitedBy: ["floor"] }]);
    expect(words).toBe(
      "Half applied: 20.00 CNY off, 30.00 CNY less than it would, kept by the lowest prices of the goods.",
    );
  });
});

test("a promotion that is not in the rules has no story", () => {
  const rulebook = buildRulebook("1", compileAll([best]));
  const ask = (key: string, isTold: boolean) =>
    explain(rulebook, cart("1x A @ 1.00"), noFacts, now, {}, { key, isTold: () => isTold });
  expect([ask("p", true), ask("best", false)]).toEqual([null, null]);
  expect(ask("best", true)!.stories).toHaveLength(1);
});

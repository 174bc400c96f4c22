import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { z } from "zod";
import { describeConditions } from "../../../src/engine/conditions/describe.ts";
import { type ConditionDocument, conditionSchema } from "../../../src/engine/conditions/tree.ts";
import { limits } from "../../../src/engine/limits.ts";
import { sayer } from "../../../src/engine/words.ts";
import { compile, type Given, issuesOf, told, verdictOf, view } from "./view.ts";

const isTrue = { kind: "currency", in: ["CNY"] };
const isFalse = { kind: "currency", in: ["USD"] };
const alsoFalse = { kind: "quantity", atLeast: 99 };
const isUnknown = { kind: "channel", in: ["app"] };
const alsoUnknown = { kind: "segment", in: ["new"] };

describe("verdicts", () => {
  it.each([
    ["all of true", { all: [isTrue, isTrue] }, "met"],
    ["all tells its first unmet child", { all: [isTrue, alsoFalse, isFalse] }, "quantity_too_low"],
    ["all tells a missing fact if it stands first", { all: [isUnknown, isFalse] }, "facts_missing channel"],
    ["all tells the false one if it stands first", { all: [isFalse, isUnknown] }, "currency_not_included"],
    ["any is met by one branch", { any: [isUnknown, isFalse, isTrue] }, "met"],
    [
      "any tells its first plainly unmet branch",
      { any: [isUnknown, alsoFalse, isFalse] },
      "quantity_too_low",
    ],
    [
      "any tells a missing fact when every branch misses one",
      { any: [isUnknown, alsoUnknown] },
      "facts_missing channel",
    ],
    ["not of false", { not: isFalse }, "met"],
    ["not of true", { not: isTrue }, "condition_excluded"],
    ["not of a missing fact is a missing fact", { not: isUnknown }, "facts_missing channel"],
    ["not of all with one false is met, whatever is missing", { not: { all: [isUnknown, isFalse] } }, "met"],
    [
      "not of any with one false stays unknown",
      { not: { any: [isFalse, isUnknown] } },
      "facts_missing channel",
    ],
    ["not of any with one true", { not: { any: [isUnknown, isTrue] } }, "condition_excluded"],
    ["not of not", { not: { not: isTrue } }, "met"],
    ["not of not of false", { not: { not: isFalse } }, "condition_excluded"],
  ])("%s", (_, document, verdict) => {
    expect(verdictOf(document)).toBe(verdict);
  });

  it("an exclusion names the kind of what held", () => {
    expect(compile({ not: { any: [isFalse, isTrue] } }).tree.test(view())).toMatchObject({
      reason: "condition_excluded",
      kind: "currency",
    });
  });
});

describe("laws", () => {
  const leaf = fc.constantFrom<ConditionDocument>(isTrue, isFalse, alsoFalse, isUnknown, alsoUnknown);
  const { tree } = fc.letrec<{ tree: ConditionDocument }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      leaf,
      fc.array(tie("tree"), { minLength: 1, maxLength: 3 }).map((all) => ({ all })),
      fc.array(tie("tree"), { minLength: 1, maxLength: 3 }).map((any) => ({ any })),
      tie("tree").map((not) => ({ not })),
    ),
  }));
  const holds = (document: ConditionDocument) => verdictOf(document) === "met";
  /** Both unmet: neither the tree nor its opposite can be told to hold. */
  const truth = (document: ConditionDocument) =>
    holds(document) ? true : holds({ not: document }) ? false : null;

  it("a tree and its opposite never hold together", () => {
    fc.assert(
      fc.property(tree, (document) => !(holds(document) && holds({ not: document }))),
      { numRuns: 200 },
    );
  });
  it("not all is any not, not any is all not", () => {
    fc.assert(
      fc.property(fc.array(tree, { minLength: 1, maxLength: 3 }), (children) => {
        expect(truth({ not: { all: children } })).toBe(truth({ any: children.map((not) => ({ not })) }));
        expect(truth({ not: { any: children } })).toBe(truth({ all: children.map((not) => ({ not })) }));
      }),
      { numRuns: 200 },
    );
  });
  it("a group of one is its child, to the letter", () => {
    fc.assert(
      fc.property(tree, (document) => {
        expect(verdictOf({ all: [document] })).toBe(verdictOf(document));
        expect(verdictOf({ any: [document] })).toBe(verdictOf(document));
      }),
      { numRuns: 200 },
    );
  });
  it("learning a missing fact never turns a tree that held into one that does not", () => {
    const learned: Given = { channel: "app", customer: { id: "c" }, facts: { segments: [] } };
    fc.assert(
      fc.property(tree, (document) => !holds(document) || verdictOf(document, learned) === "met"),
      { numRuns: 200 },
    );
  });
  it("a tree with nothing missing never tells of missing facts", () => {
    const known: Given = { channel: "pos", customer: { id: "c" }, facts: { segments: ["new"] } };
    fc.assert(
      fc.property(tree, (document) => !verdictOf(document, known).startsWith("facts_missing")),
      { numRuns: 200 },
    );
  });
});

describe("audience", () => {
  const vip = { kind: "customer_group", in: ["vip"] };
  const member: Given = { customer: { id: "c", groups: ["vip"] } };
  const stranger: Given = { customer: { id: "d", groups: [] } };
  it.each([
    ["no condition about the customer", { all: [isFalse, isUnknown] }, {}, "anyone"],
    ["a member", vip, member, "in"],
    ["a stranger", vip, stranger, "out"],
    ["nobody known", vip, {}, "out"],
    ["a member, whatever else is not met", { all: [isFalse, vip] }, member, "in"],
    ["a stranger who may come in otherwise", { any: [vip, isFalse] }, stranger, "in"],
    ["excluded members", { not: vip }, member, "out"],
    ["strangers where members are excluded", { not: vip }, stranger, "in"],
    ["nobody known where members are excluded", { not: vip }, {}, "out"],
    ["a doubly negated member", { not: { not: vip } }, member, "in"],
    ["one of two audiences", { any: [vip, { kind: "customer", in: ["d"] }] }, stranger, "in"],
    [
      "an expression about the customer",
      { kind: "expression", cel: '"vip" in customer.groups' },
      stranger,
      "out",
    ],
    [
      "an attribute of the customer",
      { kind: "attribute", of: "customer", name: "level", atLeast: 1 },
      stranger,
      "out",
    ],
    [
      "an attribute of the cart",
      { kind: "attribute", of: "cart", name: "level", atLeast: 1 },
      stranger,
      "anyone",
    ],
  ] as const)("%s", (_, document, given, audience) => {
    expect(compile(document).tree.audience(view(given as Given))).toBe(audience);
  });
});

describe("near misses", () => {
  const more = { kind: "subtotal", atLeast: { CNY: 12000 } };
  const muchMore = { kind: "subtotal", atLeast: { CNY: 15000 } };
  it.each([
    ["one bound away", more, 2000],
    ["met already", { kind: "subtotal", atLeast: { CNY: 10000 } }, null],
    ["one of all away", { all: [isTrue, more] }, 2000],
    ["two of all away", { all: [more, alsoFalse] }, null],
    ["something else in the way", { all: [more, isFalse] }, null],
    ["a fact in the way", { all: [more, isUnknown] }, null],
    ["the cheapest of any", { any: [muchMore, more, isFalse] }, 2000],
    ["all inside any", { any: [{ all: [isFalse, more] }, muchMore] }, 5000],
    ["any inside all", { all: [{ any: [muchMore, more] }, isTrue] }, 2000],
    ["nothing is near under not", { not: { kind: "subtotal", atMost: { CNY: 11000 } } }, null],
    ["no gap, no near miss", isFalse, null],
  ])("%s", (_, document, gap) => {
    expect(compile(document).tree.nearMiss(view())?.gap ?? null).toBe(gap);
  });
  it("of gaps in money and in units, the first stays", () => {
    expect(compile({ any: [{ kind: "quantity", atLeast: 3 }, more] }).tree.nearMiss(view())).toMatchObject({
      gapIn: "units",
      gap: 2,
    });
  });
});

describe("what a tree tells the rulebook", () => {
  const tea = { kind: "quantity", atLeast: 1, select: { skus: ["TEA"] } };
  const app = { kind: "channel", in: ["app", "web"] };
  const requiredBy = (document: unknown) => {
    const { tree } = compile(document);
    return {
      skus: tree.requires.map(({ source }) => source.skus),
      fields: tree.requiresContext.map(({ field }) => field),
    };
  };
  it("necessary leaves name the goods and the context without which it cannot hold", () => {
    expect(requiredBy({ all: [tea, { any: [{ all: [app] }] }] })).toEqual({
      skus: [["TEA"]],
      fields: ["channel"],
    });
  });
  it("a choice or a negation makes nothing necessary", () => {
    expect(requiredBy({ any: [tea, app] })).toEqual({ skus: [], fields: [] });
    expect(requiredBy({ not: { all: [tea, app] } })).toEqual({ skus: [], fields: [] });
  });
  it("an upper bound, a bound of zero and all goods make no goods necessary", () => {
    expect(requiredBy({ kind: "quantity", atMost: 1, select: { skus: ["TEA"] } }).skus).toEqual([]);
    expect(requiredBy({ kind: "subtotal", atLeast: { CNY: 0 }, select: { skus: ["TEA"] } }).skus).toEqual([]);
    expect(requiredBy({ kind: "quantity", atLeast: 1 }).skus).toEqual([]);
  });
  it("necessary currencies intersect, and contradicting ones are refused", () => {
    const usd = { kind: "currency", in: ["USD", "EUR"] };
    expect(compile({ all: [usd, { kind: "currency", in: ["EUR", "CNY"] }] }).tree.currencies).toEqual([
      "EUR",
    ]);
    expect(compile({ any: [usd, isTrue] }).tree.currencies).toBeNull();
    expect(issuesOf({ all: [usd, isTrue] })).toEqual(["no_common_currency /conditions"]);
  });
  it("facts are needed once each, those named in an expression too", () => {
    const document = {
      all: [
        { kind: "first_order" },
        { kind: "order_count", atMost: 1 },
        { kind: "expression", cel: 'customer.facts.tier == "gold"' },
      ],
    };
    expect(compile(document).tree.needs).toEqual(["completedOrders", "tier"]);
  });
  it("prices and discounted goods depend on the stage, the rest does not", () => {
    const depends = (document: unknown) => compile(document).tree.dependsOnStage;
    expect(depends({ kind: "subtotal", atLeast: { CNY: 1 } })).toBe(true);
    expect(depends({ kind: "subtotal", base: "list", atLeast: { CNY: 1 } })).toBe(false);
    expect(
      depends({ kind: "subtotal", base: "list", atLeast: { CNY: 1 }, select: { excludeDiscounted: true } }),
    ).toBe(true);
    expect(depends({ kind: "quantity", atLeast: 1, select: { excludeDiscounted: true } })).toBe(true);
    expect(depends({ all: [isTrue, tea, app] })).toBe(false);
  });
});

describe("limits", () => {
  const nested = (depth: number): ConditionDocument => (depth === 1 ? isTrue : { all: [nested(depth - 1)] });
  it("a tree as deep as allowed compiles, one deeper is refused where it goes too deep", () => {
    expect(issuesOf(nested(limits.conditionDepth))).toEqual([]);
    expect(issuesOf(nested(limits.conditionDepth + 1))).toEqual([
      `conditions_too_deep /conditions${"/all/0".repeat(limits.conditionDepth)}`,
    ]);
  });
  it("as many leaves as allowed compile, one more is refused", () => {
    const wide = (leaves: number) => ({
      all: [{ any: Array.from({ length: leaves - 1 }, () => isTrue) }, isTrue],
    });
    expect(issuesOf(wide(limits.conditionLeaves))).toEqual([]);
    expect(issuesOf(wide(limits.conditionLeaves + 1))).toEqual(["too_many_conditions /conditions/all/1"]);
  });
  it("issues name the leaf", () => {
    expect(issuesOf({ all: [isTrue, { not: { any: [isTrue, { kind: "quantity" }] } }] })).toEqual([
      "bounds_missing /conditions/all/1/not/any/1",
    ]);
  });
});

test("the schema converts to draft-7", () => {
  const schema = z.toJSONSchema(conditionSchema, { target: "draft-7", io: "input" });
  expect(JSON.stringify(schema)).toContain('"const":"days_since_order"');
});

test("a tree is said in both languages, with brackets only where they are needed", () => {
  const document: ConditionDocument = {
    all: [
      { kind: "subtotal", atLeast: { CNY: 20000 } },
      { any: [{ kind: "first_order" }, { kind: "tier", in: ["gold"] }] },
      { not: { kind: "channel", in: ["dealer"] } },
    ],
  };
  expect(describeConditions(document, sayer("en", "CNY"))).toBe(
    "everything worth at least 200.00 CNY and (it is the customer's first order or the customer's tier is gold) and not (the channel is dealer)",
  );
  expect(describeConditions(document, sayer("zh-CN", "CNY"))).toBe(
    "全部商品满200.00 CNY,且(首单,或会员等级为gold),且非(渠道为dealer)",
  );
  for (const given of [{}, { channel: "app" }] as Given[])
    expect(told(compile(document).tree.test(view(given)))).toBe("subtotal_too_low");
});

import { describe, expect, test } from "vitest";
import type { CouponFact, Facts } from "../../src/engine/facts.ts";
import type { PromotionInput } from "../../src/engine/promotion.ts";
import { cart } from "../cart-notation.ts";
import { type BenefitInput, promotion, quoteFor } from "./engine-call.ts";

const percent = (percent: number, fields: object = {}): BenefitInput => ({
  kind: "percent_off",
  percent,
  ...fields,
});
const byCode = (key: string, code: string, benefit: BenefitInput, fields: Partial<PromotionInput> = {}) =>
  promotion({ key, trigger: { type: "code", code }, benefits: [benefit], ...fields });

describe("a label", () => {
  const labelIn = (locale: string, texts?: PromotionInput["texts"], name?: string) =>
    quoteFor(
      [
        promotion({
          benefits: [percent(10)],
          ...(texts !== undefined && { texts }),
          ...(name !== undefined && { name }),
        }),
      ],
      cart("1x A @ 1.00"),
      { settings: { locale } },
    ).promotions[0]!.label;
  const texts = {
    "zh-CN": { label: "九折" },
    "en-GB": { label: "Ten off, please" },
    en: { label: "Ten off" },
    fr: { badge: "-10" },
  };

  test.each<[string, string, PromotionInput["texts"], string | undefined, string]>([
    ["in the customer's language", "zh-CN", texts, "Ten", "九折"],
    ["in the customer's region", "en-GB", texts, "Ten", "Ten off, please"],
    ["in the same language of another region", "zh-TW", texts, "Ten", "九折"],
    ["in the plain language before another region", "en-AU", texts, "Ten", "Ten off"],
    ["is the name where the language has none", "de", texts, "Ten", "Ten"],
    ["is the name where the language has texts but no label", "fr", texts, "Ten", "Ten"],
    ["is the name where there are no texts", "en", undefined, "Ten", "Ten"],
    ["is the key where there is no name", "de", texts, undefined, "p"],
  ])("%s", (_title, locale, given, name, expected) => {
    expect(labelIn(locale, given, name)).toBe(expected);
  });

  test("of the cart's language goes before the project's", () => {
    const { promotions } = quoteFor(
      [promotion({ benefits: [percent(10)], texts })],
      cart("1x A @ 1.00", { locale: "zh-CN" }),
      { settings: { locale: "en" } },
    );
    expect(promotions).toMatchObject([{ label: "九折" }]);
  });
});

describe("a code", () => {
  const ten = byCode("ten", "SAVE-10", percent(10));
  const codesOf = (
    promotions: PromotionInput[],
    codes: (string | { code: string; honour: boolean })[],
    facts: Facts = {},
  ) =>
    quoteFor(promotions, cart("1x A @ 10.00", { codes }), { facts }).codes.map(
      ({ code, status, promotion, reason }) => [code, status, promotion, reason],
    );

  test("spelled in two ways is one row, as first entered", () => {
    expect(codesOf([ten], ["save 10", "SAVE-10"])).toEqual([["save 10", "applied", "ten", null]]);
  });

  test("spelled in two ways is honoured wherever that was said", () => {
    const half = promotion({ key: "half", benefits: [percent(50)] });
    expect(codesOf([ten, half], ["save 10", { code: "SAVE-10", honour: true }])).toEqual([
      ["save 10", "applied", "ten", null],
    ]);
  });

  test("of which nothing is left is unknown", () => {
    expect(codesOf([ten], ["--"])).toEqual([["--", "rejected", null, "code_unknown"]]);
  });

  test("behind which one promotion applies is applied, whatever became of the other", () => {
    const other = byCode("a-other", "save10", percent(10, { target: "order" }), {
      conditions: { kind: "channel", in: ["app"] },
    });
    expect(codesOf([other, ten], ["save10"])).toEqual([["save10", "applied", "ten", null]]);
  });

  test("of a promotion outside whose audience the customer is looks like an unknown one", () => {
    const club = { visibility: "private", conditions: { kind: "customer_group", in: ["club"] } } as const;
    expect(codesOf([byCode("secret", "vip", percent(10), club)], ["vip", "nonsense"])).toEqual([
      ["vip", "rejected", null, "code_unknown"],
      ["nonsense", "rejected", null, "code_unknown"],
    ]);
  });

  const coupon = promotion({
    key: "welcome",
    trigger: { type: "coupon", pool: "w" },
    benefits: [percent(10)],
  });
  const coupons = (...statuses: CouponFact["status"][]): Facts => ({
    coupons: new Map(statuses.map((status, i) => [`C${i + 1}`, { pool: "w", status }])),
  });
  test.each(["used", "expired", "void"] as const)("of a coupon that is %s says so", (status) => {
    expect(codesOf([coupon], ["c-1"], coupons(status))).toEqual([
      ["c-1", "rejected", "welcome", `code_${status}`],
    ]);
  });
  test("of a usable coupon applies though a used one of its pool was entered first", () => {
    expect(codesOf([coupon], ["c-1", "c-2"], coupons("used", "usable"))).toEqual([
      ["c-1", "rejected", "welcome", "code_used"],
      ["c-2", "applied", "welcome", null],
    ]);
  });
  test("of a second usable coupon of one promotion is not needed", () => {
    expect(codesOf([coupon], ["c-1", "c-2"], coupons("usable", "usable"))).toMatchObject([
      ["c-1", "applied", "welcome", null],
      ["c-2", "rejected", "welcome", "code_not_needed"],
    ]);
  });
});

describe("explain", () => {
  const near = promotion({
    key: "near",
    benefits: [percent(10, { target: "order" })],
    conditions: { kind: "subtotal", atLeast: { CNY: 2000 } },
  });
  const far = promotion({
    key: "far",
    benefits: [percent(10)],
    conditions: { kind: "channel", in: ["app"] },
  });
  const usd = promotion({ key: "usd", benefits: [{ kind: "amount_off", amount: { USD: 1 } }] });
  const entered = byCode("entered", "x", percent(10), { conditions: { kind: "channel", in: ["app"] } });
  test.each([
    ["none", []],
    ["near", ["entered", "near"]],
    ["all", ["entered", "far", "near", "usd"]],
  ] as const)("%s tells what it says, and every code in any case", (explain, expected) => {
    const quote = quoteFor(
      [near, far, usd, entered],
      cart("1x A @ 10.00", { channel: "web", codes: ["x"], explain }),
    );
    expect(quote.notApplied.map((row) => row.promotion).sort()).toEqual(expected);
    expect(quote.codes).toMatchObject([{ code: "x", status: "rejected", promotion: "entered" }]);
  });
});

describe("a private promotion", () => {
  const hidden = (fields: Partial<PromotionInput> = {}) =>
    promotion({ key: "hidden", visibility: "private", benefits: [percent(10)], ...fields });
  const toldTo = (customer: object | undefined, rule: PromotionInput, fields: object = {}) =>
    quoteFor(
      [rule, promotion({ key: "half", benefits: [percent(50)] })],
      cart("1x A @ 10.00", { explain: "all", ...(customer !== undefined && { customer }), ...fields }),
    ).notApplied.map((row) => row.promotion);
  const club: Partial<PromotionInput> = { conditions: { kind: "customer_group", in: ["club"] } };
  const notStaff: Partial<PromotionInput> = {
    conditions: { not: { kind: "customer_group", in: ["staff"] } },
  };

  test.each<[string, string[], string[]]>([
    ["is named to its audience", toldTo({ id: "c", groups: ["club"] }, hidden(club)), ["hidden"]],
    ["is not named to others", toldTo({ id: "c", groups: ["other"] }, hidden(club)), []],
    ["is not named to nobody in particular", toldTo(undefined, hidden(club)), []],
    ["is not named to those it excludes", toldTo({ id: "c", groups: ["staff"] }, hidden(notStaff)), []],
    ["is not named to strangers who may be excluded", toldTo(undefined, hidden(notStaff)), []],
    [
      "is named to those it does not exclude",
      toldTo({ id: "c", groups: ["club"] }, hidden(notStaff)),
      ["hidden"],
    ],
    ["for everybody is not named without its code", toldTo({ id: "c" }, hidden()), []],
    [
      "for everybody is named to whoever has its code",
      toldTo(undefined, hidden({ trigger: { type: "code", code: "x" } }), { codes: ["x"] }),
      ["hidden"],
    ],
    [
      "is not named when it is over either",
      toldTo(undefined, hidden({ schedule: { endsAt: "2026-01-01T00:00:00Z" } })),
      [],
    ],
  ])("%s", (_title, told, expected) => {
    expect(told).toEqual(expected);
  });
});

describe("a draft", () => {
  const live = promotion({ benefits: [percent(10)] });
  const draft = promotion({ benefits: [percent(20)] });
  const totalWith = (drafts: PromotionInput[], only: boolean, facts: Facts = {}) =>
    quoteFor(
      [live, promotion({ key: "q", benefits: [percent(5, { target: "order" })] })],
      cart("1x A @ 10.00"),
      { drafts: { promotions: drafts, only }, facts },
    ).total;

  test.each<[string, PromotionInput[], boolean, number]>([
    ["takes the place of the promotion with its key", [draft], false, 760],
    ["stands beside all others", [{ ...draft, key: "new", stacking: { group: "new" } }], false, 684],
    ["is alone where only drafts are asked for", [draft], true, 800],
    [
      "behind a code that was not entered leaves not even its predecessor",
      [{ ...draft, trigger: { type: "code", code: "x" } }],
      false,
      950,
    ],
  ])("%s", (_title, drafts, only, expected) => {
    expect(totalWith(drafts, only)).toBe(expected);
  });

  test("counts no uses and a full budget, whatever its predecessor has spent", () => {
    const used: Facts = { usage: new Map([["p", { total: 9, spent: { CNY: 9_000 } }]]) };
    expect(
      totalWith([{ ...draft, limits: { total: 1 }, budget: { amount: { CNY: 200 } } }], false, used),
    ).toBe(760);
  });
});

test("what units of a canonical line get is split back over the request's lines, the earlier id first", () => {
  const { lines } = quoteFor(
    [promotion({ benefits: [{ kind: "amount_off", amount: { CNY: 500 }, maxUnits: 3 }] })],
    cart("2x A @ 10.00", "2x A @ 10.00"),
  );
  expect(lines).toMatchObject([
    { id: "1", discount: 334, adjustments: [{ amount: 334, runs: [{ units: 2, amount: 167 }] }] },
    { id: "2", discount: 166, adjustments: [{ amount: 166, runs: [{ units: 1, amount: 166 }] }] },
  ]);
});

test("lines stand in the order of the request, adjustments in the order of the stages", () => {
  const { lines, promotions } = quoteFor(
    [
      promotion({ key: "a", benefits: [percent(10, { target: "order" })], priority: 9 }),
      promotion({ key: "b", benefits: [percent(10)] }),
    ],
    cart("1x B @ 10.00", "1x A @ 20.00"),
  );
  expect(lines.map(({ id }) => id)).toEqual(["1", "2"]);
  expect(lines[0]!.adjustments.map(({ promotion }) => promotion)).toEqual(["b", "a"]);
  expect(promotions.map(({ promotion }) => promotion)).toEqual(["b", "a"]);
});

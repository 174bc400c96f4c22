import { expect, test } from "vitest";
import { findOverlaps } from "../../src/engine/overlaps.ts";
import { compilePromotion, promotionSchema } from "../../src/engine/promotion.ts";

const now = Date.parse("2026-11-11T00:00:00Z");
const everyDay = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

function compiled(key: string, changes: object = {}) {
  const document = promotionSchema.parse({
    key,
    trigger: { type: "automatic" },
    benefits: [{ kind: "percent_off", percent: 10 }],
    ...changes,
  });
  const { promotion, issues } = compilePromotion(document, {
    id: null,
    defaultTimezone: "UTC",
    selectors: new Map(),
  });
  if (promotion === null) throw new Error(JSON.stringify(issues));
  return promotion;
}

const off = (select?: object, target = "item") => ({
  benefits: [{ kind: "percent_off", target, percent: 10, ...(select && { select }) }],
});
const on = (condition: object) => ({ conditions: condition });
const stacking = (rule: object) => ({ stacking: rule });

const cases: [string, object, object, string | null][] = [
  ["two on everything", {}, {}, "group b"],
  ["the higher priority wins", { priority: 1 }, {}, "group a"],
  ["one on the item, one on the order", {}, off(undefined, "order"), "stack"],
  ["groups of their own", stacking({ group: "x" }), {}, "stack"],
  ["the same SKU", off({ skus: ["A", "B"] }), off({ skus: ["B"] }), "group b"],
  ["other SKUs", off({ skus: ["A"] }), off({ skus: ["B"] }), null],
  ["a SKU and a category", off({ skus: ["A"] }), off({ categories: ["c"] }), "group b"],
  ["other categories", off({ categories: ["c"] }), off({ categories: ["d"] }), null],
  ["a brand that the other leaves out", off({ brands: ["x"] }), off({ exclude: { brands: ["x"] } }), null],
  [
    "a brand of which the other leaves out a SKU",
    off({ brands: ["x"] }),
    off({ exclude: { brands: ["x"], skus: ["A"] } }),
    "group b",
  ],
  [
    "the same channel",
    on({ kind: "channel", in: ["web", "app"] }),
    on({ kind: "channel", in: ["app"] }),
    "group b",
  ],
  ["other channels", on({ kind: "channel", in: ["web"] }), on({ kind: "channel", in: ["app"] }), null],
  ["other currencies", on({ kind: "currency", in: ["CNY"] }), on({ kind: "currency", in: ["USD"] }), null],
  ["goods and shipping", {}, { benefits: [{ kind: "free_shipping" }] }, null],
  [
    "goods and shipping, exclusive",
    stacking({ exclusive: true }),
    { benefits: [{ kind: "free_shipping" }] },
    "exclusive b",
  ],
  [
    "two on shipping",
    { benefits: [{ kind: "free_shipping" }] },
    { benefits: [{ kind: "free_shipping" }] },
    "group b",
  ],
  ["two gifts", { benefits: [{ kind: "gift", sku: "A" }] }, { benefits: [{ kind: "gift", sku: "A" }] }, null],
  ["exclusive", stacking({ exclusive: true, group: "x" }), {}, "exclusive b"],
  ["excluded by key", stacking({ group: "x", excludes: { promotions: ["b"] } }), {}, "excluded b"],
  [
    "excluded by tag, from the other side",
    { tags: ["t"], ...stacking({ group: "x" }) },
    stacking({ excludes: { tags: ["t"] } }),
    "excluded b",
  ],
  [
    "one after the other",
    { schedule: { endsAt: "2026-12-01T00:00:00Z" } },
    { schedule: { startsAt: "2026-12-01T00:00:00Z" } },
    null,
  ],
  [
    "a moment together",
    { schedule: { endsAt: "2026-12-01T00:00:00.001Z" } },
    { schedule: { startsAt: "2026-12-01T00:00:00Z" } },
    "group b",
  ],
  ["only in the past together", { schedule: { endsAt: "2026-11-01" } }, {}, null],
  [
    "mornings and evenings",
    { schedule: { recurring: [{ weekdays: everyDay, to: "12:00" }] } },
    { schedule: { recurring: [{ weekdays: everyDay, from: "18:00" }], endsAt: "2027-03-01" } },
    null,
  ],
];

for (const [name, a, b, expected] of cases) {
  test(`${name}: ${expected ?? "never meet"}`, () => {
    // Of equal priorities the smaller key goes first, so `b` is named to come before.
    const { overlaps } = findOverlaps([compiled("c", a), compiled("b", b)], {
      now,
      limit: 10,
      after: null,
      key: null,
    });
    const [overlap] = overlaps;
    const winner = overlap?.winner?.key;
    const said =
      overlap === undefined
        ? null
        : winner === undefined
          ? overlap.outcome
          : `${overlap.outcome} ${winner === "c" ? "a" : "b"}`;
    expect(said).toBe(expected);
  });
}

test("the first common instant is told", () => {
  const evenings = { schedule: { timezone: "Asia/Shanghai", recurring: [{ from: "20:00" }] } };
  const saturdays = { schedule: { timezone: "UTC", recurring: [{ weekdays: ["sat"] }] } };
  const { overlaps } = findOverlaps([compiled("a", evenings), compiled("b", saturdays)], {
    now,
    limit: 1,
    after: null,
    key: null,
  });
  expect(new Date(overlaps[0]!.from).toISOString()).toBe("2026-11-14T12:00:00.000Z");
});

test("a walk in any step finds every pair once, in the order of keys, and as many as without files", () => {
  const selects = [
    undefined,
    { skus: ["A"] },
    { skus: ["A", "B"] },
    { categories: ["c"] },
    { categories: ["c", "d"] },
    { brands: ["x"] },
  ];
  const promotions = Array.from({ length: 24 }, (_, n) =>
    compiled(`p-${String(n).padStart(2, "0")}`, off(selects[n % selects.length])),
  );
  const all = findOverlaps(promotions, { now, limit: 10_000, after: null, key: null });
  expect(all.next).toBeNull();
  const pairs = all.overlaps.map(({ first, second }) => `${first.key} ${second.key}`);
  expect(pairs).toEqual([...new Set(pairs)].sort());
  const byKey = new Set<string>();
  for (const { key } of promotions) {
    for (const { first, second } of findOverlaps(promotions, { now, limit: 10_000, after: null, key })
      .overlaps)
      byKey.add(`${first.key} ${second.key}`);
  }
  expect([...byKey].sort()).toEqual(pairs);
  const walked: string[] = [];
  let after: readonly [string, string] | null = null;
  do {
    const step = findOverlaps(promotions, { now, limit: 7, after, key: null });
    walked.push(...step.overlaps.map(({ first, second }) => `${first.key} ${second.key}`));
    after = step.next;
  } while (after !== null);
  expect(walked).toEqual(pairs);
});

test.each<[string, object, object, string | null]>([
  [
    "another price in another channel",
    on({ kind: "channel", in: ["web"] }),
    { ...on({ kind: "channel", in: ["store"] }), benefits: [{ kind: "percent_off", percent: 5 }] },
    "elsewhere",
  ],
  [
    "the same price in another channel",
    on({ kind: "channel", in: ["web"] }),
    on({ kind: "channel", in: ["store"] }),
    null,
  ],
  [
    "other goods in another store",
    { ...on({ kind: "store", in: ["s1"] }), ...off({ skus: ["A"] }) },
    {
      ...on({ kind: "store", in: ["s2"] }),
      benefits: [{ kind: "percent_off", percent: 5, select: { skus: ["B"] } }],
    },
    null,
  ],
  ["one place", {}, { benefits: [{ kind: "percent_off", percent: 5 }] }, "group"],
])("told of across places: %s", (_title, a, b, outcome) => {
  const question = { now, limit: 10, after: null, key: null };
  const pair = [compiled("a", a), compiled("b", b)];
  expect(findOverlaps(pair, { ...question, isAcross: true }).overlaps[0]?.outcome ?? null).toBe(outcome);
  expect(findOverlaps(pair, question).overlaps[0]?.outcome ?? null).toBe(
    outcome === "elsewhere" ? null : outcome,
  );
});

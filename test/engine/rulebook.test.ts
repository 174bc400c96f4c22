import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalCart } from "../../src/engine/canonical-cart.ts";
import { cartSchema } from "../../src/engine/cart.ts";
import { normalizeCode } from "../../src/engine/codes.ts";
import type { PromotionInput } from "../../src/engine/promotion.ts";
import type { Quote } from "../../src/engine/quote.ts";
import { buildRulebook } from "../../src/engine/rulebook.ts";
import { cart } from "../cart-notation.ts";
import { arbitraryCart, arbitraryPromotions } from "./arbitrary-request.ts";
import { compileAll, now, promotion, quoteFor } from "./engine-call.ts";

/** Whoever is not even a candidate has no reason, and does not stand in the way of a proof. */
function withoutSearch({ notApplied: _, optimality: __, ...quote }: Quote): object {
  return quote;
}

const runs = process.env.LONG === "1" ? 10_000 : 300;

const tenOff = { kind: "percent_off", percent: 10 };
const on = (select: object) => ({ ...tenOff, select });
const conditions = fc.constantFrom<PromotionInput["conditions"]>(
  undefined,
  { kind: "channel", in: ["app"] },
  {
    all: [
      { kind: "country", in: ["CN", "DE"] },
      { kind: "subtotal", atLeast: { CNY: 100 } },
    ],
  },
  {
    any: [
      { kind: "channel", in: ["app"] },
      { kind: "quantity", atLeast: 2, select: { skus: ["A"] } },
    ],
  },
  { not: { kind: "channel", in: ["app"] } },
  { kind: "quantity", atLeast: 2, select: { skus: ["A", "B"] } },
  { kind: "quantity", atMost: 2, select: { skus: ["A"] } },
  { kind: "subtotal", atLeast: { CNY: 0 }, select: { categories: ["home"] } },
  { kind: "subtotal", atLeast: { CNY: 1, USD: 1 }, select: { categories: ["home"] } },
);
const filed = fc
  .tuple(arbitraryPromotions, fc.array(conditions, { minLength: 5, maxLength: 5 }))
  .map(([promotions, list]) =>
    promotions.map(
      (one, i): PromotionInput => (list[i] === undefined ? one : { ...one, conditions: list[i]! }),
    ),
  );

describe("a promotion that is filed once is found exactly when it may touch the cart", () => {
  const carts = fc
    .tuple(arbitraryCart, fc.constantFrom(undefined, "CN", "US"))
    .map(([document, country]) =>
      cartSchema.parse({ ...document, ...(country !== undefined && { country }) }),
    );

  test("so the quote is the one that a scan of all promotions gives", () => {
    fc.assert(
      fc.property(filed, carts, (promotions, document) => {
        const found = quoteFor(promotions, document);
        // Drafts are not filed; all of them are judged.
        const scanned = quoteFor([], document, { drafts: { promotions, only: true } });
        expect(withoutSearch(found)).toEqual(withoutSearch(scanned));
      }),
      { numRuns: runs },
    );
  });

  test("and one that can never apply decides no tie among the others", () => {
    const skincare = { categories: ["skincare"] };
    const absent = { kind: "buy_x_get_y", buy: { select: { skus: ["A"] }, quantity: 1 }, percent: 1 };
    const promotions = [
      promotion({ key: "p0", benefits: [{ ...absent, get: { select: skincare, quantity: 1 } }] as never }),
      promotion({
        key: "p1",
        stacking: { exclusive: true },
        benefits: [{ kind: "amount_off", target: "shipping", amount: { CNY: 1 } }],
      }),
      promotion({
        key: "p2",
        benefits: [{ kind: "bundle", components: [{ select: skincare, quantity: 2 }], amount: { CNY: 1 } }],
      }),
    ];
    const document = cartSchema.parse({
      currency: "CNY",
      lines: [
        { id: "d", sku: "B", ...skincare, quantity: 1, unitPrice: 1 },
        { id: "e", sku: "C", ...skincare, quantity: 4, unitPrice: 1 },
      ],
      shipping: [{ id: "s0", method: "standard", amount: 1 }],
    });
    const scanned = quoteFor([], document, { drafts: { promotions, only: true } });
    expect(withoutSearch(quoteFor(promotions, document))).toEqual(withoutSearch(scanned));
  });

  test("and a wide search finds what a narrow one finds, in the same order", () => {
    fc.assert(
      fc.property(filed, carts, (promotions, document) => {
        const rulebook = buildRulebook("1", compileAll(promotions));
        const lines = canonicalCart(document, null);
        const codes = (document.codes ?? []).map((code) => normalizeCode(code as string));
        const narrow = rulebook.candidates(lines, { codes, pools: [], breadth: "usual", now }).ranks;
        const wide = rulebook.candidates(lines, { codes, pools: [], breadth: "wide", now }).ranks;
        expect(wide.filter((rank) => narrow.includes(rank))).toEqual(narrow);
        expect(narrow).toEqual([...new Set(narrow)].sort((a, b) => a - b));
      }),
      { numRuns: runs },
    );
  });
});

describe("a promotion is a candidate", () => {
  const found = (
    fields: Partial<PromotionInput>,
    given = cart("1x A @ 1.00 in x"),
    { codes = [] as string[], pools = [] as string[], widely = false } = {},
  ) =>
    buildRulebook("1", compileAll([promotion({ benefits: [tenOff], ...fields })])).candidates(
      canonicalCart(given, null),
      { codes, pools, breadth: widely ? "wide" : "usual", now },
    ).ranks.length > 0;
  const inApp = { conditions: { kind: "channel", in: ["app", "web"] } } as const;
  const inYen = { benefits: [{ kind: "amount_off", amount: { JPY: 1 } }] };
  const withCode = { trigger: { type: "code", code: "save-10" } } as const;
  const withCoupon = { trigger: { type: "coupon", pool: "w" } } as const;
  const later = { schedule: { startsAt: new Date(now + 1).toISOString() } };
  const wide = { widely: true };

  test.each<[string, boolean, boolean]>([
    ["of every cart, when nothing narrows it", found({}), true],
    ["when its SKU is in the cart", found({ benefits: [on({ skus: ["B", "A"] })] }), true],
    ["not when none of its SKUs is", found({ benefits: [on({ skus: ["B"] })] }), false],
    ["when its category is in the cart", found({ benefits: [on({ categories: ["x"] })] }), true],
    [
      "not when its SKU is there but its category is not",
      found({ benefits: [on({ categories: ["y"] })] }),
      false,
    ],
    [
      "when one of two benefits has its goods",
      found({ benefits: [on({ skus: ["B"] }), on({ skus: ["A"] })] }),
      true,
    ],
    [
      "not when a bundle lacks a part",
      found({
        benefits: [
          {
            kind: "bundle",
            percent: 1,
            components: [
              { select: { skus: ["B"] }, quantity: 1 },
              { select: { categories: ["x"] }, quantity: 1 },
            ],
          },
        ],
      }),
      false,
    ],
    [
      "when a gift needs none of the goods",
      found({ benefits: [on({ skus: ["B"] }), { kind: "gift", sku: "B" }] }),
      true,
    ],
    [
      "not when a gift's condition needs other goods",
      found({
        benefits: [{ kind: "gift", sku: "G" }],
        conditions: { kind: "quantity", atLeast: 1, select: { skus: ["B"] } },
      }),
      false,
    ],
    ["of a cart in its channel", found(inApp, cart("1x A @ 1.00", { channel: "web" })), true],
    ["not of a cart in another channel", found(inApp, cart("1x A @ 1.00", { channel: "dealer" })), false],
    ["not of a cart that says no channel", found(inApp), false],
    ["of a cart in another channel, when the search is wide", found(inApp, cart("1x A @ 1.00"), wide), true],
    ["not of a cart in another currency", found(inYen), false],
    ["of a cart in another currency, when the search is wide", found(inYen, cart("1x A @ 1.00"), wide), true],
    [
      "not of other goods, however wide the search",
      found({ benefits: [on({ skus: ["B"] })] }, cart("1x A @ 1.00"), wide),
      false,
    ],
    ["not before it is on", found(later), false],
    ["before it is on, when the search is wide", found(later, cart("1x A @ 1.00"), wide), true],
    [
      "before it is on, when its code is entered",
      found({ ...later, ...withCode }, cart(), { codes: ["SAVE10"] }),
      true,
    ],
    ["when its code is entered", found(withCode, cart(), { codes: ["SAVE10"] }), true],
    ["not when it is not, however wide the search", found(withCode, cart(), wide), false],
    ["when a coupon of its pool is entered", found(withCoupon, cart(), { pools: ["w"] }), true],
    ["not when a coupon of another pool is", found(withCoupon, cart(), { ...wide, pools: ["v"] }), false],
  ])("%s", (_title, isFound, expected) => {
    expect(isFound).toBe(expected);
  });
});

test("promotions stand by priority, higher first, then by the bytes of their keys", () => {
  const keys = [
    ["b", 0],
    ["a", 0],
    ["B", 0],
    ["last", -1],
    ["first", 5],
  ] as const;
  const rulebook = buildRulebook(
    "7",
    compileAll(keys.map(([key, priority]) => promotion({ key, priority, benefits: [tenOff] }))),
  );
  expect(rulebook.promotions.map(({ key }) => key)).toEqual(["first", "B", "a", "b", "last"]);
  expect(
    rulebook.candidates(canonicalCart(cart("1x A @ 1.00"), null), {
      codes: [],
      pools: [],
      breadth: "usual",
      now,
    }).ranks,
  ).toEqual([0, 1, 2, 3, 4]);
  expect(rulebook.version).toBe("7");
});

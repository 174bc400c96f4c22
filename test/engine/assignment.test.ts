/** Holdouts and experiments: who gets what, and that it is chance alone that decides. */
import fc from "fast-check";
import jstat from "jstat";
import { describe, expect, test } from "vitest";
import { armsOf, experimentsOf, pointOf } from "../../src/engine/assignment.ts";
import { describePromotion } from "../../src/engine/describe.ts";
import { findOverlaps } from "../../src/engine/overlaps.ts";
import { type PromotionInput, promotionSchema } from "../../src/engine/promotion.ts";
import { cart } from "../cart-notation.ts";
import { arbitraryCart, arbitraryPromotions } from "./arbitrary-request.ts";
import { compileAll, faultsOf, now, promotion, quoteFor } from "./engine-call.ts";

const customers = Array.from({ length: 20_000 }, (_, number) => `c-${number}`);
const off = (percent: number): PromotionInput["benefits"] => [{ kind: "percent_off", percent }];
const sides = (ab: readonly [number, number]) => ({ experiment: "depth", from: ab[0], to: ab[1] });

/** The part of Pearson's χ² beyond `counts`, where each was to be expected alike. */
function chanceOf(counts: readonly number[], degreesOfFreedom: number): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  const statistic = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  return 1 - jstat.chisquare.cdf(statistic, degreesOfFreedom);
}

describe("the point of a customer", () => {
  // Worked out in Python, by an implementation that gives the published values of MurmurHash3_x86_32: "test" → ba6bd213,
  // "Hello, world!" → c0363e43, "The quick brown fox jumps over the lazy dog" → 2e4ff723. Lengths of all remainders by four.
  test.each([
    ["experiment", "depth", "c-1", 1_115_759_606],
    ["holdout", "summer", "c-42", 1_652_007_234],
    ["experiment", "夏季", "李雷", 4_212_257_047],
    ["holdout", "a", "bcd", 3_039_814_578],
    ["holdout", "a", "bcde", 3_917_025_435],
  ] as const)("is MurmurHash3 of %s:%s:%s", (kind, name, id, hash) => {
    expect(pointOf(kind, name, id)).toBeCloseTo((hash / 2 ** 32) * 100, 9);
  });

  test("is spread evenly over the line, for every experiment", () => {
    for (const name of ["depth", "depth2", "夏季"]) {
      const counts = new Array<number>(100).fill(0);
      for (const id of customers) counts[Math.floor(pointOf("experiment", name, id))]! += 1;
      expect(chanceOf(counts, 99)).toBeGreaterThan(0.001);
    }
  });

  test("in one experiment says nothing of the point in another, nor of a holdout", () => {
    for (const other of [
      (id: string) => pointOf("experiment", "deptj", id),
      (id: string) => pointOf("holdout", "depth", id),
    ]) {
      const counts = new Array<number>(100).fill(0);
      for (const id of customers)
        counts[Math.floor(pointOf("experiment", "depth", id) / 10) * 10 + Math.floor(other(id) / 10)]! += 1;
      expect(chanceOf(counts, 99)).toBeGreaterThan(0.001);
    }
  });
});

describe("a held-out customer", () => {
  const campaigns = ["summer", "winter"];
  const customerOf = (heldOut: boolean) =>
    customers.find((id) => campaigns.every((name) => pointOf("holdout", name, id) < 50 === heldOut))!;
  const facts = { holdouts: new Map(campaigns.map((name) => [name, 50])) };

  test("pays what they would if the campaign did not exist, by a plan as good; everybody else as if it had no holdout", () => {
    fc.assert(
      fc.property(arbitraryPromotions, arbitraryCart, fc.array(fc.nat(2)), (documents, request, numbers) => {
        const split = documents.map((document, i) => ({ ...document, ...campaignOf(numbers[i]) }));
        const rest = split.filter(({ campaign }) => campaign === undefined);
        const priced = (promotions: PromotionInput[], id: string, known: object) => {
          const { customer, ...others } = request;
          const asked = { ...others, customer: { ...customer, id }, explain: "none" } as never;
          const { rulebook, codes, ...quote } = quoteFor(promotions, asked, { facts: known });
          return quote;
        };
        expect(priced(split, customerOf(true), facts)).toEqual(priced(rest, customerOf(true), {}));
        expect(priced(split, customerOf(false), facts)).toEqual(priced(split, customerOf(false), {}));
      }),
      { numRuns: 150 },
    );
    function campaignOf(number = 0) {
      return number === 0 ? {} : { campaign: campaigns[number - 1]! };
    }
  });

  const rule = promotion({
    campaign: "summer",
    benefits: off(10),
    conditions: { kind: "subtotal", atLeast: { CNY: 20_000 } },
  });
  const asked = (id: string, fields: object = {}) =>
    quoteFor(
      [promotion({ ...rule, ...fields })],
      cart("1x MUG @ 150.00", { customer: { id }, hints: true }),
      {
        facts,
      },
    );

  test("is not lured by near misses or hints; others are", () => {
    expect(asked(customerOf(true))).toMatchObject({ notApplied: [], hints: [] });
    expect(asked(customerOf(false)).notApplied).toMatchObject([{ reason: "subtotal_too_low" }]);
  });

  test("is told why of a code of theirs, and nothing of a private promotion", () => {
    const code = { trigger: { type: "code", code: "SUN" } };
    const entered = (visibility: string) =>
      quoteFor(
        [promotion({ ...rule, ...code, visibility } as never)],
        cart("1x MUG @ 250.00", { customer: { id: customerOf(true) }, codes: ["SUN"], explain: "all" }),
        { facts },
      );
    expect(entered("public").codes[0]).toMatchObject({ promotion: "p", reason: "held_out" });
    expect(entered("private")).toMatchObject({
      codes: [{ promotion: null, reason: "code_unknown" }],
      notApplied: [],
    });
  });

  test("has to be known: who is not is held out of nothing", () => {
    const all = { facts: { holdouts: new Map([["summer", 100]]) } };
    expect(quoteFor([rule], cart("1x MUG @ 250.00"), all).discount).toBe(2_500);
  });
});

describe("variants of an experiment", () => {
  const variants = [
    promotion({ key: "a", benefits: off(10), variant: { ...sides([0, 40]), name: "A" } }),
    promotion({ key: "b", benefits: off(20), variant: { ...sides([40, 80]), name: "B" } }),
  ];
  const discountOf = (documents: readonly PromotionInput[], customer: object | undefined) =>
    quoteFor(documents, cart("1x MUG @ 100.00", customer === undefined ? {} : { customer })).discount;

  test("give each customer one, always the same one, in whatever order and company", () => {
    const others = [promotion({ key: "c", benefits: [{ kind: "free_shipping" }], priority: 5 })];
    const seen = new Map<number, number>();
    for (const id of customers.slice(0, 200)) {
      const discount = discountOf(variants, { id });
      const point = pointOf("experiment", "depth", id);
      expect(discount).toBe(point < 40 ? 1_000 : point < 80 ? 2_000 : 0);
      expect(discountOf([...variants.toReversed(), ...others], { id })).toBe(discount);
      // Without the other arm: nobody moves.
      expect(discountOf(variants.slice(1), { id })).toBe(discount === 2_000 ? 2_000 : 0);
      seen.set(discount, (seen.get(discount) ?? 0) + 1);
    }
    expect([...seen.keys()].toSorted()).toEqual([0, 1_000, 2_000]);
  });

  test("are told apart by arms that do not depend on which of them are asked first; the rest is the control", () => {
    const documents = compileAll(variants).map(({ document }) => document);
    const experiments = experimentsOf(documents);
    for (const id of customers.slice(0, 200)) {
      const point = pointOf("experiment", "depth", id);
      const arm = point < 40 ? "A" : point < 80 ? "B" : "control";
      // Also where the cart meets only one of them, as they are on different goods.
      for (const met of [documents, documents.toReversed(), documents.slice(0, 1), documents.slice(1)])
        expect(armsOf(met, experiments, {}, id)).toEqual([{ kind: "experiment", name: "depth", arm }]);
    }
  });

  test("are for nobody without a customer, and say why not", () => {
    const reasons = (customer: object | undefined) =>
      quoteFor(
        variants,
        cart("1x MUG @ 100.00", { explain: "all", ...(customer !== undefined && { customer }) }),
      ).notApplied.map(({ promotion: key, reason }) => `${key} ${reason}`);
    expect(reasons(undefined)).toEqual(["a customer_required", "b customer_required"]);
    const inA = customers.find((id) => pointOf("experiment", "depth", id) < 40)!;
    expect(reasons({ id: inA })).toEqual(["b other_variant"]);
  });

  test("never meet in one order, and an arm without customers is refused", () => {
    const question = { now, limit: 10, after: null, key: null };
    expect(findOverlaps(compileAll(variants), question).overlaps).toEqual([]);
    const wider = { ...variants[1]!, variant: { ...sides([39, 80]), name: "B" } };
    expect(findOverlaps(compileAll([variants[0]!, wider]), question).overlaps).toHaveLength(1);
    expect(faultsOf({ ...variants[0], variant: { ...sides([40, 40]), name: "A" } })).toEqual([
      "range_empty /variant/to",
    ]);
  });

  test("are said in words", () => {
    const document = promotionSchema.parse(variants[0]);
    expect(describePromotion(document, "en")).toContain("; for 40% of customers (A of depth).");
    expect(describePromotion(document, "zh-CN")).toContain("限40%的顾客（depth 之 A）");
  });
});

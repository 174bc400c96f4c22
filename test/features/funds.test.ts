/** Discounts that a brand and its dealers bear together: on every adjustment, in the month's statement, to the cent. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sharesOf } from "../../src/engine/funding.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { patience } from "../faults/sizes.ts";
import { type Answer, type Api, startApi } from "./api.ts";
import { until } from "./limits-fixture.ts";
import { faultOf } from "./orders-fixture.ts";

let database: TestDatabase;
let api: Api;
let orders = 0;

const thirds = [
  { funder: "brand", percent: 33.3333 },
  { funder: "agency", percent: 33.3334 },
  { funder: "dealer", percent: 33.3333 },
];
const promote = async (key: string, fields: object): Promise<void> => {
  const body = { key, trigger: { type: "automatic" }, funding: thirds, ...fields };
  const made = await api.rest("POST", "/v1/promotions", { role: "marketing", body });
  expect(made.status, made.text).toBe(201);
  const active = await api.rest("POST", `/v1/promotions/${made.body.id}/activate`, { role: "marketing" });
  expect(active.status, active.text).toBe(200);
};
const of = (dealer: string) => ({ kind: "dealer", in: [dealer] });
const redeem = (dealer: string, lines: object[], fields: object = {}): Promise<Answer> => {
  orders += 1;
  return api.rest("POST", "/v1/redemptions", {
    role: "checkout",
    body: { currency: "CNY", dealer, lines, orderRef: `F-${orders}`, ...fields },
  });
};
const giveBack = async (redemption: string): Promise<Answer["body"]> =>
  (
    await api.rest("POST", `/v1/redemptions/${redemption}/returns`, {
      role: "erp",
      body: { lines: [{ id: "1", quantity: 1 }] },
    })
  ).body;
const line = (quantity: number, unitPrice: number, id = "1") => ({ id, sku: `S${id}`, quantity, unitPrice });
const statement = async (dealer: string, period = "2026-11") =>
  (await api.rest("GET", `/v1/dealers/${dealer}/funding/${period}`, { role: "viewer" })).body;
/** Told once the events of the last sale are numbered. */
const settled = (dealer: string, discount: number, period?: string) =>
  until(async () => ((await statement(dealer, period)).totals[0]?.discount ?? 0) === discount);

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  for (const dealer of ["d-1", "d-2", "d-3", "d-4", "d-5", "d-6", "d-7"])
    await api.rest("PUT", `/v1/dealers/${dealer}`, { role: "erp", body: {} });
});
afterAll(async () => {
  await api.close();
  await database.close();
});

test("shares come to the amount, whatever it is and however they are cut", () => {
  const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 999_999 }), { minLength: 1, maxLength: 9 });
  fc.assert(
    fc.property(fc.maxSafeInteger(), cuts, (amount, places) => {
      const borders = [0, ...places.sort((a, b) => a - b), 1_000_000];
      const funding = borders
        .slice(1)
        .map((border, at) => ({ funder: `f${at}`, percent: (border - borders[at]!) / 10_000 }));
      const parts = sharesOf(amount, funding);
      expect(parts.reduce((sum, part) => sum + BigInt(part.amount), 0n)).toBe(BigInt(amount));
      for (const part of parts) expect(Math.sign(part.amount) * Math.sign(amount)).toBeGreaterThanOrEqual(0);
    }),
  );
});

describe("a promotion that several fund", () => {
  test("says on every adjustment who bears what, and its row adds them up", async () => {
    await promote("split", {
      conditions: of("d-1"),
      benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 1_000 } }],
    });
    const { body } = await api.rest("POST", "/v1/evaluations", {
      role: "checkout",
      body: { currency: "CNY", dealer: "d-1", lines: [line(1, 1_000, "1"), line(1, 2_001, "2")] },
    });
    const adjustments = body.lines.flatMap((one: Answer["body"]) => one.adjustments);
    expect(adjustments).toHaveLength(2);
    for (const { amount, funding } of adjustments)
      expect(funding.reduce((sum: number, part: { amount: number }) => sum + part.amount, 0)).toBe(amount);
    const sumBy = (funder: string) =>
      adjustments.reduce(
        (sum: number, { funding }: Answer["body"]) =>
          sum + funding.find((part: Answer["body"]) => part.funder === funder).amount,
        0,
      );
    expect(body.promotions[0].funding).toEqual(
      thirds.map(({ funder, percent }) => ({ funder, percent, amount: sumBy(funder) })),
    );
  });

  test("whose dealer bears a share applies to no cart without one", async () => {
    await promote("no-dealer", {
      conditions: { kind: "customer_group", in: ["nobody's"] },
      benefits: [{ kind: "percent_off", percent: 10 }],
    });
    const { body } = await api.rest("POST", "/v1/evaluations", {
      role: "checkout",
      body: { currency: "CNY", customer: { groups: ["nobody's"] }, lines: [line(1, 1_000)], explain: "all" },
    });
    expect(body.discount).toBe(0);
    expect(body.notApplied.find((one: Answer["body"]) => one.promotion === "no-dealer").reason).toBe(
      "facts_missing",
    );
  });

  test.each([
    [
      [
        { funder: "a", percent: 50 },
        { funder: "b", percent: 49.9999 },
      ],
      "shares_not_whole",
    ],
    [
      [
        { funder: "a", percent: 50 },
        { funder: "a", percent: 50 },
      ],
      "funder_twice",
    ],
    [
      [
        { funder: "a", percent: 50.00001 },
        { funder: "b", percent: 49.99999 },
      ],
      "too_many_decimals",
    ],
  ])("is not saved with shares %j", async (funding, code) => {
    const answer = await api.rest("POST", "/v1/promotions", {
      role: "marketing",
      body: {
        key: "bad",
        trigger: { type: "automatic" },
        benefits: [{ kind: "percent_off", percent: 1 }],
        funding,
      },
    });
    expect(answer.body.errors.map((error: { code: string }) => error.code)).toContain(code);
  });

  test(
    "spends its budget exactly, however many dealers' orders come at once",
    async () => {
      await promote("tight", {
        conditions: of("d-2"),
        benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 1_000 } }],
        budget: { amount: { CNY: 5_000 }, atEdge: "refuse" },
      });
      const sold = await Promise.all(Array.from({ length: 12 }, () => redeem("d-2", [line(1, 3_000)])));
      expect(sold.map(({ status }) => status)).toEqual(sold.map(() => 201));
      const discount = sold.reduce((sum, { body }) => sum + body.quote.discount, 0);
      expect(discount).toBe(5_000);
      await settled("d-2", 5_000);
      const { promotions, totals } = await statement("d-2");
      expect(promotions).toEqual([
        {
          promotion: "tight",
          currency: "CNY",
          discount: 5_000,
          // 333, 334 and 333 of each.
          funding: [
            { funder: "agency", amount: 1_670 },
            { funder: "brand", amount: 1_665 },
            { funder: "dealer", amount: 1_665 },
          ],
        },
      ]);
      expect(totals).toEqual([{ currency: "CNY", discount: 5_000, dealerShare: 1_665, othersShare: 3_335 }]);
    },
    patience,
  );
});

test(
  "a month's statement is what the sales that stand come to, whatever came back and was cancelled",
  async () => {
    await promote("random", {
      conditions: of("d-3"),
      benefits: [{ kind: "percent_off", percent: 7.77 }],
    });
    const sale = fc.record({
      lines: fc.array(
        fc.record({
          quantity: fc.integer({ min: 1, max: 7 }),
          unitPrice: fc.integer({ min: 1, max: 5_000 }),
        }),
        {
          minLength: 1,
          maxLength: 3,
        },
      ),
      returns: fc.array(fc.record({ line: fc.nat(2), quantity: fc.integer({ min: 1, max: 4 }) }), {
        maxLength: 3,
      }),
      isCancelled: fc.boolean(),
    });
    for (const { lines, returns, isCancelled } of fc.sample(sale, { seed: 42, numRuns: 25 })) {
      const { body } = await redeem(
        "d-3",
        lines.map(({ quantity, unitPrice }, at) => line(quantity, unitPrice, `${at + 1}`)),
      );
      // What cannot come back is refused; whatever can, does.
      for (const { line: at, quantity } of returns)
        await api.rest("POST", `/v1/redemptions/${body.id}/returns`, {
          role: "erp",
          body: { lines: [{ id: `${at + 1}`, quantity }] },
        });
      if (isCancelled && returns.length === 0)
        await api.rest("POST", `/v1/redemptions/${body.id}/cancel`, { role: "checkout" });
    }
    // From the raw redemptions alone: what stands of a line's discount is what its units cost less what was paid for them.
    const { rows } = await database.pool.query<{
      quote: Answer["body"];
      request: Answer["body"];
      returned: Answer["body"];
      refunded: number;
      state: string;
    }>(
      "select quote, request, returned, refunded::int, state from redemptions where project_id = $1 and request ->> 'dealer' = 'd-3'",
      [api.project.id],
    );
    let discount = 0;
    const byFunder = new Map<string, number>();
    for (const { quote, request, returned, refunded, state } of rows) {
      if (state === "cancelled" || state === "returned") continue;
      let listPriceBack = 0;
      let kept = 0;
      for (const [at, { quantity, unitPrice }] of request.lines.entries()) {
        const [adjustment] = quote.lines[at].adjustments;
        if (adjustment === undefined) continue;
        const back = returned?.lines[`${at + 1}`] ?? 0;
        listPriceBack += back * unitPrice;
        // Units for which least was paid come back first: those with the larger discount.
        const offs: number[] = adjustment.runs.flatMap((run: { units: number; amount: number }) =>
          Array.from({ length: run.units }, () => run.amount),
        );
        while (offs.length < quantity) offs.push(0);
        const left = offs
          .sort((a, b) => b - a)
          .slice(back)
          .reduce((sum, off) => sum + off, 0);
        kept += left;
        for (const { funder, amount } of sharesOf(left, thirds))
          byFunder.set(funder, (byFunder.get(funder) ?? 0) + amount);
      }
      expect(kept).toBe(quote.discount - (listPriceBack - refunded));
      discount += kept;
    }
    expect(rows.map(({ state }) => state)).toEqual(
      expect.arrayContaining(["cancelled", "partially_returned"]),
    );
    await settled("d-3", discount);
    const { promotions } = await statement("d-3");
    expect(promotions[0].funding).toEqual(
      [...byFunder].sort().map(([funder, amount]) => ({ funder, amount })),
    );
    const entries: Answer["body"][] = [];
    for (let after = ""; ; ) {
      const { body } = await api.rest("GET", `/v1/dealers/d-3/funding/2026-11/entries?limit=20${after}`);
      entries.push(...body.items);
      if (body.nextCursor === null) break;
      after = `&after=${body.nextCursor}`;
    }
    expect(entries.reduce((sum, { amount }) => sum + amount, 0)).toBe(discount);
  },
  patience,
);

test.each([
  ["reevaluate", "d-5", 70, 0, {}],
  ["prorate", "d-6", 85, 15, { brand: 9, dealer: 6 }],
])(
  "a discount that a return took back is borne by nobody, one that stands by all: %s",
  async (returns, dealer, refund, discount, shares) => {
    await promote(`kept-${returns}`, {
      conditions: { all: [of(dealer), { kind: "subtotal", atLeast: { CNY: 200 } }] },
      benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 30 } }],
      funding: [
        { funder: "brand", percent: 60 },
        { funder: "dealer", percent: 40 },
      ],
      returns,
    });
    const sold = await redeem(dealer, [line(2, 100)]);
    expect(sold.body.quote.total).toBe(170);
    await settled(dealer, 30);
    const back = await giveBack(sold.body.id);
    expect(back.refund).toBe(refund);
    await until(async () => (await statement(dealer)).totals[0].discount !== 30);
    const { promotions, totals } = await statement(dealer);
    const { brand = 0, dealer: own = 0 } = shares as { brand?: number; dealer?: number };
    expect(totals).toEqual([{ currency: "CNY", discount, dealerShare: own, othersShare: brand }]);
    expect(promotions[0].funding).toEqual([
      { funder: "brand", amount: brand },
      { funder: "dealer", amount: own },
    ]);
    // The rest of the money comes with the last unit, and then nothing stands either way.
    expect((await giveBack(sold.body.id)).refunded).toBe(170);
    await settled(dealer, 0);
  },
  patience,
);

test(
  "a gift that is missing is charged to the customer, and takes nothing off what funders bear",
  async () => {
    await promote("with-gift", {
      conditions: of("d-7"),
      benefits: [{ kind: "percent_off", percent: 10 }],
      returns: "reevaluate",
    });
    await promote("gift", {
      conditions: { all: [of("d-7"), { kind: "subtotal", atLeast: { CNY: 1_500 } }] },
      benefits: [{ kind: "gift", sku: "G", quantity: 1, value: { CNY: 50 } }],
      returns: "reevaluate",
      funding: undefined,
    });
    const sold = await redeem("d-7", [line(2, 1_000)]);
    await settled("d-7", 200);
    expect(await giveBack(sold.body.id)).toMatchObject({ refund: 850, withheld: 50 });
    await settled("d-7", 100);
    expect((await statement("d-7")).totals[0].discount).toBe(100);
  },
  patience,
);

test(
  "a month is settled when it is over, once; what comes back later is an entry of a later month",
  async () => {
    await promote("months", {
      conditions: of("d-4"),
      benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 300 } }],
    });
    const sold = await redeem("d-4", [line(3, 1_000)]);
    await settled("d-4", 300);
    const settle = (reference: string, period = "2026-11") =>
      api.rest("POST", `/v1/dealers/d-4/funding/${period}/settle`, {
        role: "marketing",
        body: { reference },
      });
    expect(faultOf(await settle("CN-1"))).toBe("409 fund-period-open");
    api.clock.advance(30 * 86_400_000);
    const first = await settle("CN-1");
    expect([first.body.state, first.body.totals[0].discount]).toEqual(["settled", 300]);
    expect((await settle("CN-1")).body).toEqual(first.body);
    expect(faultOf(await settle("CN-2"))).toBe("409 fund-period-settled");
    await api.rest("POST", `/v1/redemptions/${sold.body.id}/returns`, {
      role: "erp",
      body: { lines: [{ id: "1", quantity: 1 }] },
    });
    await settled("d-4", -100, "2026-12");
    expect((await statement("d-4")).totals[0].discount).toBe(300);
    expect(
      (await statement("d-4", "2026-12")).promotions[0].funding.map((part: Answer["body"]) => part.amount),
    ).toEqual([-33, -33, -34]);
    expect(faultOf(await api.rest("GET", "/v1/dealers/nobody/funding/2026-11"))).toBe("404 dealer-not-found");
  },
  patience,
);

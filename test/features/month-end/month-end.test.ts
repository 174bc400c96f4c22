/** The file of a period, held against what the ledger, the returns and the campaign's breakdown say: to the cent. */
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BookingRow } from "../../../src/features/month-end/month-end-rows.ts";
import { monthEndService } from "../../../src/features/month-end/month-end-service.ts";
import { expectBooksToBalance } from "../../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi } from "../api.ts";
import { until } from "../limits-fixture.ts";
import { issued, report, reportOf, somePromotion } from "../offline/offline-fixture.ts";
import { projectWithKeys } from "../project-fixture.ts";
import { activePromotion, orderOf, redeem } from "../redemptions/redemption-fixture.ts";

let database: TestDatabase;
let api: Api;
beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
});
afterAll(async () => {
  await expectBooksToBalance(database);
  await api.close();
  await database.close();
});

// Redemptions are dated by the database's clock.
const ever = {
  from: new Date(Date.now() - 86_400_000).toISOString(),
  to: new Date(Date.now() + 86_400_000).toISOString(),
};

const exported = (query: Record<string, string>, key?: string) =>
  api.rest("GET", `/v1/redemptions/export?${new URLSearchParams(query)}`, {
    role: "viewer",
    ...(key !== undefined && { key }),
  });

async function rowsOf(period: { from: string; to: string }, key?: string): Promise<BookingRow[]> {
  const { status, text } = await exported(period, key);
  expect(status, text).toBe(200);
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as BookingRow);
}

const sum = <Item>(items: readonly Item[], amountOf: (item: Item) => number | null): number =>
  items.reduce((all, item) => all + (amountOf(item) ?? 0), 0);

async function amount(statement: string, values: unknown[] = [api.project.id]): Promise<number> {
  const { rows } = await database.pool.query<{ amount: string }>(statement, values);
  return Number(rows[0]!.amount);
}

/** An order, how much of it is returned in which pieces, and what else becomes of it. */
const order = fc.record({
  channel: fc.constantFrom("plain", "reevaluated", "gifted"),
  lines: fc.array(
    fc.record({ quantity: fc.integer({ min: 1, max: 6 }), unitPrice: fc.integer({ min: 100, max: 9_999 }) }),
    {
      minLength: 1,
      maxLength: 3,
    },
  ),
  shipping: fc.constantFrom(0, 799),
  fate: fc.constantFrom("kept", "returned", "returned", "whole", "cancelled", "reserved"),
  pieces: fc.array(fc.tuple(fc.nat(2), fc.integer({ min: 1, max: 3 })), { minLength: 1, maxLength: 4 }),
});

describe("the file of a period", () => {
  const seed = Date.now() % 1_000_000;
  let rows: BookingRow[];

  beforeAll(async () => {
    const campaign = await api.rest("POST", "/v1/campaigns", {
      body: {
        key: "autumn",
        name: "Autumn",
        startsAt: "2026-01-01T00:00:00Z",
        endsAt: "2099-01-01T00:00:00Z",
      },
    });
    expect(campaign.status, campaign.text).toBe(201);
    const only = (...channels: string[]) => ({ conditions: { kind: "channel", in: channels } });
    const budget = { budget: { amount: { CNY: 900_000_000 } }, restoreUseOnReturn: true };
    await activePromotion(api, "everywhere", {
      campaign: "autumn",
      ...budget,
      benefits: [{ kind: "percent_off", target: "order", percent: 7.3 }],
    });
    await activePromotion(api, "three-for-two", {
      ...budget,
      ...only("plain", "gifted"),
      benefits: [
        {
          kind: "buy_x_get_y",
          buy: { select: { skus: ["S0"] }, quantity: 2 },
          get: { select: { skus: ["S0"] }, quantity: 1 },
          allocate: "target",
        },
      ],
    });
    await activePromotion(api, "joint", {
      ...only("plain"),
      stacking: { group: "joint" },
      funding: [
        { funder: "brand", percent: 33.3333 },
        { funder: "agency", percent: 33.3334 },
        { funder: "house", percent: 33.3333 },
      ],
      benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 100 } }],
    });
    await activePromotion(api, "step", {
      ...only("reevaluated"),
      stacking: { group: "step" },
      returns: "reevaluate",
      benefits: [
        { kind: "amount_off", target: "order", amount: { CNY: 500 }, every: { amount: { CNY: 5_000 } } },
      ],
    });
    await activePromotion(api, "gift", {
      ...only("gifted"),
      benefits: [{ kind: "gift", sku: "BAG", value: { CNY: 300 } }],
    });
    await activePromotion(api, "no-shipping", {
      ...budget,
      benefits: [{ kind: "free_shipping", maxAmount: { CNY: 500 } }],
    });

    for (const [number, { channel, lines, shipping, fate, pieces }] of fc
      .sample(order, { seed, numRuns: 40 })
      .entries()) {
      const sold = lines.map((line, at) => ({ id: String(at), sku: `S${at}`, ...line }));
      const { body, text } = await redeem(api, {
        currency: "CNY",
        channel,
        lines: sold,
        ...(shipping > 0 && { shipping: [{ id: "s", method: "express", amount: shipping }] }),
        // A spreadsheet would run it.
        orderRef: `=SUM(A1;${number})`,
        source: "+till",
        mode: fate === "reserved" || number % 3 === 0 ? "reserve" : "commit",
      });
      expect(body.id, text).toBeDefined();
      if (fate === "reserved") continue;
      await api.rest("POST", `/v1/redemptions/${body.id}/commit`, { role: "checkout" });
      if (fate === "cancelled") {
        const cancelled = await api.rest("POST", `/v1/redemptions/${body.id}/cancel`, { role: "checkout" });
        expect(cancelled.status, cancelled.text).toBe(200);
      }
      const back = sold.map(() => 0);
      const giveBack = async (at: number, quantity: number) => {
        if (quantity === 0) return;
        back[at]! += quantity;
        const returned = await api.rest("POST", `/v1/redemptions/${body.id}/returns`, {
          role: "pos",
          body: { lines: [{ id: String(at), quantity }] },
        });
        expect(returned.status, returned.text).toBe(200);
      };
      if (fate === "returned" || fate === "whole")
        for (const [place, quantity] of pieces) {
          const at = place % sold.length;
          await giveBack(at, Math.min(quantity, sold[at]!.quantity - back[at]!));
        }
      if (fate === "whole")
        for (const [at, { quantity }] of sold.entries()) await giveBack(at, quantity - back[at]!);
    }
    rows = await rowsOf(ever);
  }, 400_000);

  const ledgerOf = (promotion: string, causes: string) =>
    amount(
      `select coalesce(sum((p ->> 5)::bigint), 0) as amount
         from ledger_entries e cross join json_array_elements(e.postings) as p
         join promotions r on r.project_id = e.project_id and r.id = p ->> 0
        where e.project_id = $1 and r.key = $2 and p ->> 1 = 'amount:CNY' and p ->> 2 = '' and p ->> 3 = '' and e.cause ${causes}`,
      [api.project.id, promotion],
    );

  test.each(["everywhere", "three-for-two", "no-shipping"])(
    "says of %s what the ledger says, sales and returns and cancellations apart",
    async (promotion) => {
      const own = rows.filter((row) => row.promotion === promotion);
      const of = (event: string) => sum(own, (row) => (row.event === event ? row.discount : 0));
      expect([of("sale"), of("return"), of("cancellation")], `seed ${seed}`).toEqual([
        await ledgerOf(promotion, "in ('reserve', 'commit')"),
        await ledgerOf(promotion, "= 'return'"),
        await ledgerOf(promotion, "= 'cancel'"),
      ]);
      expect(of("sale")).toBeGreaterThan(0);
      expect(of("return")).toBeLessThan(0);
    },
  );

  test("has every sale with its total and all of its discount, and every refund", async () => {
    const of = (event: string, column: "total" | "discount") =>
      sum(rows, (row) => (row.event === event ? row[column] : 0));
    const sold = "from redemptions where project_id = $1 and committed_at is not null";
    expect(of("sale", "total"), `seed ${seed}`).toBe(await amount(`select sum(total) as amount ${sold}`));
    expect(of("sale", "discount")).toBe(
      await amount(
        `select sum((quote ->> 'discount')::bigint + (quote ->> 'shippingDiscount')::bigint) as amount ${sold}`,
      ),
    );
    expect(of("cancellation", "total")).toBe(
      -(await amount(`select sum(total) as amount ${sold} and state = 'cancelled'`)),
    );
    expect(of("return", "total")).toBe(
      -(await amount("select sum(refund) as amount from redemption_returns where project_id = $1")),
    );
  });

  test("explains every total by its other columns, and nothing stands of what came back as a whole", async () => {
    const events = new Map<string, BookingRow[]>();
    const orders = new Map<string, BookingRow[]>();
    for (const row of rows) {
      const event = `${row.redemption} ${row.event} ${row.at}`;
      events.set(event, [...(events.get(event) ?? []), row]);
      orders.set(row.redemption, [...(orders.get(row.redemption) ?? []), row]);
    }
    for (const [event, own] of events)
      expect(
        sum(own, ({ before }) => before) -
          sum(own, ({ discount }) => discount) +
          sum(own, ({ withheld }) => withheld),
        `${event}, seed ${seed}`,
      ).toBe(sum(own, ({ total }) => total));
    const { rows: over } = await database.pool.query<{ id: string }>(
      "select id from redemptions where project_id = $1 and (state = 'returned' or (state = 'cancelled' and committed_at is not null))",
      [api.project.id],
    );
    expect(over.length).toBeGreaterThan(3);
    for (const { id } of over) {
      const own = orders.get(id)!;
      expect(
        [sum(own, ({ before }) => before), sum(own, ({ discount }) => discount)],
        `seed ${seed}`,
      ).toEqual([0, 0]);
    }
    // Its gift is missing, or the kept goods cost more.
    expect(rows.some(({ withheld }) => (withheld ?? 0) > 0)).toBe(true);
  });

  test("splits a discount among those who fund it", () => {
    const joint = rows.filter(({ promotion }) => promotion === "joint");
    expect(new Set(joint.map(({ funder }) => funder))).toEqual(new Set(["brand", "agency", "house"]));
    expect(new Set(rows.filter(({ promotion }) => promotion === "step").map(({ funder }) => funder))).toEqual(
      new Set(["merchant"]),
    );
    const sale = joint.filter(
      ({ redemption, event }) => redemption === joint[0]!.redemption && event === "sale",
    );
    expect(sum(sale, ({ discount }) => discount)).toBeLessThanOrEqual(100);
    expect(sale).toHaveLength(3);
  });

  test("comes to the revenue of the campaign that all of these orders belong to", async () => {
    const total = sum(rows, (row) => row.total);
    const breakdown = () =>
      api.rest("GET", "/v1/campaigns/autumn/breakdown?by=channel&currency=CNY", { role: "viewer" });
    await until(async () => (await breakdown()).body.whole.revenue === total);
  });

  test("tells of each event once where one period ends and the next begins", async () => {
    for (const event of ["sale", "return", "cancellation"]) {
      const { at } = rows.findLast((row) => row.event === event)!;
      const earlier = await rowsOf({ from: ever.from, to: at });
      const later = await rowsOf({ from: at, to: ever.to });
      expect([...earlier, ...later]).toEqual(rows);
      expect(later[0]!.at).toBe(at);
    }
  });

  test("has the same rows as CSV, in cells that no spreadsheet runs", async () => {
    const { status, headers, text } = await exported({ ...ever, format: "csv" });
    expect([status, headers["content-type"]]).toEqual([200, "text/csv; charset=utf-8"]);
    const cells = parse(text, { columns: true }) as Record<keyof BookingRow, string>[];
    expect(cells).toHaveLength(rows.length);
    for (const column of ["before", "discount", "withheld", "total", "deposits"] as const)
      expect(
        sum(cells, (cell) => Number(cell[column])),
        column,
      ).toBe(sum(rows, (row) => row[column]));
    for (const cell of cells) {
      expect(cell.orderRef).toMatch(/^'=SUM/);
      expect(cell.source).toBe("'+till");
    }
  });

  test("tells nobody of another project", async () => {
    const neighbour = await projectWithKeys(database, api.clock.now());
    const { id } = (
      await api.rest("POST", "/v1/redemptions", {
        key: neighbour.keys.checkout,
        body: {
          currency: "CNY",
          orderRef: "next-door",
          lines: [{ id: "1", sku: "A", quantity: 1, unitPrice: 1 }],
        },
      })
    ).body;
    expect((await rowsOf(ever, neighbour.keys.viewer)).map(({ redemption }) => redemption)).toEqual([id]);
    expect(await rowsOf(ever)).toEqual(rows);
  });
});

describe("what is paid or promised before the sale", () => {
  let another: Api;
  beforeAll(async () => {
    another = await startApi(database);
  });
  afterAll(() => another.close());
  const own = () => rowsOf(ever, another.project.keys.viewer);

  test("a deposit is told apart from the total of the order that counts it", async () => {
    await activePromotion(another, "presale", {
      benefits: [{ kind: "deposit", paid: { CNY: 1_000 }, worth: { CNY: 3_000 } }],
    });
    const lines = [{ id: "1", sku: "MUG", quantity: 1, unitPrice: 1_000 }];
    const paid = await redeem(another, orderOf({ lines, deposit: { promotion: "presale" } }));
    const { body } = await redeem(another, orderOf({ deposits: [{ redemption: paid.body.id }] }));
    const rows = await own();
    expect(sum(rows, ({ total }) => total)).toBe(1_000 + body.quote.total);
    expect(sum(rows, ({ deposits }) => deposits)).toBe(1_000);
    expect(body.quote.due).toBe(body.quote.total - 1_000);
  });

  test("a till's voucher is a sale once it is reported, and one", async () => {
    const before = await own();
    const { key } = await somePromotion(another);
    const { token } = await issued(another, { promotion: key });
    expect(await own()).toEqual(before);
    const [reported] = await report(another, reportOf(another, token));
    const { redemption } = reported!;
    const rows = (await own()).slice(before.length);
    expect(rows).toMatchObject([
      { event: "sale", redemption, source: "till-1", promotion: null, before: 10_000, total: 9_000 },
      { event: "sale", redemption, promotion: key, discount: 1_000 },
    ]);
    expect(rows).toHaveLength(2);
  });
});

test.each([
  [{ from: ever.to, to: ever.from }, "/to", "period_empty"],
  [{ from: ever.to, to: ever.to }, "/to", "period_empty"],
  [{ from: "2025-01-01T00:00:00Z", to: "2026-01-03T00:00:00Z" }, "/to", "period_too_long"],
  [{ from: "0000-01-01T00:00:00Z", to: ever.to }, "/from", "out_of_range"],
])("refuses the period %j", async (period, path, code) => {
  const { status, body } = await exported(period);
  expect([status, body.code, body.errors[0]]).toMatchObject([400, "invalid-request", { path, code }]);
});

test.each([[{ to: ever.to }], [{ from: ever.from }], [{ from: "November", to: ever.to }]])(
  "refuses %j, which is no period",
  async (query) => {
    const { status, body } = await exported(query as Record<string, string>);
    expect([status, body.code]).toEqual([400, "invalid-request"]);
    expect(body.errors[0].path).toMatch(/from|to/);
  },
);

test("is refused while three others are read, and again there when one of them is let go", async () => {
  const { redemptions } = monthEndService({ database });
  const begin = async () => {
    const { body } = redemptions(api.project.id, ever, "csv");
    const pieces = (body as AsyncIterable<string>)[Symbol.asyncIterator]();
    await pieces.next();
    await pieces.next();
    return pieces;
  };
  const running = await Promise.all([begin(), begin(), begin()]);
  await expect(begin()).rejects.toMatchObject({ code: "unavailable" });
  await running.pop()!.return!();
  running.push(await begin());
  for (const pieces of running) await pieces.return!();
});

test("is not for shops", async () => {
  const answer = await api.rest("GET", `/v1/redemptions/export?${new URLSearchParams(ever)}`, {
    role: "checkout",
  });
  expect(answer.status).toBe(403);
});

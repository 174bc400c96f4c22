/** Rebates: whatever way orders, versions, returns and flags come, what is booked is what the orders as they stand earn. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RebateTerms, rebateLines, sumOf } from "../../src/engine/rebate.ts";
import { expectBooksToBalance } from "../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { type Answer, type Api, startApi, testClock } from "./api.ts";
import { faultOf } from "./orders-fixture.ts";

const patience = { timeout: 60_000, interval: 50 };
let database: TestDatabase;
let api: Api;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database, { clock: testClock(Date.parse("2027-03-01T00:00:00Z")) });
});
afterAll(async () => {
  await expectBooksToBalance(database);
  await api.close();
  await database.close();
});

async function must(method: "GET" | "POST" | "PUT", path: string, body?: object): Promise<Answer["body"]> {
  const answer = await api.rest(method, path, body === undefined ? {} : { body });
  expect([answer.status, answer.text.slice(0, 300)], path).toEqual([
    expect.toSatisfy((status: number) => status < 300),
    expect.any(String),
  ]);
  return answer.body;
}

/** Every order that is known has been counted. */
async function counted(): Promise<void> {
  await expect
    .poll(async () => {
      const { rows } = await database.pool.query<{ waits: boolean }>(
        `select exists (select from outbox_events where project_id = $1 and position is null)
             or exists (select from rebate_orders_due where project_id = $1)
             or exists (select from rebate_sweeps where project_id = $1) as waits`,
        [api.project.id],
      );
      return rows[0]!.waits;
    }, patience)
    .toBe(false);
}

const schedule = { startsOn: "2026-10-01", endsOn: "2026-12-31", every: "month", timezone: "Asia/Shanghai" };
const agreement = (fields: object) => ({ currency: "CNY", schedule, basis: "amount", ...fields });

interface Line {
  id: string;
  sku: string;
  quantity: number;
  unitPrice: number;
  discount?: number;
}
const put = (
  id: string,
  version: number,
  dealer: string,
  placedAt: string,
  lines: Line[],
  more: object = {},
) =>
  api.rest("PUT", `/v1/orders/${id}`, {
    role: "erp",
    body: {
      version,
      status: "paid",
      currency: "CNY",
      dealer,
      placedAt,
      lines,
      total: lines.reduce(
        (sum, { quantity, unitPrice, discount = 0 }) => sum + quantity * unitPrice - discount,
        0,
      ),
      ...more,
    },
  });

test.each([
  ["/tiers", "nothing_agreed", {}],
  [
    "/tiers/steps/1/from",
    "tiers_do_not_rise",
    {
      tiers: {
        mode: "volume",
        steps: [
          { from: 5, percent: 1 },
          { from: 5, percent: 2 },
        ],
      },
    },
  ],
  ["/tiers/steps/0", "one_rate", { tiers: { mode: "volume", steps: [{ from: 5 }] } }],
  ["/tiers/steps/0", "rate_not_of_basis", { tiers: { mode: "graduated", steps: [{ from: 5, perUnit: 2 }] } }],
  ["/target/bonus/percent", "too_many_decimals", { target: { value: 5, bonus: { percent: 0.00001 } } }],
  ["/funders", "shares_not_whole", { target: { value: 5 }, funders: [{ name: "brand", percent: 60 }] }],
  [
    "/schedule/timezone",
    "timezone_unknown",
    { target: { value: 5 }, schedule: { ...schedule, timezone: "0" } },
  ],
  ["/schedule", "not_aligned", { target: { value: 5 }, schedule: { ...schedule, endsOn: "2026-12-30" } }],
  [
    "/schedule/endsOn",
    "period_empty",
    { target: { value: 5 }, schedule: { ...schedule, endsOn: "2026-09-30" } },
  ],
  [
    "/schedule/endsOn",
    "too_many_periods",
    { target: { value: 5 }, schedule: { ...schedule, endsOn: "2999-12-31" } },
  ],
  [
    "/schedule/startsOn",
    "out_of_range",
    { target: { value: 5 }, schedule: { ...schedule, startsOn: "0001-01-01" } },
  ],
])("an agreement with a fault at %s is refused as %s", async (path, code, fields) => {
  const answer = await api.rest("PUT", "/v1/rebate-agreements/bad", { body: agreement(fields) });
  expect(faultOf(answer)).toBe(`400 invalid-request ${path} ${code}`);
});

describe("a period that is closed", () => {
  test("has statements to the cent, and what comes after it is an adjustment of the next, never a change", async () => {
    await must("PUT", "/v1/dealers/a", { level: "gold" });
    await must("PUT", "/v1/dealers/b", { level: "gold" });
    await must(
      "PUT",
      "/v1/rebate-agreements/gold",
      agreement({
        dealers: { levels: ["gold"] },
        funders: [
          { name: "brand", percent: 66.6667 },
          { name: "dealer", percent: 33.3333 },
        ],
        tiers: {
          mode: "volume",
          steps: [
            { from: 100_000, percent: 2 },
            { from: 200_000, percent: 3 },
          ],
        },
        target: { value: 150_000, byDealer: { b: 300_000 } },
      }),
    );
    const tea = (quantity: number) => [{ id: "1", sku: "TEA", quantity, unitPrice: 1_001 }];
    await put("O-1", 1, "a", "2026-10-31T23:59:59.999+08:00", tea(200));
    await put("O-2", 1, "a", "2026-11-01T00:00:00+08:00", tea(100));
    await put("O-3", 1, "b", "2026-10-05T00:00:00+08:00", tea(10));
    await counted();
    const close = (period: string) =>
      api.rest("POST", `/v1/rebate-agreements/gold/periods/${period}/close`, { role: "marketing" });
    expect(faultOf(await close("2026-11"))).toBe("409 rebate-period-not-closable /period period_before_open");
    // Put aside after a failure. That of November belongs to no earlier period; that of October may.
    const putAside = (id: string) =>
      database.pool.query("insert into rebate_orders_due values ($1, default, $2, '2027-03-02')", [
        api.project.id,
        id,
      ]);
    await putAside("O-2");
    await putAside("O-1");
    expect(faultOf(await close("2026-10"))).toBe("409 rebate-period-not-closable /period orders_waiting");
    await database.pool.query("delete from rebate_orders_due where external_id = 'O-1'");
    expect((await close("2026-10")).body).toMatchObject({ statements: 2, total: 6_006 });
    expect(faultOf(await close("2026-10"))).toBe("409 rebate-period-not-closable /period period_closed");
    expect(faultOf(await close("2026-09"))).toBe("404 rebate-period-not-found");
    await database.pool.query("delete from rebate_orders_due where external_id = 'O-2'");
    const again = await api.rest("PUT", "/v1/rebate-agreements/gold", {
      body: agreement({ target: { value: 1 } }),
    });
    expect(faultOf(again)).toBe("409 rebate-agreement-settled");

    // Half of October comes back: 100,100 at 2 % instead of 200,200 at 3 %. A member who is promoted stays what they were.
    await must("POST", "/v1/orders/O-1/returns", { lines: [{ id: "1", quantity: 100 }] });
    await must("PUT", "/v1/dealers/a", { level: "platinum" });
    await counted();
    const { items } = await must("GET", "/v1/rebate-standings?agreement=gold&period=2026-11&dealer=a");
    expect(items[0]).toMatchObject({
      total: -4_004,
      lines: [{ kind: "adjustment", name: "2026-10", amount: -4_004 }],
    });
    const [statement] = (await must("GET", "/v1/rebate-statements?agreement=gold&dealer=a")).items;
    expect(statement).toMatchObject({
      total: 6_006,
      attainmentPercent: 133.4666,
      lines: [{ kind: "tier", from: 200_000, of: 200_200, percent: 3, amount: 6_006 }],
      funding: [
        { name: "brand", amount: 4_004 },
        { name: "dealer", amount: 2_002 },
      ],
    });
    await must("PUT", "/v1/dealers/a", { level: "gold" });
    await counted();
    expect((await must("GET", "/v1/dealers/a/rebates?at=2026-11-15T00:00:00Z")).items[0]).toMatchObject({
      total: -2_002,
      target: 150_000,
      next: { kind: "target", at: 150_000, missing: 49_900, reward: 3_000, worth: 998 },
    });

    const pay = (reference: string) =>
      api.rest("POST", `/v1/rebate-statements/${statement.id}/pay`, { role: "erp", body: { reference } });
    expect(faultOf(await pay("bank-1"))).toBe("409 rebate-statement-state-conflict");
    const approved = await Promise.all(
      [1, 2].map(() => must("POST", `/v1/rebate-statements/${statement.id}/approve`)),
    );
    expect(approved.map(({ state }) => state)).toEqual(["approved", "approved"]);
    const paid = await Promise.all(["bank-1", "bank-1"].map(pay));
    const paidAgain = await Promise.all(["bank-1", "bank-2"].map(pay));
    expect([...paid, ...paidAgain].map(({ status }) => status)).toEqual([200, 200, 200, 409]);
    const { items: entries } = await must("GET", "/v1/rebate-entries?agreement=gold&period=2026-10&dealer=a");
    expect(
      entries.map(({ cause, from, to, amount }: Record<string, string>) => [cause, from, to, amount]),
    ).toEqual([
      ["pay", "payable", "paid", 6_006],
      ["close", "accrued", "payable", 6_006],
      ["accrue", "expense", "accrued", 6_006],
    ]);

    await close("2026-11");
    await close("2026-12");
    await put("O-1", 2, "a", "2026-10-31T23:59:59.999+08:00", tea(200), { status: "cancelled" });
    await counted();
    expect((await must("GET", "/v1/rebate-agreements/gold")).periods.at(-1)).toMatchObject({
      key: "adjustments-1",
      state: "open",
    });
    expect((await close("adjustments-1")).body).toMatchObject({ statements: 1, total: -2_002 });
  });

  test("is handed out as CSV that runs no formula, as a page without markup of others, and as NDJSON", async () => {
    await must("PUT", "/v1/dealers/=cmd", { level: "odd" });
    await must("PUT", "/v1/rebate-agreements/odd", {
      ...agreement({ name: "<script>", dealers: { levels: ["odd"] } }),
      basis: "quantity",
      tiers: {
        mode: "graduated",
        steps: [
          { from: 0, perUnit: 5 },
          { from: 10, perUnit: 7 },
        ],
      },
    });
    await put("X-1", 1, "=cmd", "2026-10-02T00:00:00Z", [
      { id: "1", sku: "TEA", quantity: 12, unitPrice: 100 },
    ]);
    await counted();
    const get = (accept: string) =>
      api.rest("GET", "/v1/rebate-agreements/odd/periods/2026-10/statements", {
        role: "viewer",
        headers: { accept },
      });
    const csv = (await get("text/csv")).text.split("\n");
    expect(csv.slice(1, 3)).toEqual([
      ",odd,2026-10,'=cmd,open,CNY,tier,,0,10,,5,50",
      ",odd,2026-10,'=cmd,open,CNY,tier,,10,2,,7,14",
    ]);
    const page = (await get("text/html")).text;
    expect(page).toContain("<h1>&#60;script&#62; · 2026-10</h1>");
    expect(page).toContain("0.64 CNY");
    // Units as they are, money with its decimals.
    expect(page).toContain(
      '<td>tier</td><td></td><td class="n">10</td><td class="n">2</td><td class="n"></td><td class="n">0.07</td><td class="n">0.14</td>',
    );
    expect(JSON.parse((await get("application/x-ndjson")).text)).toMatchObject({ dealer: "=cmd", total: 64 });
  });
});

/** Agreements of every kind at once, and what they mean of an order's lines. */
const terms: Record<
  string,
  { document: RebateTerms & Record<string, unknown>; means(sku: string): boolean }
> = {
  whole: {
    document: {
      basis: "amount",
      tiers: {
        mode: "volume",
        steps: [
          { from: 1, percent: 1 },
          { from: 20_000, percent: 2.5 },
        ],
      },
      cap: 900,
    },
    means: () => true,
  },
  slices: {
    document: {
      basis: "amount",
      products: { skus: ["TEA"] },
      tiers: {
        mode: "graduated",
        steps: [
          { from: 5_000, percent: 3.3333 },
          { from: 9_000, percent: 7 },
        ],
      },
    },
    means: (sku) => sku === "TEA",
  },
  more: {
    document: {
      basis: "quantity",
      growth: {
        of: "increase",
        steps: [
          { overPercent: 0, perUnit: 11 },
          { overPercent: 50, perUnit: 23 },
        ],
      },
      target: { value: 12, bonus: { percent: 1.5 } },
    },
    means: () => true,
  },
};

test("whatever comes in whatever order, late or twice, what is booked is what the orders earn", async () => {
  for (const dealer of ["p", "q"])
    await must("PUT", `/v1/dealers/${dealer}`, { territory: { regions: ["home"] } });
  for (const [key, { document }] of Object.entries(terms))
    await must(
      "PUT",
      `/v1/rebate-agreements/${key}`,
      agreement({ ...document, dealers: { in: ["p", "q"] } }),
    );
  const day = fc.constantFrom(
    "2025-10-15T00:00:00Z",
    "2025-12-31T15:59:59Z",
    "2026-10-01T00:00:00Z",
    "2026-10-31T16:00:00Z",
    "2026-12-31T15:59:59Z",
    "2027-01-01T00:00:00Z",
  );
  const line = fc.record({
    sku: fc.constantFrom("TEA", "MUG"),
    quantity: fc.integer({ min: 1, max: 9 }),
    unitPrice: fc.integer({ min: 1, max: 3_000 }),
    discount: fc.nat(1),
  });
  const command = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant("put" as const),
        order: fc.nat(5),
        version: fc.integer({ min: 1, max: 6 }),
        dealer: fc.constantFrom("p", "q", "nobody"),
        placedAt: day,
        status: fc.constantFrom("placed", "paid", "fulfilled", "paid", "cancelled", "returned"),
        region: fc.constantFrom("home", "home", "abroad"),
        lines: fc.array(line, { minLength: 1, maxLength: 3 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant("return" as const),
        order: fc.nat(5),
        quantity: fc.integer({ min: 1, max: 4 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("clear" as const), order: fc.nat(5) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("wait" as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("close" as const),
        key: fc.constantFrom(...Object.keys(terms)),
      }),
    },
  );
  type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;
  let run = 0;

  async function send(one: Command): Promise<void> {
    if (one.kind === "wait") return counted();
    if (one.kind === "close") {
      for (const period of ["2026-10", "2026-11", "2026-12", "adjustments-1", "adjustments-2"]) {
        const { status } = await api.rest("POST", `/v1/rebate-agreements/${one.key}/periods/${period}/close`);
        expect(status).toBeLessThan(500);
        if (status === 200) return;
      }
      return;
    }
    const id = `R-${run}-${one.order}`;
    if (one.kind === "clear") {
      await api.rest("POST", `/v1/territory-flags/${id}/clear`, { body: { reason: "fine" } });
    } else if (one.kind === "return") {
      await api.rest("POST", `/v1/orders/${id}/returns`, {
        body: { lines: [{ id: "1", quantity: one.quantity }] },
      });
    } else {
      const lines = one.lines.map((goods, i) => ({ ...goods, id: String(i + 1) }));
      const more = { status: one.status, shipTo: { region: one.region } };
      // Sent twice at once: the second is a replay, or late.
      await Promise.all([1, 2].map(() => put(id, one.version, one.dealer, one.placedAt, lines, more)));
    }
  }

  /** Random orders may all earn nothing. These earn: before and after a return, a late version, a flag and a period that is closed. */
  type Put = Extract<Command, { kind: "put" }>;
  const order = (number: number, version: number, more: Partial<Put> = {}): Put => ({
    kind: "put",
    order: number,
    version,
    dealer: "p",
    placedAt: "2026-10-01T00:00:00Z",
    status: "paid",
    region: "home",
    lines: [{ sku: "TEA", quantity: 9, unitPrice: 1_000, discount: 1 }],
    ...more,
  });
  const earning: Command[] = [
    order(0, 1),
    order(1, 2, { region: "abroad" }),
    order(2, 1, { placedAt: "2025-10-15T00:00:00Z" }),
    { kind: "wait" },
    { kind: "return", order: 0, quantity: 1 },
    { kind: "close", key: "whole" },
    { kind: "close", key: "more" },
    { kind: "clear", order: 1 },
    order(1, 1, { status: "cancelled" }),
    order(3, 1, { dealer: "q" }),
    order(3, 2, { status: "cancelled" }),
    order(2, 2, { status: "cancelled" }),
  ];

  const sumsFrom = new Map<string, { amount: number; quantity: number }>();
  await fc.assert(
    fc.asyncProperty(
      fc.array(command, { minLength: 8, maxLength: process.env.LONG === "1" ? 40 : 16 }),
      async (commands) => {
        run += 1;
        for (const one of commands) await send(one);
        await counted();
        sumsFrom.clear();
        for (const [name, sums] of await fromRawOrders()) sumsFrom.set(name, sums);
        expect(await booked()).toEqual(earned(sumsFrom));
        await expectBooksToBalance(database);
      },
    ),
    // The orders of earlier runs stay: smaller runs after one that failed would fail too, and say nothing.
    { numRuns: process.env.LONG === "1" ? 60 : 3, examples: [[earning]], endOnFailure: true },
  );
  // It has seen orders that earn.
  expect(Object.values(earned(sumsFrom)).some((reward) => reward !== 0)).toBe(true);

  /** By agreement, month and dealer: from the orders as they are stored, without anything that the service made of them. */
  async function fromRawOrders(): Promise<Map<string, { amount: number; quantity: number }>> {
    const { rows } = await database.pool.query(
      `select o.external_id, o.dealer, o.status, o.document, o.returned, to_char(o.placed_at at time zone 'Asia/Shanghai', 'YYYY-MM') as month,
              exists (select from territory_flags f where f.project_id = o.project_id and f.external_id = o.external_id and f.cleared_at is null) as flagged
         from orders o where o.project_id = $1 and o.dealer in ('p', 'q')`,
      [api.project.id],
    );
    const sums = new Map<string, { amount: number; quantity: number }>();
    for (const { dealer, status, document, returned, month, flagged } of rows) {
      if (flagged || !["paid", "fulfilled"].includes(status)) continue;
      for (const [key, { means }] of Object.entries(terms)) {
        const name = `${key} ${month} ${dealer}`;
        const sum = sums.get(name) ?? { amount: 0, quantity: 0 };
        for (const { id, sku, quantity, unitPrice, discount } of document.lines as (Line & {
          discount: number;
        })[]) {
          if (!means(sku)) continue;
          const back =
            (returned as { id: string; quantity: number }[]).find((one) => one.id === id)?.quantity ?? 0;
          const units = Math.min(back, quantity);
          const paid = quantity * unitPrice - discount;
          // Each of the earlier units has one of the cents that do not divide.
          const refund = Math.floor(paid / quantity) * units + Math.min(units, paid % quantity);
          sum.amount += paid - refund;
          sum.quantity += quantity - units;
        }
        sums.set(name, sum);
      }
    }
    return sums;
  }

  function earned(sums: Map<string, { amount: number; quantity: number }>): Record<string, number> {
    const rewards: Record<string, number> = {};
    const none = { amount: 0, quantity: 0 };
    for (const [key, { document }] of Object.entries(terms))
      for (const month of ["10", "11", "12"])
        for (const dealer of ["p", "q"]) {
          const total = sums.get(`${key} 2026-${month} ${dealer}`) ?? none;
          const before = sums.get(`${key} 2025-${month} ${dealer}`) ?? none;
          const reward = sumOf(rebateLines(document, { total, before, launches: [] }));
          if (reward !== 0) rewards[`${key} 2026-${month} ${dealer}`] = reward;
        }
    return rewards;
  }

  async function booked(): Promise<Record<string, number>> {
    const { rows } = await database.pool.query(
      `select concat_ws(' ', agreement, of_period, dealer) as name,
              sum(case when to_account = 'accrued' then amount else -amount end)::int as reward
         from rebate_entries where project_id = $1 and cause in ('accrue', 'adjust') and dealer in ('p', 'q')
        group by 1 having sum(case when to_account = 'accrued' then amount else -amount end) <> 0`,
      [api.project.id],
    );
    return Object.fromEntries(rows.map(({ name, reward }) => [name, reward]));
  }
}, 120_000);

/** A campaign in parts: by channel, segment and SKU nothing is lost and nothing is counted twice. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { patience } from "../../faults/sizes.ts";
import { type Api, startApi, testClock } from "../api.ts";
import { activePromotion, redeem } from "../redemptions/redemption-fixture.ts";

const day = 86_400_000;
let database: TestDatabase;
let api: Api;

// biome-ignore lint/suspicious/noExplicitAny: answers of every shape.
type Answer = any;
async function send(method: "GET" | "POST" | "PUT", url: string, body?: unknown): Promise<Answer> {
  const answer = await api.rest(method, url, { body });
  expect(answer.status, `${url} ${answer.text}`).toBeLessThan(300);
  return answer.body;
}
const breakdown = (by: string, more = "") => send("GET", `/v1/campaigns/parts/breakdown?by=${by}${more}`);
const board = () => send("GET", "/v1/campaigns/parts/live");
const at = (days: number) => new Date(api.clock.now() + days * day).toISOString();
const rowOf = ({ rows }: Answer, name: string | null) => rows.find((row: Answer) => row.name === name);

const additive = ["revenue", "discountCost", "giftCost", "uncostedGifts", "enteredCost", "cost"] as const;
function addsUp({ rows, others, whole }: Answer, names: readonly string[]): void {
  for (const name of names) {
    const parts = [...rows, ...(others === null ? [] : [others])].map((row: Answer) => row[name]);
    expect([name, parts.reduce((sum, part) => sum + part, 0)]).toEqual([name, whole[name]]);
  }
}

const lines = (tea: number, mug: number) => [
  ...(tea > 0 ? [{ id: "t", sku: "TEA", quantity: tea, unitPrice: 3_333, unitCost: 1_000 }] : []),
  ...(mug > 0 ? [{ id: "m", sku: "MUG", quantity: mug, unitPrice: 777 }] : []),
];

beforeAll(async () => {
  database = await freshDatabase();
  // Redemptions are made by the database's clock.
  api = await startApi(database, { clock: testClock(Date.now()) });
  await send("POST", "/v1/campaigns", {
    key: "parts",
    name: "Parts",
    startsAt: at(-10),
    endsAt: at(10),
    budget: { currency: "CNY", amount: 1_000_000 },
  });
  await activePromotion(api, "parts-order", {
    campaign: "parts",
    benefits: [
      { kind: "percent_off", target: "order", percent: 7 },
      { kind: "percent_off", target: "shipping", percent: 50 },
    ],
  });
  await activePromotion(api, "parts-gift", {
    campaign: "parts",
    conditions: { kind: "quantity", atLeast: 3 },
    benefits: [
      { kind: "gift", sku: "TOTE", unitCost: { CNY: 901 }, value: { CNY: 5_000 } },
      { kind: "gift", sku: "CARD", value: { CNY: 10 } },
      { kind: "service", name: "engraving", unitCost: { CNY: 55 } },
    ],
  });
  const buyers = [
    ["anna", "web", 2, 1],
    ["bob", "web", 1, 0],
    ["carl", "app", 3, 2],
    ["dora", "app", 0, 4],
    [null, null, 1, 2],
    ["erik", null, 0, 1],
  ] as const;
  for (const [number, [id, channel, tea, mug]] of buyers.entries()) {
    const answer = await redeem(api, {
      currency: "CNY",
      ...(channel !== null && { channel }),
      ...(id !== null && { customer: { id } }),
      lines: lines(tea, mug),
      shipping: [{ id: "s", amount: 1_201 }],
      orderRef: `part-${number}`,
      mode: "commit",
    });
    expect(answer.status, answer.text).toBe(201);
    if (id === "carl")
      await send("POST", `/v1/redemptions/${answer.body.id}/returns`, {
        lines: [{ id: "t", quantity: 1 }],
      });
  }
  for (const [id, channel, amount] of [
    ["ads", "web", 1_001],
    ["tv", undefined, 10_003],
    ["credit", undefined, -500],
    ["radio", "radio", 77],
  ] as const)
    await send("POST", "/v1/campaigns/parts/costs", {
      id,
      ...(channel !== undefined && { channel }),
      element: "advertising",
      amount,
      currency: "CNY",
      at: at(0),
    });
  for (const [key, members] of [
    ["new", ["anna", "dora"]],
    ["loyal", ["bob", "carl"]],
  ] as const) {
    await send("POST", "/v1/segments", { key, name: key });
    await send("POST", `/v1/segments/${key}/members`, { add: members });
  }
  await vi.waitFor(
    async () => {
      const { figures } = await board();
      expect([figures.orders, figures.refunded > 0]).toEqual([6, true]);
    },
    { timeout: patience, interval: 50 },
  );
});
afterAll(async () => {
  await api.close();
  await database.close();
});

test("rows add up to the whole, which is the board's, to the cent", async () => {
  const { figures } = await board();
  for (const by of ["channel", "segment", "sku"]) {
    const answer = await breakdown(by);
    expect(answer.inSeveral).toBe(0);
    addsUp(answer, [...additive, ...(by === "sku" ? [] : ["orders", "units", "newCustomers"])]);
    expect(answer.whole).toMatchObject({
      orders: figures.orders,
      revenue: figures.gmv,
      discountCost: figures.discountCost,
      giftCost: figures.giftCost,
      enteredCost: figures.otherCosts,
      cost: figures.cost,
      roi: figures.roi,
      margin: figures.margin,
    });
    expect(answer.cautions.map(({ code }: Answer) => code)).toContain("gifts_not_in_cost");
  }
});

test("discounts, revenue and costs of a SKU are those of its lines as they were redeemed, less what came back", async () => {
  const { rows } = await database.pool.query(
    `select request -> 'lines' as asked, quote -> 'lines' as lines, quote -> 'rewards' as rewards,
            coalesce(returned -> 'lines', '{}') as back, coalesce(returned -> 'gifts', '{}') as gifts_back from redemptions`,
  );
  const skus: Record<string, { units: number; revenue: number; discountCost: number; goods: number }> = {};
  const given: Record<string, number> = {};
  for (const sale of rows as Answer[]) {
    for (const line of sale.lines) {
      const { sku, quantity } = sale.asked.find(({ id }: Answer) => id === line.id);
      const amount = line.adjustments.reduce((sum: number, adjustment: Answer) => sum + adjustment.amount, 0);
      const back = sale.back[line.id] ?? 0;
      // The first units have the cents that do not divide.
      const ofBack = (total: number) =>
        Math.floor(total / quantity) * back + Math.min(back, total % quantity);
      const sums = skus[sku] ?? { units: 0, revenue: 0, discountCost: 0, goods: 0 };
      skus[sku] = sums;
      sums.units += quantity - back;
      sums.revenue += line.total - ofBack(line.total);
      sums.discountCost += amount - ofBack(amount);
      sums.goods += sku === "TEA" ? (quantity - back) * 1_000 : 0;
    }
    for (const { kind, sku, name, quantity, promotion, benefit } of sale.rewards)
      if (kind !== "points")
        given[sku ?? name] =
          (given[sku ?? name] ?? 0) + quantity - (sale.gifts_back[`${promotion}/${benefit}`] ?? 0);
  }
  const answer = await breakdown("sku");
  for (const [sku, { goods, ...sums }] of Object.entries(skus)) {
    const row = rowOf(answer, sku);
    expect(row).toMatchObject({ ...sums, giftCost: 0, newCustomers: null });
    expect(row.roi).toBeCloseTo((row.revenue - row.cost) / row.cost, 3);
    expect(row.margin.knownShare).toBe(sku === "TEA" ? 1 : 0);
    expect(row.margin.amount).toBe(sku === "TEA" ? sums.revenue - goods : null);
  }
  expect(given).toMatchObject({ TOTE: 4, CARD: 4, engraving: 4 });
  expect(rowOf(answer, "TOTE")).toMatchObject({ gifts: 4, giftCost: 4 * 901, uncostedGifts: 0, revenue: 0 });
  expect(rowOf(answer, "CARD")).toMatchObject({ gifts: 4, giftCost: 0, uncostedGifts: 4 });
  // Services and shipping belong to no SKU.
  const rest = rowOf(answer, null);
  expect(rest).toMatchObject({ orders: 0, giftCost: 4 * 55, uncostedGifts: 0 });
  const { figures, uncostedSkus } = await board();
  const ofSkus = Object.values(skus).reduce((sum, { revenue }) => sum + revenue, 0);
  expect(rest.revenue).toBe(figures.gmv - ofSkus);
  expect(uncostedSkus).toEqual(["CARD"]);
  expect(figures.cost).toBe(figures.discountCost + 4 * (901 + 55) + 10_581);
});

test("a channel has the costs that name it, though it sold nothing; others are shared out by revenue", async () => {
  const answer = await breakdown("channel");
  expect(rowOf(answer, "radio")).toMatchObject({ orders: 0, enteredCost: 77, roi: -1 });
  const shares = answer.rows.map(({ name, enteredCost }: Answer) => {
    const own = name === "web" ? 1_001 : name === "radio" ? 77 : 0;
    return enteredCost - own;
  });
  const exact = answer.rows.map(({ revenue }: Answer) => (9_503 * revenue) / answer.whole.revenue);
  for (const [place, share] of shares.entries()) expect(Math.abs(share - exact[place])).toBeLessThan(1);
});

test("beyond the limit the rest is together, and still adds up", async () => {
  const answer = await breakdown("sku", "&limit=1");
  expect(answer.rows.map(({ name }: Answer) => name)).toEqual(["TEA", null]);
  expect(answer.others.units).toBe(10);
  addsUp(answer, additive);
});

test("who is in several segments is in the row of each, and it is said how much that is", async () => {
  await send("POST", "/v1/segments", { key: "tea-lovers", name: "Tea" });
  await send("POST", "/v1/segments/tea-lovers/members", { add: ["carl", "anna", "erik"] });
  const answer = await breakdown("segment");
  expect(answer.inSeveral).toBe(2);
  expect(answer.cautions.map(({ code }: Answer) => code)).toContain("segments_overlap");
  const [loyal, fresh, tea, nobody] = ["loyal", "new", "tea-lovers", null].map((name) => rowOf(answer, name));
  expect([loyal.orders, fresh.orders, tea.orders, nobody.orders]).toEqual([2, 2, 3, 1]);
  // Erik is in no other.
  const parts = await breakdown("segment", "&limit=2");
  expect(parts.rows.map(({ name }: Answer) => name)).toEqual(["tea-lovers", "loyal", null]);
  expect(parts.others).toMatchObject({ orders: 1, units: 4 });
  expect(answer.whole).toEqual(parts.whole);
});

/**
 * The figures that are kept step by step are those that follow from redemptions, orders and tracked events as they stand: worked
 * out here by brute force, and by the rebuild, after random histories of returns, cancellations, late and repeated messages.
 */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { rebuildCampaignKpis } from "../../../src/features/campaigns/campaign-kpi-service.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { patience, sized } from "../../faults/sizes.ts";
import { type Api, startApi, testClock } from "../api.ts";
import { putOrder } from "../orders-fixture.ts";
import { activePromotion } from "../redemptions/redemption-fixture.ts";
import { figures, modelFigures, skuFigures } from "./campaign-kpi-model.ts";

const minute = 60_000;
const day = 1_440 * minute;
let database: TestDatabase;
let api: Api;
let moving: string;
const five = [
  { kind: "percent_off", target: "item", percent: 5 },
  { kind: "gift", sku: "TOTE", value: { CNY: 700 } },
];
/** What the gift costs is known while it is in the spring campaign. */
const movingOf = (campaign?: string) => ({
  key: "moving",
  trigger: { type: "code", code: "FIVE" },
  stacking: { exclusive: false, group: "five" },
  benefits: campaign === "spring" ? [five[0], { ...five[1], unitCost: { CNY: 250 } }] : five,
  ...(campaign !== undefined && { campaign }),
});
beforeAll(async () => {
  database = await freshDatabase();
  // Redemptions are made by the database's clock.
  api = await startApi(database, { clock: testClock(Date.now()) });
  await activePromotion(api, "ten", {
    campaign: "spring",
    trigger: { type: "code", code: "TEN" },
    stacking: { exclusive: false, group: "ten" },
    benefits: [{ kind: "percent_off", target: "item", percent: 10 }],
  });
  moving = await activePromotion(api, "moving", movingOf("spring"));
  await activePromotion(api, "app", {
    campaign: "other",
    stacking: { exclusive: false, group: "app" },
    conditions: { kind: "channel", in: ["app"] },
    benefits: [{ kind: "percent_off", target: "item", percent: 20 }, five[1]],
  });
});
afterAll(async () => {
  await api.close();
  await database.close();
});

async function isNumbered(): Promise<void> {
  const isWaiting = async () => {
    const { rows } = await database.pool.query(
      "select exists (select from outbox_events where position is null) as some",
    );
    return rows[0].some;
  };
  await expect.poll(isWaiting, { timeout: patience, interval: 30 }).toBe(false);
}

async function kept(): Promise<Awaited<ReturnType<typeof modelFigures>>> {
  const { rows } = await database.pool.query("select * from campaign_kpis where orders > 0");
  const skus = await database.pool.query("select * from campaign_sku_kpis");
  const numbers = (row: Record<string, unknown>, names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [name, Number(row[name])]));
  return {
    sums: Object.fromEntries(
      rows.map((row) => [
        [row.campaign, row.promotion, row.quarter.toISOString(), row.channel].join(" | "),
        numbers(row, figures),
      ]),
    ),
    skus: Object.fromEntries(
      skus.rows
        .map((row) => [`${row.campaign} | ${row.sku}`, numbers(row, skuFigures)] as const)
        .filter(([, row]) => skuFigures.some((name) => row[name] !== 0)),
    ),
  };
}

async function countedEvents(): Promise<unknown[]> {
  const { rows } = await database.pool.query(`
    select campaign, type, channel, quarter, sum(events)::int as events from campaign_event_counts
     group by 1, 2, 3, 4 order by 1, 2, 3, 4`);
  return rows;
}

async function toldEvents(): Promise<unknown[]> {
  const { rows } = await database.pool.query(`
    select campaign, type, coalesce(channel, '') as channel, to_timestamp(floor(extract(epoch from occurred_at) / 900) * 900) as quarter,
           count(*)::int as events
      from tracked_events where campaign is not null group by 1, 2, 3, 4 order by 1, 2, 3, 4`);
  return rows;
}

const pick = <Item>(items: readonly Item[], at: number): Item | undefined =>
  items[at % Math.max(1, items.length)];
const channels = ["web", "app", undefined];
const statuses = ["placed", "paid", "fulfilled", "cancelled", "returned"];
const step = fc.record({
  kind: fc.constantFrom(
    ...[
      "redeem",
      "redeem",
      "redeem",
      "commit",
      "cancel",
      "return",
      "linked",
      "linked",
      "loose",
      "plain",
      "plain",
    ],
    ...["order_return", "move_promotion", "track", "wait", "wait"],
  ),
  a: fc.nat(1_000),
  b: fc.nat(1_000),
  c: fc.nat(1_000),
});
type Step = { kind: string; a: number; b: number; c: number };
const act = (kind: string, a = 0, b = 0, c = 0): Step => ({ kind, a, b, c });
/** Whatever chance brings, this happens as well. */
const certain: Step[] = [
  act("plain", 0, 0, 11), // carl ordered 100 days ago,
  act("redeem", 3, 1, 1), // so he is not new,
  act("plain", 1, 0, 26), // as did bob
  act("redeem", 2, 1, 3), // who is won back
  act("redeem", 1, 0, 1),
  act("plain", 0, 1, 21), // until carl's order turns out to be anna's
  act("linked", 2, 0, 4), // and hers is returned.
  act("return", 1, 1, 1),
];

interface History {
  readonly round: number;
  readonly redemptions: { id: string; ref: string; customer: string | undefined; quantity: number }[];
  readonly orders: string[];
  steps: number;
}

/** Plays on through the API; whatever it refuses is no part of the history. */
async function play(steps: readonly Step[], history: History) {
  const { round, redemptions, orders } = history;
  const customers = [undefined, "anna", "bob", "carl"].map((name) => name && `${name}-${round}`);
  const send = (method: "POST" | "PUT", path: string, body?: unknown, headers = {}) =>
    api.rest(method, path, { headers, ...(body !== undefined && { body }) });
  const push = async (id: string, fields: object) => {
    orders.push(id);
    await putOrder(api, id, { store: "s", dealer: "d", shipping: 0, ...fields });
  };
  for (const { kind, a, b, c } of steps) {
    history.steps += 1;
    const number = history.steps;
    const sale = pick(redemptions, a);
    const at = new Date(api.clock.now() - (c % 3) * 50 * day).toISOString();
    const lines = (quantity: number, unitCost?: number) => [
      { id: "1", sku: "MUG", quantity, unitPrice: 2_000, ...(unitCost !== undefined && { unitCost }) },
    ];
    const version = (b % 7) + 1;
    if (kind === "redeem") {
      const customer = pick(customers, a);
      const quantity = 1 + (c % 4);
      const { status, body } = await send("POST", "/v1/redemptions", {
        currency: "CNY",
        ...(channels[b % 3] !== undefined && { channel: channels[b % 3] }),
        ...(customer !== undefined && { customer: { id: customer } }),
        lines: [
          ...lines(quantity, a % 2 ? 900 : undefined),
          { id: "2", sku: "TEA", quantity: 1, unitPrice: 600 },
        ],
        codes: [["TEN"], ["FIVE"], ["TEN", "FIVE"], []][(a + c) % 4],
        orderRef: `r-${round}-${number}`,
        mode: c % 5 === 0 ? "reserve" : "commit",
      });
      if (status === 201) redemptions.push({ id: body.id, ref: `r-${round}-${number}`, customer, quantity });
    } else if (kind === "wait") api.clock.advance([minute, 20 * minute, day, 95 * day][a % 4]!);
    else if (kind === "plain")
      await push(`p-${round}-${a % 3}`, {
        version,
        status: statuses[c % 5],
        customer: pick(customers, c),
        placedAt: at,
        lines: lines(1),
        total: 2_000,
      });
    else if (kind === "track") {
      const event = {
        specversion: "1.0",
        id: `e-${round}-${a % 5}`,
        source: "/web",
        type: b % 2 ? "view" : "click",
        time: at,
        data: { campaign: a % 3 ? "spring" : "other", channel: channels[a % 3], customer: customers[b % 4] },
      };
      await Promise.all([
        send("POST", "/v1/events", event),
        send("POST", "/v1/events/batch", { events: [event, event] }),
      ]);
    } else if (kind === "move_promotion")
      await send("PUT", `/v1/promotions/${moving}`, movingOf(["spring", "other", undefined][a % 3]), {
        "if-match": "*",
      });
    else if (kind === "order_return" && orders.length > 0)
      await send("POST", `/v1/orders/${pick(orders, a)}/returns`, {
        lines: [{ id: b % 2 ? "1" : "gift", quantity: 1 }],
      });
    else if (sale === undefined) continue;
    else if (kind === "commit" || kind === "cancel") await send("POST", `/v1/redemptions/${sale.id}/${kind}`);
    else if (kind === "return")
      await send("POST", `/v1/redemptions/${sale.id}/returns`, {
        lines: [{ id: b % 3 ? "1" : "2", quantity: 1 }],
        ...(c % 2 && { gifts: [{ sku: "TOTE", quantity: 1 }] }),
      });
    else {
      const isLinked = kind === "linked";
      await push(isLinked ? `o-${round}-${redemptions.indexOf(sale)}` : sale.ref, {
        version,
        status: statuses[c % 5],
        customer: pick([sale.customer, undefined, ...(sale.customer === undefined ? [customers[1]] : [])], b),
        channel: channels[a % 3],
        placedAt: at,
        lines: [
          ...lines(sale.quantity, b % 2 ? 800 : undefined),
          { id: "2", sku: "TEA", quantity: 1, unitPrice: 600 },
          ...(a % 3
            ? [{ id: "gift", sku: "TOTE", quantity: a % 3, unitPrice: 0, ...(a % 4 && { unitCost: 300 }) }]
            : []),
        ],
        total: sale.quantity * 2_000 + 600,
        ...(isLinked && { redemption: sale.id }),
      });
    }
  }
}

test(
  "whatever happens, the figures are those of the facts, and a rebuild changes none of them",
  async () => {
    let round = 0;
    const seen = { sales: 0, newCustomers: 0, winBacks: 0, returned: 0, refunded: 0, gifts: 0, uncosted: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 32, maxLength: 32, size: "max" }), async (steps) => {
        round += 1;
        const history: History = { round, redemptions: [], orders: [], steps: 0 };
        for (const some of [certain, steps.slice(0, 16), steps.slice(16)]) {
          await play(some, history);
          await isNumbered();
          const now = await kept();
          expect(now).toEqual(await modelFigures(database));
          for (const row of Object.values(now.sums)) {
            seen.sales += row.orders!;
            seen.newCustomers += row.new_customers!;
            seen.winBacks += row.win_backs!;
            seen.returned += row.returned_orders!;
            seen.refunded += row.refunded!;
            seen.gifts += row.gift_cost!;
            seen.uncosted += row.uncosted_gifts!;
          }
          expect(await countedEvents()).toEqual(await toldEvents());
        }
        const [before, events] = [await kept(), await countedEvents()];
        await rebuildCampaignKpis(database, api.project.id);
        expect(await kept()).toEqual(before);
        expect(await countedEvents()).toEqual(events);
      }),
      { numRuns: sized(2, 60), endOnFailure: true },
    );
    expect(
      Object.values(seen).filter((amount) => amount === 0),
      JSON.stringify(seen),
    ).toEqual([]);
  },
  patience,
);

test("events whose time is up are gone, and their campaigns keep their figures through a rebuild", async () => {
  const tell = (id: string, time: string) =>
    api.rest("POST", "/v1/events", {
      body: { specversion: "1.0", id, source: "/old", type: "view", time, data: { campaign: "spring" } },
    });
  expect((await tell("gone", "2019-05-01T00:00:00Z")).status).toBe(200);
  expect((await tell("kept", "2020-05-01T00:00:00Z")).status).toBe(200);
  const before = await countedEvents();
  await database.pool.query("delete from tracked_events where id = 'gone'");
  // What is wrong in the time that is kept is mended all the same.
  await database.pool.query("delete from campaign_event_counts where quarter = '2020-05-01'");
  await rebuildCampaignKpis(database, api.project.id);
  expect(await countedEvents()).toEqual(before);
});

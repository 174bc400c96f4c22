/**
 * S1, new-product launch [新品预热]: a price for early birds that falls away after so many units; posters of members that bring
 * friends, both rewarded, the first ones with a gift; whoever signs up is tagged; a funnel by channel that is read while it runs.
 * Everything is sent twice, by many at once, and a server is killed in the middle.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectBooksToBalance } from "../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { inParallel } from "../faults/http-client.ts";
import { type RunningServer, startServer } from "../faults/running-servers.ts";
import { patience, sized } from "../faults/sizes.ts";
import { openShopFloor, type ShopFloor } from "./shop-floor.ts";

/** As many come by WeChat as by Moments; of each half only looks. */
const friends = sized(6, 300);
const earlyBirds = friends - 4;
const gifts = 4;
const channels = ["wechat", "moments"] as const;
const list = 58_000;
const early = 49_900;

let database: TestDatabase;
const servers: RunningServer[] = [];
let shop: ShopFloor;
const start = () => startServer({ connectionString: database.connectionString });

beforeAll(async () => {
  database = await freshDatabase();
  servers.push(...(await Promise.all([start(), start()])));
  shop = await openShopFloor(database, () => servers.map((server) => (server.isRunning() ? server.url : "")));
  await shop.pool("welcome", friends);
}, patience);
afterAll(async () => {
  shop.close();
  await expectBooksToBalance(database);
  await Promise.all(servers.map((server) => server.kill()));
  await database.close();
}, patience);

const cart = { currency: "CNY", lines: [{ id: "1", sku: "SET", quantity: 1, unitPrice: list }] };
const channelOf = (index: number) => channels[index % 2]!;

test("early birds, posters, both sides rewarded once, first gifts exact, to the cent and through a kill -9", {
  timeout: patience,
}, async () => {
  const day = 86_400_000;
  const [startsAt, endsAt] = [-day, day].map((offset) => new Date(Date.now() + offset).toISOString());
  await shop.promotion({
    key: "early-bird",
    schedule: { startsAt, endsAt },
    benefits: [{ kind: "fixed_price", select: { skus: ["SET"] }, price: { CNY: early } }],
    limits: { stock: [{ sku: "SET", units: earlyBirds }] },
  });
  const automation = await shop.get("marketing", "POST", "/v1/automations", {
    key: "tag-launch",
    trigger: { kind: "event", type: "sign_up", match: { campaign: "launch" } },
    actions: [{ kind: "add_tag", tag: "launch" }],
  });
  await shop.get("marketing", "POST", `/v1/automations/${automation.id}/activate`);
  const headers = { "if-match": "*" };
  await shop.get(
    "marketing",
    "PUT",
    "/v1/referral-programmes/launch",
    {
      referrer: { kind: "points", points: 300 },
      friend: { kind: "coupon", pool: "welcome", validFor: "P30D" },
      gift: { sku: "TOTE-BAG", stock: gifts, to: "friend" },
      minAmount: { CNY: early },
      holdDays: 0,
      link: "https://shop.example/?ref={code}",
    },
    headers,
  );
  await shop.untilKnown("/v1/evaluations", cart, ({ total }) => total === early);
  const join = async (customer: string): Promise<string> =>
    (await shop.get("checkout", "POST", "/v1/referral-programmes/launch/members", { customer })).code;
  const codes = [await join("member-0"), await join("member-1")];

  let nextEvent = 0;
  const event = (type: string, channel: string, data: object) => {
    nextEvent += 1;
    const time = new Date().toISOString();
    const told = { ...data, channel, campaign: "launch" };
    return { specversion: "1.0", id: `e-${nextEvent}`, source: "/poster", type, time, data: told };
  };
  /** Sent twice, as whoever got no answer does. */
  const twice = (role: "checkout" | "erp", method: string, path: string, body: object) =>
    Promise.all([shop.get(role, method, path, body), shop.get(role, method, path, body)]);

  let bought = 0;
  let killing: Promise<void> | null = null;
  const totals = new Map<number, number>();
  const visitors = 2 * friends;
  await inParallel(visitors, 16, async (index) => {
    const channel = channelOf(index);
    const visitor = `v-${index}`;
    const view = event("view", channel, { visitor });
    if (index >= friends) {
      await twice("checkout", "POST", "/v1/events", view);
      return;
    }
    const customer = `friend-${index}`;
    const referrer = codes[index % 2];
    const steps = [view, event("sign_up", channel, { visitor, customer, referrer })];
    if (index % 3 === 0) steps.push(event("share", channel, { customer }));
    await twice("checkout", "POST", "/v1/events/batch", { events: steps });
    const orderRef = `launch-${index}`;
    const [one, other] = await twice("checkout", "POST", "/v1/redemptions", {
      ...cart,
      customer: { id: customer },
      channel,
      orderRef,
    });
    expect(one.id).toBe(other.id);
    const { total } = one.quote;
    totals.set(total, (totals.get(total) ?? 0) + 1);
    await twice("erp", "PUT", `/v1/orders/${orderRef}`, {
      version: 1,
      status: "paid",
      currency: "CNY",
      placedAt: new Date().toISOString(),
      customer,
      channel,
      lines: cart.lines,
      total,
      redemption: one.id,
    });
    bought += 1;
    if (bought === Math.floor(friends / 3)) {
      killing = (async () => {
        await servers[0]!.kill();
        // While it runs, and a server is down.
        const { steps: so } = await shop.get(
          "viewer",
          "GET",
          "/v1/funnel?campaign=launch&steps=view&steps=order",
        );
        expect(so[1].people).toBeGreaterThanOrEqual(Math.floor(friends / 3));
        servers[0] = await start();
      })();
    }
  });
  await killing;
  // The first ones pay the price of early birds, whoever came at the same time; all others the list price.
  expect(Object.fromEntries(totals)).toEqual({ [early]: earlyBirds, [list]: friends - earlyBirds });

  const results = () => shop.get("viewer", "GET", "/v1/referral-programmes/launch/results");
  const rewarded = channels
    .toSorted()
    .map((channel) => ({ state: "rewarded", reason: null, channel, count: friends / 2 }));
  await expect
    .poll(results, { timeout: patience, interval: 100 })
    .toEqual({ members: 2, referrals: rewarded, giftsLeft: 0 });
  const prizes = async (state: string) => {
    const found: { source: string; customer: string; prize: { kind: string } }[] = [];
    let after = "";
    do {
      const page = await shop.get(
        "viewer",
        "GET",
        `/v1/prizes?source=referral&state=${state}&limit=200${after}`,
      );
      found.push(...page.items);
      after = page.nextCursor === null ? "" : `&after=${page.nextCursor}`;
    } while (after !== "");
    return found;
  };
  const granted = await prizes("granted");
  const ofKind = (kind: string) => granted.filter(({ prize }) => prize.kind === kind);
  expect([ofKind("coupon").length, ofKind("gift").length, ofKind("points").length]).toEqual([
    friends,
    gifts,
    friends,
  ]);
  expect(new Set(ofKind("coupon").map(({ customer }) => customer)).size).toBe(friends);
  for (const member of ["member-0", "member-1"]) {
    const { available } = await shop.get("checkout", "GET", `/v1/customers/${member}/points`);
    expect(available).toBe((friends / 2) * 300);
  }
  const { rows } = await database.pool.query(
    "select count(*)::int as owned, count(distinct customer_id)::int as owners from coupons where project_id = $1 and customer_id is not null",
    [shop.projectId],
  );
  expect(rows).toEqual([{ owned: friends, owners: friends }]);

  // Each channel by itself: views, sign-ups, shares of those who signed up, orders of all who did.
  const funnelOf = async (steps: string[]) => {
    const asked = steps.map((step) => `steps=${step}`).join("&");
    const funnel = await shop.get("viewer", "GET", `/v1/funnel?campaign=launch&${asked}`);
    const people = (of: { steps: { people: number }[] }) => of.steps.map((step) => step.people);
    const ofChannels = (funnel.channels as { channel: string; steps: { people: number }[] }[]).map(
      (of) => [of.channel, people(of)] as const,
    );
    return { all: people(funnel), ...Object.fromEntries(ofChannels) };
  };
  const half = friends / 2;
  expect(await funnelOf(["view", "sign_up", "order"])).toEqual({
    all: [visitors, friends, friends],
    wechat: [visitors / 2, half, half],
    moments: [visitors / 2, half, half],
  });
  expect((await funnelOf(["view", "sign_up", "share", "order"])).all).toEqual([
    visitors,
    friends,
    friends / 3,
    friends / 3,
  ]);
  const isTagged = async () =>
    (await shop.get("viewer", "GET", `/v1/customers?tag=launch&limit=200`)).items.length;
  await expect.poll(isTagged, { timeout: patience, interval: 100 }).toBe(Math.min(friends, 200));
});

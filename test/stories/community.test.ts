/**
 * S6, private-community operation [私域]: a flash sale limited in time and stock, check-ins with streaks, a points challenge, a
 * lucky draw for points, and offers that differ by tag. Everything is sent twice, and a server is killed in the middle.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectBooksToBalance } from "../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { inParallel } from "../faults/http-client.ts";
import { type RunningServer, startServer } from "../faults/running-servers.ts";
import { patience, sized } from "../faults/sizes.ts";
import { openShopFloor, type ShopFloor } from "./shop-floor.ts";

const members = sized(6, 200);
const day = 86_400_000;
const idOf = (index: number) => `fan-${index}`;

let database: TestDatabase;
const servers: RunningServer[] = [];
let shop: ShopFloor;
const start = () => startServer({ connectionString: database.connectionString });

beforeAll(async () => {
  database = await freshDatabase();
  servers.push(...(await Promise.all([start(), start()])));
  shop = await openShopFloor(database, () => servers.map((server) => (server.isRunning() ? server.url : "")));
}, patience);
afterAll(async () => {
  shop.close();
  await expectBooksToBalance(database);
  await Promise.all(servers.map((server) => server.kill()));
  await database.close();
}, patience);

const ago = (days: number) => new Date(Date.now() - days * day).toISOString();
const asNew = { "if-match": "*" };
const points = (amount: number) => ({ kind: "points", points: amount });
const pointsOf = async (customer: string): Promise<number> =>
  (await shop.get("checkout", "GET", `/v1/customers/${customer}/points`)).available;

describe("offers by tag", { timeout: patience }, () => {
  test("active fans, high-value members and those who have not bought lately each see their own price, to the cent", async () => {
    const offers = { "active-fan": 10, "high-value": 25, "not-lately": 15 };
    for (const [tag, percent] of Object.entries(offers)) {
      await shop.promotion({
        key: `for-${tag}`,
        visibility: "private",
        conditions: { kind: "customer_tag", in: [tag] },
        benefits: [{ kind: "percent_off", percent }],
      });
      await shop.get("erp", "PUT", `/v1/customers/${tag}`, { tags: [tag] });
    }
    const cartOf = (id: string) => ({
      currency: "CNY",
      customer: { id },
      lines: [{ id: "1", sku: "SERUM", quantity: 3, unitPrice: 3_333 }],
    });
    await shop.untilKnown("/v1/evaluations", cartOf("not-lately"), ({ total }) => total < 9_999);
    const totals = await Promise.all(
      [...Object.keys(offers), "nobody"].map(
        async (id) => (await shop.get("checkout", "POST", "/v1/evaluations", cartOf(id))).total,
      ),
    );
    expect(totals).toEqual([8_999, 7_499, 8_499, 9_999]);
  });
});

describe("a flash sale", { timeout: patience }, () => {
  test("has its price for an hour and for so many units, and no more", async () => {
    const units = members - 3;
    const flash = (more: object = {}) => ({
      currency: "CNY",
      lines: [{ id: "1", sku: "FLASH", quantity: 1, unitPrice: 9_900 }],
      ...more,
    });
    const [startsAt, endsAt] = [ago(1), ago(-1 / 24)];
    await shop.promotion({
      key: "flash",
      schedule: { startsAt, endsAt },
      benefits: [{ kind: "fixed_price", select: { skus: ["FLASH"] }, price: { CNY: 100 } }],
      limits: { perCustomer: 1, stock: [{ sku: "FLASH", units }] },
    });
    await shop.untilKnown("/v1/evaluations", flash({ customer: { id: "x" } }), ({ total }) => total === 100);
    const totals: number[] = [];
    await inParallel(members, 32, async (index) => {
      const request = flash({ customer: { id: idOf(index) }, orderRef: `flash-${index}` });
      const [one, other] = await Promise.all([
        shop.get("checkout", "POST", "/v1/redemptions", request),
        shop.get("checkout", "POST", "/v1/redemptions", request),
      ]);
      expect(one.id).toBe(other.id);
      totals.push(one.quote.total);
    });
    expect(totals.toSorted((a, b) => a - b)).toEqual([...Array(units).fill(100), ...Array(3).fill(9_900)]);
    const late = { ...flash({ customer: { id: "y" } }), at: ago(-1) };
    expect((await shop.get("marketing", "POST", "/v1/evaluations", late)).total).toBe(9_900);
  });
});

describe("play", { timeout: patience }, () => {
  test("streaks, the challenge and the draw give each member what is theirs once, through a kill -9", async () => {
    await shop.get(
      "marketing",
      "PUT",
      "/v1/check-in-programmes/daily",
      {
        rewards: [
          { day: 1, prize: points(5) },
          { day: 3, prize: points(50) },
        ],
        lateHours: 96,
      },
      asNew,
    );
    const time = { startsAt: ago(1), endsAt: ago(-1) };
    const goal = { kind: "events", type: "share", campaign: "community" };
    await shop.get(
      "marketing",
      "PUT",
      "/v1/challenges/share-3",
      { ...time, goal, times: 3, prize: points(100) },
      asNew,
    );
    const wheel = await shop.get("marketing", "POST", "/v1/draws", {
      key: "wheel",
      startsAt: new Date().toISOString(),
      endsAt: ago(-1),
      total: 2,
      prizes: [
        { key: "bag", odds: 1, stock: 2, prize: { kind: "gift", sku: "BAG" } },
        { key: "back", odds: 1, prize: points(1) },
      ],
      consolation: "back",
      ticketPoints: { points: 20 },
      perCustomer: 3,
    });
    expect(wheel.seed).toBeNull();
    const twice = (path: string, body: object) =>
      Promise.all([shop.get("checkout", "POST", path, body), shop.get("checkout", "POST", path, body)]);
    let played = 0;
    let killing: Promise<void> | null = null;
    // Noon, so that no day of the project's zone begins while they check in.
    const noon = Math.floor(Date.now() / day) * day - day / 2;
    const won: string[] = [];
    await inParallel(members, 16, async (index) => {
      const customer = idOf(index);
      for (const days of [2, 1, 0]) {
        const at = new Date(noon - days * day).toISOString();
        const answers = await twice("/v1/check-in-programmes/daily/check-ins", { customer, at });
        expect(answers.map(({ streak }) => streak)).toEqual([3 - days, 3 - days]);
      }
      for (const share of [1, 2, 3])
        await twice("/v1/events", {
          specversion: "1.0",
          id: `share-${index}-${share}`,
          source: "/group",
          type: "share",
          time: new Date(Date.now() - 60_000).toISOString(),
          data: { customer, campaign: "community" },
        });
      // Of the 55 points of the streak, two tickets.
      for (const ticket of [1, 2]) {
        const body = { ticket: `t-${index}-${ticket}`, customer, nonce: `n${index}` };
        const [one, other] = await twice("/v1/draws/wheel/tickets", body);
        expect([one.number, one.prize]).toEqual([other.number, other.prize]);
        won.push(one.prize);
      }
      played += 1;
      if (played === Math.floor(members / 2)) {
        killing = (async () => {
          await servers[0]!.kill();
          servers[0] = await start();
        })();
      }
    });
    await killing;
    const results = () => shop.get("viewer", "GET", "/v1/challenges/share-3/results");
    await expect
      .poll(results, { timeout: patience, interval: 100 })
      .toEqual({ participants: members, completed: members });

    const drawn = await shop.get("viewer", "GET", "/v1/draws/wheel");
    const bags = won.filter((prize) => prize === "bag").length;
    expect([drawn.drawn, drawn.given]).toEqual([
      2 * members,
      [
        { prize: "bag", count: bags },
        { prize: "back", count: 2 * members - bags },
      ],
    ]);
    expect(bags).toBeLessThanOrEqual(2);
    const records: { number: number; drawn: string; prize: string; customer: string }[] = [];
    for (let after = "", isMore = true; isMore; ) {
      const page = await shop.get("viewer", "GET", `/v1/draws/wheel/tickets?limit=200${after}`);
      records.push(...page.items);
      isMore = page.nextCursor !== null;
      after = `&after=${page.nextCursor}`;
    }
    expect(records.map(({ number }) => number)).toEqual(Array.from({ length: 2 * members }, (_, i) => i + 1));
    // As long as there are bags, whoever draws one gets it.
    const wins = records.filter((ticket) => ticket.drawn === "bag").map(({ prize }) => prize);
    expect(wins.filter((prize) => prize === "bag")).toEqual(wins.slice(0, 2));
    for (let index = 0; index < members; index += 1) {
      const ofMember = records.filter(({ customer }) => customer === idOf(index));
      const back = ofMember.filter(({ prize }) => prize === "back").length;
      expect(await pointsOf(idOf(index)), idOf(index)).toBe(5 + 50 + 100 - 2 * 20 + back);
    }
  });
});

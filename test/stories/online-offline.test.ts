/**
 * S2, online and offline together [O2O]: one policy for web shop, mini-program, own and dealer stores; a coupon got online and used
 * at a till; promotional stock that several tills, a web shop and a kill -9 never oversell; a till that hands out the next coupon.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectBooksToBalance } from "../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { inParallel } from "../faults/http-client.ts";
import { type RunningServer, startServer } from "../faults/running-servers.ts";
import { patience, sized } from "../faults/sizes.ts";
import { openShopFloor, type Said, type ShopFloor } from "./shop-floor.ts";

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

const set = (quantity: number) => [{ id: "1", sku: "SET", quantity, unitPrice: 58_000 }];
const cart = (more: object = {}) => ({ currency: "CNY", lines: set(1), ...more });
const inCode = (code: string) => ({ codes: [code] });

describe("one policy for all channels", { timeout: patience }, () => {
  test("each channel has its price, to the cent, and before it starts the report tells where prices differ", async () => {
    const [startsAt, endsAt] = ["2099-11-01T00:00:00Z", "2099-11-12T00:00:00Z"];
    const policy = (key: string, channels: string[], percent: number) => ({
      key,
      schedule: { startsAt, endsAt },
      conditions: { kind: "channel", in: channels },
      benefits: [{ kind: "percent_off", select: { skus: ["SET"] }, percent }],
    });
    await shop.promotion(policy("online", ["web", "mini-program"], 20));
    await shop.promotion(policy("stores", ["own-store", "dealer-store"], 15));
    const report = await shop.get("viewer", "GET", "/v1/promotions/overlaps?across=places");
    expect(report.items).toMatchObject([
      {
        promotions: [
          { promotion: "online", channels: ["web", "mini-program"] },
          { promotion: "stores", channels: ["own-store", "dealer-store"] },
        ],
        outcome: "elsewhere",
        winner: null,
        from: "2099-11-01T00:00:00.000Z",
      },
    ]);
    const totals = await Promise.all(
      ["web", "mini-program", "own-store", "dealer-store"].map(async (channel) => {
        const at = "2099-11-11T00:00:00Z";
        return (await shop.get("marketing", "POST", "/v1/evaluations", cart({ channel, at }))).total;
      }),
    );
    expect(totals).toEqual([46_400, 46_400, 49_300, 49_300]);
  });
});

describe("a coupon got online", { timeout: patience }, () => {
  test("is used at a till of its stores once, and at another store's refused with the reason", async () => {
    await shop.get("marketing", "POST", "/v1/coupon-pools", { key: "o2o" });
    const { id: job } = await shop.get("marketing", "POST", "/v1/coupon-pools/o2o/codes", { count: 5 });
    await expect
      .poll(async () => (await shop.get("marketing", "GET", `/v1/jobs/${job}`)).state, { timeout: 30_000 })
      .toBe("succeeded");
    await shop.promotion({
      key: "come-in",
      trigger: { type: "coupon", pool: "o2o" },
      conditions: {
        all: [
          { kind: "store", in: ["sh-001", "sh-002"] },
          { kind: "region", in: ["CN-SH"] },
        ],
      },
      benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 5_000 } }],
    });
    const { code } = await shop.get("checkout", "POST", "/v1/coupon-pools/o2o/claim", { customer: "c-1" });
    const till = (store: string, region: string, orderRef: string) =>
      shop.ask("pos", "POST", "/v1/redemptions", {
        ...cart({ ...inCode(code), customer: { id: "c-1" }, channel: "own-store", store, region }),
        source: store,
        orderRef,
      });
    await shop.untilKnown(
      "/v1/evaluations",
      cart({ ...inCode(code), customer: { id: "c-1" }, store: "sh-001", region: "CN-SH" }),
      ({ codes }) => codes[0].status === "applied",
    );
    const reasonOf = ({ status, body }: Said) => [status, body.code, body.errors[0].code];
    expect(reasonOf(await till("bj-001", "CN-BJ", "1"))).toEqual([
      409,
      "code-not-applied",
      "store_not_included",
    ]);
    expect(reasonOf(await till("sh-001", "CN-BJ", "1"))).toEqual([
      409,
      "code-not-applied",
      "region_not_included",
    ]);
    const online = cart({ ...inCode(code), customer: { id: "c-1" } });
    expect((await shop.ask("checkout", "POST", "/v1/redemptions", online)).status).toBe(409);
    const rush = await Promise.all(
      ["sh-001", "sh-002", "sh-001", "sh-002"].map((store, i) => till(store, "CN-SH", `r${i}`)),
    );
    expect(rush.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
    expect(rush.find(({ status }) => status === 201)?.body.quote.total).toBe(53_000);
    expect(reasonOf(await till("sh-001", "CN-SH", "later"))).toEqual([409, "code-not-applied", "code_used"]);
  });
});

describe("promotional stock", { timeout: patience }, () => {
  const units = sized(60, 1_000);
  const orders = sized(120, 20_000);

  test("is sold to the last unit and not one more, by stores and web at once, through a kill -9", async () => {
    const store = Math.floor(units / 3);
    const rule = await shop.promotion({
      key: "double-11",
      conditions: { kind: "channel", in: ["flash"] },
      benefits: [{ kind: "fixed_price", select: { skus: ["SET"] }, price: { CNY: 39_900 } }],
      limits: {
        stock: [
          { sku: "SET", units },
          { sku: "SET", store: "sh-001", units: store },
        ],
      },
    });
    const flash = (more: object) => cart({ channel: "flash", ...more });
    await shop.untilKnown("/v1/evaluations", flash({}), ({ total }) => total === 39_900);
    const sold = new Map<string, number>();
    let answered = 0;
    let killing: Promise<void> | null = null;
    await inParallel(orders, 64, async (index) => {
      const isStore = index % 2 === 0;
      const said = await shop.ask(isStore ? "pos" : "checkout", "POST", "/v1/redemptions", {
        ...flash({ lines: set(1 + (index % 3)), ...(isStore && { store: "sh-001" }) }),
        source: isStore ? "sh-001" : "web",
        orderRef: `flash-${index}`,
        mode: "commit",
      });
      expect(said.status, JSON.stringify(said.body)).toBeLessThan(300);
      const [row] = said.body.quote.promotions;
      const place = isStore ? "sh-001" : "web";
      sold.set(place, (sold.get(place) ?? 0) + (row?.stock[0].units ?? 0));
      const quantity = 1 + (index % 3);
      expect(said.body.quote.total).toBe(quantity * 58_000 - (row?.stock[0].units ?? 0) * 18_100);
      answered += 1;
      if (answered === Math.floor(orders / 6)) {
        killing = (async () => {
          await servers[0]!.kill();
          servers[0] = await start();
        })();
      }
    });
    await killing;
    expect([...sold.values()].reduce((sum, n) => sum + n, 0)).toBe(units);
    expect(sold.get("sh-001")).toBeLessThanOrEqual(store);
    const { rows } = await database.pool.query<{ measure: string; taken: number }>(
      `select measure, (used + reserved)::int as taken from counters
        where project_id = $1 and rule_id = $2 and measure like 'stock:%' order by measure`,
      [shop.projectId, rule],
    );
    expect(rows).toEqual([
      { measure: 'stock:["SET","sh-001"]', taken: sold.get("sh-001") },
      { measure: 'stock:["SET"]', taken: units },
    ]);
  });
});

describe("a till's QR code", { timeout: patience }, () => {
  test("hands out one coupon for the next purchase, which is used online once", async () => {
    await shop.get("marketing", "POST", "/v1/coupon-pools", { key: "next" });
    const { id: job } = await shop.get("marketing", "POST", "/v1/coupon-pools/next/codes", { count: 5 });
    await expect
      .poll(async () => (await shop.get("marketing", "GET", `/v1/jobs/${job}`)).state, { timeout: 30_000 })
      .toBe("succeeded");
    await shop.promotion({
      key: "next-time",
      trigger: { type: "coupon", pool: "next" },
      conditions: { kind: "channel", in: ["mini-program"] },
      benefits: [{ kind: "amount_off", target: "order", amount: { CNY: 3_000 } }],
    });
    await shop.promotion({
      key: "till-qr",
      trigger: { type: "code", code: "TILL-QR" },
      conditions: { kind: "channel", in: ["own-store"] },
      benefits: [{ kind: "issue_coupon", pool: "next", validFor: "P30D" }],
    });
    const customer = { id: "c-2" };
    const atTill = cart({ ...inCode("TILL-QR"), channel: "own-store", customer });
    await shop.untilKnown("/v1/evaluations", atTill, ({ codes }) => codes[0].status === "applied");
    const paid = await shop.get("pos", "POST", "/v1/redemptions", {
      ...atTill,
      source: "sh-001",
      orderRef: "qr",
    });
    const rewardOf = async () =>
      (await shop.get("pos", "GET", `/v1/redemptions/${paid.id}/rewards`)).items[0];
    await expect.poll(async () => (await rewardOf())?.state, { timeout: 30_000 }).toBe("granted");
    const { code } = await rewardOf();
    const next = cart({ ...inCode(code), channel: "mini-program", customer });
    const uses = await Promise.all(
      [1, 2, 3].map(() => shop.ask("checkout", "POST", "/v1/redemptions", next)),
    );
    expect(uses.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
    expect(uses.find(({ status }) => status === 201)?.body.quote.total).toBe(55_000);
  });
});

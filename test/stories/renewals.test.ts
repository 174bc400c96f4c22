/**
 * S7, B2B renewals: contracts that end, automations in stages six, three and one months before it, early-renewal offers as a price, a
 * service pack and an upgrade for those alone, renewals by their orders, each once; the yearly report and the renewal rate. Everything
 * is sent twice, by many at once, and a server is killed in the middle.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { monthsLater } from "../../src/engine/calendar.ts";
import { expectBooksToBalance } from "../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { inParallel } from "../faults/http-client.ts";
import { type RunningServer, startServer } from "../faults/running-servers.ts";
import { patience, sized } from "../faults/sizes.ts";
import { openShopFloor, type ShopFloor } from "./shop-floor.ts";

/** Of customers whose contracts end at each distance. */
const each = sized(4, 100);
const stages = [6, 3, 1, 8] as const;
const list = 1_200_000;
const early = 1_080_000;
const coupon = 50_000;

let database: TestDatabase;
const servers: RunningServer[] = [];
let shop: ShopFloor;
const start = () => startServer({ connectionString: database.connectionString });

beforeAll(async () => {
  database = await freshDatabase();
  servers.push(...(await Promise.all([start(), start()])));
  shop = await openShopFloor(database, () => servers.map((server) => (server.isRunning() ? server.url : "")));
  await shop.pool("renewal", 2 * each);
}, patience);
afterAll(async () => {
  shop.close();
  await expectBooksToBalance(database);
  await Promise.all(servers.map((server) => server.kill()));
  await database.close();
}, patience);

const dateText = (day: number) => new Date(day * 86_400_000).toISOString().slice(0, 10);
const today = Math.floor(Date.now() / 86_400_000);
const endOf = (months: number) => dateText(monthsLater(today, months));
const customers = stages.flatMap((months) =>
  Array.from({ length: each }, (_, index) => ({ id: `b2b-${months}-${index}`, months })),
);
/** A term of the service, before any promotion. */
const renewalCart = (customer: string, codes: readonly string[] = []) => ({
  currency: "CNY",
  customer: { id: customer },
  lines: [{ id: "1", sku: "SERVICE-YEAR", quantity: 1, unitPrice: list }],
  codes,
});

test("stages reach each once, offers are for those whose contract ends, and an order renews one contract once, through a kill -9", {
  timeout: patience,
}, async () => {
  const twice = (path: string, method: string, body: object) =>
    Promise.all([shop.ask("erp", method, path, body), shop.ask("erp", method, path, body)]);
  await inParallel(customers.length, 8, async (index) => {
    const { id, months } = customers[index]!;
    const body = {
      customer: id,
      kind: "maintenance",
      value: list,
      currency: "CNY",
      startsOn: dateText(monthsLater(monthsLater(today, months), -12) + 1),
      endsOn: endOf(months),
    };
    await twice(`/v1/contracts/of-${id}`, "PUT", body);
  });

  const within = (months: number) => ({ kind: "contract", kinds: ["maintenance"], endsWithinMonths: months });
  await shop.promotion({
    key: "early-renewal",
    conditions: within(6),
    benefits: [{ kind: "fixed_price", select: { skus: ["SERVICE-YEAR"] }, price: { CNY: early } }],
  });
  await shop.promotion({
    key: "service-pack",
    conditions: within(3),
    benefits: [{ kind: "service", name: "on-site day", quota: 10 * each, value: { CNY: 80_000 } }],
  });
  await shop.promotion({
    key: "free-upgrade",
    conditions: within(1),
    benefits: [{ kind: "gift", sku: "PREMIUM-UPGRADE", value: { CNY: 200_000 } }],
  });
  await shop.promotion({
    key: "renewal-coupon",
    trigger: { type: "coupon", pool: "renewal" },
    benefits: [{ kind: "amount_off", target: "order", amount: { CNY: coupon } }],
  });
  const automation = async (months: number, actions: object[]) => {
    const trigger = { kind: "contract_end", monthsBefore: months, contracts: ["maintenance"], at: "00:00" };
    const { id } = await shop.get("marketing", "POST", "/v1/automations", {
      key: `renewal-${months}`,
      trigger,
      actions,
    });
    await shop.get("marketing", "POST", `/v1/automations/${id}/activate`);
    return id as string;
  };
  const issue = { kind: "issue_coupon", pool: "renewal" };
  const running = [
    await automation(6, [{ kind: "notify", template: "six-months" }]),
    await automation(3, [issue, { kind: "notify", template: "three-months" }]),
    await automation(1, [issue, { kind: "add_tag", tag: "at-risk" }]),
  ];
  await servers[0]!.kill();
  servers[0] = await start();
  const resultsOf = async (id: string) => {
    const { entered, done, issued } = await shop.get("viewer", "GET", `/v1/automations/${id}/results`);
    return [entered, done, issued];
  };
  for (const [place, issued] of [0, each, each].entries())
    await expect
      .poll(() => resultsOf(running[place]!), { timeout: patience, interval: 200 })
      .toEqual([each, each, issued]);

  // What each is offered, and who is not.
  const [six, three, one, eight] = stages.map((months) => renewalCart(`b2b-${months}-0`)) as [
    object,
    object,
    object,
    object,
  ];
  await shop.untilKnown("/v1/evaluations", six, ({ total }) => total === early);
  const offered = async (cart: object) => {
    const { total, rewards } = await shop.get("checkout", "POST", "/v1/evaluations", cart);
    return [total, rewards.map((reward: { promotion: string }) => reward.promotion)];
  };
  expect(await offered(six)).toEqual([early, []]);
  expect(await offered(three)).toEqual([early, ["service-pack"]]);
  expect(await offered(one)).toEqual([early, ["free-upgrade", "service-pack"]]);
  expect(await offered(eight)).toEqual([list, []]);
  expect(await offered(renewalCart("nobody"))).toEqual([list, []]);

  // Half of those at three months renew, each with the coupon of the automation; the order is used for two contracts at once.
  const renewing = customers.filter(({ months }, index) => months === 3 && index % 2 === 0);
  const orders = new Map<string, string>();
  let killing: Promise<void> | null = null;
  await inParallel(renewing.length, 8, async (index) => {
    const { id } = renewing[index]!;
    if (index === 1)
      killing = (async () => {
        await servers[1]!.kill();
        servers[1] = await start();
      })();
    const { items } = await shop.get("marketing", "GET", `/v1/coupons?customer=${id}`);
    const { id: redemption, quote } = await shop.get("checkout", "POST", "/v1/redemptions", {
      ...renewalCart(id, [items[0].code]),
      orderRef: `renewal-${id}`,
    });
    expect(quote.total).toBe(early - coupon);
    orders.set(id, redemption);
    const renewal = { id: `of-${id}-2`, value: quote.total, order: redemption };
    const said = await twice(`/v1/contracts/of-${id}/renew`, "POST", renewal);
    expect(said.map(({ status }) => status)).toEqual([200, 200]);
    expect(said[0]!.body).toEqual(said[1]!.body);
    expect(said[0]!.body).toMatchObject({
      renews: `of-${id}`,
      renewal: redemption,
      startsOn: dateText(monthsLater(today, 3) + 1),
      value: early - coupon,
      state: "active",
    });
  });
  await killing;
  const [first, stranger] = [renewing[0]!.id, "b2b-6-0"];
  const refused = await shop.ask("erp", "POST", `/v1/contracts/of-${stranger}/renew`, {
    id: "stolen",
    order: orders.get(first),
  });
  expect([refused.status, refused.body.errors[0].code]).toEqual([400, "unknown_order"]);
  expect(
    (await shop.ask("erp", "POST", `/v1/contracts/of-${first}/renew`, { id: "another" })).body.code,
  ).toBe("contract-closed");

  // One at six months gives up; of three months' cohort half are renewed, and the others open.
  await shop.get("erp", "POST", `/v1/contracts/of-${stranger}/cancel`);
  const cohortOf = async (months: number) => {
    const day = endOf(months);
    const path = `/v1/contract-renewals?by=year&endsFrom=${day}&endsTo=${day}`;
    const { contracts, renewed, cancelled, open, renewalPercent } = (await shop.get("viewer", "GET", path))
      .cohorts[0];
    return [contracts, renewed, cancelled, open, renewalPercent];
  };
  const renewed = renewing.length;
  expect(await cohortOf(3)).toEqual([each, renewed, 0, each - renewed, 100]);
  expect(await cohortOf(6)).toEqual([each, 0, 1, each - 1, 0]);

  // The year of one who renewed: an order of the ERP alone beside it, and half of another order back.
  const year = new Date().getUTCFullYear();
  await shop.get("erp", "PUT", "/v1/orders/erp-alone", {
    version: 1,
    status: "paid",
    currency: "CNY",
    placedAt: new Date().toISOString(),
    customer: first,
    lines: [{ id: "1", sku: "PART", quantity: 1, unitPrice: 9_900 }],
    total: 9_900,
  });
  const twoYears = {
    ...renewalCart(first),
    lines: [{ id: "1", sku: "LICENCE", quantity: 2, unitPrice: 100_000 }],
  };
  const { id: partly } = await shop.get("checkout", "POST", "/v1/redemptions", {
    ...twoYears,
    orderRef: "partly",
  });
  await shop.get("erp", "POST", `/v1/redemptions/${partly}/returns`, { lines: [{ id: "1", quantity: 1 }] });
  const report = await shop.get(
    "viewer",
    "GET",
    `/v1/customers/${first}/value-report?year=${year}&currency=CNY`,
  );
  const paid = early - coupon + 9_900 + 100_000;
  expect(report).toEqual({
    customer: first,
    year,
    currency: "CNY",
    orders: 3,
    paid,
    withoutPromotions: list + 9_900 + 100_000,
    saved: list - early + coupon,
    replayed: 2,
    isComplete: true,
    services: [{ service: "on-site day", count: 1, value: 80_000 }],
    giftValue: 0,
    contracts: report.contracts,
  });
  expect(report.contracts[0]).toBe(`of-${first}`);
  const unknown = await shop.ask(
    "viewer",
    "GET",
    `/v1/customers/nobody/value-report?year=${year}&currency=CNY`,
  );
  expect([unknown.status, unknown.body.code]).toEqual([404, "customer-not-found"]);
});

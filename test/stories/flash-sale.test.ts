/** S6, a flash sale [闪购]: limited in time and stock, and everybody wants it at once. 20,000 attempts under LONG=1. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectBooksToBalance } from "../books-balance.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { inParallel } from "../faults/http-client.ts";
import { type RunningServer, startServers } from "../faults/running-servers.ts";
import { patience, sized } from "../faults/sizes.ts";
import { openShopFloor, type ShopFloor } from "./shop-floor.ts";

const units = sized(50, 1_000);
const attempts = sized(300, 20_000);
let database: TestDatabase;
let servers: RunningServer[];
let shop: ShopFloor;

beforeAll(async () => {
  database = await freshDatabase();
  servers = await startServers(2, { connectionString: database.connectionString });
  shop = await openShopFloor(database, () => servers.map(({ url }) => url));
}, patience);
afterAll(async () => {
  shop.close();
  await expectBooksToBalance(database);
  await Promise.all(servers.map((server) => server.kill()));
  await database.close();
}, patience);

const order = (more: object = {}) => ({
  currency: "CNY",
  lines: [{ id: "1", sku: "FLASH", quantity: 1, unitPrice: 9_900 }],
  ...more,
});

test("so many units are sold at its price as there are, each buyer pays that price or nothing", {
  timeout: patience,
}, async () => {
  const hour = 3_600_000;
  const [startsAt, endsAt] = [-hour, hour].map((offset) => new Date(Date.now() + offset).toISOString());
  const rule = await shop.promotion({
    key: "flash",
    schedule: { startsAt, endsAt },
    benefits: [{ kind: "fixed_price", select: { skus: ["FLASH"] }, price: { CNY: 100 } }],
    limits: { stock: [{ sku: "FLASH", units }] },
  });
  await shop.untilKnown("/v1/evaluations", order(), ({ total }) => total === 100);
  const answers = new Map<string, number>();
  // Some only reserve, and let it go again; that frees the unit for others.
  await inParallel(attempts, 128, async (index) => {
    const mode = index % 10 === 0 ? "reserve" : "commit";
    const { status, body } = await shop.ask(
      "checkout",
      "POST",
      "/v1/redemptions",
      order({ orderRef: `flash-${index}`, mode, expectedTotal: 100 }),
    );
    if (status === 201 && mode === "reserve")
      await shop.get("checkout", "POST", `/v1/redemptions/${body.id}/cancel`);
    const outcome = status === 201 ? mode : `${status} ${body.code}`;
    answers.set(outcome, (answers.get(outcome) ?? 0) + 1);
  });
  // Whoever came while the last units were only reserved was turned away, so the rest is bought now.
  for (let left = units - (answers.get("commit") ?? 0); left > 0; left--)
    await shop.get("checkout", "POST", "/v1/redemptions", order({ expectedTotal: 100 }));
  const late = await shop.ask("checkout", "POST", "/v1/redemptions", order({ expectedTotal: 100 }));
  expect([late.status, late.body.code]).toEqual([409, "price_changed"]);
  expect(
    [...answers.keys()].filter((outcome) => !["commit", "reserve", "409 price_changed"].includes(outcome)),
  ).toEqual([]);
  const { rows } = await database.pool.query(
    `select c.used::int, c.reserved::int,
            (select count(*)::int from redemptions r where r.project_id = c.project_id and r.state = 'committed' and r.total = 100) as sold
       from counters c where c.project_id = $1 and c.rule_id = $2 and c.measure = 'stock:["FLASH"]'`,
    [shop.projectId, rule],
  );
  expect(rows).toEqual([{ used: units, reserved: 0, sold: units }]);
  const asked = async (offset: number) => {
    const at = new Date(Date.now() + offset).toISOString();
    const quote = await shop.get("marketing", "POST", "/v1/evaluations", order({ at, explain: "all" }));
    return quote.notApplied[0].reason;
  };
  expect([await asked(-2 * hour), await asked(0), await asked(2 * hour)]).toEqual([
    "not_started",
    "stock_exhausted",
    "ended",
  ]);
});

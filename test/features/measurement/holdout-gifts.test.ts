/** What a campaign gives beside carts: whoever is held out gets none of it, and both arms are noted where they would have. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { pointOf } from "../../../src/engine/assignment.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { patience } from "../../faults/sizes.ts";
import { type Api, startApi } from "../api.ts";
import { automationsOf } from "../automations/automation-fixture.ts";
import { faultOf } from "../orders-fixture.ts";
import { activePromotion, couponsOf } from "../redemptions/redemption-fixture.ts";

let database: TestDatabase;
let api: Api;
let shop: ReturnType<typeof automationsOf>;
const at = (days: number) => new Date(api.clock.now() + days * 86_400_000).toISOString();
const campaignOf = (key: string, fields: object = {}) => ({
  key,
  name: key,
  startsAt: at(-1),
  endsAt: at(9),
  holdout: { percent: 50 },
  ...fields,
});
const ids = Array.from({ length: 100 }, (_, number) => `c-${number}`);
const [held, treated] = [true, false].map(
  (wanted) =>
    ids.find((id) =>
      ["gifts", "wheel", "pool"].every((name) => pointOf("holdout", name, id) < 50 === wanted),
    )!,
) as [string, string];

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  shop = automationsOf(api, database);
  for (const key of ["gifts", "wheel", "pool"]) await shop.succeed("POST", "/v1/campaigns", campaignOf(key));
  for (const id of [held, treated]) await shop.tell(id);
});
afterAll(async () => {
  await api.close();
  await database.close();
});

const noted = async (campaign: string) => {
  const { rows } = await database.pool.query(
    "select customer_id, arm from exposures where kind = 'campaign' and name = $1 order by 1",
    [campaign],
  );
  return rows.map(({ customer_id: id, arm }) => `${id} ${arm}`);
};
const areNoted = (campaign: string) =>
  expect
    .poll(() => noted(campaign), { timeout: patience, interval: 50 })
    .toEqual([`${held} holdout`, `${treated} treatment`].sort());

test("an automation of a campaign passes over whoever is held out, takes nothing of its caps for them, and says so beforehand", async () => {
  const document = {
    campaign: "gifts",
    trigger: { kind: "event", type: "share" },
    actions: [{ kind: "award_points", points: 30 }],
    caps: { runs: 1 },
  };
  const id = await shop.active(document);
  const others = await shop.active({ ...document, campaign: "unheard-of" });
  await shop.track("share", held);
  await shop.becomes(id, [`${held} skipped held_out`]);
  await shop.track("share", treated);
  await shop.becomes(id, [`${held} skipped held_out`, `${treated} done`]);
  await shop.becomes(others, [`${held} done`, `${treated} skipped cap_runs`]);
  const points = async (customer: string) =>
    (await api.rest("GET", `/v1/customers/${customer}/points`)).body.available;
  // Of the automation that is part of no campaign that holds them out.
  expect([await points(held), await points(treated)]).toEqual([30, 30]);
  await areNoted("gifts");
  const tried = await shop.succeed("POST", "/v1/automations/dry-run", {
    ...document,
    key: "tried",
    caps: {},
  });
  expect([tried.reached, tried.skipped]).toEqual([1, [{ reason: "held_out", count: 1 }]]);
});

test("a draw of a campaign has no ticket for whoever is held out, before it costs them anything", async () => {
  const declared = await api.rest("POST", "/v1/draws", {
    body: {
      key: "spin",
      campaign: "wheel",
      startsAt: at(0),
      endsAt: at(1),
      total: 1,
      prizes: [{ key: "bag", odds: 1, prize: { kind: "gift", sku: "BAG" } }],
      consolation: "bag",
    },
  });
  expect(declared.status, declared.text).toBe(201);
  expect(JSON.parse(declared.body.declaration)).toMatchObject({ campaign: "wheel" });
  const ticket = (customer: string) =>
    api.rest("POST", "/v1/draws/spin/tickets", { body: { ticket: `t-${customer}`, customer } });
  expect(faultOf(await ticket(held))).toBe("409 draw-ticket-refused /customer held_out");
  expect((await ticket(treated)).body).toMatchObject({ number: 1, prize: "bag" });
  await areNoted("wheel");
});

test("who asks for a code of a campaign's pool has met the campaign, held out or not", async () => {
  await couponsOf(database, api.project.id, "codes", ["CODE0001", "CODE0002"]);
  await activePromotion(api, "coded", {
    campaign: "pool",
    trigger: { type: "coupon", pool: "codes" },
    benefits: [{ kind: "percent_off", percent: 10 }],
  });
  const claim = (customer: string) =>
    api.rest("POST", "/v1/coupon-pools/codes/claim", { body: { customer } });
  expect(faultOf(await claim(held))).toBe("409 claim-refused /customer held_out");
  expect((await claim(treated)).status).toBe(201);
  await areNoted("pool");
});

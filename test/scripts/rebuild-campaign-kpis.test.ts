import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { patience } from "../faults/sizes.ts";
import { type Api, startApi, testClock } from "../features/api.ts";
import { activePromotion, redeem } from "../features/redemptions/redemption-fixture.ts";

let database: TestDatabase;
let api: Api;
beforeAll(async () => {
  database = await freshDatabase();
  // Redemptions are made by the database's clock.
  api = await startApi(database, { clock: testClock(Date.now()) });
});
afterAll(async () => {
  await api.close();
  await database.close();
});

const rebuild = (...projects: string[]) =>
  execFileSync(process.execPath, ["--import", "tsx", "scripts/rebuild-campaign-kpis.ts", ...projects], {
    env: { ...process.env, DATABASE_URL: database.connectionString },
    encoding: "utf8",
  });

const tables = ["campaign_sales", "campaign_kpis", "campaign_sku_kpis"] as const;
async function figures(): Promise<unknown[]> {
  const all = await Promise.all(
    tables.map((table) => database.pool.query(`select to_jsonb(t) as row from ${table} t order by t::text`)),
  );
  const events = await database.pool.query(
    "select campaign, type, quarter, channel, sum(events)::int as events from campaign_event_counts group by 1, 2, 3, 4",
  );
  return [...all, events].map(({ rows }) => rows);
}

test("on the command line: broken figures are those of the facts again, of all projects or of the one that is named", async () => {
  await activePromotion(api, "ten", {
    campaign: "spring",
    benefits: [
      { kind: "percent_off", target: "item", percent: 10 },
      { kind: "gift", sku: "TOTE", unitCost: { CNY: 250 } },
    ],
  });
  for (const orderRef of ["1", "2"]) {
    const lines = [{ id: "1", sku: "MUG", quantity: 2, unitPrice: 2_000 }];
    const answer = await redeem(api, { currency: "CNY", lines, orderRef, mode: "commit" });
    expect(answer.status, answer.text).toBe(201);
  }
  const event = {
    specversion: "1.0",
    id: "e-1",
    source: "/web",
    type: "view",
    time: new Date(api.clock.now()).toISOString(),
    data: { campaign: "spring" },
  };
  expect((await api.rest("POST", "/v1/events", { body: event })).status).toBe(200);
  await vi.waitFor(
    async () => {
      const { rows } = await database.pool.query(
        "select sum(orders)::int as orders from campaign_kpis where promotion = ''",
      );
      expect(rows).toEqual([{ orders: 2 }]);
    },
    { timeout: patience, interval: 50 },
  );
  const before = await figures();
  expect(before.map((rows) => (rows as unknown[]).length)).toEqual([4, 2, 2, 1]);
  const { id } = api.project;
  for (const [corruption, ...named] of [
    ["update campaign_kpis set revenue = revenue + 1, discount = 0", id],
    ["delete from campaign_sku_kpis where sku = 'TOTE'"],
    ["delete from campaign_sales where promotion <> ''"],
    ["update campaign_event_counts set events = 7"],
  ] as const) {
    await database.pool.query(corruption);
    expect(await figures()).not.toEqual(before);
    expect(rebuild(...named)).toContain(`${id}: 2 redemptions\n`);
    expect(await figures()).toEqual(before);
  }
  // Of another project nothing is touched.
  await database.pool.query("update campaign_kpis set revenue = 0");
  expect(rebuild("prj_none")).toBe("prj_none: 0 redemptions\n");
  expect(await figures()).not.toEqual(before);
});

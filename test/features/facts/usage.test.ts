import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { campaignsInForce } from "../../../src/features/campaigns/campaign-service.ts";
import { usageService } from "../../../src/features/facts/usage-service.ts";
import { committerService } from "../../../src/features/ledger/committer-service.ts";
import { amountCounter, usesCounter } from "../../../src/features/ledger/promotion-counters.ts";
import { projectService } from "../../../src/features/projects/project-service.ts";
import { rulebookService } from "../../../src/features/promotions/rulebook-service.ts";
import { counterKey } from "../../../src/ledger/books.ts";
import { systemClock } from "../../../src/platform/clock.ts";
import { silentLog } from "../../../src/platform/log.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi } from "../api.ts";
import { activePromotion } from "../redemptions/redemption-fixture.ts";

let database: TestDatabase;
let api: Api;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
});
afterAll(async () => {
  await api.close();
  await database.close();
});

test("counters in memory follow other processes, and are forgotten rather than left to age", async () => {
  const rule = await activePromotion(api, "counted", { limits: { total: 10 } });
  const rulebooks = rulebookService({ database, projects: projectService(database), log: silentLog });
  const rules = await rulebooks.rulesOf(api.project.id);
  const options = {
    clock: systemClock,
    database,
    committer: committerService({ database, log: silentLog }),
    log: silentLog,
  };
  const key = counterKey(usesCounter(rule));
  // As another process would: not through this one's committer.
  const setUsed = (used: number) =>
    database.orm.execute(sql`
      insert into counters (project_id, rule_id, measure, holder, period, used)
      values (${api.project.id}, ${rule}, 'uses', '', '', ${used})
      on conflict (project_id, rule_id, measure, holder, period) do update set used = excluded.used`);

  const followed = usageService({ ...options, pollMilliseconds: 5, idleMilliseconds: 60_000 });
  followed.start();
  expect((await followed.usageOf(rules)).taken.get(key)).toBeUndefined();
  await setUsed(3);
  await expect.poll(async () => (await followed.usageOf(rules)).taken.get(key)).toBe(3);
  await followed.close();

  const forgotten = usageService({ ...options, pollMilliseconds: 5, idleMilliseconds: -1 });
  await forgotten.usageOf(rules);
  await setUsed(4);
  forgotten.start();
  // Read anew, not answered from what was there.
  await expect.poll(() => forgotten.usageOf(rules) instanceof Promise).toBe(true);
  expect((await forgotten.usageOf(rules)).taken.get(key)).toBe(4);
  await forgotten.close();
  await rulebooks.close();
});

test("budgets are told of promotions that are not over, and of campaigns", async () => {
  const budget = { amount: { CNY: 1_000 } };
  await activePromotion(api, "ended", {
    budget,
    schedule: { startsAt: "2026-01-01", endsAt: "2098-01-01" },
  });
  const window = { startsAt: "2026-01-01T00:00:00Z", endsAt: "2100-01-01T00:00:00Z" };
  const campaign = {
    key: "autumn",
    name: "Autumn",
    ...window,
    guards: { discounts: { amount: { CNY: 1_000 } } },
  };
  const created = await api.rest("POST", "/v1/campaigns", { role: "marketing", body: campaign });
  expect([created.status, created.text]).toEqual([201, expect.any(String)]);
  await activePromotion(api, "goes-on", { budget, campaign: "autumn" });
  const rulebooks = rulebookService({
    database,
    projects: projectService(database),
    log: silentLog,
    campaigns: campaignsInForce,
  });
  const rules = await rulebooks.rulesOf(api.project.id);
  const of = async (now: number) => {
    const usage = usageService({
      clock: { now: () => now },
      database,
      committer: committerService({ database, log: silentLog }),
      log: silentLog,
    });
    const { taken } = await usage.usageOf(rules);
    for (const rule of [...rules.rulebook.promotions.flatMap(({ id }) => id ?? []), "campaign:autumn"])
      (taken as Map<string, number>).set(counterKey(amountCounter(rule, "CNY")), 1_000);
    return usage.budgets();
  };
  expect(await of(Date.parse("2097-01-01T00:00:00Z"))).toEqual({ all: 3, low: 3, spent: 3 });
  expect(await of(Date.parse("2099-01-01T00:00:00Z"))).toEqual({ all: 2, low: 2, spent: 2 });
});

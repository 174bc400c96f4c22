import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { usageService } from "../../../src/features/facts/usage-service.ts";
import { committerService } from "../../../src/features/ledger/committer-service.ts";
import { usesCounter } from "../../../src/features/ledger/promotion-counters.ts";
import { projectService } from "../../../src/features/projects/project-service.ts";
import { rulebookService } from "../../../src/features/promotions/rulebook-service.ts";
import { counterKey } from "../../../src/ledger/books.ts";
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
  const options = { database, committer: committerService({ database, log: silentLog }), log: silentLog };
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

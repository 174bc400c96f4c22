/** What stays true of automations that are changed while runs of theirs wait or are owed. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { dueRuns } from "../../../src/features/automations/automation-run-store.ts";
import { mostTried } from "../../../src/features/automations/automation-schemas.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { patience } from "../../faults/sizes.ts";
import { type Api, startApi } from "../api.ts";
import { automationsOf } from "./automation-fixture.ts";

let database: TestDatabase;
let api: Api;
let shop: ReturnType<typeof automationsOf>;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  shop = automationsOf(api, database);
});
afterAll(async () => {
  await api.close();
  await database.close();
});

const replace = (id: string, document: object) =>
  shop.succeed("PUT", `/v1/automations/${id}`, document, { "if-match": "*" });

test("coupons that are owed count against the overall cap, whatever is changed, and those of an erased customer are free again", async () => {
  await shop.pool("owing", []);
  const one = { kind: "issue_coupon", pool: "owing" };
  const document = {
    key: "owing",
    trigger: { kind: "event", type: "owe" },
    actions: [one],
    caps: { perCustomer: [], coupons: 3 },
  };
  const id = await shop.active(document);
  for (const customer of ["o-1", "o-2", "o-3"]) await shop.track("owe", customer);
  const owed = ["o-1 owed pool_empty", "o-2 owed pool_empty", "o-3 owed pool_empty"];
  await shop.becomes(id, owed);
  await replace(id, { ...document, name: "Again" });
  await shop.track("owe", "o-4");
  await shop.becomes(id, [...owed, "o-4 skipped cap_coupons"]);
  await shop.succeed("POST", "/v1/customers/o-3/erase");
  await shop.track("owe", "o-5");
  const others = ["o-4 skipped cap_coupons", "o-5 owed pool_empty"];
  await shop.becomes(id, [...owed.slice(0, 2), ...others]);
  // Two coupons each instead of the one that was kept for each: one of the three has room, and its share was not given away.
  await replace(id, { ...document, actions: [one, one] });
  await shop.pool("owing", ["OWING-1", "OWING-2", "OWING-3", "OWING-4", "OWING-5", "OWING-6"]);
  const settled = async () =>
    (await shop.outcomes(id))
      .map((outcome) => outcome.slice(4))
      .filter((outcome) => !outcome.startsWith("owed"));
  await expect.poll(async () => (await settled()).length, { timeout: patience }).toBe(4);
  const { rows } = await database.pool.query<{ issued: number; taken: number }>(
    "select (select count(*)::int from automation_coupons where automation_id = $1) as issued, coupons::int as taken from automation_counts where automation_id = $1",
    [id],
  );
  expect(rows).toEqual([{ issued: 2, taken: 2 }]);
});

test("what was waiting is forgotten by a pause and by another trigger, and never done under the document that came after", async () => {
  await database.pool.query(`
    create function refuse_points() returns trigger language plpgsql as $$
    begin raise exception 'a fault that passes'; end $$;
    create trigger refuse_points before insert on points_accounts for each row execute function refuse_points()`);
  const document = (key: string, type: string) => ({
    key,
    trigger: { kind: "event", type },
    actions: [{ kind: "award_points", points: 5 }],
  });
  const paused = await shop.active(document("paused", "before_pause"));
  const changed = await shop.active(document("changed", "before_change"));
  const kept = await shop.active(document("kept", "before_nothing"));
  await shop.track("before_pause", "w-paused");
  await shop.track("before_change", "w-changed");
  await shop.track("before_nothing", "w-kept");
  const attempts = async (id: string) => (await shop.runs(id))[0]?.attempts;
  for (const id of [paused, changed, kept])
    await expect.poll(() => attempts(id), { timeout: patience }).toBe(1);
  await shop.succeed("POST", `/v1/automations/${paused}/pause`);
  await shop.succeed("POST", `/v1/automations/${paused}/activate`);
  await replace(changed, document("changed", "after_change"));
  await replace(kept, { ...document("kept", "before_nothing"), name: "Again" });
  await database.pool.query("drop trigger refuse_points on points_accounts");
  api.clock.advance(60_000);
  await shop.becomes(kept, ["w-kept done"]);
  await shop.becomes(paused, []);
  await shop.becomes(changed, []);
});

test("an automation that gets another name has the trigger it had, however PostgreSQL puts its fields", async () => {
  const document = {
    key: "renamed",
    trigger: { kind: "inactivity", days: 30 },
    actions: [{ kind: "add_tag", tag: "away" }],
  };
  const id = await shop.active(document);
  const epoch = async () =>
    (await database.pool.query("select epoch from automations where id = $1", [id])).rows[0].epoch as number;
  const before = await epoch();
  await replace(id, { ...document, name: "Away" });
  expect(await epoch()).toBe(before);
  await replace(id, { ...document, trigger: { kind: "inactivity", days: 60 } });
  expect(await epoch()).toBeGreaterThan(before);
});

test("an automation that reaches very many keeps another's runs from nothing, and a dry run looks at so many customers only", async () => {
  const many = await shop.active({ trigger: { kind: "schedule", at: "00:00", dates: ["2039-01-01"] } });
  const few = await shop.active({ trigger: { kind: "event", type: "rare" } });
  const insert = (automation: string, count: number, due: string) =>
    database.pool.query(
      `insert into automation_runs (project_id, id, automation_id, epoch, holder, customer_id, occurrence, trigger, due_at, created_at)
       select $1, $2 || '-' || n, $2, 1, n, 'x-' || n, 'once', '{}', $3, now() from generate_series(1, $4::int) as n`,
      [api.project.id, automation, due, count],
    );
  await insert(many, 300, "2038-01-01T00:00:00Z");
  await insert(few, 3, "2038-01-02T00:00:00Z");
  const batch = await dueRuns(database.of(api.project.id), api.project.id, {
    now: Date.parse("2038-01-03T00:00:00Z"),
    most: 100,
  });
  const of = (automation: string) => batch.filter((id) => id.startsWith(automation)).length;
  expect([batch[0]?.startsWith(few), of(few), of(many)]).toEqual([true, 3, 97]);

  await database.pool.query(
    `insert into customers (project_id, id, document, version, created_at, updated_at)
     select $1, 'x-' || lpad(n::text, 6, '0'), '{}', 1, now(), now()
       from generate_series(1, $2::int) as n`,
    [api.project.id, mostTried + 1_000],
  );
  const trigger = { kind: "date", attribute: "renews", yearly: true };
  const document = { key: "renews", trigger, actions: [{ kind: "notify", template: "renew" }] };
  expect(await shop.succeed("POST", "/v1/automations/dry-run", document)).toMatchObject({
    candidates: 0,
    isExact: false,
  });
});

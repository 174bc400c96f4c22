import { afterAll, beforeAll, expect, test } from "vitest";
import { silentLog } from "../../src/platform/log.ts";
import { keepQuarters, keptFrom } from "../../src/platform/quarters.ts";
import { freshDatabase, type TestDatabase } from "../database.ts";
import { type Api, startApi, testClock } from "../features/api.ts";

const clock = testClock(Date.parse("2029-11-20T00:00:00Z"));
let database: TestDatabase;
let api: Api;
/** As an owner who is no superuser, and so is held by forced walls. */
let ownersUrl: string;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database, { clock });
  const owner = `owner_${new URL(database.connectionString).pathname.slice(-8)}`;
  await database.pool.query(`create role ${owner}; grant usage, create on schema public to ${owner};
    grant execute on function wall to ${owner}; grant dealwright_lookout to ${owner};
    do $$ declare one regclass; begin
      for one in select oid from pg_class where relname like 'tracked\\_event%' and relkind in ('r', 'p') loop
        execute format('alter table %s owner to ${owner}', one);
      end loop;
    end $$`);
  const url = new URL(database.connectionString);
  // Its `now()` is found before PostgreSQL's.
  url.searchParams.set("options", `-c role=${owner} -c search_path=public,pg_catalog`);
  ownersUrl = url.href;
});
afterAll(async () => {
  await api.close();
  const owner = /role=(\w+)/.exec(new URL(ownersUrl).searchParams.get("options")!)![1];
  await database.pool.query(`drop owned by ${owner} cascade`);
  await database.pool.query(`drop role ${owner}`);
  await database.close();
});

const table = { name: "tracked_events", column: "occurred_at", companion: "tracked_event_names" };
const databaseIs = (time: number) =>
  database.pool.query(`create or replace function public.now() returns timestamptz language sql stable
    as $$ select timestamptz '${new Date(time).toISOString()}' $$`);
const keep = (keepMonths: number | null = null) =>
  keepQuarters(ownersUrl, table, { now: clock.now(), keepMonths }, silentLog);

async function track(...times: string[]): Promise<void> {
  const events = times.map((time) => ({
    specversion: "1.0",
    id: time,
    source: "/web",
    type: "view",
    time,
    data: { customer: "ada" },
  }));
  const { status, text } = await api.rest("POST", "/v1/events/batch", { role: "checkout", body: { events } });
  expect([status, text]).toEqual([200, expect.any(String)]);
}
const times = async (): Promise<string[]> =>
  (await api.rest("GET", "/v1/tracked-events?limit=200")).body.items.map(
    ({ time }: { time: string }) => time,
  );
const placeOf = async (time: string): Promise<unknown> =>
  (
    await database.pool.query("select tableoid::regclass::text as place from tracked_events where id = $1", [
      time,
    ])
  ).rows[0]?.place;

test("quarters are made two years ahead, once, behind the walls, and what had come early is moved into them", async () => {
  // A Dealwright that was not updated for years: there is no quarter for what happens now.
  clock.advance(Date.parse("2031-02-15T12:00:00Z") - clock.now());
  await track("2031-02-15T00:00:00Z", "2026-11-11T00:00:00Z");
  expect(await placeOf("2031-02-15T00:00:00Z")).toBe("tracked_events_rest");
  const before = await times();

  const { made, dropped } = await keep();
  expect(made).toEqual(
    ["2031q1", "2031q2", "2031q3", "2031q4", "2032q1", "2032q2", "2032q3", "2032q4", "2033q1"].map(
      (quarter) => `tracked_events_${quarter}`,
    ),
  );
  expect([dropped, (await keep()).made]).toEqual([[], []]);

  expect(await placeOf("2031-02-15T00:00:00Z")).toBe("tracked_events_2031q1");
  expect(await times()).toEqual(before);
  await track("2031-01-01T00:00:00Z", "2030-12-31T23:59:59.999Z");
  expect(await placeOf("2031-01-01T00:00:00Z")).toBe("tracked_events_2031q1");
  expect(await placeOf("2030-12-31T23:59:59.999Z")).toBe("tracked_events_2030q4");
  const { rows } = await database.pool.query(
    `select relname::text as name, relrowsecurity and relforcerowsecurity as "isWalled",
            has_table_privilege('dealwright_app', oid, 'select, insert') as "isUsed",
            (select count(*)::int from pg_index where indrelid = c.oid) as indexes
       from pg_class c where relname in ('tracked_events_rest', 'tracked_events_2026q4', 'tracked_events_2033q1')`,
  );
  expect(rows).toEqual(rows.map(({ name }) => ({ name, isWalled: true, isUsed: true, indexes: 7 })));
  expect(rows).toHaveLength(3);
});

test("whole quarters go when their time is up, with what lies before the first of them, and nothing else does", async () => {
  clock.advance(Date.parse("2031-04-01T00:00:00Z") - clock.now());
  await track("2001-01-01T00:00:00Z", "2027-03-31T23:59:59Z", "2027-04-01T00:00:00Z");
  // A process whose clock is ahead drops nothing that is still young by the database's.
  expect((await keep(3)).dropped).toEqual([]);
  await databaseIs(clock.now());
  // The first quarter of 2027 ended 48 months ago to the moment.
  const early = testClock(clock.now() - 1);
  const { dropped: none } = await keepQuarters(
    ownersUrl,
    table,
    { now: early.now(), keepMonths: 48 },
    silentLog,
  );
  expect(none).toEqual(["tracked_events_2026q4"]);
  expect(await times()).toContain("2027-03-31T23:59:59.000Z");

  expect((await keep(48)).dropped).toEqual(["tracked_events_2027q1"]);
  const left = await times();
  expect(left).toContain("2027-04-01T00:00:00.000Z");
  expect(left.filter((time) => time < "2027-04")).toEqual([]);
  expect((await keep(48)).dropped).toEqual([]);
  // What is gone was never heard of, and what is kept is known.
  const { rows } = await database.pool.query(
    "select min(occurred_at) >= '2027-04-01' as \"isYoung\", count(*)::int as names from tracked_event_names",
  );
  expect(rows).toEqual([{ isYoung: true, names: left.length }]);
});

test("many processes at once make each quarter once", async () => {
  clock.advance(Date.parse("2034-01-01T00:00:00Z") - clock.now());
  const all = await Promise.all(Array.from({ length: 6 }, () => keep()));
  const made = all.flatMap((changes) => changes.made);
  expect(new Set(made).size).toBe(made.length);
  expect(made).toHaveLength(9);
});

test.each([
  ["2026-12-31T12:00:00Z", 6, "2026-04-01T00:00:00.000Z"],
  ["2027-03-31T12:00:00Z", 6, "2026-07-01T00:00:00.000Z"],
  ["2027-05-15T00:00:00Z", 3, "2027-01-01T00:00:00.000Z"],
  ["2027-05-15T00:00:00Z", 4, "2027-01-01T00:00:00.000Z"],
  ["2027-05-15T00:00:00Z", 5, "2026-10-01T00:00:00.000Z"],
])("on %s, of %i months, what is kept begins with %s", (now, keepMonths, from) => {
  expect(new Date(keptFrom(Date.parse(now), keepMonths)).toISOString()).toBe(from);
});

/** What many customers bought, read at one go, is what is read of each: whatever orders and redemptions there are. */
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type KpiQuestion, sumNewCustomers } from "../../../src/features/measurement/customer-kpi-store.ts";
import {
  type ArmQuestion,
  sumArms,
  unitsBySku,
} from "../../../src/features/measurement/measurement-store.ts";
import { wholeHistory } from "../../../src/features/measurement/purchase-history.ts";
import { isWholeCheaper } from "../../../src/features/measurement/purchase-history-store.ts";
import type { Connection } from "../../../src/platform/database.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi } from "../api.ts";

let database: TestDatabase;
let api: Api;
let connection: Connection;
let projectId: string;

/** Remainders by primes: every state of a redemption meets every state of an order, linked, by number alone, or not at all. */
beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  projectId = api.project.id;
  connection = database.of(projectId);
  const customer = (prime: number) => `case when n % ${prime} > 0 then 'c-' || n % 97 end`;
  const at = "'2026-10-01T00:00:00Z'::timestamptz + n * interval '1 hour'";
  await database.pool.query(
    `insert into redemptions (project_id, id, source, order_ref, state, mode, customer_id, currency, total, discount, refunded, steps,
            holds, expires_at, created_at, committed_at, request_hash, revision, evaluated_at, request, facts, settings, quote,
            created_by, is_deposit)
     select $1, 'rdm_' || n, 'till', 'n-' || n, (array['reserved', 'committed', 'cancelled', 'partially_returned', 'returned'])[n % 5 + 1],
            'commit', ${customer(7)}, 'CNY', 500, 0, case n % 3 when 0 then 200 else 0 end, 0, '[]', ${at}, ${at}, ${at}, '', 1, ${at},
            json_build_object('channel', 'till', 'lines', json_build_array(json_build_object('id', '1', 'sku', 'S-' || n % 3, 'quantity', 2))),
            '{}', '{}', '{"rewards": []}', '', n % 11 = 0
       from generate_series(1, 4000) as n`,
    [projectId],
  );
  await database.pool.query(
    `insert into orders (project_id, external_id, version, status, customer_id, redemption_id, channel, currency, total, placed_at,
            document, refunded, created_at, updated_at)
     select $1, 'n-' || n, 1, (array['placed', 'paid', 'cancelled', 'returned'])[n % 4 + 1],
            case when n % 13 = 0 then 'c-other' else ${customer(17)} end, case when n % 19 > 8 then 'rdm_' || n end, 'web',
            case when n % 23 = 0 then 'USD' else 'CNY' end, 500, ${at}, json_build_object('lines', json_build_array(
              json_build_object('id', '1', 'sku', 'S-' || n % 3, 'quantity', 2, 'unitPrice', 250))),
            (array[0, 0, 100, 500])[n % 29 % 4 + 1], ${at}, ${at}
       from generate_series(1, 4000) as n where n % 3 > 0`,
    [projectId],
  );
  await database.pool.query(
    `insert into exposures (project_id, kind, name, customer_id, arm, at, channel)
     select $1, 'campaign', 'many', 'c-' || n, case when n % 5 = 0 then 'holdout' else 'treatment' end,
            '2026-10-20T00:00:00Z'::timestamptz + n * interval '1 hour', case when n % 2 = 0 then 'web' end
       from generate_series(1, 120) as n`,
    [projectId],
  );
});
afterAll(async () => {
  await api.close();
  await database.close();
});

test("the history of all customers is theirs one by one", async () => {
  const { rows } = await connection.execute<{ one: number; whole: number; others: number }>(sql`
    with one as (select customer_id, at, currency, total, external_id, source, order_ref from order_history where project_id = ${projectId}),
    whole as (${wholeHistory(projectId)})
    select (select count(*)::int from one) as one, (select count(*)::int from whole) as whole,
           (select count(*)::int from ((table one except all table whole) union all (table whole except all table one)) as x) as others`);
  expect(rows[0]!.one).toBeGreaterThan(1_000);
  expect(rows).toEqual([{ one: rows[0]!.one, whole: rows[0]!.one, others: 0 }]);
});

test("what is measured is the same by either", async () => {
  const at = (day: string) => new Date(`${day}T00:00:00Z`);
  const times = { until: at("2026-12-01"), afterwards: at("2026-12-20"), now: at("2027-02-01") };
  const question: ArmQuestion = { kind: "campaign", name: "many", currency: "CNY", ...times };
  const kpis: KpiQuestion = {
    currency: "CNY",
    from: at("2026-10-02"),
    to: at("2026-11-01"),
    now: times.now,
    byChannel: true,
    byCohort: true,
    timezone: "UTC",
    repurchaseDays: 30,
    periodDays: 30,
  };
  const read = async (isWhole: boolean) => ({
    arms: await sumArms(connection, projectId, question, ["all", "channel"], isWhole),
    skus: await unitsBySku(connection, projectId, question, 10, isWhole),
    news: (await sumNewCustomers(connection, projectId, kpis, isWhole)).sort((a, b) =>
      String(a.channel) < String(b.channel) ? -1 : 1,
    ),
  });
  const each = await read(false);
  expect(each.arms.map(({ by, group, arm }) => [by, group, arm])).toHaveLength(6);
  expect(each.skus).toHaveLength(3);
  expect(each.news.map(({ customers }) => customers > 0)).toEqual([true, true]);
  expect(await read(true)).toEqual(each);
});

test("all is read where many customers are asked for", async () => {
  const customers = (count: number) =>
    isWholeCheaper(connection, sql`select from generate_series(1, ${count}::int)`);
  expect([await customers(9_999), await customers(10_000)]).toEqual([false, true]);
});

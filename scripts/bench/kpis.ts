/**
 * What the figures of campaigns cost on many orders: `npx tsx scripts/bench/kpis.ts --orders 100000`. A few hundred carts are
 * redeemed through the service; their redemptions are copied by SQL to as many orders as are wanted, over a month of two
 * campaigns, for half of them an ERP's order as well, on a durable PostgreSQL of its own. Then it
 *
 * 1. makes all figures from redemptions and orders (`rebuild-campaign-kpis`), and follows further ones as they come, by events;
 * 2. reads them as users do: board, attainment, breakdown, measurement, customer KPIs;
 * 3. works the same sums out from the raw tables by SQL that knows nothing of ours, and fails where one cent differs.
 *
 * Prints a JSON line, and on the way how far it has come. CPU times say what it costs also where others work on the same cores.
 */
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { rebuildCampaignKpis } from "../../src/features/campaigns/campaign-kpi-service.ts";
import { openDatabase } from "../../src/platform/database.ts";
import { silentLog } from "../../src/platform/log.ts";
import { cpuTimeOfPostgres } from "./cpu-time.ts";
import { median } from "./measurement.ts";
import { type OwnService, withOwnService } from "./own-service.ts";

const { values } = parseArgs({ options: { orders: { type: "string", default: "100000" } } });
const orders = Number(values.orders);
/** Redeemed by the service, and copied. */
const samples = 400;
/** That come while the service runs, told by events. */
const live = Math.min(20_000, Math.ceil(orders / 5));
const days = 30;
const secret = "bench-admin-key-for-campaign-kpis";
const reads = 9;
const campaign = "bench";

interface Cost {
  seconds: number;
  /** Microseconds of CPU for each order. */
  serviceCpu: number;
  postgresCpu: number;
}

/** By what it is held against: the sums of the campaign. */
interface RawSums {
  readonly orders: number;
  readonly revenue: number;
  readonly units: number;
  readonly discount: number;
  readonly newCustomers: number;
  readonly teaUnits: number;
  readonly teaDiscount: number;
}

async function bench({ projectId, database, owner, postgresProcessId, call }: OwnService) {
  await plan(call);
  await redeemSamples(call);
  await settled(owner, projectId);
  const timed = async (count: number, work: () => Promise<unknown>): Promise<Cost> => {
    const [began, own, postgres] = [
      performance.now(),
      process.cpuUsage(),
      cpuTimeOfPostgres(postgresProcessId),
    ];
    await work();
    const { user, system } = process.cpuUsage(own);
    return {
      seconds: Math.round((performance.now() - began) / 100) / 10,
      serviceCpu: Math.round((user + system) / count),
      postgresCpu: Math.round((cpuTimeOfPostgres(postgresProcessId) - postgres) / count),
    };
  };
  const say = (what: string) => void process.stderr.write(`${new Date().toISOString()} ${what}\n`);
  await copy(owner, projectId, samples, orders - live);
  await owner.pool.query("vacuum analyze");
  say("filled");
  // As the script has it: a transaction of many minutes, in the role of the service.
  const patient = openDatabase({
    connectionString: connectionOf(database),
    log: silentLog,
    poolSize: 1,
    statementTimeoutMilliseconds: 3_600_000,
  });
  const rolledUp = await timed(orders - live, () => rebuildCampaignKpis(patient, projectId));
  await patient.close();
  say(`rolled up ${JSON.stringify(rolledUp)}`);
  const followed = await timed(live, async () => {
    await copy(owner, projectId, orders - live, orders, true);
    await settled(owner, projectId);
  });
  await owner.pool.query("vacuum analyze");
  const paths: Readonly<Record<string, string>> = {
    board: "live",
    attainment: "attainment",
    byChannel: "breakdown?by=channel",
    bySku: "breakdown?by=sku",
    bySegment: "breakdown?by=segment",
    measurement: "measurement",
    attribution: "attribution",
    review: "review",
  };
  say(`followed ${JSON.stringify(followed)}`);
  const milliseconds: Record<string, { clock: number; postgresCpu: number; refused?: string }> = {};
  const read = async (name: string, path: string) => {
    const clocks: number[] = [];
    let refused: string | null = null;
    const before = cpuTimeOfPostgres(postgresProcessId);
    // What takes seconds is not asked as often.
    for (let i = 0; i < reads && (i < 2 || clocks[0]! < 2_000); i += 1) {
      const began = performance.now();
      await call("GET", path).catch((error: Error) => {
        refused = error.message;
      });
      clocks.push(performance.now() - began);
    }
    milliseconds[name] = {
      clock: Math.round(median(clocks) * 10) / 10,
      postgresCpu: Math.round((cpuTimeOfPostgres(postgresProcessId) - before) / clocks.length / 100) / 10,
      ...(refused !== null && { refused }),
    };
    say(`${name} ${JSON.stringify(milliseconds[name])}`);
  };
  for (const [name, path] of Object.entries(paths)) await read(name, `/v1/campaigns/${campaign}/${path}`);
  const until = new Date(Date.now() + 86_400_000).toISOString();
  const month = new Date(Date.now() - (days + 1) * 86_400_000).toISOString();
  await read("customerKpis", `/v1/customer-kpis?currency=CNY&from=${month}&to=${until}&by=channel`);
  const differences = await compare(call, owner, projectId);
  return { orders, rolledUp, followed, milliseconds, differences };
}

function connectionOf({ pool }: OwnService["database"]): string {
  const { connectionString } = pool.options;
  if (connectionString === undefined) throw new Error("no connection string");
  return connectionString;
}

async function plan(call: OwnService["call"]): Promise<void> {
  const at = (distance: number) => new Date(Date.now() + distance * 86_400_000).toISOString();
  for (const key of [campaign, "beside"])
    await call("POST", "/v1/campaigns", {
      key,
      name: key,
      startsAt: at(-days),
      endsAt: at(days),
      goals: [
        { metric: "gmv", target: 1_000_000_000_00 },
        { metric: "roi", target: 3 },
        { metric: "orders", target: 1_000, by: at(-days / 2) },
      ],
      budget: { currency: "CNY", amount: 100_000_000_00 },
    });
  const promotions = [
    { key: "bench-order", campaign, benefits: [{ kind: "percent_off", target: "order", percent: 7 }] },
    {
      key: "bench-tea",
      campaign,
      benefits: [{ kind: "percent_off", target: "item", select: { skus: ["SKU-0", "SKU-1"] }, percent: 13 }],
    },
    {
      key: "bench-gift",
      campaign,
      conditions: { kind: "quantity", atLeast: 4 },
      benefits: [{ kind: "gift", sku: "TOTE", unitCost: { CNY: 900 } }],
    },
    {
      key: "beside-shipping",
      campaign: "beside",
      conditions: { kind: "channel", in: ["app"] },
      benefits: [{ kind: "free_shipping" }],
    },
  ];
  for (const promotion of promotions) {
    const { id } = await call("POST", "/v1/promotions", { trigger: { type: "automatic" }, ...promotion });
    await call("POST", `/v1/promotions/${id}/activate`);
  }
  await call("POST", `/v1/campaigns/${campaign}/costs`, {
    id: "ads",
    element: "advertising",
    amount: 5_000_000,
    currency: "CNY",
    at: at(0),
  });
  for (const key of ["even", "third"]) await call("POST", "/v1/segments", { key, name: key });
}

/** Each of one to four SKUs of three hundred, on three channels. */
async function redeemSamples(call: OwnService["call"]): Promise<void> {
  for (let n = 0; n < samples; n += 1)
    await call("POST", "/v1/redemptions", {
      currency: "CNY",
      channel: ["web", "app", "mini-program"][n % 3],
      customer: { id: "sample" },
      lines: Array.from({ length: 1 + (n % 4) }, (_, i) => ({
        id: String(i),
        sku: `SKU-${(n * 7 + i * 13) % 300}`,
        quantity: 1 + ((n + i) % 3),
        unitPrice: 1_999 + ((n * 37) % 5_000),
        unitCost: 900,
      })),
      shipping: [{ id: "s", amount: 1_200 }],
      orderRef: `sample-${n}`,
      mode: "commit",
    });
}

/** Redemptions number `from` to `to`, as copies of the samples: each with a customer and a time of its own. */
async function copy(
  { pool }: OwnService["owner"],
  projectId: string,
  from: number,
  to: number,
  withEvents = false,
): Promise<void> {
  const most = 50_000;
  const customers = Math.max(1, Math.round(orders / 3));
  for (let begin = from; begin < to; begin += most) {
    const end = Math.min(to, begin + most);
    const numbers = "generate_series($2::int, $3::int - 1) as n";
    const client = await pool.connect();
    try {
      await client.query("begin");
      await client.query(
        `create temporary table made on commit drop as
         select n, 'rdm_zz' || lpad(n::text, 12, '0') as id, 'O-' || n as order_ref, 'c-' || (n::bigint * 7919 % $4::int) as customer,
                now() - $5::int * interval '1 day' * (1 - n::float8 / $6::int) as at, s.*
           from ${numbers} join (select row_number() over (order by created_at, id) - 1 as place, r.id as sample_id, r.order_ref as sample_ref
             from redemptions r where project_id = $1 and order_ref like 'sample-%') as s on s.place = n % ${samples}`,
        [projectId, begin, end, customers, days, orders],
      );
      await client.query(
        `insert into redemptions (project_id, id, source, order_ref, state, mode, customer_id, currency, total, discount, refunded, steps, holds,
                created_at, committed_at, request_hash, revision, evaluated_at, request, facts, settings, quote, created_by, is_deposit)
         select r.project_id, m.id, r.source, m.order_ref, r.state, r.mode, m.customer, r.currency, r.total, r.discount, r.refunded, r.steps, '[]',
                m.at, m.at, r.request_hash, r.revision, m.at, r.request, r.facts, r.settings, r.quote, r.created_by, false
           from made m join redemptions r on r.project_id = $1 and r.id = m.sample_id`,
        [projectId],
      );
      await client.query(
        `insert into orders (project_id, external_id, version, status, customer_id, redemption_id, channel, currency, total, placed_at, document, returned, refunded, created_at, updated_at)
         select $1, 'erp-' || m.n, 1, case m.n % 100 when 0 then 'cancelled' when 2 then 'placed' else 'paid' end, m.customer, m.id,
                r.request ->> 'channel', 'CNY', r.total, m.at, jsonb_build_object('lines', r.request -> 'lines', 'total', r.total), '[]', 0, m.at, m.at
           from made m join redemptions r on r.project_id = $1 and r.id = m.sample_id where m.n % 2 = 0`,
        [projectId],
      );
      await client.query(
        `insert into segment_members (project_id, segment_id, customer_id, since)
         select $1, s.id, m.customer, now() from (select distinct customer from made) as m join segments s on s.project_id = $1
            and (s.key = 'even' and hashtext(m.customer) % 2 = 0 or s.key = 'third' and hashtext(m.customer) % 3 = 0)
         on conflict do nothing`,
        [projectId],
      );
      if (withEvents)
        await client.query(
          `insert into outbox_events (project_id, id, type, subject, data)
           select $1, 'evt_zz' || lpad(m.n::text, 12, '0'), e.type, m.id,
                  replace(replace(e.data::text, m.sample_id, m.id), '"' || m.sample_ref || '"', '"' || m.order_ref || '"')::json
             from made m join outbox_events e on e.project_id = $1 and e.subject = m.sample_id and e.type like '%committed%'
            order by m.n`,
          [projectId],
        );
      await client.query("commit");
    } finally {
      client.release();
    }
  }
}

/** All events are numbered, and with them followed. */
async function settled({ pool }: OwnService["owner"], projectId: string): Promise<void> {
  for (;;) {
    const { rows } = await pool.query(
      "select exists (select from outbox_events where project_id = $1 and position is null) as some",
      [projectId],
    );
    if (!rows[0].some) return;
    await delay(20);
  }
}

/** What the service says and the raw tables do not; empty if all is well. */
async function compare(
  call: OwnService["call"],
  { pool }: OwnService["owner"],
  projectId: string,
): Promise<string[]> {
  const { rows } = await pool.query<Record<keyof RawSums, string>>(
    `with sold as (
       select r.id, coalesce(r.customer_id, o.customer_id) as customer, r.created_at, o.status, coalesce(o.total, r.total) - r.refunded as paid,
              r.request -> 'lines' as lines, r.quote
         from redemptions r left join orders o on o.project_id = r.project_id and o.redemption_id = r.id
        where r.project_id = $1 and r.state = 'committed'),
     firsts as (select distinct on (customer) id from sold order by customer, created_at, id),
     counted as (select * from sold where status is distinct from 'cancelled'),
     lines as (
       select (l ->> 'quantity')::bigint as quantity, l ->> 'sku' as sku,
              (select sum((a ->> 'amount')::bigint)
                 from json_array_elements(c.quote -> 'lines') as q, json_array_elements(q -> 'adjustments') as a
                where q ->> 'id' = l ->> 'id' and a ->> 'promotion' like 'bench-%') as off
         from counted c, json_array_elements(c.lines) as l)
     select (select count(*) from counted) as orders, (select sum(paid) from counted) as revenue,
            (select sum(quantity) from lines) as units, (select sum(off) from lines) as discount,
            (select count(*) from counted join firsts using (id) where status is distinct from 'placed') as "newCustomers",
            (select sum(quantity) from lines where sku = 'SKU-0') as "teaUnits",
            (select sum(off) from lines where sku = 'SKU-0') as "teaDiscount"`,
    [projectId],
  );
  const { figures } = await call("GET", `/v1/campaigns/${campaign}/live`);
  const bySku = await call("GET", `/v1/campaigns/${campaign}/breakdown?by=sku&limit=500`);
  const tea = bySku.rows.find(({ name }: { name: string }) => name === "SKU-0");
  const told: RawSums = {
    orders: figures.orders,
    revenue: figures.gmv,
    units: figures.units,
    discount: figures.discountCost,
    newCustomers: figures.newCustomers,
    teaUnits: tea.units,
    teaDiscount: tea.discountCost,
  };
  return Object.entries(told)
    .filter(([name, amount]) => Number(rows[0]![name as keyof RawSums]) !== amount)
    .map(([name, amount]) => `${name}: ${amount}, by the raw tables ${rows[0]![name as keyof RawSums]}`);
}

const figures = await withOwnService({ key: { key: "bench", role: "admin", secret } }, bench);
process.stdout.write(`${JSON.stringify(figures)}\n`);
if (figures.differences.length > 0) throw new Error("the figures are not those of the raw tables");

/**
 * The tiers that are kept step by step, by two processes and out of messages in any order, are those that follow from the orders
 * as they stand, worked out for everybody at once by another program.
 */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Achievement, SetTier, TierRules } from "../../../src/engine/tier-ladder.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { modelTier } from "../../engine/tier-model.ts";
import { patience, sized } from "../../faults/sizes.ts";
import { type Api, startApi } from "../api.ts";

const day = 86_400_000;
const timezone = "Asia/Shanghai";
let database: TestDatabase;
let api: Api;
let other: Api;
beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  other = await startApi(database, { clock: api.clock });
  await api.rest("PATCH", "/v1/project/settings", { body: { timezone }, headers: { "if-match": "*" } });
});
afterAll(async () => {
  await api.close();
  await other.close();
  await database.close();
});

const tiers = [
  { key: "silver", amounts: { CNY: 1_000 } },
  { key: "gold", amounts: { CNY: 3_000 } },
  { key: "diamond", amounts: { CNY: 9_000 } },
];
const programmes = [
  { measure: "amount", downgrade: "one_level", tiers },
  {
    measure: "amount",
    qualification: { kind: "rolling_months", months: 2 },
    validity: { kind: "months", count: 1 },
    tiers,
  },
  {
    measure: "amount",
    qualification: { kind: "calendar_year" },
    validity: { kind: "calendar_years", count: 1 },
    tiers,
  },
];

/** Everything that is to be done has been done. */
async function isQuiet(): Promise<void> {
  await expect
    .poll(
      async () => {
        const { rows } = await database.pool.query<{ quiet: boolean }>(
          `select not exists (select from outbox_events where position is null)
              and not exists (select from projects_with_upkeep_due($1)) as quiet`,
          [new Date(api.clock.now()).toISOString()],
        );
        return rows[0]?.quiet;
      },
      { timeout: patience, interval: 50 },
    )
    .toBe(true);
}

async function kept(): Promise<Record<string, unknown>> {
  const { rows } = await database.pool.query<{ id: string; kept: unknown }>(
    `select customer_id as id, json_build_object('tier', tier, 'since', floor(extract(epoch from since) * 1000)::bigint,
              'until', floor(extract(epoch from until) * 1000)::bigint, 'isManual', is_manual) as kept
       from customer_tiers where tier is not null order by 1`,
  );
  return Object.fromEntries(rows.map((row) => [row.id, row.kept]));
}

async function recomputed(programme: { tiers: typeof tiers } & object): Promise<Record<string, unknown>> {
  const rules = {
    downgrade: "to_qualified",
    qualification: { kind: "rolling_months", months: 12 },
    validity: { kind: "months", count: 12 },
    ...programme,
    tiers: programme.tiers.map(({ key, amounts }) => ({ key, bounds: amounts })),
  } as TierRules;
  const { rows } = await database.pool.query<{ id: string; done: Achievement[] | null; set: SetTier | null }>(
    // The ERP's orders as they were stored last, and not what anybody made of them.
    `select id, (select json_agg(json_build_object('at', extract(epoch from placed_at) * 1000, 'of', currency, 'value', total - refunded))
                   from orders o where o.customer_id = c.id and status not in ('cancelled', 'returned')
                                   and not (refunded > 0 and refunded >= total)) as done,
            (select json_build_object('tier', tier, 'from', floor(extract(epoch from set_at) * 1000)::bigint,
                      'until', floor(extract(epoch from until) * 1000)::bigint)
               from tier_settings s where s.customer_id = c.id) as set
       from customers c order by id`,
  );
  const all = rows.map(({ id, done, set }) => {
    const ordered = (done ?? []).map((one) => ({ ...one, at: Math.round(Number(one.at)) }));
    return [id, modelTier(rules, ordered, { set, timezone, now: api.clock.now() })] as const;
  });
  return Object.fromEntries(all.filter(([, { tier }]) => tier !== null));
}

const customers = ["p-1", "p-2", "p-3"];
/** Each is one customer's. */
const anOrder = fc.integer({ min: 0, max: 3 });
const message = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("order" as const),
      order: anOrder,
      version: fc.integer({ min: 2, max: 6 }),
      daysAgo: fc.integer({ min: -3, max: 900 }),
      total: fc.constantFrom(1, 999, 1_000, 2_000, 3_000, 9_000),
      status: fc.constantFrom("placed", "paid", "paid", "paid", "cancelled", "returned"),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("return" as const), order: anOrder }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("set" as const),
      customer: fc.constantFrom(...customers),
      tier: fc.constantFrom(null, "silver", "diamond"),
      days: fc.integer({ min: 1, max: 60 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("time" as const), days: fc.constantFrom(0, 40, 200) }),
  },
);

test(
  "whatever the order in which orders, returns and late messages come",
  async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...programmes),
        fc.array(message, { minLength: 5, maxLength: 15 }),
        async (programme, later) => {
          const messages: typeof later = [
            ...[0, 1, 2, 3].map((order) => ({
              kind: "order" as const,
              order,
              version: 1,
              daysAgo: order * 100,
              total: 3_000 as const,
              status: "paid" as const,
            })),
            { kind: "time", days: 0 },
            ...later,
            { kind: "time", days: 0 },
            ...[0, 1, 2, 3].map((order) => ({ kind: "return" as const, order })),
          ];
          run += 1;
          const put = await api.rest("PUT", "/v1/tier-programme", { body: programme });
          expect(put.status, put.text).toBe(200);
          const externalId = (order: number) => `R${run}-${order}`;
          let from = 0;
          const send = async (index: number): Promise<void> => {
            const one = messages[index]!;
            const via = index % 2 === 0 ? api : other;
            if (one.kind === "time") return;
            if (one.kind === "set") {
              const until = new Date(api.clock.now() + one.days * day).toISOString();
              await api.rest("PUT", `/v1/customers/${one.customer}-${run}/tier`, {
                body: { tier: one.tier, until, reason: "a test" },
              });
            } else if (one.kind === "return")
              await api.rest("POST", `/v1/orders/${externalId(one.order)}/returns`, {
                role: "erp",
                body: { lines: [{ id: "1", quantity: 1 }] },
              });
            else {
              const { order, daysAgo, total, ...rest } = one;
              const answer = await via.rest("PUT", `/v1/orders/${externalId(order)}`, {
                key: api.project.keys.erp,
                body: {
                  version: rest.version,
                  status: rest.status,
                  currency: "CNY",
                  placedAt: new Date(api.clock.now() - daysAgo * day).toISOString(),
                  customer: `${customers[order % customers.length]}-${run}`,
                  lines: [{ id: "1", sku: "A", quantity: 2, unitPrice: Math.ceil(total / 2) }],
                  total,
                },
              });
              expect([200, 409]).toContain(answer.status);
            }
          };
          // Those between two changes of the clock come all at once.
          for (let index = 0; index <= messages.length; index += 1) {
            const one = messages[index];
            if (one !== undefined && one.kind !== "time") continue;
            const batch = Array.from({ length: index - from }, (_, n) => from + n);
            await Promise.all(batch.map(send));
            from = index;
            // Everybody has been looked at: what follows is told by nothing but the messages.
            if (one?.days === 0) await isQuiet();
            else if (one !== undefined) api.clock.advance(one.days * day);
          }
          await isQuiet();
          expect(await kept()).toEqual(await recomputed(programme));
        },
      ),
      { numRuns: sized(6, 150) },
    );
  },
  patience,
);

import { afterAll, beforeAll, expect, test } from "vitest";
import { buildApp } from "../../../src/app.ts";
import { limits } from "../../../src/engine/limits.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { patience } from "../../faults/sizes.ts";
import { type Answer, type Api, startApi } from "../api.ts";
import { faultOf, putOrder } from "../orders-fixture.ts";
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

const tell = (id: string, body: object) => api.rest("PUT", `/v1/customers/${id}`, { role: "erp", body });
const tagged = (tag: string) => ({ kind: "customer_tag", in: [tag] });

async function segment(key: string, fields: object = {}): Promise<Answer["body"]> {
  const answer = await api.rest("POST", "/v1/segments", { role: "marketing", body: { key, ...fields } });
  expect([answer.status, answer.text]).toEqual([201, expect.any(String)]);
  return answer.body;
}

async function membersOf(key: string): Promise<string[]> {
  const { body } = await api.rest("GET", `/v1/segments/${key}/members?limit=200`, { role: "viewer" });
  return body.items.map(({ customer }: { customer: string }) => customer);
}

const becomes = (key: string, members: readonly string[]) =>
  expect.poll(() => membersOf(key), { timeout: patience, interval: 100 }).toEqual([...members].sort());

/** The projects in which something is to be done. */
const due = async (at: number) =>
  (await database.pool.query("select projects_with_upkeep_due($1) as id", [new Date(at)])).rows;

/** All that was written is looked at. Before, members may be those of an earlier moment that happen to be the same. */
const isSettled = () =>
  expect
    .poll(
      async () => [
        (await database.pool.query("select type from outbox_events where position is null")).rows,
        await due(api.clock.now()),
      ],
      { timeout: patience },
    )
    .toEqual([[], []]);

/** What was told of a segment, oldest first: "+c-1", "-c-1". */
async function toldOf(key: string): Promise<string[]> {
  const { rows } = await database.pool.query<{ type: string; data: { customer: string } }>(
    "select type, data from outbox_events where type like 'dealwright.segment.%' and data ->> 'segment' = $1 order by seq",
    [key],
  );
  return rows.map(({ type, data }) => `${type.endsWith("entered") ? "+" : "-"}${data.customer}`);
}

test("a preview counts whoever an order is known of, also before there is any segment", async () => {
  const own = await startApi(database);
  try {
    await own.rest("PUT", "/v1/customers/v-told", { role: "erp", body: {} });
    await putOrder(own, "V-1", { customer: "v-buyer" });
    const { body } = await own.rest("POST", "/v1/segments/preview", {
      body: { conditions: { kind: "order_count", atLeast: 1 } },
    });
    expect(body).toEqual({ size: 1, isExact: true, customers: 2, sample: ["v-buyer"] });
  } finally {
    await own.close();
  }
});

test("a segment has whoever meets its conditions, known by the shop or by an order alone, and follows every change", async () => {
  await tell("s-vip", { tags: ["s"], groups: ["vip"] });
  await tell("s-plain", { tags: ["s"] });
  expect((await putOrder(api, "S-1", { customer: "s-buyer", total: 9_000, version: 1 })).status).toBe(200);
  const conditions = {
    any: [
      { all: [tagged("s"), { kind: "customer_group", in: ["vip"] }] },
      { kind: "order_amount", atLeast: { CNY: 9_000 }, withinDays: 30 },
    ],
  };
  expect(await segment("good", { conditions })).toMatchObject({ size: 0, isCurrent: false, version: 1 });
  await becomes("good", ["s-buyer", "s-vip"]);
  await expect
    .poll(async () => (await api.rest("GET", "/v1/segments/good")).body, { timeout: patience })
    .toMatchObject({ size: 2, isCurrent: true });
  // An order was enough to be known.
  expect((await api.rest("GET", "/v1/customers/s-buyer")).body).toMatchObject({ id: "s-buyer", groups: [] });

  await tell("s-plain", { groups: ["vip"] });
  await putOrder(api, "S-1", { customer: "s-buyer", total: 9_000, version: 2, status: "cancelled" });
  await becomes("good", ["s-plain", "s-vip"]);
  expect((await toldOf("good")).sort()).toEqual(["+s-buyer", "+s-plain", "+s-vip", "-s-buyer"]);

  // Other conditions: everybody is looked at anew.
  const replaced = await api.rest("PUT", "/v1/segments/good", {
    body: { key: "good", conditions: { not: { kind: "customer_group", in: ["vip"] } } },
    headers: { "if-match": '"1"' },
  });
  expect([replaced.status, replaced.body.isCurrent]).toEqual([200, false]);
  await becomes("good", ["s-buyer"]);
  const listed = await api.rest("GET", "/v1/customers?segment=good");
  expect(listed.body.items.map(({ id }: { id: string }) => id)).toEqual(["s-buyer"]);
  expect((await api.rest("DELETE", "/v1/segments/good")).body).toEqual({ key: "good", members: 1 });
  expect((await api.rest("GET", "/v1/segments/good")).body.code).toBe("segment-not-found");
});

test("what conditions leave out is filled in: a birthday is today's, and told so", async () => {
  await tell("b-today", { birthday: "--11-11" });
  await tell("b-tomorrow", { birthday: "--11-12" });
  const conditions = { any: [{ kind: "birthday" }, tagged("of nobody")] };
  expect((await segment("birthdays", { conditions })).conditions).toMatchObject({
    any: [{ withinDays: 0 }, {}],
  });
  await becomes("birthdays", ["b-today"]);
});

test("time alone brings customers into a segment, a day late at most", async () => {
  const placedAt = new Date(api.clock.now() - 60 * 86_400_000).toISOString();
  await putOrder(api, "T-1", { customer: "t-asleep", placedAt });
  await segment("asleep", { conditions: { kind: "days_since_order", atLeast: 90 } });
  await expect
    .poll(async () => (await api.rest("GET", "/v1/segments/asleep")).body.isCurrent, { timeout: patience })
    .toBe(true);
  expect(await membersOf("asleep")).not.toContain("t-asleep");
  api.clock.advance(31 * 86_400_000);
  await expect.poll(() => membersOf("asleep"), { timeout: patience, interval: 100 }).toContain("t-asleep");
});

test("where nothing is due no process looks further, until the next day of the project", async () => {
  await segment("quiet", { conditions: tagged("quiet") });
  await expect.poll(() => due(api.clock.now()), { timeout: patience }).toEqual([]);
  expect(await due(api.clock.now() + 86_400_000)).toEqual([{ id: api.project.id }]);
});

test("three processes at once tell each coming and going exactly once, and end where a preview does", async () => {
  const conditions = { all: [tagged("race"), { kind: "order_count", atLeast: 1 }] };
  await segment("race", { conditions });
  const others = await Promise.all(
    [0, 1].map(() =>
      buildApp({ config: { environment: "test", logLevel: "silent" }, database, clock: api.clock }),
    ),
  );
  try {
    const customers = Array.from({ length: 12 }, (_, n) => `race-${n}`);
    for (let round = 1; round <= 5; round += 1) {
      await Promise.all(
        customers.flatMap((id, n) => [
          tell(id, { tags: (n + round) % 3 === 0 ? [] : ["race"] }),
          putOrder(api, `R-${n}`, {
            customer: id,
            version: round,
            status: (n + round) % 4 === 0 ? "cancelled" : "paid",
          }),
        ]),
      );
    }
    const expected = customers.filter((_, n) => (n + 5) % 3 !== 0 && (n + 5) % 4 !== 0);
    await becomes("race", expected);
    await isSettled();
    expect(await membersOf("race")).toEqual([...expected].sort());
    const preview = await api.rest("POST", "/v1/segments/preview", {
      role: "viewer",
      body: { conditions, sample: 100 },
    });
    expect(preview.body).toMatchObject({ size: expected.length, isExact: true, sample: expected.sort() });

    const told = await toldOf("race");
    for (const id of customers) {
      const own = told.filter((change) => change.slice(1) === id).map(([sign]) => sign);
      expect(own, id).toEqual(own.map((_, n) => (n % 2 === 0 ? "+" : "-")));
      expect(own.length % 2, id).toBe(expected.includes(id) ? 1 : 0);
    }
  } finally {
    for (const other of others) await other.close();
  }
});

test("a list has whoever is put on it, and twenty who say so at once are told as one", async () => {
  await segment("list", { name: "By hand" });
  const change = (body: object) => api.rest("POST", "/v1/segments/list/members", { role: "marketing", body });
  const answers = await Promise.all(Array.from({ length: 20 }, () => change({ add: ["l-1", "l-2"] })));
  expect(answers.map(({ body }) => body.added).sort()).toEqual([...Array(19).fill(0), 2]);
  expect((await change({ add: ["l-3"], remove: ["l-1", "l-9"] })).body).toEqual({
    added: 1,
    removed: 1,
    size: 2,
  });
  const stream = await api.rest("POST", "/v1/segments/list/members/bulk", {
    role: "marketing",
    headers: { "content-type": "application/x-ndjson" },
    body: '{"customer":"l-4"}\n{"customer":""}\n{"customer":"l-2","member":false}\n',
  });
  expect(
    stream.text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).status),
  ).toEqual(["stored", "refused", "stored"]);
  expect(await membersOf("list")).toEqual(["l-3", "l-4"]);
  expect((await toldOf("list")).sort()).toEqual(["+l-1", "+l-2", "+l-3", "+l-4", "-l-1", "-l-2"]);

  await segment("ruled", { conditions: tagged("ruled") });
  const refused = await api.rest("POST", "/v1/segments/ruled/members", { body: { add: ["l-1"] } });
  expect(faultOf(refused)).toBe("409 segment-by-conditions");
});

test("callers who exchange members, or delete what others fill or look through, never fail for each other", async () => {
  await segment("swap");
  const swap = (add: string, remove: string) =>
    api.rest("POST", "/v1/segments/swap/members", { body: { add: [add], remove: [remove] } });
  const answers: Answer[] = [];
  for (let round = 0; round < 8; round += 1) {
    await segment(`gone-${round}`);
    await segment(`ruled-${round}`, { conditions: tagged("nobody") });
    const add = Array.from({ length: 20 }, (_, n) => `g-${n}`);
    const fill = () => api.rest("POST", `/v1/segments/gone-${round}/members`, { body: { add } });
    const together = await Promise.all([
      ...[0, 1, 2].flatMap(() => [swap("w-1", "w-2"), swap("w-2", "w-1")]),
      fill(),
      api.rest("DELETE", `/v1/segments/gone-${round}`),
      fill(),
      api.rest("DELETE", `/v1/segments/ruled-${round}`),
    ]);
    answers.push(...together);
  }
  expect(answers.filter(({ status }) => status !== 200 && status !== 404).map(({ text }) => text)).toEqual(
    [],
  );
  expect(await membersOf("swap")).toHaveLength(1);
});

test("a private promotion of a segment is priced for who is in it, named by nothing but the id, and told to nobody else", async () => {
  await segment("chosen");
  await api.rest("POST", "/v1/segments/chosen/members", { body: { add: ["p-in"] } });
  await activePromotion(api, "hush-hush", {
    visibility: "private",
    conditions: { kind: "segment", in: ["chosen"] },
  });
  const priced = (customer?: object) =>
    api.rest("POST", "/v1/evaluations", {
      role: "checkout",
      body: {
        currency: "CNY",
        lines: [{ id: "1", sku: "A", quantity: 1, unitPrice: 10_000 }],
        ...(customer && { customer }),
        explain: "all",
      },
    });
  const inside = await priced({ id: "p-in" });
  expect([inside.body.discount, inside.text.includes("hush-hush")]).toEqual([1_000, true]);
  for (const customer of [{ id: "p-out" }, { groups: ["chosen"] }, undefined]) {
    const { body, text } = await priced(customer);
    expect([body.discount, text.includes("hush-hush")]).toEqual([0, false]);
  }
  const redeemed = await api.rest("POST", "/v1/redemptions", {
    role: "checkout",
    body: {
      currency: "CNY",
      lines: [{ id: "1", sku: "A", quantity: 1, unitPrice: 10_000 }],
      customer: { id: "p-in" },
      orderRef: "p-1",
      mode: "commit",
    },
  });
  expect(redeemed.body.quote.discount).toBe(1_000);
});

test("conditions that only a cart could answer are refused, and a promotion that names an unknown segment is warned of", async () => {
  const refused: [object, string][] = [
    [{ kind: "channel", in: ["web"] }, "/conditions/kind not_about_customer"],
    [{ not: { kind: "segment", in: ["list"] } }, "/conditions/not/kind not_about_customer"],
    [{ kind: "attribute", of: "cart", name: "a", in: ["b"] }, "/conditions/kind not_about_customer"],
    [
      { kind: "expression", cel: 'cart.subtotal > 0 || "a" in customer.tags' },
      "/conditions not_about_customer",
    ],
    [{ kind: "expression", cel: '"list" in customer.facts.segments' }, "/conditions not_about_customer"],
    [{ kind: "order_amount", atLeast: { CNY: 1, USD: 1 }, withinDays: 9 }, "/currency currency_required"],
  ];
  for (const [conditions, fault] of refused) {
    const preview = await api.rest("POST", "/v1/segments/preview", { body: { conditions } });
    expect(faultOf(preview)).toBe(`400 invalid-request ${fault}`);
    const created = await api.rest("POST", "/v1/segments", { body: { key: "never", conditions } });
    expect(faultOf(created)).toBe(`400 invalid-request ${fault}`);
  }
  await segment("known");
  const { body } = await api.rest("POST", "/v1/promotions/validate", {
    body: {
      key: "by-segment",
      name: "x",
      trigger: { type: "automatic" },
      conditions: { all: [{ kind: "segment", in: ["known", "nobody-knows"] }] },
      benefits: [{ kind: "percent_off", percent: 10 }],
    },
  });
  expect(body.warnings).toEqual([
    { path: "/conditions/all/0/in/1", code: "segment_missing", message: expect.any(String) },
  ]);
});

test("a project has as many segments by conditions as it may have, and two who come for the last one do not both get it", async () => {
  const own = await startApi(database);
  try {
    await database.pool.query(
      `insert into segments select $1, 'seg_' || n, 'full-' || n, 1, '{"conditions":{"kind":"first_order"}}', 1, now(), now()
         from generate_series(1, $2::int) n`,
      [own.project.id, limits.segmentsPerProject - 1],
    );
    const body = (key: string) => ({ body: { key, conditions: tagged("x") } });
    const answers = await Promise.all(
      ["a", "b", "c"].map((key) => own.rest("POST", "/v1/segments", body(key))),
    );
    expect(answers.map(({ status, body: { code } }) => code ?? status).sort()).toEqual([
      201,
      "too-many-segments",
      "too-many-segments",
    ]);
    expect((await own.rest("POST", "/v1/segments", { body: { key: "a-list" } })).status).toBe(201);
  } finally {
    await own.close();
  }
});

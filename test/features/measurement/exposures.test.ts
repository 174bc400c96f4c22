/** Holdouts and variants through the API: who gets what, and what is noted of it. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { pointOf } from "../../../src/engine/assignment.ts";
import { exposureService } from "../../../src/features/exposures/exposure-service.ts";
import { silentLog } from "../../../src/platform/log.ts";
import { freshDatabase, type TestDatabase } from "../../database.ts";
import { type Api, startApi, testClock } from "../api.ts";

let database: TestDatabase;
let api: Api;
beforeAll(async () => {
  database = await freshDatabase();
  api = await startApi(database);
  await send("POST", "/v1/campaigns", campaign({ holdout: { percent: 50 } }));
  for (const document of [
    { key: "summer-10", campaign: "summer", benefits: [{ kind: "percent_off", percent: 10 }] },
    variant("A", 5, 0, 50),
    variant("B", 8, 50, 100),
  ]) {
    const { id } = await send("POST", "/v1/promotions", { trigger: { type: "automatic" }, ...document });
    await send("POST", `/v1/promotions/${id}/activate`);
  }
});
afterAll(async () => {
  await api.close();
  await database.close();
});

function variant(name: string, percent: number, from: number, to: number) {
  return {
    key: `depth-${name}`,
    conditions: { kind: "channel", in: ["lab"] },
    benefits: [{ kind: "percent_off", percent, target: "order" }],
    variant: { experiment: "depth", name, from, to },
  };
}
const campaign = (fields: object) => ({
  key: "summer",
  name: "Summer",
  startsAt: "2026-11-01T00:00:00Z",
  endsAt: "2026-12-01T00:00:00Z",
  ...fields,
});

// biome-ignore lint/suspicious/noExplicitAny: answers of every shape.
async function send(method: "POST" | "PUT", url: string, body?: unknown, headers = {}): Promise<any> {
  const answer = await api.rest(method, url, { body, headers });
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer.body;
}

const ids = Array.from({ length: 200 }, (_, number) => `c-${number}`);
const isHeldOut = (id: string) => pointOf("holdout", "summer", id) < 50;
const [held, holds] = ids.filter(isHeldOut) as [string, string];
const [treated, treats, dropped] = ids.filter((id) => !isHeldOut(id)) as [string, string, string];

const lines = [{ id: "1", sku: "TEA", quantity: 1, unitPrice: 10_000 }];
const evaluate = (id: string | undefined, fields: object = {}) =>
  send("POST", "/v1/evaluations", {
    currency: "CNY",
    channel: "web",
    ...(id !== undefined && { customer: { id } }),
    lines,
    ...fields,
  });

/** They are written about a second after the request. */
const eventually = <Seen>(look: () => Promise<Seen>) => vi.waitFor(look, { timeout: 20_000, interval: 100 });

async function noted(id: string): Promise<string[]> {
  const { rows } = await database.pool.query(
    "select kind, name, arm, channel from exposures where customer_id = $1 order by kind, name",
    [id],
  );
  return rows.map(({ kind, name, arm, channel }) => `${kind} ${name} ${arm} ${channel}`);
}

test("a held-out customer gets none of a campaign's promotions, in evaluations, catalog prices and redemptions", async () => {
  const prices = async (id: string) => {
    const customer = { id };
    const { items } = await send("POST", "/v1/catalog-prices", {
      currency: "CNY",
      customer,
      items: [{ sku: "TEA", unitPrice: 10_000 }],
    });
    const redeemed = await send("POST", "/v1/redemptions", { currency: "CNY", customer, lines });
    return [(await evaluate(id)).total, items[0].price, redeemed.quote.total];
  };
  expect(await prices(held)).toEqual([10_000, 10_000, 10_000]);
  expect(await prices(treated)).toEqual([9_000, 9_000, 9_000]);
  expect((await evaluate(undefined)).total).toBe(9_000);
  const { notApplied } = await evaluate(held, { explain: "all", locale: "zh-CN" });
  expect(notApplied).toContainEqual({
    promotion: "summer-10",
    reason: "held_out",
    message: "此优惠暂不适用于您。",
  });
});

test("a voucher for a till is refused to whoever is held out, and of a variant to whoever is in the other one", async () => {
  const refusal = async (promotion: string, customer: string | undefined) => {
    const body = { promotion, currency: "CNY", validForSeconds: 60, maxAmount: 100, customer };
    const answer = await api.rest("POST", "/v1/offline/vouchers", { body });
    return (answer.body.errors ?? []).map(({ code }: { code: string }) => code);
  };
  expect(await refusal("summer-10", held)).toEqual(["held_out"]);
  expect(await refusal("summer-10", treated)).not.toContain("held_out");
  const theirs = pointOf("experiment", "depth", held) < 50 ? "depth-A" : "depth-B";
  const others = theirs === "depth-A" ? "depth-B" : "depth-A";
  expect(await refusal(others, held)).toEqual(["other_variant"]);
  expect(await refusal(theirs, held)).not.toContain("other_variant");
  expect(await refusal(theirs, undefined)).toEqual(["customer_required"]);
});

test("the first time a customer meets what is split is noted with its arm, and no later time", async () => {
  for (const [id, arm] of [
    [holds, "holdout"],
    [treats, "treatment"],
  ] as const) {
    await evaluate(id, { channel: "app" });
    const [row] = await eventually(async () => {
      const rows = await noted(id);
      expect(rows).toHaveLength(1);
      return rows;
    });
    expect(row).toBe(`campaign summer ${arm} app`);
    await evaluate(id, { channel: "lab" });
    const depth = pointOf("experiment", "depth", id) < 50 ? "A" : "B";
    await eventually(async () =>
      expect(await noted(id)).toEqual([`campaign summer ${arm} app`, `experiment depth ${depth} lab`]),
    );
  }
});

test("a customer who is held out of all that a pool is for cannot claim its codes", async () => {
  await send("POST", "/v1/coupon-pools", { key: "sun" });
  const imported = await api.rest("POST", "/v1/coupon-pools/sun/import", {
    body: "code\nSUN-1\nSUN-2\nSUN-3\nSUN-4\n",
    headers: { "content-type": "text/csv" },
  });
  expect(imported.status, imported.text).toBe(200);
  const coupon = async (key: string, fields: object) => {
    const { id } = await send("POST", "/v1/promotions", {
      key,
      trigger: { type: "coupon", pool: "sun" },
      benefits: [{ kind: "percent_off", percent: 10 }],
      ...fields,
    });
    await send("POST", `/v1/promotions/${id}/activate`);
  };
  const claim = async (customer: string) => {
    const { status, body } = await api.rest("POST", "/v1/coupon-pools/sun/claim", { body: { customer } });
    return [
      status,
      ...(body.errors ?? []).map(({ path, code }: Record<string, string>) => `${path} ${code}`),
    ];
  };
  await coupon("sun-summer", { campaign: "summer" });
  expect(await claim(held)).toEqual([409, "/customer held_out"]);
  expect(await claim(treated)).toEqual([201]);
  // Whoever repeats a claim because its answer was lost gets the code, though they are held out by now.
  const headers = { "idempotency-key": "sun-lost" };
  const lost = () => api.rest("POST", "/v1/coupon-pools/sun/claim", { body: { customer: held }, headers });
  expect((await lost()).status).toBe(409);
  const { items } = (await api.rest("GET", "/v1/promotions?q=sun-summer")).body;
  await send("POST", `/v1/promotions/${items[0].id}/pause`);
  const granted = await lost();
  expect(granted.status, granted.text).toBe(201);
  await send("POST", `/v1/promotions/${items[0].id}/activate`);
  expect(await claim(held)).toEqual([409, "/customer held_out"]);
  expect((await lost()).body).toEqual(granted.body);
  // With something else in force that the code is good for they may have one.
  await coupon("sun-always", {});
  expect(await claim(held)).toEqual([201]);
});

test("an arm whose promotion rests keeps its customers, and none is moved or added once somebody met the experiment", async () => {
  const { items } = (await api.rest("GET", "/v1/promotions?q=depth-")).body;
  const idOf = (key: string) => items.find((item: { key: string }) => item.key === key).id;
  await evaluate(ids.at(-1), { channel: "lab" });
  await eventually(async () => expect((await noted(ids.at(-1)!)).join()).toContain("depth"));
  const put = async (id: string, document: object) => {
    const { status, body } = await api.rest("PUT", `/v1/promotions/${id}`, {
      body: { trigger: { type: "automatic" }, ...document },
      headers: { "if-match": "*" },
    });
    return [
      status,
      ...(body.errors ?? []).map(({ path, code }: Record<string, string>) => `${path} ${code}`),
    ];
  };
  const refused = [409, "/variant already_met"];
  expect(await put(idOf("depth-A"), variant("A", 5, 0, 60))).toEqual(refused);
  const { variant: _, ...unsplit } = variant("A", 5, 0, 50);
  expect(await put(idOf("depth-A"), unsplit)).toEqual(refused);
  // What it gives may change.
  expect(await put(idOf("depth-A"), variant("A", 6, 0, 50))).toEqual([200]);
  await send("POST", `/v1/promotions/${idOf("depth-B")}/pause`);
  expect(await put(idOf("depth-B"), variant("B", 8, 60, 100))).toEqual(refused);
  const third = await send("POST", "/v1/promotions", {
    trigger: { type: "automatic" },
    ...variant("C", 9, 50, 60),
  });
  const activate = (id: string) => api.rest("POST", `/v1/promotions/${id}/activate`);
  expect((await activate(third.id)).body).toMatchObject({
    code: "promotion-state-conflict",
    errors: [{ path: "/variant", code: "already_met" }],
  });
  const inB = ids.filter((id) => pointOf("experiment", "depth", `late-${id}`) >= 50)[0]!;
  const quote = await evaluate(`late-${inB}`, { channel: "lab" });
  expect(quote.promotions.map(({ promotion }: { promotion: string }) => promotion)).not.toContain("depth-A");
  await eventually(async () => expect(await noted(`late-${inB}`)).toContain("experiment depth B lab"));
  expect((await activate(idOf("depth-B"))).status).toBe(200);
});

test("an arm that was planned before anybody met the experiment goes live after the others, a later one does not", async () => {
  const planned = async (name: string, from: number, to: number) =>
    (
      await send("POST", "/v1/promotions", {
        trigger: { type: "automatic" },
        key: `steps-${name}`,
        benefits: [{ kind: "percent_off", target: "item", percent: 5, select: { skus: ["STEP"] } }],
        variant: { experiment: "steps", name, from, to },
      })
    ).id;
  const [a, b, overlapping] = [
    await planned("A", 0, 50),
    await planned("B", 50, 80),
    await planned("C", 70, 90),
  ];
  await send("POST", `/v1/promotions/${a}/activate`);
  api.clock.advance(1_000);
  const inA = ids.map((id) => `steps-${id}`).find((id) => pointOf("experiment", "steps", id) < 50)!;
  await evaluate(inA, {
    channel: "steps",
    lines: [{ id: "1", sku: "STEP", quantity: 1, unitPrice: 5_000 }],
  });
  await eventually(async () => expect(await noted(inA)).toContain("experiment steps A steps"));
  api.clock.advance(1_000);
  const late = await planned("D", 90, 100);
  const activate = (id: string) => api.rest("POST", `/v1/promotions/${id}/activate`);
  expect((await activate(b)).status).toBe(200);
  expect((await activate(overlapping)).body).toMatchObject({ errors: [{ code: "already_met" }] });
  expect((await activate(late)).body).toMatchObject({
    errors: [{ code: "already_met", message: expect.stringContaining("new promotion") }],
  });
});

test("where the arms are on different goods, whoever meets only the other arm's is still noted in their own", async () => {
  const inA = ids.map((id) => `goods-${id}`).find((id) => pointOf("experiment", "goods", id) < 50)!;
  const only = (sku: string, unitPrice: number) => [{ id: "1", sku, quantity: 1, unitPrice }];
  for (const [name, from, sku] of [
    ["A", 0, "CUP"],
    ["B", 50, "POT"],
  ] as const) {
    const { id } = await send("POST", "/v1/promotions", {
      trigger: { type: "automatic" },
      key: `goods-${name}`,
      benefits: [{ kind: "percent_off", target: "item", percent: 10, select: { skus: [sku] } }],
      variant: { experiment: "goods", name, from, to: from + 50 },
    });
    await send("POST", `/v1/promotions/${id}/activate`);
  }
  await evaluate(inA, { channel: "pot", lines: only("POT", 5_000) });
  await eventually(async () => expect(await noted(inA)).toContain("experiment goods A pot"));
});

test("trials and strangers are noted nowhere", async () => {
  await evaluate("c-trial", { at: "2026-11-12T00:00:00Z" });
  await evaluate("c-draft", { promotions: [], only: false });
  await evaluate(undefined);
  // What was asked later is written: what was asked before would be, too.
  await evaluate(dropped);
  await eventually(async () => expect(await noted(dropped)).toHaveLength(1));
  const { rows } = await database.pool.query(
    "select count(*)::int as count from exposures where customer_id in ('c-trial', 'c-draft')",
  );
  expect(rows).toEqual([{ count: 0 }]);
});

test("an erased customer counts on under their pseudonym, once", async () => {
  await send("POST", `/v1/customers/${dropped}/erase`);
  expect(await noted(dropped)).toEqual([]);
  const { rows } = await database.pool.query(
    "select arm from exposures where customer_id like 'erased:%' and name = 'summer'",
  );
  expect(rows).toEqual([{ arm: "treatment" }]);
});

test("a holdout changes only until customers met it, and is then in force at once; what was priced before comes out the same when it is priced again", async () => {
  const saved = await evaluate(held, { save: true });
  expect(saved.total).toBe(10_000);
  const { rows: before } = await database.pool.query("select revision from projects where id = $1", [
    api.project.id,
  ]);
  const body = campaign({ exposures: { samplePercent: 0 }, holdout: { percent: 0 } });
  const headers = { "if-match": "*" };
  const refused = await api.rest("PUT", "/v1/campaigns/summer", { body, headers });
  expect(refused.body).toMatchObject({
    code: "campaign-state-conflict",
    errors: [
      { path: "/holdout/percent", code: "already_met" },
      { path: "/exposures/samplePercent", code: "already_met" },
    ],
  });
  // As if nobody had met it yet.
  await database.pool.query("delete from exposures where kind = 'campaign'");
  await send("PUT", "/v1/campaigns/summer", body, headers);
  expect((await evaluate(held)).total).toBe(9_000);
  expect(await send("POST", `/v1/evaluations/${saved.id}/replay`)).toEqual(saved);
  const story = await send("POST", `/v1/evaluations/${saved.id}/explain`);
  expect(story.promotions).toContainEqual(
    expect.objectContaining({ promotion: "summer-10", applied: false, reason: "held_out" }),
  );
  // A change that splits nobody otherwise is no new rulebook.
  await send(
    "PUT",
    "/v1/campaigns/summer",
    campaign({ name: "Late summer", exposures: { samplePercent: 0 }, holdout: { percent: 0 } }),
    { "if-match": "*" },
  );
  const { rows: after } = await database.pool.query("select revision from projects where id = $1", [
    api.project.id,
  ]);
  expect(Number(after[0].revision)).toBe(Number(before[0].revision) + 1);
  await evaluate("c-unsampled");
  await evaluate("c-unsampled", { channel: "lab" });
  await eventually(async () => expect(await noted("c-unsampled")).toHaveLength(1));
  expect((await noted("c-unsampled"))[0]).toMatch(/^experiment depth/);
});

test("what could not be written keeps the first time, also of whoever is met again meanwhile", async () => {
  const clock = testClock();
  const service = exposureService({ database, clock, log: silentLog });
  const meet = () => service.meet(api.project.id, { key: "away", holdout: { percent: 0 } }, "c-1");
  const first = clock.now();
  meet();
  await database.pool.query("revoke insert on exposures from dealwright_app");
  const failing = service.flush();
  clock.advance(1_000);
  meet();
  await failing;
  await database.pool.query("grant insert on exposures to dealwright_app");
  await service.flush();
  const { rows } = await database.pool.query<{ at: Date }>("select at from exposures where name = 'away'");
  expect(rows.map(({ at }) => at.getTime())).toEqual([first]);
  expect(service.figures).toEqual({ written: 1, dropped: 0 });
});
